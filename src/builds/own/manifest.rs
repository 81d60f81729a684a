//! The generated manifest of the package for a crate's target.

use crate::builds::PACKAGE;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;
use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, value};

/// The name of this package, as a dependency.
const HARNESS: &str = "memscope-bench";

/// Returns a target of a package by the compiler's name for it. A bench takes precedence over other targets of that
/// name.
pub(super) fn target<'p>(package: &'p Value, name: &str) -> Option<&'p Value> {
    let targets: Vec<&Value> = package["targets"].as_array()?.iter().collect();
    let has_kind =
        |target: &Value, kind: &str| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|one| one == kind));
    let is_called = |target: &Value| target["name"].as_str().is_some_and(|other| other.replace('-', "_") == name);
    let of_kind = |kind| targets.iter().copied().find(|target| has_kind(target, kind) && is_called(target));
    ["bench", "example", "bin", "test"].into_iter().find_map(of_kind)
}

/// Returns the manifest: the target as a program, with everything that benches of the crate may use: its dependencies,
/// its dev-dependencies, and its library.
///
/// # Errors
/// The reason, if the workspace's manifest is invalid, or a dependency comes from an unknown source.
pub(super) fn manifest(
    package: &Value,
    program: &str,
    root: &str,
    workspace: &Path,
    copy: &Path,
    stamp: &str,
) -> Result<String, String> {
    let root: DocumentMut = root.parse().map_err(|error| format!("{error}"))?;
    let mut manifest = DocumentMut::new();
    let mut about = Table::new();
    about.insert("name", value(format!("{HARNESS}-own")));
    // Copies share a folder of artifacts, so their names differ.
    about.insert("version", value(format!("0.0.0+{stamp}")));
    let target = target(package, &program.replace('-', "_")).ok_or("the target is gone")?;
    about.insert("edition", value(text(&target["edition"])));
    about.insert("publish", value(false));
    manifest.insert("package", about.into());

    let mut program_table = Table::new();
    program_table.insert("name", value(program));
    program_table.insert("path", value(text(&target["src_path"])));
    let mut programs = ArrayOfTables::new();
    programs.push(program_table);
    manifest.insert("bin", Item::ArrayOfTables(programs));

    for ((platform, name), dependency) in dependencies(package, copy)? {
        let tables = match &platform {
            Some(platform) => subtable(subtable(manifest.as_table_mut(), "target"), platform),
            None => manifest.as_table_mut(),
        };
        subtable(tables, "dependencies").insert(&name, value(dependency.entry()));
    }
    for settings in ["profile", "patch"] {
        if let Some(item) = root.get(settings) {
            manifest.insert(settings, item.clone());
        }
    }
    if let Some(patch) = manifest.get_mut("patch") {
        adapt_patches(patch, workspace);
    }
    manifest.insert("workspace", Table::new().into());
    Ok(manifest.to_string())
}

