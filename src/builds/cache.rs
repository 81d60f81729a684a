//! The workshop: a folder under `target/` in which a copy of this package is made and built for each subject.
//!
//! A copy differs from the package in its manifest: the dependency on memscope-rs, a version that names the subject, and
//! nothing in it that only tests and benches need. It has a lock file of its own, which begins as the package's. All copies
//! share one folder for what cargo builds, so that the dependencies that they have in common are built once. cargo is asked
//! for each subject in each run: it knows best what a compiler, a flag or a source has changed. Nothing outside of the
//! workshop is written to.

use crate::builds::cargo::{Build, Refusal};
use crate::builds::export::LeftOut;
use crate::builds::kept::{Attempt, Kept, Why, fingerprint};
use crate::builds::outcome::{BuildOutcome, NotBuilt};
use crate::builds::{Found, PACKAGE, Repository, Source};
use crate::platform::environment::CORE_ONLY;
use crate::platform::files;
use crate::tracking::memscope::versions::{OWN_ALLOCATOR, is_memscope, needed_feature};
use crate::worker::failure::Failure;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};
use toml_edit::{Array, DocumentMut, InlineTable, Table, value};

/// The program that is built.
const PROGRAM: &str = "memscope-bench";
/// The parts of the package that a build needs.
const PARTS: [&str; 5] = ["Cargo.toml", "Cargo.lock", "build.rs", "build", "src"];
/// The parts that are only mirrored: the manifest and the lock file are made.
const MIRRORED: [&str; 3] = ["build.rs", "build", "src"];
/// The folder within the workshop for the sources of revisions.
const SOURCES: &str = "sources";
/// The file with what cargo printed of a build.
const LOG: &str = "build.log";
/// A build of fewer seconds found most of it built.
const A_MOMENT: u64 = 5;

/// The folder in which subjects are built. While it is open, no other process builds in it.
#[derive(Debug)]
pub struct Workshop {
    folder: PathBuf,
    /// The package's own folder, which copies are made of.
    package: PathBuf,
    _lock: File,
}

