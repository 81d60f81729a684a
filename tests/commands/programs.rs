//! Real programs as workloads, and the command `programs`: in a build with them, and in a build without.

use crate::common::memscope_bench;
use memscope_bench::internal::workloads::{Workload, registered};
use predicates::prelude::*;
use predicates::str::contains;

const NAMES: [&str; 8] = ["parser", "json", "regex", "markdown", "http", "pipeline", "wordcount", "fft"];

/// Returns a program by its name, which every build knows.
fn program(name: &str) -> Workload {
    serde_json::from_value(name.into()).expect("every build knows the name")
}

#[test]
fn programs_are_known_by_name_and_not_listed() {
    for name in NAMES {
        let program = program(name);
        assert!(program.is_program() && !registered().contains(&program), "{name}");
        assert_eq!(program.is_built(), cfg!(feature = "programs"), "{name}");
    }
    assert!(registered().len() == 8 && !registered().iter().any(|workload| workload.is_program()));
    assert!(program("parser") > Workload::LEAKS && program("parser") < program("fft"), "they are in order");
}

#[cfg(not(feature = "programs"))]
mod without_programs {
    use super::*;

    #[test]
    fn a_named_program_is_refused_with_the_feature_that_has_it() {
        let commands = [
            ["measure", "--workloads=cycles,json"],
            ["probe", "--workload=json"],
            ["compare", "--workloads=json"],
            ["why", "--workload=json"],
        ];
        for command in commands {
            let says = contains("invalid value 'json' for '--workload").and(contains("`--features programs`"));
            memscope_bench().args(command).assert().code(2).stdout("").stderr(says);
        }
        let unknown = memscope_bench().args(["measure", "--workloads=jsn"]).assert().code(2).stdout("");
        unknown.stderr(contains("possible values: structures,").and(contains("--features").not()));
    }

    #[test]
    fn the_command_explains_how_to_build_it() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let output = folder.path().join("results");
        let says = contains("cargo run --release --features programs -- programs");
        let assert = memscope_bench().arg("programs").arg("--output").arg(&output).assert().code(2).stdout("");
        assert.stderr(says.and(predicate::function(|text: &str| text.lines().count() == 1)));
        assert!(!output.exists(), "nothing is written");
    }
}

#[cfg(feature = "programs")]
mod with_programs {
    use super::*;
    use crate::common::probe;
    use memscope_bench::internal::platform::files;
    use memscope_bench::internal::study::programs::Programs;
    use memscope_bench::internal::tracking::Level;
    use memscope_bench::internal::workloads::Scale;
    use memscope_bench::workloads::Tracker;
    use std::fs;
    use std::rc::Rc;
    use std::sync::{Arc, Mutex};
    use std::thread::{self, ThreadId};

    const TINY: &str = "--scale=0.002";

    #[test]
    fn digests_are_pinned_and_the_same_under_every_level_and_on_any_number_of_threads() {
        let expected: [(&str, u64, u64); 8] = [
            ("parser", 0x6ddf_c73e_b2fe_067f, 1),
            ("json", 0x8217_71af_49dd_1b5f, 0),
            ("regex", 0x28fd_bdf8_2010_88e0, 2),
            ("markdown", 0x4216_891c_f382_517a, 0),
            ("http", 0x16c4_62ad_a357_1628, 64),
            ("pipeline", 0x3145_a92b_1c25_8978, 5),
            ("wordcount", 0x9fa5_3ad6_f2a3_4534, 2),
            ("fft", 0x1378_3477_9086_b2bb, 1),
        ];
        assert_eq!(expected.map(|(name, ..)| name), NAMES);
        for (name, checksum, variables) in expected {
            let workload = format!("--workload={name}");
            for how in [["--tracking=untracked", "--threads=1"], ["--tracking=full", "--threads=3"]] {
                let seen = probe(&[&[workload.as_str(), TINY, "--seed=1"], &how[..]].concat());
                assert_eq!((seen.digest.checksum, seen.digest.variables), (checksum, variables), "{name} {how:?}");
                assert_eq!((seen.digest.leaked_allocations, seen.digest.leaked_bytes), (0, 0), "{name}");
            }
            let other = probe(&[&workload, TINY, "--seed=2", "--tracking=untracked"]);
            assert_ne!(other.digest.checksum, checksum, "{name}: another seed");
        }
    }

