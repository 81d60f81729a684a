//! Files: read with a check of their version, and written completely or not at all.
//!
//! The text goes into a temporary file, which is then renamed: a killed run or a full disk leaves the earlier file
//! unchanged. The new file keeps the permissions and, if the system allows it, the owner. A symbolic link stays, and
//! its target is replaced; a hard link keeps the earlier content.

mod address;
mod error;
mod json;
mod place;
mod size;

pub use address::address;
pub use error::FileError;
pub use json::{NoNumber, json};
pub use place::{are_same_file, prepare, prepare_folder, prepare_in, prepare_place};
pub(crate) use place::{folder_of, place_of};
pub use size::bytes_within;

use crate::platform::console;
use crate::platform::scratch::{self, HIDDEN, Scratch};
use place::file_type;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::fs::{self, File, Permissions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// The maximum size of a file; a larger file is of another kind.
const MAX_BYTES: u64 = 1 << 30;

/// The data of one kind of file, with the version of its format.
pub trait Versioned: Serialize + DeserializeOwned {
    /// The kind of file, in its field `kind`; also its usual name. Older files lack the field.
    const KIND: &str;
    /// A description of such a file, for messages.
    const WHAT: &str;
    /// The newest version of the format, which is the written one. The data's field `schema` has it.
    const SCHEMA: u32;

    /// Returns the fault of data that parses, such as an index out of range; `None` if it has none.
    fn fault(&self) -> Option<String> {
        None
    }
}

/// Reads a results file of one kind. [`Kept::read`](crate::Kept::read) reads a file of any kind.
///
/// # Errors
/// If it cannot be read, is not such a file, or has a newer schema.
///
/// ```
/// use memscope_bench::{Results, Series, read};
/// use std::path::Path;
///
/// let results: Results = read(Path::new("results/overhead.json"))?;
/// for measurement in results.series(Series::Overhead) {
///     if let Some(overhead) = measurement.overhead() {
///         println!("{} ×{:.2}", measurement.name(), overhead.wall.value);
///     }
/// }
/// # Ok::<(), memscope_bench::FileError>(())
/// ```
pub fn read<T: Versioned>(path: &Path) -> Result<T, FileError> {
    parse(path, &read_text(path, T::WHAT)?)
}

/// Reads a results file, or returns `None` if it does not exist.
///
/// # Errors
/// As for [`read`], except for a missing file.
pub(crate) fn read_if_there<T: Versioned>(path: &Path) -> Result<Option<T>, FileError> {
    match read(path) {
        Ok(record) => Ok(Some(record)),
        Err(FileError::Read { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file as text. `what` names the kind of file for messages.
///
/// # Errors
/// If it cannot be read, or is not text.
pub fn read_text(path: &Path, what: &'static str) -> Result<String, FileError> {
    String::from_utf8(read_bytes(path, what)?).map_err(|_| FileError::corrupt(path, what, "it is not text"))
}

/// Reads a file of any content. `what` names the kind of file for messages.
///
/// # Errors
/// If it cannot be read, or is larger than any such file.
pub fn read_bytes(path: &Path, what: &'static str) -> Result<Vec<u8>, FileError> {
    if about_file(path)?.len() > MAX_BYTES {
        return Err(FileError::corrupt(path, what, "it is larger than any"));
    }
    read_start(path, MAX_BYTES)
}

/// Opens a file to read it, and returns its length too.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn open(path: &Path) -> Result<(File, u64), FileError> {
    let length = about_file(path)?.len();
    let file = File::open(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Ok((file, length))
}

/// Reads at most this many bytes from the beginning of a file.
///
/// # Errors
/// If it cannot be read.
pub fn read_start(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    about_file(path)?;
    let mut content = Vec::new();
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut content));
    read.map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    Ok(content)
}

/// Returns the file's metadata, before it is opened: opening a pipe would wait for a writer.
fn about_file(path: &Path) -> Result<fs::Metadata, FileError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let about = fs::metadata(path).map_err(failed)?;
    if !about.is_file() {
        return Err(failed(io::Error::other(format!("it is {}, not a file", file_type(about.file_type())))));
    }
    Ok(about)
}

/// Returns the kind in a file's field `kind`; `None` for an older file without the field, and for a file that is not
/// JSON.
pub fn kind(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Head {
        kind: Option<String>,
    }
    serde_json::from_str::<Head>(text).ok()?.kind
}

/// Reads the text of a file; its path is for messages.
///
/// # Errors
/// If it is not such a file, contradicts itself, or has a newer schema.
pub fn parse<T: Versioned>(path: &Path, text: &str) -> Result<T, FileError> {
    /// The part that is read first, because the rest of a newer file may not parse.
    #[derive(Deserialize)]
    struct Head {
        schema: u64,
    }
    let corrupt = |source| FileError::Corrupt { path: path.to_owned(), what: T::WHAT, source };
    let Head { schema } = serde_json::from_str(text).map_err(corrupt)?;
    if schema > u64::from(T::SCHEMA) {
        return Err(FileError::Newer { path: path.to_owned(), found: schema, known: T::SCHEMA });
    }
    let data: T = serde_json::from_str(text).map_err(corrupt)?;
    data.fault().map_or(Ok(data), |why| Err(FileError::corrupt(path, T::WHAT, why)))
}

/// Writes data as JSON whose outer levels have a line for each value, for readers and for git.
///
/// # Errors
/// If a figure is not a number, or the file cannot be written. An earlier file then stays unchanged.
pub fn write_json(path: &Path, value: &impl Versioned) -> Result<(), FileError> {
    let no_number = |NoNumber { place, number }| FileError::NoNumber { path: path.to_owned(), place, number };
    write(path, &json(value).map_err(no_number)?)
}

/// Writes a file completely or not at all: writes a temporary file next to it, and then renames that.
///
/// # Errors
/// If the file cannot be written. An earlier file then stays unchanged.
pub fn write(path: &Path, text: &str) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let place = place_of(path)?;
    let folder = folder_of(&place);
    // The folder existed when the run began, but may have been removed since.
    fs::create_dir_all(folder).map_err(failed)?;
    // A temporary file is private by default; this one gets the usual permissions.
    let anyone = Permissions::from_mode(0o666);
    let named = tempfile::Builder::new().prefix(HIDDEN).permissions(anyone).tempfile_in(folder);
    let mut file = named.map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    if let Ok(earlier) = fs::metadata(&place) {
        // Only root may change a file's owner; otherwise the writer owns the file.
        let _ = std::os::unix::fs::fchown(&file, Some(earlier.uid()), Some(earlier.gid()));
        let permissions = Permissions::from_mode(earlier.mode() & 0o777);
        file.as_file().set_permissions(permissions).map_err(failed)?;
    }
    // The content must reach the disk before the name, and some disks report only now that they are full.
    let unsupported =
        |error: &io::Error| matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput);
    file.as_file().sync_all().or_else(|error| if unsupported(&error) { Ok(()) } else { Err(error) }).map_err(failed)?;
    file.persist(&place).map_err(|error| failed(error.error))?;
    Ok(())
}