/// A program that was built, and how long that took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// The version of memscope that it should have, if that is known without asking it.
    pub version: Option<String>,
    /// How long the build took.
    pub took: Duration,
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
        // Builds of one run are of one source: a search that builds as it goes must not mix two.
        static FIRST: OnceLock<String> = OnceLock::new();
        let now = fingerprint(&package, &PARTS, "").map_err(failed)?;
        if *FIRST.get_or_init(|| now.clone()) != now {
            return Err(BuildFailure::PackageChanged(package));
        }
        fs::create_dir_all(folder.join(SOURCES)).map_err(failed)?;
        let folder = fs::canonicalize(folder).map_err(failed)?;
        let lock = File::create(folder.join(".lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                crate::platform::console::complain(format_args!(
                    "waiting for another run that builds in {}",
                    folder.display()
                ));
                lock.lock().map_err(failed)?;
            }
            // Some file systems of clusters have no locks, and cargo goes on without them too.
            Err(TryLockError::Error(error)) => {
                crate::platform::console::complain(format_args!(
                    "{} cannot be locked ({error}): let no other run build in it meanwhile",
                    folder.display()
                ));
            }
        }
        Ok(Self { folder, package, _lock: lock })
    }

    /// The workshop's usual folder: under the package's `target/`.
    pub fn usual_folder() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("target/subjects")
    }

    /// Builds the program with a subject. What is built already and has not changed takes a moment, and so does what is known
    /// not to compile. `progress` gets each line of what cargo prints.
    ///
    /// Where memscope does not compile without its default features, it is tried with all of them except the one that installs its
    /// own allocator; where the adapter does not compile with it, the part of the adapter that the measurement of cost needs.
    ///
    /// # Errors
    /// If it does not build; the log's path is in the error.
    pub fn build(&self, subject: &Found, mut progress: impl FnMut(&str)) -> Result<Program, BuildFailure> {
        let began = Instant::now();
        let copy = self.folder.join(&subject.key);
        let log = copy.join(LOG);
        let sources = self.sources(subject)?;
        self.mirror_package(&copy)?;
        let plain = self.manifest(subject, &dependency(subject, sources.as_ref(), Attempt::default()))?;
        // What is in a folder may change at any time.
        let keeps = !matches!(subject.source, Source::Folder(_));
        let fingerprint = fingerprint(&copy, &MIRRORED, &plain).map_err(|source| unwritable(&copy, source))?;
        let known = Kept::in_folder(&copy).filter(|kept| keeps && kept.fingerprint == fingerprint);
        if let Some(Kept { failure: Some(why), .. }) = known {
            return Err(BuildFailure::new(subject, why, log));
        }

        let has_defaults = sources.as_ref().is_some_and(|sources| !sources.defaults.is_empty());
        let mut attempt = known.map(|kept| kept.attempt).unwrap_or_default();
        let mut built = self.attempt(subject, sources.as_ref(), attempt, &mut progress)?;
        if matches!(built, Err(Refusal::Dependency { .. })) && !attempt.defaults && has_defaults {
            let with_defaults = Attempt { defaults: true, ..attempt };
            // If it does not compile with them either, the first error is the one that matters.
            match self.attempt(subject, sources.as_ref(), with_defaults, &mut progress)? {
                Err(Refusal::Dependency { .. } | Refusal::Other { .. }) => {}
                other => (attempt, built) = (with_defaults, other),
            }
        }
        if let Err(Refusal::Package { error: missing }) = &built
            && !attempt.core_only
        {
            let core_only = Attempt { core_only: true, ..attempt };
            match self.attempt(subject, sources.as_ref(), core_only, &mut progress)? {
                Err(_) => built = Err(Refusal::NoAdapter { report: missing.clone() }),
                other => (attempt, built) = (core_only, other),
            }
        }

        if let Err(Refusal::NoAdapter { .. }) = built {
            // The build script looks at the source before the compiler does.
            let package = sources.as_ref().map_or(PACKAGE, |sources| &sources.name);
            if let Err(refusal) = self
                .cargo(&copy, &[])
                .run_for_dependency(package, &mut progress)
                .map_err(|source| unwritable(&log, source))?
            {
                built = Err(refusal);
            }
        }

        let seconds = began.elapsed().as_secs();
        let keep = |failure| {
            let kept = Kept { fingerprint, seconds, attempt, failure };
            if keeps { kept.keep(&copy).map_err(|source| unwritable(&copy, source)) } else { Ok(()) }
        };
        let why = match built {
            Ok(built) => {
                let path = copy.join(PROGRAM);
                // All copies build a program of the same name in the same place.
                files::copy_program(&built, &path).map_err(|source| unwritable(&path, source))?;
                // A build that found everything built is no example of how long one takes.
                if seconds > A_MOMENT {
                    keep(None)?;
                }
                let version = sources.map_or_else(|| subject.source.version(), |sources| sources.version);
                return Ok(Program { path, version, took: began.elapsed() });
            }
            Err(Refusal::Dependency { package, error }) if is_memscope(&package) => Why::DoesNotCompile { error },
            Err(Refusal::Dependency { package, error }) => {
                Why::DoesNotCompile { error: format!("its dependency {package}: {error}") }
            }
            Err(Refusal::NoAdapter { report: missing } | Refusal::Package { error: missing }) => {
                Why::NoAdapter { missing }
            }
            Err(Refusal::Other { error }) => {
                return Err(BuildFailure::CargoFailed { name: subject.name.clone(), error, log });
            }
        };
        keep(Some(why.clone()))?;
        Err(BuildFailure::new(subject, why, log))
    }

    /// Asks cargo to build a subject in one way.
    fn attempt(
        &self,
        subject: &Found,
        sources: Option<&Sources>,
        attempt: Attempt,
        progress: &mut impl FnMut(&str),
    ) -> Result<Result<PathBuf, Refusal>, BuildFailure> {
        let copy = self.folder.join(&subject.key);
        self.write_manifest(&copy, &self.manifest(subject, &dependency(subject, sources, attempt))?)?;
        let environment: &[(&str, &str)] = if attempt.core_only { &[(CORE_ONLY, "1")] } else { &[] };
        self.cargo(&copy, environment).run(progress).map_err(|source| unwritable(&copy.join(LOG), source))
    }

    /// Builds in a copy of the package.
    fn cargo<'a>(&self, copy: &'a Path, environment: &'a [(&'a str, &'a str)]) -> Build<'a> {
        Build { package: copy, program: PROGRAM, target: self.folder.join("build"), environment, log: copy.join(LOG) }
    }

    /// Returns the usual time of a build here: the median of those that are known; `None` if none is.
    pub fn usual_build(&self) -> Option<Duration> {
        Self::usual_build_in(&self.folder)
    }

    /// The same for a workshop that is not open.
    pub fn usual_build_in(folder: &Path) -> Option<Duration> {
        let folders = fs::read_dir(folder).ok()?.flatten();
        let mut seconds: Vec<u64> = folders
            .filter_map(|folder| Some(Kept::in_folder(&folder.path())?.seconds))
            .filter(|&took| took > A_MOMENT)
            .collect();
        seconds.sort_unstable();
        seconds.get(seconds.len() / 2).copied().map(Duration::from_secs)
    }

    /// Returns whether a subject was built here or failed here before: asking again takes a moment.
    pub fn knows(&self, subject: &Found) -> bool {
        Kept::in_folder(&self.folder.join(&subject.key)).is_some()
    }

    /// Makes or refreshes the files of a copy that all subjects share.
    fn mirror_package(&self, copy: &Path) -> Result<(), BuildFailure> {
        let failed = |source| unwritable(copy, source);
        fs::create_dir_all(copy).map_err(failed)?;
        MIRRORED.iter().try_for_each(|part| mirror(&self.package.join(part), &copy.join(part))).map_err(failed)
    }

    /// The manifest of a subject's copy.
    fn manifest(&self, subject: &Found, dependency: &InlineTable) -> Result<String, BuildFailure> {
        let path = self.package.join("Cargo.toml");
        let failed = |source| unwritable(&path, source);
        let manifest = fs::read_to_string(&path).map_err(failed)?;
        with_subject(&manifest, &subject.key, dependency).map_err(|error| failed(io::Error::other(error)))
    }

    /// Writes the manifest and the lock file of a copy. What is the same already is not touched, so that cargo sees no change.
    fn write_manifest(&self, copy: &Path, manifest: &str) -> Result<(), BuildFailure> {
        let failed = |source| unwritable(copy, source);
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

    /// The sources of a subject that is not on crates.io; those of a commit are taken from its repository.
    fn sources(&self, subject: &Found) -> Result<Option<Sources>, BuildFailure> {
        let folder = match &subject.source {
            Source::Published(_) => return Ok(None),
            Source::Folder(folder) => folder.clone(),
            Source::Commit { repository, hash } => {
                let repository = Repository::at(repository)?;
                let sources = self.folder.join(SOURCES).join(&subject.key);
                if !sources.exists() {
                    // Whole or not at all: the folder takes its name when all is in it.
                    let failed = |source| unwritable(&sources, source);
                    let scratch = tempfile::tempdir_in(self.folder.join(SOURCES)).map_err(failed)?;
                    let files = scratch.path().join(PACKAGE);
                    let LeftOut { submodules, lost } = repository.export(hash, &files)?;
                    for submodule in submodules {
                        crate::platform::console::complain(format_args!(
                            "{}: the submodule {} is left empty",
                            subject.name,
                            submodule.display()
                        ));
                    }
                    for file in lost {
                        crate::platform::console::complain(format_args!(
                            "{}: the clone lacks {}, which is left out",
                            subject.name,
                            file.display()
                        ));
                    }
                    fs::rename(&files, &sources).map_err(failed)?;
                }
                repository.package_in(&sources)
            }
        };
        Sources::read(folder).map(Some).map_err(|why| BuildFailure::CargoFailed {
            name: subject.name.clone(),
            error: why,
            log: self.folder.join(&subject.key).join(LOG),
        })
    }
}

