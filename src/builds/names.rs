//! Short names of builds, for tables and charts.

use crate::platform::git::abbreviate;
use std::collections::HashSet;

/// The maximum number of characters of a short name.
const MAX_CHARACTERS: usize = 14;
/// The maximum number of digits of the number that distinguishes equal names.
const NUMBER: usize = 4;

/// Shortens a list of names to at most 14 characters each, if one of them is longer. Names that differ stay different.
///
/// Common folders and repositories of the names are dropped first: `../memscope-rs@v0.2.4` and `../memscope-rs@7c0b769`
/// become `v0.2.4` and `7c0b769`. A name that is still too long is cut.
pub(crate) fn shorten<S: AsRef<str>>(names: &[S]) -> Vec<String> {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let is_unique = |form: &str, name: &str| {
        let mut others = names.iter().filter(|other| **other != name);
        !form.is_empty() && others.all(|other| *other != form && !forms(other, 0).any(|theirs| theirs == form))
    };
    let unique_form = |name: &str| forms(name, shared(name, &names)).find(|form| is_unique(form, name));
    let long = names.iter().filter(|name| is_long(name));
    let dropped: HashSet<&str> = long.filter_map(|name| name.strip_suffix(&unique_form(name)?)).collect();
    let short = |(place, &name): (usize, &&str)| {
        if is_long(name) {
            let rest = name[shared(name, &names)..].chars().take(MAX_CHARACTERS - 1 - NUMBER).collect::<String>();
            return unique_form(name).unwrap_or_else(|| format!("{rest}…{}", place + 1));
        }
        // A name that fits loses the same prefix as those that do not.
        let rest = dropped.iter().filter_map(|prefix| name.strip_prefix(prefix)).find(|rest| is_unique(rest, name));
        rest.unwrap_or(name).to_owned()
    };
    names.iter().enumerate().map(short).collect()
}

fn is_long(name: &str) -> bool {
    name.chars().count() > MAX_CHARACTERS
}

/// Returns the length of the folders and the repository that a name shares with another one, in bytes.
fn shared(name: &str, names: &[&str]) -> usize {
    let common = |other: &&str| {
        let equal = name.chars().zip(other.chars()).take_while(|(one, other)| one == other);
        let length: usize = equal.map(|(one, _)| one.len_utf8()).sum();
        name[..length].rfind(['/', '@']).map_or(0, |place| place + 1)
    };
    names.iter().filter(|other| **other != name).map(common).max().unwrap_or(0)
}

/// Returns the short forms of a name, the best first: its parts after a `/` or `@`, beginning after the common prefix,
/// the first digits of a hash, and its end.
fn forms(name: &str, shared: usize) -> impl Iterator<Item = String> {
    let starts = || name.match_indices(['/', '@']).map(|(place, _)| place + 1);
    let starts = starts().filter(move |&start| start >= shared).chain(starts().filter(move |&start| start < shared));
    let parts = starts.map(|start| &name[start..]).filter(|part| !is_long(part)).map(str::to_owned);
    let last = name.rsplit(['/', '@']).next().unwrap_or_default();
    let is_hash = is_long(last) && last.bytes().all(|byte| byte.is_ascii_hexdigit());
    let end = || {
        format!("…{}", name.chars().skip(name.chars().count().saturating_sub(MAX_CHARACTERS - 1)).collect::<String>())
    };
    parts.chain(is_hash.then(|| abbreviate(last).to_owned())).chain(std::iter::once_with(end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_fit_are_unchanged() {
        for names in [&["0.2.4", "0.2.5"][..], &["../memscope-rs", "0.2.5"], &["../ms@v1", "../ms@v2"], &[]] {
            assert_eq!(shorten(names), names);
        }
    }

    #[test]
    fn long_names_lose_their_common_parts() {
        for (names, short) in [
            (&["../memscope-rs@v0.2.4", "../memscope-rs@7c0b769"][..], &["v0.2.4", "7c0b769"][..]),
            // The first one fits, but is shortened anyway.
            (&["../ms@v1", "../ms@a-long-branch"], &["v1", "a-long-branch"]),
            (&["0.2.5", "../memscope-rs@main", "../memscope-rs"], &["0.2.5", "main", "../memscope-rs"]),
            (&["/home/somebody/a", "/home/somebody/b"], &["a", "b"]),
            (&["../memscope-rs@7c0b769aa0d1f4c3b2a19f8e7d6c5b4a39281706"], &["7c0b769a"]),
        ] {
            assert_eq!(shorten(names), short);
        }
    }

    #[test]
    fn a_part_shared_by_two_names_identifies_neither() {
        let names = ["../memscope-rs@7c0b769", "../memscope-fork@7c0b769"];
        assert_eq!(shorten(&names), ["…pe-rs@7c0b769", "…-fork@7c0b769"]);
        assert_eq!(shorten(&["../memscope-rs@0.2.5", "0.2.5"]), ["…cope-rs@0.2.5", "0.2.5"]);
        let branches = ["../memscope-rs@one/allocation-hot-path", "../memscope-rs@two/allocation-hot-path"];
        assert_eq!(shorten(&branches), ["one/alloc…1", "two/alloc…2"]);
        assert_eq!(shorten(&["one and the same", "one and the same"]), ["… and the same"; 2]);
    }

    proptest! {
        #[test]
        fn short_names_fit_and_differ(names in prop::collection::hash_set("[a-c/@.ß]{1,20}", 0..12)) {
            let names: Vec<String> = names.into_iter().collect();
            let short = shorten(&names);
            prop_assert!(short.iter().all(|name| name.chars().count() <= MAX_CHARACTERS), "{:?}", short);
            prop_assert_eq!(short.iter().collect::<HashSet<_>>().len(), names.len(), "{:?}", short);
        }
    }
}
