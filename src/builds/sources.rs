//! The sources of a build that is not on crates.io, in a folder.

use crate::builds::export::LeftOut;
use crate::builds::{BuildError, PACKAGE, Repository, ResolvedBuild, Source, path_text};
use crate::platform::console;
use crate::platform::scratch::{HIDDEN, Scratch};
use crate::tracking::memscope::versions::OWN_ALLOCATOR;
use std::fs;
use std::path::{Path, PathBuf};
use toml_edit::DocumentMut;

/// Sources of memscope in a folder.
pub(super) struct Sources {
    /// The folder.
    pub folder: PathBuf,
    /// The package's name, which was not always memscope-rs.
    pub name: String,
    /// The version, unless the manifest inherits it from a workspace.
    pub version: Option<String>,
    /// The default features, except the one that installs an allocator.
    pub defaults: Vec<String>,
}

impl Sources {
    /// Returns the sources of a build; `None` if cargo gets them from crates.io. The sources of a commit are exported
    /// into a folder below `exported`, unless they exist already.
    ///
    /// # Errors
    /// If they cannot be read or exported, or their path is not UTF-8; the inner one if their manifest is invalid.
    pub(super) fn of(build: &ResolvedBuild, exported: &Path) -> Result<Result<Option<Self>, String>, BuildError> {
        let folder = match &build.source {
            Source::Published(_) => return Ok(Ok(None)),
            Source::Folder(folder) => folder.clone(),
            Source::Commit { repository, hash } => {
                let repository = Repository::at(repository)?;
                let sources = exported.join(&build.key);
                if !sources.exists() {
                    export(&repository, hash, &sources, &build.name)?;
                }
                repository.package_in(&sources)
            }
        };
        path_text(&folder)?;
        Ok(Self::read(folder).map(Some))
    }

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

/// Exports a commit into a folder, completely or not at all: the folder gets its name after everything is written.
fn export(repository: &Repository, hash: &str, sources: &Path, name: &str) -> Result<(), BuildError> {
    let scratch = Scratch::within(sources.parent().unwrap_or(sources), HIDDEN);
    let scratch = scratch.map_err(BuildError::at(sources))?;
    let files = scratch.path().join(PACKAGE);
    let LeftOut { submodules, lost } = repository.export(hash, &files)?;
    for submodule in submodules {
        console::complain(format_args!("{name}: the submodule {} is left empty", submodule.display()));
    }
    for file in lost {
        console::complain(format_args!("{name}: the clone lacks {}, which is left out", file.display()));
    }
    fs::rename(&files, sources).map_err(BuildError::at(sources))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn former_names_and_default_features_are_read() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let manifest = "[package]\nname = \"trace_tools\"\nversion = \"0.1.0\"\n[features]\ndefault = \
                        [\"tracking-allocator\", \"backtrace\"]\n";
        fs::write(folder.path().join("Cargo.toml"), manifest).expect("a manifest");
        let sources = Sources::read(folder.path().to_owned()).expect("sources");
        assert_eq!((sources.name.as_str(), sources.version.as_deref()), ("trace_tools", Some("0.1.0")));
        assert_eq!(sources.defaults, ["backtrace"]);
    }
}
