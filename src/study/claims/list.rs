//! The claims: one entry for each figure that memscope's documents state and this harness can test.
//!
//! Quotations are short and verbatim, from the sources of the named version on crates.io.

use crate::stats::estimate::Estimate;
use crate::study::claims::{Bound, Claim, Setting};
use crate::study::footprint::Footprint;
use crate::study::latency::Operation as Call;
use crate::tracking::Level::{Allocator, Full, Variables};

/// The version that most claims are from.
const LATEST: &str = "0.2.5";

/// A megabyte, which claims use for a million bytes.
const MEGABYTE: f64 = 1e6;

/// The number of threads that a document calls "many".
const MANY_THREADS: usize = 100;

/// All claims, in the order of the table.
pub static CLAIMS: &[Claim] = &[
    Claim {
        quote: "Tracking overhead <5%",
        place: "0.2.5, README.md, Performance",
        bound: Bound::Overhead(1.05),
        settings: &[
            Setting { about: "hook and variables, each workload", figures: |of| of.overheads(Full) },
            Setting { about: "hook alone, each workload", figures: |of| of.overheads(Allocator) },
            Setting { about: "variables alone (the default), each workload", figures: |of| of.overheads(Variables) },
        ],
    },
    Claim {
        quote: "Allocation Overhead: < 5% in typical applications",
        place: "0.1.0, README.md, Performance Characteristics",
        bound: Bound::Overhead(1.05),
        settings: &[
            Setting { about: "hook and variables, each workload", figures: |of| of.overheads_of("0.1.0", Full) },
            Setting { about: "hook alone, each workload", figures: |of| of.overheads_of("0.1.0", Allocator) },
        ],
    },
    Claim {
        quote: "Allocation latency 21-40ns",
        place: "0.2.5, README.md, Performance",
        bound: Bound::TimeElsewhere(40.0),
        settings: &[
            Setting {
                about: "what the hook adds to an allocation and its free, each workload",
                figures: |of| of.per_allocation(Allocator),
            },
            Setting {
                about: "the median allocation with the hook on, one thread",
                figures: |of| of.median_call(Call::Allocating, Allocator),
            },
            Setting {
                about: "memscope's own benchmark of it, which makes an event and keeps none",
                figures: |of| of.operations(&["published-alloc-core", "published-alloc-lockfree"]),
            },
        ],
    },
    Claim {
        quote: "Max threads 100+",
        place: "0.2.5, README.md, Performance",
        bound: Bound::Fidelity(0.99),
        settings: &[Setting {
            about: "events recorded ÷ made on that many threads",
            figures: |of| of.footprints(LATEST, Allocator, on_many_threads),
        }],
    },
    Claim {
        quote: "Memory overhead <1MB/thread",
        place: "0.2.5, README.md, Performance",
        bound: Bound::Bytes(MEGABYTE),
        settings: &[
            Setting {
                about: "the tracker's most bytes ÷ threads, hook alone",
                figures: |of| of.footprints(LATEST, Allocator, bytes_per_thread),
            },
            Setting {
                about: "the tracker's most bytes ÷ threads, variables alone (the default)",
                figures: |of| of.footprints(LATEST, Variables, bytes_per_thread),
            },
        ],
    },
    Claim {
        quote: "Memory Overhead: ~50-100 bytes per tracked allocation",
        place: "0.1.0, README.md, Performance Characteristics",
        bound: Bound::Bytes(100.0),
        settings: &[
            Setting {
                about: "bytes for each live allocation, hook alone",
                figures: |of| of.footprints("0.1.0", Allocator, Footprint::bytes_per_live_allocation),
            },
            Setting {
                about: "bytes kept of each event ever made, hook alone",
                figures: |of| of.footprints("0.1.0", Allocator, Footprint::bytes_per_event),
            },
        ],
    },
    Claim {
        quote: "Per allocation: ~100 bytes",
        place: "0.2.0, docs/en/modules/tracker.md, Memory Overhead",
        bound: Bound::Bytes(100.0),
        settings: &[
            Setting {
                about: "bytes for each live allocation, hook alone",
                figures: |of| of.footprints("0.2.0", Allocator, Footprint::bytes_per_live_allocation),
            },
            Setting {
                about: "bytes kept of each named value, variables alone",
                figures: |of| of.footprints("0.2.0", Variables, Footprint::bytes_per_event),
            },
        ],
    },
    Claim {
        quote: "Single Track (64B) 528 ns",
        place: "0.2.5, README.md, Tracking Overhead (Apple M3 Max)",
        bound: Bound::TimeElsewhere(528.0),
        settings: &[
            Setting { about: "naming a Vec in a fresh process", figures: |of| of.operations(&["name-vec"]) },
            Setting { about: "memscope's own benchmark of it", figures: |of| of.operations(&["published-track-64B"]) },
        ],
    },
    Claim {
        quote: "Stats Query | Any | 250 ns",
        place: "0.2.5, README.md, Analysis Performance (Apple M3 Max)",
        bound: Bound::TimeElsewhere(250.0),
        settings: &[
            Setting { about: "the hook's statistics, 1,000 live", figures: |of| of.operations(&["statistics"]) },
            Setting { about: "memscope's own benchmark of it", figures: |of| of.operations(&["published-stats-1000"]) },
        ],
    },
    Claim {
        quote: "Small Analysis | 1,000 allocs | 536 µs",
        place: "0.2.5, README.md, Analysis Performance (Apple M3 Max)",
        bound: Bound::TimeElsewhere(536e3),
        settings: &[
            Setting { about: "an analysis in a fresh process", figures: |of| of.operations(&["analyse-1000"]) },
            Setting {
                about: "memscope's own benchmark of it",
                figures: |of| of.operations(&["published-analyze-1000"]),
            },
        ],
    },
    Claim {
        quote: "Medium Analysis | 10,000 allocs | 5.85 ms",
        place: "0.2.5, README.md, Analysis Performance (Apple M3 Max)",
        bound: Bound::TimeElsewhere(5.85e6),
        settings: &[
            Setting { about: "an analysis in a fresh process", figures: |of| of.operations(&["analyse-10000"]) },
            Setting {
                about: "memscope's own benchmark of it",
                figures: |of| of.operations(&["published-analyze-10000"]),
            },
        ],
    },
    Claim {
        quote: "Large Analysis | 50,000 allocs | 35.7 ms",
        place: "0.2.5, README.md, Analysis Performance (Apple M3 Max)",
        bound: Bound::TimeElsewhere(35.7e6),
        settings: &[
            Setting { about: "an analysis in a fresh process", figures: |of| of.operations(&["analyse-50000"]) },
            Setting {
                about: "memscope's own benchmark of it",
                figures: |of| of.operations(&["published-analyze-50000"]),
            },
        ],
    },
    Claim {
        quote: "Export operations complete in < 10 seconds for 10,000+ allocations",
        place: "0.2.5, CHANGELOG.md, of 0.1.0",
        bound: Bound::Time(10e9),
        settings: &[Setting {
            about: "10,000 live as JSON, and as the version's own report",
            figures: |of| of.operations(&["export-json-10000", "export-report-10000"]),
        }],
    },
];

/// Returns the fidelity of a measurement on very many threads.
fn on_many_threads(measurement: &Footprint) -> Option<Estimate> {
    let value = measurement.fidelity().filter(|_| measurement.threads >= MANY_THREADS)?;
    Some(Estimate { value, low: value, high: value })
}

/// Returns the tracker's most bytes at the largest scale, for each thread.
fn bytes_per_thread(measurement: &Footprint) -> Option<Estimate> {
    let value = measurement.points.last()?.peak_bytes as f64 / measurement.threads as f64;
    Some(Estimate { value, low: value, high: value })
}