/// Sources of memscope in a folder.
struct Sources {
    folder: PathBuf,
    /// The package's name: it was not always memscope-rs.
    name: String,
    /// The version, if the manifest has it and not a workspace's.
    version: Option<String>,
    /// The features that are on by default, except the one that installs an allocator.
    defaults: Vec<String>,
}

impl Sources {
    fn read(folder: PathBuf) -> Result<Self, String> {
        let path = folder.join("Cargo.toml");
        let manifest = fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        let manifest: DocumentMut = manifest.parse().map_err(|error| format!("{}: {error}", path.display()))?;
        let text = |key: &str| manifest.get("package")?.get(key)?.as_str().map(str::to_owned);
        let (name, version) = (text("name").unwrap_or(PACKAGE.to_owned()), text("version"));
        let defaults = manifest.get("features").and_then(|features| features.get("default")?.as_array());
        let defaults = defaults.into_iter().flatten().filter_map(|feature| feature.as_str());
        let defaults = defaults.filter(|feature| *feature != OWN_ALLOCATOR).map(str::to_owned).collect();
        Ok(Self { folder, name, version, defaults })
    }
}

/// The dependency's line for a subject that is built in a way.
fn dependency(subject: &Found, sources: Option<&Sources>, attempt: Attempt) -> InlineTable {
    let mut dependency = InlineTable::new();
    let mut features = Vec::new();
    match (sources, &subject.source) {
        (Some(Sources { folder, name, defaults, .. }), _) => {
            dependency.insert("path", folder.display().to_string().into());
            if name != PACKAGE {
                dependency.insert("package", name.into());
            }
            if attempt.defaults {
                features.extend(defaults.iter().map(String::as_str));
            }
        }
        (None, Source::Published(version)) => {
            dependency.insert("version", format!("={version}").into());
        }
        (None, _) => {}
    }
    if let Source::Published(version) = &subject.source {
        features.extend(needed_feature(&version.to_string()));
    }
    dependency.insert("default-features", false.into());
    if !features.is_empty() {
        dependency.insert("features", Array::from_iter(features).into());
    }
    dependency
}

