//! Runs the targets of `cargo bench`. It needs Criterion, a dependency of the feature `criterion`.

pub mod arguments;
mod groups;
pub mod overhead;
mod ratio;
mod replay;

use std::env;
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

impl Package {
    /// Returns the folder for a complete run's results, in the package that Cargo is benching.
    pub fn results_folder(&self) -> PathBuf {
        let package = env::var_os("CARGO_MANIFEST_DIR");
        package.as_deref().map_or(self.folder.as_path(), Path::new).join("results")
    }
}
