//! Files that could not be read or written.

use std::io;
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The file is of another kind.
    #[error("{} is not {what} of memscope-bench: {source}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The expected kind.
        what: &'static str,
        /// The reason.
        source: serde_json::Error,
    },
    /// A newer version wrote the file.
    #[error("{} has schema {found}; this memscope-bench reads up to {known}: use a newer one", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
        /// The newest schema that can be read.
        known: u32,
    },
    /// It could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The name belongs to something that is neither a file nor a folder.
    #[error("cannot write {}: it is {what}, not a file", path.display())]
    NoFile {
        /// The name.
        path: PathBuf,
        /// Its kind.
        what: &'static str,
    },
    /// Its kind is unknown.
    #[error("{} is of a kind that this memscope-bench does not know ({kind}): {known}", path.display())]
    UnknownKind {
        /// The file.
        path: PathBuf,
        /// Its kind, or its name.
        kind: String,
        /// The kinds that are known.
        known: String,
    },
    /// A figure is not a number, which JSON cannot represent.
    #[error("cannot write {}: {place} is {number}, not a number: please report it", path.display())]
    NoNumber {
        /// The file.
        path: PathBuf,
        /// The place of the figure in the data.
        place: String,
        /// The figure.
        number: f64,
    },
}

impl FileError {
    /// Returns the error of a file that is of another kind, or damaged, with the reason.
    pub(crate) fn corrupt(path: &Path, what: &'static str, why: impl std::fmt::Display) -> Self {
        Self::Corrupt { path: path.to_owned(), what, source: serde::de::Error::custom(why) }
    }
}
