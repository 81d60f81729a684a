//! Runs cargo, and reads its JSON messages, which name the built program, or the failed package with its errors.

use crate::builds::{flags, is_memscope};
use crate::platform::children::Running;
use crate::platform::{limits, system};
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::SystemTime;

/// Words of systems and compilers for a shortage of the machine, which is no fault of the source. Compilers name some
/// of these without the number of the error. A linker that maps its output into memory gets a bus error on a full disk.
const SHORTAGES: [&str; 9] = [
    "[Bus error]",
    "Cannot allocate memory",
    "Disk quota exceeded",
    "Input/output error",
    "No space left on device",
    "Read-only file system",
    "Resource temporarily unavailable",
    "SIGBUS",
    "Too many open files",
];

/// The beginning of the message of a build script that finds no adapter for a source.
const NO_ADAPTER: &str = "no adapter fits ";

/// A program to build with cargo.
pub(crate) struct CargoBuild<'a> {
    /// The folder of the package. Cargo starts in it, so the working directory has no influence.
    pub package: &'a Path,
    /// The folder of memscope-bench, which contains the adapter: the same folder, unless the package is another
    /// crate's.
    pub adapter: &'a Path,
    /// The program's name.
    pub program: &'a str,
    /// The folder for cargo's artifacts.
    pub target: &'a Path,
    /// Variables for the build, in addition to this process's.
    pub environment: &'a [(&'a str, &'a str)],
    /// The file for cargo's output.
    pub log: PathBuf,
}

/// The reason why cargo failed to build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CargoFailure {
    /// A dependency does not compile.
    Dependency {
        /// The package's name.
        package: String,
        /// The first error.
        error: String,
    },
    /// The package's source does not compile.
    Package {
        /// The first error.
        error: String,
    },
    /// The package's build script found no adapter.
    NoAdapter {
        /// Its report.
        report: String,
    },
    /// The machine lacks something, such as space on a disk, which every other build needs too.
    System {
        /// The first error, with the shortage.
        error: String,
    },
    /// Any other failure: cargo cannot resolve or fetch a dependency, a package cannot be linked, a script of a
    /// dependency fails, or the command is not cargo.
    Other {
        /// The first error that it printed.
        error: String,
    },
}

impl CargoFailure {
    /// Returns its first error.
    pub(crate) fn error(&self) -> &str {
        match self {
            Self::Dependency { error, .. }
            | Self::Package { error }
            | Self::System { error }
            | Self::Other { error } => error,
            Self::NoAdapter { report } => report,
        }
    }
}

