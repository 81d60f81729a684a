//! The user's name for a build of memscope.

use crate::builds::resolve::ResolveError;
use semver::{BuildMetadata, Version};
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A build as a user names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum BuildSpec {
    /// A version on crates.io: `0.2.5`, or with features of memscope `0.2.5+backtrace.atexit`.
    Published(Version),
    /// A folder with the package's sources: `../memscope-rs`.
    Folder(PathBuf),
    /// A revision of a local git repository: `../memscope-rs@v0.2.4`.
    Revision(PathBuf, String),
}

/// Returns a version without its features.
pub(super) fn without_features(version: &Version) -> Version {
    Version { build: BuildMetadata::EMPTY, ..version.clone() }
}

/// Returns the features of memscope for a version: its build metadata, separated by dots.
pub(super) fn features(version: &Version) -> impl Iterator<Item = &str> {
    version.build.split('.').filter(|feature| !feature.is_empty())
}

impl BuildSpec {
    /// Returns the build with one more feature of memscope; `None` for one that is not on crates.io.
    pub(crate) fn with_feature(&self, feature: &str) -> Option<Self> {
        let Self::Published(version) = self else { return None };
        let all: Vec<&str> = features(version).chain([feature]).collect();
        let build = BuildMetadata::new(&all.join(".")).ok()?;
        Some(Self::Published(Version { build, ..version.clone() }))
    }
}

impl fmt::Display for BuildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Published(version) => write!(f, "{version}"),
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Revision(repository, revision) => write!(f, "{}@{revision}", repository.display()),
        }
    }
}

impl FromStr for BuildSpec {
    type Err = ResolveError;

    fn from_str(text: &str) -> Result<Self, ResolveError> {
        if let Ok(version) = text.parse() {
            return Ok(Self::Published(version));
        }
        if PathBuf::from(text).is_dir() {
            return Ok(Self::Folder(text.into()));
        }
        // A path may contain an @, and so may a revision (`HEAD@{1}`): the longest existing folder ends the path.
        let splits = text.rmatch_indices('@').map(|(place, _)| (&text[..place], &text[place + 1..]));
        match splits.filter(|(_, revision)| !revision.is_empty()).find(|(folder, _)| Path::new(folder).is_dir()) {
            Some((folder, revision)) => Ok(Self::Revision(folder.into(), revision.to_owned())),
            None => Err(ResolveError::NotASpec(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_names_its_features() {
        let version: Version = "0.2.5+backtrace.auto-signal".parse().expect("a version");
        assert_eq!(features(&version).collect::<Vec<_>>(), ["backtrace", "auto-signal"]);
        assert_eq!(without_features(&version), Version::new(0, 2, 5));
        assert_eq!(features(&Version::new(0, 2, 5)).count(), 0);
    }

    #[test]
    fn a_spec_names_a_version_a_folder_or_a_revision() {
        let here = env!("CARGO_MANIFEST_DIR");
        assert_eq!("0.2.5".parse::<BuildSpec>().expect("a version"), BuildSpec::Published(Version::new(0, 2, 5)));
        assert_eq!(here.parse::<BuildSpec>().expect("a folder"), BuildSpec::Folder(here.into()));
        let revision = format!("{here}@v1").parse::<BuildSpec>().expect("a revision");
        assert_eq!(revision, BuildSpec::Revision(here.into(), "v1".to_owned()));
        assert_eq!(revision.to_string(), format!("{here}@v1"));
        for none in ["", "0.2", "no/such/folder", "no/such/folder@v1", &format!("{here}@")] {
            let refusal = none.parse::<BuildSpec>().expect_err("no build").to_string();
            assert!(refusal.contains(&format!("'{none}' is not a build")), "{refusal}");
        }
    }
}
