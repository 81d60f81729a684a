//! `record` and the recording allocator: a trace contains the program's operations, for any end of the program.

mod common;

use common::memscope_bench;
#[cfg(target_os = "linux")]
use common::processes;
use memscope_bench::RecordingAllocator;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::replay::Replays;
use memscope_bench::internal::trace::format::{Event, Kind};
use memscope_bench::internal::trace::{Deed, Step, Trace};
use memscope_bench::internal::tracking::{CLASS_LIMITS, SwitchedAllocator, counted};
use predicates::prelude::*;
use predicates::str::contains;
use std::collections::BTreeMap;
use std::fs;
use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc;
use std::thread;

/// The harness's counters under the recorder: both see the same calls of this program.
#[global_allocator]
static ALLOCATOR: RecordingAllocator<SwitchedAllocator> = RecordingAllocator::over(SwitchedAllocator);

/// The variable that names the work of a program that records itself.
const WORK: &str = "RECORDED_WORK";
/// The variable with the number of the program that started one.
const PARENT: &str = "RECORDED_PARENT";

/// Allocates in every way: sizes of all classes, growth, zeros, alignments, on threads and across them.
fn every_way() {
    let sizes = (0..18).flat_map(|power| [1_usize << power, (1 << power) + 1, (3 << power) / 2]);
    let blocks: Vec<Vec<u8>> = sizes.map(Vec::with_capacity).collect();
    let mut growing = Vec::new();
    (0..50_000_u64).for_each(|number| growing.push(black_box(number)));
    let zeros = black_box(vec![0_u8; 100_000]);
    #[repr(align(256))]
    struct Aligned([u8; 256]);
    let aligned = black_box(Box::new(Aligned([7; 256])));
    let (sender, receiver) = mpsc::channel::<Vec<String>>();
    let send = |thread: u32| {
        let sender = sender.clone();
        thread::spawn(move || {
            for number in 0..2_000 {
                let words = (0..number % 5).map(|word| format!("{thread}: {number} of {word}")).collect();
                let _ = sender.send(words);
            }
        })
    };
    let senders: Vec<_> = (0..3).map(send).collect();
    drop(sender);
    let receiver = thread::spawn(move || {
        black_box(receiver.iter().map(|words| words.len()).sum::<usize>());
    });
    // A scope ends before its threads do, and a thread frees its own parts at its end.
    senders.into_iter().chain([receiver]).for_each(|thread| thread.join().expect("it ends"));
    drop((blocks, growing, zeros, aligned.0[0]));
}

/// The size of the first block of the window, which identifies it in the trace.
const FIRST: usize = 7_777_777;

/// The program that records itself: this test program, started by the tests below with a trace in its environment.
#[test]
#[ignore = "another test starts it, and it ends its process"]
#[allow(clippy::zombie_processes, reason = "a program that it leaves behind is under test")]
fn recorded_program() {
    let Ok(work) = std::env::var(WORK) else { return };
    // The main thread allocates until it waits for this one.
    #[cfg(target_os = "linux")]
    processes::wait_for(|| processes::is_asleep(&std::process::id().to_string()).then_some(()));
    #[cfg(not(target_os = "linux"))]
    thread::sleep(std::time::Duration::from_millis(500));
    let counts = counted(|| {
        drop(black_box(Vec::<u8>::with_capacity(FIRST)));
        match work.as_str() {
            "every-way" => every_way(),
            // The child has the same trace in its environment.
            "parent" => drop(itself("known").output().expect("it starts")),
            // It goes on after the end of this program.
            "leaving" => {
                let left = ["left_program", "--ignored", "--exact"];
                let mut command = Command::new(std::env::current_exe().expect("this program"));
                command.args(left).env(PARENT, std::process::id().to_string()).spawn().expect("it starts");
            }
            _ => (1..=3_000).for_each(|size| drop(black_box(Vec::<u8>::with_capacity(size)))),
        }
    });
    RecordingAllocator::flush();
    let classes: Vec<String> = counts.by_class.iter().map(u64::to_string).collect();
    eprintln!("counted {} {} {}", classes.join(","), counts.allocated_bytes, counts.deallocations);
    std::process::abort();
}

