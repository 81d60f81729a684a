//! The registered workloads, as data.

use super::{Digest, Scale, Tracker, Untracked};
use super::{concurrent, cycles, fragmentation, hierarchies, leaks, mixed, processing, structures};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, OnceLock, PoisonError};

/// A workload's properties, and its function for one type of tracker.
#[derive(Clone, Copy, Debug)]
pub struct Definition<T> {
    /// Name in commands, reports and files.
    pub name: &'static str,
    /// Title of its phase in the stress run.
    pub title: &'static str,
    /// The factor at which an untracked run takes 5 to 15 ms on a current machine: short enough that most runs meet no
    /// disturbance, and long enough to make the cost of reading the clock negligible.
    pub short_scale: f64,
    /// True if it runs on several threads.
    pub is_parallel: bool,
    /// Runs the workload once. All of its values are dropped when it returns, except the leaks in the digest.
    pub run: fn(&T, Scale) -> Digest,
}

impl<T: Tracker> Definition<T> {
    /// The workloads of this crate, in the order of the stress run's phases.
    pub const BUILT_IN: &'static [Self] = &[
        Self {
            name: "structures",
            title: "Basic data structures",
            short_scale: 0.06,
            is_parallel: false,
            run: structures,
        },
        Self {
            name: "hierarchies",
            title: "Complex nested structures",
            short_scale: 0.06,
            is_parallel: false,
            run: hierarchies,
        },
        Self {
            name: "concurrent",
            title: "Concurrent memory operations",
            short_scale: 0.04,
            is_parallel: true,
            run: concurrent,
        },
        Self {
            name: "processing",
            title: "Large-scale data processing",
            short_scale: 0.15,
            is_parallel: true,
            run: processing,
        },
        Self {
            name: "fragmentation",
            title: "Memory fragmentation",
            short_scale: 1.5,
            is_parallel: false,
            run: fragmentation,
        },
        Self { name: "cycles", title: "Circular references", short_scale: 1.5, is_parallel: false, run: cycles },
        Self { name: "mixed", title: "Mixed workload", short_scale: 0.3, is_parallel: true, run: mixed },
        Self { name: "leaks", title: "Memory leak detection", short_scale: 0.02, is_parallel: false, run: leaks },
    ];
}

/// The stand-ins for recorded traces, one with a single thread and one with several. They are not listed, and a replay
/// does their work.
static TRACES: [Definition<Untracked>; 2] = {
    let trace = Definition {
        name: "trace",
        title: "Recorded trace",
        short_scale: 1.0,
        is_parallel: false,
        run: |_: &Untracked, _| Digest { checksum: 0, variables: 0, leaked_allocations: 0, leaked_bytes: 0 },
    };
    [trace, Definition { name: "trace-of-threads", is_parallel: true, ..trace }]
};

/// The real programs. Each is only in this list, which identifies it.
static PROGRAMS: &[Definition<Untracked>] = Definition::PROGRAMS;

/// A registered workload, identified by its name, also in files.
///
/// ```
/// use memscope_bench::workloads::{Untracked, Workload};
///
/// let cycles: Workload = "cycles".parse()?;
/// assert_eq!(cycles, Workload::CYCLES);
/// assert_eq!(cycles.run(&Untracked, cycles.short()).variables, 1_516);
/// # Ok::<(), memscope_bench::workloads::UnknownWorkloadError>(())
/// ```
#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Workload(&'static Definition<Untracked>);

impl Workload {
    /// [`structures()`].
    pub const STRUCTURES: Self = Self::built_in("structures");
    /// [`hierarchies()`].
    pub const HIERARCHIES: Self = Self::built_in("hierarchies");
    /// [`concurrent()`].
    pub const CONCURRENT: Self = Self::built_in("concurrent");
    /// [`processing()`].
    pub const PROCESSING: Self = Self::built_in("processing");
    /// [`fragmentation()`].
    pub const FRAGMENTATION: Self = Self::built_in("fragmentation");
    /// [`cycles()`].
    pub const CYCLES: Self = Self::built_in("cycles");
    /// [`mixed()`].
    pub const MIXED: Self = Self::built_in("mixed");
    /// [`leaks()`].
    pub const LEAKS: Self = Self::built_in("leaks");

    /// Returns the stand-in for a recorded trace of one thread, or of several.
    pub(crate) fn trace(is_parallel: bool) -> Self {
        Self(&TRACES[usize::from(is_parallel)])
    }

    /// Looks up a workload of this crate by its name, at compile time.
    const fn built_in(name: &str) -> Self {
        let all = Definition::<Untracked>::BUILT_IN;
        let mut number = 0;
        while !same(all[number].name.as_bytes(), name.as_bytes()) {
            number += 1;
        }
        Self(&all[number])
    }

