//! Files: read with a check of their version, and written whole.
//!
//! A file is written into a temporary one beside it, which then takes its name: a run that is killed, or a disk that is
//! full, leaves the earlier file as it was.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::ser::Formatter;
use std::fs::{self, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file that could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what it should be.
    #[error("{} is not {what} of memscope-bench: {source}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What it should be.
        what: &'static str,
        /// Why.
        source: serde_json::Error,
    },
    /// It was written by a newer version.
    #[error("{} has schema {found}; this memscope-bench reads up to {known}: a newer one is needed", path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u64,
        /// The newest that can be read.
        known: u32,
    },
    /// It could not be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// Data that a file holds, with a version of its own.
pub trait Versioned: Serialize + DeserializeOwned {
    /// What such a file is, for messages.
    const WHAT: &str;
    /// The newest version of the format, which is the one that is written. The data's field `schema` has it.
    const SCHEMA: u32;
}

/// Reads a file.
///
/// # Errors
/// If it cannot be read, is not such a file, or has a newer schema.
pub fn read<T: Versioned>(path: &Path) -> Result<T, FileError> {
    let text = fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    parse(path, &text)
}

/// Reads what a file held; its path is for messages.
///
/// # Errors
/// If it is not such a file, or has a newer schema.
pub fn parse<T: Versioned>(path: &Path, text: &str) -> Result<T, FileError> {
    /// What is read first: a newer file need not fit the rest.
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
    }
    let corrupt = |source| FileError::Corrupt { path: path.to_owned(), what: T::WHAT, source };
    let Head { schema } = serde_json::from_str(text).map_err(corrupt)?;
    if schema > u64::from(T::SCHEMA) {
        return Err(FileError::Newer { path: path.to_owned(), found: schema, known: T::SCHEMA });
    }
    serde_json::from_str(text).map_err(corrupt)
}

/// Writes data as JSON, of which the outer levels are for people to read and for git to compare.
///
/// # Errors
/// If the file cannot be written; an earlier one is as it was.
pub fn write_json(path: &Path, value: &impl Versioned) -> Result<(), FileError> {
    write(path, &json(value))
}

/// What [`write_json`] writes.
///
/// # Panics
/// If the data is none that JSON can hold, such as a map whose keys are no text; no versioned data is.
pub fn json(value: &impl Versioned) -> String {
    let mut text = Vec::new();
    let mut serializer = serde_json::Serializer::with_formatter(&mut text, Outer::default());
    value.serialize(&mut serializer).expect("versioned data is plain data");
    text.push(b'\n');
    String::from_utf8(text).expect("JSON is text")
}

/// A format of JSON that gives each value of the outer levels a line, and leaves the inner ones on theirs: a pair is a
/// line, not fifteen.
#[derive(Default)]
struct Outer {
    depth: usize,
}

impl Outer {
    const LEVELS: usize = 4;

    fn new_line<W: ?Sized + Write>(&self, writer: &mut W, depth: usize) -> io::Result<()> {
        if self.depth > Self::LEVELS {
            return Ok(());
        }
        writer.write_all(b"\n")?;
        (0..depth).try_for_each(|_| writer.write_all(b" "))
    }

    fn begin<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(bracket)
    }

    fn value<W: ?Sized + Write>(&self, writer: &mut W, first: bool) -> io::Result<()> {
        if !first {
            writer.write_all(b",")?;
        }
        self.new_line(writer, self.depth)
    }

    fn end<W: ?Sized + Write>(&mut self, writer: &mut W, bracket: &[u8]) -> io::Result<()> {
        self.new_line(writer, self.depth - 1)?;
        self.depth -= 1;
        writer.write_all(bracket)
    }
}

impl Formatter for Outer {
    fn begin_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"[")
    }
    fn end_array<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"]")
    }
    fn begin_array_value<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.value(writer, first)
    }
    fn begin_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.begin(writer, b"{")
    }
    fn end_object<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.end(writer, b"}")
    }
    fn begin_object_key<W: ?Sized + Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        self.value(writer, first)
    }
    fn begin_object_value<W: ?Sized + Write>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}

/// Writes a file whole: into a temporary file beside it, which then takes its name.
///
/// # Errors
/// If the file cannot be written; an earlier one is as it was.
pub fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let folder = folder_of(path);
    // A temporary file is private by default; this one is to be what any file is that a program makes.
    let anyone = Permissions::from_mode(0o666);
    let named = tempfile::Builder::new().prefix(".memscope-bench-").permissions(anyone).tempfile_in(folder);
    let mut file = named.map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