/// A program that waits for the end of the one that started it, and then starts another one.
#[test]
#[ignore = "another test starts it"]
fn left_program() {
    let Ok(parent) = std::env::var(PARENT) else { return };
    while std::os::unix::process::parent_id().to_string() == parent {
        thread::sleep(std::time::Duration::from_millis(1));
    }
    let _ = itself("known").output().expect("it starts");
}

/// Returns the command of the program that records itself.
fn itself(work: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("this program"));
    command.args(["recorded_program", "--ignored", "--exact", "--nocapture"]).env(WORK, work);
    command
}

/// Starts the program that records itself. Returns its operations within the window, and the counters' counts.
fn record_itself(work: &str) -> (Vec<Event>, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("own.trace");
    let output = itself(work).env("MEMSCOPE_BENCH_TRACE", &path).output().expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let counted = said.lines().find_map(|line| line.strip_prefix("counted ")).expect("it counted").to_owned();
    let trace = Trace::read(&path).expect("a trace");
    assert!(trace.ended_early, "it was aborted");
    assert_eq!(trace.summary().unknown_frees, 0, "it was recorded from its first allocation on");
    assert!(trace.program.contains("record-"), "{}", trace.program);
    let mut events: Vec<Event> = trace.by_frame().map(|(_, _, event)| event).collect();
    events.retain(|event| event.kind != Kind::Rest);
    events.sort_by_key(|event| event.ticket);
    let first = events.iter().position(|event| event.size == FIRST as u64).expect("the window began");
    (events.split_off(first), counted)
}

/// Returns the counts after these operations: allocations by class, their bytes, and frees.
fn count(events: &[Event]) -> String {
    let mut by_class = vec![0_u64; CLASS_LIMITS.len() + 1];
    let (mut bytes, mut frees) = (0, 0);
    for event in events {
        if event.kind != Kind::Free {
            let class = CLASS_LIMITS.iter().position(|&limit| event.size <= limit as u64);
            by_class[class.unwrap_or(CLASS_LIMITS.len())] += 1;
            bytes += event.size;
        }
        // A reallocation counts as one of each.
        frees += u64::from(matches!(event.kind, Kind::Free | Kind::Reallocate));
    }
    let classes: Vec<String> = by_class.iter().map(u64::to_string).collect();
    format!("{} {bytes} {frees}", classes.join(","))
}

#[test]
fn a_trace_has_the_operations_that_the_counters_count() {
    let (events, counted) = record_itself("every-way");
    assert_eq!(count(&events), counted);
    for kind in [Kind::Allocate, Kind::Zeroed, Kind::Reallocate, Kind::Free] {
        assert!(events.iter().any(|event| event.kind == kind), "{kind:?}");
    }
    assert!(events.len() > 10_000, "{}", events.len());
    assert!(events.iter().any(|event| (event.align, event.size) == (8, 256)), "a block aligned to 256 B");
}

#[test]
fn a_trace_has_each_operation_with_its_size_in_order() {
    let (events, counted) = record_itself("known");
    assert_eq!(count(&events), counted);
    let seen: Vec<(Kind, u64)> = events[2..].iter().map(|event| (event.kind, event.size)).collect();
    let expected: Vec<(Kind, u64)> = (1..=3_000).flat_map(|size| [(Kind::Allocate, size), (Kind::Free, 0)]).collect();
    assert_eq!(seen, expected);
    assert!(events.chunks(2).all(|pair| pair[0].block == pair[1].block), "the same block");
}

#[test]
fn a_child_does_not_record_over_its_parent() {
    let (events, counted) = record_itself("parent");
    assert_eq!(count(&events), counted);
    assert!(events.len() < 1_000, "those of the child are not among them: {}", events.len());
}

#[test]
fn a_program_that_is_left_running_does_not_record_over_the_one_that_started_it() {
    // Its output is open until the last of them has ended.
    let (events, counted) = record_itself("leaving");
    assert_eq!(count(&events), counted);
    assert!(events.len() < 1_000, "the others' are not among them: {}", events.len());
}