/// A dependency of the package.
struct Dependency {
    /// The keys of its entry: its source, and its name if that differs.
    keys: Vec<(&'static str, String)>,
    features: Vec<String>,
    has_defaults: bool,
}

impl Dependency {
    fn entry(&self) -> InlineTable {
        let mut entry = InlineTable::new();
        for (key, text) in &self.keys {
            entry.insert(*key, text.as_str().into());
        }
        if !self.has_defaults {
            entry.insert("default-features", false.into());
        }
        if !self.features.is_empty() {
            entry.insert("features", Array::from_iter(self.features.iter().map(String::as_str)).into());
        }
        entry
    }
}

/// The dependencies, by platform and by name in the source.
type Dependencies = BTreeMap<(Option<String>, String), Dependency>;

/// Returns the dependencies that a bench of the package may use. memscope-bench is the copy.
fn dependencies(package: &Value, copy: &Path) -> Result<Dependencies, String> {
    let mut all = Dependencies::new();
    for found in package["dependencies"].as_array().into_iter().flatten() {
        if found["kind"] == "build" || found["optional"] == true || found["name"] == HARNESS {
            continue;
        }
        let name = found["rename"].as_str().unwrap_or(text(&found["name"])).to_owned();
        let features = found["features"].as_array().into_iter().flatten().map(|feature| text(feature).to_owned());
        let has_defaults = found["uses_default_features"] != false;
        // A dependency that is also a dev-dependency has the features of both.
        let place = (found["target"].as_str().map(str::to_owned), name);
        let keys = place_of(found)?;
        let known = all.entry(place).or_insert(Dependency { keys, features: Vec::new(), has_defaults: false });
        known.features.extend(features);
        known.has_defaults |= has_defaults;
    }
    let is_library = |target: &&Value| {
        let kinds = target["kind"].as_array().into_iter().flatten().filter_map(Value::as_str);
        kinds.into_iter().any(|kind| kind == "lib" || kind == "rlib")
    };
    let name = text(&package["name"]);
    if package["targets"].as_array().into_iter().flatten().any(|target| is_library(&target)) {
        let folder = Path::new(text(&package["manifest_path"])).parent().unwrap_or(Path::new("/"));
        let keys = vec![("path", folder.display().to_string())];
        all.insert((None, name.to_owned()), Dependency { keys, features: Vec::new(), has_defaults: true });
    }
    let keys = vec![("path", copy.display().to_string())];
    // Probes need no Criterion.
    all.insert((None, HARNESS.to_owned()), Dependency { keys, features: Vec::new(), has_defaults: false });
    Ok(all)
}

/// Returns the keys for the source of a dependency.
fn place_of(found: &Value) -> Result<Vec<(&'static str, String)>, String> {
    let mut keys = Vec::new();
    let source = found["source"].as_str().unwrap_or_default();
    if let Some(path) = found["path"].as_str() {
        keys.push(("path", path.to_owned()));
    } else if let Some(git) = source.strip_prefix("git+") {
        let (address, revision) = git.split_once('?').unwrap_or((git, ""));
        keys.push(("git", address.to_owned()));
        for (key, value) in revision.split('&').filter_map(|pair| pair.split_once('=')) {
            let key = ["branch", "tag", "rev"].into_iter().find(|known| *known == key);
            keys.push((key.ok_or_else(|| format!("the dependency {source} is of an unknown kind"))?, value.to_owned()));
        }
    } else {
        keys.push(("version", text(&found["req"]).to_owned()));
        if let Some(index) = found["registry"].as_str() {
            keys.push(("registry-index", index.to_owned()));
        }
    }
    if found["rename"].is_string() {
        keys.push(("package", text(&found["name"]).to_owned()));
    }
    Ok(keys)
}

/// Makes the paths of patches absolute. A patch of memscope is left out, because the build decides on its source.
fn adapt_patches(patch: &mut Item, workspace: &Path) {
    for (_, registry) in patch.as_table_like_mut().into_iter().flat_map(|table| table.iter_mut()) {
        let Some(registry) = registry.as_table_like_mut() else { continue };
        registry.remove(PACKAGE);
        for (_, patched) in registry.iter_mut() {
            let Some(path) = patched.as_table_like_mut().and_then(|entry| entry.get_mut("path")) else { continue };
            if let Some(relative) = path.as_str() {
                *path = value(workspace.join(relative).display().to_string());
            }
        }
    }
}

/// Returns a table within a table, and creates it if it is missing.
fn subtable<'t>(table: &'t mut Table, name: &str) -> &'t mut Table {
    let item = table.entry(name).or_insert_with(|| Item::Table(Table::new()));
    item.as_table_mut().expect("it was made here")
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn package() -> Value {
        let registry = "registry+https://github.com/rust-lang/crates.io-index";
        let dependency = |name: &str, kind: Value, features: &[&str]| {
            json!({ "name": name, "kind": kind, "req": "^1", "source": registry, "features": features,
                    "uses_default_features": false, "optional": false, "rename": null, "target": null })
        };
        let mut renamed = dependency("serde_json", Value::Null, &[]);
        renamed["rename"] = "json".into();
        let mut beside = dependency("beside", Value::Null, &[]);
        beside["path"] = "/work/beside".into();
        let mut on_unix = dependency("nix", "dev".into(), &[]);
        on_unix["target"] = "cfg(unix)".into();
        let mut of_git = dependency("parser", "dev".into(), &[]);
        of_git["source"] = "git+https://example.org/parser?branch=main".into();
        json!({
            "name": "my-crate", "manifest_path": "/work/my-crate/Cargo.toml",
            "targets": [
                { "name": "my-crate", "kind": ["lib"], "src_path": "/work/my-crate/src/lib.rs", "edition": "2021" },
                { "name": "my-tracking", "kind": ["bench"], "src_path": "/work/my-crate/benches/t.rs", "edition": "2021" },
            ],
            "dependencies": [
                dependency("serde", Value::Null, &["derive"]), dependency("serde", "dev".into(), &["rc"]),
                dependency("cc", "build".into(), &[]), dependency("memscope-bench", "dev".into(), &["criterion"]),
                renamed, beside, on_unix, of_git,
            ],
        })
    }

    fn made(root: &str) -> String {
        let (workspace, copy) = (Path::new("/work"), Path::new("/cache/0.2.5"));
        manifest(&package(), "my-tracking", root, workspace, copy, "0.2.5").expect("a manifest")
    }

    #[test]
    fn a_target_becomes_a_program_with_the_dependencies_of_benches() {
        let made = made("[workspace]\nmembers = [\"my-crate\"]\n");
        for line in [
            "version = \"0.0.0+0.2.5\"",
            "edition = \"2021\"",
            "name = \"my-tracking\"",
            "path = \"/work/my-crate/benches/t.rs\"",
            "serde = { version = \"^1\", default-features = false, features = [\"derive\", \"rc\"] }",
            "json = { version = \"^1\", package = \"serde_json\", default-features = false }",
            "beside = { path = \"/work/beside\", default-features = false }",
            "parser = { git = \"https://example.org/parser\", branch = \"main\", default-features = false }",
            "my-crate = { path = \"/work/my-crate\" }",
            "memscope-bench = { path = \"/cache/0.2.5\", default-features = false }",
            "[workspace]",
        ] {
            assert!(made.lines().any(|other| other == line), "{line} is not in\n{made}");
        }
        let manifest: DocumentMut = made.parse().expect("it can be read");
        assert!(manifest["target"]["cfg(unix)"]["dependencies"].get("nix").is_some(), "{made}");
        assert!(manifest["dependencies"].get("nix").is_none() && manifest["dependencies"].get("cc").is_none());
        assert!(!made.contains("members"), "{made}");
    }

    #[test]
    fn profiles_and_patches_are_copied() {
        let root = "[profile.release]\nlto = true\n[patch.crates-io]\nmemscope-rs = { path = \"m\" }\n\
                    serde = { path = \"serde\" }\n";
        let manifest: DocumentMut = made(root).parse().expect("it can be read");
        assert_eq!(manifest["profile"]["release"]["lto"].as_bool(), Some(true));
        assert_eq!(manifest["patch"]["crates-io"]["serde"]["path"].as_str(), Some("/work/serde"));
        assert!(manifest["patch"]["crates-io"].get("memscope-rs").is_none());
    }

    #[test]
    fn a_target_is_found_by_its_compiled_name() {
        let package = package();
        assert_eq!(target(&package, "my_tracking").expect("there is one")["name"], "my-tracking");
        assert!(target(&package, "my_crate").is_none(), "a library is not a program");
        assert!(manifest(&package, "gone", "", Path::new("/"), Path::new("/"), "x").is_err());
        assert!(manifest(&package, "my-tracking", "[", Path::new("/"), Path::new("/"), "x").is_err());
    }
}
