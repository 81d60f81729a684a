//! The program of another crate's tracker, built in the build cache: the crate's target called `tracker`, with
//! memscope-bench as a worker.
//!
//! Nothing is written to the crate's folder. The manifest in the cache names the crate and memscope-bench by absolute
//! paths, as for another crate's workloads.

use crate::builds::BuildError;
use crate::builds::attempts::LOG;
use crate::builds::cache::{BuildCache, TARGET};
use crate::builds::cargo::{CargoBuild, CargoFailure};
use crate::builds::copy::write_package;
use crate::builds::own::{OwnCrate, OwnPackage};
use crate::builds::package::crates_of;
use crate::platform::environment::WORKSPACE;
use crate::platform::files;
use crate::platform::scratch::{HIDDEN, Scratch};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// The target that makes a tracker's program.
const TARGET_NAME: &str = "tracker";
/// The folder within the cache for the packages of trackers.
const TRACKERS: &str = "trackers";
/// The package of the same program without a tracker, and its name.
const PLAIN: &str = "plain";
/// The source of the program without a tracker, in memscope-bench's folder.
const PLAIN_SOURCE: &str = "src/bin/worker.rs";

/// A tracker's program that was built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BuiltTracker {
    /// Its path.
    pub program: PathBuf,
    /// The number of crates of the tracker's crate and its dependencies; `None` if its crate has no library.
    pub crates: Option<u64>,
    /// The duration of a clean build of these crates; `None` if its crate has no library.
    pub compiling: Option<Duration>,
    /// The size of the program, in bytes.
    pub bytes: u64,
    /// The size of the same program without the tracker, in bytes.
    pub plain_bytes: u64,
}

/// The reason why a tracker's program was not built.
#[derive(Debug, thiserror::Error)]
pub enum TrackerError {
    /// There is no crate.
    #[error("{0} is not the folder of a crate with a target called `tracker`: it has no Cargo.toml")]
    NoCrate(String),
    /// It does not compile.
    #[error("the tracker in {folder} was not built: {error}; see {}", log.display())]
    NotBuilt {
        /// Its folder.
        folder: String,
        /// The first error.
        error: String,
        /// The file with cargo's output.
        log: PathBuf,
    },
    /// The build cache or the crate cannot be read.
    #[error(transparent)]
    Build(#[from] BuildError),
}

impl BuildCache {
    /// Builds the program of a tracker, and the same program without it. `progress` receives each line of cargo's
    /// output.
    ///
    /// # Errors
    /// If it does not compile; the log's path is in the error.
    pub(crate) fn tracker(&self, folder: &Path, mut progress: impl FnMut(&str)) -> Result<BuiltTracker, TrackerError> {
        let named = folder.display().to_string();
        let folder = fs::canonicalize(folder).map_err(|_| TrackerError::NoCrate(named.clone()))?;
        if !folder.join("Cargo.toml").is_file() {
            return Err(TrackerError::NoCrate(named));
        }
        let own = OwnPackage::read(&OwnCrate { folder, target: TARGET_NAME.to_owned() })?;
        // A new crate has no lock file yet, and many libraries ignore theirs.
        let lock = if own.lock.is_file() { &own.lock } else { &self.package.join("Cargo.lock") };
        let place = self.folder.join(TRACKERS).join(&own.key);
        let manifest = own.manifest(&self.package, &own.key)?;
        let workspace = place.display().to_string();
        let builder = Builder { cache: self, named: &named, environment: [(WORKSPACE, &workspace)] };
        let program = builder.program(&place, &manifest, lock, &own.program, &mut progress)?;

        // With the same versions of all dependencies, only this program is compiled.
        let manifest = self.plain_manifest();
        let without = builder.program(&place.join(PLAIN), &manifest, lock, PLAIN, &mut progress)?;

        let library = own.package["name"].as_str().unwrap_or_default();
        let crates = crates_of(&place, library);
        let compiling = match crates {
            Some(_) => Some(builder.compiling(&place, &own.program, library, &mut progress)?),
            None => None,
        };
        let size = |program: &Path| {
            fs::metadata(program).map(|about| about.len()).map_err(BuildError::at(program)).map_err(TrackerError::from)
        };
        Ok(BuiltTracker { crates, compiling, bytes: size(&program)?, plain_bytes: size(&without)?, program })
    }