#[test]
fn a_program_that_records_itself_replaces_only_a_trace() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("own.trace");
    fs::write(&path, "a diary").expect("a file");
    let output = itself("known").env("MEMSCOPE_BENCH_TRACE", &path).output().expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("counted "), "it ran to its end");
    assert_eq!(fs::read_to_string(&path).expect("the file"), "a diary");
    fs::write(&path, fs::read("examples/sort.trace").expect("a trace")).expect("a file");
    let output = itself("known").env("MEMSCOPE_BENCH_TRACE", &path).output().expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("counted "), "it ran to its end");
    let program = Trace::read(&path).expect("a trace").program;
    assert!(program.contains("record-"), "{program}");
}

#[test]
fn a_program_without_the_variable_writes_nothing() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = itself("known");
    let output = command.env_remove("MEMSCOPE_BENCH_TRACE").current_dir(folder.path()).output().expect("it starts");
    assert!(String::from_utf8_lossy(&output.stderr).contains("counted "), "it ran to its end");
    assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0);
}

/// A C program, compiled in its own folder.
struct Compiled {
    folder: tempfile::TempDir,
}

impl Compiled {
    /// Compiles a program's functions; `None`, with a line on stderr, if there is no C compiler, or its program could
    /// not be recorded.
    fn of(source: &str, options: &[&str]) -> Option<Self> {
        if cfg!(not(target_os = "linux")) {
            eprintln!("skipped: a program that is not changed is recorded only on Linux");
            return None;
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("program.c");
        let head = "#define _GNU_SOURCE\n#include <assert.h>\n#include <fcntl.h>\n#include <malloc.h>\n\
             #include <pthread.h>\n#include <setjmp.h>\n#include <signal.h>\n#include <stdlib.h>\n#include <stdio.h>\n\
             #include <string.h>\n#include <sys/wait.h>\n#include <unistd.h>\n\
             static void *volatile kept;\n\
             static void churn(int times, int size) {\n\
             for (int n = 0; n < times; n++) { kept = malloc(size); free(kept); }\n}\n";
        fs::write(&path, format!("{head}{source}")).expect("a source");
        let program = folder.path().join("program");
        let mut command = Command::new("cc");
        command.args(["-O0", "-w", "-pthread"]).args(options).arg("-o").arg(&program).arg(&path);
        match command.output() {
            Ok(output) if output.status.success() => Some(Self { folder }),
            Ok(output) => {
                eprintln!("skipped: cc does not compile the program: {}", String::from_utf8_lossy(&output.stderr));
                None
            }
            Err(error) => {
                eprintln!("skipped: there is no C compiler: {error}");
                None
            }
        }
    }

    fn program(&self) -> PathBuf {
        self.folder.path().join("program")
    }

    /// Records the program.
    fn record(&self, arguments: &[&str]) -> assert_cmd::assert::Assert {
        let mut command = memscope_bench();
        command.args(["record", "--output"]).arg(self.trace_path()).arg("--").arg(self.program()).args(arguments);
        command.assert()
    }

    fn trace_path(&self) -> PathBuf {
        self.folder.path().join("x.trace")
    }

    fn trace(&self) -> Trace {
        Trace::read(&self.trace_path()).expect("a trace")
    }

    /// Returns the number of allocations of each size.
    fn sizes(&self) -> BTreeMap<u64, u64> {
        let mut sizes = BTreeMap::new();
        self.trace().visit(|Step { deed, .. }| {
            if let Deed::Allocate { size, .. } = deed {
                *sizes.entry(size).or_default() += 1;
            }
        });
        sizes
    }
}

#[test]
fn an_unmodified_program_is_recorded() {
    let source = "int main(void) {\n\
         for (int n = 0; n < 300; n++) { kept = malloc(1000 + n); kept = realloc(kept, 5000 + n); free(kept); }\n\
         kept = calloc(33, 101); free(kept);\n\
         void *aligned = 0; posix_memalign(&aligned, 512, 4444); free(aligned);\n\
         kept = aligned_alloc(64, 6400); free(kept);\n\
         kept = memalign(128, 7777); kept = realloc(kept, 0);\n\
         kept = valloc(8888); free(kept); kept = pvalloc(sysconf(_SC_PAGESIZE) * 3 - 5); free(kept);\n\
         kept = malloc(31337); puts(\"done\"); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    let said = contains("no contents of memory").and(contains("Recorded ")).and(contains("Wrote "));
    compiled.record(&[]).success().stdout("done\n").stderr(said);
    assert!(!compiled.trace().ended_early);
    let mut deeds = Vec::new();
    compiled.trace().visit(|step| deeds.push(step.deed));
    let sized = |wanted: u64| {
        let is_it = |deed: &&Deed| matches!(deed, Deed::Allocate { size, .. } if *size == wanted);
        *deeds.iter().find(is_it).unwrap_or_else(|| panic!("no block of {wanted} B"))
    };
    for n in 0..300 {
        let Deed::Allocate { block, .. } = sized(1_000 + n) else { unreachable!("it is one") };
        let is_of_it = |deed: &&Deed| match deed {
            Deed::Reallocate { block: of, .. } | Deed::Free { block: of, .. } => *of == block,
            _ => false,
        };
        let of_block: Vec<&Deed> = deeds.iter().filter(is_of_it).collect();
        let (size, from, align) = (5_000 + n, 1_000 + n, 4);
        assert_eq!(of_block, [&Deed::Reallocate { block, size, from, align }, &Deed::Free { block, size, align }]);
    }
    assert!(matches!(sized(3_333), Deed::Allocate { zeroed: true, .. }), "33 × 101 B of zeros");
    let page = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).expect("it has one").expect("a number") as u64;
    let by_page = page.trailing_zeros() as u8;
    for (size, expected) in [(4_444, 9), (6_400, 6), (7_777, 7), (8_888, by_page), (3 * page, by_page)] {
        assert!(matches!(sized(size), Deed::Allocate { align, .. } if align == expected), "{size}");
    }
    let summary = compiled.trace().summary();
    assert!(summary.live_blocks >= 1 && summary.threads == 1 && summary.unknown_frees == 0, "{summary:?}");
    let Deed::Allocate { block, .. } = sized(7_777) else { unreachable!("it is one") };
    assert!(
        deeds.iter().any(|deed| matches!(deed, Deed::Free { block: of, .. } if *of == block)),
        "resized to nothing"
    );
}

