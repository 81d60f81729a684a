//! The parts of memscope's adapter, and the items that each form of a part calls.
//!
//! memscope's API changed in steps, and between two releases a source has old and new parts. So each part of the
//! adapter is chosen separately: it gets the first form whose needs the source meets. The form of the part `json`, for
//! example, is the cfg `memscope_json = "…"`, and `src/tracking/memscope/adapter/json.rs` implements it.
//!
//! To add a form, add its entry here and its `impl` in the part's file.

use crate::inventory::Inventory;
use std::fmt;

/// A part of the adapter.
pub struct Part {
    /// Name of its cfg, and of its file or folder.
    pub name: &'static str,
    /// Forms, the preferred one first.
    pub forms: &'static [Form],
    /// Form of a source that lacks the part. A part without such a form is required for any measurement.
    pub none: Option<&'static str>,
}

/// One form of a part.
pub struct Form {
    pub name: &'static str,
    pub needs: &'static [Need],
}

/// A requirement of a form on the source. Paths begin at the root of the crate.
#[derive(Clone, Copy)]
pub enum Need {
    /// A public function with this many parameters.
    Function(&'static str, usize),
    /// A public method with this many parameters besides `self`.
    Method(&'static str, &'static str, usize),
    /// A public method whose return type begins like this.
    Returns(&'static str, &'static str, &'static str),
    /// A public type, trait or module.
    Has(&'static str),
    /// A field of a struct.
    Field(&'static str, &'static str),
    /// A name in the body of a method, for versions that differ in behaviour but not in signature.
    Mentions(&'static str, &'static str, &'static str),
    /// A trait of the crate, implemented for these types.
    Implements(&'static str, &'static [&'static str]),
    /// An exported macro.
    Macro(&'static str),
    /// The opposite of a need.
    No(&'static Need),
}

use Need::{Field, Function, Has, Implements, Macro, Mentions, Method, No, Returns};

/// The kinds of values that workloads name.
const NAMED: Need = Implements("Trackable", &["Vec", "String", "Box", "Rc", "Arc"]);
/// The hook's blocks are kept. Versions that only add to their totals lose each block's address and free.
const KEEPS_BLOCKS: Need = Mentions("MemoryTracker", "track_allocation", "insert");
/// The tracker of named values in all versions 0.2.
const GLOBAL: [Need; 4] = [
    Has("GlobalTracker"),
    Function("global_tracker", 0),
    Function("init_global_tracking", 0),
    Method("GlobalTracker", "tracker", 0),
];

/// All parts.
pub const PARTS: &[Part] = &[
    Part {
        name: "hook",
        forms: &[
            Form { name: "root", needs: &[Method("TrackingAllocator", "new", 0)] },
            Form { name: "core", needs: &[Method("core::allocator::TrackingAllocator", "new", 0)] },
            Form { name: "allocator", needs: &[Method("allocator::TrackingAllocator", "new", 0)] },
        ],
        none: None,
    },
    Part {
        name: "tracker",
        forms: &[
            Form { name: "get_tracker", needs: &[Function("get_tracker", 0)] },
            Form { name: "get_global_tracker", needs: &[Function("get_global_tracker", 0)] },
        ],
        none: None,
    },
    Part {
        name: "statistics",
        forms: &[
            Form { name: "live", needs: &[Returns("MemoryTracker", "get_stats", "MemoryStats")] },
            Form {
                name: "bounded",
                needs: &[
                    Returns("MemoryTracker", "get_stats", "TrackingResult"),
                    Field("MemoryTracker", "bounded_stats"),
                ],
            },
            Form {
                name: "named_twice",
                needs: &[
                    Returns("MemoryTracker", "get_stats", "TrackingResult"),
                    Has("variable_registry"),
                    No(&Has("GlobalTracker")),
                    No(&Has("tracker::Tracker")),
                    KEEPS_BLOCKS,
                ],
            },
            Form {
                name: "totals",
                needs: &[
                    Returns("MemoryTracker", "get_stats", "TrackingResult"),
                    Has("variable_registry"),
                    No(&Has("GlobalTracker")),
                    No(&Has("tracker::Tracker")),
                ],
            },
            Form { name: "all", needs: &[Returns("MemoryTracker", "get_stats", "TrackingResult")] },
        ],
        none: None,
    },
    Part {
        name: "names",
        forms: &[
            Form {
                name: "global_with_module",
                needs: &[NAMED, GLOBAL[0], GLOBAL[1], GLOBAL[2], GLOBAL[3], Method("GlobalTracker", "track_as", 5)],
            },
            Form {
                name: "global",
                needs: &[NAMED, GLOBAL[0], GLOBAL[1], GLOBAL[2], GLOBAL[3], Method("GlobalTracker", "track_as", 4)],
            },
            Form { name: "tracker", needs: &[NAMED, Method("tracker::Tracker", "track_as", 4)] },
            Form { name: "variable", needs: &[NAMED, Function("_track_var_impl", 2)] },
            Form { name: "internal", needs: &[NAMED, Function("__internal_track_var", 2)] },
        ],
        none: Some("none"),
    },
    // The fate of a name if the hook did not see the block.
    Part {
        name: "unseen",
        forms: &[Form {
            name: "forgotten",
            needs: &[
                Method("MemoryTracker", "associate_var", 3),
                No(&Mentions("MemoryTracker", "associate_var", "insert")),
                No(&Has("variable_registry")),
            ],
        }],
        none: Some("kept"),
    },
    Part {
        name: "borrows",
        forms: &[Form {
            name: "analysed",
            needs: &[
                Method("GlobalTracker", "track_as", 5),
                Function("analysis::borrow_analysis::get_global_borrow_analyzer", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "registry",
        forms: &[Form {
            name: "scopes",
            needs: &[
                Function("_track_var_impl", 2),
                Function("core::scope_tracker::get_global_scope_tracker", 0),
                Method("variable_registry::VariableRegistry", "get_stats", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "blocks",
        forms: &[
            Form {
                name: "unknown",
                needs: &[
                    Has("variable_registry"),
                    No(&Field("MemoryTracker", "bounded_stats")),
                    No(&Has("tracker::Tracker")),
                    No(&KEEPS_BLOCKS),
                ],
            },
            Form {
                name: "fallible",
                needs: &[
                    Returns("MemoryTracker", "get_active_allocations", "TrackingResult"),
                    Field("AllocationInfo", "ptr"),
                ],
            },
            Form {
                name: "plain",
                needs: &[Returns("MemoryTracker", "get_active_allocations", "Vec"), Field("AllocationInfo", "ptr")],
            },
        ],
        none: Some("unknown"),
    },
    Part {
        name: "report",
        forms: &[
            Form { name: "dashboard", needs: &[Method("GlobalTracker", "export_html", 1)] },
            Form { name: "visualization", needs: &[Function("export::visualization::export_memory_analysis", 2)] },
            Form { name: "analysis", needs: &[Method("MemoryTracker", "export_memory_analysis", 1)] },
            Form { name: "svg", needs: &[Method("MemoryTracker", "export_to_svg", 1)] },
        ],
        none: Some("none"),
    },
    Part {
        name: "json",
        forms: &[
            Form { name: "global", needs: &[Method("GlobalTracker", "export_json", 1)] },
            Form { name: "tracker", needs: &[Method("MemoryTracker", "export_to_json", 1)] },
        ],
        none: Some("none"),
    },
    Part {
        name: "analysis",
        forms: &[
            Form { name: "analyzer", needs: &[Function("analyzer", 1), Method("Analyzer", "analyze", 0)] },
            Form { name: "global", needs: &[Method("GlobalTracker", "analyze", 0)] },
            Form { name: "types", needs: &[Returns("MemoryTracker", "get_memory_by_type", "TrackingResult < Vec")] },
        ],
        none: Some("none"),
    },
    // The search for leaks among named values.
    Part {
        name: "leaks",
        forms: &[
            Form { name: "analyzer", needs: &[Function("analyzer", 1), Method("Analyzer", "detect", 0)] },
            Form {
                name: "manager",
                needs: &[Has("GlobalTracker"), Method("analysis::AnalysisManager", "analyze_memory_leaks", 1)],
            },
            Form {
                name: "statistics",
                needs: &[
                    Returns("MemoryTracker", "get_stats", "TrackingResult"),
                    Has("variable_registry"),
                    Field("core::types::MemoryStats", "leaked_allocations"),
                ],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "cycles",
        forms: &[
            Form {
                name: "graph",
                needs: &[Function("analyzer", 1), Method("Analyzer", "graph", 0), Method("Analyzer", "view", 0)],
            },
            Form { name: "manager", needs: &[Method("analysis::AnalysisManager", "analyze_circular_references", 1)] },
        ],
        none: Some("none"),
    },
    // The hook's own tracker, next to the tracker of named values.
    Part {
        name: "hook_reports",
        forms: &[Form {
            name: "separate",
            needs: &[
                Has("GlobalTracker"),
                Has("AllocationInfo"),
                Method("MemoryTracker", "detect_leaks", 0),
                Method("analysis::AnalysisManager", "analyze_circular_references", 1),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "listing",
        forms: &[
            Form {
                name: "separate",
                needs: &[
                    GLOBAL[0],
                    GLOBAL[1],
                    GLOBAL[3],
                    Method("tracker::Tracker", "events", 0),
                    Method("tracker::Tracker", "inner", 0),
                    Field("event_store::MemoryEvent", "thread_id"),
                    Field("capture::backends::core_types::AllocationInfo", "allocated_at_ns"),
                ],
            },
            Form {
                name: "shared",
                needs: &[
                    No(&Has("GlobalTracker")),
                    No(&Has("tracker::Tracker")),
                    Returns("MemoryTracker", "get_active_allocations", "TrackingResult"),
                    Field("AllocationInfo", "var_name"),
                    Field("AllocationInfo", "thread_id"),
                    Field("AllocationInfo", "timestamp_alloc"),
                ],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "relations",
        forms: &[Form {
            name: "graph",
            needs: &[
                GLOBAL[1],
                Function("analyzer", 1),
                Method("Analyzer", "graph", 0),
                Method("GraphAnalysis", "relationships", 0),
                Field("analyzer::RelationshipEdge", "from_var_name"),
            ],
        }],
        none: Some("none"),
    },
    // The clones of shared values in the exported graph of owners.
    Part {
        name: "clones",
        forms: &[Form {
            name: "exported",
            needs: &[
                GLOBAL[1],
                Method("GlobalTracker", "export_json", 1),
                Function("render_engine::export_ownership_graph_json", 3),
                Field("analysis::ownership_graph::Node", "stack_ptr"),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "borrowing",
        forms: &[Form {
            name: "analyzer",
            needs: &[
                Function("analysis::borrow_analysis::get_global_borrow_analyzer", 0),
                Method("analysis::borrow_analysis::BorrowAnalyzer", "track_borrow", 3),
                Method("analysis::borrow_analysis::BorrowAnalyzer", "end_borrow", 1),
                Method("analysis::borrow_analysis::BorrowAnalyzer", "get_active_borrows", 1),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "tasks",
        forms: &[Form {
            name: "registry",
            needs: &[
                Function("task_registry::global_registry", 0),
                Method("task_registry::TaskIdRegistry", "task_scope", 1),
                Method("task_registry::TaskIdRegistry", "export_graph", 0),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "async_tasks",
        forms: &[Form {
            name: "spawned",
            needs: &[
                GLOBAL[1],
                Returns("capture::backends::async_tracker::AsyncTracker", "get_all_profiles", "Vec"),
                Method("GlobalTracker", "async_tracker", 0),
                Method("tracker::Tracker", "events", 0),
                // In 0.2.0 the function wraps a future and spawns nothing.
                Has("Analyzer"),
                Function("capture::backends::async_tracker::spawn_tracked", 1),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "memory_errors",
        forms: &[Form {
            name: "facade",
            needs: &[
                Method("facade::MemScope", "new", 0),
                Method("facade::MemScope", "run_uaf_detector", 0),
                Method("facade::MemScope", "run_overflow_detector", 0),
                Field("facade::MemScope", "event_store"),
                Method("event_store::MemoryEvent", "borrow", 4),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "double_frees",
        forms: &[Form {
            name: "events",
            needs: &[
                Method("analysis::detectors::DoubleFreeDetectorWithEvents", "detect_from_events", 1),
                Method("event_store::MemoryEvent", "borrow", 4),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "html",
        forms: &[
            Form { name: "global", needs: &[Method("GlobalTracker", "export_html", 1)] },
            Form {
                name: "dashboard",
                needs: &[No(&Has("GlobalTracker")), Method("MemoryTracker", "export_interactive_dashboard", 1)],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "binary",
        forms: &[Form {
            name: "user",
            needs: &[
                Method("MemoryTracker", "export_user_binary", 1),
                Method("core::tracker::MemoryTracker", "parse_binary_to_json", 2),
            ],
        }],
        none: Some("none"),
    },
    Part {
        name: "quick_start",
        forms: &[
            Form {
                name: "guard",
                needs: &[
                    Function("start", 0),
                    Has("MemScopeGuard"),
                    Has("GlobalTracker"),
                    Macro("track"),
                    Method("GlobalTracker", "track_as", 5),
                    Method("GlobalTracker", "analyze", 0),
                ],
            },
            Form {
                name: "global",
                needs: &[GLOBAL[0], GLOBAL[1], GLOBAL[2], Macro("track"), Method("GlobalTracker", "analyze", 0)],
            },
            Form {
                name: "init",
                needs: &[
                    Function("init", 0),
                    Function("get_global_tracker", 0),
                    Macro("track_var"),
                    Returns("MemoryTracker", "get_active_allocations", "TrackingResult"),
                    Field("AllocationInfo", "var_name"),
                    Method("MemoryTracker", "export_to_json", 1),
                ],
            },
        ],
        none: Some("none"),
    },
    Part {
        name: "service_start",
        forms: &[
            Form {
                name: "documented",
                needs: &[
                    Function("start", 0),
                    Returns("MemScopeGuard", "export_now", "MemScopeResult"),
                    Returns("MemScopeGuard", "snapshot_json", "MemScopeResult"),
                ],
            },
            Form { name: "without_result", needs: &[Function("start", 0), Method("MemScopeGuard", "export_now", 0)] },
        ],
        none: Some("none"),
    },
    Part {
        name: "containers",
        forms: &[Form {
            name: "all",
            needs: &[NAMED, Implements("Trackable", &["HashMap", "BTreeMap", "VecDeque", "RefCell", "RwLock"])],
        }],
        none: Some("none"),
    },
    Part {
        name: "published",
        forms: &[Form {
            name: "suite",
            needs: &[
                Has("capture::backends::CaptureBackend"),
                Has("capture::backends::CoreBackend"),
                Has("capture::backends::LockfreeBackend"),
                Method("tracker::Tracker", "stats", 0),
                Method("tracker::Tracker", "analyze", 0),
                Macro("tracker"),
                Macro("track"),
            ],
        }],
        none: Some("none"),
    },
];

impl Part {
    /// Returns the form that a source gets.
    ///
    /// # Errors
    /// If the part is needed and no form fits. The error lists the unmet needs of the nearest form.
    pub fn choose(&self, source: &Inventory) -> Result<&'static str, String> {
        let fits = |form: &&Form| form.needs.iter().all(|need| need.is_met(source));
        if let Some(form) = self.forms.iter().find(fits) {
            return Ok(form.name);
        }
        self.none.ok_or_else(|| {
            let missing = |form: &Form| {
                form.needs.iter().filter(|need| !need.is_met(source)).map(Need::to_string).collect::<Vec<_>>()
            };
            let nearest = self.forms.iter().map(missing).min_by_key(Vec::len).unwrap_or_default();
            nearest.join(", ")
        })
    }

    /// Returns all values that the part's cfg may have.
    #[allow(dead_code, reason = "only the build script calls it")]
    pub fn values(&self) -> Vec<&'static str> {
        let mut values: Vec<&str> = self.forms.iter().map(|form| form.name).chain(self.none).collect();
        values.sort_unstable();
        values.dedup();
        values
    }
}

impl Need {
    fn is_met(&self, source: &Inventory) -> bool {
        match *self {
            Function(path, parameters) => source.function(path) == Some(parameters),
            Method(path, name, parameters) => source.method(path, name).is_some_and(|found| found.0 == parameters),
            Returns(path, name, returned) => {
                source.method(path, name).is_some_and(|found| found.1.starts_with(returned))
            }
            Has(path) => source.has(path),
            Field(path, name) => source.fields(path).iter().any(|field| field == name),
            Mentions(path, name, mentioned) => source.method_mentions(path, name, mentioned),
            Implements(implemented, types) => types.iter().all(|by| source.implements(implemented, by)),
            Macro(name) => source.exports_macro(name),
            No(need) => !need.is_met(source),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Function(path, parameters) => write!(f, "fn {path} with {parameters} parameters"),
            Method(path, name, parameters) => write!(f, "fn {path}::{name} with {parameters} parameters"),
            Returns(path, name, returned) => write!(f, "fn {path}::{name} that returns {returned}"),
            Has(path) => write!(f, "{path}"),
            Field(path, name) => write!(f, "the field {name} of {path}"),
            Mentions(path, name, mentioned) => write!(f, "{mentioned} in {path}::{name}"),
            Implements(implemented, types) => write!(f, "{implemented} for {}", types.join(", ")),
            Macro(name) => write!(f, "{name}!"),
            No(need) => write!(f, "no {need}"),
        }
    }
}
