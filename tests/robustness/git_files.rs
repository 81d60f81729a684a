//! The files of a commit are built byte for byte, for any attributes and settings.

use crate::common::git::{Repository, contents, git, has_git, text};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// Returns the folder of a build's exported sources.
fn exported(repository: &Repository) -> PathBuf {
    let sources = repository.beside("cache/sources");
    let mut folders: Vec<PathBuf> =
        fs::read_dir(sources).expect("sources").map(|entry| entry.expect("an entry").path()).collect();
    assert_eq!(folders.len(), 1, "{folders:?}");
    folders.remove(0)
}

#[test]
fn a_commit_is_exported_byte_for_byte() {
    if !has_git() {
        return;
    }
    let repository = Repository::new();
    for (path, text) in [
        ("src/lib.rs", "pub fn a() {}\n$Id$\n$Format:%H$\n"),
        ("src/crlf.rs", "// one\r\n// two\r\n"),
        ("left out/by export.rs", "left\n"),
        ("a\tb\n\"c\u{fc}.rs", "a name\n"),
        ("empty", ""),
        ("run.sh", "#!/bin/sh\n"),
    ] {
        repository.write(path, text);
    }
    repository.write("src/bytes.bin", [0_u8, 0xff, b'\n', 0x80, b'\r', b'\n']);
    fs::set_permissions(repository.path().join("run.sh"), fs::Permissions::from_mode(0o755)).expect("a program");
    std::os::unix::fs::symlink("src/lib.rs", repository.path().join("link.rs")).expect("a link");
    std::os::unix::fs::symlink("../outside", repository.path().join("dangling")).expect("a link");
    let committed = contents(&repository.path());
    repository.commit("plain");
    // This commit changes how git would archive and check out the same files.
    let attributes = "left*/** export-ignore\nsrc/*.rs export-subst ident eol=crlf working-tree-encoding=UTF-16\nempty \
                      filter=none\n*.bin text\n";
    fs::write(repository.beside("attributes"), attributes).expect("a file");
    let blob = repository.git(&["hash-object", "-w", "--no-filters", "../attributes"]);
    repository.git(&["update-index", "--add", "--cacheinfo", &format!("100644,{blob},.gitattributes")]);
    repository.git(&["commit", "--quiet", "-m", "attributes"]);
    for (key, value) in [("filter.none.smudge", "false"), ("filter.none.required", "true"), ("core.autocrlf", "true")] {
        repository.git(&["config", key, value]);
    }

    let said = repository.refusal(&["compare", "repo@HEAD", "0.2.5", "--output=out"]);
    assert!(said.contains("cargo cannot build repo@HEAD"), "{said}");
    let folder = exported(&repository);
    for (path, bytes) in committed.iter().filter(|(path, _)| !path.starts_with(repository.path().join(".git"))) {
        let path = folder.join(path.strip_prefix(repository.path()).expect("of the repository"));
        if path.is_symlink() {
            assert_eq!(fs::read_link(&path).expect("a link").into_os_string().into_encoded_bytes(), *bytes);
        } else if path.is_file() {
            assert_eq!(fs::read(&path).expect("a file"), *bytes, "{}", path.display());
        } else {
            assert!(path.is_dir(), "{}", path.display());
        }
    }
    let mode = |path: &str| fs::metadata(folder.join(path)).expect("a file").permissions().mode() & 0o100;
    assert_eq!([mode("run.sh"), mode("empty")], [0o100, 0]);
    assert!(!folder.join(".git").exists());
    assert_eq!(fs::read_to_string(folder.join(".gitattributes")).expect("a file"), attributes);
}

/// A hash means the original object, not the user's replacement.
#[test]
fn a_replaced_commit_is_measured_as_it_was_made() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second"]);
    repository.git(&["replace", "HEAD~1", "HEAD"]);
    let said = repository.refusal(&["compare", "repo@HEAD~1", "0.2.5", "--output=out"]);
    assert!(said.contains("cargo cannot build"), "{said}");
    assert_eq!(fs::read_to_string(exported(&repository).join("NOTES")).expect("a file"), "first");
}

