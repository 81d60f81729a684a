//! What the one tracker of 0.1 holds, as JSON.

use super::hook::tracker;
use std::path::Path;

/// Writes what the tracker holds as JSON.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> =
    |path| tracker().export_to_json(path).map_err(|error| error.to_string());
