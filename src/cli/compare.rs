//! `memscope-bench compare`: compares builds of memscope in interleaved rounds.

use crate::builds::BuildSpec;
use crate::cli::Error;
use crate::cli::builds::resolve_to_compare;
use crate::cli::rounds::{Report, RoundArguments};
use crate::platform::files::Versioned;
use crate::study::compare::{Against, Comparison};
use clap::Args;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The builds to compare: published versions (0.2.5), folders (../memscope-rs), revisions (../memscope-rs@v0.2.4).
    /// Name a build twice to compare it with itself: the second one gets the next --links orders
    #[arg(value_name = "BUILD", required_unless_present = "published")]
    builds: Vec<BuildSpec>,
    /// Add all published versions, after the named builds
    #[arg(long)]
    published: bool,
    /// The build to compare each other build with. Where it has no figure, the nearest one that has [default: first;
    /// for --published without named builds: previous]
    #[arg(long, value_enum)]
    against: Option<Against>,
    #[command(flatten)]
    rounds: RoundArguments,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Error> {
    arguments.rounds.check_counting()?;
    let builds = resolve_to_compare(&arguments.builds, arguments.published)?;
    let against = arguments.against();
    arguments.rounds.run(&builds, &Report { name: Comparison::KIND, against, beside: &|_, _| Ok(None) })
}

impl Arguments {
    /// Returns the choice of references. Published versions alone are compared in sequence; a named build is the
    /// reference of all others.
    fn against(&self) -> Against {
        let usual = if self.builds.is_empty() { Against::Previous } else { Against::First };
        self.against.clone().unwrap_or(usual)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        arguments: Arguments,
    }

    #[test]
    fn published_versions_are_compared_with_the_one_before() {
        let against = |line: &[&str]| Line::parse_from([&["compare"], line].concat()).arguments.against();
        assert_eq!(against(&["--published"]), Against::Previous);
        assert_eq!(against(&["--published", "--against=first"]), Against::First);
        assert_eq!(against(&["0.2.5", "--published"]), Against::First);
        assert_eq!(against(&["0.2.4", "0.2.5"]), Against::First);
        assert_eq!(against(&["0.2.3", "0.2.4", "0.2.5", "--against=previous"]), Against::Previous);
    }
}
