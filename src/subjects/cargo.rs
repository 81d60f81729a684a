//! `cargo build`, which reports in JSON which program it built, or which package failed and how.

use crate::system;
use serde_json::Value;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::SystemTime;

/// The beginning of the message of a build script that finds no adapter for a source.
const NO_ADAPTER: &str = "no adapter fits ";

/// A program to build with cargo.
pub struct Build<'a> {
    /// The folder of the package, which cargo is started in: what it is built with does not depend on where the user is.
    pub package: &'a Path,
    /// The program's name.
    pub program: &'a str,
    /// The folder for what cargo builds.
    pub target: PathBuf,
    /// Variables for the build, besides this process's.
    pub environment: &'a [(&'a str, &'a str)],
    /// The file for what cargo prints.
    pub log: PathBuf,
}

/// The reason why cargo built nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A package that is not the one that was to be built does not compile.
    Dependency {
        /// The package's name.
        package: String,
        /// The first error.
        error: String,
    },
    /// The package itself does not compile.
    Package {
        /// The first error.
        error: String,
    },
    /// The package's build script found no adapter.
    NoAdapter {
        /// Its report.
        report: String,
    },
    /// Something else: cargo cannot resolve or fetch what is needed, or it is not cargo.
    Other {
        /// The first line of what it printed.
        error: String,
    },
}

impl Build<'_> {
    /// Builds the program, and returns where it is. `progress` gets each line of what cargo prints for people.
    ///
    /// # Errors
    /// If cargo cannot be started or the log cannot be written; the inner one if the program was not built.
    pub fn run(&self, progress: impl FnMut(&str)) -> io::Result<Result<PathBuf, Refusal>> {
        let began = SystemTime::now();
        Ok(self.build(&["--bin", self.program], progress)?.and_then(|messages| {
            let program = messages.iter().rev().find_map(|message| self.executable(message));
            let program = program.or_else(|| self.program_since(began));
            program.ok_or_else(|| Refusal::Other { error: "cargo does not report which program it built".to_owned() })
        }))
    }

    /// Builds one of the packages that the program depends on.
    ///
    /// # Errors
    /// As for the program.
    pub fn run_for_dependency(&self, package: &str, progress: impl FnMut(&str)) -> io::Result<Result<(), Refusal>> {
        Ok(self.build(&["--package", package], progress)?.map(drop))
    }

    /// Builds something, and returns cargo's messages.
    fn build(&self, what: &[&str], mut progress: impl FnMut(&str)) -> io::Result<Result<Vec<Value>, Refusal>> {
        let mut log = File::create(&self.log)?;
        let mut child = system::cargo()
            .args(["build", "--release", "--message-format=json"])
            .args(what)
            .arg("--manifest-path")
            .arg(self.package.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&self.target)
            .envs(self.environment.iter().copied())
            .current_dir(self.package)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let messages = BufReader::new(child.stdout.take().expect("it is piped"));
        let messages = thread::spawn(move || {
            let lines = messages.split(b'\n').map_while(Result::ok);
            lines.filter_map(|line| serde_json::from_slice(&line).ok()).collect::<Vec<Value>>()
        });
        let mut printed = Vec::new();
        for line in BufReader::new(child.stderr.take().expect("it is piped")).split(b'\n') {
            let line = line?;
            log.write_all(&line)?;
            log.write_all(b"\n")?;
            let line = String::from_utf8_lossy(&line).trim().to_owned();
            progress(&line);
            printed.push(line);
        }
        let messages = messages.join().unwrap_or_default();
        for text in messages.iter().filter_map(|message| message["message"]["rendered"].as_str()) {
            log.write_all(text.as_bytes())?;
        }
        let is_built = child.wait()?.success();
        Ok(if is_built { Ok(messages) } else { Err(self.refusal(&messages, &printed)) })
    }

    /// The program that a message of cargo's is about.
    fn executable(&self, message: &Value) -> Option<PathBuf> {
        let is_it = message["reason"] == "compiler-artifact" && message["target"]["name"] == self.program;
        message["executable"].as_str().filter(|_| is_it).map(PathBuf::from)
    }

    /// The program in a place where cargo puts programs, if it was written since then: for what stands in cargo's place and
    /// does not report in JSON.
    fn program_since(&self, began: SystemTime) -> Option<PathBuf> {
        // File systems keep times more coarsely than the clock.
        let began = began - std::time::Duration::from_millis(20);
        let targets = std::fs::read_dir(&self.target).into_iter().flatten().flatten().map(|entry| entry.path());
        let folders = std::iter::once(self.target.to_owned()).chain(targets);
        let programs = folders.map(|folder| folder.join("release").join(self.program));
        let fresh = |program: &PathBuf| {
            program.metadata().and_then(|about| about.modified()).is_ok_and(|written| written >= began)
        };
        programs.into_iter().find(fresh)
    }

    fn refusal(&self, messages: &[Value], printed: &[String]) -> Refusal {
        if let Some(report) = printed.iter().find_map(|line| Some(&line[line.find(NO_ADAPTER)?..])) {
            return Refusal::NoAdapter { report: report.to_owned() };
        }
        let is_error =
            |message: &&Value| message["reason"] == "compiler-message" && message["message"]["level"] == "error";
        if let Some(message) = messages.iter().find(is_error) {
            let manifest = message["manifest_path"].as_str().map(Path::new);
            let error = first_error(&message["message"], manifest.and_then(Path::parent));
            if manifest == Some(&self.package.join("Cargo.toml")) {
                return Refusal::Package { error };
            }
            let package = message["package_id"].as_str().map_or("a dependency", package_name).to_owned();
            return Refusal::Dependency { package, error };
        }
        let failed = printed.iter().position(|line| line.starts_with("error"));
        let error = failed.map_or("it failed without a word".to_owned(), |place| {
            // Some errors of cargo say in their last cause what is the matter.
            let cause = printed[place..].iter().skip_while(|line| *line != "Caused by:").nth(1);
            let head = printed[place].strip_prefix("error: ").unwrap_or(&printed[place]);
            cause.map_or(head.to_owned(), |cause| format!("{} {cause}", head.trim_end_matches(':').to_owned() + ":"))
        });
        match printed.iter().find_map(|line| custom_build(line)) {
            Some(package) => Refusal::Dependency { package: package.to_owned(), error },
            None => Refusal::Other { error },
        }
    }
}

