//! The report of a cost: the answer, the groups, the functions, and the figures in addition to instructions.

use super::changes::{changed, listed, top_changes};
use super::record::{BuildCost, CostProfile, GroupCost, Why};
use crate::builds;
use crate::platform::text;
use crate::report::circumstances::{circumstances, circumstances_of_other_builds};
use crate::report::document::{Document, Table, left, right};
use crate::report::{commit, number};
use crate::study::instructions::short;
use crate::study::overhead::warnings;
use std::collections::BTreeMap;

/// The number of functions in the table.
const FUNCTIONS: usize = 15;

/// The minimum number of instructions for each allocation for a row.
const MIN_INSTRUCTIONS: f64 = 0.005;

/// The number of functions, and of groups, in the answer.
const NAMED: usize = 3;

/// Returns the report.
pub(super) fn summary(why: &Why) -> Document {
    let mut document = Document::default();
    document.notes(vec![answer(why)]);
    let compared = Compared::of(why);
    if !compared.profiles.is_empty() {
        document.table(groups(&compared));
        document.table(functions(&compared));
    }
    document.table(beside(why));
    document.notes(notes(why));
    document
}

/// Returns the short names of the builds.
fn short_names(why: &Why) -> Vec<String> {
    builds::shorten(&why.builds.iter().map(|build| build.name.as_str()).collect::<Vec<_>>())
}

/// The builds that have a profile, with their short names.
struct Compared<'a> {
    names: Vec<String>,
    profiles: Vec<&'a CostProfile>,
}

impl<'a> Compared<'a> {
    fn of(why: &'a Why) -> Self {
        let (names, profiles) = short_names(why)
            .into_iter()
            .zip(&why.builds)
            .filter_map(|(name, build)| Some((name, build.profile.as_ref()?)))
            .unzip();
        Self { names, profiles }
    }

    /// Returns the columns of figures: one for each build, and the share or the change.
    fn columns(&self) -> Vec<crate::report::document::Column> {
        match self.profiles.as_slice() {
            [_] => vec![right("instructions/allocation").short("instr./alloc."), right("share")],
            _ => self.names.iter().map(String::as_str).chain(["change"]).map(right).collect(),
        }
    }

    /// Returns the added instructions of each build for each allocation.
    fn per_allocation(&self, added: &[i64]) -> Vec<f64> {
        self.profiles.iter().zip(added).map(|(profile, &added)| profile.per_allocation(added)).collect()
    }

    /// Returns the figures of a row, from the added instructions of each build.
    fn figures(&self, added: &[i64]) -> Vec<String> {
        match (self.profiles.as_slice(), self.per_allocation(added).as_slice()) {
            ([profile], [one]) => vec![number::amount(*one), share(added[0], profile.added())],
            (_, [base, head]) => {
                vec![number::amount(*base), number::amount(*head), number::signed_amount(head - base)]
            }
            _ => Vec::new(),
        }
    }

    /// Returns the size by which a row is sorted: the added instructions, or their change, for each allocation.
    fn weight(&self, added: &[i64]) -> f64 {
        let each = self.per_allocation(added);
        match each.as_slice() {
            [base, head] => (head - base).abs(),
            _ => each.first().copied().unwrap_or_default(),
        }
    }

