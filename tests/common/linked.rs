//! What the linked memscope can do, by its version, as its published sources have it.
//!
//! The tests hold with every version: where versions differ they ask here, and look for what this one can do, or for the
//! word that it cannot. The program is not asked, which may be wrong about it. A version that is not published yet is
//! taken for one that can do what the newest can, as the adapters take it.

use memscope_bench::tracking::Level;
use memscope_bench::tracking::memscope::Subject;
use semver::Version;

/// Whether the linked memscope is of this version or a later one. A pre-release has the API of its release.
fn is_from(major: u64, minor: u64, patch: u64) -> bool {
    let linked: Version = Subject::of_this_build().version.parse().expect("a version");
    (linked.major, linked.minor, linked.patch) >= (major, minor, patch)
}

/// Whether a level can be had: 0.1.0 notes names on blocks that its hook saw, so that it has none without the hook.
pub fn supports(level: Level) -> bool {
    level != Level::Variables || is_from(0, 1, 1)
}

/// The figures of the hook that it tells, by their names in what a probe prints: what 0.1.3 to 0.1.10 tell of frees, and of
/// what is alive, is not what its name says.
pub fn figures() -> &'static [&'static str] {
    let counts_what_lives = is_from(0, 2, 0) || !is_from(0, 1, 3);
    let counts_frees = counts_what_lives || is_from(0, 1, 5);
    if counts_what_lives {
        &["allocations", "deallocations", "allocated_bytes", "active_allocations", "active_bytes", "peak_bytes"]
    } else if counts_frees {
        &["allocations", "deallocations", "allocated_bytes"]
    } else {
        &["allocations", "allocated_bytes"]
    }
}

/// Whether it records every event. Before 0.2.0, one is dropped that finds a lock taken: by another thread, or by the naming
/// of a value, which allocates.
pub fn records_every_event() -> bool {
    is_from(0, 2, 0)
}

/// Whether it tells how many named values it recorded, and of which types.
pub fn counts_named_values() -> bool {
    is_from(0, 2, 0)
}

/// Whether it tells which blocks are alive: 0.1.3 and 0.1.4 do not see what their hook frees.
pub fn tells_live_blocks() -> bool {
    is_from(0, 1, 5) || !is_from(0, 1, 3)
}

/// The picture that it draws by itself after a stress run, if it draws one.
pub fn own_picture() -> Option<&'static str> {
    (!is_from(0, 2, 0)).then_some("memscope_analysis.svg")
}