#[test]
fn threads_and_blocks_that_another_thread_frees_are_recorded() {
    let source = "static void *blocks[500];\n\
         static void *work(void *of) { for (int n = 0; n < 500; n++) blocks[n] = malloc(2000 + n); \n\
         churn(5000, 88); return 0; }\n\
         int main(void) { pthread_t thread; pthread_create(&thread, 0, work, 0); pthread_join(thread, 0);\n\
         for (int n = 0; n < 500; n++) free(blocks[n]); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).success();
    let (mut begun, mut ended) = (BTreeMap::new(), 0);
    compiled.trace().visit(|step| match step.deed {
        Deed::Allocate { block, size: 2_000..2_500, .. } => _ = begun.insert(block, step.thread),
        Deed::Free { block, size: 2_000..2_500, .. } => {
            assert_ne!(begun[&block], step.thread, "the other thread frees it");
            ended += 1;
        }
        _ => {}
    });
    assert_eq!((begun.len(), ended, compiled.trace().summary().threads), (500, 500, 2));
    assert_eq!(compiled.sizes()[&88], 5_000);

    let seen = compiled.trace().summary();
    let mut replay = memscope_bench();
    replay.arg("replay").arg(compiled.trace_path()).args(["--pairs=1", "--gaps=none", "--tracking=counting", "--keep"]);
    replay.arg("--output").arg(compiled.folder.path()).assert().success();
    let replays: Replays = files::read(&compiled.folder.path().join("replay.json")).expect("the file");
    let made = seen.operations.allocate + seen.operations.zeroed + seen.operations.reallocate;
    assert!(made > 5_500 && replays.measurements().all(|one| one.allocations == Some(made)), "{made}: {replays:?}");
}