/// Locks a file against changes by other runs until the value is dropped. Waits for a run that holds the lock, which
/// needs only a moment to read and replace the file. Returns `None` if the file system has no locks.
pub(crate) fn lock_for_change(path: &Path) -> Option<File> {
    // Far longer than a run needs. A user may have locked the folder for the whole run.
    const PATIENCE: Duration = Duration::from_secs(5);
    // A lock on the file itself would be lost, because the file is replaced.
    let folder = File::open(folder_of(&place_of(path).ok()?)).ok()?;
    let began = Instant::now();
    loop {
        match folder.try_lock() {
            Ok(()) => return Some(folder),
            Err(TryLockError::Error(_)) => return None,
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => thread::sleep(Duration::from_millis(10)),
            Err(TryLockError::WouldBlock) => {
                console::complain(format_args!(
                    "Warning: another program locks the folder of {}. If it changes the file now, a change may be \
                     lost.",
                    path.display()
                ));
                return None;
            }
        }
    }
}

/// Creates a temporary folder within another one. It is removed when the value is dropped.
///
/// # Errors
/// If it cannot be created.
pub fn scratch_folder(within: &Path) -> Result<Scratch, FileError> {
    let named = Scratch::within(within, HIDDEN);
    named.map_err(|source| FileError::Write { path: within.to_owned(), source })
}

/// Renames a finished file or folder, and removes an earlier one. Both names are on the same file system.
///
/// # Errors
/// If it cannot be renamed. An earlier one then stays unchanged.
pub fn replace(finished: &Path, name: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: name.to_owned(), source };
    if name.is_dir() {
        // A folder can only replace an empty one.
        let earlier = scratch_folder(name.parent().unwrap_or(Path::new(".")))?;
        fs::rename(name, earlier.path().join("earlier")).map_err(failed)?;
    }
    fs::rename(finished, name).map_err(failed)
}

/// Moves a finished file to its place, where it replaces an earlier one and gets its permissions. Both places are on
/// the same file system.
///
/// # Errors
/// If it cannot be moved. An earlier one then stays unchanged.
pub(crate) fn put(finished: &Path, path: &Path) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let place = place_of(path)?;
    if let Ok(earlier) = fs::metadata(&place) {
        fs::set_permissions(finished, Permissions::from_mode(earlier.mode() & 0o777)).map_err(failed)?;
    }
    fs::rename(finished, place).map_err(failed)
}