/// The package of which the build script failed: `error: failed to run custom build command for `NAME v1.2.3``.
fn custom_build(line: &str) -> Option<&str> {
    let (_, package) = line.split_once("failed to run custom build command for `")?;
    package.split([' ', '`']).next()
}

/// Returns a compiler's error in a line: its code, its words, and its place in the package, whose folder is given.
fn first_error(message: &Value, package: Option<&Path>) -> String {
    let code = message["code"]["code"].as_str().map_or("error".to_owned(), |code| format!("error[{code}]"));
    let words = message["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
    let spans = message["spans"].as_array().into_iter().flatten();
    let place = spans.filter(|span| span["is_primary"] == true).find_map(|span| {
        let file = Path::new(span["file_name"].as_str()?);
        // What lies above the package is this machine's.
        let within = package.and_then(|package| file.strip_prefix(package).ok()).map(Path::to_owned);
        let within = within.unwrap_or_else(|| {
            let parts: Vec<_> = file.iter().collect();
            let from = parts.iter().rposition(|part| *part == "src").unwrap_or(parts.len().saturating_sub(1));
            parts[from..].iter().collect()
        });
        Some(format!(" ({}:{})", within.display(), span["line_start"]))
    });
    format!("{code}: {words}{}", place.unwrap_or_default())
}

/// The name of the package of a package ID: `path+file:///a/name#1.0.0`, or `…#name@1.0.0`.
fn package_name(id: &str) -> &str {
    let (place, version) = id.rsplit_once('#').unwrap_or((id, ""));
    version.split_once('@').map_or_else(|| place.rsplit('/').next().unwrap_or(place), |(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn refusal(messages: &[Value], printed: &[&str]) -> Refusal {
        let nothing = Path::new("/copy");
        let build =
            Build { package: nothing, program: "p", target: nothing.into(), environment: &[], log: nothing.into() };
        build.refusal(messages, &printed.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>())
    }

    fn error(manifest: &str, id: &str) -> Value {
        let span = json!({ "file_name": "/somewhere/else/src/core/mac.rs", "line_start": 12, "is_primary": true });
        json!({ "reason": "compiler-message", "manifest_path": manifest, "package_id": id, "message": {
            "level": "error", "code": { "code": "E0433" }, "message": "failed to resolve\nmore", "spans": [span] } })
    }

    #[test]
    fn a_refusal_names_the_package_and_its_first_error() {
        let words = "error[E0433]: failed to resolve (src/core/mac.rs:12)".to_owned();
        let theirs = error("/sources/Cargo.toml", "path+file:///sources/commit-1#memscope-rs@0.2.1");
        let package = "memscope-rs".to_owned();
        assert_eq!(refusal(&[theirs], &[]), Refusal::Dependency { package, error: words.clone() });
        let ours = error("/copy/Cargo.toml", "path+file:///copy#memscope-bench@0.1.0");
        assert_eq!(refusal(&[ours], &[]), Refusal::Package { error: words });
    }

    #[test]
    fn a_place_outside_of_src_is_named_within_its_package() {
        let mut theirs = error("/sources/x/Cargo.toml", "path+file:///sources/x#memscope-rs@0.2.1");
        theirs["message"]["spans"][0]["file_name"] = "/sources/x/tests/life.rs".into();
        let Refusal::Dependency { error, .. } = refusal(&[theirs], &[]) else { panic!("a dependency") };
        assert!(error.ends_with("(tests/life.rs:12)"), "{error}");
    }

    #[test]
    fn what_cargo_prints_is_read_where_no_compiler_failed() {
        let other = |printed: &[&str]| match refusal(&[], printed) {
            Refusal::Other { error } => error,
            refusal => panic!("{refusal:?}"),
        };
        assert_eq!(other(&[]), "it failed without a word");
        assert_eq!(
            other(&["warning: x", "error: no matching package named `x` found"]),
            "no matching package named `x` found"
        );
        let caused = ["error: failed to parse manifest at `/x`", "", "Caused by:", "no targets specified"];
        assert_eq!(other(&caused), "failed to parse manifest at `/x`: no targets specified");
        let script = ["error: failed to run custom build command for `jemalloc-sys v0.5.4`"];
        assert!(matches!(refusal(&[], &script), Refusal::Dependency { package, .. } if package == "jemalloc-sys"));
        let adapter = ["error: memscope-bench@0.1.0: no adapter fits memscope-rs 0.3.0: its source lacks a hook"];
        let report = "no adapter fits memscope-rs 0.3.0: its source lacks a hook".to_owned();
        assert_eq!(refusal(&[], &adapter), Refusal::NoAdapter { report });
    }

    #[test]
    fn package_ids_name_their_package() {
        assert_eq!(package_name("path+file:///a/memscope-rs#0.2.1"), "memscope-rs");
        assert_eq!(package_name("registry+https://example.org/index#sysinfo@0.30.1"), "sysinfo");
    }
}