    #[test]
    fn a_program_frees_all_that_it_allocates() {
        // On one thread only: a runtime's own bookkeeping is not the program's.
        for name in NAMES.iter().filter(|name| !program(name).is_parallel()) {
            let seen = probe(&[&format!("--workload={name}"), "--tracking=counting", TINY]);
            let truth = seen.truth.expect("counted");
            assert_eq!((truth.allocations - truth.deallocations, truth.live_bytes), (0, 0), "{name}");
        }
    }

    #[test]
    fn the_hook_records_every_event_of_programs() {
        for name in NAMES {
            let seen = probe(&[&format!("--workload={name}"), "--tracking=allocator", TINY, "--count"]);
            let fidelity = seen.fidelity().expect("both are known");
            if program(name).is_parallel() {
                // A runtime's thread may be within a call when the window closes.
                assert!((0.9..=1.1).contains(&fidelity), "{name}: {fidelity}");
            } else {
                assert_eq!(fidelity, 1.0, "{name}");
            }
        }
    }

    /// Keeps the thread on which each vector was named.
    #[derive(Clone, Default)]
    struct Threads(Arc<Mutex<Vec<ThreadId>>>);

    impl Tracker for Threads {
        fn vec<T>(&self, _: &'static str, _: &Vec<T>) {
            self.0.lock().expect("a list cannot panic").push(thread::current().id());
        }
        fn string(&self, _: &'static str, _: &String) {}
        fn boxed<T>(&self, _: &'static str, _: &Box<T>) {}
        fn rc<T>(&self, _: &'static str, _: &Rc<T>) {}
        fn arc<T>(&self, _: &'static str, _: &Arc<T>) {}
    }

    #[test]
    fn the_pipeline_allocates_and_frees_batches_on_different_threads() {
        let threads = Threads::default();
        program("pipeline").run(&threads, Scale::new(0.01).expect("positive"));
        // The caller's thread reads and runs no task. A task names a batch right before it frees it, and does not wait
        // in between.
        let named = threads.0.lock().expect("a list cannot panic");
        assert_eq!(named.len(), 24);
        assert!(!named.contains(&thread::current().id()));
    }

    #[test]
    fn a_command_measures_the_programs_that_it_names() {
        let assert = memscope_bench()
            .args(["measure", "--workloads=json,cycles", "--scale=0.001", "--pairs=6", "--tracking=counting"])
            .assert()
            .success();
        let printed = String::from_utf8_lossy(&assert.get_output().stdout).into_owned();
        assert!(printed.contains("json") && printed.contains("cycles") && !printed.contains("structures"), "{printed}");
    }

    #[test]
    fn the_command_measures_programs_beside_the_workloads() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let arguments = ["programs", "--workloads=json,fft,cycles,leaks,fragmentation", "--pairs=6", "--scale=0.001"];
        memscope_bench()
            .args(arguments)
            .args(["--tracking=allocator", "--keep"])
            .arg(format!("--output={}", folder.path().display()))
            .assert()
            .success()
            .stdout(contains("For whom?").and(contains("per ms")).and(contains("fft")));
        let programs: Programs = files::read(&folder.path().join("programs.json")).expect("a file of programs");
        assert_eq!((programs.measurements.len(), programs.counts.len()), (10, 5));
        let levels: Vec<Level> = programs.measurements.iter().map(|measurement| measurement.level).collect();
        assert_eq!(levels, [Level::Untracked, Level::Allocator].repeat(5));
        assert!(programs.counts.iter().all(|counted| counted.truth.is_some_and(|truth| truth.allocations > 0)));
        let picture = fs::read_to_string(folder.path().join("programs.svg")).expect("the picture");
        roxmltree::Document::parse(&picture).expect("well-formed");
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 3, "three files and nothing else");
    }
}
