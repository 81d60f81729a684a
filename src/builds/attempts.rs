//! The attempts to compile one build in several ways, in sequence.

use crate::builds::cargo::{CargoBuild, CargoFailure};
use crate::builds::copy::PackageCopy;
use crate::builds::record::{Attempt, KnownFailure};
use crate::builds::sources::Sources;
use crate::builds::{BuildError, PACKAGE, is_memscope};
use crate::platform::environment::CORE_ONLY;
use std::path::{Path, PathBuf};

/// The file with cargo's output.
pub(super) const LOG: &str = "build.log";
/// The file with cargo's output of the last shuffled link.
const LINK_LOG: &str = "link.log";

/// The attempts to compile one copy of the package.
pub(super) struct Attempts<'a> {
    /// The copy.
    pub copy: &'a PackageCopy<'a>,
    /// The sources, if they are not on crates.io.
    pub sources: Option<&'a Sources>,
    /// The folder for cargo's artifacts.
    pub target: &'a Path,
    /// Receives each line of cargo's output.
    pub progress: &'a mut dyn FnMut(&str),
}

/// The last attempt: its way, and its program or relevant failure.
pub(super) struct Attempted {
    pub attempt: Attempt,
    pub program: Result<PathBuf, KnownFailure>,
}

impl Attempts<'_> {
    /// Compiles the copy, beginning with the way that succeeded before, or with the plain way.
    ///
    /// If memscope does not compile without its default features, the next attempt has all of them except the one
    /// that installs an allocator. If the adapter does not compile with memscope, the next attempt has only the part
    /// of the adapter that overheads need.
    ///
    /// # Errors
    /// If cargo cannot be started, or fails for a reason other than the code; the log has details.
    pub(super) fn run(&mut self, mut attempt: Attempt) -> Result<Attempted, BuildError> {
        let has_defaults = self.sources.is_some_and(|sources| !sources.defaults.is_empty());
        let mut built = self.compile(attempt)?;
        if matches!(built, Err(CargoFailure::Dependency { .. })) && !attempt.defaults && has_defaults {
            let with_defaults = Attempt { defaults: true, ..attempt };
            match (self.compile(with_defaults)?, &built) {
                // If that does not compile either, the first error is the relevant one.
                (Err(CargoFailure::Dependency { .. }), _) => {}
                // Whether it compiles is then not known.
                (Err(CargoFailure::Other { error }), Err(first)) => {
                    let error = format!("{}; with its default features: {error}", first.error());
                    built = Err(CargoFailure::Other { error });
                }
                (other, _) => (attempt, built) = (with_defaults, other),
            }
        }
        if let Err(CargoFailure::Package { error: missing }) = &built
            && !attempt.core_only
        {
            let core_only = Attempt { core_only: true, ..attempt };
            match self.compile(core_only)? {
                Err(failure @ CargoFailure::Other { .. }) => built = Err(failure),
                Err(_) => built = Err(CargoFailure::NoAdapter { report: missing.clone() }),
                other => (attempt, built) = (core_only, other),
            }
        }
        if matches!(built, Err(CargoFailure::NoAdapter { .. }))
            && let Err(failure) = self.compile_dependency()?
        {
            // The build script reads the source before the compiler does.
            built = Err(failure);
        }
        let program = match built {
            Ok(program) => Ok(program),
            Err(CargoFailure::Dependency { package, error }) if is_memscope(&package) => {
                Err(KnownFailure::DoesNotCompile { error })
            }
            Err(CargoFailure::Dependency { package, error }) => {
                Err(KnownFailure::DoesNotCompile { error: format!("its dependency {package}: {error}") })
            }
            Err(CargoFailure::NoAdapter { report: missing } | CargoFailure::Package { error: missing }) => {
                Err(KnownFailure::NoAdapter { missing })
            }
            Err(CargoFailure::Other { error } | CargoFailure::System { error }) => {
                let name = self.copy.build.name.clone();
                return Err(BuildError::CargoFailed { name, error, log: self.copy.place().join(LOG) });
            }
        };
        Ok(Attempted { attempt, program })
    }

    /// Compiles the program in one way.
    fn compile(&mut self, attempt: Attempt) -> Result<Result<PathBuf, CargoFailure>, BuildError> {
        self.copy.write_manifest(&self.copy.manifest(self.sources, attempt)?)?;
        let place = self.copy.place();
        let cargo = cargo(self.copy, &place, self.target, environment(attempt));
        let built = cargo.run(&mut *self.progress).map_err(BuildError::at(&cargo.log))?;
        self.unless_stopped(built, cargo.log)
    }

    /// Links the program of a successful attempt with its functions in the order of a seed.
    pub(super) fn link(&mut self, attempt: Attempt, seed: u32) -> Result<Result<PathBuf, CargoFailure>, BuildError> {
        let place = self.copy.place();
        let cargo = cargo(self.copy, &place, self.target, environment(attempt));
        let cargo = CargoBuild { log: place.join(LINK_LOG), ..cargo };
        let linked = cargo.run_shuffled(seed, &mut *self.progress).map_err(BuildError::at(&cargo.log))?;
        self.unless_stopped(linked, cargo.log)
    }

    /// Compiles only memscope.
    fn compile_dependency(&mut self) -> Result<Result<(), CargoFailure>, BuildError> {
        let package = self.sources.map_or(PACKAGE, |sources| &sources.name);
        let place = self.copy.place();
        let cargo = cargo(self.copy, &place, self.target, &[]);
        let built = cargo.run_for_dependency(package, &mut *self.progress).map_err(BuildError::at(&cargo.log))?;
        self.unless_stopped(built, cargo.log)
    }

    /// Returns what cargo did.
    ///
    /// # Errors
    /// If the machine lacks something, which ends the run.
    fn unless_stopped<T>(
        &self,
        built: Result<T, CargoFailure>,
        log: PathBuf,
    ) -> Result<Result<T, CargoFailure>, BuildError> {
        match built {
            Err(CargoFailure::System { error }) => {
                let (name, target) = (self.copy.build.name.clone(), self.target.to_owned());
                Err(BuildError::System { name, target, error, log })
            }
            built => Ok(built),
        }
    }
}

/// Returns the variables of an attempt.
const fn environment(attempt: Attempt) -> &'static [(&'static str, &'static str)] {
    if attempt.core_only { &[(CORE_ONLY, "1")] } else { &[] }
}

/// Returns the run of cargo for a copy, whose program is built in the folder `place`.
fn cargo<'a>(
    copy: &'a PackageCopy,
    place: &'a Path,
    target: &'a Path,
    environment: &'a [(&'a str, &'a str)],
) -> CargoBuild<'a> {
    let (adapter, program) = (copy.folder.as_path(), copy.program());
    CargoBuild { package: place, adapter, program, target, environment, log: place.join(LOG) }
}
