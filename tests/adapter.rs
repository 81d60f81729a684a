//! The choice of the adapter to memscope, by the items that a source offers and not by its version number.

#[path = "../build/inventory.rs"]
mod inventory;
#[path = "../build/modes.rs"]
mod modes;
#[path = "../build/parts.rs"]
mod parts;

use inventory::Inventory;
use modes::MODES;
use parts::PARTS;
use std::collections::{BTreeMap, HashSet};
use std::fs;

/// Reads a crate with these files.
fn source(files: &[(&str, &str)]) -> Inventory {
    let folder = tempfile::tempdir().expect("a temporary folder");
    for (path, text) in files {
        let path = folder.path().join("src").join(path);
        fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    let features = HashSet::from(["on".to_owned()]);
    Inventory::read(&folder.path().join("src/lib.rs"), features, "linux").expect("it can be parsed")
}

/// Returns the form that each part gets, or the needs that it misses.
fn forms(files: &[(&str, &str)]) -> BTreeMap<&'static str, Result<&'static str, String>> {
    let source = source(files);
    PARTS.iter().chain(MODES).map(|part| (part.name, part.choose(&source))).collect()
}

#[test]
fn a_path_is_resolved_as_by_the_compiler() {
    let source = source(&[
        (
            "lib.rs",
            "mod hidden; pub mod open; pub use hidden::tracker::{self, get, Tracker as Renamed}; pub use open::*;
             pub use self::open::inner::deep; pub fn analyzer(of: &u8) {} pub mod analyzer { pub struct Analyzer; }
             pub use analyzer::Analyzer; fn private() {} #[cfg(feature = \"off\")] pub fn off() {}
             #[cfg(feature = \"on\")] pub fn on() {} #[cfg(test)] pub fn of_tests() {}
             #[cfg(all(target_os = \"macos\", feature = \"on\"))] pub fn mac() {}
             #[cfg(not(target_os = \"macos\"))] pub fn not_mac() {} pub use circle::*;
             mod circle { pub use super::*; }",
        ),
        ("hidden/mod.rs", "pub mod tracker;"),
        (
            "hidden/tracker.rs",
            "pub fn get() {} pub struct Tracker { count: u8 }
             impl Tracker { pub fn stats(&self, of: u8) -> Result<u8> { insert(of) } fn private(&self) {} }",
        ),
        ("open.rs", "pub mod inner; pub fn globbed(a: u8, b: u8) {} pub(crate) fn inside() {}"),
        ("open/inner.rs", "pub fn deep() {}"),
    ]);
    for (path, parameters) in [
        ("get", Some(0)),
        ("tracker::get", Some(0)),
        ("hidden::tracker::get", None),
        ("globbed", Some(2)),
        ("open::globbed", Some(2)),
        ("inside", None),
        ("deep", Some(0)),
        ("private", None),
        ("off", None),
        ("on", Some(0)),
        ("of_tests", None),
        ("mac", None),
        ("not_mac", Some(0)),
        ("analyzer", Some(1)),
        ("nowhere", None),
        ("open::nowhere", None),
    ] {
        assert_eq!(source.function(path), parameters, "{path}");
    }
    assert!(source.has("Renamed") && source.has("Analyzer") && source.has("analyzer") && !source.has("Tracker"));
    assert_eq!(source.fields("tracker::Tracker"), ["count"]);
    assert_eq!(source.method("tracker::Tracker", "stats"), Some((1, "Result < u8 >".to_owned())));
    assert_eq!(source.method("tracker::Tracker", "private"), None);
    assert!(source.method_mentions("tracker::Tracker", "stats", "insert"));
    assert!(!source.method_mentions("tracker::Tracker", "stats", "ins"));
}

#[test]
fn traits_and_macros_are_found_where_they_are_defined() {
    let source = source(&[
        (
            "lib.rs",
            "pub trait Named {} impl<T> Named for Vec<T> {} impl<T> Named for std::rc::Rc<T> {} impl Other for String {}
             by_macro!(std::cell::RefCell<T>, 7); other!(std::cell::Cell<T>);",
        ),
        ("macros.rs", "macro_rules! by_macro { ($type:ty) => { impl<T> crate::Named for $type {} }; }\n"),
        ("other.rs", "macro_rules! other { ($type:ty) => {}; }\n#[macro_export]\nmacro_rules! track { () => {}; }\n"),
    ]);
    for (by, is) in [("Vec", true), ("Rc", true), ("String", false), ("RefCell", true), ("Cell", false), ("Arc", false)]
    {
        assert_eq!(source.implements("Named", by), is, "{by}");
    }
    assert!(source.exports_macro("track") && !source.exports_macro("by_macro") && !source.exports_macro("tra"));
}

/// Items of all sources below.
const COMMON: &str = "pub struct TrackingAllocator; impl TrackingAllocator { pub const fn new() -> Self { Self } }
    pub trait Trackable {} impl<T> Trackable for Vec<T> {} impl Trackable for String {} impl<T> Trackable for Box<T> {}
    impl<T> Trackable for Rc<T> {} impl<T> Trackable for Arc<T> {}
    pub struct MemoryTracker; impl MemoryTracker { pub fn get_stats(&self) -> TrackingResult<MemoryStats> {} }";

/// Items of all versions 0.2.
const GLOBAL: &str = "pub fn get_tracker() {} pub fn global_tracker() {} pub fn init_global_tracking() {}
    pub struct GlobalTracker; impl GlobalTracker { pub fn tracker(&self) {} }";

#[test]
fn a_combination_that_no_release_has_gets_its_own_adapter() {
    // The detectors of 0.2.1 with the naming of 0.2.3.
    let analyzer = "pub fn analyzer(of: u8) {} pub struct Analyzer;
        impl Analyzer { pub fn analyze(&mut self) {} pub fn detect(&mut self) {} pub fn graph(&mut self) {}
        pub fn view(&self) {} }";
    let five = "impl GlobalTracker { pub fn track_as(&self, v: &T, n: &str, f: &str, l: u32, m: &str) {} }";
    let four = "impl GlobalTracker { pub fn track_as(&self, v: &T, n: &str, f: &str, l: u32) {} }";
    let chosen = |parts: &[&str]| {
        let forms = forms(&[("lib.rs", &[&[COMMON, GLOBAL], parts].concat().concat())]);
        ["names", "leaks", "cycles"].map(|part| forms[part].clone().expect("it is chosen"))
    };
    assert_eq!(chosen(&[five, analyzer]), ["global_with_module", "analyzer", "graph"]);
    assert_eq!(chosen(&[four, analyzer]), ["global", "analyzer", "graph"]);
    assert_eq!(chosen(&[five]), ["global_with_module", "none", "none"]);
    assert_eq!(chosen(&[]), ["none", "none", "none"]);
}

#[test]
fn missing_items_that_a_measurement_needs_are_named() {
    let forms = forms(&[("lib.rs", "pub fn get_tracker(of: u8) {} pub struct MemoryTracker;")]);
    assert_eq!(forms["hook"].clone(), Err("fn TrackingAllocator::new with 0 parameters".to_owned()));
    assert_eq!(forms["tracker"].clone(), Err("fn get_tracker with 0 parameters".to_owned()));
    assert!(forms["statistics"].clone().expect_err("there are none").contains("MemoryTracker::get_stats"));
    assert_eq!(forms["names"].clone(), Ok("none"));
}

#[test]
fn a_file_that_is_not_rust_is_reported_as_broken() {
    let broken =
        source(&[("lib.rs", "mod tracker; pub use tracker::get_tracker;"), ("tracker.rs", "this does not parse")]);
    assert_eq!(broken.function("get_tracker"), None);
    assert!(broken.is_broken());
    let whole = source(&[("lib.rs", "mod tracker; pub use tracker::get_tracker;"), ("tracker.rs", "")]);
    assert_eq!(whole.function("get_tracker"), None);
    assert!(!whole.is_broken());
}

#[test]
fn misleading_statistics_are_recognised() {
    let tracker = "pub fn get_global_tracker() {} pub fn _track_var_impl(v: &T, n: &str) {}";
    let chosen = |rest: &str| forms(&[("lib.rs", &[COMMON, tracker, rest].concat())]);
    assert_eq!(chosen("")["statistics"].clone(), Ok("all"));
    // Frees that the hook does not count came with the registry of variables.
    let totals = chosen("pub mod variable_registry {}");
    assert_eq!((totals["statistics"].clone(), totals["blocks"].clone()), (Ok("totals"), Ok("unknown")));
    // Commits before 0.1.3 and after 0.1.4 have the registry, and count frees nevertheless.
    let named_twice = chosen(
        "pub mod variable_registry {} pub struct AllocationInfo { pub ptr: usize }
         impl MemoryTracker { pub fn track_allocation(&self, p: usize, s: usize) { active.insert(p, s) }
         pub fn get_active_allocations(&self) -> TrackingResult<Vec<AllocationInfo>> {} }",
    );
    let (statistics, blocks) = (named_twice["statistics"].clone(), named_twice["blocks"].clone());
    assert_eq!((statistics, blocks), (Ok("named_twice"), Ok("fallible")));
    let forgets = "impl MemoryTracker { pub fn associate_var(&self, p: usize, n: String, t: String) { get_mut(p) } }";
    assert_eq!(chosen(forgets)["unseen"].clone(), Ok("forgotten"));
    let keeps =
        "impl MemoryTracker { pub fn associate_var(&self, p: usize, n: String, t: String) { active.insert(p) } }";
    assert_eq!(chosen(keeps)["unseen"].clone(), Ok("kept"));
}

#[test]
fn a_mode_that_a_source_lacks_has_the_form_none() {
    let lacking = forms(&[("lib.rs", &[COMMON, GLOBAL].concat())]);
    for mode in MODES {
        assert_eq!(lacking[mode.name].clone(), Ok("none"), "{}", mode.name);
    }
    let tracker = |parameters: &str| {
        let own = format!(
            "pub mod tracker {{ pub struct SamplingConfig;
             impl SamplingConfig {{ pub fn demo() -> Self {{}} pub fn high_performance() -> Self {{}} }}
             pub struct Tracker; impl Tracker {{ pub fn with_sampling(self, c: SamplingConfig) -> Self {{}}
             pub fn stats(&self) {{}} pub fn events(&self) {{}} pub fn track_as(&self, {parameters}) {{}} }} }}"
        );
        forms(&[("lib.rs", &[COMMON, &own].concat())])["own_tracker"].clone()
    };
    assert_eq!(tracker("v: &T, n: &str, f: &str, l: u32, m: &str"), Ok("with_module"));
    assert_eq!(tracker("v: &T, n: &str, f: &str, l: u32"), Ok("plain"));
    assert_eq!(tracker("v: &T"), Ok("none"));
    let accurate = "impl MemoryTracker { pub fn track_allocation(&self, p: usize, s: usize) {
        if std::env::var(\"MEMSCOPE_ACCURATE_TRACKING\").is_ok() {} } }";
    let accurate = forms(&[("lib.rs", &[COMMON, accurate].concat())]);
    assert_eq!(accurate["accurate"].clone(), Ok("variable"));
}

#[test]
fn each_part_has_a_unique_name() {
    let names: Vec<&str> = PARTS.iter().chain(MODES).map(|part| part.name).collect();
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), names.len(), "{names:?}");
}
