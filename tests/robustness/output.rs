//! Output: closed pipes, full disks, and unusual paths. Measurements are saved before they are shown, and the exit code
//! reports the outcome.

use crate::common::{memscope_bench, results};
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::footprint::Footprints;
use memscope_bench::internal::study::overhead::record::Results;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;
use tempfile::TempDir;

/// A very short measurement.
pub const MEASURE: [&str; 5] = ["measure", "--workloads=cycles", "--tracking=untracked", "--scale=0.001", "--pairs=6"];

pub fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

/// Returns the names of the files in a folder.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("the folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// The end of a run: its exit code, and its output on standard error.
struct End {
    code: Option<i32>,
    said: String,
}

/// Runs the program with a standard output of this kind.
fn run_into(output: Stdio, arguments: &[&str]) -> End {
    let done = Command::new(env!("CARGO_BIN_EXE_memscope-bench"))
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(Stdio::piped())
        .output()
        .expect("the program runs");
    End { code: done.status.code(), said: String::from_utf8_lossy(&done.stderr).into_owned() }
}

/// Returns a standard output whose reader has already closed it.
fn closed() -> Stdio {
    let (reader, writer) = io::pipe().expect("a pipe");
    drop(reader);
    writer.into()
}

/// Returns a standard output on a full disk; `None` if the system has no such device.
fn full() -> Option<Stdio> {
    let device = File::options().write(true).open("/dev/full").ok();
    if device.is_none() {
        eprintln!("skipped: there is no /dev/full");
    }
    device.map(Stdio::from)
}

#[test]
fn a_closed_pipe_loses_no_result() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let output = format!("--output={}", path("r"));
    let end = run_into(closed(), &[&MEASURE[..], &[&output]].concat());
    assert_eq!(end.code, Some(0));
    assert!(end.said.starts_with("Wrote overhead.json") && end.said.lines().count() == 1, "{}", end.said);
    files::read::<Results>(Path::new(&path("r/overhead.json"))).expect("it was saved");

    let output = format!("--output={}", path("stress"));
    let end = run_into(closed(), &["stress", "--scale=0.001", "--workloads=cycles,leaks", &output]);
    assert_eq!(end.code, Some(0), "{}", end.said);
    let written = names(Path::new(&path("stress")));
    let expected = ["json", "md", "svg"].map(|ending| format!("memory_analysis.{ending}"));
    assert!(written.starts_with(&expected), "{written:?}");

    let output = format!("--output={}", path("calls"));
    let calls =
        ["calls", "--calls=statistics", "--without-instructions", "--threads=1", "--processes=6", "--operations=50"];
    let end = run_into(closed(), &[&calls[..], &["--tracking=untracked", &output]].concat());
    assert_eq!(end.code, Some(0), "{}", end.said);
    assert_eq!(names(Path::new(&path("calls"))), ["calls.json", "calls.md", "calls.svg"]);

    fs::create_dir(path("claims")).expect("a folder");
    let end = run_into(closed(), &["claims", "--results", &path("claims")]);
    assert_eq!(end.code, Some(0), "{}", end.said);
    assert_eq!(names(Path::new(&path("claims"))), ["claims.json", "claims.md"]);

    for help in [&["--help"][..], &["measure", "--help"], &["--version"]] {
        let end = run_into(closed(), help);
        assert_eq!((end.code, end.said.as_str()), (Some(0), ""), "{help:?}");
    }
}

#[test]
fn a_full_disk_on_stdout_is_reported_and_loses_no_result() {
    let folder = folder();
    let path = folder.path().join("overhead.json");
    let output = format!("--output={}", folder.path().display());
    for format in ["text", "csv", "json", "bmf"] {
        let Some(full) = full() else { return };
        let end = run_into(full, &[&MEASURE[..], &[&output, "--format", format]].concat());
        assert_eq!(end.code, Some(2), "{}", end.said);
        assert!(
            end.said.ends_with("error: cannot write standard output: No space left on device (os error 28)\n"),
            "{}",
            end.said
        );
        files::read::<Results>(&path).expect("it was saved");
        fs::remove_file(&path).expect("it can be removed");
    }
    let Some(full) = full() else { return };
    let end = run_into(full, &["--help"]);
    assert_eq!(end.code, Some(2), "{}", end.said);
    assert!(end.said.contains("No space left"), "{}", end.said);
}