#[test]
fn a_program_that_aborts_leaves_all_its_operations() {
    let Some(compiled) = Compiled::of("int main(void) { churn(10000, 66); abort(); }", &[]) else { return };
    let said = contains("ended early").and(contains("killed by signal 6 (SIGABRT)"));
    compiled.record(&[]).code(134).stderr(said);
    assert_eq!(compiled.sizes()[&66], 10_000);
    assert!(compiled.trace().ended_early);
}

#[test]
fn a_program_goes_on_after_its_own_handler_of_abort() {
    let source = "static sigjmp_buf after; static void handle(int s) { siglongjmp(after, 1); }\n\
         int main(void) { signal(SIGABRT, handle); churn(300, 66); if (!sigsetjmp(after, 1)) abort();\n\
         churn(300, 77); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).success();
    let sizes = compiled.sizes();
    assert_eq!((sizes[&66], sizes[&77], compiled.trace().ended_early), (300, 300, false));
}

#[test]
fn a_failed_assertion_and_a_quick_exit_leave_all_that_the_program_did() {
    let source = "int main(int count, char **names) { churn(300, 66); assert(count == 1); quick_exit(3); }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).code(3);
    assert_eq!((compiled.sizes()[&66], compiled.trace().ended_early), (300, false));
    compiled.record(&["more"]).code(134).stderr(contains("Assertion").and(contains("ended early")));
    assert_eq!((compiled.sizes()[&66], compiled.trace().ended_early), (300, true));
}

#[test]
fn a_program_that_is_killed_leaves_its_last_whole_frame() {
    let source = "int main(void) { churn(10000, 66); kill(getpid(), SIGKILL); }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).code(137).stderr(contains("ended early").and(contains("SIGKILL")));
    let count = compiled.sizes()[&66];
    assert!((5_000..=10_000).contains(&count), "{count}");
}

#[test]
fn a_program_that_exits_at_once_leaves_a_whole_trace() {
    let Some(compiled) = Compiled::of("int main(void) { churn(10000, 66); _exit(7); }", &[]) else { return };
    compiled.record(&[]).code(7).stderr(contains("ended with exit code 7"));
    assert_eq!(compiled.sizes()[&66], 10_000);
    assert!(!compiled.trace().ended_early);
}

#[test]
fn the_child_of_a_fork_is_not_recorded() {
    let source = "int main(void) { churn(10000, 66); if (fork() == 0) { churn(10000, 77); exit(3); }\n\
         int status; wait(&status); churn(10000, 88); return WEXITSTATUS(status) == 3 ? 0 : 1; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).success();
    let sizes = compiled.sizes();
    assert_eq!((sizes[&66], sizes.get(&77), sizes[&88]), (10_000, None, 10_000));
    assert!(!compiled.trace().ended_early);
}

#[test]
fn the_child_of_a_vfork_takes_nothing_from_its_parent() {
    let source = "int main(int count, char **names) { churn(300, 66);\n\
         if (vfork() == 0) { churn(count > 1 ? 10000 : 10, 77); _exit(0); }\n\
         int status; wait(&status); churn(300, 88); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    let recorded = |arguments: &[&str]| {
        compiled.record(arguments).success();
        let sizes = compiled.sizes();
        (sizes[&66], sizes[&88], sizes[&77], compiled.trace().ended_early)
    };
    // They share their memory.
    assert_eq!(recorded(&[]), (300, 300, 10, false));
    let (before, after, others, ended_early) = recorded(&["more"]);
    assert_eq!((before, after), (300, 300));
    assert!(others < 10_000 && ended_early, "what was lost can be seen: {others}");
}

#[test]
fn threads_that_are_cancelled_end_outside_the_allocator() {
    let source = "static void *work(void *of) { for (;;) { void *volatile one = malloc(55); free(one); } }\n\
         int main(void) { pthread_t threads[2]; for (int n = 0; n < 2; n++) pthread_create(threads + n, 0, work, 0);\n\
         usleep(2000); for (int n = 0; n < 2; n++) pthread_cancel(threads[n]);\n\
         churn(20000, 66); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).success();
    assert_eq!((compiled.sizes()[&66], compiled.trace().ended_early), (20_000, false));
}

