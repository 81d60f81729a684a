//! Every kind of clone, in every environment: within hooks, bare, shallow, partial, of another owner. Nothing is
//! written to any of them.

use crate::common::git::{Repository, contents, git, has_git, not_built, text};
use std::fs;

/// A hook's variables name the repository of the commit. Only the path that the user names counts.
#[test]
fn the_variables_of_a_hook_redirect_nothing() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second"]);
    let other = repository.beside("other");
    fs::create_dir(&other).expect("a folder");
    git(&other, &["init", "--quiet"]);
    fs::write(other.join("a"), "a").expect("a file");
    git(&other, &["add", "a"]);
    let theirs = other.join(".git");
    let theirs = theirs.to_str().expect("letters");
    let index = format!("{theirs}/index");
    let objects = format!("{theirs}/objects");
    let expected = format!("it starts and ends at {}", repository.hash("HEAD"));
    let variables: &[(&str, &str)] = &[
        ("GIT_ALTERNATE_OBJECT_DIRECTORIES", &objects),
        ("GIT_ATTR_SOURCE", "nothing"),
        ("GIT_COMMON_DIR", theirs),
        ("GIT_CONFIG", "/nowhere"),
        ("GIT_CONFIG_PARAMETERS", "'core.bare'='true'"),
        ("GIT_DEFAULT_HASH", "sha256"),
        ("GIT_DIR", ".git"),
        ("GIT_DIR", theirs),
        ("GIT_EXTERNAL_DIFF", "false"),
        ("GIT_GLOB_PATHSPECS", "1"),
        ("GIT_GRAFT_FILE", "/dev/null"),
        ("GIT_ICASE_PATHSPECS", "1"),
        ("GIT_IMPLICIT_WORK_TREE", "0"),
        ("GIT_INDEX_FILE", ".git/index"),
        ("GIT_INDEX_FILE", &index),
        ("GIT_NAMESPACE", "other"),
        ("GIT_NOGLOB_PATHSPECS", "1"),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_OBJECT_DIRECTORY", &objects),
        ("GIT_OPTIONAL_LOCKS", "1"),
        ("GIT_PAGER", "false"),
        ("GIT_PREFIX", "src/"),
        ("GIT_QUARANTINE_PATH", &objects),
        ("GIT_REPLACE_REF_BASE", "refs/heads/"),
        ("GIT_SHALLOW_FILE", &index),
        ("GIT_TRACE", "1"),
        ("GIT_TRACE_SETUP", "1"),
        ("GIT_WORK_TREE", "/"),
    ];
    let read = |variables: &[(&str, &str)]| {
        let mut program = repository.program();
        program.args(["history", "--repository=repo", "--range=HEAD..HEAD", "--output=out"]);
        let said = text(&program.envs(variables.iter().copied()).assert().code(2).stdout(""));
        assert!(said.contains(&expected) && said.lines().count() == 1, "{variables:?}: {said}");
    };
    // Each variable that names a repository is tested alone too, because one could hide another.
    let of_another = [theirs, objects.as_str(), index.as_str()];
    for &(name, value) in variables.iter().filter(|(_, value)| of_another.contains(value)) {
        read(&[(name, value)]);
    }
    let count = [("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "core.worktree"), ("GIT_CONFIG_VALUE_0", "/nowhere")];
    read(&count);
    // If a variable occurs twice, the last value counts.
    let backwards: Vec<(&str, &str)> = variables.iter().rev().copied().collect();
    read(&[&backwards[..], &count].concat());
    read(&[variables, &count].concat());
}

#[test]
fn every_kind_of_clone_is_read_like_a_plain_one() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second"]);
    let expected = [repository.hash("HEAD~1"), repository.hash("HEAD")];
    repository.git(&["clone", "--quiet", "--bare", ".", "../bare.git"]);
    repository.git(&["worktree", "add", "--quiet", "../linked", "-b", "linked"]);
    repository.git(&["clone", "--quiet", ".", "../super"]);
    let superproject = repository.beside("super");
    let source = repository.path();
    git(&superproject, &["submodule", "--quiet", "add", source.to_str().expect("letters"), "vendored"]);
    std::os::unix::fs::symlink("repo", repository.beside("link")).expect("a link");
    // Changes in one work tree do not affect another one, and a bare repository has none.
    repository.write("NOTES", "changed");
    let said = repository.refusal(&["history", "--repository=repo", "--range=HEAD~1..HEAD"]);
    assert!(said.contains("has uncommitted changes (M NOTES)"), "{said}");
    for clone in ["bare.git", "linked", "super/vendored", "repo/.git"] {
        assert_eq!(repository.history(clone, "HEAD~1..HEAD", &[]), expected, "{clone}");
    }
    repository.git(&["checkout", "--quiet", "NOTES"]);
    for clone in ["repo", "link", "./super/../repo"] {
        assert_eq!(repository.history(clone, "HEAD~1..HEAD", &[]), expected, "{clone}");
    }
    // A submodule that was not fetched is an empty folder of the repository around it.
    git(&superproject, &["commit", "--quiet", "-m", "add it"]);
    git(&superproject, &["submodule", "--quiet", "deinit", "--force", "vendored"]);
    for refused in
        [["history", "--repository=super/vendored", "--range=HEAD"], ["compare", "super/vendored@HEAD", "0.2.5"]]
    {
        let said = repository.refusal(&refused);
        assert!(said.contains("super/vendored is not a folder of commit"), "{said}");
        assert!(said.contains("git submodule update --init"), "{said}");
    }
}

