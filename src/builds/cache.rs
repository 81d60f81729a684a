//! The build cache: a folder under `target/` with a copy of this package for each build of memscope.
//!
//! All copies share one folder for cargo's artifacts, so their common dependencies are compiled once. Cargo runs for
//! each build in each run, because it knows best what a changed compiler, flag or source affects. Nothing is written
//! outside of the build cache.

use crate::builds::attempts::{Attempted, Attempts, LOG};
use crate::builds::cargo::CargoFailure;
use crate::builds::content::{self, PARTS};
use crate::builds::copy::{MIRRORED, PROGRAM, PackageCopy};
use crate::builds::links::KeptLinks;
use crate::builds::own::OwnPackage;
use crate::builds::record::{Attempt, BuildRecord, configuration, fingerprint};
use crate::builds::sources::Sources;
use crate::builds::spec::without_features;
use crate::builds::{BuildError, ResolvedBuild, Source, path_text};
use crate::platform::{console, files, scratch};
use crate::worker::program;
use std::fs::{self, File, TryLockError};
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The folder within the cache for the sources of revisions.
const SOURCES: &str = "sources";
/// The folder within the cache for cargo's artifacts.
pub(super) const TARGET: &str = "build";
/// The minimum duration of a build that counts for the usual duration, in seconds; faster builds found most of it
/// built.
const MIN_SECONDS: u64 = 6;

/// The folder of prepared and finished builds. While it is open, no other process builds in it.
#[derive(Debug)]
pub(crate) struct BuildCache {
    pub(super) folder: PathBuf,
    /// The package's own folder, which is copied.
    pub(super) package: PathBuf,
    /// The package of another crate's bench, if this program is one.
    own: Option<OwnPackage>,
    _lock: File,
}

/// Returns whether cargo unpacked a package's folder: the folder then also contains the author's manifest.
fn is_from_registry(package: &Path) -> bool {
    package.join("Cargo.toml.orig").exists()
}

/// Returns the user's folder for files that programs can recreate.
fn users_cache() -> Option<PathBuf> {
    let named = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(".cache")))
}

/// A program that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuiltProgram {
    /// Its path.
    pub path: PathBuf,
    /// A hash of its content.
    pub fingerprint: String,
    /// Its links with its functions in other orders, one for each seed, or the reason why there are none.
    pub links: Result<Vec<PathBuf>, String>,
    /// The expected version of memscope, if it is known without running the program.
    pub version: Option<String>,
    /// The duration of the build.
    pub took: Duration,
}

impl BuildCache {
    /// Opens a build cache, and creates its folder if needed. Waits if another process has it open.
    ///
    /// # Errors
    /// If the folder cannot be written to, or its path is not UTF-8; if the package's sources have moved or changed
    /// since this program was built.
    pub(crate) fn open(folder: &Path) -> Result<Self, BuildError> {
        let package = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        if let Some(missing) = PARTS.iter().map(|part| package.join(part)).find(|part| !part.exists()) {
            return Err(BuildError::NoPackage(missing));
        }
        let failed = |error| BuildError::at(folder)(with_remedy(error));
        // All builds of a run must have the same harness: a bisection that builds as it goes must not mix two.
        static FIRST: OnceLock<String> = OnceLock::new();
        let content = content::stamp(&package).map_err(BuildError::at(&package))?;
        let now = fingerprint(&package, &[], &content).map_err(BuildError::at(&package))?;
        if *FIRST.get_or_init(|| now.clone()) != now {
            return Err(BuildError::PackageChanged(package));
        }
        check_content(&package, &content, built_from())?;
        fs::create_dir_all(folder.join(SOURCES)).map_err(failed)?;
        let folder = fs::canonicalize(folder).map_err(failed)?;
        // Generated manifests have paths in it.
        path_text(&folder)?;
        let lock = File::create(folder.join(".lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                console::complain(format_args!("waiting for another run that builds in {}", folder.display()));
                lock.lock().map_err(failed)?;
            }
            // Some network file systems have no locks. Cargo continues without them too.
            Err(TryLockError::Error(error)) => console::complain(format_args!(
                "{} cannot be locked ({error}): do not build in it from another run meanwhile",
                folder.display()
            )),
        }
        for place in [folder.clone(), folder.join(SOURCES)] {
            scratch::remove_leftovers(&place);
        }
        Ok(Self { folder, package, own: OwnPackage::of_this_program()?, _lock: lock })
    }

    /// Returns the default folder: `target/memscope-builds` of a clone. The folder of a package from crates.io belongs
    /// to cargo, so its builds are in the user's cache.
    pub(crate) fn default_folder() -> PathBuf {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        match users_cache().filter(|_| is_from_registry(package)) {
            Some(cache) => cache.join("memscope-bench/builds"),
            None => package.join("target/memscope-builds"),
        }
    }

