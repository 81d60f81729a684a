//! A copy of this package that depends on one build of memscope.
//!
//! Its manifest differs from the package's in four ways: the dependency on memscope-rs, a version that names the build,
//! no parts that only tests and benches need, and a program that is only a worker. It has its own lock file, which
//! starts as a copy of the package's.

use crate::builds::content::is_hidden;
use crate::builds::own::OwnPackage;
use crate::builds::record::Attempt;
use crate::builds::sources::Sources;
use crate::builds::spec::{self, without_features};
use crate::builds::{BuildError, PACKAGE, ResolvedBuild, Source};
use crate::tracking::memscope::versions::needed_feature;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use toml_edit::{Array, DocumentMut, InlineTable, Table, TomlError, value};

/// The program of the copy.
pub(super) const PROGRAM: &str = "memscope-bench";
/// The package's program from which it is made.
const WORKER: &str = "memscope-bench-worker";
/// The parts of the package that are mirrored; the manifest and the lock file are generated.
pub(super) const MIRRORED: [&str; 3] = ["build.rs", "build", "src"];

/// A copy of the package in a folder.
pub(super) struct PackageCopy<'a> {
    /// The package's own folder.
    pub package: &'a Path,
    /// The copy's folder.
    pub folder: PathBuf,
    /// The build that the copy depends on.
    pub build: &'a ResolvedBuild,
    /// The package of another crate's bench, which is built in place of the copy's program.
    pub own: Option<&'a OwnPackage>,
}

impl PackageCopy<'_> {
    /// Returns the folder of the package whose program is built.
    pub(super) fn place(&self) -> PathBuf {
        self.own.map_or_else(|| self.folder.clone(), |own| self.folder.join(&own.key))
    }

    /// Returns the name that cargo knows the program by.
    pub(super) fn program(&self) -> &str {
        self.own.map_or(PROGRAM, |own| &own.program)
    }

    /// Creates or refreshes the files that all copies share.
    pub(super) fn mirror(&self) -> Result<(), BuildError> {
        fs::create_dir_all(self.place())
            .and_then(|()| {
                MIRRORED.iter().try_for_each(|part| mirror(&self.package.join(part), &self.folder.join(part)))
            })
            .map_err(BuildError::at(&self.folder))
    }

    /// Returns the copy's manifest for an attempt.
    pub(super) fn manifest(&self, sources: Option<&Sources>, attempt: Attempt) -> Result<String, BuildError> {
        let path = self.package.join("Cargo.toml");
        let manifest = fs::read_to_string(&path).map_err(BuildError::at(&path))?;
        with_dependency(&manifest, &self.build.stamp(), dependency(self.build, sources, attempt))
            .map_err(|error| BuildError::at(&path)(io::Error::other(error)))
    }

    /// Writes the manifests and the lock files. Unchanged files are not rewritten, so cargo sees no change.
    pub(super) fn write_manifest(&self, manifest: &str) -> Result<(), BuildError> {
        write_package(&self.folder, manifest, &self.package.join("Cargo.lock"))
            .map_err(BuildError::at(&self.folder))?;
        let Some(own) = self.own else { return Ok(()) };
        let place = self.place();
        let manifest = own.manifest(&self.folder, &self.build.stamp())?;
        write_package(&place, &manifest, &own.lock).map_err(BuildError::at(&place))
    }
}

/// Writes a package's manifest, and a lock file that starts as a copy of another one. Cargo adapts it to the build. It
/// is reset only when the other one changes.
pub(super) fn write_package(folder: &Path, manifest: &str, lock: &Path) -> io::Result<()> {
    write_changed(&folder.join("Cargo.toml"), manifest.as_bytes())?;
    let origin = folder.join("Cargo.lock.of-the-package");
    let lock = fs::read(lock)?;
    if fs::read(&origin).ok().as_ref() != Some(&lock) {
        fs::write(folder.join("Cargo.lock"), &lock)?;
        fs::write(&origin, &lock)?;
    }
    Ok(())
}

/// Returns the manifest's entry for memscope.
fn dependency(build: &ResolvedBuild, sources: Option<&Sources>, attempt: Attempt) -> InlineTable {
    let mut dependency = InlineTable::new();
    let mut features = Vec::new();
    if let Some(Sources { folder, name, defaults, .. }) = sources {
        // A path that is not UTF-8 was refused before.
        dependency.insert("path", folder.display().to_string().into());
        if name != PACKAGE {
            dependency.insert("package", name.into());
        }
        if attempt.defaults {
            features.extend(defaults.iter().map(String::as_str));
        }
    } else if let Source::Published(version) = &build.source {
        dependency.insert("version", format!("={}", without_features(version)).into());
    }
    if let Source::Published(version) = &build.source {
        features.extend(needed_feature(&without_features(version).to_string()));
        features.extend(spec::features(version));
    }
    dependency.insert("default-features", false.into());
    if !features.is_empty() {
        dependency.insert("features", Array::from_iter(features).into());
    }
    dependency
}

