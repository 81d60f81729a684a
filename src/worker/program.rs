//! A program that is started many times, and must be the same file each time.
//!
//! Cargo replaces an old build by a new one, so a path may point to another program in the middle of a measurement. So
//! on Linux the program is opened once, and started through the open file. On other systems, and if the system does not
//! allow that, it is started by its path while that points to the same file.

use crate::worker::failure::Failure;
use std::fs::{self, File, Metadata};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A program.
#[derive(Debug)]
pub(crate) struct Program {
    path: PathBuf,
    /// The file, or the error of opening it.
    file: Result<Opened, String>,
}

/// The file of a program.
#[derive(Debug)]
struct Opened {
    /// Its state when it was opened.
    stamp: Stamp,
    /// The open file, and the path by which it can be started.
    handle: Option<(File, PathBuf)>,
}

/// The state of a file, which changes when the file does.
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
    /// Opens the program at a path. If that fails, the first start reports the error.
    pub(crate) fn at(path: PathBuf) -> Self {
        let file = open(&path).map_err(|error| error.to_string());
        Self { path, file }
    }

    /// Opens the program that this process runs, even if its file was replaced since.
    ///
    /// # Errors
    /// If the system does not report the program.
    pub(crate) fn of_this_process() -> io::Result<Self> {
        let path = std::env::current_exe()?;
        if !cfg!(target_os = "linux") {
            return Ok(Self::at(path));
        }
        let file = open(Path::new("/proc/self/exe")).or_else(|_| open(&path)).map_err(|error| error.to_string());
        Ok(Self { path: without_mark(path), file })
    }

    /// Returns its path, for messages and for programs in the same folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the paths by which it can be started, in the order in which to try them.
    ///
    /// # Errors
    /// If the file has changed.
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

    /// Returns whether its path still points to the same file.
    pub(crate) fn is_at_its_path(&self) -> bool {
        let opened = self.file.as_ref().ok().map(|opened| opened.stamp);
        opened.is_some() && fs::metadata(&self.path).ok().map(Stamp::from) == opened
    }

    /// Returns a hash of its content.
    ///
    /// # Errors
    /// If it cannot be read.
    pub(crate) fn fingerprint(&self) -> io::Result<String> {
        fingerprint(self.readable()?)
    }

    /// Copies it, for a tool that needs a path.
    ///
    /// # Errors
    /// If it cannot be read, or the copy cannot be written.
    pub(crate) fn copy_to(&self, copy: &Path) -> io::Result<()> {
        fs::copy(self.readable()?, copy).map(drop)
    }

    /// Returns a path to the file that was opened.
    fn readable(&self) -> io::Result<&Path> {
        let opened = self.file.as_ref().map_err(|error| io::Error::other(error.clone()))?;
        Ok(opened.handle.as_ref().map_or(&self.path, |(_, alias)| alias))
    }
}

/// Returns a hash of the content of a program's file.
///
/// # Errors
/// If it cannot be read.
pub(crate) fn fingerprint(file: &Path) -> io::Result<String> {
    let mut hasher = DefaultHasher::new();
    fs::read(file)?.hash(&mut hasher);
    Ok(format!("{:016x}", hasher.finish()))
}

/// Opens a program, with a handle if the system can start it through one.
fn open(path: &Path) -> io::Result<Opened> {
    let stamp = fs::metadata(path)?.into();
    Ok(Opened { stamp, handle: handle(path, stamp) })
}

#[cfg(target_os = "linux")]
fn handle(path: &Path, stamp: Stamp) -> Option<(File, PathBuf)> {
    use crate::platform::limits;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    // A program may be executable but not readable: O_PATH works for both.
    let place = nix::fcntl::OFlag::O_PATH.bits();
    let handle = File::options().read(true).custom_flags(place).open(path).ok()?;
    // A run over hundreds of builds must leave file descriptors for everything else.
    let is_scarce = limits::open_files().is_some_and(|limit| handle.as_raw_fd() as u64 >= limit.amount / 2);
    // The width is fixed, because the length of the path shifts a child's stack.
    let alias = PathBuf::from(format!("/proc/{:/>10}/fd/{:/>10}", std::process::id(), handle.as_raw_fd()));
    let is_it = fs::metadata(&alias).is_ok_and(|data| Stamp::from(data) == stamp);
    // The files of a process that may not be dumped are hidden from others.
    let is_seen = nix::sys::prctl::get_dumpable().unwrap_or(false);
    (!is_scarce && is_it && is_seen).then_some((handle, alias))
}

#[cfg(not(target_os = "linux"))]
fn handle(_: &Path, _: Stamp) -> Option<(File, PathBuf)> {
    None
}

/// Removes the mark that Linux appends to the path of a removed file.
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

    fn put(path: &Path, words: &str) {
        let new = path.with_extension("new");
        fs::write(&new, format!("#!/bin/sh\necho {words}\n")).expect("the script is written");
        fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).expect("the script may run");
        fs::rename(&new, path).expect("it takes its place");
    }

    fn program(words: &str) -> (TempDir, Program) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("program");
        put(&path, words);
        (folder, Program::at(path))
    }

    fn output_of(program: &Program) -> String {
        let way = program.ways().expect("it can be started")[0];
        let output = Command::new("sh").arg(way).output().expect("there is a shell");
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    #[test]
    fn a_replacement_is_not_started() {
        let (_folder, program) = program("old");
        assert_eq!(output_of(&program), "old");
        put(program.path(), "new");
        assert_eq!(output_of(&program), "old");
        assert!(!program.is_at_its_path());
        let copy = program.path().with_file_name("copy");
        program.copy_to(&copy).expect("it can be copied");
        assert!(fs::read_to_string(copy).expect("text").contains("old"));
        fs::remove_file(program.path()).expect("it can be removed");
        assert_eq!(output_of(&program), "old");
    }

    #[test]
    fn an_overwritten_file_is_refused() {
        let (_folder, program) = program("old");
        fs::write(program.path(), "#!/bin/sh\necho another\n").expect("it can be overwritten");
        let refusal = program.ways().expect_err("refused").to_string();
        assert!(refusal.contains("program was overwritten while it was measured"), "{refusal}");
    }

    #[test]
    fn without_a_handle_the_path_must_lead_to_the_same_file() {
        let (_folder, mut program) = program("old");
        program.file.as_mut().expect("it is there").handle = None;
        assert_eq!(output_of(&program), "old");
        put(program.path(), "new");
        let refusal = program.ways().expect_err("refused").to_string();
        assert!(refusal.contains("program was replaced while it was measured"), "{refusal}");
    }

    #[test]
    fn a_missing_program_is_named() {
        let refusal = Program::at("/no/such/program".into()).ways().expect_err("refused").to_string();
        assert!(refusal.contains("/no/such/program cannot be started: No such file or directory"), "{refusal}");
    }

    #[test]
    fn this_process_runs_a_program() {
        let program = Program::of_this_process().expect("Linux reports it");
        assert!(program.path().is_absolute() && program.is_at_its_path());
        assert_eq!(without_mark("/no/such/program (deleted)".into()), Path::new("/no/such/program"));
    }
}
