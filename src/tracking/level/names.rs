//! The names of levels, in commands, reports and files.

use super::Level;
use super::own::OwnTracker;
use crate::tracking::known_cost::MAX_SYNTHETIC_UNITS;
use crate::tracking::references::WrongProgramError;
use std::fmt;

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Synthetic(number)
            | Self::Deadline(number)
            | Self::SlowedVariables(number)
            | Self::SlowedFull(number)
            | Self::Logarithmic(number)
            | Self::Linear(number)
            | Self::Quadratic(number)
            | Self::Keeping(number) => f.pad(&format!("{}{number}", self.properties().name)),
            level => f.pad(level.properties().name),
        }
    }
}

/// The error for an unknown name, or the name of a level that this build cannot run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LevelError {
    /// No level has the name.
    #[error(
        "unknown level '{0}'; choose from {names}, and {numbered}, which burn N units of work per allocation (at most \
         {MAX_SYNTHETIC_UNITS}), wait N nanoseconds, burn more with each allocation, or keep N bytes of it",
        names = Level::named().map(|level| level.to_string()).collect::<Vec<_>>().join(", "),
        numbered = Level::NUMBERED.iter().map(|(of, _)| format!("{}N", of(0).properties().name)).collect::<Vec<_>>()
            .join(", ")
    )]
    Unknown(String),
    /// This build cannot run the level.
    #[error(transparent)]
    NotBuilt(WrongProgramError),
}

/// Parses the name of a level that this build can run.
impl std::str::FromStr for Level {
    type Err = LevelError;

    fn from_str(name: &str) -> Result<Self, LevelError> {
        let level = Self::try_from(name.to_owned())?;
        if level.is_built() { Ok(level) } else { Err(LevelError::NotBuilt(WrongProgramError::not_built(level))) }
    }
}

/// Reads the name of a level in a file, which another build may have written.
impl TryFrom<String> for Level {
    type Error = LevelError;

    fn try_from(name: String) -> Result<Self, LevelError> {
        let known =
            Self::ALL.iter().chain(Self::REFERENCES).chain(Self::MODES).find(|level| level.properties().name == name);
        let numbered = || {
            Self::NUMBERED.iter().find_map(|&(of, most)| {
                let number = name.strip_prefix(of(0).properties().name)?.parse().ok()?;
                (number <= most).then(|| of(number))
            })
        };
        let own = || OwnTracker::parse(&name).map(Self::Own);
        known.copied().or_else(numbered).or_else(own).ok_or(LevelError::Unknown(name))
    }
}

impl From<Level> for String {
    fn from(level: Level) -> Self {
        level.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_build_reads_all_names_and_runs_only_its_own_levels() {
        let numbered = Level::NUMBERED.iter().flat_map(|&(of, most)| [of(0), of(most)]);
        let levels = Level::ALL.iter().chain(Level::REFERENCES).chain(Level::MODES).copied().chain(numbered);
        for level in levels {
            let name = level.to_string();
            assert_eq!(Level::try_from(name.clone()), Ok(level));
            assert_eq!(name.parse::<Level>().is_ok(), level.is_built(), "{level}");
        }
        for unknown in
            ["", "fully", "synthetic:", "synthetic:512", "synthetic:-1", "deadline:1000001", "full+synthetic:"]
        {
            assert_eq!(unknown.parse::<Level>(), Err(LevelError::Unknown(unknown.to_owned())));
        }
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "fully".parse::<Level>().expect_err("there is none").to_string();
        assert!(Level::named().all(|level| error.contains(&level.to_string())), "{error}");
    }
}
