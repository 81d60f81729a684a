//! A version without an export of JSON.

use std::path::Path;

/// The export that there is not.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> =
    |_| Err("this version has no export of JSON that the adapter knows".to_owned());
