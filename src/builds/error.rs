//! The errors of a build.

use crate::builds::ResolvedBuild;
use crate::builds::outcome::{BuildOutcome, NotBuilt};
use crate::builds::record::KnownFailure;
use crate::platform::git::GitError;
use crate::worker::failure::Failure;
use std::io;
use std::path::{Path, PathBuf};

/// The reason why a build failed.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// memscope or one of its dependencies does not compile.
    #[error("{name} does not compile: {error}; see {}", log.display())]
    DoesNotCompile {
        /// The build.
        name: String,
        /// The compiler's first error.
        error: String,
        /// The file with cargo's output.
        log: PathBuf,
    },
    /// memscope compiles, but no adapter fits its API.
    #[error("{name}: no adapter fits, memscope-rs itself compiles: {missing}; see {}", log.display())]
    NoAdapter {
        /// The build.
        name: String,
        /// The missing items.
        missing: String,
        /// The file with cargo's output.
        log: PathBuf,
    },
    /// Cargo failed before or after compiling.
    #[error("cargo cannot build {name}: {error}; see {}", log.display())]
    CargoFailed {
        /// The build.
        name: String,
        /// Cargo's first error.
        error: String,
        /// The file with cargo's output.
        log: PathBuf,
    },
    /// The machine lacks something, such as space on a disk, so that no other build can succeed either.
    #[error("cannot build {name} in {}: {error}; see {}", target.display(), log.display())]
    System {
        /// The build.
        name: String,
        /// The folder for cargo's artifacts.
        target: PathBuf,
        /// The first error, with the shortage.
        error: String,
        /// The file with cargo's output.
        log: PathBuf,
    },
    /// The built program is not the requested one.
    #[error("{name} was not built: the program is of {found} instead of {wanted}")]
    AnotherProgram {
        /// The build.
        name: String,
        /// The program's own report.
        found: String,
        /// The report that was expected.
        wanted: String,
    },
    /// The program was built, and its first probe failed.
    #[error("{name} was built, but its first probe {failure}")]
    DoesNotRun {
        /// The build.
        name: String,
        /// The failure.
        failure: Failure,
    },
    /// This package's sources are gone.
    #[error(
        "the sources of memscope-bench, which every build is compiled from, have moved since it was built: {} is \
         missing; build or install it again", .0.display()
    )]
    NoPackage(PathBuf),
    /// This package was edited during the run.
    #[error(
        "the sources of memscope-bench in {} changed during this run, so its builds would differ by more than \
         memscope-rs: start again", .0.display()
    )]
    PackageChanged(PathBuf),
    /// The folder of a build was edited while it was built.
    #[error("{0} changed while it was built, so its links would be of several builds: start again")]
    FolderChanged(String),
    /// This package's sources are not those that this program was built from.
    #[error(
        "the sources of memscope-bench in {} are not those that this program was built from, so it would measure with \
         another harness than its own: build or install it again", .0.display()
    )]
    OtherSources(PathBuf),
    /// A path that a generated manifest must name.
    #[error(transparent)]
    NotText(#[from] NotText),
    /// The build cache could not be written to, or cargo could not be started.
    #[error("cannot work in {}: {source}", path.display())]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// A revision could not be read.
    #[error(transparent)]
    Git(#[from] GitError),
}

/// A path that a generated manifest must name, and cannot.
#[derive(Debug, thiserror::Error)]
#[error("the path {} is not UTF-8, as a Cargo.toml must be: use another folder", .0.display())]
pub struct NotText(pub PathBuf);

impl BuildError {
    /// Returns the error of a failure, from this run or an earlier one.
    pub(super) fn known(build: &ResolvedBuild, failure: KnownFailure, log: PathBuf) -> Self {
        let name = build.name.clone();
        match failure {
            KnownFailure::DoesNotCompile { error } => Self::DoesNotCompile { name, error, log },
            KnownFailure::NoAdapter { missing } => Self::NoAdapter { name, missing, log },
        }
    }

    /// Returns a function that adds a path to an error of the system.
    pub(super) fn at(path: &Path) -> impl Fn(io::Error) -> Self {
        move |source| Self::Unwritable { path: path.to_owned(), source }
    }

    /// Returns the outcome for a report, without the log's path, which is meaningless on another machine.
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

    /// Returns whether the error concerns one build, so that others can still be built. A full disk, for example, is
    /// not a property of a commit.
    pub fn is_of_one_build(&self) -> bool {
        match self {
            Self::NoPackage(_)
            | Self::PackageChanged(_)
            | Self::FolderChanged(_)
            | Self::OtherSources(_)
            | Self::Unwritable { .. }
            | Self::System { .. } => false,
            Self::Git(error) => !matches!(error, GitError::Unwritable { .. } | GitError::NoGit(_)),
            Self::DoesNotRun { failure, .. } => !matches!(failure, Failure::Prevented { .. }),
            Self::DoesNotCompile { .. }
            | Self::NotText(_)
            | Self::NoAdapter { .. }
            | Self::CargoFailed { .. }
            | Self::AnotherProgram { .. } => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_lacks_is_not_of_one_build() {
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        let (name, log) = (|| "c1".to_owned(), || PathBuf::from("build.log"));
        let of_all = [
            BuildError::at(Path::new("cache"))(full()),
            BuildError::FolderChanged(name()),
            BuildError::System { name: name(), target: "build".into(), error: full().to_string(), log: log() },
            GitError::Unwritable { folder: "sources".into(), source: full() }.into(),
            GitError::NoGit(full()).into(),
            BuildError::DoesNotRun { name: name(), failure: Failure::Prevented { why: full().to_string() } },
        ];
        assert!(of_all.iter().all(|error| !error.is_of_one_build()), "{of_all:?}");
        let of_one = [
            BuildError::CargoFailed { name: name(), error: "no such package".to_owned(), log: log() },
            GitError::MissingObject { repository: "m".into(), object: "0123".to_owned() }.into(),
            BuildError::DoesNotRun { name: name(), failure: Failure::TimedOut { seconds: 10 } },
        ];
        assert!(of_one.iter().all(BuildError::is_of_one_build), "{of_one:?}");
    }
}
