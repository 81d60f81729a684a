//! The table of levels: each level is one entry.

use super::own::OwnTracker;
use super::row::{PLAIN, Properties, STARTED};
use super::{RecordingKind, Timing};
use crate::tracking::Mode;
use crate::tracking::growing::{Growing, MAX_KEPT_EACH, MAX_RATE};
use crate::tracking::known_cost::{KnownCost, MAX_DEADLINE_NS, MAX_SYNTHETIC_UNITS};
use crate::tracking::memscope::modes::{Feature, MemscopeMode, Setting, Start};
use crate::tracking::references::{
    CONTROL_PROGRAM, Host, JEMALLOC_PROGRAM, LINKED_PROGRAM, TRACKING_ALLOCATOR_PROGRAM,
};
use serde::{Deserialize, Serialize};

levels! {
    own: {
        Untracked "memscope linked but off: the baseline" {
            name: "untracked",
            time_class: "good",
            is_benched: true,
        }
        Counting "a reference that only counts" {
            name: "counting",
            mode: Mode::COUNT,
            records: RecordingKind::Counts,
            time_class: "one",
        }
        Variables "memscope's variable tracking alone" {
            name: "variables",
            has_variables: true,
            records: RecordingKind::NamedValues,
            class: "one",
            time_class: "one",
            legend: "memscope, variables",
            is_benched: true,
        }
        Allocator "memscope's hook alone" {
            name: "allocator",
            mode: Mode::HOOK,
            records: RecordingKind::Events,
            class: "two",
            time_class: "two",
            legend: "memscope, allocator",
            is_benched: true,
        }
        Full "hook and variable tracking" {
            name: "full",
            mode: Mode::HOOK,
            has_variables: true,
            records: RecordingKind::Events,
            class: "three",
            time_class: "three",
            legend: "memscope, full",
            is_benched: true,
        }
        Recording "the recorder of `record`: each event to a trace, which is discarded" {
            name: "recording",
            mode: Mode::RECORD,
            records: RecordingKind::Events,
        }
    }
    known: {
        Synthetic(KnownCost::Units, up to MAX_SYNTHETIC_UNITS)
            "a tracker of known cost: N units of work per allocation" {
            name: "synthetic:",
            mode: Mode::BURN,
        }
        Deadline(KnownCost::Deadline, up to MAX_DEADLINE_NS)
            "a tracker of known cost: N nanoseconds per allocation" {
            name: "deadline:",
            mode: Mode::BURN,
        }
        SlowedVariables(KnownCost::Units, up to MAX_SYNTHETIC_UNITS)
            "`variables`, slowed by N units of work per allocation" {
            name: "variables+synthetic:",
            mode: Mode::BURN,
            has_variables: true,
            records: RecordingKind::NamedValues,
        }
        SlowedFull(KnownCost::Units, up to MAX_SYNTHETIC_UNITS)
            "`full`, slowed by N units of work per allocation" {
            name: "full+synthetic:",
            mode: Mode::SLOWED_HOOK,
            has_variables: true,
            records: RecordingKind::Events,
        }
        Logarithmic(|rate| KnownCost::Growing(Growing::Logarithmic(rate)), up to MAX_RATE)
            "a tracker of known growth: N units of work per doubling of the earlier allocations" {
            name: "logarithmic:",
            mode: Mode::BURN,
        }
        Linear(|rate| KnownCost::Growing(Growing::Linear(rate)), up to MAX_RATE)
            "a tracker of known growth: N units of work per 1,000 earlier allocations" {
            name: "linear:",
            mode: Mode::BURN,
        }
        Quadratic(|rate| KnownCost::Growing(Growing::Quadratic(rate)), up to MAX_RATE)
            "a tracker of known growth: N units of work for the square of every 1,000 earlier allocations" {
            name: "quadratic:",
            mode: Mode::BURN,
        }
        Keeping(|rate| KnownCost::Growing(Growing::Keeping(rate)), up to MAX_KEPT_EACH)
            "a tracker of known growth: N bytes kept per allocation" {
            name: "keeping:",
            mode: Mode::BURN,
        }
    }
    references: {
        StatsAlloc "counters that all threads share" {
            name: "stats_alloc",
            mode: Mode::STATS,
            records: RecordingKind::Counts,
        }
        TrackingAllocator "a header on each block, and a call for each event, which ours counts" {
            name: "tracking-allocator",
            records: RecordingKind::Counts,
            host: Host::Program(TRACKING_ALLOCATOR_PROGRAM),
        }
        Dhat "a heap profiler: each block with its backtrace" {
            name: "dhat",
            mode: Mode::DHAT,
            records: RecordingKind::Backtraces,
        }
        Jemalloc "another heap in the system allocator's place, its profiler off" {
            name: "jemalloc",
            host: Host::Program(JEMALLOC_PROGRAM),
        }
        JemallocProfiler "jemalloc with its profiler on, at the default rate: one sample per 512 KiB" {
            name: "jemalloc-profiler",
            records: RecordingKind::Samples,
            legend: "a sampler: most events are never seen",
            host: Host::Program(JEMALLOC_PROGRAM),
        }
        Heaptrack "a profiler around the untracked probe: each event with its backtrace" {
            name: "heaptrack",
            records: RecordingKind::Backtraces,
            host: Host::Heaptrack,
        }
    }
    // Each mode is driven as its documentation shows, by the unmodified workloads. A mode for named values gets each
    // value that a workload names, and a mode of the hook gets each allocation. A mode that only has a start and an end
    // gets the whole window.
    modes: {
        WholeProcess "untracked, without preparations, timed from the start of the process to its end" {
            name: "whole-process",
            baseline: Level::WholeProcess,
            timing: Timing::Process,
        } PLAIN
        Plain "untracked in a program without memscope, whose allocator is the system's" {
            name: "plain",
            host: Host::Program(CONTROL_PROGRAM),
            baseline: Level::Plain,
        } PLAIN
        Linked "the hook is the program's allocator, and nothing of memscope is called; against `plain`" {
            name: "linked",
            memscope: Some(MemscopeMode::Installed),
            records: RecordingKind::Events,
            host: Host::Program(LINKED_PROGRAM),
            baseline: Level::Plain,
        } PLAIN
        OwnTracker "each named value, to a tracker of the program's own: `tracker!()`" {
            name: "tracker",
            memscope: Some(MemscopeMode::Own(Setting::Every)),
            records: RecordingKind::NamedValues,
        } PLAIN
        Sampled10 "as `tracker`, with `SamplingConfig::demo()`, which promises 10 %" {
            name: "sampled-10",
            memscope: Some(MemscopeMode::Own(Setting::Tenth)),
            records: RecordingKind::SampledValues,
        } PLAIN
        Sampled1 "as `tracker`, with `SamplingConfig::high_performance()`, which promises 1 %" {
            name: "sampled-1",
            memscope: Some(MemscopeMode::Own(Setting::Hundredth)),
            records: RecordingKind::SampledValues,
        } PLAIN
        SampledHook "the hook, while its tracker is set to sample 1 %: `Tracker::global().with_sampling(…)`" {
            name: "sampled-hook",
            mode: Mode::HOOK,
            memscope: Some(MemscopeMode::SampledHook),
            records: RecordingKind::Samples,
        } PLAIN
        SystemMonitor "as `tracker`, with `with_system_monitoring()`, whose thread has made its first reading" {
            name: "system-monitor",
            memscope: Some(MemscopeMode::Own(Setting::Monitored)),
            records: RecordingKind::NamedValues,
        } PLAIN
        ThreadLocal "the hook, with a tracker for each thread: `configure_tracking_strategy(true)`" {
            name: "thread-local",
            mode: Mode::HOOK,
            memscope: Some(MemscopeMode::ThreadLocal),
            records: RecordingKind::Events,
        } PLAIN
        LockFree "each event, from an allocator that calls `track_allocation_lockfree` and its counterpart" {
            name: "lock-free",
            mode: Mode::REPORT,
            memscope: Some(MemscopeMode::LockFree),
            records: RecordingKind::Events,
        } PLAIN
        TraceAll "the window between `trace_all()` and `stop_tracing()`, with nothing else" {
            name: "trace-all",
            memscope: Some(MemscopeMode::TraceAll),
            records: RecordingKind::Events,
        } PLAIN
        Unified "the window between `UnifiedBackend::start_tracking()` and `end_session()`, with nothing else" {
            name: "unified",
            memscope: Some(MemscopeMode::Unified),
            records: RecordingKind::Events,
        } PLAIN
        AsyncTask "as `variables`, with the window as one task: `track_in_tokio_task(…)`" {
            name: "async-task",
            has_variables: true,
            memscope: Some(MemscopeMode::AsyncTask),
            records: RecordingKind::NamedValues,
        } PLAIN
        TaskScope "as `variables`, with the window as one scope: `global_registry().task_scope(…)`" {
            name: "task-scope",
            has_variables: true,
            memscope: Some(MemscopeMode::TaskScope),
            records: RecordingKind::NamedValues,
        } PLAIN
        Fast "the hook, with `enable_fast_mode()`" {
            name: "fast",
            mode: Mode::HOOK,
            memscope: Some(MemscopeMode::Fast),
            records: RecordingKind::Events,
        } PLAIN
        AccurateOff "untracked, with the variable in the environment that `accurate` needs" {
            name: "accurate-off",
            memscope: Some(MemscopeMode::AccurateOff),
            baseline: Level::AccurateOff,
        } PLAIN
        Accurate "the hook, with `MEMSCOPE_ACCURATE_TRACKING` in the environment; against `accurate-off`" {
            name: "accurate",
            mode: Mode::HOOK,
            memscope: Some(MemscopeMode::Accurate),
            records: RecordingKind::Events,
            baseline: Level::AccurateOff,
        } PLAIN
        Backtrace "as `variables`, in a build with memscope's feature `backtrace`" {
            name: "backtrace",
            has_variables: true,
            memscope: Some(MemscopeMode::Built(Feature::Backtrace)),
            records: RecordingKind::NamedValues,
        } PLAIN
        QuickStart "`start()`, each named value, and the export at the end; start and end of the process included" {
            name: "quick-start",
            memscope: Some(MemscopeMode::QuickStart(Start::Plain, None)),
        } STARTED
        Periodic "as `quick-start`, with `with_flush_interval` of five minutes" {
            name: "periodic",
            memscope: Some(MemscopeMode::QuickStart(Start::Periodic, None)),
        } STARTED
        Atexit "as `quick-start`, in a build with memscope's feature `atexit`" {
            name: "atexit",
            memscope: Some(MemscopeMode::QuickStart(Start::Plain, Some(Feature::Atexit))),
        } STARTED
        AutoSignal "as `quick-start`, in a build with memscope's feature `auto-signal`, which is on by default" {
            name: "auto-signal",
            memscope: Some(MemscopeMode::QuickStart(Start::Plain, Some(Feature::AutoSignal))),
        } STARTED
    }
}
