//! Every notation of a revision and of a range that git accepts, and git's own messages for the others.

use crate::common::git::{Repository, git, has_git};

/// Returns three commits whose packages have the commits' names, so a refusal shows which one was read.
fn named() -> Repository {
    let repository = Repository::new();
    for name in ["first", "second", "third"] {
        repository.write("Cargo.toml", format!("[package]\nname = \"{name}\"\n"));
        repository.commit(&format!("the {name} one"));
    }
    repository
}

#[test]
fn a_revision_means_the_same_as_to_git() {
    if !has_git() {
        return;
    }
    let repository = named();
    repository.git(&["tag", "light", "HEAD~1"]);
    repository.git(&["tag", "-a", "v1", "-m", "a tag", "HEAD~1"]);
    repository.git(&["tag", "-a", "nested", "-m", "a tag of a tag", "v1"]);
    repository.git(&["branch", "feature/a-b", "HEAD~2"]);
    repository.git(&["branch", "user@host-branch", "HEAD~2"]);
    repository.git(&["branch", "--track", "following", "main"]);
    repository.git(&["checkout", "--quiet", "following"]);
    let [first, second, third] = ["HEAD~2", "HEAD~1", "HEAD"].map(|revision| repository.git(&["rev-parse", revision]));
    repository.git(&["clone", "--quiet", ".", "../dir@2"]);
    let read = |subject: &str, expected: &str| {
        let said = repository.refusal(&["compare", subject, "0.2.5"]);
        assert!(said.contains(&format!("its Cargo.toml is that of {expected}")), "{subject}: {said}");
    };
    for (revision, expected) in [
        ("HEAD", "third"),
        ("@", "third"),
        ("HEAD~1", "second"),
        ("HEAD^^", "first"),
        ("main~2", "first"),
        ("light", "second"),
        ("v1", "second"),
        ("v1^{}", "second"),
        ("v1^{commit}", "second"),
        ("v1^0", "second"),
        ("nested", "second"),
        ("refs/tags/v1", "second"),
        ("feature/a-b", "first"),
        ("user@host-branch", "first"),
        ("user@host-branch@{0}", "first"),
        ("HEAD@{0}", "third"),
        ("main@{1}", "second"),
        ("@{-1}", "third"),
        ("@{upstream}", "third"),
        ("following@{u}~1", "second"),
        (":/the second", "second"),
        (":/the t.* one", "third"),
        ("HEAD^{/first one}", "first"),
        (&second, "second"),
        (&first[..10], "first"),
        (&format!("v1-0-g{}", &third[..8]), "third"),
    ] {
        read(&format!("repo@{revision}"), expected);
    }
    // A path with an @ in it.
    read("dir@2@HEAD~1", "second");
    read("dir@2@HEAD@{0}", "third");
    read("dir@2@v1^{}", "second");
}

#[test]
fn an_unknown_revision_is_refused_with_git_s_message() {
    if !has_git() {
        return;
    }
    let repository = named();
    // Two commits whose hashes begin alike, which the fixed dates and names of the tests ensure.
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let hashes = ["147", "148"].map(|words| repository.git(&["commit-tree", "-m", words, &tree]));
    let alike = &hashes[0][..4];
    assert_eq!(&hashes[1][..4], alike, "hashes of other commits that begin alike must be found again");
    let ambiguous = format!("short object ID {alike} is ambiguous");
    for (revision, why) in [
        ("nothing", ""),
        ("HEAD~99", ""),
        ("-x", ""),
        ("--all", ""),
        ("--output=x", ""),
        ("^HEAD", ""),
        ("HEAD..HEAD~1", ""),
        ("HEAD^!", ""),
        (":/no such words", ""),
        ("HEAD@{99}", "log for 'HEAD' only has"),
        ("main@{upstream}", "no upstream configured for branch 'main'"),
        ("HEAD:NOTES", "expected commit type, but the object dereferences to blob type"),
        (alike, &ambiguous),
    ] {
        let said = repository.refusal(&["compare", &format!("repo@{revision}"), "0.2.5"]);
        assert!(said.contains(&format!("repo has no revision '{revision}'")), "{revision}: {said}");
        assert!(said.contains(why) && said.lines().count() == 1, "{revision}: {said}");
    }
    assert!(!repository.path().join("x").exists());
}

#[test]
fn an_ambiguous_name_causes_a_warning() {
    if !has_git() {
        return;
    }
    let repository = named();
    repository.git(&["branch", "v1", "HEAD~1"]);
    repository.git(&["tag", "v1", "HEAD"]);
    let said = repository.refusal(&["compare", "repo@v1", "0.2.5"]);
    assert!(said.contains("repo: git warns: refname 'v1' is ambiguous."), "{said}");
    assert!(said.contains("its Cargo.toml is that of third"), "{said}");
}

