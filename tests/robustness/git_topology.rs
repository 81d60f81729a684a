//! Histories that are not lines: merges, earlier branches, ends that are not ancestors of each other. They follow git's
//! own rules.

use crate::common::comparison;
use crate::common::git::{Repository, has_git, text};
use memscope_bench::internal::schedule::measurement::{Clock, Measurement};
use memscope_bench::internal::study::compare::{Against, differences};

/// Returns one commit, a branch of two and a main line of two from there, their merge, and one more.
fn merged() -> Repository {
    let repository = Repository::line(&["base"]);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.commit("side 1");
    repository.commit("side 2");
    repository.git(&["checkout", "--quiet", "main"]);
    repository.commit("main 1");
    repository.commit("main 2");
    repository.merge("side");
    repository.commit("last");
    for (name, revision) in
        [("base", ":/^base"), ("s1", ":/^side 1"), ("s2", ":/^side 2"), ("m1", ":/^main 1"), ("m2", ":/^main 2")]
    {
        repository.git(&["tag", name, revision]);
    }
    repository.git(&["tag", "merge", "main~1"]);
    repository.git(&["checkout", "--quiet", "--orphan", "unrelated"]);
    repository.commit("of another kind");
    repository.git(&["checkout", "--quiet", "main"]);
    repository
}

fn history(repository: &Repository, range: &str, more: &[&str]) -> (Vec<String>, String) {
    let range = format!("--range={range}");
    let said = repository.refusal(&[&["history", "--repository=repo", &range, "--output=out"], more].concat());
    (crate::common::git::not_built(&said), said)
}

#[test]
fn a_history_starts_from_its_first_commit_s_parent() {
    if !has_git() {
        return;
    }
    let repository = merged();
    let hash = |revision: &str| repository.hash(revision);
    for (range, all, expected, note) in [
        ("base..main", false, "base m1 m2 merge main", ""),
        ("m1..main", false, "m1 m2 merge main", ""),
        ("base..side", false, "base s1 s2", ""),
        // In the history of the first commit, though not its parent: the step is everything that the start lacks.
        ("s1..main ^m2", false, "m2 merge main", ""),
        (
            "s2..main",
            false,
            "base m1 m2 merge main",
            "<s2> is not in the history of <m1>, which is compared with its first parent, <base>",
        ),
        // Not in the history of the end: the start is where the branches diverged.
        ("s2..m2", false, "base m1 m2", "<s2> is not an ancestor of <m2>: their merge base is <base>"),
        ("m1..side", false, "base s1 s2", "<m1> is not an ancestor of <s2>: their merge base is <base>"),
        ("unrelated..m1", false, "base m1", "<unrelated> is not an ancestor of <m1>: they have no merge base"),
        (
            "unrelated..m1",
            false,
            "base m1",
            "<unrelated> is not in the history of <base>, which is compared with nothing",
        ),
        // With all parents, a branch stays together, and comes before its merge.
        ("base..main", true, "base m1 m2 s1 s2 merge main", ""),
        (
            "m2..main",
            true,
            "base m2 s1 s2 merge main",
            "<m2> is not in the history of <s1>, which is compared with its first parent, <base>",
        ),
        ("merge..main", true, "merge main", ""),
        ("s2..main", true, "base s2 m1 m2 merge main", "<s2> is not in the history of <m1>"),
    ] {
        let (listed, said) = history(&repository, range, if all { &["--all-parents"] } else { &[] });
        let expected: Vec<String> = expected.split(' ').map(hash).collect();
        let sorted = |mut hashes: Vec<String>| {
            hashes.sort();
            hashes
        };
        if all {
            // Git decides the order of parallel branches.
            assert_eq!(sorted(listed), sorted(expected), "{range}: {said}");
        } else {
            assert_eq!(listed, expected, "{range}: {said}");
        }
        let names = ["base", "s1", "s2", "m1", "m2", "unrelated"];
        let note = names.iter().fold(note.to_owned(), |note, name| note.replace(&format!("<{name}>"), &hash(name)));
        assert!(said.contains(&note), "{range}: {note} in {said}");
        let is_noted = said.contains("is compared with") || said.contains("is not an ancestor");
        assert_eq!(is_noted, !note.is_empty(), "{range}: {said}");
    }
}

