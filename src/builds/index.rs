//! The published versions of memscope-rs, from cargo's local index of crates.io.

use crate::builds::{PACKAGE, ResolveError, spec};
use crate::platform::children::Running;
use crate::platform::{console, system};
use chrono::{DateTime, Utc};
use semver::Version;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Once;
use std::thread;
use std::time::{Duration, Instant};

/// The time that cargo has to ask crates.io.
const PATIENCE: Duration = Duration::from_secs(30);

/// The published versions in cargo's local index, which is as old as cargo's last query of crates.io.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Published {
    /// The versions that can be built, oldest first.
    pub versions: Vec<Version>,
    /// The yanked versions.
    pub yanked: Vec<Version>,
    /// The features of each version, by name.
    pub features: BTreeMap<Version, BTreeSet<String>>,
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
        let entries = entries.split(|&byte| byte == 0).filter_map(|entry| serde_json::from_slice::<Entry>(entry).ok());
        for entry in entries {
            self.features.entry(entry.vers.clone()).or_default().extend(entry.feature_names());
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

    /// Checks that a version has the features that its name names.
    ///
    /// # Errors
    /// If it lacks one.
    fn check_features(&self, version: &Version) -> Result<(), ResolveError> {
        let known = self.features.iter().find(|(known, _)| known.cmp_precedence(version).is_eq());
        let Some((_, known)) = known else { return Ok(()) };
        match spec::features(version).find(|feature| !known.contains(*feature)) {
            None => Ok(()),
            Some(missing) => Err(ResolveError::NoFeature {
                version: spec::without_features(version),
                feature: missing.to_owned(),
                others: known.iter().cloned().collect(),
            }),
        }
    }
}

/// A version in a registry's index.
#[derive(serde::Deserialize)]
struct Entry {
    vers: Version,
    #[serde(default)]
    yanked: bool,
    #[serde(default)]
    features: Features,
    /// Those that older versions of cargo could not read.
    #[serde(default)]
    features2: Option<Features>,
    #[serde(default)]
    deps: Vec<Dependency>,
}

/// Features by name, each with the features and dependencies that it turns on.
type Features = BTreeMap<String, Vec<String>>;

/// A dependency of a version in an index.
#[derive(serde::Deserialize)]
struct Dependency {
    name: String,
    #[serde(default)]
    optional: bool,
}

impl Entry {
    /// Returns the names of its features. An optional dependency is one too, unless a feature turns it on by `dep:`.
    fn feature_names(&self) -> BTreeSet<String> {
        let features = || self.features.iter().chain(self.features2.iter().flatten());
        let by_name: BTreeSet<&str> =
            features().flat_map(|(_, turned_on)| turned_on).filter_map(|part| part.strip_prefix("dep:")).collect();
        let optional = self.deps.iter().filter(|dependency| dependency.optional).map(|dependency| &dependency.name);
        let implied = optional.filter(|name| !by_name.contains(name.as_str()));
        features().map(|(name, _)| name).chain(implied).cloned().collect()
    }
}

/// Checks that crates.io has a version, with the features that its name names. A version missing from the local index
/// may be newer than the index, so cargo queries again.
///
/// # Errors
/// If the version is unknown or yanked, or lacks a feature.
pub(super) fn check_published(version: &Version) -> Result<(), ResolveError> {
    let has = |versions: &[Version]| versions.iter().any(|known| known.cmp_precedence(version).is_eq());
    // Without an index, cargo decides during the build.
    let Ok(mut known) = published() else { return Ok(()) };
    if !has(&known.versions) {
        refresh_index(&spec::without_features(version));
        known = published()?;
    }
    match () {
        () if has(&known.versions) => known.check_features(version),
        () if has(&known.yanked) => Err(ResolveError::Yanked { version: version.clone(), others: known.versions }),
        () => Err(ResolveError::NotInIndex { version: version.clone(), known: Box::new(known) }),
    }
}

/// Makes cargo query crates.io, once in a run, because its index lacks a version. It changes only that index, and does
/// nothing without cargo or a network.
fn refresh_index(missing: &Version) {
    static REFRESHED: Once = Once::new();
    REFRESHED.call_once(|| {
        console::complain(format_args!("cargo's local index has no {PACKAGE} {missing} to build: asking crates.io"));
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut cargo = system::cargo();
        cargo.args(["update", "--dry-run", "--quiet", "--package", PACKAGE, "--manifest-path"]);
        // The user's folder chooses neither the toolchain nor the configuration.
        cargo.arg(package.join("Cargo.toml")).current_dir(package);
        if !ends_within(&mut cargo, PATIENCE) {
            let seconds = PATIENCE.as_secs();
            console::complain(format_args!("cargo did not answer within {seconds} s, and the index stays as it is"));
        }
    });
}

/// Runs a command silently to its end, and returns whether it ended in time; otherwise it is ended. One that cannot be
/// started has ended.
fn ends_within(command: &mut Command, time: Duration) -> bool {
    const PAUSE: Duration = Duration::from_millis(10);
    let began = Instant::now();
    let silent = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let Ok(mut running) = Running::start(silent) else { return true };
    while let Ok(None) = running.child.try_wait() {
        if began.elapsed() >= time {
            return false;
        }
        thread::sleep(PAUSE);
    }
    true
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
        assert!(published.features.values().all(BTreeSet::is_empty));
        // Another index, which was written later or earlier.
        published.add(b"\0{\"vers\":\"0.1.1\"}\0");
        assert_eq!(published.versions, [Version::new(0, 1, 0), Version::new(0, 1, 1)]);
        assert_eq!(published.yanked, []);
    }

    #[test]
    fn the_features_of_a_version_are_those_of_cargo() {
        let of = |entry: &str| {
            let mut published = Published::default();
            published.add(format!("\0{entry}\0").as_bytes());
            published
        };
        let entry = r#"{"vers":"0.2.5","features":{"default":["derive"],"atexit":[]},"features2":{"derive":
            ["dep:memscope-derive"]},"deps":[{"name":"memscope-derive","optional":true},
            {"name":"backtrace","optional":true},{"name":"libc","optional":false}]}"#;
        let published = of(entry);
        let names: Vec<&str> = published.features.values().flatten().map(String::as_str).collect();
        assert_eq!(names, ["atexit", "backtrace", "default", "derive"]);
        let check = |version: &str| published.check_features(&version.parse().expect("a version"));
        for known in ["0.2.5", "0.2.5+backtrace.atexit", "0.9.9+of.another.index"] {
            assert!(check(known).is_ok(), "{known}");
        }
        let why = check("0.2.5+atexit.nosuch").expect_err("it is refused").to_string();
        assert_eq!(why, "memscope-rs 0.2.5 has no feature 'nosuch': it has atexit, backtrace, default, derive");
        assert!(of(r#"{"vers":"0.2.6","features2":null}"#).check_features(&Version::new(0, 2, 6)).is_ok());
    }

    #[test]
    fn a_command_that_does_not_end_is_ended() {
        let shell = |script: &str| {
            let mut command = Command::new("sh");
            command.args(["-c", script]);
            command
        };
        assert!(ends_within(&mut shell("exit 1"), Duration::from_secs(60)));
        assert!(ends_within(&mut Command::new("/no/such/program"), Duration::ZERO));
        let began = Instant::now();
        assert!(!ends_within(&mut shell("sleep 60; :"), Duration::from_millis(50)));
        assert!(began.elapsed() < Duration::from_secs(30));
    }
}
