//! Export as JSON.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Json, Linked};
use std::path::Path;

/// From 0.2.0 on: named values, as files in a folder.
#[cfg(memscope_json = "global")]
impl Json for Linked {
    const EXPORT_JSON: fn(&Path) -> Result<(), String> = |path| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        tracker.export_json(path).map_err(|error| error.to_string())
    };
}

/// 0.1: everything in its one tracker.
#[cfg(memscope_json = "tracker")]
impl Json for Linked {
    const EXPORT_JSON: fn(&Path) -> Result<(), String> =
        |path| tracker().export_to_json(path).map_err(|error| error.to_string());
}