    /// Returns the manifest of the program without a tracker.
    fn plain_manifest(&self) -> String {
        let mut manifest = toml_edit::DocumentMut::new();
        let package = self.package.display().to_string();
        let mut set = |keys: [&str; 2], value: toml_edit::Value| {
            manifest.entry(keys[0]).or_insert_with(toml_edit::table)[keys[1]] = toml_edit::value(value);
        };
        set(["package", "name"], format!("memscope-bench-{PLAIN}").into());
        set(["package", "version"], "0.0.0".into());
        set(["package", "edition"], "2024".into());
        let mut dependency = toml_edit::InlineTable::new();
        dependency.insert("path", package.into());
        dependency.insert("default-features", false.into());
        set(["dependencies", "memscope-bench"], dependency.into());
        let mut program = toml_edit::Table::new();
        program.insert("name", toml_edit::value(PLAIN));
        program.insert("path", toml_edit::value(self.package.join(PLAIN_SOURCE).display().to_string()));
        let mut programs = toml_edit::ArrayOfTables::new();
        programs.push(program);
        manifest.insert("bin", toml_edit::Item::ArrayOfTables(programs));
        manifest.insert("workspace", toml_edit::table());
        manifest.to_string()
    }
}

/// The builds of one tracker.
struct Builder<'a> {
    cache: &'a BuildCache,
    /// The name of its crate's folder in errors.
    named: &'a str,
    /// The variables of cargo: the program without the tracker has the same memscope, so it shares what is compiled.
    environment: [(&'a str, &'a str); 1],
}

impl Builder<'_> {
    /// Builds a program in a folder of the cache, and returns its final path.
    fn program(
        &self,
        place: &Path,
        manifest: &str,
        lock: &Path,
        program: &str,
        progress: &mut dyn FnMut(&str),
    ) -> Result<PathBuf, TrackerError> {
        let failed = BuildError::at(place);
        fs::create_dir_all(place).map_err(&failed)?;
        write_package(place, manifest, lock).map_err(&failed)?;
        let target = self.cache.folder.join(TARGET);
        let cargo = self.cargo(place, program, &target);
        let built = cargo.run(progress).map_err(&failed)?;
        let built = built.map_err(|failure| not_built(self.named, &failure, &cargo.log))?;
        // All trackers build a program of the same name in the same place.
        let path = place.join(program);
        files::copy_program(&built, &path).map_err(BuildError::at(&path))?;
        Ok(path)
    }

    /// Returns the duration of a clean build of the tracker's library and its dependencies.
    fn compiling(
        &self,
        place: &Path,
        program: &str,
        library: &str,
        progress: &mut dyn FnMut(&str),
    ) -> Result<Duration, TrackerError> {
        let failed = BuildError::at(&self.cache.folder);
        let empty = Scratch::within(&self.cache.folder, HIDDEN).map_err(&failed)?;
        let cargo = self.cargo(place, program, empty.path());
        let cargo = CargoBuild { log: place.join("library.log"), ..cargo };
        let began = Instant::now();
        let built = cargo.run_for_dependency(library, progress).map_err(&failed)?;
        built.map_err(|failure| not_built(self.named, &failure, &cargo.log))?;
        Ok(began.elapsed())
    }

    fn cargo<'b>(&'b self, place: &'b Path, program: &'b str, target: &'b Path) -> CargoBuild<'b> {
        let (adapter, environment) = (&self.cache.package, &self.environment);
        CargoBuild { package: place, adapter, program, target, environment, log: place.join(LOG) }
    }
}

fn not_built(folder: &str, failure: &CargoFailure, log: &Path) -> TrackerError {
    let error = match failure {
        CargoFailure::Dependency { package, error } => format!("{package} does not compile: {error}"),
        other => other.error().to_owned(),
    };
    TrackerError::NotBuilt { folder: folder.to_owned(), error, log: log.to_owned() }
}