/// Returns the package's manifest with another dependency on memscope-rs, and without parts that only tests and
/// benches need.
///
/// The copy is its own workspace, independent of its parent folders. Its version names the build: copies share a target
/// folder, in which cargo treats packages of one name and version in several places as one. The version also lets the
/// program prove which build it is.
fn with_dependency(manifest: &str, stamp: &str, dependency: InlineTable) -> Result<String, TomlError> {
    let mut manifest: DocumentMut = manifest.parse()?;
    let version = manifest["package"]["version"].as_str().unwrap_or("0.0.0").to_owned();
    manifest["package"]["version"] = value(format!("{version}+{stamp}"));
    manifest["dependencies"][PACKAGE] = value(dependency);
    manifest.insert("workspace", Table::new().into());
    // Cargo lists every target in the manifest of a package that it published.
    for tests in ["bench", "dev-dependencies", "example", "test"] {
        manifest.remove(tests);
    }
    // A copy runs the same workloads as this program.
    let programs = cfg!(feature = "programs").then_some("programs");
    manifest["features"]["default"] = value(Array::from_iter(programs));
    if let Some(programs) = manifest.get_mut("bin").and_then(toml_edit::Item::as_array_of_tables_mut) {
        programs.retain(|program| program.get("name").and_then(toml_edit::Item::as_str) == Some(WORKER));
        programs.iter_mut().for_each(|program| program["name"] = value(PROGRAM));
    }
    Ok(manifest.to_string())
}

/// Makes a file or folder equal to another one. Unchanged files are not rewritten, so cargo sees no change. Hidden files
/// are left out.
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
        if !is_hidden(&name) {
            mirror(&from.join(&name), &to.join(&name))?;
        }
    }
    Ok(())
}

fn write_changed(path: &Path, content: &[u8]) -> io::Result<()> {
    if fs::read(path).ok().as_deref() == Some(content) { Ok(()) } else { fs::write(path, content) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(source: Source) -> ResolvedBuild {
        ResolvedBuild { name: "x".to_owned(), about: None, key: "commit_a/b".to_owned(), source, commit: None }
    }

    #[test]
    fn a_copy_depends_on_the_build_and_lacks_parts_that_only_tests_need() {
        let manifest = include_str!("../../Cargo.toml");
        let mut dependency = InlineTable::new();
        dependency.insert("version", "=0.1.0".into());
        let stamp = build(Source::Folder(PathBuf::new())).stamp();
        let changed = with_dependency(manifest, &stamp, dependency).expect("a manifest");
        let theirs: Vec<&str> = changed.lines().filter(|line| !manifest.lines().any(|ours| ours == *line)).collect();
        let version = format!("version = \"{}+commit-a-b\"", env!("CARGO_PKG_VERSION").split('+').next().expect("one"));
        let features = if cfg!(feature = "programs") { "default = [\"programs\"]" } else { "default = []" };
        assert_eq!(theirs, [version.as_str(), features, "memscope-rs = { version = \"=0.1.0\" }"]);
        let program = "[[bin]]\nname = \"memscope-bench\"\npath = \"src/bin/worker.rs\"";
        assert!(changed.contains(program) && changed.matches("[[bin]]").count() == 1, "{changed}");
        for gone in ["memscope-bench-control", "[[bench]]"] {
            assert!(manifest.contains(gone) && !changed.contains(gone), "{gone}");
        }
    }

    #[test]
    fn a_published_package_can_be_copied_too() {
        let published = "[package]\nname = \"memscope-bench\"\nversion = \"0.2.0\"\n\n[[bin]]\nname = \"memscope-bench-worker\"\n\
             \n[[example]]\nname = \"x\"\npath = \"examples/x.rs\"\n\n[features]\ndefault = [\"studies\"]\n\
             \n[dependencies.memscope-rs]\nversion = \">=0.1\"\ndefault-features = false\n";
        let mut dependency = InlineTable::new();
        dependency.insert("version", "=0.1.0".into());
        let changed: DocumentMut =
            with_dependency(published, "0-1-0", dependency).expect("a manifest").parse().expect("a manifest");
        assert!(changed.get("example").is_none(), "a copy has no examples: {changed}");
        assert_eq!(changed["dependencies"][PACKAGE]["version"].as_str(), Some("=0.1.0"), "{changed}");
        assert!(changed["dependencies"][PACKAGE].get("default-features").is_none(), "{changed}");
    }

    #[test]
    fn the_dependency_names_the_package_and_the_features() {
        let sources = Sources {
            folder: PathBuf::from("/sources"),
            name: "trace_tools".to_owned(),
            version: None,
            defaults: vec!["backtrace".to_owned()],
        };
        let build = build(Source::Folder(sources.folder.clone()));
        let line = |defaults| dependency(&build, Some(&sources), Attempt { defaults, core_only: false }).to_string();
        let plain = r#"path = "/sources", package = "trace_tools", default-features = false"#;
        assert_eq!(line(false), format!("{{ {plain} }}"));
        assert_eq!(line(true), format!("{{ {plain}, features = [\"backtrace\"] }}"));
    }

    #[test]
    fn a_published_version_has_the_features_in_its_name() {
        let line = |version: &str| {
            let build = build(Source::Published(version.parse().expect("a version")));
            dependency(&build, None, Attempt { defaults: false, core_only: false }).to_string()
        };
        let of = |version: &str, features: &str| {
            format!("{{ version = \"={version}\", default-features = false, features = [{features}] }}")
        };
        assert_eq!(line("0.2.5+backtrace.atexit"), of("0.2.5", "\"backtrace\", \"atexit\""));
        assert_eq!(line("0.1.5+backtrace"), of("0.1.5", "\"parking-lot\", \"backtrace\""));
    }

    #[test]
    fn a_mirror_writes_only_changed_files() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [from, to] = ["from", "to"].map(|name| folder.path().join(name));
        fs::create_dir_all(from.join("inner")).expect("a folder");
        fs::write(from.join("inner/a"), "1").expect("a file");
        fs::write(from.join("b"), "2").expect("a file");
        std::os::unix::fs::symlink("user@host.1", from.join(".#b")).expect("a link");
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
        assert!(!to.join(".#b").exists() && !to.join(".#b").is_symlink(), "an editor's lock file is no source");
    }
}
