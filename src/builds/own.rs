//! A crate that measures its own workloads. Its bench target is built instead of memscope-bench's program.
//!
//! Cargo cannot replace a dependency of a package for one build. So the target gets a separate package in the build
//! cache. Its manifest names the target's source and the crate's dependencies by absolute paths, and the copy of
//! memscope-bench that depends on the build. Nothing is written to the crate's folder.

mod manifest;

use crate::builds::resolve::short_hash;
use crate::builds::{BuildError, path_text};
use crate::platform::{children, system, text};
use manifest::{manifest, target};
use serde_json::Value;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::OnceLock;

/// The crate whose bench this program is.
static OWN: OnceLock<OwnCrate> = OnceLock::new();

/// A crate that measures its own workloads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnCrate {
    /// Its folder.
    pub folder: PathBuf,
    /// Its target with the workloads, by the compiler's name.
    pub target: String,
}

/// Makes every build of this process a build of a crate's target. Call this when the program starts.
pub(crate) fn set_own_crate(own: OwnCrate) {
    // A program has one such crate.
    let _ = OWN.set(own);
}

/// The package that is generated for the target.
#[derive(Clone, Debug)]
pub(super) struct OwnPackage {
    /// The name of its folder within the copy of memscope-bench.
    pub key: String,
    /// The name of the target, which is a program here.
    pub program: String,
    /// The lock file that the crate uses.
    pub lock: PathBuf,
    /// The crate, as cargo reports it.
    pub(super) package: Value,
    /// The manifest of its workspace.
    root: String,
    workspace: PathBuf,
}

impl OwnPackage {
    /// Reads the crate whose bench this program is; `None` for memscope-bench.
    ///
    /// # Errors
    /// If cargo cannot read it, or it has no such target.
    pub(super) fn of_this_program() -> Result<Option<Self>, BuildError> {
        OWN.get().map(Self::read).transpose()
    }

    pub(super) fn read(own: &OwnCrate) -> Result<Self, BuildError> {
        path_text(&own.folder)?;
        let path = own.folder.join("Cargo.toml");
        let failed = BuildError::at(&path);
        let metadata = metadata(&path).map_err(&failed)?;
        let packages = metadata["packages"].as_array().into_iter().flatten();
        let is_it = |package: &&Value| package["manifest_path"].as_str().map(Path::new) == Some(&path);
        let missing = |what: String| failed(io::Error::other(what));
        let package = packages.into_iter().find(is_it).ok_or_else(|| missing("cargo finds no package".to_owned()))?;
        let target = target(package, &own.target);
        let target = target.ok_or_else(|| missing(format!("it has no target called {}", own.target)))?;
        let program = target["name"].as_str().unwrap_or_default().to_owned();
        let workspace = PathBuf::from(metadata["workspace_root"].as_str().unwrap_or_default());
        let root = fs::read_to_string(workspace.join("Cargo.toml")).map_err(&failed)?;
        Ok(Self {
            key: format!("own-{}", short_hash(&own.folder.join(&own.target))),
            program,
            lock: workspace.join("Cargo.lock"),
            package: package.clone(),
            root,
            workspace,
        })
    }

    /// Returns the manifest of the package with the copy of memscope-bench that has this stamp.
    ///
    /// # Errors
    /// If the workspace's manifest is invalid, or a dependency is of an unknown kind.
    pub(super) fn manifest(&self, copy: &Path, stamp: &str) -> Result<String, BuildError> {
        manifest(&self.package, &self.program, &self.root, &self.workspace, copy, stamp)
            .map_err(|why| BuildError::at(&self.workspace.join("Cargo.toml"))(io::Error::other(why)))
    }
}

/// Queries cargo for a package.
fn metadata(manifest: &Path) -> io::Result<Value> {
    let mut cargo = system::cargo();
    cargo.args(["metadata", "--no-deps", "--format-version=1", "--manifest-path"]).arg(manifest);
    // The user's folder chooses neither the toolchain nor the configuration.
    cargo.current_dir(manifest.parent().unwrap_or(manifest));
    let output = children::output(cargo.stdin(Stdio::null()).stderr(Stdio::piped()))?;
    if !output.status.success() {
        return Err(io::Error::other(text::one_line(&String::from_utf8_lossy(&output.stderr))));
    }
    serde_json::from_slice(&output.stdout).map_err(io::Error::other)
}