/// A package in a folder of a larger repository: the folder decides, and its neighbours are exported too.
#[test]
fn a_package_may_be_one_of_several_in_a_repository() {
    if !has_git() {
        return;
    }
    let repository = Repository::new();
    repository.write("Cargo.toml", "[workspace]\nmembers = [\"crates/*\"]\n");
    repository.write("crates/memscope-rs/Cargo.toml", "[package]\nname = \"memscope-rs\"\nversion.workspace = true\n");
    repository.write("crates/memscope-rs/src/lib.rs", "");
    repository.write("crates/core/Cargo.toml", "[package]\nname = \"core\"\n");
    let hash = repository.commit("all");
    let said = repository.refusal(&["compare", "repo@HEAD", "0.2.5"]);
    assert!(said.contains("its Cargo.toml names no package: name the package's own folder"), "{said}");
    let said = repository.refusal(&["compare", "repo/crates@HEAD", "0.2.5"]);
    assert!(said.contains(&format!("commit {hash} has no file crates/Cargo.toml")), "{said}");
    let said = repository.refusal(&["compare", "repo/crates/core@HEAD", "0.2.5"]);
    assert!(said.contains("its Cargo.toml is that of core"), "{said}");

    let history = ["history", "--repository=repo/crates/memscope-rs", "--range=HEAD", "--output=out"];
    let said = text(&repository.program().args(history).assert().code(2));
    assert!(said.contains("cargo cannot build"), "{said}");
    let folder = exported(&repository);
    assert!(folder.join("crates/core/Cargo.toml").exists(), "the files next to the package");
    let copies = fs::read_dir(repository.beside("cache"))
        .expect("the build cache")
        .filter_map(|entry| fs::read_to_string(entry.expect("an entry").path().join("Cargo.toml")).ok());
    let dependency = folder.join("crates/memscope-rs");
    let dependency = dependency.to_str().expect("letters");
    assert!(copies.into_iter().any(|manifest| manifest.contains(dependency)), "{dependency}");
}

#[test]
fn a_submodule_of_a_commit_is_left_empty_and_named() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first"]);
    repository.git(&["clone", "--quiet", ".", "../other"]);
    let other = repository.beside("other");
    git(&repository.path(), &["submodule", "--quiet", "add", other.to_str().expect("letters"), "vendor/other"]);
    repository.commit("with a submodule");
    let said = repository.refusal(&["compare", "repo@HEAD", "0.2.5", "--output=out"]);
    assert!(said.contains("repo@HEAD: the submodule vendor/other is left empty"), "{said}");
    let folder = exported(&repository).join("vendor/other");
    assert_eq!(fs::read_dir(folder).expect("a folder").count(), 0);
}

/// A clone that was copied without its largest files still has those that are compiled.
#[test]
fn a_lost_file_is_left_out_unless_it_is_compiled() {
    if !has_git() {
        return;
    }
    let repository = Repository::new();
    repository.write("src/lib.rs", "pub fn a() {}\n");
    repository.write("data.bin", "much");
    repository.commit("both");
    let lose = |path: &str| {
        let object = repository.git(&["rev-parse", &format!("HEAD:{path}")]);
        let (folder, name) = object.split_at(2);
        fs::remove_file(repository.path().join(".git/objects").join(folder).join(name)).expect("a loose object");
        object
    };
    lose("data.bin");
    let said = repository.refusal(&["compare", "repo@HEAD", "--output=out"]);
    assert!(said.contains("the clone lacks data.bin, which is left out"), "{said}");
    assert!(said.contains("cargo cannot build repo@HEAD"), "{said}");
    let folder = exported(&repository);
    assert!(folder.join("src/lib.rs").exists() && !folder.join("data.bin").exists());

    fs::remove_dir_all(repository.beside("cache")).expect("the build cache");
    let object = lose("src/lib.rs");
    let said = repository.refusal(&["compare", "repo@HEAD", "--output=out"]);
    assert!(said.contains(&format!("lacks the object {object}")), "{said}");
}
