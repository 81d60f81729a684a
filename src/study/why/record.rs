//! The record of a cost: the measurements of each build, as a file stores them.

use super::group::Group;
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::schedule::measurement::Measurement;
use crate::study::Study;
use crate::study::why::{chart, summary};
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use crate::worker::failure::Failure;
use crate::workloads::Workload;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The location of the cost of one build, or of the difference between two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Why {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build is the build of the program that measured the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The workload.
    pub workload: Workload,
    /// The level.
    #[serde(rename = "tracking")]
    pub level: Level,
    /// The factor of the scale.
    pub scale: f64,
    /// The seed of the data.
    pub seed: u64,
    /// The size of a page of memory, in bytes; `None` in files from before it was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_bytes: Option<u64>,
    /// The build, or the base and the head.
    pub builds: Vec<BuildCost>,
}

impl Why {
    /// Returns the size of a page of the machine that was measured, in bytes; `None` if it is neither recorded nor the
    /// only one of that machine's architecture.
    pub(super) fn page(&self) -> Option<u64> {
        self.page_bytes.or_else(|| self.origin.toolchain.target.starts_with("x86_64-").then_some(4_096))
    }
}

impl Versioned for Why {
    const KIND: &str = "why";
    const WHAT: &str = "a file of the places of a cost";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Why {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        chart::draw(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let of_build = |build: &BuildCost| {
            let name = format!("{}/{}/{}", self.workload, self.level, build.name);
            let Some(profile) = &build.profile else { return Vec::new() };
            let all = Metric::plain(&name, "instructions-per-allocation", profile.per_allocation(profile.added()));
            let groups = profile.groups.iter().filter(|group| group.added() != 0).map(|group| {
                let name = format!("{name}/{}", group.group.name().replace(' ', "-"));
                Metric::plain(name, "instructions-per-allocation", profile.per_allocation(group.added()))
            });
            let faults = build.pairs.overhead().and_then(|overhead| overhead.page_faults);
            let faults = faults.map(|faults| Metric::estimate(&name, "page-faults", faults));
            std::iter::once(all).chain(groups).chain(faults).collect()
        };
        self.builds.iter().flat_map(of_build).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn left_out(&self) -> Vec<String> {
        let failed = self.builds.iter().filter_map(|build| Some((build, build.failure.as_ref()?)));
        failed.map(|(build, failure)| format!("{}: {failure}", build.name)).collect()
    }
}

/// The cost of one build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildCost {
    /// The name.
    pub name: String,
    /// The build's own description.
    pub memscope: MemscopeBuild,
    /// The failure of a probe, if one failed; no more are started after it.
    pub failure: Option<Failure>,
    /// The instructions by location; `None` after a failure.
    pub profile: Option<CostProfile>,
    /// The tracker's memory; `None` after a failure.
    pub memory: Option<TrackerMemory>,
    /// The pairs that are not under valgrind, for page faults and the kernel's time.
    pub pairs: Measurement,
}

/// The tracker's memory in one run, by the counters of the switched allocator, in requested bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrackerMemory {
    /// The tracker's peak, or an upper bound of it.
    pub peak_bytes: u64,
    /// The bytes that it keeps after the program has freed everything.
    pub kept_bytes: u64,
}

/// The instructions of a tracked window and of an untracked one, by location.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CostProfile {
    /// The allocations of one untracked run.
    pub allocations: u64,
    /// All instructions of the untracked window.
    pub untracked: u64,
    /// All instructions of the tracked window.
    pub tracked: u64,
    /// The groups, in the order of [`Group::ALL`]. They add up to all instructions.
    pub groups: Vec<GroupCost>,
    /// The functions whose instructions tracking changes, the greatest change first.
    pub functions: Vec<FunctionCost>,
    /// The names of functions and roots in the paths.
    pub names: Vec<String>,
    /// The paths of calls whose instructions tracking changes, as a tree: a call comes after its caller.
    pub paths: Vec<Call>,
}

/// The instructions of a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupCost {
    /// The group.
    pub group: Group,
    /// The instructions in the untracked window.
    pub untracked: u64,
    /// The instructions in the tracked window.
    pub tracked: u64,
}

impl GroupCost {
    /// Returns the instructions that tracking adds.
    pub const fn added(&self) -> i64 {
        self.tracked as i64 - self.untracked as i64
    }
}

/// The instructions of a function itself that belong to one group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FunctionCost {
    /// The name, without generic arguments.
    pub name: String,
    /// The group.
    pub group: Group,
    /// The instructions in the untracked window.
    pub untracked: u64,
    /// The instructions in the tracked window.
    pub tracked: u64,
}

impl FunctionCost {
    /// Returns the instructions that tracking adds.
    pub const fn added(&self) -> i64 {
        self.tracked as i64 - self.untracked as i64
    }
}

/// A call in the tree of paths. A file stores it as `[caller, name, untracked, tracked]`, because there are hundreds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(Option<usize>, usize, u64, u64)", into = "(Option<usize>, usize, u64, u64)")]
pub struct Call {
    /// The index of the caller in the list of calls; `None` for a root.
    pub caller: Option<usize>,
    /// The index of the function in the list of names.
    pub name: usize,
    /// The instructions of the function itself in the untracked window.
    pub untracked: u64,
    /// The instructions of the function itself in the tracked window.
    pub tracked: u64,
}

impl From<(Option<usize>, usize, u64, u64)> for Call {
    fn from((caller, name, untracked, tracked): (Option<usize>, usize, u64, u64)) -> Self {
        Self { caller, name, untracked, tracked }
    }
}

impl From<Call> for (Option<usize>, usize, u64, u64) {
    fn from(Call { caller, name, untracked, tracked }: Call) -> Self {
        (caller, name, untracked, tracked)
    }
}

impl CostProfile {
    /// Returns the instructions that tracking adds.
    pub const fn added(&self) -> i64 {
        self.tracked as i64 - self.untracked as i64
    }

    /// Returns instructions for each allocation, including its free. For a workload that allocates nothing, returns the
    /// instructions of the whole window.
    pub fn per_allocation(&self, instructions: i64) -> f64 {
        instructions as f64 / self.allocations.max(1) as f64
    }

    /// Returns the part of the added instructions that the groups leave unexplained.
    pub fn unexplained(&self) -> f64 {
        let of_groups: i64 = self.groups.iter().map(GroupCost::added).sum();
        (self.added() - of_groups).unsigned_abs() as f64 / self.added().unsigned_abs().max(1) as f64
    }

    /// Returns the paths, each from its root to the function, with its instructions in the untracked and the tracked
    /// window. Paths with missing calls are left out.
    pub fn stacks(&self) -> impl Iterator<Item = (Vec<&str>, u64, u64)> {
        self.paths.iter().enumerate().filter_map(|(place, call)| {
            let (mut stack, mut here) = (Vec::new(), place);
            loop {
                let call = self.paths.get(here)?;
                stack.push(self.names.get(call.name)?.as_str());
                match call.caller {
                    // A call comes after its caller, so this loop ends.
                    Some(caller) if caller < here => here = caller,
                    Some(_) => return None,
                    None => break,
                }
            }
            stack.reverse();
            (call.untracked != call.tracked).then_some((stack, call.untracked, call.tracked))
        })
    }
}