impl CargoBuild<'_> {
    /// Builds the program and returns its path. `progress` receives each line of cargo's readable output.
    ///
    /// # Errors
    /// If cargo cannot be started or the log cannot be written; the inner one if the program was not built.
    pub(crate) fn run(&self, progress: impl FnMut(&str)) -> io::Result<Result<PathBuf, CargoFailure>> {
        let began = SystemTime::now();
        Ok(self.build(&["build", "--bin", self.program], &[], progress)?.and_then(|messages| {
            let program = executable(&messages, self.program).or_else(|| self.program_since(began));
            program
                .ok_or_else(|| CargoFailure::Other { error: "cargo does not report which program it built".to_owned() })
        }))
    }

    /// Links the program with its functions in the order of a seed, and returns its path. Only its own crate is
    /// recompiled.
    ///
    /// # Errors
    /// As for the program.
    pub(crate) fn run_shuffled(
        &self,
        seed: u32,
        progress: impl FnMut(&str),
    ) -> io::Result<Result<PathBuf, CargoFailure>> {
        let target = ["rustc", "--bin", self.program];
        Ok(self.build(&target, &["--", &shuffle(seed)], progress)?.and_then(|messages| {
            executable(&messages, self.program).ok_or_else(|| CargoFailure::Other {
                error: "cargo does not report which program it linked".to_owned(),
            })
        }))
    }

    /// Builds one of the packages that the program depends on.
    ///
    /// # Errors
    /// As for the program.
    pub(crate) fn run_for_dependency(
        &self,
        package: &str,
        progress: impl FnMut(&str),
    ) -> io::Result<Result<(), CargoFailure>> {
        Ok(self.build(&["build", "--package", package], &[], progress)?.map(drop))
    }

    /// Runs a subcommand on a target, with arguments at the end, and returns cargo's messages.
    fn build(
        &self,
        target: &[&str],
        last: &[&str],
        mut progress: impl FnMut(&str),
    ) -> io::Result<Result<Vec<Value>, CargoFailure>> {
        let mut log = File::create(&self.log)?;
        let mut cargo = system::cargo();
        cargo
            .args(target)
            .args(["--release", "--message-format=json"])
            .arg("--manifest-path")
            .arg(self.package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(self.target)
            .args(last)
            .envs(flags::capped(std::env::vars_os()))
            .envs(self.environment.iter().copied())
            .current_dir(self.package)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut running = Running::start(&mut cargo)?;
        let child = &mut running.child;
        let mut stdout = child.stdout.take().expect("it is piped");
        let read = move || {
            let mut text = Vec::new();
            stdout.read_to_end(&mut text).map(|_| text).unwrap_or_default()
        };
        let stdout = thread::Builder::new().spawn(read).map_err(limits::explained)?;
        let mut printed = Vec::new();
        for line in BufReader::new(child.stderr.take().expect("it is piped")).split(b'\n') {
            let line = line?;
            log.write_all(&line)?;
            log.write_all(b"\n")?;
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            progress(&line);
            printed.push(line);
        }
        let messages = messages(&stdout.join().unwrap_or_default());
        for text in messages.iter().filter_map(|message| message["message"]["rendered"].as_str()) {
            log.write_all(text.as_bytes())?;
        }
        let is_built = child.wait()?.success();
        Ok(if is_built { Ok(messages) } else { Err(self.failure(&messages, &printed)) })
    }

    /// Returns the program from a usual place, if it was written since `began`: a wrapper that replaces cargo may not
    /// print JSON.
    fn program_since(&self, began: SystemTime) -> Option<PathBuf> {
        // The times of files are coarser than the clock.
        let began = began - std::time::Duration::from_millis(20);
        let targets = std::fs::read_dir(self.target).into_iter().flatten().flatten().map(|entry| entry.path());
        let folders = std::iter::once(self.target.to_owned()).chain(targets);
        let programs = folders.map(|folder| folder.join("release").join(self.program));
        let fresh = |program: &PathBuf| {
            program.metadata().and_then(|about| about.modified()).is_ok_and(|written| written >= began)
        };
        programs.into_iter().find(fresh)
    }

    fn failure(&self, messages: &[Value], printed: &[String]) -> CargoFailure {
        let failure = self.reported(messages, printed);
        match shortage(messages, printed) {
            Some(why) if failure.error().contains(&why) => CargoFailure::System { error: failure.error().to_owned() },
            Some(why) => CargoFailure::System { error: format!("{}: {why}", failure.error()) },
            None => failure,
        }
    }

    /// Returns the failure that cargo or the compiler reports, whatever the machine lacks.
    fn reported(&self, messages: &[Value], printed: &[String]) -> CargoFailure {
        if let Some(report) = printed.iter().find_map(|line| Some(&line[line.find(NO_ADAPTER)?..])) {
            return CargoFailure::NoAdapter { report: report.to_owned() };
        }
        if let Some(message) = messages.iter().find(is_error) {
            let manifest = message["manifest_path"].as_str().map(Path::new);
            let error = first_error(&message["message"], manifest.and_then(Path::parent));
            let is_of_source = is_of_source(&message["message"]);
            if manifest == Some(&self.adapter.join("Cargo.toml")) {
                return if is_of_source { CargoFailure::Package { error } } else { CargoFailure::Other { error } };
            }
            if manifest == Some(&self.package.join("Cargo.toml")) {
                return CargoFailure::Other { error: format!("{} does not compile: {error}", self.program) };
            }
            let package = message["package_id"].as_str().map_or("a dependency", package_name).to_owned();
            return if is_of_source {
                CargoFailure::Dependency { package, error }
            } else {
                CargoFailure::Other { error: format!("{package}: {error}") }
            };
        }
        let failed = printed.iter().position(|line| line.starts_with("error"));
        let error = failed.map_or("it failed and gave no reason".to_owned(), |place| {
            // In some of cargo's errors only the last cause has the reason.
            let cause = printed[place..].iter().skip_while(|line| *line != "Caused by:").nth(1);
            let head = printed[place].strip_prefix("error: ").unwrap_or(&printed[place]);
            cause.map_or(head.to_owned(), |cause| format!("{} {cause}", head.trim_end_matches(':').to_owned() + ":"))
        });
        // The script of another package looks for compilers and libraries of the system.
        match printed.iter().find_map(|line| custom_build(line)).filter(|package| is_memscope(package)) {
            Some(package) => CargoFailure::Dependency { package: package.to_owned(), error },
            None => CargoFailure::Other { error },
        }
    }
}