/// A child's reply is its only result.
#[test]
fn a_reply_that_cannot_be_written_is_a_failure() {
    let probe = ["probe", "--workload=cycles", "--tracking=untracked", "--scale=0.001"];
    let end = run_into(closed(), &probe);
    assert_eq!(end.code, Some(2), "{}", end.said);
    assert!(end.said.contains("the reply cannot be written: Broken pipe"), "{}", end.said);
    let Some(full) = full() else { return };
    assert_eq!(run_into(full, &probe).code, Some(2));
}

#[test]
fn a_closed_standard_error_loses_no_result() {
    let folder = folder();
    let output = format!("--output={}", folder.path().display());
    for errors in [Some(closed()), full()].into_iter().flatten() {
        let run = |arguments: &[&str], errors| {
            let mut command = Command::new(env!("CARGO_BIN_EXE_memscope-bench"));
            command.args(arguments).env("MEMSCOPE_BENCH_NONE", "a warning").stdout(Stdio::null()).stderr(errors);
            command.status().expect("the program runs").code()
        };
        assert_eq!(run(&[&MEASURE[..], &[&output, "--format=bmf"]].concat(), errors), Some(0));
        fs::remove_file(folder.path().join("overhead.json")).expect("the results were saved");
        assert_eq!(run(&["measure", "--pairs=none"], closed()), Some(2));
        assert_eq!(run(&["claims", "--results=/no/such/folder"], closed()), Some(2));
    }
}

/// Runs a measurement, which must be refused at once.
fn refused(arguments: &[&OsStr], told: &[&str]) {
    let mut command = memscope_bench();
    // This many pairs would take an hour to measure.
    let assert = command.args(["measure", "--pairs=100000"]).args(arguments).timeout(Duration::from_secs(60)).assert();
    let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
    let assert = assert.code(2).stdout("");
    drop(assert);
    assert_eq!(said.lines().count(), 1, "one line: {said}");
    told.iter().for_each(|told| assert!(said.contains(told), "{told} in {said}"));
}

#[test]
fn invalid_results_files_are_refused_at_once() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a named pipe");
    let _listener = UnixListener::bind(at("socket")).expect("a socket");
    fs::create_dir(at("folder")).expect("a folder");
    fs::write(at("folder/overhead.json"), "a diary").expect("a file");
    fs::create_dir_all(at("taken/overhead.svg")).expect("a folder");
    fs::create_dir(at("device")).expect("a folder");
    symlink("/dev/null", at("device/overhead.md")).expect("a link");
    fs::write(at("file"), "a diary").expect("a file");
    symlink("round", at("round")).expect("a link");
    symlink(at("pipe"), at("to-pipe")).expect("a link");
    let long = "x".repeat(300);
    for (name, told) in [
        ("pipe", "it is a pipe"),
        ("to-pipe", "it is a pipe"),
        ("socket", "it is a socket"),
        ("folder", "is not a results file of memscope-bench"),
        ("taken", "it is a folder; name a file"),
        ("device", "it is a device"),
        ("file", "it is a file; name a folder"),
        ("file/new", "Not a directory"),
        ("round", "File exists"),
        (&long, "File name too long"),
    ] {
        let path = at("").join(name);
        refused(&["--output".as_ref(), path.as_os_str()], &["error: ", folder.path().to_str().expect("letters"), told]);
    }
    for (path, told) in [
        ("/dev/stdout", "/dev/stdout"),
        ("/dev/stderr", "/dev/stderr"),
        ("/dev/null", "it is a device"),
        ("/dev/full", "it is a device"),
    ] {
        if !Path::new(path).exists() {
            eprintln!("skipped: there is no {path}");
            continue;
        }
        refused(&["--output".as_ref(), path.as_ref()], &["error: ", path, told]);
    }
    memscope_bench().args(MEASURE).arg("--output=").assert().code(2).stdout("");
    assert_eq!(fs::read_to_string(at("file")).expect("the file"), "a diary");
    assert_eq!(fs::read_to_string(at("folder/overhead.json")).expect("the file"), "a diary");
}

