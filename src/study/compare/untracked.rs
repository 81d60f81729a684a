//! Untracked times that differ between builds. A build of memscope can change the features of dependencies that it
//! shares with a program, and so the program itself.

use crate::report::number;
use crate::study::compare::Difference;
use std::collections::HashSet;

/// The maximum number of sentences.
const MAX_LINES: usize = 4;

/// Returns a sentence for each build whose untracked time of a workload differs from its reference's: its overheads
/// are relative to another program. `untracked` and `tracked` are the differences of these times, and `names` those of
/// the builds.
pub(in crate::study) fn sentences(
    mut untracked: Vec<Difference>,
    tracked: &[Difference],
    names: &[&str],
) -> Vec<String> {
    // Each level has untracked samples of the same program.
    let mut seen = HashSet::new();
    untracked.retain(|found| found.verdict.is_change() && seen.insert((found.workload, found.build)));
    let more = untracked.len().saturating_sub(MAX_LINES);
    let shown = untracked.iter().take(MAX_LINES).filter_map(|found| sentence(found, tracked, names));
    let more =
        (more > 0).then(|| format!("The time without tracking differs in {}.", number::counted(more, "more case")));
    shown.chain(more).collect()
}

fn sentence(untracked: &Difference, tracked: &[Difference], names: &[&str]) -> Option<String> {
    let &Difference { workload, build, reference, ratio, .. } = untracked;
    let is_same = |found: &&Difference| (found.workload, found.build, found.reference) == (workload, build, reference);
    let tracked = tracked.iter().filter(is_same);
    let tracked = tracked.filter_map(|found| Some(format!("{} at {}", number::change(found.ratio?), found.level)));
    Some(format!(
        "{workload}, {} against {}: the time without tracking changes by {}, so the overheads are relative to different \
         programs. The time with tracking changes by {}.",
        names[build],
        names[reference],
        number::change(ratio?),
        tracked.collect::<Vec<_>>().join(", ")
    ))
}