    /// Compiles the program with a build of memscope, and links it with its functions in the orders of seeds. An
    /// unchanged build is fast, and so is one that is known not to compile. `progress` receives each line of cargo's
    /// output.
    ///
    /// The links follow at once: cargo's artifacts are still those of this build, so only the program's own crate is
    /// compiled again.
    ///
    /// # Errors
    /// If it does not compile; the log's path is in the error.
    pub(crate) fn build(
        &self,
        build: &ResolvedBuild,
        seeds: Range<u32>,
        mut progress: impl FnMut(&str),
    ) -> Result<BuiltProgram, BuildError> {
        let began = Instant::now();
        let content = content_of(&build.source)?;
        let copy = self.copy(build);
        let place = copy.place();
        let failed = BuildError::at(&place);
        let log = place.join(LOG);
        let sources = Sources::of(build, &self.folder.join(SOURCES))?.map_err(|error| BuildError::CargoFailed {
            name: build.name.clone(),
            error,
            log: log.clone(),
        })?;
        copy.mirror()?;
        let plain = copy.manifest(sources.as_ref(), Attempt::default())?;
        let lock = self.package.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(BuildError::at(&lock))?;
        let settings = plain + &configuration(&place) + &lock;
        let fingerprint = fingerprint(&copy.folder, &MIRRORED, &settings).map_err(&failed)?;
        // The content of a folder or another crate may change at any time.
        let keeps = !matches!(build.source, Source::Folder(_)) && self.own.is_none();
        let known = BuildRecord::read(&place).filter(|record| keeps && record.fingerprint == fingerprint);
        if let Some(BuildRecord { failure: Some(failure), .. }) = known {
            return Err(BuildError::known(build, failure, log));
        }

        let first = known.map(|record| record.attempt).unwrap_or_default();
        let target = &self.folder.join(TARGET);
        let mut attempts = Attempts { copy: &copy, sources: sources.as_ref(), target, progress: &mut progress };
        let Attempted { attempt, program } = attempts.run(first)?;
        let seconds = began.elapsed().as_secs();
        let keep = |failure| {
            let record = BuildRecord { fingerprint, seconds, attempt, failure };
            if keeps { record.write(&place).map_err(&failed) } else { Ok(()) }
        };
        let program = match program {
            Ok(program) => program,
            Err(failure) => {
                if failure.is_of_a_source() {
                    keep(Some(failure.clone()))?;
                }
                return Err(BuildError::known(build, failure, log));
            }
        };
        // All copies build a program of the same name in the same place.
        let path = place.join(PROGRAM);
        files::copy_program(&program, &path).map_err(BuildError::at(&path))?;
        if seconds >= MIN_SECONDS {
            keep(None)?;
        }
        let fingerprint = program::fingerprint(&path).map_err(BuildError::at(&path))?;
        let links = if seeds.is_empty() {
            Ok(Ok(Vec::new()))
        } else {
            let kept = KeptLinks::of(&path, &fingerprint).map_err(BuildError::at(&path))?;
            linked(kept, seeds, |seed| attempts.link(attempt, seed))
                .map(|links| links.map_err(|failure| failure.error().to_owned()))
        };
        if content_of(&build.source)? != content {
            // Some may be of the earlier content, and some of the later one.
            KeptLinks::remove(&path).map_err(BuildError::at(&path))?;
            return Err(BuildError::FolderChanged(build.name.clone()));
        }
        let links = links?;
        let version = match (&sources, &build.source) {
            (Some(sources), _) => sources.version.clone(),
            (None, Source::Published(version)) => Some(without_features(version).to_string()),
            (None, _) => None,
        };
        Ok(BuiltProgram { path, fingerprint, links, version, took: began.elapsed() })
    }

    /// Returns the copy of the package for a build.
    fn copy<'a>(&'a self, build: &'a ResolvedBuild) -> PackageCopy<'a> {
        let folder = self.folder.join(&build.key);
        PackageCopy { package: &self.package, folder, build, own: self.own.as_ref() }
    }

    /// Returns the median duration of the builds in a cache's folder; `None` if there are none.
    pub(crate) fn usual_build(folder: &Path) -> Option<Duration> {
        let folders = fs::read_dir(folder).ok()?.flatten();
        let records = folders.filter_map(|folder| BuildRecord::read(&folder.path()));
        let mut seconds: Vec<u64> = records.map(|record| record.seconds).filter(|&took| took >= MIN_SECONDS).collect();
        seconds.sort_unstable();
        seconds.get(seconds.len() / 2).copied().map(Duration::from_secs)
    }

    /// Returns whether a build succeeded or failed here before, so that it is fast.
    pub(crate) fn has(&self, build: &ResolvedBuild) -> bool {
        BuildRecord::read(&self.copy(build).place()).is_some()
    }
}

/// Returns a hash of the files that a folder's build is compiled from, in their usual places; `None` for a source that
/// does not change.
fn content_of(source: &Source) -> Result<Option<u64>, BuildError> {
    let Source::Folder(folder) = source else { return Ok(None) };
    let mut hasher = DefaultHasher::new();
    for part in ["Cargo.toml", "build.rs", "src"].map(|part| folder.join(part)) {
        if part.exists() {
            content::hash(&part, &mut hasher).map_err(BuildError::at(&part))?;
        }
    }
    Ok(Some(hasher.finish()))
}

