//! The variation that the intervals of a comparison do not include.

use crate::stats::passes::MIN_PASSES;
use crate::study::compare::{ComparedBuild, Comparison};

/// Returns a sentence on the variation between passes and between links if the intervals do not include it: an interval
/// over passes needs six of them, and one link shows nothing of others.
pub(in crate::study) fn sentence(comparison: &Comparison) -> Option<String> {
    let measured = || comparison.builds.iter().filter(|build| !build.measurements.is_empty());
    let figures = measured().flat_map(|build| &build.measurements).filter(|of| comparison.overhead(of).is_some());
    let passes: Vec<usize> = figures.map(|of| of.log_medians(comparison.clock).iter().flatten().count()).collect();
    let few = passes.iter().filter(|&&passes| passes < MIN_PASSES).count();
    let has_one = |build: &&ComparedBuild| build.links.len() <= 1;
    let (one, builds) = (measured().filter(has_one).count(), measured().count());
    let between = [
        (few > 0).then(|| {
            let figures = passes.len();
            format!("between passes where there are fewer than six ({few} of {figures} figures)")
        }),
        (one > 0).then(|| format!("between links where there is one ({one} of {builds} builds)")),
    ];
    let between = between.into_iter().flatten().collect::<Vec<_>>().join(", or ");
    (!between.is_empty()).then(|| format!("Intervals do not include the variation {between}."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::estimate::estimated;
    use crate::schedule::measurement::{Clock, Measurement, Pair, Sample, Series};
    use crate::study::compare::{Against, Record};
    use crate::tracking::Level;
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    /// Returns the sentence for two builds with these links, of whose 24 rounds each measurement has so many passes.
    fn sentence_of(links: [u32; 2], passes: [usize; 2]) -> Option<String> {
        let (workload, level) = (Workload::CYCLES, Level::Full);
        let sample = |wall_ns| Sample { wall_ns, cpu_ns: wall_ns, ..Sample::default() };
        let pair = |round: u64| Pair {
            untracked_first: true,
            untracked: sample(1_000_000),
            tracked: sample(8_000_000 + 1_000 * round),
        };
        let build = |(links, passes): (u32, usize)| {
            let ends = (1..=passes).map(|pass| 24 * pass / passes).collect();
            let measured = Measurement::new(Series::Overhead, &Request::at(Some(1.0), workload, level, 1));
            let measured = Measurement { pairs: (0..24).map(pair).collect(), passes: ends, ..measured };
            let program = Ok(MemscopeBuild::of_this_build());
            let build = ComparedBuild::new(links.to_string(), None, program, vec![estimated(measured)]);
            build.linked((0..links).collect())
        };
        let plan = serde_json::json!({
            "builds": [], "workloads": [workload], "levels": [level], "scale": null, "threads": 1, "rounds": 24,
            "seconds": 60, "seed": 1,
        });
        let plan = serde_json::from_value(plan).expect("a plan");
        let builds = links.into_iter().zip(passes).map(build).collect();
        let (origin, against) = (Origin::here("memscope-bench compare".to_owned()), Against::First);
        sentence(&Record { origin, plan, clock: Clock::Wall, threshold_percent: 3.0, against, builds }.into())
    }

    #[test]
    fn few_passes_and_single_links_are_named() {
        assert_eq!(sentence_of([8, 8], [6, 6]), None);
        let of = |links, passes| sentence_of(links, passes).expect("something is missing");
        let passes = "Intervals do not include the variation between passes where there are fewer than six (1 of 2 \
                      figures).";
        assert_eq!(of([8, 8], [6, 2]), passes);
        let links = "Intervals do not include the variation between links where there is one (2 of 2 builds).";
        assert_eq!(of([0, 1], [6, 6]), links);
        let both = "Intervals do not include the variation between passes where there are fewer than six (2 of 2 \
                    figures), or between links where there is one (2 of 2 builds).";
        assert_eq!(of([0, 0], [2, 5]), both);
    }
}
