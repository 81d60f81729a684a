//! The published versions of memscope-rs, from cargo's local index of crates.io.

use crate::builds::{PACKAGE, ResolveError};
use crate::platform::children::Running;
use crate::platform::system;
use chrono::{DateTime, Utc};
use semver::Version;
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::sync::Once;

/// The published versions in cargo's local index, which is as old as cargo's last query of crates.io.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The versions that can be built, oldest first.
    pub versions: Vec<Version>,
    /// The yanked versions.
    pub yanked: Vec<Version>,
    /// The date of the index.
    pub written: Option<DateTime<Utc>>,
}

impl fmt::Display for Published {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let date = self.written.map_or("an unknown day".to_owned(), |written| written.format("%Y-%m-%d").to_string());
        let [versions, yanked] = [&self.versions, &self.yanked].map(|versions| list(versions));
        let yanked = if yanked.is_empty() { yanked } else { format!(", and as yanked {yanked}") };
        write!(
            f,
            "cargo's local index of crates.io, as of {date}, which lists {versions}{yanked}; `cargo update --dry-run` \
             in {} refreshes it",
            env!("CARGO_MANIFEST_DIR")
        )
    }
}

/// Joins versions with commas.
pub(super) fn list(versions: &[Version]) -> String {
    versions.iter().map(Version::to_string).collect::<Vec<_>>().join(", ")
}

/// Reads all published versions. Cargo looked the package up when it built this one.
///
/// # Errors
/// If there is no index.
pub(crate) fn published() -> Result<Published, ResolveError> {
    let indexes = system::cargo_home().unwrap_or_default().join("registry/index");
    let no_index = |_| ResolveError::NoIndex(indexes.clone());
    let mut published = Published::default();
    for index in fs::read_dir(&indexes).map_err(no_index)? {
        let Ok(path) = index.map(|index| index.path().join(".cache/me/ms").join(PACKAGE)) else { continue };
        let Ok(entries) = fs::read(&path) else { continue };
        published.add(&entries);
        let written = fs::metadata(&path).and_then(|file| file.modified()).ok().map(DateTime::from);
        published.written = published.written.max(written);
    }
    if published.versions.is_empty() { Err(ResolveError::NoIndex(indexes)) } else { Ok(published) }
}

impl Published {
    /// Adds the versions in cargo's index of a package. Its entries are the registry's lines of JSON, with zero bytes
    /// around them. A version counts as yanked only if every index that contains it lists it as yanked.
    fn add(&mut self, entries: &[u8]) {
        #[derive(serde::Deserialize)]
        struct Entry {
            vers: Version,
            #[serde(default)]
            yanked: bool,
        }
        let entries = entries.split(|&byte| byte == 0).filter_map(|entry| serde_json::from_slice::<Entry>(entry).ok());
        for entry in entries {
            let list = if entry.yanked { &mut self.yanked } else { &mut self.versions };
            list.push(entry.vers);
        }
        for list in [&mut self.versions, &mut self.yanked] {
            list.sort();
            list.dedup();
        }
        let Self { versions, yanked, .. } = self;
        yanked.retain(|version| !versions.contains(version));
    }
}

/// Checks that crates.io has a version. A version missing from the local index may be newer than the index, so cargo
/// queries again.
///
/// # Errors
/// If the version is unknown or yanked.
pub(super) fn check_published(version: &Version) -> Result<(), ResolveError> {
    let has = |versions: &[Version]| versions.iter().any(|known| known.cmp_precedence(version).is_eq());
    // Without an index, cargo decides during the build.
    let Ok(mut known) = published() else { return Ok(()) };
    if !has(&known.versions) {
        refresh_index();
        known = published()?;
    }
    match () {
        () if has(&known.versions) => Ok(()),
        () if has(&known.yanked) => Err(ResolveError::Yanked { version: version.clone(), others: known.versions }),
        () => Err(ResolveError::NotInIndex { version: version.clone(), known }),
    }
}

/// Makes cargo query crates.io, once in a run. It changes only cargo's own index, and does nothing without cargo or a
/// network.
fn refresh_index() {
    static REFRESHED: Once = Once::new();
    REFRESHED.call_once(|| {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let mut cargo = system::cargo();
        cargo.args(["update", "--dry-run", "--quiet", "--package", PACKAGE, "--manifest-path"]).arg(manifest);
        cargo.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let _ = Running::start(&mut cargo).and_then(|mut running| running.child.wait());
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_from_an_index() {
        let entries = b"\x03\x02\x00\x00\x00etag\x000.1.0\x00{\"vers\":\"0.1.0\",\"yanked\":false}\x000.1.1\x00\
            {\"vers\":\"0.1.1\",\"yanked\":true}\x00";
        let mut published = Published::default();
        published.add(b"nothing");
        assert_eq!(published, Published::default());
        published.add(entries);
        assert_eq!(published.versions, [Version::new(0, 1, 0)]);
        assert_eq!(published.yanked, [Version::new(0, 1, 1)]);
        published.written = "2026-01-02T03:04:05Z".parse().ok();
        let text = published.to_string();
        let expected = "as of 2026-01-02, which lists 0.1.0, and as yanked 0.1.1; `cargo update --dry-run` in ";
        assert!(text.contains(expected), "{text}");
        // Another index, which was written later or earlier.
        published.add(b"\0{\"vers\":\"0.1.1\"}\0");
        assert_eq!(published.versions, [Version::new(0, 1, 0), Version::new(0, 1, 1)]);
        assert_eq!(published.yanked, []);
    }
}
