//! The modes of memscope other than its hook and its global tracker of named values: how each is switched on, driven
//! and read.

use super::adapter::modes::{
    Accurate, AsyncTasks, EventRecords, Fast, HookRecords, LockFree, OwnTrackers, QuickStart, SampledHook,
    SystemMonitor, TaskScopes, ThreadLocal, TraceAll, Unified,
};
use super::adapter::{Linked, OwnTracker};
use crate::tracking::Recorded;
use std::any::Any;
use std::fmt;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;

/// A mode of memscope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemscopeMode {
    /// The program's own tracker.
    Own(Setting),
    /// The hook, while the tracker that it reports to is set to sample.
    SampledHook,
    /// The hook, with a tracker for each thread.
    ThreadLocal,
    /// Queues without locks, to which the allocator reports.
    LockFree,
    /// `trace_all()`.
    TraceAll,
    /// The unified backend.
    Unified,
    /// Asynchronous tasks.
    AsyncTask,
    /// Scopes of tasks.
    TaskScope,
    /// The hook, with the tracker's fast mode.
    Fast,
    /// The hook, in a process with the variable for the accurate mode.
    Accurate,
    /// The same variable without the hook.
    AccurateOff,
    /// The documented start.
    QuickStart(Start, Option<Feature>),
    /// The global tracker of named values in a build with a feature.
    Built(Feature),
    /// The hook as the program's allocator, and nothing else of memscope.
    Installed,
}

/// The setting of a program's own tracker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    /// As `tracker!()` makes it.
    Every,
    /// Sampling at 10 %.
    Tenth,
    /// Sampling at 1 %.
    Hundredth,
    /// With monitoring of the system.
    Monitored,
}

/// The way in which memscope is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// `start()`.
    Plain,
    /// `start_with`, with an export every five minutes.
    Periodic,
}

/// A Cargo feature of memscope that changes its behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Feature {
    /// A backtrace for each borrow.
    Backtrace,
    /// An export when `exit` is called.
    Atexit,
    /// An export on Ctrl-C.
    AutoSignal,
}

/// The features that are enabled in this program, and those that the linked source has.
const LINKED_FEATURES: &str = env!("LINKED_FEATURES");
const KNOWN_FEATURES: &str = env!("KNOWN_FEATURES");

/// The texts about a feature.
macro_rules! feature {
    ($name:literal) => {
        FeatureTexts {
            name: $name,
            lack: concat!(
                "built without memscope's feature `",
                $name,
                "`: name it in Cargo.toml, measure the build ",
                env!("LINKED_VERSION"),
                "+",
                $name,
                ", or run `modes --with-features`"
            ),
            unknown: concat!("this version has no feature `", $name, "`"),
        }
    };
}

struct FeatureTexts {
    name: &'static str,
    lack: &'static str,
    unknown: &'static str,
}

impl Feature {
    const fn texts(self) -> FeatureTexts {
        match self {
            Self::Backtrace => feature!("backtrace"),
            Self::Atexit => feature!("atexit"),
            Self::AutoSignal => feature!("auto-signal"),
        }
    }

    /// Returns the feature's name.
    pub(crate) const fn name(self) -> &'static str {
        self.texts().name
    }

    /// Returns whether this program has the feature.
    pub(crate) fn is_linked(self) -> bool {
        self.lack().is_none()
    }

    /// Returns the reason why this program lacks the feature; `None` if it has it.
    fn lack(self) -> Option<&'static str> {
        let FeatureTexts { name, lack, unknown } = self.texts();
        let has = |list: &str| list.split(',').any(|feature| feature == name);
        match (has(LINKED_FEATURES), has(KNOWN_FEATURES)) {
            (true, _) => None,
            (false, true) => Some(lack),
            (false, false) => Some(unknown),
        }
    }
}

/// A mode, as functions.
#[derive(Clone, Copy, Debug)]
pub struct Driver {
    /// Switches the mode on before the window opens. The folder is for the mode's files.
    pub start: fn(&Path),
    /// Runs the window within the mode.
    pub around: fn(&mut dyn FnMut()),
    /// Returns the record of events; `None` if the hook has it.
    pub recorded: Option<fn() -> Recorded>,
    /// Returns the record of each allocation; `None` if the hook or the global tracker has it.
    pub records: Option<fn() -> Vec<Record>>,
    /// Ends the mode.
    pub end: fn(),
    /// True if it writes files.
    pub has_files: bool,
}

impl Driver {
    /// A mode that needs nothing.
    pub const PLAIN: Self =
        Self { start: |_| (), around: |run| run(), recorded: None, records: None, end: || (), has_files: false };
}

/// Runs futures as tasks that take turns.
pub type Interleave = fn(Vec<Pin<Box<dyn Future<Output = ()> + '_>>>);

/// memscope after its documented start. It exports when this is dropped.
pub struct QuickStarted(#[allow(dead_code, reason = "it is kept for its drop")] pub(super) Box<dyn Any>);

impl fmt::Debug for QuickStarted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QuickStarted")
    }
}