#[test]
fn no_thread_loses_operations_while_another_one_writes_for_long() {
    // The program's own function stands for a slow disk. Only whole buffers are slow.
    let source = "#include <sys/syscall.h>\n\
         ssize_t write(int file, const void *bytes, size_t length) {\n\
         if (length > 15000) usleep(300000); return syscall(SYS_write, file, bytes, length); }\n\
         static void *work(void *of) { for (int n = 0; n < 3000; n++) { void *volatile one = malloc(55); free(one); } }\n\
         int main(void) { pthread_t threads[3]; for (int n = 0; n < 3; n++) pthread_create(threads + n, 0, work, 0);\n\
         for (int n = 0; n < 3; n++) pthread_join(threads[n], 0); return 0; }";
    let Some(compiled) = Compiled::of(source, &["-rdynamic"]) else { return };
    compiled.record(&[]).success();
    assert_eq!((compiled.sizes()[&55], compiled.trace().ended_early), (9_000, false));
}

#[test]
fn a_program_s_own_files_are_not_touched() {
    let source = "int main(int count, char **names) { churn(5000, 66);\n\
         int own = open(names[1], O_WRONLY | O_CREAT | O_APPEND, 0600);\n\
         for (int n = 3; n < 1000; n++) dup2(own, n);\n\
         churn(20000, 77);\n\
         if (fork() == 0) { for (int n = 3; n < 1000; n++) if (write(n, \"x\", 1) != 1) exit(1); exit(0); }\n\
         int status; wait(&status); return WEXITSTATUS(status); }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    let own = compiled.folder.path().join("own.txt");
    compiled.record(&[own.to_str().expect("it is text")]).success();
    assert_eq!(fs::read_to_string(&own).expect("the file"), "x".repeat(997));
    let sizes = compiled.sizes();
    assert_eq!((sizes[&66], sizes[&77], compiled.trace().ended_early), (5_000, 20_000, false));
}

/// Returns the command of a shell that runs a script, in which `$0` is the program under test.
#[cfg(target_os = "linux")]
fn shell(script: &str) -> assert_cmd::Command {
    let program = memscope_bench();
    let mut command = assert_cmd::Command::new("sh");
    program.get_envs().for_each(|(name, value)| match value {
        Some(value) => _ = command.env(name, value),
        None => _ = command.env_remove(name),
    });
    command.args(["-c", script]).arg(program.get_program());
    command
}