/// Standard output that is redirected into a file is a file, but results must not replace it.
#[test]
fn standard_output_is_never_a_results_file() {
    let folder = folder();
    let out = folder.path().join("out");
    let end = run_into(File::create(&out).expect("a file").into(), &[&MEASURE[..], &["--output=/dev/stdout"]].concat());
    assert_eq!(end.code, Some(2), "{}", end.said);
    assert!(end.said.contains("/dev/stdout"), "{}", end.said);
    assert_eq!(names(folder.path()), ["out"]);
}

#[test]
fn only_a_folder_is_accepted_for_results() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a named pipe");
    fs::write(at("file"), "").expect("a file");
    fs::create_dir_all(at("taken/memory_analysis.svg")).expect("a folder");
    fs::create_dir_all(at("device")).expect("a folder");
    symlink("/dev/null", at("device/memory_analysis.json")).expect("a link");
    for (name, told) in [
        ("pipe", "it is a pipe"),
        ("file", "it is a file; name a folder"),
        ("taken", "it is a folder; name a file"),
        ("device", "it is a device"),
    ] {
        let assert =
            memscope_bench().args(["stress", "--output"]).arg(at(name)).timeout(Duration::from_secs(60)).assert();
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        drop(assert.code(2).stdout(""));
        assert!(said.lines().count() == 1 && said.contains(told) && said.contains(name), "{name}: {said}");
    }
}

#[test]
fn links_are_kept_and_their_targets_are_written() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("real")).expect("a folder");
    files::write_json(&at("real/r.json"), &results()).expect("an earlier file");
    for folder in ["link", "dangling"] {
        fs::create_dir(at(folder)).expect("a folder");
    }
    symlink("../real/r.json", at("link/overhead.json")).expect("a link");
    symlink("../real/none.json", at("dangling/overhead.json")).expect("a link");
    symlink("real", at("to-folder")).expect("a link");
    for (name, real) in [("link", "real/r.json"), ("dangling", "real/none.json"), ("to-folder", "real/overhead.json")] {
        memscope_bench().args(MEASURE).arg("--output").arg(at(name)).assert().success();
        let written: Results = files::read(&at(real)).expect("it was written");
        assert_eq!(written.measurements.len(), 1, "{name}");
    }
    for link in ["link", "dangling"] {
        assert!(at(link).join("overhead.json").symlink_metadata().expect("it is there").is_symlink(), "{link}");
    }
    assert_eq!(
        names(&at("real")),
        ["none.json", "overhead.json", "overhead.md", "r.json"],
        "no temporary file is left"
    );
}

#[test]
fn an_earlier_file_keeps_its_permissions_and_may_be_empty() {
    let folder = folder();
    let path = folder.path().join("overhead.json");
    fs::write(&path, "").expect("an empty file, as mktemp makes it");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).expect("its permissions");
    memscope_bench().args(MEASURE).arg("--output").arg(folder.path()).assert().success();
    files::read::<Results>(&path).expect("it was written");
    assert_eq!(fs::metadata(&path).expect("the file").permissions().mode() & 0o777, 0o640);
}

/// A limit on the size of files acts like a full disk: both refuse to write, after the run.
#[test]
fn a_full_disk_keeps_the_earlier_file_and_the_results_are_shown() {
    let folder = folder();
    let path = folder.path().join("overhead.json");
    files::write_json(&path, &results()).expect("an earlier file");
    let earlier = fs::read(&path).expect("the file");
    let program = env!("CARGO_BIN_EXE_memscope-bench");
    let done = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 2; exec \"$0\" \"$@\"")
        .arg(program)
        .args(MEASURE)
        .arg("--output")
        .arg(folder.path())
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{said}");
    let [warning, error] = said.lines().collect::<Vec<_>>()[..] else { panic!("a warning and an error: {said}") };
    assert!(warning.starts_with("Warning: cannot use the journal") && warning.contains("File too large"), "{said}");
    assert!(error.contains("overhead.json") && error.contains("File too large"), "{said}");
    assert!(String::from_utf8_lossy(&done.stdout).contains("Noise floor"), "the results are shown");
    assert_eq!(fs::read(&path).expect("the file"), earlier);
    // After making space, the user can continue from the journal.
    assert_eq!(names(folder.path()), ["overhead.journal", "overhead.json"], "no temporary file is left");
}

