//! Exports other than JSON: HTML, and binary files that memscope reads back.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Binary, Html, Linked};
use crate::tracking::memscope::Export;
use std::path::{Path, PathBuf};

/// From 0.2.0 on.
#[cfg(memscope_html = "global")]
impl Html for Linked {
    const EXPORT_HTML: Export = Ok(|path| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        tracker.export_html(path).map_err(|error| error.to_string())
    });
}

/// 0.1.3 to 0.1.10: one page.
#[cfg(memscope_html = "dashboard")]
impl Html for Linked {
    const EXPORT_HTML: Export =
        Ok(|path| tracker().export_interactive_dashboard(path).map_err(|error| error.to_string()));
}

/// 0.1.5 to 0.1.10: a binary file, which these versions translate into JSON.
#[cfg(memscope_binary = "user")]
impl Binary for Linked {
    const EXPORT_BINARY: Export = Ok(|path| {
        // The version puts the file into a folder of its choice, and adds the extension.
        tracker().export_user_binary("memscope_bench").map_err(|error| error.to_string())?;
        let written = binary_file(Path::new(".")).ok_or("it reports success, and there is no file")?;
        memscope_rs::core::tracker::MemoryTracker::parse_binary_to_json(written.as_path(), path)
            .map_err(|error| error.to_string())
    });
}

/// Returns the first binary file in a folder or below it.
#[cfg(memscope_binary = "user")]
fn binary_file(folder: &Path) -> Option<PathBuf> {
    let paths: Vec<PathBuf> = folder.read_dir().ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
    let is_binary = |path: &&PathBuf| path.extension().is_some_and(|ending| ending == "memscope");
    let here = paths.iter().find(is_binary).cloned();
    here.or_else(|| paths.iter().filter(|path| path.is_dir()).find_map(|folder| binary_file(folder)))
}