/// The package's manifest with another dependency on memscope-rs, and with nothing of what only tests and benches need. It is a
/// workspace of its own, whatever lies above it. The subject is in its version: copies share a target folder, in which
/// packages of one name and version in several places are one package to cargo, and the program can prove which it is.
fn with_subject(manifest: &str, key: &str, dependency: &InlineTable) -> Result<String, toml_edit::TomlError> {
    let mut manifest: DocumentMut = manifest.parse()?;
    let version = manifest["package"]["version"].as_str().unwrap_or("0.0.0").to_owned();
    manifest["package"]["version"] = value(format!("{version}+{}", stamp(key)));
    manifest["dependencies"][PACKAGE] = value(dependency.clone());
    manifest.insert("workspace", Table::new().into());
    for tests in ["bench", "dev-dependencies"] {
        manifest.remove(tests);
    }
    if let Some(programs) = manifest.get_mut("bin").and_then(toml_edit::Item::as_array_of_tables_mut) {
        programs.retain(|program| program.get("name").and_then(toml_edit::Item::as_str) == Some(PROGRAM));
    }
    Ok(manifest.to_string())
}

/// Returns the part of a version that names a subject: a version's build metadata has letters, digits, hyphens and dots.
pub fn stamp(key: &str) -> String {
    let allowed = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '.';
    key.chars().map(|letter| if allowed(letter) { letter } else { '-' }).collect()
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

fn unwritable(path: &Path, source: io::Error) -> BuildFailure {
    BuildFailure::Unwritable { path: path.to_owned(), source }
}

/// Why a subject was not built.
#[derive(Debug, thiserror::Error)]
pub enum BuildFailure {
    /// memscope itself does not compile, or something that it needs.
    #[error("{name} does not compile: {error}; see {}", log.display())]
    DoesNotCompile {
        /// The subject.
        name: String,
        /// The first error.
        error: String,
        /// What was printed.
        log: PathBuf,
    },
    /// memscope compiles, and its API is none that is known here.
    #[error("{name}: no adapter fits, memscope-rs itself compiles: {missing}; see {}", log.display())]
    NoAdapter {
        /// The subject.
        name: String,
        /// What is missing.
        missing: String,
        /// What was printed.
        log: PathBuf,
    },
    /// Cargo could not build it, and not because of its code.
    #[error("cargo cannot build {name}: {error}; see {}", log.display())]
    CargoFailed {
        /// The subject.
        name: String,
        /// What cargo printed first.
        error: String,
        /// What was printed.
        log: PathBuf,
    },
    /// The program that cargo built is another one than was asked for.
    #[error("{name} was not built: the program is of {found}, and should be of {wanted}")]
    AnotherProgram {
        /// The subject.
        name: String,
        /// What the program reports.
        found: String,
        /// What it should report.
        wanted: String,
    },
    /// The program was built, and its first probe failed.
    #[error("{name} was built, and its first probe {failure}")]
    DoesNotRun {
        /// The subject.
        name: String,
        /// How.
        failure: Failure,
    },
    /// The package that copies are made of is gone.
    #[error("the sources of memscope-bench are not where they were when it was built: {} is missing", .0.display())]
    NoPackage(PathBuf),
    /// The package was edited during the run.
    #[error(
        "the sources of memscope-bench in {} changed during this run, and its builds would differ by more than memscope-rs: \
         start again", .0.display()
    )]
    PackageChanged(PathBuf),
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
    Git(#[from] crate::builds::GitError),
}