/// A folder within another one for what is not finished. It is gone when the value is.
///
/// # Errors
/// If it cannot be made.
pub fn scratch_folder(within: &Path) -> Result<tempfile::TempDir, FileError> {
    let named = tempfile::Builder::new().prefix(".memscope-bench-").tempdir_in(within);
    named.map_err(|source| FileError::Write { path: within.to_owned(), source })
}

/// Gives a finished file or folder its name, in the place of an earlier one. Both names are on the same file system.
///
/// # Errors
/// If it cannot be done; an earlier one is then as it was.
pub fn put(finished: &Path, name: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: name.to_owned(), source };
    if name.is_dir() {
        // A folder takes the place of an empty one alone.
        let earlier = scratch_folder(name.parent().unwrap_or(Path::new(".")))?;
        fs::rename(name, earlier.path().join("earlier")).map_err(failed)?;
    }
    fs::rename(finished, name).map_err(failed)
}

/// Copies a program to where another one may still run.
///
/// # Errors
/// If it cannot be done.
pub fn copy_program(from: &Path, to: &Path) -> io::Result<()> {
    if to.exists() {
        fs::remove_file(to)?;
    }
    fs::copy(from, to).map(drop)
}

/// Sees that a file can be written, better before a long run than after: its folder is made, and in its place is nothing, or
/// an earlier file of the same kind.
///
/// # Errors
/// If the folder cannot be written to, or what is there is something else, which is not to be lost.
pub fn prepare<T: Versioned>(path: &Path) -> Result<(), FileError> {
    if path.is_dir() {
        let source = io::Error::other("it is a folder; name a file");
        return Err(FileError::Write { path: path.to_owned(), source });
    }
    if path.exists() {
        read::<T>(path)?;
    }
    prepare_folder(folder_of(path))
}

fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Makes a folder if need be, and sees that files can be written to it: better before a long run than after.
///
/// # Errors
/// If they cannot.
pub fn prepare_folder(folder: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: folder.to_owned(), source };
    if folder.is_file() {
        return Err(failed(io::Error::other("it is a file; name a folder")));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    tempfile::tempfile_in(folder).map_err(failed)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Data {
        schema: u32,
        rows: Vec<Vec<Vec<Vec<u32>>>>,
        none: Option<u32>,
        empty: Vec<u32>,
    }

    impl Versioned for Data {
        const WHAT: &str = "a file of data";
        const SCHEMA: u32 = 2;
    }

    fn data(schema: u32) -> Data {
        Data { schema, rows: vec![vec![vec![vec![1, 2], vec![3]]]], none: None, empty: Vec::new() }
    }

    #[test]
    fn what_is_written_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data.json");
        write_json(&path, &data(2)).expect("it can be written");
        assert_eq!(read::<Data>(&path).expect("it can be read"), data(2));
        let text = fs::read_to_string(&path).expect("it can be read");
        assert!(text.contains("[1,2]"), "inner values share a line: {text}");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "no temporary file is left");
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data.json");
        let refusal = |path: &Path| read::<Data>(path).expect_err("refused").to_string();
        assert!(refusal(&path).contains("cannot read"));
        write_json(&path, &data(3)).expect("it can be written");
        assert!(refusal(&path).contains("schema 3; this memscope-bench reads up to 2"));
        for corrupt in ["", "{", "[]", "{\"schema\": 1}", "{\"schema\": -1}"] {
            fs::write(&path, corrupt).expect("it can be written");
            assert!(refusal(&path).contains("is not a file of data"), "{corrupt}");
        }
    }

    #[test]
    fn what_is_something_else_is_not_to_be_lost() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("new/data.json");
        prepare::<Data>(&path).expect("nothing is there");
        write_json(&path, &data(1)).expect("its folder was made");
        prepare::<Data>(&path).expect("an earlier one is there");
        fs::write(&path, "a diary").expect("it can be written");
        assert!(prepare::<Data>(&path).expect_err("refused").to_string().contains("is not a file of data"));
        let refusal = prepare::<Data>(folder.path()).expect_err("refused").to_string();
        assert!(refusal.contains("it is a folder; name a file"), "{refusal}");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let refusal = write(Path::new("/proc/none/x.json"), "").expect_err("there is no such folder").to_string();
        assert!(refusal.contains("/proc/none/x.json"), "{refusal}");
    }
}
