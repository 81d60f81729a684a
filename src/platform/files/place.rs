//! The places of files: the targets of paths, and whether they can be written.

use crate::platform::files::{FileError, Versioned, read};
use crate::platform::scratch::{self, HIDDEN};
use nix::unistd::{AccessFlags, access};
use std::fs::{self, FileType};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The maximum number of links from a path to its file.
const MAX_LINKS: usize = 40;

/// Returns the path to write: the path itself, or the target of its links.
///
/// # Errors
/// If it is not a file, or its name is not valid for a file.
pub(crate) fn place_of(path: &Path) -> Result<PathBuf, FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let no_file = |what| FileError::NoFile { path: path.to_owned(), what };
    let names_folder = [&b"/"[..], b"/.", b"/.."].iter().any(|end| path.as_os_str().as_bytes().ends_with(end));
    if names_folder || path.is_dir() || path.file_name().is_none() {
        return Err(failed(io::Error::other("it is a folder; name a file")));
    }
    if let Ok(about) = fs::metadata(path)
        && !about.is_file()
    {
        return Err(no_file(file_type(about.file_type())));
    }
    let mut place = path.to_owned();
    for _ in 0..MAX_LINKS {
        // It is an open file instead of a path, so a new file could not replace it.
        if fs::canonicalize(folder_of(&place)).is_ok_and(|folder| folder.starts_with("/proc")) {
            return Err(no_file("an open file of a process"));
        }
        match fs::symlink_metadata(&place) {
            Ok(about) if about.is_symlink() => {
                let target = fs::read_link(&place).map_err(failed)?;
                place = folder_of(&place).join(target);
            }
            Ok(_) => return Ok(place),
            // A name that is too long, or a path through a file, is detected here.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(place),
            Err(error) => return Err(failed(error)),
        }
    }
    Err(failed(io::Error::other("it is a link that leads back to itself")))
}

/// Checks that a file can be written, before a long run instead of after it. Creates its folder, and accepts only an
/// earlier file of the same kind in its place.
///
/// # Errors
/// If the folder cannot be written to, or the path is another kind of file, which must not be lost.
pub fn prepare<T: Versioned>(path: &Path) -> Result<(), FileError> {
    prepare_place(path)?;
    // An empty file may be replaced: `mktemp` makes them.
    if fs::metadata(path).is_ok_and(|about| about.len() > 0) {
        read::<T>(path)?;
    }
    Ok(())
}

/// Checks that a file of results and its reports can be written into a folder.
///
/// # Errors
/// As for [`prepare`].
pub fn prepare_in<T: Versioned>(folder: &Path, results: &str, drawn: &[&str]) -> Result<(), FileError> {
    prepare_folder(folder)?;
    prepare::<T>(&folder.join(results))?;
    drawn.iter().try_for_each(|name| prepare_place(&folder.join(name)))
}

/// Checks that a file can be written, for any content of an earlier file. Creates its folder.
///
/// # Errors
/// If it cannot be written, or the path names something other than a file.
pub fn prepare_place(path: &Path) -> Result<(), FileError> {
    let failed = |path: &Path, source| FileError::Write { path: path.to_owned(), source };
    // The folder comes first: the message names it if it is a file.
    if path.file_name().is_some() && !path.is_dir() {
        let folder = folder_of(path);
        fs::create_dir_all(folder).map_err(|source| not_made(folder, source))?;
    }
    let place = place_of(path)?;
    if fs::symlink_metadata(&place).is_ok() {
        access(&place, AccessFlags::W_OK).map_err(|error| failed(path, error.into()))?;
    }
    prepare_folder(folder_of(&place))
}

/// Returns the error of a folder that could not be created.
fn not_made(folder: &Path, source: io::Error) -> FileError {
    match fs::metadata(folder) {
        Ok(about) if about.is_file() => {
            FileError::Write { path: folder.to_owned(), source: io::Error::other("it is a file; name a folder") }
        }
        Ok(about) if !about.is_dir() => {
            FileError::NoFile { path: folder.to_owned(), what: file_type(about.file_type()) }
        }
        _ => FileError::Write { path: folder.to_owned(), source },
    }
}

/// Returns whether two paths lead to one file, which need not exist.
pub fn are_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    let end = |path: &Path| {
        let place = place_of(path).ok()?;
        Some(fs::canonicalize(folder_of(&place)).ok()?.join(place.file_name()?))
    };
    (identity(one).is_some() && identity(one) == identity(other)) || (end(one).is_some() && end(one) == end(other))
}

/// Returns the folder of a file: the working directory, if its path names none.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Creates a folder if needed, and checks that files can be written to it, before a long run instead of after it.
///
/// # Errors
/// If they cannot.
pub fn prepare_folder(folder: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: folder.to_owned(), source };
    fs::create_dir_all(folder).map_err(|source| not_made(folder, source))?;
    // The test file has a name, like the later files, because some file systems only accept unnamed files.
    tempfile::Builder::new().prefix(HIDDEN).tempfile_in(folder).map_err(failed)?;
    scratch::remove_leftovers(folder);
    Ok(())
}

/// Describes a path that is not a file.
pub(super) fn file_type(of: FileType) -> &'static str {
    match of {
        of if of.is_dir() => "a folder",
        of if of.is_fifo() => "a pipe",
        of if of.is_socket() => "a socket",
        of if of.is_char_device() || of.is_block_device() => "a device",
        _ => "something else",
    }
}
