//! The workshop: a folder under `target/` in which a copy of this package is made and built for each subject.
//!
//! A copy differs from the package in one line of its manifest, the dependency on memscope-rs, and has a lock file of its
//! own, which begins as the package's. All copies share one folder for what cargo builds, so that the dependencies they
//! have in common are built once. Nothing outside of the workshop is written to.

use super::{Found, PACKAGE, Repository, Source};
use crate::{files, system};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::SystemTime;
use toml_edit::{Array, DocumentMut, InlineTable, Table, value};

/// The program that is built.
const PROGRAM: &str = "memscope-bench";
/// What a build needs of the package.
const PARTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "build.rs", "src", "benches"];
/// The folder within the workshop for the sources of revisions.
const SOURCES: &str = "sources";
/// What cargo said of a subject's build.
const LOG: &str = "build.log";

/// The folder in which subjects are built. While it is open, no other process builds in it.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    /// The package's own folder, which copies are made of.
    package: PathBuf,
    _lock: File,
}

impl Workshop {
    /// Opens a workshop, and makes its folder if need be. Waits for another process that has it open.
    ///
    /// # Errors
    /// If the folder cannot be written to, or the package's sources are not where they were when this program was built.
    pub fn open(folder: &Path) -> Result<Self, BuildFailure> {
        let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        if let Some(missing) = PARTS.iter().map(|part| package.join(part)).find(|part| !part.exists()) {
            return Err(BuildFailure::NoPackage(missing));
        }
        let failed = |source| BuildFailure::Unwritable { path: folder.to_owned(), source };
        fs::create_dir_all(folder.join(SOURCES)).map_err(failed)?;
        let folder = fs::canonicalize(folder).map_err(failed)?;
        let lock = File::create(folder.join(".lock")).map_err(failed)?;
        if lock.try_lock().is_err() {
            crate::console::complain(format_args!("waiting for another run that builds in {}", folder.display()));
            lock.lock().map_err(failed)?;
        }
        Ok(Self { folder, package, _lock: lock })
    }

    /// The workshop's usual folder: under the package's `target/`.
    pub fn usual_folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/subjects")
    }

    /// Builds the program with a subject, and gives its path. What is built already and has not changed takes a moment.
    /// `progress` is told what cargo is about to do.
    ///
    /// # Errors
    /// If it does not build; the log's path is in the error.
    pub fn build(&self, subject: &Found, progress: impl FnMut(&str)) -> Result<PathBuf, BuildFailure> {
        let copy = self.folder.join(&subject.key);
        self.prepare(subject, &copy)?;
        let program = copy.join(PROGRAM);
        // To cargo all copies are one package in several places, of which it keeps the last one's build.
        if !matches!(subject.source, Source::Folder(_)) && is_newest(&program, &copy) {
            return Ok(program);
        }
        let target = self.folder.join("build");
        let mut cargo = system::cargo();
        cargo.args(["build", "--release", "--bin", PROGRAM, "--manifest-path"]).arg(copy.join("Cargo.toml"));
        cargo.arg("--target-dir").arg(&target);
        let log = copy.join(LOG);
        if !run_logged(cargo, &log, progress).map_err(|source| unwritable(&log, source))? {
            return Err(BuildFailure::DoesNotBuild { name: subject.name.clone(), log });
        }
        // All copies build a program of the same name in the same place.
        let built = target.join("release").join(PROGRAM);
        files::copy_program(&built, &program).map_err(|source| unwritable(&program, source))?;
        Ok(program)
    }

    /// Makes or refreshes a subject's copy of the package.
    fn prepare(&self, subject: &Found, copy: &Path) -> Result<(), BuildFailure> {
        let failed = |source| unwritable(copy, source);
        fs::create_dir_all(copy).map_err(failed)?;
        for part in ["build.rs", "src", "benches"] {
            mirror(&self.package.join(part), &copy.join(part)).map_err(failed)?;
        }
        let manifest = fs::read_to_string(self.package.join("Cargo.toml")).map_err(failed)?;
        let manifest =
            with_subject(&manifest, &self.dependency(subject)?).map_err(|error| failed(io::Error::other(error)))?;
        write_changed(&copy.join("Cargo.toml"), manifest.as_bytes()).map_err(failed)?;

        // Cargo adapts the lock file to the subject; it begins anew only when the package's own changes.
        let origin = copy.join("Cargo.lock.of-the-package");
        let lock = fs::read(self.package.join("Cargo.lock")).map_err(failed)?;
        if fs::read(&origin).ok().as_ref() != Some(&lock) {
            fs::write(copy.join("Cargo.lock"), &lock).map_err(failed)?;
            fs::write(&origin, &lock).map_err(failed)?;
        }
        Ok(())
    }

    /// The dependency's line for a subject, whose sources are fetched if they are in a repository.
    fn dependency(&self, subject: &Found) -> Result<InlineTable, BuildFailure> {
        let mut dependency = InlineTable::new();
        match &subject.source {
            Source::Published(version) => {
                dependency.insert("version", format!("={version}").into());
            }
            Source::Folder(folder) => {
                dependency.insert("path", folder.display().to_string().into());
            }
            Source::Commit { repository, hash } => {
                let sources = self.folder.join(SOURCES).join(&subject.key);
                if !sources.exists() {
                    // Whole or not at all: the folder takes its name when all is in it.
                    let failed = |source| unwritable(&sources, source);
                    let scratch = tempfile::tempdir_in(self.folder.join(SOURCES)).map_err(failed)?;
                    let files = scratch.path().join(PACKAGE);
                    Repository::at(repository).and_then(|repository| repository.export(hash, &files))?;
                    fs::rename(&files, &sources).map_err(failed)?;
                }
                dependency.insert("path", sources.display().to_string().into());
            }
        }
        dependency.insert("default-features", false.into());
        if needs_parking_lot(subject) {
            dependency.insert("features", Array::from_iter(["parking-lot"]).into());
        }
        Ok(dependency)
    }
}

