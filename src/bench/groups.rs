//! The groups and functions that Criterion shows: each function is one measurement.

use crate::schedule::measurement::Series;
use crate::tracking::Level;
use crate::worker::probe::Request;
use crate::workloads::{Scale, Workload, pools, registered};
use criterion::BenchmarkId;

/// The scales at which `structures` is measured, for the line plot.
const SCALES: [f64; 5] = [0.01, 0.02, 0.04, 0.06, 0.08];

/// The numbers of threads on which `concurrent` is measured, and its scale there: a task for each of eight threads.
const THREADS: [usize; 4] = [1, 2, 4, 8];
const THREADS_SCALE: f64 = 0.08;

/// A group of Criterion's.
pub(super) struct Group {
    pub name: String,
    pub functions: Vec<Function>,
    pub is_log: bool,
}

/// A function of a group: one measurement.
pub(super) struct Function {
    pub id: BenchmarkId,
    /// Its name, as Criterion lists it.
    pub name: String,
    pub series: Series,
    pub request: Request,
    /// True if Criterion shows the times of its tracked samples.
    pub shows_time: bool,
    /// True if Criterion shows its overhead.
    pub shows_ratio: bool,
}

impl Function {
    /// Returns its name in the group of overheads, as Criterion lists it; `None` if it has none there.
    pub(super) fn ratio_name(&self) -> Option<String> {
        let (group, function) = self.name.split_once('/')?;
        (self.series == Series::Overhead).then(|| format!("{}/{function}", ratio_group(group)))
    }
}

/// Returns the name of the group whose functions show overheads.
pub(super) fn ratio_group(workload: &str) -> String {
    format!("{workload}-overhead")
}

impl Group {
    fn new(name: &str, is_log: bool) -> Self {
        Self { name: name.to_owned(), functions: Vec::new(), is_log }
    }

    /// Adds a function for a level, with the parameter that distinguishes the group's functions, if any.
    fn add(&mut self, series: Series, request: Request, parameter: Option<String>) {
        let level = request.level.to_string();
        let name = [Some(self.name.clone()), Some(level.clone()), parameter.clone()];
        let name = name.into_iter().flatten().collect::<Vec<_>>().join("/");
        let id = match parameter {
            Some(parameter) => BenchmarkId::new(level, parameter),
            None => BenchmarkId::from_parameter(level),
        };
        self.functions.push(Function {
            id,
            name,
            series,
            request,
            shows_time: true,
            shows_ratio: series == Series::Overhead,
        });
    }
}

/// Returns all groups: one for each workload and, for this package's, the growth of the cost with the work and with
/// the threads.
pub(super) fn groups(has_growth: bool) -> Vec<Group> {
    let threads = pools::default_threads();
    let mut groups = Vec::new();
    for &workload in registered() {
        let mut group = Group::new(workload.name(), false);
        for level in Level::benched() {
            group.add(Series::Overhead, request(workload, level, workload.short_scale(), threads), None);
        }
        groups.push(group);
    }
    if has_growth {
        groups.extend(growth(threads));
    }
    groups
}

/// Returns the groups of growth: of `structures` with the scale, and of `concurrent` with the threads.
fn growth(threads: usize) -> [Group; 2] {
    let both = [Level::Untracked, Level::Full];
    let mut scaling = Group::new("scaling", true);
    for (scale, level) in SCALES.into_iter().flat_map(|scale| both.map(|level| (scale, level))) {
        let request = request(Workload::STRUCTURES, level, scale, threads);
        scaling.add(Series::Scaling, request, Some(scale.to_string()));
    }
    let mut parallel = Group::new("threads", false);
    for (threads, level) in THREADS.into_iter().flat_map(|threads| both.map(|level| (threads, level))) {
        let request = request(Workload::CONCURRENT, level, THREADS_SCALE, threads);
        parallel.add(Series::Threads, request, Some(threads.to_string()));
    }
    [scaling, parallel]
}

pub(super) fn request(workload: Workload, level: Level, scale: f64, threads: usize) -> Request {
    let scale = Scale::new(scale).expect("the scales of the benches are positive");
    Request { workload, level, scale, threads, count: false }
}