    /// Returns the name in commands, reports and files.
    pub const fn name(self) -> &'static str {
        self.0.name
    }

    /// Returns the title of the workload's phase in the stress run.
    pub const fn title(self) -> &'static str {
        self.0.title
    }

    /// Returns the [factor](Definition::short_scale) of a short run.
    pub const fn short_scale(self) -> f64 {
        self.0.short_scale
    }

    /// Returns the scale of a short run, with the default seed.
    pub fn short(self) -> Scale {
        Scale::new(self.short_scale()).expect("short scales are positive")
    }

    /// Returns whether the workload runs on several threads.
    pub const fn is_parallel(self) -> bool {
        self.0.is_parallel
    }

    /// Returns whether it is one of the real programs, which are not listed.
    pub fn is_program(self) -> bool {
        PROGRAMS.iter().any(|program| std::ptr::eq(program, self.0))
    }

    /// Returns whether this build can run the workload.
    pub fn is_built(self) -> bool {
        cfg!(feature = "programs") || !self.is_program()
    }

    /// Runs the workload once. All of its values are dropped when it returns, except the leaks in the digest.
    ///
    /// # Panics
    /// If another crate [registered](register) the workload, but not for this type of tracker, or if this build does
    /// not contain the program.
    pub fn run<T: Tracker>(self, tracker: &T, scale: Scale) -> Digest {
        // The window includes this search, which allocates nothing and takes some tens of instructions.
        let is_meant = |definition: &&Definition<T>| definition.name == self.name();
        let built_in = Definition::<T>::BUILT_IN.iter().find(is_meant);
        let definition = built_in
            .or_else(|| others().iter().filter_map(|other| other.downcast_ref()).find(is_meant))
            .or_else(|| Definition::<T>::PROGRAMS.iter().find(is_meant));
        let Some(definition) = definition else { panic!("{self} is not registered for this type of tracker") };
        (definition.run)(tracker, scale)
    }

    /// Returns the index in the list of known workloads.
    fn place(self) -> usize {
        known().position(|workload| workload == self).unwrap_or(usize::MAX)
    }
}

/// Compares two texts at compile time, where `==` cannot be used yet.
const fn same(one: &[u8], other: &[u8]) -> bool {
    if one.len() != other.len() {
        return false;
    }
    let mut place = 0;
    while place < one.len() {
        if one[place] != other[place] {
            return false;
        }
        place += 1;
    }
    true
}

/// Definitions that are registered while the program starts.
static STARTING: Mutex<Vec<&'static (dyn Any + Send + Sync)>> = Mutex::new(Vec::new());
/// The definitions after the list was read. They are read without a lock.
static OTHERS: OnceLock<Vec<&'static (dyn Any + Send + Sync)>> = OnceLock::new();
static REGISTERED: OnceLock<Vec<Workload>> = OnceLock::new();
/// True if the list only has other crates' workloads.
static OTHERS_ALONE: AtomicBool = AtomicBool::new(false);

fn others() -> &'static [&'static (dyn Any + Send + Sync)] {
    OTHERS.get_or_init(|| STARTING.lock().unwrap_or_else(PoisonError::into_inner).clone())
}

/// Returns the workloads that have a name in tasks and files: this crate's, in the order of the stress run's phases,
/// followed by others and by the programs. A workload of another crate may have the name of a program.
fn known() -> impl Iterator<Item = Workload> {
    let others = others().iter().filter_map(|other| other.downcast_ref());
    Definition::BUILT_IN.iter().chain(others).chain(PROGRAMS).map(Workload)
}

/// Returns the programs, in the order of reports. Not every build can run them.
pub(crate) fn programs() -> impl Iterator<Item = Workload> {
    PROGRAMS.iter().map(Workload)
}

/// Returns the workloads that a command of this build may name: the registered ones, followed by the programs in the
/// build. A crate that measures its own workloads has no others.
pub(crate) fn nameable() -> &'static [Workload] {
    static NAMEABLE: OnceLock<Vec<Workload>> = OnceLock::new();
    NAMEABLE.get_or_init(|| {
        let programs = programs().filter(|program| program.is_built() && !OTHERS_ALONE.load(Relaxed));
        registered().iter().copied().chain(programs).collect()
    })
}

/// Returns the registered workloads: this crate's, in the order of the stress run's phases, followed by others.
pub fn registered() -> &'static [Workload] {
    REGISTERED.get_or_init(|| {
        let built_in = if OTHERS_ALONE.load(Relaxed) { Definition::<Untracked>::BUILT_IN.len() } else { 0 };
        known().skip(built_in).filter(|workload| !workload.is_program()).collect()
    })
}

