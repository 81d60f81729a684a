//! The number of links of each build, and the seeds of their orders.

use crate::builds::ResolvedBuild;
use crate::platform::console;
use clap::Args;
use std::cell::Cell;
use std::ops::Range;

/// The links of each build, for every command that compares several.
#[derive(Clone, Copy, Debug, Args)]
pub(in crate::cli) struct LinkArguments {
    /// The number of links of each build. Each link has its functions in another order, and rounds take turns over the
    /// links, because the order alone changes a time by a percent or two. 1: the usual order only
    #[arg(long, default_value_t = 8, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=64))]
    links: u32,
}

/// The number of links of each build in a run. It falls to one if a build cannot be linked in another order.
#[derive(Debug)]
pub(in crate::cli) struct Linking(Cell<u32>);

impl From<LinkArguments> for Linking {
    fn from(LinkArguments { links }: LinkArguments) -> Self {
        Self(Cell::new(links))
    }
}

impl Linking {
    /// Returns the linking of a run that measures each build as it was built.
    pub(in crate::cli) const fn single() -> Self {
        Self(Cell::new(1))
    }

    /// Returns whether each build has one link, in the usual order.
    pub(in crate::cli) fn is_single(&self) -> bool {
        self.0.get() == 1
    }

    /// Returns the seeds of a build's links; none for the usual order. A repeated build has other seeds each time, so
    /// it can be compared with itself.
    pub(super) fn seeds(&self, builds: &[ResolvedBuild], place: usize) -> Range<u32> {
        if self.is_single() {
            return 0..0;
        }
        let before = builds[..place].iter().filter(|other| other.key == builds[place].key).count() as u32;
        let first = 1 + before * self.0.get();
        first..first + self.0.get()
    }

    /// Continues with one link of each build, and warns about it.
    pub(super) fn give_up(&self, build: &str, why: &str) {
        self.0.set(1);
        console::complain(format_args!(
            "Warning: {build} cannot be linked with its functions in another order, which needs the linker lld: {why}. \
             Each build is measured in one link, so the placement of its functions counts as a difference of builds"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builds::Source;

    fn build(key: &str) -> ResolvedBuild {
        let source = Source::Folder("memscope-rs".into());
        ResolvedBuild { name: key.to_owned(), about: None, key: key.to_owned(), source, commit: None }
    }

    #[test]
    fn a_repeated_build_gets_the_next_seeds() {
        let builds = ["a", "b", "a", "a"].map(build);
        let of = |links: u32| [0, 1, 2, 3].map(|place| Linking(Cell::new(links)).seeds(&builds, place));
        assert_eq!(of(8), [1..9, 1..9, 9..17, 17..25]);
        assert_eq!(of(2), [1..3, 1..3, 3..5, 5..7]);
        assert!(of(1).iter().all(Range::is_empty));
    }

    #[test]
    fn one_refusal_applies_to_all_builds() {
        let linking = Linking(Cell::new(8));
        linking.give_up("a", "it has no lld");
        assert!(linking.is_single() && linking.seeds(&[build("a")], 0).is_empty());
    }
}
