//! The tests themselves change nothing outside of their temporary folders, independent of how they are started.

use crate::common::git::{Repository, contents, git, has_git};
use std::fs;
use std::path::Path;
use std::process::Command;

/// `cargo test` in the hook of a repository, with a configuration that signs, runs hooks and restricts git, and with
/// temporary files within that repository.
#[test]
fn the_tests_can_be_run_from_a_hook() {
    if !has_git() {
        return;
    }
    let victim = Repository::line(&["first"]);
    let home = victim.beside("home");
    fs::create_dir_all(home.join("templates/hooks")).expect("a folder");
    for hook in ["pre-commit", "commit-msg", "post-checkout", "post-index-change", "reference-transaction"] {
        let hook = home.join("templates/hooks").join(hook);
        fs::write(&hook, "#!/bin/sh\nexit 1\n").expect("a hook");
        fs::set_permissions(&hook, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    }
    let templates = home.join("templates");
    let templates = templates.to_str().expect("letters");
    let configuration = format!(
        "[init]\n\tdefaultBranch = other\n\ttemplateDir = {templates}\n[commit]\n\tgpgSign = true\n[gpg]\n\tprogram = \
         false\n[core]\n\thooksPath = {templates}/hooks\n\tautocrlf = true\n\tquotePath = \
         true\n[user]\n\tuseConfigOnly = true\n[safe]\n\tbareRepository = explicit\n[log]\n\tdate = relative\n"
    );
    fs::write(home.join(".gitconfig"), configuration).expect("a configuration");
    let git_folder = victim.path().join(".git");
    let temporary = victim.path().join("target");
    fs::create_dir(&temporary).expect("a folder");
    let before = contents(&git_folder);

    let tests = std::env::current_exe().expect("this program");
    let run = Command::new(tests)
        .args([
            "--exact",
            "git_clones::every_kind_of_clone_is_read_like_a_plain_one",
            "git_clones::folders_that_are_not_repositories_are_named",
        ])
        .current_dir(victim.path())
        .envs([("HOME", home.as_path()), ("XDG_CONFIG_HOME", &home), ("TMPDIR", &temporary)])
        .env_remove("GIT_CONFIG_GLOBAL")
        .envs([
            ("GIT_DIR", git_folder.as_path()),
            ("GIT_WORK_TREE", &victim.path()),
            ("GIT_TEMPLATE_DIR", Path::new(templates)),
        ])
        .env("GIT_INDEX_FILE", git_folder.join("index"))
        .env("GIT_CONFIG_PARAMETERS", "'core.bare'='true'")
        .env("GIT_PREFIX", "")
        .output()
        .expect("the tests run");
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && said.contains("2 passed"), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    assert_eq!(contents(&git_folder), before);
    let left = fs::read_dir(&temporary).expect("the folder").map(|entry| entry.expect("an entry").file_name());
    // On macOS, the program that finds git keeps its own list there.
    let left: Vec<_> = left.filter(|name| !name.to_string_lossy().starts_with("xcrun_db")).collect();
    assert!(left.is_empty(), "{left:?}");
    assert_eq!(git(&victim.path(), &["status", "--porcelain"]), "");
}

/// One function starts git for all tests, and one for the program, with a cleaned environment.
#[test]
fn git_is_started_in_one_place() {
    let starts = ["Command::new(\"", "git\")"].concat();
    for (folder, helper) in [("tests", "tests/common/git.rs"), ("src", "src/platform/git.rs")] {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        for (path, text) in contents(&package.join(folder)) {
            let is_helper = path == package.join(helper);
            let starts_git = String::from_utf8_lossy(&text).contains(&starts);
            assert!(is_helper || !starts_git, "{} starts git: use {helper}", path.display());
        }
    }
}
