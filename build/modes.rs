//! The parts of memscope's adapter for its modes other than the hook and the tracker of named values. A source that
//! lacks a mode gets the form `none`: its level is unsupported.

use crate::parts::Need::{Field, Function, Has, Implements, Mentions, Method, Returns};
use crate::parts::{Form, Need, Part};

/// The kinds of values that workloads name.
const NAMED: Need = Implements("Trackable", &["Vec", "String", "Box", "Rc", "Arc"]);
const OWN_TRACKER: &str = "tracker::Tracker";
/// A tracker that the program creates itself, with its sampling.
const OWN: [Need; 6] = [
    Has(OWN_TRACKER),
    Method(OWN_TRACKER, "with_sampling", 1),
    Method("tracker::SamplingConfig", "demo", 0),
    Method("tracker::SamplingConfig", "high_performance", 0),
    Method(OWN_TRACKER, "stats", 0),
    Method(OWN_TRACKER, "events", 0),
];
const LOCK_FREE: &str = "capture::backends::lockfree_tracker";
const ASYNC_TRACKER: &str = "capture::backends::async_tracker::AsyncTracker";

/// The parts.
pub const MODES: &[Part] = &[
    Part {
        name: "own_tracker",
        forms: &[
            Form {
                name: "with_module",
                needs: &[NAMED, OWN[0], OWN[1], OWN[2], OWN[3], OWN[4], OWN[5], Method(OWN_TRACKER, "track_as", 5)],
            },
            Form {
                name: "plain",
                needs: &[NAMED, OWN[0], OWN[1], OWN[2], OWN[3], OWN[4], OWN[5], Method(OWN_TRACKER, "track_as", 4)],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "system_monitor",
        forms: &[Form {
            name: "thread",
            needs: &[
                OWN[1],
                OWN[4],
                OWN[5],
                Method(OWN_TRACKER, "with_system_monitoring", 0),
                Method("capture::system_monitor::SystemMonitor", "global", 0),
                Method("capture::system_monitor::SystemMonitor", "last_update", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "sampled_hook",
        forms: &[Form { name: "global", needs: &[OWN[1], OWN[3], Method(OWN_TRACKER, "global", 0)] }],
        none: Some("none"),
    },
    Part {
        name: "thread_local",
        forms: &[Form {
            name: "registry",
            needs: &[
                Function("configure_tracking_strategy", 1),
                Function("capture::backends::collect_all_trackers_local", 0),
                Returns("MemoryTracker", "get_stats", "TrackingResult"),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "lock_free",
        forms: &[
            Form {
                name: "functions",
                needs: &[
                    Has(LOCK_FREE),
                    Function("capture::backends::lockfree_tracker::init_thread_tracker", 2),
                    Function("capture::backends::lockfree_tracker::track_allocation_lockfree", 3),
                    Function("capture::backends::lockfree_tracker::track_deallocation_lockfree", 2),
                    Function("capture::backends::lockfree_tracker::finalize_thread_tracker", 0),
                    Function("capture::backends::lockfree_tracker::get_current_tracker", 0),
                ],
            },
            // This form samples, and only its files have its record.
            Form {
                name: "sampled",
                needs: &[
                    Function("lockfree::tracker::init_thread_tracker", 2),
                    Function("lockfree::tracker::track_allocation_lockfree", 3),
                    Function("lockfree::tracker::track_deallocation_lockfree", 2),
                    Function("lockfree::tracker::finalize_thread_tracker", 0),
                ],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "trace_all",
        forms: &[Form {
            name: "functions",
            needs: &[Function("trace_all", 1), Function("stop_tracing", 0), Function("memory_snapshot", 0)],
        }],
        none: Some("none"),
    },
    Part {
        name: "unified",
        forms: &[Form {
            name: "backend",
            needs: &[
                Method("UnifiedBackend", "initialize", 1),
                Method("UnifiedBackend", "start_tracking", 0),
                Has("capture::backends::BackendConfig"),
                Method("capture::backends::TrackingSession", "end_session", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "tokio_tasks",
        forms: &[Form {
            name: "tracker",
            needs: &[
                Method("GlobalTracker", "async_tracker", 0),
                Method(ASYNC_TRACKER, "track_in_tokio_task", 2),
                Method(ASYNC_TRACKER, "get_stats", 0),
                Method(ASYNC_TRACKER, "snapshot", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "task_scopes",
        forms: &[Form {
            name: "registry",
            needs: &[
                Function("task_registry::global_registry", 0),
                Method("task_registry::TaskIdRegistry", "task_scope", 1),
                Field("event_store::MemoryEvent", "task_id"),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "start_guard",
        forms: &[Form {
            name: "guard",
            needs: &[
                Function("start", 0),
                Function("start_with", 1),
                Has("MemScopeGuard"),
                Method("MemScopeConfig", "with_auto_export", 1),
                Method("AutoExportConfig", "with_flush_interval", 1),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "fast",
        forms: &[Form { name: "flag", needs: &[Method("MemoryTracker", "enable_fast_mode", 0)] }],
        none: Some("none"),
    },
    Part {
        name: "accurate",
        forms: &[Form {
            name: "variable",
            needs: &[Mentions("MemoryTracker", "track_allocation", "MEMSCOPE_ACCURATE_TRACKING")],
        }],
        none: Some("none"),
    },
    // The content of an event's record, for the check of attributions.
    Part {
        name: "event_records",
        forms: &[
            Form {
                name: "with_tasks",
                needs: &[
                    Method(OWN_TRACKER, "events", 0),
                    Field("event_store::MemoryEvent", "var_name"),
                    Field("event_store::MemoryEvent", "task_id"),
                ],
            },
            Form {
                name: "plain",
                needs: &[Method(OWN_TRACKER, "events", 0), Field("event_store::MemoryEvent", "var_name")],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "hook_records",
        forms: &[Form {
            name: "threads",
            needs: &[
                Returns("MemoryTracker", "get_active_allocations", "TrackingResult"),
                Field("capture::backends::core_types::AllocationInfo", "thread_id"),
                Field("capture::backends::core_types::AllocationInfo", "var_name"),
            ],
        }],
        none: Some("none"),
    },
];
