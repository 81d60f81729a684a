//! The programs in other layouts: linked anew with their functions in another order.
//!
//! Two programs that do the same differ in where their code lies, and that alone moves a time by a percent or more in
//! either direction. It cannot be avoided, but it can be averaged: over several orders, drawn by a seed, what is left is
//! what the code does (Mytkowicz et al. 2009, *Producing Wrong Data Without Doing Anything Obviously Wrong!*).
//!
//! They are linked in a target folder of their own: the programs of the package's own builds stay what they are.

use crate::platform::system;
use serde::Deserialize;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Links programs of this package with their functions in the order that a seed gives, and puts them into a folder of
/// `target/layouts`, which is returned.
///
/// # Errors
/// If they cannot be linked: it takes cargo, the package's sources, and a linker that shuffles, which is lld, Rust's own.
pub fn shuffled(programs: &[&str], seed: u32) -> Result<PathBuf, CannotLink> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    linked(system::cargo, package, &package.join("target/layouts"), programs, seed)
}

/// Links programs of a package by a cargo, below a folder.
fn linked(
    cargo: impl Fn() -> Command,
    package: &Path,
    layouts: &Path,
    programs: &[&str],
    seed: u32,
) -> Result<PathBuf, CannotLink> {
    let folder = layouts.join(seed.to_string());
    let failed = |source| CannotLink::System { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    for &program in programs {
        let mut cargo = cargo();
        cargo.args(["rustc", "--release", "--quiet", "--message-format=json-render-diagnostics", "--bin", program]);
        cargo.arg("--manifest-path").arg(package.join("Cargo.toml")).arg("--target-dir").arg(layouts.join("build"));
        cargo.arg("--").arg(format!("-Clink-arg=-Wl,--shuffle-sections=.text*={seed}"));
        let ended = cargo.stdin(Stdio::null()).output().map_err(failed)?;
        let refused = |why: &str| CannotLink::Refused { program: program.to_owned(), why: why.to_owned() };
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            return Err(refused(said.lines().find(|line| line.contains("error")).unwrap_or("cargo does not say why")));
        }
        let built = executable(&String::from_utf8_lossy(&ended.stdout), program)
            .ok_or_else(|| refused("cargo does not say where it put the program"))?;
        put(&built, &folder).map_err(failed)?;
    }
    Ok(folder)
}

/// Puts a copy of a program into a folder, whole or not at all: another run may start it.
///
/// # Errors
/// If it cannot be done.
pub fn put(program: &Path, folder: &Path) -> io::Result<()> {
    let name = program.file_name().ok_or(io::ErrorKind::InvalidInput)?;
    let scratch = tempfile::tempdir_in(folder)?;
    let copy = scratch.path().join(name);
    fs::copy(program, &copy)?;
    fs::rename(&copy, folder.join(name))
}

/// Where cargo put a program, by the messages that it printed. Its configuration may name another place than the usual one.
pub fn executable(messages: &str, program: &str) -> Option<PathBuf> {
    #[derive(Deserialize)]
    struct Message {
        reason: String,
        target: Option<Target>,
        executable: Option<PathBuf>,
    }
    #[derive(Deserialize)]
    struct Target {
        name: String,
    }
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Message>(line).ok());
    let artifacts = messages.filter(|message| message.reason == "compiler-artifact");
    artifacts
        .filter(|message| message.target.as_ref().is_some_and(|target| target.name == program))
        .find_map(|message| message.executable)
}

/// Why programs were not linked anew.
#[derive(Debug, thiserror::Error)]
pub enum CannotLink {
    /// The compiler or the linker refused it.
    #[error("{program} cannot be linked with its functions in another order, which takes lld: {why}")]
    Refused {
        /// The program.
        program: String,
        /// What was said.
        why: String,
    },
    /// Files, or cargo itself.
    #[error("cannot link into {}: {source}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A cargo that builds for another target than the usual one, as it does where its configuration says so: it puts the
    /// program where `build.target` does, prints what cargo prints, and leaves something else in the usual place.
    const CARGO: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --target-dir) target=$2; shift;; --bin) name=$2; shift;; esac
  shift
done
mkdir -p "$target/some-triple/release" "$target/release"
echo built >"$target/some-triple/release/$name"
echo stale >"$target/release/$name"
echo '{"reason":"compiler-artifact","target":{"name":"other","kind":["lib"]},"executable":null}'
printf '{"reason":"compiler-artifact","target":{"name":"%s","kind":["bin"]},"executable":"%s"}\n' "$name" "$target/some-triple/release/$name"
echo '{"reason":"build-finished","success":true}'
"#;

    #[test]
    fn cargo_says_where_it_put_the_program() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let cargo = folder.path().join("cargo");
        fs::write(&cargo, CARGO).expect("the script is written");
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).expect("the script may run");
        let shell = || {
            let mut shell = Command::new("sh");
            shell.arg(&cargo);
            shell
        };
        let layouts = folder.path().join("layouts");
        let linked = linked(shell, folder.path(), &layouts, &["one", "two"], 7).expect("both are linked");
        assert_eq!(linked, layouts.join("7"));
        for program in ["one", "two"] {
            assert_eq!(fs::read_to_string(linked.join(program)).expect("a program"), "built\n");
        }
        assert_eq!(fs::read_dir(&linked).expect("the folder").count(), 2, "and nothing else");
    }

    #[test]
    fn a_cargo_that_does_not_say_it_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refused = |cargo: &'static str| {
            let cargo = || Command::new(cargo);
            linked(cargo, folder.path(), folder.path(), &["one"], 1).expect_err("refused").to_string()
        };
        assert!(refused("true").contains("cargo does not say where it put the program"));
        assert!(refused("false").contains("cargo does not say why"));
        assert!(refused("/no/such/cargo").contains("cannot link into"));
    }
}
