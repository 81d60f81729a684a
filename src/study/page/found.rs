//! The results files of a page.

use crate::platform::files::{self, FileError};
use crate::study::kept::Kept;
use sha2::{Digest, Sha256};
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// The results files that were named, or that are in a named folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// The readable files, from the top of a folder, by name.
    pub files: Vec<ResultsFile>,
    /// The unreadable files.
    pub unreadable: Vec<Unreadable>,
}

/// A results file.
#[derive(Debug)]
pub(crate) struct ResultsFile {
    /// The path, as it was named.
    pub path: PathBuf,
    /// The SHA-256 of its bytes, in hexadecimal digits.
    pub hash: String,
    /// The content.
    pub kept: Kept,
}

/// A file that could not be read.
#[derive(Debug)]
pub(crate) struct Unreadable {
    why: FileError,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

impl Found {
    /// Reads files, and the files in folders and their subfolders. A file that cannot be read is listed.
    ///
    /// # Errors
    /// If a folder cannot be read.
    pub(crate) fn read(paths: &[PathBuf]) -> Result<Self, FileError> {
        let mut found = Self::default();
        for path in paths {
            let files = if path.is_dir() { listed(path)? } else { vec![path.clone()] };
            for file in files {
                match read(&file) {
                    Ok(read) => found.files.push(read),
                    Err(why) => found.unreadable.push(Unreadable { why }),
                }
            }
        }
        Ok(found)
    }
}

fn read(path: &Path) -> Result<ResultsFile, FileError> {
    let kept = Kept::read(path)?;
    let digest = Sha256::digest(files::read_bytes(path, "a results file")?);
    let hash = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(ResultsFile { path: path.to_owned(), hash, kept })
}

/// Returns the JSON files in a folder by name, and then those in its subfolders.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let (mut found, folders) = entries(folder)?;
    for folder in folders {
        found.extend(entries(&folder)?.0);
    }
    Ok(found)
}

/// Returns the JSON files and the folders in a folder, by name.
fn entries(folder: &Path) -> Result<(Vec<PathBuf>, Vec<PathBuf>), FileError> {
    let failed = |source: io::Error| FileError::Read { path: folder.to_owned(), source };
    let entries = fs::read_dir(folder).map_err(failed)?;
    let mut paths = entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<PathBuf>>>().map_err(failed)?;
    let is_hidden = |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    paths.retain(|path| !is_hidden(path));
    paths.sort();
    let (folders, mut files): (Vec<PathBuf>, Vec<PathBuf>) = paths.into_iter().partition(|path| path.is_dir());
    files.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
    Ok((files, folders))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_a_folder_come_before_those_of_its_subfolders() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("a/deep")).expect("a folder");
        for name in ["b.json", "a/a.json", "a/deep/no.json", ".hidden.json", "b.md"] {
            fs::write(at(name), "{}").expect("a file");
        }
        assert_eq!(listed(folder.path()).expect("a folder"), [at("b.json"), at("a/a.json")]);
        let found = Found::read(&[folder.path().to_owned(), at("none.json")]).expect("a folder");
        assert_eq!((found.files.len(), found.unreadable.len()), (0, 3));
        assert!(found.unreadable[2].to_string().contains("none.json"));
        assert!(Found::read(&[]).expect("nothing").files.is_empty());
    }

    #[test]
    fn a_file_has_the_hash_that_other_programs_compute() {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let found = Found::read(&[package.join("tests/data/modes-v1.json")]).expect("a file");
        assert_eq!(found.files[0].hash, "27d2ae4e08b374b3ffb5ddd2d6f1bb870713afb7e6786fffe6430a309be2d119");
    }
}