/// Adds what helps to the error of a folder that belongs to another user, or to a file system that is read-only.
fn with_remedy(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            io::Error::new(error.kind(), format!("{error}; name another folder with --build-cache"))
        }
        _ => error,
    }
}

/// Returns the stamp of the package's content by the build script of this program; `None` if it is unknown.
fn built_from() -> Option<&'static str> {
    // Clones may share a folder of artifacts. Cargo may then take the output of another one's build script for that of
    // this one.
    let is_of_here = option_env!("PACKAGE_FOLDER") == Some(env!("CARGO_MANIFEST_DIR"));
    option_env!("PACKAGE_CONTENT").filter(|_| is_of_here)
}

/// Checks that the package's content is the one that this program was built from, by the stamp of its build script.
/// Otherwise the program would measure workers of another harness than its own.
///
/// # Errors
/// If it is not.
fn check_content(package: &Path, now: &str, stamp: Option<&str>) -> Result<(), BuildError> {
    let is_it = stamp.is_none_or(|stamp| stamp == now);
    if is_it { Ok(()) } else { Err(BuildError::OtherSources(package.to_owned())) }
}

/// Returns the links in the orders of seeds, after making the missing ones. The inner error is the reason why the
/// program cannot be linked in another order.
fn linked(
    mut kept: KeptLinks,
    seeds: Range<u32>,
    mut make: impl FnMut(u32) -> Result<Result<PathBuf, CargoFailure>, BuildError>,
) -> Result<Result<Vec<PathBuf>, CargoFailure>, BuildError> {
    let mut links = Vec::with_capacity(seeds.len());
    for seed in seeds {
        let link = match kept.find(seed) {
            Some(link) => link,
            None => match make(seed)? {
                Err(failure) => return Ok(Err(failure)),
                Ok(made) => {
                    let failed = BuildError::at(&made);
                    if kept.is_usual(&made).map_err(&failed)? {
                        let error = "the linker leaves them in their usual order".to_owned();
                        return Ok(Err(CargoFailure::Other { error }));
                    }
                    kept.keep(seed, &made).map_err(&failed)?
                }
            },
        };
        links.push(link);
    }
    Ok(Ok(links))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn builds_are_kept_in_a_clone_and_not_in_a_package_that_cargo_unpacked() {
        assert!(!is_from_registry(Path::new(env!("CARGO_MANIFEST_DIR"))));
        let folder = tempfile::tempdir().expect("a temporary folder");
        fs::write(folder.path().join("Cargo.toml.orig"), "").expect("a file");
        assert!(is_from_registry(folder.path()));
    }

    #[test]
    fn a_program_does_not_build_from_other_sources_than_its_own() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let package = folder.path();
        for part in PARTS {
            match part {
                "build" | "src" => fs::create_dir(package.join(part)).expect("a folder"),
                _ => fs::write(package.join(part), "1").expect("a file"),
            }
        }
        fs::write(package.join("src/lib.rs"), "1").expect("a file");
        let stamp = content::stamp(package).expect("it can be read");
        let now = |package: &Path| content::stamp(package).expect("it can be read");
        let check = || check_content(package, &now(package), Some(&stamp)).map_err(|error| error.to_string());
        assert_eq!(check(), Ok(()));
        fs::write(package.join("README.md"), "1").expect("a file");
        assert_eq!(check(), Ok(()), "nothing is compiled from it");
        for part in ["Cargo.lock", "src/lib.rs"] {
            fs::write(package.join(part), "2").expect("a file");
            let why = check().expect_err("it is refused");
            assert!(why.contains(&package.display().to_string()) && why.contains("install it again"), "{why}");
            fs::write(package.join(part), "1").expect("a file");
        }
        assert_eq!(check(), Ok(()));
        // This program is built from the package as it is.
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(check_content(package, &now(package), built_from()).is_ok());
        assert!(check_content(package, &now(package), None).is_ok(), "it is unknown");
    }

    #[test]
    fn a_folder_s_content_is_what_its_build_is_compiled_from() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
        fs::create_dir(folder.path().join("src")).expect("a folder");
        put("Cargo.toml", "");
        put("src/lib.rs", "1");
        let content = || content_of(&Source::Folder(folder.path().to_owned())).expect("it can be read");
        let before = content();
        put("README.md", "1");
        put("src/.lib.rs.swp", "1");
        assert_eq!(content(), before, "nothing is compiled from these");
        put("src/lib.rs", "2");
        assert_ne!(content(), before);
        let published = Source::Published("0.2.5".parse().expect("a version"));
        assert_eq!(content_of(&published).expect("nothing is read"), None);
    }

    #[test]
    fn a_folder_of_another_user_is_refused_with_a_remedy() {
        let said = |kind: io::ErrorKind| with_remedy(kind.into()).to_string();
        assert!(said(io::ErrorKind::PermissionDenied).ends_with("; name another folder with --build-cache"));
        assert!(said(io::ErrorKind::ReadOnlyFilesystem).ends_with("; name another folder with --build-cache"));
        assert!(!said(io::ErrorKind::StorageFull).contains("--build-cache"), "another folder may be on the same disk");
    }
}