/// Copies a program completely or not at all, because another run may start it, or the earlier one may still run.
///
/// # Errors
/// If it cannot be copied. An earlier copy then stays unchanged.
pub fn copy_program(from: &Path, to: &Path) -> io::Result<()> {
    let folder = folder_of(to);
    scratch::remove_leftovers(folder);
    let scratch = Scratch::within(folder, HIDDEN)?;
    let copy = scratch.path().join("program");
    fs::copy(from, &copy)?;
    fs::rename(&copy, to)
}

/// Opens a file that is written during a run: empty, or at its end if it is a device or another program opened it. A
/// pipe is refused, because the run would stop when its reader closes it.
///
/// # Errors
/// If it cannot be opened.
pub fn stream(path: &Path) -> Result<File, FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let kind = fs::metadata(path).map(|about| about.file_type());
    match place_of(path) {
        Ok(place) => File::create(place).map_err(failed),
        Err(FileError::NoFile { .. }) if kind.is_ok_and(|kind| kind.is_file() || kind.is_char_device()) => {
            File::options().append(true).open(path).map_err(failed)
        }
        Err(error) => Err(error),
    }
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
        const KIND: &str = "test";
        const WHAT: &str = "a file of data";
        const SCHEMA: u32 = 2;
    }

    fn data(schema: u32) -> Data {
        Data { schema, rows: vec![vec![vec![vec![1, 2], vec![3]]]], none: None, empty: Vec::new() }
    }

    #[test]
    fn a_written_file_is_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("data.json");
        write_json(&path, &data(2)).expect("it can be written");
        assert_eq!(read::<Data>(&path).expect("it can be read"), data(2));
        let text = fs::read_to_string(&path).expect("it can be read");
        assert!(text.contains("[1,2]"), "inner values share a line: {text}");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 1, "no temporary file is left");
    }

    /// `null` in place of a figure could not be read again.
    #[test]
    fn a_figure_that_is_not_a_number_is_refused_with_its_place() {
        #[derive(Serialize, Deserialize)]
        struct Figures {
            schema: u32,
            measurements: Vec<Option<f64>>,
        }
        impl Versioned for Figures {
            const KIND: &str = "test";
            const WHAT: &str = "a file of figures";
            const SCHEMA: u32 = 1;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("figures.json");
        let write =
            |number| write_json(&path, &Figures { schema: 1, measurements: vec![Some(1.5), None, Some(number)] });
        write(2.5).expect("all are numbers");
        let earlier = fs::read_to_string(&path).expect("it can be read");
        assert!(earlier.contains("null"), "an unknown figure is null: {earlier}");
        for (number, word) in [(f64::NAN, "NaN"), (f64::INFINITY, "inf"), (f64::NEG_INFINITY, "-inf")] {
            let refusal = write(number).expect_err("refused").to_string();
            let expected =
                format!("cannot write {}: measurements[2] is {word}, not a number: please report it", path.display());
            assert_eq!(refusal, expected);
        }
        assert_eq!(fs::read_to_string(&path).expect("it can be read"), earlier);
    }

    #[test]
    fn an_unreadable_file_is_named() {
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
    fn a_file_of_another_kind_is_not_overwritten() {
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
    fn a_finished_file_takes_an_earlier_ones_place_and_permissions() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [finished, earlier, link] = ["finished", "earlier", "link"].map(|name| folder.path().join(name));
        fs::write(&finished, "new").expect("a file");
        fs::write(&earlier, "old").expect("a file");
        fs::set_permissions(&earlier, Permissions::from_mode(0o600)).expect("its owner may");
        std::os::unix::fs::symlink(&earlier, &link).expect("a link");
        put(&finished, &link).expect("it can be moved");
        assert!(fs::symlink_metadata(&link).expect("the link").is_symlink() && !finished.exists());
        assert_eq!(fs::read_to_string(&earlier).expect("the file"), "new");
        assert_eq!(fs::metadata(&earlier).expect("the file").mode() & 0o777, 0o600);
        let refusal = put(&finished, &earlier).expect_err("nothing is there").to_string();
        assert!(refusal.contains("cannot write"), "{refusal}");
        assert_eq!(fs::read_to_string(&earlier).expect("the file"), "new");
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named() {
        let refusal = write(Path::new("/proc/none/x.json"), "").expect_err("there is no such folder").to_string();
        assert!(refusal.contains("/proc/none/x.json"), "{refusal}");
    }
}
