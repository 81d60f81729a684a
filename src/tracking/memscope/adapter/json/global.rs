//! Named values as files of JSON in a folder, from 0.2.0 on.

use memscope_rs::global_tracker;
use std::path::Path;

/// Writes named values as JSON.
pub const EXPORT_JSON: fn(&Path) -> Result<(), String> = |path| {
    let tracker = global_tracker().map_err(|error| error.to_string())?;
    tracker.export_json(path).map_err(|error| error.to_string())
};