impl BuildFailure {
    fn new(subject: &Found, why: Why, log: PathBuf) -> Self {
        let name = subject.name.clone();
        match why {
            Why::DoesNotCompile { error } => Self::DoesNotCompile { name, error, log },
            Why::NoAdapter { missing } => Self::NoAdapter { name, missing, log },
        }
    }

    /// Returns the outcome for a report: without the log, which is this machine's.
    pub fn outcome(&self) -> NotBuilt {
        let (outcome, why) = match self {
            Self::DoesNotCompile { name, error, .. } => {
                (BuildOutcome::DoesNotCompile, format!("{name} does not compile: {error}"))
            }
            Self::NoAdapter { name, missing, .. } => {
                (BuildOutcome::NoAdapter, format!("{name}: no adapter fits, memscope-rs itself compiles: {missing}"))
            }
            Self::CargoFailed { name, error, .. } => {
                (BuildOutcome::NotBuilt, format!("cargo cannot build {name}: {error}"))
            }
            other => (BuildOutcome::NotBuilt, other.to_string()),
        };
        NotBuilt { outcome, why }
    }

    /// Returns whether only this subject is concerned, so that others can still be built.
    pub fn is_of_the_subject(&self) -> bool {
        !matches!(self, Self::NoPackage(_) | Self::PackageChanged(_) | Self::Unwritable { .. })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_depends_on_the_subject_and_leaves_out_what_only_tests_need() {
        let manifest = include_str!("../../Cargo.toml");
        let mut dependency = InlineTable::new();
        dependency.insert("version", "=0.1.0".into());
        let changed = with_subject(manifest, "commit_a/b", &dependency).expect("a manifest");
        let theirs: Vec<&str> = changed.lines().filter(|line| !manifest.lines().any(|ours| ours == *line)).collect();
        let version = format!("version = \"{}+commit-a-b\"", env!("CARGO_PKG_VERSION").split('+').next().expect("one"));
        assert_eq!(theirs, [version.as_str(), "memscope-rs = { version = \"=0.1.0\" }"]);
        for gone in ["criterion = {", "memscope-bench-control", "[[bench]]"] {
            assert!(manifest.contains(gone) && !changed.contains(gone), "{gone}");
        }
    }

    #[test]
    fn former_names_and_default_features_are_read_from_the_sources() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let manifest = "[package]\nname = \"trace_tools\"\nversion = \"0.1.0\"\n[features]\ndefault = \
                        [\"tracking-allocator\", \"backtrace\"]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("a manifest");
        let sources = Sources::read(folder.path().to_owned()).expect("sources");
        assert_eq!(
            (sources.version.as_deref(), sources.defaults.as_slice()),
            (Some("0.1.0"), &["backtrace".to_owned()][..])
        );
        let source = Source::Folder(folder.path().to_owned());
        let found = Found { name: "x".to_owned(), about: None, key: "x".to_owned(), source };
        let line = |defaults| dependency(&found, Some(&sources), Attempt { defaults, core_only: false }).to_string();
        let wanted = ["package = \"trace_tools\"", "default-features = false"];
        assert!(wanted.iter().all(|part| line(false).contains(part)), "{}", line(false));
        assert!(
            !line(false).contains("backtrace") && line(true).contains("features = [\"backtrace\"]"),
            "{}",
            line(true)
        );
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
