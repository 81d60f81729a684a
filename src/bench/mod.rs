//! Runs the targets of `cargo bench`. It needs Criterion, a dependency of the feature `criterion`.

mod arguments;
mod groups;
mod live;
mod noise;
pub mod operations;
pub mod overhead;
mod ratio;
mod replay;

use crate::worker::launcher::Launcher;
use crate::worker::limits::Limits;
use std::env;
use std::io;
use std::path::{Path, PathBuf};

/// The package that a bench belongs to, and its programs.
#[derive(Clone, Debug)]
pub struct Package {
    /// The command that runs the bench: `cargo bench`.
    pub command: String,
    /// The package's folder.
    pub folder: PathBuf,
    /// The programs that run its probes.
    pub programs: Programs,
}

/// The programs of a bench.
#[derive(Clone, Debug)]
pub enum Programs {
    /// The bench itself, which contains the workloads of another crate.
    This,
    /// The programs of memscope-bench, which Cargo builds with the bench.
    Built {
        /// The program of all levels.
        program: PathBuf,
        /// The control.
        control: PathBuf,
    },
}

impl Programs {
    /// Returns the launcher of the program of all levels.
    ///
    /// # Errors
    /// If this program cannot be found.
    fn launcher(&self, limits: Limits) -> io::Result<Launcher> {
        match self {
            Self::This => Launcher::of_this_program(limits),
            Self::Built { program, .. } => Ok(Launcher::new(program.clone(), limits)),
        }
    }

    /// Returns the launcher of the control, if there is one.
    fn control(&self, limits: Limits) -> Option<Launcher> {
        match self {
            Self::This => None,
            Self::Built { control, .. } => Some(Launcher::new(control.clone(), limits)),
        }
    }
}

impl Package {
    /// Returns the folder for a complete run's results, in the package that Cargo is benching.
    pub fn results_folder(&self) -> PathBuf {
        let package = env::var_os("CARGO_MANIFEST_DIR");
        package.as_deref().map_or(self.folder.as_path(), Path::new).join("results")
    }
}