#[test]
fn a_repository_of_another_owner_is_refused_with_git_s_message() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second"]);
    for arguments in [
        ["compare", "repo@HEAD", "0.2.5"],
        ["history", "--repository=repo", "--range=HEAD"],
        ["trend", "--repository=repo", "--output=out"],
    ] {
        let mut program = repository.program();
        program.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").args(arguments);
        let said = text(&program.assert().code(2).stdout(""));
        assert!(said.contains("detected dubious ownership in repository at"), "{said}");
        assert!(said.contains("git config --global --add safe.directory"), "{said}");
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    // As in containers.
    let trusting: [&[(&str, &str)]; 2] = [
        &[("GIT_CONFIG_COUNT", "1"), ("GIT_CONFIG_KEY_0", "safe.directory"), ("GIT_CONFIG_VALUE_0", "*")],
        &[("GIT_CONFIG_PARAMETERS", "'safe.directory'='*'")],
    ];
    for trusting in trusting {
        let mut program = repository.program();
        program.env("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1").envs(trusting.iter().copied());
        program.args(["history", "--repository=repo", "--range=HEAD", "--output=out"]);
        assert_eq!(not_built(&text(&program.assert().code(2))).len(), 2);
    }
}

#[test]
fn folders_that_are_not_repositories_are_named() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first"]);
    fs::create_dir(repository.beside("plain")).expect("a folder");
    fs::create_dir(repository.beside("lost")).expect("a folder");
    fs::write(repository.beside("lost/.git"), "gitdir: /nowhere/at/all\n").expect("a file");
    fs::create_dir(repository.beside("empty")).expect("a folder");
    git(&repository.beside("empty"), &["init", "--quiet"]);
    for (folder, why) in [
        ("plain", "plain is not in a git repository"),
        ("nowhere", "nowhere: cannot change to 'nowhere': No such file or directory"),
        ("lost", "lost: not a git repository: /nowhere/at/all"),
        ("empty", "empty has no revision 'HEAD'"),
    ] {
        let repository_argument = format!("--repository={folder}");
        let said = repository.refusal(&["history", &repository_argument, "--range=HEAD"]);
        assert!(said.contains(why) && said.lines().count() == 1, "{folder}: {said}");
    }
    let mut program = repository.program();
    program.env("PATH", "").args(["history", "--repository=repo", "--range=HEAD"]);
    let said = text(&program.assert().code(2).stdout(""));
    assert!(said.contains("cannot run git"), "{said}");
}

