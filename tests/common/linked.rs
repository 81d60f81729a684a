//! The linked memscope's abilities by version, according to its published sources.
//!
//! The tests pass with every version. If versions differ, the tests look up the linked version's abilities here, or the
//! message for a missing ability. The table is independent of the program, which may be wrong. A version that is not
//! published yet is treated as the newest, as the adapter treats it.

use memscope_bench::internal::tracking::Level;
use memscope_bench::internal::tracking::memscope::MemscopeBuild;
use semver::Version;

/// The abilities of the versions from one on.
struct Abilities {
    /// The first version. A pre-release has the API of its release.
    from: (u64, u64, u64),
    /// True if it names values without the hook. 0.1.0 records names only for blocks that its hook saw.
    variables_alone: bool,
    /// Figures of the hook whose meaning matches their names, by their names in a probe's output.
    figures: &'static [&'static str],
    /// True if it records every event. Before 0.2.0, an event is dropped if a lock is taken: by another thread, or by
    /// the naming of a value, which allocates.
    every_event: bool,
    /// True if it counts the named values it recorded, and knows their types.
    counts_named_values: bool,
    /// True if it lists live blocks. 0.1.3 and 0.1.4 do not see frees of their hook.
    live_blocks: bool,
    /// The chart that it draws after a stress run.
    own_picture: Option<&'static str>,
}

const FIGURES: &[&str] =
    &["allocations", "deallocations", "allocated_bytes", "active_allocations", "active_bytes", "peak_bytes"];

const FIRST: Abilities = Abilities {
    from: (0, 0, 0),
    variables_alone: false,
    figures: FIGURES,
    every_event: false,
    counts_named_values: false,
    live_blocks: true,
    own_picture: Some("memscope_analysis.svg"),
};

/// The versions, from the oldest.
const TABLE: [Abilities; 5] = [
    FIRST,
    Abilities { from: (0, 1, 1), variables_alone: true, ..FIRST },
    Abilities {
        from: (0, 1, 3),
        variables_alone: true,
        figures: &["allocations", "allocated_bytes"],
        live_blocks: false,
        ..FIRST
    },
    Abilities {
        from: (0, 1, 5),
        variables_alone: true,
        figures: &["allocations", "deallocations", "allocated_bytes"],
        ..FIRST
    },
    Abilities {
        from: (0, 2, 0),
        variables_alone: true,
        every_event: true,
        counts_named_values: true,
        own_picture: None,
        ..FIRST
    },
];

fn linked() -> &'static Abilities {
    let version: Version = MemscopeBuild::of_this_build().version.parse().expect("a version");
    let is_from = |row: &&Abilities| (version.major, version.minor, version.patch) >= row.from;
    TABLE.iter().rev().find(is_from).expect("the first row is for all versions")
}

/// Returns whether the linked memscope can run a level.
pub fn supports(level: Level) -> bool {
    level != Level::Variables || linked().variables_alone
}

/// Returns the hook's figures that it knows, by their names in a probe's output.
pub fn figures() -> &'static [&'static str] {
    linked().figures
}

/// Returns whether it records every event.
pub fn records_every_event() -> bool {
    linked().every_event
}

/// Returns whether it counts the named values it recorded, and knows their types.
pub fn counts_named_values() -> bool {
    linked().counts_named_values
}

/// Returns whether it lists live blocks.
pub fn tells_live_blocks() -> bool {
    linked().live_blocks
}

/// Returns the chart that it draws after a stress run, if any.
pub fn own_picture() -> Option<&'static str> {
    linked().own_picture
}

/// Returns the published version that this program is linked with; `None`, with a message, for another source.
pub fn published() -> Option<String> {
    let MemscopeBuild { version, source, .. } = MemscopeBuild::of_this_build();
    if source == "crates.io" {
        return Some(version);
    }
    eprintln!("skipped: this program is built with memscope-rs {version} ({source})");
    None
}
