//! The content of this package's sources, which every build is compiled from, as a hash.
//!
//! The build script stamps the program with it, and a build cache compares it: a program must not build workers from
//! other sources than its own.

use std::ffi::OsStr;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::path::Path;

/// The parts of the package that a build needs.
pub(crate) const PARTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "build.rs", "build", "src"];

/// Returns a hash of the parts of a package.
///
/// # Errors
/// If a part is missing or cannot be read.
pub(crate) fn stamp(package: &Path) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    PARTS.iter().try_for_each(|part| hash(&package.join(part), &mut hasher))?;
    Ok(format!("{:016x}", hasher.finish()))
}

/// Returns whether a file's name is hidden. Such files are no sources: an editor makes them, also as links to nothing.
pub(crate) fn is_hidden(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".")
}

/// Adds a file, or all files in a folder and their names, except hidden ones.
///
/// # Errors
/// If one cannot be read.
pub(crate) fn hash(path: &Path, hasher: &mut DefaultHasher) -> io::Result<()> {
    if !path.is_dir() {
        fs::read(path)?.hash(hasher);
        return Ok(());
    }
    let mut entries = fs::read_dir(path)?.collect::<Result<Vec<_>, _>>()?;
    entries.retain(|entry| !is_hidden(&entry.file_name()));
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        entry.file_name().hash(hasher);
        hash(&entry.path(), hasher)?;
    }
    Ok(())
}
