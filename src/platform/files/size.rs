//! The size of folders.

use std::path::Path;
use std::{fs, io};

/// Returns the bytes of all files in a folder and its subfolders.
///
/// # Errors
/// If one of them cannot be read.
pub fn bytes_within(folder: &Path) -> io::Result<u64> {
    let mut bytes = 0;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let about = entry.metadata()?;
        bytes += if about.is_dir() { bytes_within(&entry.path())? } else { about.len() };
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_subfolders_count() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(folder.path().join("below")).expect("a folder");
        fs::write(folder.path().join("one"), [0; 3]).expect("a file");
        fs::write(folder.path().join("below/two"), [0; 4]).expect("a file");
        assert_eq!(bytes_within(folder.path()).expect("it can be read"), 7);
        assert!(bytes_within(&folder.path().join("none")).is_err());
    }
}
