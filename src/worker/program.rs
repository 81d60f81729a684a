//! A program that is started many times, and must be the same one each time.
//!
//! Cargo puts a new build in the place of the old one, so that a path may lead to another program in the middle of a
//! measurement. On Linux the program is therefore opened once, and started through what was opened, whatever becomes
//! of its path. Elsewhere, and where the system does not allow that, its path is started as long as it leads to the
//! same file.

use crate::platform::limits;
use crate::worker::failure::Failure;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// The file, or why there is none.
    file: Result<Opened, String>,
}

/// The file of a program.
#[derive(Debug)]
struct Opened {
    /// What it was when it was opened.
    stamp: Stamp,
    /// The open file, and the path by which children can start it.
    handle: Option<(File, PathBuf)>,
}

/// What tells one state of a file from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stamp {
    device: u64,
    number: u64,
    bytes: u64,
    modified: Option<SystemTime>,
}

impl From<Metadata> for Stamp {
    fn from(data: Metadata) -> Self {
        Self { device: data.dev(), number: data.ino(), bytes: data.len(), modified: data.modified().ok() }
    }
}

impl Program {
    /// The program at a path. If it cannot be opened, the first start says why.
    pub(crate) fn at(path: PathBuf) -> Self {
        let file = open(&path).map_err(|error| error.to_string());
        Self { path, file }
    }

    /// The program that this process runs, also if it was replaced since.
    ///
    /// # Errors
    /// If the system does not tell which one that is.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        if !cfg!(target_os = "linux") {
            return Ok(Self::at(path));
        }
        let file = open(Path::new("/proc/self/exe")).or_else(|_| open(&path)).map_err(|error| error.to_string());
        Ok(Self { path: without_mark(path), file })
    }

    /// Its path, for messages and for what lies beside it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The paths by which it can be started, in the order in which they are to be tried.
    ///
    /// # Errors
    /// If it is not what it was.
    pub(crate) fn ways(&self) -> Result<Vec<&Path>, Failure> {
        let prevented = |why: String| Failure::Prevented { why };
        let path = self.path.display();
        let opened = self.file.as_ref().map_err(|error| prevented(format!("{path} cannot be started: {error}")))?;
        let mut ways = Vec::new();
        if let Some((handle, alias)) = &opened.handle {
            if handle.metadata().ok().map(Stamp::from) != Some(opened.stamp) {
                return Err(prevented(format!("{path} was overwritten while it was measured")));
            }
            ways.push(alias.as_path());
        }
        if self.is_at_its_path() {
            ways.push(&self.path);
        }
        if ways.is_empty() { Err(prevented(format!("{path} was replaced while it was measured"))) } else { Ok(ways) }
    }

    /// Returns whether its path still leads to it.
    pub(crate) fn is_at_its_path(&self) -> bool {
        let opened = self.file.as_ref().ok().map(|opened| opened.stamp);
        opened.is_some() && fs::metadata(&self.path).ok().map(Stamp::from) == opened
    }

    /// Copies it, for a tool that reads it by its path.
    ///
    /// # Errors
    /// If it cannot be read, or not be written.
    pub(crate) fn copy_to(&self, copy: &Path) -> io::Result<()> {
        let opened = self.file.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        fs::copy(opened.handle.as_ref().map_or(&self.path, |(_, alias)| alias), copy).map(drop)
    }
}

/// Opens a program, if the system can start it through what is opened.
fn open(path: &Path) -> io::Result<Opened> {
    let stamp = fs::metadata(path)?.into();
    Ok(Opened { stamp, handle: handle(path, stamp) })
}

#[cfg(target_os = "linux")]
fn handle(path: &Path, stamp: Stamp) -> Option<(File, PathBuf)> {
    // A program may be one that can be run and not read: it is opened as a place, which is enough for both.
    let place = nix::fcntl::OFlag::O_PATH.bits();
    let handle = OpenOptions::new().read(true).custom_flags(place).open(path).ok()?;
    // A run over hundreds of builds must leave files to open for everything else.
    let is_scarce = limits::open_files().is_some_and(|limit| handle.as_raw_fd() as u64 >= limit.amount / 2);
    // As wide for every process and file: the length of the path moves what lies on a child's stack.
    let alias = PathBuf::from(format!("/proc/{:/>10}/fd/{:/>10}", std::process::id(), handle.as_raw_fd()));
    let is_it = fs::metadata(&alias).is_ok_and(|data| Stamp::from(data) == stamp);
    // Of a process that may not be dumped, others see no files.
    let is_seen = nix::sys::prctl::get_dumpable().unwrap_or(false);
    (!is_scarce && is_it && is_seen).then_some((handle, alias))
}

#[cfg(not(target_os = "linux"))]
fn handle(_: &Path, _: Stamp) -> Option<(File, PathBuf)> {
    None
}

/// A path without what Linux puts after that of a file that is gone.
fn without_mark(path: PathBuf) -> PathBuf {
    let text = path.as_os_str().to_string_lossy();
    match text.strip_suffix(" (deleted)") {
        Some(plain) if !path.exists() => PathBuf::from(plain),
        _ => path,
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;
    use tempfile::TempDir;

    fn put(path: &Path, says: &str) {
        let new = path.with_extension("new");
        fs::write(&new, format!("#!/bin/sh\necho {says}\n")).expect("the script is written");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("the script may run");
        fs::rename(&new, path).expect("it takes its place");
    }

    fn program(says: &str) -> (TempDir, Program) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("program");
        put(&path, says);
        (folder, Program::at(path))
    }

    fn said(program: &Program) -> String {
        let way = program.ways().expect("it can be started")[0];
        let output = Command::new("sh").arg(way).output().expect("there is a shell");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn what_takes_its_place_is_not_started() {
        let (_folder, program) = program("old");
        assert_eq!(said(&program), "old");
        put(program.path(), "new");
        assert_eq!(said(&program), "old");
        assert!(!program.is_at_its_path());
        let copy = program.path().with_file_name("copy");
        program.copy_to(&copy).expect("it can be copied");
        assert!(fs::read_to_string(copy).expect("text").contains("old"));
        fs::remove_file(program.path()).expect("it can be removed");
        assert_eq!(said(&program), "old");
    }

    #[test]
    fn what_is_written_over_it_is_refused() {
        let (_folder, program) = program("old");
        fs::write(program.path(), "#!/bin/sh\necho another\n").expect("it can be overwritten");
        let refusal = program.ways().expect_err("refused").to_string();
        assert!(refusal.contains("program was overwritten while it was measured"), "{refusal}");
    }

    #[test]
    fn without_a_handle_the_path_must_lead_to_the_same_file() {
        let (_folder, mut program) = program("old");
        program.file.as_mut().expect("it is there").handle = None;
        assert_eq!(said(&program), "old");
        put(program.path(), "new");
        let refusal = program.ways().expect_err("refused").to_string();
        assert!(refusal.contains("program was replaced while it was measured"), "{refusal}");
    }

    #[test]
    fn a_program_that_is_not_there_is_named() {
        let refusal = Program::at("/no/such/program".into()).ways().expect_err("refused").to_string();
        assert!(refusal.contains("/no/such/program cannot be started: No such file or directory"), "{refusal}");
    }

    #[test]
    fn this_process_runs_a_program() {
        let program = Program::of_this_process().expect("Linux tells");
        assert!(program.path().is_absolute() && program.is_at_its_path());
        assert_eq!(without_mark("/no/such/program (deleted)".into()), Path::new("/no/such/program"));
    }
}