#[test]
fn a_merge_is_compared_with_a_start_on_its_branch() {
    if !has_git() {
        return;
    }
    // Pull requests are merged like this, with nothing between.
    let repository = Repository::line(&["base"]);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    let [one, two] = ["side 1", "side 2"].map(|subject| repository.commit(subject));
    repository.git(&["checkout", "--quiet", "main"]);
    let merge = repository.merge("side");
    let last = repository.commit("last");
    for start in [&one, &two] {
        let (listed, said) = history(&repository, &format!("{start}..main"), &[]);
        assert_eq!(listed, [start.clone(), merge.clone(), last.clone()]);
        let note = format!(
            "{start} is not on the first-parent path to {last}: the step to {merge} is everything in {merge} and not \
             in {start}"
        );
        assert!(said.contains(&note), "{said}");
    }
    let (listed, _) = history(&repository, &format!("{one}..main"), &["--all-parents"]);
    assert_eq!(listed, [one, two, merge.clone(), last.clone()]);
    let (listed, said) = history(&repository, "main~2..main", &[]);
    assert_eq!((listed.len(), said.contains("compared")), (3, false), "{said}");
}

#[test]
fn a_bisection_follows_git_s_rules() {
    if !has_git() {
        return;
    }
    let repository = merged();
    let bisect = |good: &str, bad: &str, more: &[&str]| {
        let mut program = repository.program();
        program.args([
            "bisect",
            "--repository=repo",
            "--workload=cycles",
            "--tracking=full",
            "--good",
            good,
            "--bad",
            bad,
        ]);
        let assert = program.args(more).assert().code(2);
        (String::from_utf8_lossy(&assert.get_output().stdout).into_owned(), text(&assert))
    };
    for (good, bad, all, between) in [
        ("base", "main", false, 3),
        ("base", "main", true, 5),
        ("s2", "main", false, 3),
        ("s2", "main", true, 3),
        ("m2", "merge", false, 0),
        ("m2", "merge", true, 2),
        ("base", "side", false, 1),
        ("s1", "m2", false, 1),
    ] {
        let (printed, said) = bisect(good, bad, if all { &["--all-parents"] } else { &[] });
        assert!(
            printed.starts_with(&format!("{between} commits between {}", repository.hash(good))),
            "{good} {bad}: {printed}"
        );
        assert!(said.contains("cargo cannot build"), "the search begins: {said}");
        let is_beside = good == "s1";
        assert_eq!(printed.contains("their merge base is judged first"), is_beside, "{printed}");
        assert!(
            !is_beside || printed.contains(&format!("judged first: {} base", repository.hash("base"))),
            "{printed}"
        );
    }
    // Git would refuse these after an hour, or they have no answer.
    for (good, bad, why) in [
        ("main", "base", "their merge base is BAD itself; are good and bad swapped?"),
        ("merge", "side", "their merge base is BAD itself; are good and bad swapped?"),
        ("main", "main~0", "the good and the bad commit are the same, BAD"),
        ("unrelated", "main", "they have no merge base"),
        ("nothing", "main", "has no revision 'nothing'"),
        ("base", "main..side", "has no revision 'main..side'"),
    ] {
        let (printed, said) = bisect(good, bad, &[]);
        let why = if why.contains("BAD") { why.replace("BAD", &repository.hash(bad)) } else { why.to_owned() };
        assert!(printed.is_empty() && said.contains(&why) && said.lines().count() == 1, "{good} {bad}: {said}");
        assert!(!repository.beside("out").exists());
    }
}

/// A commit is compared with its own parent, or the nearest earlier commit with a figure, not with the previous one in
/// the list.
#[test]
fn each_commit_is_compared_with_its_own_reference() {
    let measured = comparison(Clock::Wall);
    let measurements: Vec<&[Measurement]> = measured.builds.iter().map(|build| build.measurements.as_slice()).collect();
    let compared = |references: &[Option<usize>]| {
        let found =
            differences(&measurements, &Against::Each(references.to_vec()), &measured.plan.groups(), Clock::Wall, 3.0);
        let full = found.iter().filter(|difference| difference.level.to_string() == "full");
        full.map(|difference| (difference.build, difference.reference)).collect::<Vec<_>>()
    };
    // The second one timed out under full, and the fourth was not built.
    assert_eq!(compared(&[None, Some(0), Some(0), Some(2)]), [(2, 0)]);
    assert_eq!(compared(&[None, Some(0), Some(1), Some(2)]), [(2, 0)]);
    assert_eq!(compared(&[None, None, Some(1), None]), []);
    assert_eq!(compared(&[None, Some(0), None, None]), []);
}