/// memscope's record of one allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Bytes.
    pub size: usize,
    /// The thread that it is attributed to, by memscope's own number.
    pub thread: Option<u64>,
    /// The task that it is attributed to.
    pub task: Option<u64>,
    /// The variable that it is attributed to.
    pub name: Option<String>,
}

impl MemscopeMode {
    /// Returns the feature of memscope that the mode needs, if any.
    pub(crate) const fn feature(self) -> Option<Feature> {
        match self {
            Self::QuickStart(_, feature) => feature,
            Self::Built(feature) => Some(feature),
            _ => None,
        }
    }

    /// Returns the reason why the linked version or this build lacks the mode; `None` if it has it.
    pub fn lack(self) -> Option<&'static str> {
        match self {
            Self::Own(Setting::Monitored) => Linked::OWN_TRACKER.err().or(Linked::SYSTEM_MONITOR.err()),
            Self::Own(_) => Linked::OWN_TRACKER.err(),
            Self::QuickStart(_, feature) => Linked::QUICK_START.err().or(feature.and_then(Feature::lack)),
            Self::Built(feature) => feature.lack(),
            Self::Installed => None,
            _ => self.linked().err(),
        }
    }

    /// Returns the mode as functions, if it runs in a window.
    pub(in super::super) fn driver(self) -> Option<Driver> {
        self.linked().ok()
    }

    fn linked(self) -> Result<Driver, &'static str> {
        match self {
            Self::SampledHook => Linked::SAMPLED_HOOK,
            Self::ThreadLocal => Linked::THREAD_LOCAL,
            Self::LockFree => Linked::LOCK_FREE,
            Self::TraceAll => Linked::TRACE_ALL,
            Self::Unified => Linked::UNIFIED,
            Self::AsyncTask => Linked::ASYNC_TASKS,
            Self::TaskScope => Linked::TASK_SCOPES,
            Self::Fast => Linked::FAST,
            Self::Accurate | Self::AccurateOff => Linked::ACCURATE,
            Self::Own(_) | Self::QuickStart(..) | Self::Built(_) | Self::Installed => Ok(Driver::PLAIN),
        }
    }

    /// Creates the program's own tracker, if the mode has one.
    pub(in super::super) fn own_tracker(self) -> Option<OwnTracker> {
        let Self::Own(setting) = self else { return None };
        let tracker = Linked::OWN_TRACKER.ok()?(setting);
        if let (Setting::Monitored, Ok(wait)) = (setting, Linked::SYSTEM_MONITOR) {
            wait();
        }
        Some(tracker)
    }

    /// Starts memscope as documented, if the mode does so.
    pub(crate) fn quick_start(self) -> Option<QuickStarted> {
        let Self::QuickStart(start, _) = self else { return None };
        Some(Linked::QUICK_START.ok()?(start))
    }

    /// Returns the sampling rate that the mode is set to; `None` if it records everything.
    pub const fn set_rate(self) -> Option<f64> {
        match self {
            Self::Own(Setting::Tenth) => Some(0.1),
            Self::Own(Setting::Hundredth) | Self::SampledHook => Some(0.01),
            _ => None,
        }
    }

    /// Returns the environment variable that the mode needs, with its value.
    pub(crate) const fn variable(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Accurate | Self::AccurateOff => Some(("MEMSCOPE_ACCURATE_TRACKING", "1")),
            _ => None,
        }
    }

    /// Returns whether a memscope thread runs while the mode is on.
    pub const fn has_thread(self) -> bool {
        matches!(self, Self::Own(Setting::Monitored) | Self::QuickStart(Start::Periodic, _))
    }
}

/// Reports an allocation of this many bytes, or a free, to the lock-free tracker of the calling thread.
#[inline]
pub(in super::super) fn lock_free_events(address: usize, allocated: Option<usize>) {
    Linked::lock_free_events(address, allocated);
}

/// Runs futures as asynchronous tasks that take turns on this thread; `None` if the version has no tasks.
pub(crate) fn interleave() -> Option<Interleave> {
    Linked::INTERLEAVE
}

/// Runs code within a task scope of memscope, if it has them.
pub(crate) fn in_scope(run: &mut dyn FnMut()) {
    match Linked::TASK_SCOPES {
        Ok(driver) => (driver.around)(run),
        Err(_) => run(),
    }
}

/// Returns the allocations in the global tracker's record, if it keeps one.
pub(in super::super) fn event_records() -> Option<Vec<Record>> {
    Linked::EVENT_RECORDS.map(|records| records())
}

/// Returns the live blocks in the hook's record, if it lists them. The window must be closed.
pub(in super::super) fn hook_records() -> Option<Vec<Record>> {
    Linked::HOOK_RECORDS.map(|records| records())
}