    /// Returns rows by key, each with the added instructions of each build, the largest first. `costs` returns the keys
    /// of a profile, each with its added instructions.
    fn rows<K, I>(&self, costs: impl Fn(&'a CostProfile) -> I) -> Vec<(K, Vec<i64>)>
    where
        K: Ord,
        I: Iterator<Item = (K, i64)>,
    {
        let mut rows: BTreeMap<K, Vec<i64>> = BTreeMap::new();
        for (place, &profile) in self.profiles.iter().enumerate() {
            for (key, added) in costs(profile) {
                rows.entry(key).or_insert_with(|| vec![0; self.profiles.len()])[place] += added;
            }
        }
        let mut rows: Vec<(K, Vec<i64>)> =
            rows.into_iter().filter(|(_, added)| added.iter().any(|&added| added != 0)).collect();
        rows.sort_by(|(_, one), (_, other)| self.weight(other).total_cmp(&self.weight(one)));
        rows
    }
}

fn groups(compared: &Compared) -> Table {
    let mut table = Table::new(std::iter::once(left("group")).chain(compared.columns()));
    for (group, added) in compared.rows(|profile| profile.groups.iter().map(|cost| (cost.group, cost.added()))) {
        table.row(std::iter::once(group.name().to_owned()).chain(compared.figures(&added)));
    }
    let all: Vec<i64> = compared.profiles.iter().map(|profile| profile.added()).collect();
    table.row(std::iter::once("all".to_owned()).chain(compared.figures(&all)));
    table
}

fn functions(compared: &Compared) -> Table {
    let mut table = Table::new([left("function"), left("group")].into_iter().chain(compared.columns()));
    let rows = compared.rows(|profile| {
        profile.functions.iter().map(|function| ((function.name.as_str(), function.group), function.added()))
    });
    let large = rows.into_iter().filter(|(_, added)| compared.weight(added) >= MIN_INSTRUCTIONS);
    for ((name, group), added) in large.take(FUNCTIONS) {
        table.row([text::code(&short(name)), group.name().to_owned()].into_iter().chain(compared.figures(&added)));
    }
    table
}

/// Returns the table of the figures in addition to instructions: page faults, the tracker's memory, and the kernel.
fn beside(why: &Why) -> Table {
    let mut table = Table::new([
        left("build"),
        right("page faults [95 %]"),
        right("per allocation").short("/alloc."),
        right("memory touched").short("touched"),
        right("held at most").short("held"),
        right("kept at the end").short("kept"),
        right("peak memory [95 %]").short("peak [95 %]"),
        right("in the kernel").short("kernel"),
    ]);
    for (name, build) in short_names(why).into_iter().zip(&why.builds) {
        table.row(std::iter::once(name).chain(beside_row(build, why.page())));
    }
    table
}

/// Returns the figures of a build, on a machine whose pages have so many bytes.
fn beside_row(build: &BuildCost, page: Option<u64>) -> [String; 7] {
    let overhead = build.pairs.overhead();
    let known = |figure: Option<String>| figure.unwrap_or_else(|| "unknown".to_owned());
    let faults = overhead.and_then(|overhead| overhead.page_faults);
    let peak = overhead.and_then(|overhead| overhead.peak_memory);
    let memory = |bytes: fn(&super::record::TrackerMemory) -> u64| {
        known(build.memory.as_ref().map(|memory| number::bytes(bytes(memory) as f64)))
    };
    [
        known(faults.map(|faults| {
            let [value, low, high] = [faults.value, faults.low, faults.high].map(number::signed_amount);
            format!("{value} [{low}, {high}]")
        })),
        known(faults_per_allocation(build).map(number::amount)),
        known(faults.zip(page).map(|(faults, page)| number::bytes(faults.value.max(0.0) * page as f64))),
        memory(|memory| memory.peak_bytes),
        memory(|memory| memory.kept_bytes),
        known(peak.map(number::change)),
        known(overhead.and_then(|overhead| overhead.kernel_share).map(number::share)),
    ]
}

fn faults_per_allocation(build: &BuildCost) -> Option<f64> {
    let faults = build.pairs.overhead()?.page_faults?;
    let allocations = build.pairs.allocations.filter(|&allocations| allocations > 0)?;
    Some(faults.value / allocations as f64)
}

/// Returns a part of a whole in percent.
fn share(part: i64, whole: i64) -> String {
    if whole == 0 { String::new() } else { number::share(part as f64 / whole as f64) }
}

/// Returns the answer in a sentence.
fn answer(why: &Why) -> String {
    if let Some((build, failure)) = why.builds.iter().find_map(|build| Some((build, build.failure.as_ref()?))) {
        return format!("{}: {}", build.name, text::quoted_message(&failure.to_string()));
    }
    let place = format!("{} on {}", why.level, why.workload);
    match why.builds.as_slice() {
        [BuildCost { profile: Some(profile), .. }] => {
            format!("{place}: {}{}.", of_one(profile), of_kernel(&why.builds[0]))
        }
        [base @ BuildCost { profile: Some(before), .. }, head @ BuildCost { profile: Some(after), .. }] => {
            of_two(&place, [base, head], [before, after])
        }
        _ => format!("{place}: nothing was measured"),
    }
}

fn of_one(profile: &CostProfile) -> String {
    let per_allocation = number::amount(profile.per_allocation(profile.added()));
    if profile.added() <= 0 {
        return format!("{per_allocation} instructions per allocation: tracking adds none");
    }
    let mut groups: Vec<&GroupCost> = profile.groups.iter().filter(|group| group.added() > 0).collect();
    groups.sort_by_key(|group| std::cmp::Reverse(group.added()));
    let named = groups.iter().take(NAMED);
    let named = named.map(|group| format!("{} {}", share(group.added(), profile.added()), group.group.name()));
    format!("{per_allocation} instructions per allocation: {}", named.collect::<Vec<_>>().join(", "))
}

/// Returns the end of the answer about one build: page faults and the kernel's part.
fn of_kernel(build: &BuildCost) -> String {
    let Some(faults) = faults_per_allocation(build) else { return String::new() };
    let faults = number::amount(faults);
    // Because of ticks, the share of a few pairs may be negative.
    match build.pairs.overhead().and_then(|overhead| overhead.kernel_share).filter(|share| *share > 0.0) {
        Some(share) => format!(
            "; and {faults} page faults per allocation: {} of the added CPU time is the kernel's",
            number::share(share)
        ),
        None => format!("; and {faults} page faults per allocation"),
    }
}

fn of_two(place: &str, [base, head]: [&BuildCost; 2], [before, after]: [&CostProfile; 2]) -> String {
    let change = changed(before, after);
    let changes = top_changes(before, after, NAMED);
    let [of_base, of_head] = [before, after].map(|profile| number::amount(profile.per_allocation(profile.added())));
    let named = if changes.is_empty() { String::new() } else { format!(": {}", listed(&changes)) };
    let faults = match (faults_per_allocation(base), faults_per_allocation(head)) {
        (Some(base), Some(head)) => {
            format!("; and {} page faults per allocation", number::signed_amount(head - base))
        }
        _ => String::new(),
    };
    format!(
        "{place}, from {} to {}: {} instructions per allocation ({of_base} → {of_head}){named}{faults}.",
        base.name,
        head.name,
        number::signed_amount(change)
    )
}

fn notes(why: &Why) -> Vec<String> {
    let mut lines = warnings::of_origin(&why.origin);
    lines.push(
        "Instructions: those that the tracked window executes beyond the untracked one, under callgrind, per \
         allocation with its free. A function's figure excludes the functions that it calls."
            .to_owned(),
    );
    lines.push(
        "A function belongs to the group of the innermost call that has one. Inlined code counts towards the function \
         that contains it: the fast path of a lock, or a small hash, is in its caller's group."
            .to_owned(),
    );
    let unexplained = why.builds.iter().filter_map(|build| build.profile.as_ref()).map(CostProfile::unexplained);
    if let Some(most) = unexplained.max_by(f64::total_cmp) {
        lines.push(format!(
            "The groups sum to the added instructions that callgrind counted within {} %.",
            number::decimal(most * 100.0, 2)
        ));
    }
    lines.push(format!(
        "Instruction counts exclude the kernel's work. Page faults: tracked − untracked, medians of {} pairs outside \
         callgrind; memory touched: page faults × {}. In the kernel: its share of the CPU time that tracking adds over \
         these pairs, a rough figure counted in ticks.",
        super::PAIRS,
        why.page().map_or_else(|| "the page size (unknown)".to_owned(), |page| number::bytes(page as f64))
    ));
    lines.push(
        "Held at most, kept at the end: the bytes that the tracker requested, at its peak and after the program has \
         freed everything. Peak memory: tracked ÷ untracked, of the process."
            .to_owned(),
    );
    let builds = why.builds.iter();
    lines.extend(commit::note(builds.map(|build| (build.name.as_str(), None, build.memscope.commit.as_deref()))));
    // Other builds are named by the tables; this program's own is none of them.
    let is_own = why.builds.iter().all(|build| build.memscope == why.origin.memscope);
    lines.extend(if is_own { circumstances(&why.origin) } else { circumstances_of_other_builds(&why.origin) });
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::measurement::{Measurement, Outcome, Overhead, Series};
    use crate::stats::estimate::Estimate;
    use crate::study::why::group::Group;
    use crate::study::why::record::FunctionCost;
    use crate::tracking::Level;
    use crate::tracking::memscope::MemscopeBuild;
    use crate::worker::failure::Failure;
    use crate::worker::probe::Request;
    use crate::workloads::Workload;

    /// Returns a build with these instructions, of one function for each group, for ten allocations.
    fn build(name: &str, groups: &[(Group, u64)]) -> BuildCost {
        let function = |&(group, tracked): &(Group, u64)| FunctionCost {
            name: format!("a::T::{}", group.name().replace(' ', "_")),
            group,
            untracked: 0,
            tracked,
        };
        let request = Request::at(None, Workload::CYCLES, Level::Full, 1);
        let (names, paths) = (Vec::new(), Vec::new());
        let profile = CostProfile {
            allocations: 10,
            untracked: 0,
            tracked: groups.iter().map(|(_, tracked)| tracked).sum(),
            groups: groups.iter().map(|&(group, tracked)| GroupCost { group, untracked: 0, tracked }).collect(),
            functions: groups.iter().map(function).collect(),
            names,
            paths,
        };
        BuildCost {
            name: name.to_owned(),
            memscope: MemscopeBuild::of_this_build(),
            failure: None,
            profile: Some(profile),
            memory: None,
            pairs: Measurement::new(Series::Overhead, &request),
        }
    }

    fn why(builds: Vec<BuildCost>) -> Why {
        let origin = Origin::here("memscope-bench why".to_owned());
        let (workload, level) = (Workload::CYCLES, Level::Full);
        Why { schema: 1, origin, workload, level, scale: 1.0, seed: 1, page_bytes: None, builds }
    }

    #[test]
    fn memory_touched_uses_the_page_size_of_the_measured_machine() {
        let one = |value: f64| Estimate { value, low: value, high: value };
        let overhead = Overhead {
            pairs: 6,
            wall: one(2.0),
            cpu: Some(one(2.0)),
            ns_per_allocation: None,
            peak_memory: None,
            page_faults: Some(one(10.0)),
            kernel_share: None,
            untracked_ns: 1e6,
        };
        let mut measured = build("0.2.5", &[(Group::Hashing, 10)]);
        measured.pairs.outcome = Outcome::Measured(overhead);
        let mut why = why(vec![measured]);
        let touched = |why: &Why| beside_row(&why.builds[0], why.page())[2].clone();
        why.origin.toolchain.target = "aarch64-apple-darwin".to_owned();
        assert_eq!(touched(&why), "unknown");
        why.page_bytes = Some(16_384);
        assert_eq!(touched(&why), "160 KiB");
        (why.page_bytes, why.origin.toolchain.target) = (None, "x86_64-unknown-linux-gnu".to_owned());
        assert_eq!(touched(&why), "40 KiB", "an earlier file");
    }

    #[test]
    fn the_answer_about_one_build_has_its_greatest_groups() {
        let groups = [(Group::Hashing, 4_100), (Group::Maps, 500), (Group::Strings, 2_200), (Group::Locks, 3_200)];
        let answer = answer(&why(vec![build("0.2.5", &groups)]));
        let expected = "full on cycles: 1,000 instructions per allocation: 41 % hashing, 32 % locks, 22 % strings and \
                        formatting.";
        assert_eq!(answer, expected);
        let none = super::answer(&why(vec![build("0.2.5", &[(Group::Workload, 0)])]));
        assert!(none.contains("tracking adds none"), "{none}");
    }

    #[test]
    fn the_answer_about_two_builds_has_the_functions_that_change() {
        let base = build("0.2.4", &[(Group::Hashing, 4_000), (Group::Maps, 1_000), (Group::Strings, 100)]);
        let head = build("0.2.5", &[(Group::Hashing, 6_100), (Group::Maps, 800), (Group::Locks, 300)]);
        let why = why(vec![base, head]);
        assert_eq!(
            answer(&why),
            "full on cycles, from 0.2.4 to 0.2.5: +210 instructions per allocation (510 → 720): `T::hashing` +210, \
             `T::locks` +30.0, `T::map_operations` −20.0."
        );
        let document = summary(&why);
        let [groups, functions, _] = document.tables().collect::<Vec<_>>()[..] else { panic!("three tables") };
        assert_eq!(groups.rows[0], ["hashing", "400", "610", "+210"]);
        assert_eq!(groups.rows.last().expect("a sum"), &["all", "510", "720", "+210"]);
        assert_eq!(functions.rows.len(), 4, "also those that one build lacks");
    }

    #[test]
    fn the_build_of_this_program_is_named_only_if_it_is_explained() {
        let mut why = why(vec![build("0.2.5", &[(Group::Hashing, 10)])]);
        let names_own = |why: &Why| notes(why).iter().any(|note| note.starts_with("Build: "));
        assert!(names_own(&why));
        why.builds[0].memscope.version = "0.0.1".to_owned();
        assert!(!names_own(&why));
    }

    #[test]
    fn a_failure_is_the_answer() {
        let mut failed = build("0.1.0", &[]);
        (failed.profile, failed.failure) = (None, Some(Failure::TimedOut { seconds: 9 }));
        let whole = build("0.2.5", &[(Group::Hashing, 10)]);
        let why = why(vec![failed, whole]);
        assert_eq!(answer(&why), "0.1.0: timed-out: it still ran after 9 s");
        assert_eq!(summary(&why).tables().count(), 3, "the results of the other are shown");
    }
}
