//! Progress over several builds: a bar on a terminal, and a line for each slow build.

use crate::builds::{BuildCache, BuildError, ResolvedBuild};
use crate::cli::arguments::tick;
use crate::platform::{console, text};
use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// The shortest duration of a build that gets a line.
const WORTH_A_LINE: Duration = Duration::from_secs(5);

/// The progress over several builds.
pub(super) struct BuildProgress<'a> {
    bar: ProgressBar,
    cache: &'a BuildCache,
    /// The expected duration of a build.
    usual: Duration,
    builds: &'a [ResolvedBuild],
}

impl<'a> BuildProgress<'a> {
    /// Begins to show the progress over builds. `usual` is the usual duration of one.
    pub(super) fn new(cache: &'a BuildCache, usual: Option<Duration>, builds: &'a [ResolvedBuild]) -> Self {
        /// The duration of a build with most of its dependencies, on a machine with two cores.
        const USUAL: Duration = Duration::from_secs(90);
        let bar = ProgressBar::new(builds.len() as u64).with_style(
            ProgressStyle::with_template("{spinner} building {pos}/{len} ({elapsed}{prefix}): {wide_msg}")
                .expect("a valid template"),
        );
        tick(&bar, Duration::from_millis(200));
        Self { bar, cache, usual: usual.unwrap_or(USUAL), builds }
    }

    /// Returns the expected duration of all builds from an index on.
    fn expected(&self, from: usize) -> Duration {
        let one = |build| if self.cache.has(build) { Duration::from_secs(1) } else { self.usual };
        self.builds[from..].iter().map(one).sum()
    }

    /// Shows that a build begins.
    pub(super) fn begin(&self, place: usize) {
        let left = self.expected(place);
        self.bar.set_position(place as u64);
        self.bar.set_prefix(if left > WORTH_A_LINE { format!(", {} left", about(left)) } else { String::new() });
        self.bar.set_message(text::one_line(&self.builds[place].name));
    }

    /// Shows a line of cargo's output.
    pub(super) fn show(&self, place: usize, line: &str) {
        self.bar.set_message(text::one_line(&format!("{}: {line}", self.builds[place].name)));
    }

    /// Prints the outcome of a build, if it failed or was slow.
    pub(super) fn end(&self, place: usize, error: Option<&BuildError>, took: Duration) {
        let line = match (error, self.builds.len() - place - 1) {
            (Some(error), _) => text::one_line(&error.to_string()),
            (None, _) if took <= WORTH_A_LINE => return,
            (None, left) => {
                let expected = || format!("; {left} to build, {}", about(self.expected(place + 1)));
                let left = if left == 0 { String::new() } else { expected() };
                format!("built {} in {} s{left}", text::one_line(&self.builds[place].name), took.as_secs())
            }
        };
        self.bar.suspend(|| console::complain(line));
    }

    /// Hides the bar while something prints.
    pub(super) fn suspend(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }

    /// Removes the bar.
    pub(super) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// Formats a duration as precisely as it can be predicted.
pub(crate) fn about(time: Duration) -> String {
    match time.as_secs() {
        seconds if seconds < 60 => "about a minute".to_owned(),
        seconds => format!("about {} min", seconds.div_ceil(60)),
    }
}
