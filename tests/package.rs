//! The package in the form of crates.io: its content and its size.

use std::fs;
use std::path::Path;
use std::process::Command;

/// The maximum size of the package, in bytes.
const MAX_BYTES: u64 = 2_000_000;

#[test]
fn the_package_is_small_and_has_the_sources_of_builds() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let cargo = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["package", "--allow-dirty", "--locked", "--offline"])
            .args(arguments)
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("cargo runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("cargo prints text")
    };
    let listed = cargo(&["--list"]);
    let has = |file: &str| listed.lines().any(|line| line == file);
    let sources = ["src", "build"].into_iter().flat_map(|folder| files_below(Path::new(folder)));
    let others = ["Cargo.toml", "Cargo.lock", "build.rs", "README.md", "LICENSE-APACHE", "LICENSE-MIT"];
    for file in sources.chain(others.map(str::to_owned)) {
        assert!(has(&file), "{file} is not in the package");
    }

    let target = folder.path().to_str().expect("a name in letters");
    cargo(&["--no-verify", "--target-dir", target]);
    let made: Vec<_> = fs::read_dir(folder.path().join("package"))
        .expect("cargo made the folder")
        .map(|entry| entry.expect("it can be read").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "crate"))
        .collect();
    let [package] = &made[..] else { panic!("one package: {made:?}") };
    let bytes = fs::metadata(package).expect("it is there").len();
    assert!(
        bytes <= MAX_BYTES,
        "the package has {bytes} bytes, and {MAX_BYTES} are the limit: see `include` in Cargo.toml"
    );
}

/// Returns the paths of all files below a folder of the package.
fn files_below(folder: &Path) -> Vec<String> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let entries = fs::read_dir(package.join(folder)).expect("a folder").map(|entry| entry.expect("it can be read"));
    entries
        .flat_map(|entry| {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() { files_below(&path) } else { vec![path.display().to_string()] }
        })
        .collect()
}