/// Returns whether a message of cargo is a compiler's error.
fn is_error(message: &&Value) -> bool {
    message["reason"] == "compiler-message" && message["message"]["level"] == "error"
}

/// Returns the line of an error that names a shortage of the machine, if there is one. The lines of the source in a
/// compiler's error do not count.
fn shortage(messages: &[Value], printed: &[String]) -> Option<String> {
    let of_compilers = messages.iter().filter(is_error).flat_map(|message| {
        let message = &message["message"];
        let notes = message["children"].as_array().into_iter().flatten();
        std::iter::once(message).chain(notes).filter_map(|words| words["message"].as_str())
    });
    let of_cargo = printed.iter().skip_while(|line| !line.starts_with("error")).map(String::as_str);
    let mut lines = of_compilers.chain(of_cargo).flat_map(str::lines).map(str::trim);
    let line = lines.find(|line| SHORTAGES.iter().any(|shortage| line.contains(shortage)))?;
    Some(line.strip_prefix("error: ").unwrap_or(line).to_owned())
}

/// Returns the compiler's argument that makes lld order the functions by a seed.
pub(crate) fn shuffle(seed: u32) -> String {
    format!("-Clink-arg=-Wl,--shuffle-sections=.text*={seed}")
}

/// Reads cargo's messages, one a line, and skips every other line.
pub(crate) fn messages(stdout: &[u8]) -> Vec<Value> {
    stdout.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
}

/// Returns the path of a program that cargo built, from its messages, because cargo's configuration may set another
/// place.
pub(crate) fn executable(messages: &[Value], program: &str) -> Option<PathBuf> {
    let is_it = |message: &&Value| message["reason"] == "compiler-artifact" && message["target"]["name"] == program;
    messages.iter().rev().filter(is_it).find_map(|message| message["executable"].as_str().map(PathBuf::from))
}

/// Returns the package whose build script failed: `error: failed to run custom build command for `NAME v1.2.3``.
fn custom_build(line: &str) -> Option<&str> {
    let (_, package) = line.split_once("failed to run custom build command for `")?;
    package.split([' ', '`']).next()
}

/// Returns a compiler's error in a line: its code, its message, and its place in the package, whose folder is given.
fn first_error(message: &Value, package: Option<&Path>) -> String {
    let code = message["code"]["code"].as_str().map_or("error".to_owned(), |code| format!("error[{code}]"));
    let words = message["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let place = spans.filter(|span| span["is_primary"] == true).find_map(|span| {
        let file = within(Path::new(span["file_name"].as_str()?), package);
        Some(format!(" ({}:{})", file.display(), span["line_start"]))
    });
    format!("{code}: {words}{}", place.unwrap_or_default())
}

/// Returns whether a compiler's error is about a source. Such an error names a place in one, and an error of the linker
/// or of the system names none. The error of two allocators names none either, but memscope's source causes it.
fn is_of_source(message: &Value) -> bool {
    let words = message["message"].as_str().unwrap_or_default();
    message["spans"].as_array().is_some_and(|spans| !spans.is_empty()) || words.contains("`#[global_allocator]`")
}

