//! The memscope-rs that this package depends on, and its source.

use crate::versions::{LIBRARY, PACKAGE};
use cargo_lock::{Lockfile, Package};
use serde_json::Value;
use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The resolved dependency.
pub struct Dependency {
    pub name: String,
    pub version: String,
    /// Origin: `crates.io`, `path`, or an address with its revision.
    pub source: String,
    /// Features that are enabled.
    pub features: HashSet<String>,
    /// Features that it has.
    pub known_features: HashSet<String>,
    /// Root file of the library.
    pub root: PathBuf,
    /// Lock file that determines it.
    pub lock: PathBuf,
}

impl Dependency {
    /// Queries cargo for the resolved dependency of the package in this folder, in the workspace that is built.
    pub fn of(package: &Path) -> Result<Self, Box<dyn Error>> {
        let metadata = match other_workspaces(package).iter().find_map(|folder| metadata_with(folder, package)) {
            Some(metadata) => metadata,
            None => metadata(package)?,
        };
        let none = || format!("{} names no {PACKAGE}: it should be a dependency", package.join("Cargo.toml").display());
        let nodes = metadata["resolve"]["nodes"].as_array().ok_or_else(none)?;
        let node = |id: &Value| nodes.iter().find(|node| node["id"] == *id);
        let packages = metadata["packages"].as_array().ok_or_else(none)?;
        let manifest = package.join("Cargo.toml");
        let this = packages.iter().find(|package| package["manifest_path"].as_str().map(Path::new) == Some(&manifest));
        let this = node(&this.ok_or_else(none)?["id"]).ok_or_else(none)?;
        let dependencies = this["deps"].as_array().ok_or_else(none)?;
        let id = &dependencies.iter().find(|dependency| dependency["name"] == LIBRARY).ok_or_else(none)?["pkg"];
        let found = packages.iter().find(|package| package["id"] == *id).ok_or_else(none)?;

        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (name, version) = (text(&found["name"]), text(&found["version"]));
        let features = node(id).and_then(|node| node["features"].as_array()).into_iter().flatten().map(text).collect();
        let known_features = found["features"].as_object().into_iter().flat_map(|all| all.keys().cloned()).collect();
        let is_library = |target: &&Value| {
            let kinds = target["kind"].as_array().into_iter().flatten();
            kinds.filter_map(Value::as_str).any(|kind| kind == "lib" || kind == "rlib" || kind == "cdylib")
        };
        let library = found["targets"].as_array().into_iter().flatten().find(is_library);
        let root = library.map(|target| PathBuf::from(text(&target["src_path"])));
        let root = root.ok_or_else(|| format!("{name} {version} has no library"))?;
        // The lock file is the workspace's.
        let workspace = metadata["workspace_root"].as_str().map_or(package, Path::new);
        let lock = workspace.join("Cargo.lock");
        let source = Lockfile::load(&lock)?
            .packages
            .iter()
            .find(|package| package.name.as_str() == name && package.version.to_string() == version)
            .map_or("path".to_owned(), source);
        Ok(Self { name, version, source, features, known_features, root, lock })
    }
}

fn source(package: &Package) -> String {
    match &package.source {
        None => "path".to_owned(),
        Some(source) if source.is_default_registry() => "crates.io".to_owned(),
        Some(source) => source.to_string(),
    }
}

/// The environment variable with the folder of the workspace that is built. Programs of trackers share one folder of
/// artifacts, so that does not lead to their workspaces.
pub const WORKSPACE: &str = "MEMSCOPE_BENCH_WORKSPACE";

/// Returns the folders whose lock file may be used instead of the package's: the workspace's, if the variable names it,
/// the folder of artifacts and the user's folder. A build script does not know the workspace in which its package is
/// built.
fn other_workspaces(package: &Path) -> Vec<PathBuf> {
    // A copy for a comparison has its build in its version, and depends on only one memscope.
    if env::var("CARGO_PKG_VERSION").is_ok_and(|version| version.contains('+')) {
        return Vec::new();
    }
    let entry = format!("name = \"{}\"", env::var("CARGO_PKG_NAME").unwrap_or_default());
    let has_entry =
        |folder: &&Path| fs::read_to_string(folder.join("Cargo.lock")).is_ok_and(|lock| lock.contains(&entry));
    let places = [WORKSPACE, "OUT_DIR", "PWD"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let locked = |place: PathBuf| place.ancestors().find(has_entry).map(Path::to_owned);
    let mut folders: Vec<PathBuf> = places.filter_map(locked).filter(|folder| folder != package).collect();
    folders.dedup();
    folders
}

/// Runs `cargo metadata` for a folder; `None` if the package is not built there.
fn metadata_with(folder: &Path, package: &Path) -> Option<Value> {
    let manifest = package.join("Cargo.toml");
    let metadata = metadata(folder).ok()?;
    let mut packages = metadata["packages"].as_array()?.iter();
    let is_there = packages.any(|package| package["manifest_path"].as_str().map(Path::new) == Some(&manifest));
    is_there.then_some(metadata)
}

/// Runs `cargo metadata` for the package, without the network, because cargo has resolved and fetched everything.
fn metadata(package: &Path) -> Result<Value, Box<dyn Error>> {
    let cargo = || {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["metadata", "--format-version=1", "--manifest-path"]).arg(package.join("Cargo.toml"));
        cargo
    };
    let mut output =
        cargo().args(["--offline", "--filter-platform"]).arg(env::var_os("TARGET").unwrap_or_default()).output()?;
    if !output.status.success() {
        // Packages that only tests need may not be fetched yet.
        output = cargo().output()?;
    }
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("cargo metadata: {}", said.lines().next().unwrap_or("it failed without a message")).into());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}
