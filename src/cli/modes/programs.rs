//! The programs that run modes: one for the page's build, and one for each Cargo feature of memscope that a mode needs
//! and the build lacks.

use crate::builds::{BuildSpec, ResolveError, ResolvedBuild};
use crate::cli::Error;
use crate::cli::builds::{BuildCacheArguments, CheckedProgram, Linking, this_build};
use crate::platform::list::each_once;
use crate::study::modes::FeatureBuild;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::tracking::memscope::modes::Feature;
use crate::worker::launcher::Launcher;
use std::io;

/// The programs of a page.
pub(super) struct Programs {
    /// The memscope of the page.
    pub memscope: MemscopeBuild,
    /// The builds with features, for the report.
    pub feature_builds: Vec<FeatureBuild>,
    main: Launcher,
    /// The program of each feature that was built.
    others: Vec<(Feature, Launcher)>,
}

impl Programs {
    /// Builds the programs of these levels: `named`, or this program without a name; and `with_features` the same
    /// version with each feature that a level needs. A level whose build fails is left to the main program, which
    /// reports what it lacks.
    ///
    /// # Errors
    /// If the build is unknown or fails, or features are requested of a build that is not on crates.io.
    pub(super) fn prepare(
        named: Option<&BuildSpec>,
        with_features: bool,
        levels: &[Level],
        cache: &BuildCacheArguments,
        this: Launcher,
    ) -> Result<Self, Error> {
        let limits = this.limits;
        let features = if with_features { needed(levels, named.is_some()) } else { Vec::new() };
        let specs = features.iter().map(|&feature| with_feature(named, feature)).collect::<Result<Vec<_>, Error>>()?;
        let main = named.map(BuildSpec::resolve).transpose()?;
        let others = specs.iter().map(if_it_has_the_feature).collect::<Result<Vec<_>, _>>()?;
        let resolved: Vec<ResolvedBuild> = main.iter().chain(others.iter().flatten()).cloned().collect();
        let built =
            if resolved.is_empty() { Vec::new() } else { cache.build(&resolved, limits, &Linking::single())? };
        let mut built = built.into_iter();
        let main = match main {
            None => this_build(this),
            Some(_) => built.next().expect("it was built first"),
        };
        let Ok(CheckedProgram { launcher: main, memscope, .. }) = main.program else {
            return Err(Error::none_built(&resolved[..1]));
        };
        let mut programs = Self { memscope, feature_builds: Vec::new(), main, others: Vec::new() };
        for ((feature, spec), other) in features.into_iter().zip(specs).zip(others) {
            let program = match other {
                Ok(_) => built.next().expect("it was built too").program.map_err(|failed| failed.why),
                Err(lacking) => Err(lacking),
            };
            let not_built = match program {
                Ok(program) => {
                    programs.others.push((feature, program.launcher));
                    None
                }
                Err(why) => Some(why),
            };
            let (feature, build) = (feature.name().to_owned(), spec.to_string());
            programs.feature_builds.push(FeatureBuild { feature, build, not_built });
        }
        Ok(programs)
    }

    /// Returns the launcher of a level's probes.
    pub(super) fn of(&self, level: Level) -> &Launcher {
        let built = self.others.iter().find(|(feature, _)| feature_of(level) == Some(*feature));
        built.map_or(&self.main, |(_, launcher)| launcher)
    }

    /// Returns a hash of the content of all programs.
    ///
    /// # Errors
    /// If one cannot be read.
    pub(super) fn fingerprint(&self) -> io::Result<String> {
        let launchers = std::iter::once(&self.main).chain(self.others.iter().map(|(_, launcher)| launcher));
        let hashes = launchers.map(Launcher::fingerprint).collect::<io::Result<Vec<_>>>()?;
        Ok(hashes.join("+"))
    }
}

/// Finds the sources of a build with one more feature. The inner error is the reason if the version lacks it: an older
/// version lacks features of newer ones.
///
/// # Errors
/// As for every build.
fn if_it_has_the_feature(spec: &BuildSpec) -> Result<Result<ResolvedBuild, String>, ResolveError> {
    match spec.resolve() {
        Err(lacking @ ResolveError::NoFeature { .. }) => Ok(Err(lacking.to_string())),
        resolved => resolved.map(Ok),
    }
}

/// Returns the features that levels need, except those that this program has, if it is the one to measure.
fn needed(levels: &[Level], in_another_build: bool) -> Vec<Feature> {
    let features = levels.iter().filter_map(|&level| feature_of(level));
    each_once(features.filter(|feature| in_another_build || !feature.is_linked()))
}

fn feature_of(level: Level) -> Option<Feature> {
    level.memscope_mode()?.feature()
}

/// Returns the name of a build with one more feature.
///
/// # Errors
/// If the build is not a published version.
fn with_feature(named: Option<&BuildSpec>, feature: Feature) -> Result<BuildSpec, Error> {
    let linked = MemscopeBuild::of_this_build();
    let this = || if linked.source == "crates.io" { linked.version.parse().ok() } else { None };
    let spec: Option<BuildSpec> = named.cloned().or_else(this);
    spec.and_then(|spec| spec.with_feature(feature.name())).ok_or_else(|| {
        let name = named.map_or_else(|| linked.to_string(), BuildSpec::to_string);
        Error::Other(format!(
            "--with-features builds only published versions, and {name} is not one: name the feature `{}` in its \
             Cargo.toml instead, or a published version",
            feature.name()
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_version_gets_one_more_feature() {
        let spec = |text: &str| text.parse::<BuildSpec>().expect("a version");
        let named = |text: &str| with_feature(Some(&spec(text)), Feature::Atexit).expect("it is published").to_string();
        assert_eq!(named("0.2.5"), "0.2.5+atexit");
        assert_eq!(named("0.2.5+backtrace"), "0.2.5+backtrace.atexit");
    }

    #[test]
    fn a_folder_gets_no_feature() {
        let here: BuildSpec = env!("CARGO_MANIFEST_DIR").parse().expect("a folder");
        let refusal = with_feature(Some(&here), Feature::Backtrace).expect_err("no version").to_string();
        assert!(refusal.contains(env!("CARGO_MANIFEST_DIR")) && refusal.contains("`backtrace`"), "{refusal}");
    }

    #[test]
    fn another_build_may_lack_features_of_this_one() {
        let levels = [Level::Variables, Level::Backtrace, Level::Atexit, Level::AutoSignal];
        assert_eq!(needed(&levels, true), [Feature::Backtrace, Feature::Atexit, Feature::AutoSignal]);
        assert_eq!(needed(&[Level::Variables], true), []);
        assert!(needed(&levels, false).iter().all(|feature| !feature.is_linked()));
    }
}