/// Neither this program nor the programs in the configuration write into it.
#[test]
fn nothing_is_written_into_a_clone() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second", "third"]);
    let monitor = repository.beside("monitor");
    fs::write(&monitor, "#!/bin/sh\ntouch \"$0.was-run\"\n").expect("a script");
    fs::set_permissions(&monitor, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a program");
    let monitor = monitor.to_str().expect("letters");
    for (key, value) in [
        ("core.fsmonitor", monitor),
        ("core.hooksPath", repository.beside("").to_str().expect("letters")),
        ("core.pager", monitor),
        ("core.untrackedCache", "true"),
        ("color.ui", "always"),
        ("column.ui", "always"),
        ("diff.external", monitor),
        ("format.pretty", "fuller"),
        ("gc.auto", "1"),
        ("log.date", "relative"),
        ("log.showSignature", "true"),
        ("pager.log", "true"),
        ("status.branch", "true"),
        ("status.showUntrackedFiles", "all"),
    ] {
        repository.git(&["config", key, value]);
    }
    fs::write(repository.beside("post-index-change"), fs::read(monitor).expect("a script")).expect("a script");
    repository.write("untracked", "");
    // The index has the file's old time.
    let manifest = fs::File::options().append(true).open(repository.path().join("Cargo.toml")).expect("a file");
    manifest.set_modified(std::time::SystemTime::now() + std::time::Duration::from_secs(5)).expect("a time");
    let before = contents(&repository.path());
    assert_eq!(repository.history("repo", "HEAD~1..HEAD", &[]).len(), 2);
    repository.program().args(["compare", "repo@HEAD~1", "repo@HEAD", "--output=out"]).assert().code(2);
    let search = ["bisect", "--repository=repo", "--good=HEAD~2", "--bad=HEAD", "--workload=cycles", "--tracking=full"];
    repository.program().args(search).assert().code(2);
    repository.program().args(["trend", "--repository=repo", "--file=NOTES", "--output=out"]).assert().code(2);
    assert_eq!(contents(&repository.path()), before);
    assert!(!repository.beside("monitor.was-run").exists(), "no program of the configuration is run");
    assert!(!repository.beside("post-index-change.was-run").exists());
}