#[test]
#[cfg(target_os = "linux")]
fn a_limit_on_the_size_of_files_ends_the_trace_and_not_the_program() {
    let source = "int main(int count, char **names) { churn(50000, 66); if (count < 2) return 4;\n\
         FILE *own = fopen(names[1], \"w\"); for (int n = 0; n < 300000; n++) putc('x', own); fclose(own); return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    compiled.record(&[]).code(4);
    let record = r#""$0" record --output "$1" -- "$2""#;
    let run = |script: &str| {
        let own = compiled.folder.path().join("own.txt");
        shell(script).arg(compiled.trace_path()).arg(compiled.program()).arg(own).assert()
    };
    run(&format!("ulimit -f 64; {record}")).code(4).stderr(contains("ended early"));
    assert!(compiled.trace().ended_early && compiled.sizes()[&66] > 1_000);
    // The program has the signals of the shell, and dies when it reaches the limit itself.
    run(&format!("ulimit -f 64; {record} \"$3\"")).code(128 + 25).stderr(contains("SIGXFSZ"));
    // Without room for the header, there is no trace, and the earlier one stays.
    let earlier = fs::read(compiled.trace_path()).expect("the trace");
    let said = contains("x.trace").and(contains("File too large")).and(contains("ended with exit code 4"));
    run(&format!("ulimit -f 0; {record}")).code(2).stderr(said);
    assert_eq!(fs::read(compiled.trace_path()).expect("the trace"), earlier);
    let names: Vec<_> = fs::read_dir(compiled.folder.path()).expect("the folder").flatten().collect();
    assert!(names.iter().all(|entry| !entry.file_name().to_string_lossy().starts_with('.')), "{names:?}");
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_has_the_signal_handling_of_its_shell() {
    let source = "int main(void) { struct sigaction set; int numbers[] = { SIGCHLD, SIGXFSZ, SIGINT, SIGQUIT, SIGTERM };\n\
         for (int n = 0; n < 5; n++) { sigaction(numbers[n], 0, &set);\n\
         putchar(set.sa_handler == SIG_IGN ? 'i' : set.sa_handler == SIG_DFL ? 'd' : '?'); } return 0; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    for trap in ["", "trap '' CHLD XFSZ INT QUIT TERM;", "trap '' QUIT;"] {
        let run = |words: &str| {
            let mut command = shell(&format!("{trap} {words}"));
            command.arg(compiled.trace_path()).arg(compiled.program()).assert().success().get_output().stdout.clone()
        };
        let [recorded, alone] = [r#""$0" record --output "$1" -- "$2""#, r#""$2""#].map(run);
        assert_eq!(String::from_utf8_lossy(&recorded), String::from_utf8_lossy(&alone), "{trap}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_to_record_is_the_program_s() {
    use nix::sys::signal::{Signal, kill};
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let source = "int main(void) { sigset_t term; sigemptyset(&term); sigaddset(&term, SIGTERM);\n\
         sigprocmask(SIG_BLOCK, &term, 0); puts(\"ready\"); fflush(stdout);\n\
         int number; sigwait(&term, &number); churn(300, 66); return 5; }";
    let Some(compiled) = Compiled::of(source, &[]) else { return };
    let mut command = Command::new(env!("CARGO_BIN_EXE_memscope-bench"));
    command.args(["record", "--output"]).arg(compiled.trace_path()).arg("--").arg(compiled.program());
    let mut record = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut line = String::new();
    let printed = record.stdout.take().expect("it is piped");
    BufReader::new(printed).read_line(&mut line).expect("it can be read");
    assert_eq!(line, "ready\n");
    assert!(!compiled.trace_path().exists(), "it has its name when the program has ended");
    let send = |signal| kill(nix::unistd::Pid::from_raw(record.id() as i32), signal).expect("it runs");
    // Only a terminal sends these to the program too.
    send(Signal::SIGINT);
    send(Signal::SIGQUIT);
    send(Signal::SIGTERM);
    let output = record.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(5), "{said}");
    assert!(said.contains("Wrote "), "{said}");
    assert_eq!((compiled.sizes()[&66], compiled.trace().ended_early), (300, false));
}

#[test]
#[cfg(target_os = "linux")]
fn a_program_of_another_width_is_refused_with_the_other_way() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = folder.path().join("program");
    let mut bytes = fs::read("/bin/sh").expect("a program");
    bytes[4] = 3 - bytes[4];
    fs::write(&program, &bytes).expect("a file");
    let mut command = memscope_bench();
    command.current_dir(folder.path()).args(["record", "--"]).arg(&program);
    let said = contains("-bit program").and(contains("memscope_bench::RecordingAllocator"));
    command.assert().code(2).stdout("").stderr(said);
}

#[test]
fn a_program_started_by_another_is_not_recorded_but_one_that_replaces_it_is() {
    let Some(compiled) = Compiled::of("int main(void) { churn(10000, 66); return 0; }", &[]) else { return };
    let shell = |script: &str| {
        let mut command = memscope_bench();
        command.args(["record", "--output"]).arg(compiled.trace_path()).args(["--", "sh", "-c"]).arg(script);
        command.assert().success();
        (compiled.trace().program, compiled.sizes().get(&66).copied())
    };
    let path = compiled.program();
    let (program, count) = shell(&format!("'{}'; true", path.display()));
    assert!(!program.ends_with("/program") && count.is_none(), "{program}: the shell is recorded");
    // It goes on after the shell, and its output is open until it ends.
    let (program, count) = shell(&format!("(sleep 0.05; '{}') &", path.display()));
    assert!(!program.ends_with("/program") && count.is_none(), "{program}: the shell is recorded");
    let (program, count) = shell(&format!("exec '{}'", path.display()));
    assert_eq!((Path::new(&program).file_name(), count), (path.file_name(), Some(10_000)));
}

#[test]
fn a_statically_linked_program_is_refused_with_an_alternative() {
    let Some(compiled) = Compiled::of("int main(void) { churn(10, 66); return 0; }", &["-static"]) else { return };
    let said = contains("linked statically").and(contains("memscope_bench::RecordingAllocator"));
    compiled.record(&[]).code(2).stdout("").stderr(said);
    assert!(!compiled.trace_path().exists());
}

#[test]
#[cfg(target_os = "linux")]
fn a_file_that_is_no_trace_is_not_replaced() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("diary.txt");
    fs::write(&path, "a diary").expect("a file");
    let mut command = memscope_bench();
    command.args(["record", "--output"]).arg(&path).args(["--", "true"]);
    command
        .assert()
        .code(2)
        .stdout("")
        .stderr(contains("it is not a trace").and(contains("another file after --output")));
    assert_eq!(fs::read_to_string(&path).expect("the file"), "a diary");
}