#[test]
fn a_file_is_checked_before_it_is_read() {
    let folder = folder();
    let path = folder.path().join("footprint.json");
    let redraw = |told: &str| {
        let mut command = memscope_bench();
        command.arg("report").arg(&path);
        let assert = command.timeout(Duration::from_secs(60)).assert();
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        drop(assert.code(2).stdout(""));
        assert!(said.lines().count() == 1 && said.contains("footprint.json") && said.contains(told), "{told}: {said}");
        let earlier = folder.path().join("footprint.md");
        assert!(!earlier.exists(), "nothing is drawn");
    };
    mkfifo(&path, Mode::S_IRWXU).expect("a named pipe");
    redraw("it is a pipe, not a file");
    fs::remove_file(&path).expect("it can be removed");
    fs::write(&path, b"\x7fELF\xff\xfe").expect("a file");
    redraw("it is not text");
    File::create(&path).and_then(|file| file.set_len(1 << 40)).expect("a sparse file");
    redraw("it is larger than any");
    fs::write(&path, "[".repeat(1 << 20)).expect("a file");
    redraw("is not");
    fs::write(&path, "{\"schema\": 1, \"builds\": []").expect("a file that was cut off");
    redraw("is not");
    assert!(files::read::<Footprints>(&path).is_err());
}

#[test]
fn a_page_and_a_document_must_be_files() {
    let folder = folder();
    let pipe = folder.path().join("pipe");
    mkfifo(&pipe, Mode::S_IRWXU).expect("a named pipe");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/modes-v1.json");
    let page = [OsStr::new("--html"), kept.as_os_str(), OsStr::new("--output")];
    for arguments in [&page[..], &[OsStr::new("--splice")]] {
        let mut command = memscope_bench();
        command.arg("report").args(arguments).arg(&pipe).timeout(Duration::from_secs(60));
        let assert = command.assert();
        let said = String::from_utf8_lossy(&assert.get_output().stderr).into_owned();
        drop(assert.code(2).stdout(""));
        assert!(said.lines().count() == 1 && said.contains("it is a pipe"), "{said}");
    }
}

#[test]
fn a_log_of_probes_must_be_a_separate_file() {
    let folder = folder();
    let at = |name: &str| folder.path().join(name);
    mkfifo(&at("pipe"), Mode::S_IRWXU).expect("a named pipe");
    refused(&["--log".as_ref(), at("pipe").as_os_str()], &["pipe", "it is a pipe"]);
    refused(&["--log".as_ref(), folder.path().as_os_str()], &["it is a folder"]);
    let log = folder.path().join(".").join("overhead.json");
    let both = ["--output".as_ref(), folder.path().as_os_str(), "--log".as_ref(), log.as_os_str()];
    refused(&both, &["--log names a file of --output"]);
    assert!(!log.exists());

    // The text of other programs on the same standard error stays.
    let errors = at("errors");
    let mut file = File::create(&errors).expect("a file");
    file.write_all(b"before\n").expect("it is written");
    let mut command = Command::new(env!("CARGO_BIN_EXE_memscope-bench"));
    let status = command.args(MEASURE).arg("--log=/dev/stderr").stdout(Stdio::null()).stderr(file).status();
    assert!(status.expect("the program runs").success());
    let said = fs::read_to_string(&errors).expect("the file");
    assert!(said.starts_with("before\n") && said.contains("probe --workload=cycles"), "{said}");
}

/// Creates a folder in a folder whose name is not text; `None` if the file system has no such names, as those of macOS.
pub fn not_text(folder: &Path) -> Option<PathBuf> {
    let path = folder.join(OsStr::from_bytes(b"d\xff"));
    match fs::create_dir(&path) {
        Ok(()) => Some(path),
        Err(error) => {
            eprintln!("skipped: the name of a file must be text here: {error}");
            None
        }
    }
}

#[test]
fn a_path_need_not_be_text() {
    // A path that must be text is refused with that reason.
    memscope_bench().args(["probe", "--workload"]).arg(OsStr::from_bytes(b"c\xff")).assert().code(2).stdout("");
    let folder = folder();
    let Some(path) = not_text(folder.path()) else { return };
    fs::remove_dir(&path).expect("the program creates it");
    memscope_bench().args(MEASURE).arg("--output").arg(&path).assert().success();
    let written: Results = files::read(&path.join("overhead.json")).expect("it was written");
    assert!(written.origin.command.contains(r"/d\377'"), "{}", written.origin.command);
}