#[test]
fn a_range_means_the_same_as_to_git() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["one", "two", "three", "four"]);
    repository.git(&["tag", "-a", "v1", "-m", "a tag", "HEAD~2"]);
    let hashes: Vec<String> = (0..4).rev().map(|n| repository.hash(&format!("HEAD~{n}"))).collect();
    for (range, expected) in [
        ("HEAD~2..HEAD", 1..4),
        ("HEAD~2..", 1..4),
        ("v1..", 1..4),
        ("v1..HEAD~1", 1..3),
        ("HEAD ^HEAD~2", 1..4),
        ("^v1 HEAD", 1..4),
        ("  HEAD~2..HEAD ", 1..4),
        ("HEAD^!", 2..4),
        ("HEAD~1^-", 1..3),
        ("HEAD~1", 0..3),
        ("HEAD~3^!", 0..1),
        (":/two..:/four", 1..4),
        ("HEAD@{2}..HEAD@{0}", 1..4),
        ("HEAD~2..@", 1..4),
    ] {
        assert_eq!(repository.history("repo", range, &[]), hashes[expected], "{range}");
    }
    for (range, why) in [
        ("..HEAD", "is empty: it starts and ends at"),
        ("HEAD..HEAD~2", "is in the history of its start"),
        ("HEAD...HEAD~2~0 HEAD~1", "has 3 ends"),
        ("^HEAD", "has 0 ends"),
        ("HEAD~1^@ HEAD", "has 2 ends"),
        ("nothing..HEAD", "has no revision 'nothing..HEAD'"),
        ("HEAD~99..HEAD", "has no revision 'HEAD~99..HEAD'"),
        ("nothing HEAD", "has no revision 'nothing HEAD'"),
        ("NOTES", "has no revision 'NOTES'"),
        ("--all", "a range cannot contain options of `git log`"),
        ("HEAD --since=yesterday", "a range cannot contain options of `git log`"),
        ("-1", "a range cannot contain options of `git log`"),
        ("HEAD:NOTES", "expected commit type"),
        ("", "has no revision ''"),
    ] {
        let said = repository.refusal(&["history", "--repository=repo", &format!("--range={range}")]);
        assert!(said.contains(why) && said.lines().count() == 1, "{range}: {said}");
    }
}

/// Subjects in other encodings, subjects with the separators of git's formats, and replaced commits.
#[test]
fn commits_with_any_content_are_read() {
    if !has_git() {
        return;
    }
    let repository = Repository::line(&["first"]);
    repository.git(&["-c", "i18n.commitEncoding=ISO-8859-1", "commit", "--quiet", "--allow-empty", "-m", "plain"]);
    // In a declared encoding, and in an undeclared one.
    for encoding in ["encoding ISO-8859-1\n", ""] {
        let [tree, parent] = ["HEAD^{tree}", "HEAD"].map(|revision| repository.git(&["rev-parse", revision]));
        let who = "A <a@example.com> 1767225600 +0000";
        let header = format!("tree {tree}\nparent {parent}\nauthor {who}\ncommitter {who}\n{encoding}\n");
        let commit = [header.as_bytes(), b"Gr\xf6\xdfe | 1 %H\x09\r\n continued\n\nbody\n"].concat();
        std::fs::write(repository.beside("commit"), commit).expect("a file");
        let hash = repository.git(&["hash-object", "-t", "commit", "-w", "../commit"]);
        repository.git(&["update-ref", "HEAD", &hash]);
    }
    repository.git(&["commit", "--quiet", "--allow-empty", "--allow-empty-message", "-m", ""]);
    git(&repository.path(), &["notes", "add", "-m", "a note"]);
    let hashes: Vec<String> = (0..5).rev().map(|n| repository.hash(&format!("HEAD~{n}"))).collect();
    assert_eq!(repository.history("repo", "HEAD", &[]), hashes);
    let bisect = |good: &str, bad: &str| {
        let mut program = repository.program();
        program.args([
            "bisect",
            "--repository=repo",
            "--good",
            good,
            "--bad",
            bad,
            "--workload=cycles",
            "--tracking=full",
        ]);
        String::from_utf8_lossy(&program.assert().code(2).get_output().stdout).into_owned()
    };
    assert!(bisect("HEAD~3", "HEAD~2").contains("Gr\u{f6}\u{df}e | 1 %H"), "decoded as declared");
    assert!(bisect("HEAD~3", "HEAD~1").contains("Gr\u{fffd}\u{fffd}e | 1 %H"), "invalid text is marked");
}