/// Version 0.1.5 alone does not build without this feature.
fn needs_parking_lot(subject: &Found) -> bool {
    matches!(&subject.source, Source::Published(version) if *version == semver::Version::new(0, 1, 5))
}

/// The package's manifest with another dependency on memscope-rs. It is a workspace of its own, whatever lies above it.
fn with_subject(manifest: &str, dependency: &InlineTable) -> Result<String, toml_edit::TomlError> {
    let mut manifest: DocumentMut = manifest.parse()?;
    manifest["dependencies"][PACKAGE] = value(dependency.clone());
    manifest.insert("workspace", Table::new().into());
    Ok(manifest.to_string())
}

/// Whether a program is there, and was written after everything that it is built from in its copy of the package.
fn is_newest(program: &Path, copy: &Path) -> bool {
    fn newest(path: &Path) -> io::Result<SystemTime> {
        let metadata = fs::metadata(path)?;
        let mut last = metadata.modified()?;
        if metadata.is_dir() {
            for entry in fs::read_dir(path)? {
                last = last.max(newest(&entry?.path())?);
            }
        }
        Ok(last)
    }
    let parts = ["Cargo.toml", "Cargo.lock", "build.rs", "src"].map(|part| newest(&copy.join(part)).ok());
    let written = fs::metadata(program).and_then(|metadata| metadata.modified()).ok();
    written.is_some() && parts.iter().all(|part| part.is_some() && *part < written)
}

/// Makes a file or folder like another one. What is the same already is not touched, so that cargo sees no change.
fn mirror(from: &Path, to: &Path) -> io::Result<()> {
    if from.is_file() {
        return write_changed(to, &fs::read(from)?);
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(to)? {
        let entry = entry?;
        if !from.join(entry.file_name()).exists() {
            let gone = entry.path();
            if gone.is_dir() { fs::remove_dir_all(gone)? } else { fs::remove_file(gone)? }
        }
    }
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        mirror(&from.join(&name), &to.join(&name))?;
    }
    Ok(())
}

fn write_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).ok().as_deref() == Some(content) { Ok(()) } else { fs::write(path, content) }
}

/// Runs a command with all that it says in a log, and gives whether it succeeded.
fn run_logged(mut command: Command, log: &Path, mut progress: impl FnMut(&str)) -> io::Result<bool> {
    let mut log = File::create(log)?;
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    for line in BufReader::new(child.stderr.take().expect("it is piped")).split(b'\n') {
        let line = line?;
        log.write_all(&line)?;
        log.write_all(b"\n")?;
        progress(String::from_utf8_lossy(&line).trim());
    }
    Ok(child.wait()?.success())
}

fn unwritable(path: &Path, source: io::Error) -> BuildFailure {
    BuildFailure::Unwritable { path: path.to_owned(), source }
}

/// Why a subject was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// The compiler or cargo refused it.
    #[error("{name} does not build: see {}", log.display())]
    DoesNotBuild {
        /// The subject.
        name: String,
        /// What was said.
        log: PathBuf,
    },
    /// The package that copies are made of is gone.
    #[error("the sources of memscope-bench are not where they were when it was built: {} is missing", .0.display())]
    NoPackage(PathBuf),
    /// The workshop could not be written to, or cargo not be started.
    #[error("cannot work in {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A revision could not be had.
    #[error(transparent)]
    Git(#[from] super::GitError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_the_manifest_changes() {
        let manifest = include_str!("../../Cargo.toml");
        let mut dependency = InlineTable::new();
        dependency.insert("version", "=0.1.0".into());
        let changed = with_subject(manifest, &dependency).expect("a manifest");
        let theirs: Vec<&str> = changed.lines().filter(|line| !manifest.lines().any(|ours| ours == *line)).collect();
        assert_eq!(theirs, ["memscope-rs = { version = \"=0.1.0\" }", "[workspace]"]);
    }

    #[test]
    fn a_mirror_touches_what_differs_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::create_dir_all(from.join("inner")).expect("a folder");
        fs::write(from.join("inner/a"), "1").expect("a file");
        fs::write(from.join("b"), "2").expect("a file");
        mirror(&from, &to).expect("it can be mirrored");
        let touched = |path: &str| fs::metadata(to.join(path)).and_then(|about| about.modified()).expect("a file");
        let before = [touched("inner/a"), touched("b")];

        fs::write(from.join("b"), "3").expect("a file");
        fs::write(to.join("gone"), "").expect("a file");
        std::thread::sleep(std::time::Duration::from_millis(20));
        mirror(&from, &to).expect("it can be mirrored");
        assert_eq!(touched("inner/a"), before[0]);
        assert!(touched("b") > before[1]);
        assert_eq!(fs::read_to_string(to.join("b")).expect("a file"), "3");
        assert!(!to.join("gone").exists());
    }
}