/// A shallow clone has the end of a history, which is enough to answer some questions.
#[test]
fn a_shallow_clone_is_refused_if_it_matters() {
    if !has_git() {
        return;
    }
    let names: Vec<String> = (0..10).map(|n| n.to_string()).collect();
    let repository = Repository::line(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let old = repository.git(&["rev-parse", "HEAD~8"]);
    let source = format!("file://{}", repository.path().display());
    git(&repository.beside(""), &["clone", "--quiet", "--depth=4", &source, "shallow"]);
    git(&repository.beside("shallow"), &["fetch", "--quiet", "--depth=1", "origin", &old]);

    let within = repository.history("shallow", "HEAD~3..HEAD", &[]);
    assert_eq!(within, ["HEAD~3", "HEAD~2", "HEAD~1", "HEAD"].map(|revision| repository.hash(revision)));
    repository.program().args(["compare", "shallow@HEAD~3", "shallow@HEAD"]).assert().code(2);
    for range in ["HEAD", &format!("{old}..HEAD"), &format!("HEAD..{old}"), &format!("HEAD ^{old}")] {
        let said = repository.refusal(&["history", "--repository=shallow", &format!("--range={range}")]);
        assert!(
            said.contains("shallow is a shallow clone") && said.contains("git fetch --unshallow"),
            "{range}: {said}"
        );
        assert_eq!(said.lines().count(), 1, "{said}");
    }
    let bisect = |good: &str, bad: &str| {
        let ends = [format!("--good={good}"), format!("--bad={bad}")];
        let mut program = repository.program();
        program.args(["bisect", "--repository=shallow", "--workload=cycles", "--tracking=full"]).args(ends);
        program.assert().code(2)
    };
    for (good, bad) in [(old.as_str(), "HEAD"), ("HEAD", old.as_str())] {
        let assert = bisect(good, bad).stdout("");
        assert!(text(&assert).contains("shallow is a shallow clone"), "{}", text(&assert));
    }
    bisect("HEAD~3", "HEAD").stdout(predicates::str::starts_with("2 commits between"));
    let said = repository.refusal(&["compare", "shallow@HEAD~4", "0.2.5"]);
    assert!(said.contains("has no revision 'HEAD~4' (it is a shallow clone"), "{said}");
}

/// A partial clone would fetch missing objects, into the user's clone and in the middle of a run.
#[test]
fn a_partial_clone_is_not_completed() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second", "third"]);
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    repository.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    let source = format!("file://{}", repository.path().display());
    let clone = |filter: &str, name: &str, more: &[&str]| {
        let arguments = [&["clone", "--quiet", filter, &source, name], more].concat();
        git(&repository.beside(""), &arguments);
    };
    clone("--filter=blob:none", "blobless", &[]);
    clone("--filter=tree:0", "treeless", &["--bare"]);
    for name in ["blobless", "treeless"] {
        let before = contents(&repository.beside(name));
        for arguments in [
            vec!["history".to_owned(), format!("--repository={name}"), "--range=HEAD~2..HEAD".to_owned()],
            vec!["compare".to_owned(), format!("{name}@HEAD~1"), "0.2.5".to_owned()],
            vec!["trend".to_owned(), format!("--repository={name}"), "--file=NOTES".to_owned()],
        ] {
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            let said = repository.refusal(&arguments);
            assert!(said.contains(&format!("{name} is a partial clone and lacks")), "{said}");
            assert!(said.contains("git fetch --refetch --no-filter") && said.lines().count() == 1, "{said}");
        }
        assert_eq!(contents(&repository.beside(name)), before, "{name}");
    }
    // The checked-out files exist.
    repository.program().args(["compare", "blobless@HEAD", "blobless@HEAD~0", "--output=out"]).assert().code(2);
    let said =
        text(&repository.program().args(["history", "--repository=blobless", "--range=HEAD^!"]).assert().code(2));
    assert!(said.contains("partial clone"), "the parent was not checked out: {said}");
}

#[test]
fn changes_that_are_not_committed_are_named() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first", "second"]);
    let refused = |why: &str| {
        let said = repository.refusal(&["history", "--repository=repo", "--range=HEAD"]);
        assert!(said.contains(&format!("has uncommitted changes ({why})")), "{said}");
        repository.git(&["reset", "--quiet", "--hard"]);
        assert_eq!(repository.history("repo", "HEAD", &[]).len(), 2);
    };
    repository.write("NOTES", "changed");
    refused("M NOTES");
    repository.write("a\n b", "");
    repository.git(&["add", "--intent-to-add", "a\n b"]);
    // An error is one line.
    refused("A a  b");
    repository.git(&["mv", "NOTES", "WORDS"]);
    refused("R  WORDS");
    repository.git(&["rm", "--quiet", "NOTES"]);
    refused("D  NOTES");
    repository.git(&["config", "status.branch", "true"]);
    repository.git(&["config", "diff.ignoreSubmodules", "all"]);
    fs::remove_file(repository.path().join("NOTES")).expect("a file");
    refused("D NOTES");
    // Files that git ignores on the user's request, and files that it does not track.
    repository.git(&["update-index", "--assume-unchanged", "NOTES"]);
    repository.write("NOTES", "changed");
    repository.write("untracked", "");
    assert_eq!(repository.history("repo", "HEAD", &[]).len(), 2);
}