/// Returns a file's path within its package. For a file elsewhere, it is the path from the last `src` on, or the file's
/// name, because the rest of an absolute path is meaningless on another machine.
fn within(file: &Path, package: Option<&Path>) -> PathBuf {
    let in_package = package.and_then(|package| file.strip_prefix(package).ok());
    if let Some(file) = in_package.or_else(|| file.is_relative().then_some(file)) {
        return file.to_owned();
    }
    let parts: Vec<_> = file.iter().collect();
    let from = parts.iter().rposition(|part| *part == "src").unwrap_or(parts.len().saturating_sub(1));
    parts[from..].iter().collect()
}

/// Returns the name in a package ID: `path+file:///a/name#1.0.0`, or `…#name@1.0.0`.
fn package_name(id: &str) -> &str {
    let (place, version) = id.rsplit_once('#').unwrap_or((id, ""));
    version.split_once('@').map_or_else(|| place.rsplit('/').next().unwrap_or(place), |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn failure(messages: &[Value], printed: &[&str]) -> CargoFailure {
        let nothing = Path::new("/copy");
        let build = CargoBuild {
            package: Path::new("/own"),
            adapter: nothing,
            program: "p",
            target: nothing,
            environment: &[],
            log: nothing.into(),
        };
        build.failure(messages, &printed.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    fn error(manifest: &str, id: &str) -> Value {
        let span = json!({ "file_name": "/somewhere/else/src/core/mac.rs", "line_start": 12, "is_primary": true });
        json!({ "reason": "compiler-message", "manifest_path": manifest, "package_id": id, "message": {
            "level": "error", "code": { "code": "E0433" }, "message": "failed to resolve\nmore", "spans": [span] } })
    }

    #[test]
    fn a_failure_names_the_package_and_its_first_error() {
        let words = "error[E0433]: failed to resolve (src/core/mac.rs:12)".to_owned();
        let theirs = error("/sources/Cargo.toml", "path+file:///sources/commit-1#memscope-rs@0.2.1");
        let package = "memscope-rs".to_owned();
        assert_eq!(failure(&[theirs], &[]), CargoFailure::Dependency { package, error: words.clone() });
        let ours = error("/copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
        assert_eq!(failure(&[ours], &[]), CargoFailure::Package { error: words.clone() });
        let own = error("/own/Cargo.toml", "path+file:///own#memscope-bench-own@0.0.0");
        assert_eq!(failure(&[own], &[]), CargoFailure::Other { error: format!("p does not compile: {words}") });
    }

    #[test]
    fn an_error_without_a_place_is_not_blamed_on_the_adapter() {
        let of = |words: &str| {
            let mut ours = error("/copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
            ours["message"] = json!({ "level": "error", "code": null, "message": words, "spans": [] });
            failure(&[ours], &[])
        };
        let linker = "error: linking with `cc` failed: exit status: 1".to_owned();
        assert_eq!(of("linking with `cc` failed: exit status: 1"), CargoFailure::Other { error: linker });
        let two = "the `#[global_allocator]` in this crate conflicts with global allocator in: memscope_two";
        assert_eq!(of(two), CargoFailure::Package { error: format!("error: {two}") });
    }

    #[test]
    fn a_dependency_s_error_without_a_place_is_not_its_source_s() {
        let mut theirs = error("/sources/Cargo.toml", "path+file:///sources/commit-1#memscope-rs@0.2.1");
        theirs["message"] = json!({ "level": "error", "message": "linker `cc` not found", "spans": [] });
        let error = "memscope-rs: error: linker `cc` not found".to_owned();
        assert_eq!(failure(&[theirs], &[]), CargoFailure::Other { error });
    }

    /// LLVM and linkers name no number of an error, and the reason of a script is below cargo's own line.
    #[test]
    fn what_the_machine_lacks_is_no_package_s_error() {
        let of_compiler = |message: Value| {
            let mut theirs = error("/sources/Cargo.toml", "path+file:///sources/commit-1#memscope-rs@0.2.1");
            theirs["message"] = message;
            failure(&[theirs], &[])
        };
        let system = |error: &str| CargoFailure::System { error: error.to_owned() };
        let llvm = "could not write output to /x.o: No space left on device";
        let found = of_compiler(json!({ "level": "error", "message": llvm, "spans": [] }));
        assert_eq!(found, system(&format!("memscope-rs: error: {llvm}")));
        let note = json!({ "message": "/usr/bin/ld: final link failed: No space left on device" });
        let linker = "linking with `cc` failed: exit status: 1";
        let found = of_compiler(json!({ "level": "error", "message": linker, "spans": [], "children": [note] }));
        let words = format!("memscope-rs: error: {linker}: /usr/bin/ld: final link failed: No space left on device");
        assert_eq!(found, system(&words));
        let note =
            json!({ "message": "lld\ncollect2: fatal error: ld terminated with signal 7 [Bus error]\nended.\n" });
        let found = of_compiler(json!({ "level": "error", "message": linker, "spans": [], "children": [note] }));
        let CargoFailure::System { error } = found else { panic!("of the machine") };
        assert!(error.ends_with("1: collect2: fatal error: ld terminated with signal 7 [Bus error]"), "{error}");
        let script = [
            "error: failed to run custom build command for `memscope-rs v0.2.1`",
            "Caused by:",
            "process didn't exit successfully: `/build` (exit status: 101)",
            "--- stderr",
            "cannot write: Too many open files (os error 24)",
        ];
        let CargoFailure::System { error } = failure(&[], &script) else { panic!("of the machine") };
        assert!(error.ends_with(": cannot write: Too many open files (os error 24)"), "{error}");
        let fetched = ["warning: no last use: No space left on device", "error: no matching package named `x` found"];
        assert!(matches!(failure(&[], &fetched), CargoFailure::Other { .. }), "a warning is no error");
    }

    #[test]
    fn a_line_of_a_source_is_no_shortage() {
        let mut theirs = error("/sources/Cargo.toml", "path+file:///sources/commit-1#memscope-rs@0.2.1");
        theirs["message"]["rendered"] = "error[E0433]: no\n12 | log(\"No space left on device\");".into();
        assert!(matches!(failure(&[theirs], &[]), CargoFailure::Dependency { .. }));
    }

    #[test]
    fn a_place_outside_src_is_relative_to_its_package() {
        for (file, place) in [
            ("/sources/x/tests/life.rs", "(tests/life.rs:12)"),
            ("tests/life.rs", "(tests/life.rs:12)"),
            ("/elsewhere/life.rs", "(life.rs:12)"),
        ] {
            let mut theirs = error("/sources/x/Cargo.toml", "path+file:///sources/x#memscope-rs@0.2.1");
            theirs["message"]["spans"][0]["file_name"] = file.into();
            let CargoFailure::Dependency { error, .. } = failure(&[theirs], &[]) else { panic!("a dependency") };
            assert!(error.ends_with(place), "{error}");
        }
    }

    #[test]
    fn cargo_s_output_is_read_if_no_compiler_failed() {
        let other = |printed: &[&str]| match failure(&[], printed) {
            CargoFailure::Other { error } => error,
            failure => panic!("{failure:?}"),
        };
        assert_eq!(other(&[]), "it failed and gave no reason");
        assert_eq!(
            other(&["warning: x", "error: no matching package named `x` found"]),
            "no matching package named `x` found"
        );
        let caused = ["error: failed to parse manifest at `/x`", "", "Caused by:", "no targets specified"];
        assert_eq!(other(&caused), "failed to parse manifest at `/x`: no targets specified");
        let script = |package: &str| format!("error: failed to run custom build command for `{package} v0.5.4`");
        let of_another = script("jemalloc-sys");
        assert_eq!(other(&[&of_another]), of_another["error: ".len()..]);
        let own = failure(&[], &[&script("memscope-rs")]);
        assert!(matches!(own, CargoFailure::Dependency { package, .. } if package == "memscope-rs"));
        let adapter = ["error: memscope-bench@0.1.0: no adapter fits memscope-rs 0.3.0: its source lacks a hook"];
        let report = "no adapter fits memscope-rs 0.3.0: its source lacks a hook".to_owned();
        assert_eq!(failure(&[], &adapter), CargoFailure::NoAdapter { report });
    }

    #[test]
    fn package_ids_name_their_package() {
        assert_eq!(package_name("path+file:///a/memscope-rs#0.2.1"), "memscope-rs");
        assert_eq!(package_name("registry+https://example.org/index#sysinfo@0.30.1"), "sysinfo");
    }
}
