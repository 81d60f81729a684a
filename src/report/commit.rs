//! The commits of builds in reports. A name such as `../memscope-rs@main` means another commit when the branch has
//! moved.

use crate::platform::git::{abbreviate, described};

/// The number of digits from which a hash in a name is enough for a reader. Git prints at least as many.
const MIN_DIGITS: usize = 7;
/// The number of digits of a complete hash.
const HASH_DIGITS: usize = 40;

/// Returns a build's name for a sentence, with its commit, unless the name has its hash, and its subject line.
pub(crate) fn named(name: &str, about: Option<&str>, commit: Option<&str>) -> String {
    let short = commit.and_then(|commit| Some(format!("{}{}", name.strip_suffix(commit)?, abbreviate(commit))));
    let revision = name.rsplit('@').next().unwrap_or_default();
    let has_hash = |commit: &&str| revision.len() >= MIN_DIGITS && commit.starts_with(revision);
    let commit = commit.filter(|commit| !has_hash(commit)).map(described);
    let beside: Vec<String> = commit.into_iter().chain(about.map(short_hashes)).collect();
    let name = short.as_deref().unwrap_or(name);
    if beside.is_empty() { name.to_owned() } else { format!("{name} ({})", beside.join(", ")) }
}

/// Returns a subject line with abbreviated hashes. That of a pull request's merge has two.
fn short_hashes(subject: &str) -> String {
    let is_hash = |word: &str| word.len() == HASH_DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    let short = |word| if is_hash(word) { abbreviate(word) } else { word };
    subject.split(' ').map(short).collect::<Vec<_>>().join(" ")
}

/// Returns a note on the commits of builds; `None` if no name leaves one open. A build has a name and, if they are
/// known, a subject line and a commit.
pub(crate) fn note<'a>(
    builds: impl IntoIterator<Item = (&'a str, Option<&'a str>, Option<&'a str>)>,
) -> Option<String> {
    let named = builds.into_iter().filter_map(|(name, about, commit)| {
        let commit = commit.filter(|commit| abbreviate(commit) != name).map(described)?;
        let about = about.map_or(String::new(), |about| format!(" ({about})"));
        Some(format!("{name} is {commit}{about}"))
    });
    let named: Vec<String> = named.collect();
    (!named.is_empty()).then(|| format!("Commits: {}.", named.join("; ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: &str = "519ef9253d0c6ea1b4f0a54f3c6f8b1f2a3d4c5e";

    #[test]
    fn a_name_that_moves_has_its_commit_beside_it() {
        let changed = format!("{HASH}-dirty");
        assert_eq!(named("../m@main", Some("mend"), Some(HASH)), "../m@main (519ef925, mend)");
        assert_eq!(named("../m", None, Some(&changed)), "../m (519ef925 with changes)");
        assert_eq!(named("../m@51", None, Some(HASH)), "../m@51 (519ef925)", "it may be a tag");
        assert_eq!(named("0.2.5", None, None), "0.2.5");
    }

    #[test]
    fn a_hash_is_shown_once_and_abbreviated() {
        assert_eq!(named("519ef925", Some("mend"), Some(HASH)), "519ef925 (mend)");
        assert_eq!(named("../m@519ef92", None, Some(HASH)), "../m@519ef92");
        assert_eq!(named(&format!("../m@{HASH}"), Some("mend"), Some(HASH)), "../m@519ef925 (mend)");
        let merge = format!("Merge {HASH} into main");
        assert_eq!(named("../m@519ef92", Some(&merge), Some(HASH)), "../m@519ef92 (Merge 519ef925 into main)");
    }

    #[test]
    fn one_note_names_all_commits() {
        let builds = [("0.2.5", None, None), ("../m@main", Some("mend"), Some(HASH)), ("../m", None, Some("0123"))];
        assert_eq!(note(builds).as_deref(), Some("Commits: ../m@main is 519ef925 (mend); ../m is 0123."));
        assert_eq!(note([("0.2.5", None, None), ("519ef925", Some("mend"), Some(HASH))]), None);
    }
}
