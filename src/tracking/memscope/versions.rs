//! Facts about memscope-rs and its versions that its source does not show. The build script, the builder and the tests
//! share this file.

/// Name of the package and of the dependency.
pub const PACKAGE: &str = "memscope-rs";

/// Name of the library.
pub const LIBRARY: &str = "memscope_rs";

/// Names of the package before it was published.
pub const FORMER_NAMES: [&str; 2] = ["trace_tools", "memtrack-rs"];

/// The feature that makes memscope's allocator the program's. A program has only one, so the feature is left out.
pub const OWN_ALLOCATOR: &str = "tracking-allocator";

/// Published versions that do not compile without a feature, and the feature.
pub const NEEDED_FEATURES: [(&str, &str); 1] = [("0.1.5", "parking-lot")];

/// The first and the last published version that report a JSON export as done but leave an empty file.
pub const EMPTY_EXPORTS: [&str; 2] = ["0.1.5", "0.1.10"];

/// One published version for each shape of the API before the linked one, from the oldest.
pub const GENERATIONS: [&str; 7] = ["0.1.0", "0.1.2", "0.1.4", "0.1.5", "0.1.10", "0.2.0", "0.2.1"];

/// Returns whether a package of this name is memscope-rs.
pub fn is_memscope(package: &str) -> bool {
    package == PACKAGE || FORMER_NAMES.contains(&package)
}

/// Returns the feature without which a published version does not compile.
pub fn needed_feature(version: &str) -> Option<&'static str> {
    NEEDED_FEATURES.iter().find(|(needing, _)| *needing == version).map(|(_, feature)| *feature)
}
