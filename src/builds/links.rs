//! The links of a build: several copies of its program, each with its functions in another order.
//!
//! They are in a folder next to the program, with a record of the complete ones. A link is only used if the record
//! contains it, it was not modified since, and the program is still the same. So an unfinished set is completed before
//! it is used.

use crate::platform::files;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// The folder of the links within a build's folder.
const FOLDER: &str = "links";
/// The record in that folder.
const RECORD: &str = "links.json";

/// The links of one program that are in the build cache.
#[derive(Debug)]
pub(super) struct KeptLinks {
    folder: PathBuf,
    /// The program with its functions in the usual order.
    program: PathBuf,
    record: Record,
}

/// The complete links.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Record {
    /// The fingerprint of the program with its functions in the usual order.
    of: String,
    /// The state of each link, by the seed of its order.
    links: BTreeMap<u32, Stamp>,
}

/// The size of a file in bytes, and the time at which it was written, in seconds and nanoseconds.
type Stamp = (u64, i64, i64);

impl KeptLinks {
    /// Returns the links of a program that was just built and has this fingerprint. Links of an earlier program are
    /// removed.
    ///
    /// # Errors
    /// If the folder cannot be written to.
    pub(super) fn of(program: &Path, fingerprint: &str) -> io::Result<Self> {
        let folder = program.with_file_name(FOLDER);
        let kept = fs::read(folder.join(RECORD)).ok().and_then(|text| serde_json::from_slice::<Record>(&text).ok());
        let record = match kept.filter(|record| record.of == fingerprint) {
            Some(record) => record,
            None => {
                Self::remove(program)?;
                fs::create_dir_all(&folder)?;
                Record { of: fingerprint.to_owned(), links: BTreeMap::new() }
            }
        };
        Ok(Self { folder, program: program.to_owned(), record })
    }

    /// Removes all links of a program.
    ///
    /// # Errors
    /// If one cannot be removed.
    pub(super) fn remove(program: &Path) -> io::Result<()> {
        match fs::remove_dir_all(program.with_file_name(FOLDER)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Returns the link of a seed; `None` if it is missing or incomplete.
    pub(super) fn find(&self, seed: u32) -> Option<PathBuf> {
        let path = self.path(seed);
        let known = self.record.links.get(&seed)?;
        stamp(&path).is_ok_and(|now| now == *known).then_some(path)
    }

    /// Keeps a new link, and returns its path. Removes the original from cargo's artifacts, because a second copy of
    /// each link wastes space.
    ///
    /// # Errors
    /// If it cannot be copied or recorded.
    pub(super) fn keep(&mut self, seed: u32, made: &Path) -> io::Result<PathBuf> {
        let path = self.path(seed);
        files::copy_program(made, &path)?;
        self.record.links.insert(seed, stamp(&path)?);
        let text = serde_json::to_string(&self.record)?;
        files::write(&self.folder.join(RECORD), &text).map_err(io::Error::other)?;
        remove_artifact(made);
        Ok(path)
    }

    /// Returns whether a link has its functions in the usual order.
    ///
    /// # Errors
    /// If it or the program cannot be read.
    pub(super) fn is_usual(&self, link: &Path) -> io::Result<bool> {
        Ok(fs::read(link)? == fs::read(&self.program)?)
    }

    /// Returns the path of a link. Paths have the same length for all seeds, because their lengths shift the stack.
    fn path(&self, seed: u32) -> PathBuf {
        let name = self.program.file_name().unwrap_or_default().to_string_lossy();
        self.folder.join(format!("{name}-{seed:010}"))
    }
}

/// Removes a program from cargo's artifacts under both of its names. Cargo links it again if needed.
fn remove_artifact(program: &Path) {
    let identity = |path: &Path| fs::metadata(path).ok().map(|about| (about.dev(), about.ino()));
    let wanted = identity(program);
    let artifacts = program.with_file_name("deps");
    let entries = fs::read_dir(artifacts).into_iter().flatten().flatten();
    let twins = entries.map(|entry| entry.path()).filter(|path| wanted.is_some() && identity(path) == wanted);
    // A file that cannot be removed only takes space.
    twins.for_each(|twin| _ = fs::remove_file(twin));
    let _ = fs::remove_file(program);
}

/// Returns the state of a file, which changes when it is written.
fn stamp(path: &Path) -> io::Result<Stamp> {
    fs::metadata(path).map(|about| (about.len(), about.mtime(), about.mtime_nsec()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    /// Returns a build's folder with a program, and cargo's files of a link: two names of one file.
    fn build(content: &str) -> (TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("program");
        fs::write(&program, content).expect("a program");
        fs::create_dir_all(folder.path().join("target/deps")).expect("a folder");
        let made = folder.path().join("target/program");
        (folder, program, made)
    }

    fn link(made: &Path, content: &str) {
        let twin = made.with_file_name("deps").join("program-1234");
        fs::write(&twin, content).expect("a link");
        fs::hard_link(twin, made).expect("its other name");
    }

    #[test]
    fn links_are_reused_while_the_program_is_unchanged() {
        let (folder, program, made) = build("plain");
        let mut links = KeptLinks::of(&program, "1").expect("none yet");
        assert_eq!(links.find(1), None);
        link(&made, "shuffled");
        let kept = links.keep(1, &made).expect("it can be kept");
        assert_eq!(fs::read_to_string(&kept).expect("text"), "shuffled");
        assert_eq!(fs::read_dir(folder.path().join("target/deps")).expect("the folder").count(), 0);
        assert!(!made.exists(), "cargo's artifacts do not hold it twice");

        let links = KeptLinks::of(&program, "1").expect("one");
        assert_eq!((links.find(1), links.find(2)), (Some(kept.clone()), None));
        assert_eq!(KeptLinks::of(&program, "2").expect("none").find(1), None);
        assert!(!kept.exists(), "links of an earlier program are removed");
    }

    #[test]
    fn an_incomplete_link_is_not_used() {
        let (_folder, program, made) = build("plain");
        let mut links = KeptLinks::of(&program, "1").expect("none yet");
        link(&made, "shuffled");
        let kept = links.keep(1, &made).expect("it can be kept");
        // Killed after the second was copied, before it was recorded; and while the record was written.
        fs::copy(&kept, links.path(2)).expect("a copy");
        assert_eq!(KeptLinks::of(&program, "1").expect("one").find(2), None);
        fs::write(&kept, "shuf").expect("half of it");
        assert_eq!(KeptLinks::of(&program, "1").expect("none").find(1), None, "it was changed since");
        fs::write(links.folder.join(RECORD), "{\"of\":").expect("half a record");
        let links = KeptLinks::of(&program, "1").expect("none");
        assert_eq!((links.find(1), links.find(2)), (None, None));
        assert!(!kept.exists(), "an unknown link is removed");
    }

    #[test]
    fn the_usual_order_is_recognised() {
        let (_folder, program, made) = build("plain");
        let links = KeptLinks::of(&program, "1").expect("none yet");
        link(&made, "plain");
        assert!(links.is_usual(&made).expect("it can be read"));
        fs::remove_file(&made).expect("it is there");
        fs::write(&made, "shuffled").expect("a link");
        assert!(!links.is_usual(&made).expect("it can be read"));
    }
}