/// Removes this crate's workloads from the list, for a program that measures another crate's. Their names stay valid.
/// Call this when the program starts.
pub(crate) fn list_others_alone() {
    OTHERS_ALONE.store(true, Relaxed);
}

/// The error of a registration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The list was already read.
    #[error("the workload '{0}' is registered too late: register workloads before the list is read")]
    TooLate(&'static str),
    /// Another workload has the name.
    #[error("there are two workloads called '{0}'")]
    Twice(&'static str),
}

/// Registers a workload of another crate, for one type of tracker. Call this when the program starts, for
/// [`Untracked`], which adds the workload to the list, and for each other tracker that will run it.
///
/// # Errors
/// If the list was already read, or another workload has the name.
///
/// ```
/// use memscope_bench::workloads::{Context, Definition, Digest, Scale, Tracker, Untracked, Workload};
/// use memscope_bench::workloads::{register, registered};
///
/// fn squares<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
///     let mut context = Context::new(tracker);
///     let squares: Vec<u64> = (0..scale.count(1_000)).map(|number| number * number).collect();
///     context.track("squares", &squares);
///     context.record(squares.iter().sum());
///     context.digest()
/// }
///
/// const fn definition<T: Tracker>() -> Definition<T> {
///     Definition { name: "squares", title: "Square numbers", short_scale: 9.0, is_parallel: false, run: squares }
/// }
/// static SQUARES: Definition<Untracked> = definition();
///
/// register(&SQUARES)?;
/// assert!(register(&SQUARES).is_err(), "a name is registered once");
/// let squares: Workload = "squares".parse()?;
/// assert_eq!(registered().last(), Some(&squares));
/// assert_eq!(squares.run(&Untracked, Scale::new(0.01)?).variables, 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn register<T: Tracker>(definition: &'static Definition<T>) -> Result<(), RegistrationError> {
    let name = definition.name;
    let mut starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if OTHERS.get().is_some() {
        return Err(RegistrationError::TooLate(name));
    }
    let others = starting.iter().filter_map(|other| other.downcast_ref::<Definition<T>>());
    if Definition::<T>::BUILT_IN.iter().chain(others).any(|known| known.name == name) {
        return Err(RegistrationError::Twice(name));
    }
    starting.push(definition);
    Ok(())
}

/// The error for a name that no workload has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown workload '{0}'; choose from {names}", names = names())]
pub struct UnknownWorkloadError(String);

fn names() -> String {
    nameable().iter().map(|workload| workload.name()).collect::<Vec<_>>().join(", ")
}

impl TryFrom<String> for Workload {
    type Error = UnknownWorkloadError;

    fn try_from(name: String) -> Result<Self, UnknownWorkloadError> {
        let traces = TRACES.iter().map(Self);
        let known = known().chain(traces).find(|workload| workload.name() == name);
        known.ok_or(UnknownWorkloadError(name))
    }
}

impl std::str::FromStr for Workload {
    type Err = UnknownWorkloadError;

    fn from_str(name: &str) -> Result<Self, UnknownWorkloadError> {
        Self::try_from(name.to_owned())
    }
}

impl From<Workload> for String {
    fn from(workload: Workload) -> Self {
        workload.name().to_owned()
    }
}

impl fmt::Display for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl fmt::Debug for Workload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl PartialEq for Workload {
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Eq for Workload {}

impl Hash for Workload {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.name().hash(state);
    }
}

/// Sorts in the order of the list.
impl Ord for Workload {
    fn cmp(&self, other: &Self) -> Ordering {
        self.place().cmp(&other.place())
    }
}

impl PartialOrd for Workload {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_workload_is_known_by_its_name() {
        for &workload in registered() {
            let json = serde_json::to_string(&workload).expect("a name");
            assert_eq!(json, format!("\"{workload}\""));
            assert_eq!(serde_json::from_str::<Workload>(&json).expect("the same name"), workload);
        }
        assert!(Workload::STRUCTURES < Workload::LEAKS);
    }

    #[test]
    fn an_unknown_name_is_refused_with_the_known_ones() {
        let error = "cycle".parse::<Workload>().expect_err("there is none").to_string();
        assert!(error.starts_with("unknown workload 'cycle'; choose from structures, hierarchies"), "{error}");
        let error = serde_json::from_str::<Workload>("\"cycle\"").expect_err("there is none").to_string();
        assert!(error.contains("fragmentation, cycles, mixed, leaks"), "{error}");
    }

    #[test]
    fn a_workload_must_be_registered_in_time() {
        registered();
        let late = Definition::<Untracked> { name: "late", ..Definition::BUILT_IN[0] };
        assert_eq!(register(Box::leak(Box::new(late))), Err(RegistrationError::TooLate("late")));
    }
}
