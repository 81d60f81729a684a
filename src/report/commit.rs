//! The commits of builds in reports. A name such as `../memscope-rs@main` means another commit when the branch has
//! moved.

use crate::platform::git::{abbreviate, described};

/// Returns what a build's name leaves open: its commit, unless the name is the commit's, and its subject line.
pub(crate) fn beside(name: &str, about: Option<&str>, commit: Option<&str>) -> Vec<String> {
    let commit = commit.filter(|commit| abbreviate(commit) != name).map(described);
    commit.into_iter().chain(about.map(str::to_owned)).collect()
}

/// Returns a note on the commits of builds; `None` if no name leaves one open. A build has a name and, if they are
/// known, a subject line and a commit.
pub(crate) fn note<'a>(
    builds: impl IntoIterator<Item = (&'a str, Option<&'a str>, Option<&'a str>)>,
) -> Option<String> {
    let named = builds.into_iter().filter_map(|(name, about, commit)| {
        let commit = beside(name, None, commit).pop()?;
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
        assert_eq!(beside("../m@main", Some("mend"), Some(HASH)), ["519ef925", "mend"]);
        assert_eq!(beside("../m", None, Some(&changed)), ["519ef925 with changes"]);
        assert_eq!(beside("519ef925", Some("mend"), Some(HASH)), ["mend"], "the name of a commit in a history");
        assert_eq!(beside("0.2.5", None, None), [""; 0]);
    }

    #[test]
    fn one_note_names_all_commits() {
        let builds = [("0.2.5", None, None), ("../m@main", Some("mend"), Some(HASH)), ("../m", None, Some("0123"))];
        assert_eq!(note(builds).as_deref(), Some("Commits: ../m@main is 519ef925 (mend); ../m is 0123."));
        assert_eq!(note([("0.2.5", None, None), ("519ef925", Some("mend"), Some(HASH))]), None);
    }
}