#[test]
#[cfg(target_os = "linux")]
fn an_earlier_trace_is_kept_if_there_is_no_new_one() {
    let Some(compiled) = Compiled::of("int main(void) { churn(10, 66); return 0; }", &[]) else { return };
    compiled.record(&[]).success();
    let earlier = fs::read(compiled.trace_path()).expect("a trace");
    let is_kept = || fs::read(compiled.trace_path()).expect("the trace") == earlier;
    // It exists, and cannot be started.
    fs::write(compiled.program(), "#!/no/such/interpreter\n").expect("a script");
    compiled.record(&[]).code(2).stdout("").stderr(contains("cannot be started"));
    assert!(is_kept());
    let mut command = memscope_bench();
    command.args(["record", "--output"]).arg(compiled.trace_path()).arg("--").arg(compiled.program());
    command.env("MEMSCOPE_BENCH_BUILD_CACHE", compiled.folder.path().join("cache")).env("PATH", "/nowhere");
    command.assert().code(2).stdout("").stderr(contains("C compiler cc"));
    assert!(is_kept());
    let file = fs::File::open(compiled.trace_path()).expect("the trace");
    file.lock().expect("a lock, as a recorder has");
    compiled.record(&[]).code(2).stdout("").stderr(contains("another program is being recorded to it"));
    assert!(is_kept());
}

#[test]
#[cfg(target_os = "linux")]
fn a_missing_program_is_named() {
    memscope_bench().args(["record", "--", "no-such-program"]).assert().code(2).stderr(contains("no-such-program"));
    memscope_bench().arg("record").assert().code(2).stderr(contains("PROGRAM"));
    // A folder is not a trace either.
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench().args(["record", "--"]).arg(folder.path()).assert().code(2).stderr(contains("cannot find the"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_missing_compiler_is_reported() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let bin = folder.path().join("bin");
    fs::create_dir(&bin).expect("a folder");
    let program = bin.join("program");
    fs::write(&program, "#!/bin/sh\nexit 0\n").expect("a script");
    fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("it may run");
    let mut command = memscope_bench();
    command.env("PATH", &bin).env("MEMSCOPE_BENCH_BUILD_CACHE", folder.path()).current_dir(folder.path());
    let said = contains("C compiler cc").and(contains("apt-get install gcc"));
    command.args(["record", "--", "program"]).assert().code(2).stderr(said);
}

#[test]
#[cfg(not(target_os = "linux"))]
fn an_unmodified_program_is_refused_with_an_alternative() {
    let said = contains("only on Linux").and(contains("memscope_bench::RecordingAllocator"));
    memscope_bench().args(["record", "--", "true"]).assert().code(2).stdout("").stderr(said);
}
