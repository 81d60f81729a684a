//! Versions that cargo's local index lacks, or lists as yanked.

use crate::common::memscope_bench;
use assert_cmd::Command;
use std::fs;
use tempfile::TempDir;

/// Returns a cargo home whose index has these lines.
fn home(lines: &[&str]) -> TempDir {
    let home = tempfile::tempdir().expect("a temporary folder");
    let folder = home.path().join("registry/index/example/.cache/me/ms");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("memscope-rs"), lines.join("\0")).expect("an index");
    home
}

const LINES: [&str; 4] = [
    "\u{3}",
    "{\"vers\":\"0.1.0\",\"yanked\":false}",
    "{\"vers\":\"0.1.1\",\"yanked\":true}",
    "{\"vers\":\"0.2.4\",\"yanked\":false}",
];

/// Returns the program with another cargo home, and a cargo that cannot build or query.
fn program(home: &TempDir) -> Command {
    let mut command = memscope_bench();
    command.env("CARGO_HOME", home.path()).env("CARGO", "false").current_dir(home.path());
    command.env("MEMSCOPE_BENCH_BUILD_CACHE", home.path().join("cache"));
    command
}

fn said(command: &mut Command) -> String {
    String::from_utf8_lossy(&command.assert().code(2).stdout("").get_output().stderr).into_owned()
}

#[test]
fn a_version_may_be_newer_than_the_local_index() {
    let home = home(&LINES);
    let text = said(program(&home).args(["compare", "0.2.4", "0.2.5"]));
    assert!(text.contains("memscope-rs 0.2.5 is not in cargo's local index of crates.io, as of 20"), "{text}");
    assert!(text.contains("which lists 0.1.0, 0.2.4, and as yanked 0.1.1"), "{text}");
    assert!(text.contains("`cargo update --dry-run` in ") && text.lines().count() == 2, "{text}");
    assert!(text.starts_with("cargo's local index has no memscope-rs 0.2.5 to build: asking crates.io\n"), "{text}");
    assert!(!text.contains("never published"), "{text}");
}

#[test]
fn cargo_is_queried_before_a_version_is_refused() {
    let home = home(&LINES);
    let cargo = home.path().join("cargo");
    let index = "registry/index/example/.cache/me/ms/memscope-rs";
    let script = format!(
        "#!/bin/sh\n[ \"$1\" = update ] && pwd -P >\"$CARGO_HOME/asked\" && \
         printf '\\000{{\"vers\":\"0.2.5\"}}\\000' >>\"$CARGO_HOME/{index}\"\n"
    );
    fs::write(&cargo, script).expect("a script");
    fs::set_permissions(&cargo, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let text = said(program(&home).env("CARGO", &cargo).args(["compare", "0.2.5", "0.2.6"]));
    assert!(text.contains("memscope-rs 0.2.6 is not in") && text.contains("which lists 0.1.0, 0.2.4, 0.2.5"), "{text}");
    // The user's folder chooses neither the toolchain nor the configuration.
    let asked = fs::read_to_string(home.path().join("asked")).expect("it was asked");
    let package = fs::canonicalize(env!("CARGO_MANIFEST_DIR")).expect("the package");
    assert_eq!(std::path::Path::new(asked.trim()), package);
    fs::write(&cargo, "#!/bin/sh\nexit 1\n").expect("a script");
    let text = said(program(&home).env("CARGO", &cargo).args(["compare", "0.2.5", "0.2.4", "--output=out"]));
    assert!(text.contains("none of 0.2.5, 0.2.4 was built"), "{text}");
}

#[test]
fn a_yanked_version_was_published() {
    let home = home(&LINES);
    let text = said(program(&home).args(["compare", "0.1.1", "0.2.4"]));
    assert!(text.contains("memscope-rs 0.1.1 was yanked from crates.io"), "{text}");
    assert!(text.contains("choose from 0.1.0, 0.2.4") && text.lines().count() == 2, "{text}");
}

#[test]
fn a_feature_that_a_version_lacks_is_refused_before_anything_is_built() {
    let with_features = r#"{"vers":"0.2.5","features":{"atexit":[]},"features2":{"backtrace":["dep:backtrace"]},
        "deps":[{"name":"backtrace","optional":true}]}"#;
    let home = home(&[&LINES[..], &[with_features]].concat());
    let text = said(program(&home).args(["compare", "0.2.4", "0.2.5+backtrace.nosuch"]));
    assert_eq!(text, "error: memscope-rs 0.2.5 has no feature 'nosuch': it has atexit, backtrace\n");
    let text = said(program(&home).args(["compare", "0.2.4+nosuch"]));
    assert_eq!(text, "error: memscope-rs 0.2.4 has no feature 'nosuch': it has none\n");
    let text = said(program(&home).args(["compare", "0.2.4", "0.2.5+backtrace.atexit", "--output=out"]));
    assert!(text.contains("none of 0.2.4, 0.2.5+backtrace.atexit was built"), "{text}");
}

/// A mode may need a feature that an older version lacks: the rest of the page is measured.
#[test]
fn a_mode_s_feature_that_a_version_lacks_is_no_error_of_the_page() {
    let home = home(&LINES);
    let text = said(program(&home).args(["modes", "0.2.4", "--with-features", "--output=out"]));
    assert!(text.ends_with("nothing to measure: none of 0.2.4 was built\n"), "{text}");
    assert!(!text.contains("has no feature") && !text.contains("0.2.4+"), "{text}");
}

#[test]
fn the_list_of_published_versions_has_its_date() {
    let home = home(&LINES);
    let text = said(program(&home).args(["compare", "--published", "--output=out"]));
    assert!(text.contains("--published means all versions in cargo's local index of crates.io, as of 20"), "{text}");
    assert!(text.contains("which lists 0.1.0, 0.2.4, and as yanked 0.1.1"), "{text}");
    assert!(text.contains("none of 0.1.0, 0.2.4 was built"), "{text}");
}

#[test]
fn an_empty_cargo_home_counts_as_unset() {
    let user = tempfile::tempdir().expect("a temporary folder");
    let home = home(&LINES);
    std::os::unix::fs::symlink(home.path(), user.path().join(".cargo")).expect("a link");
    let mut command = program(&home);
    command.env("CARGO_HOME", "").env("HOME", user.path()).current_dir(user.path());
    let text = said(command.args(["compare", "0.2.4", "0.2.5"]));
    assert!(text.contains("memscope-rs 0.2.5 is not in cargo's local index"), "{text}");
}

/// Without an index, cargo decides.
#[test]
fn without_an_index_a_version_is_tried() {
    let home = tempfile::tempdir().expect("a temporary folder");
    let text = said(program(&home).args(["compare", "0.2.5", "0.2.99", "--output=out"]));
    assert!(text.contains("none of 0.2.5, 0.2.99 was built"), "{text}");
}
