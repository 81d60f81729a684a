//! Other layouts of the programs: linked again with their functions in another order.
//!
//! The addresses of functions alone change a time by a percent or more in either direction. The effect cannot be
//! avoided, but an average over several random orders removes it (Mytkowicz et al. 2009, *Producing Wrong Data Without
//! Doing Anything Obviously Wrong!*).
//!
//! The layouts have a separate target folder, next to the build cache, so the package's own programs stay unchanged.

use crate::builds::BuildCache;
use crate::builds::cargo;
use crate::platform::{children, files, system};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Links programs of this package with their functions in the order of a seed. Returns their folder below `layouts`,
/// next to the default build cache.
///
/// # Errors
/// If they cannot be linked. That requires cargo, the package's sources, and a linker that shuffles: lld, which comes
/// with Rust.
pub(crate) fn shuffled(programs: &[&str], seed: u32) -> Result<PathBuf, RelinkError> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    linked(system::cargo, package, &BuildCache::default_folder().with_file_name("layouts"), programs, seed)
}

/// Links programs of a package with a cargo, and copies them into a folder below `layouts`.
fn linked(
    start: impl Fn() -> Command,
    package: &Path,
    layouts: &Path,
    programs: &[&str],
    seed: u32,
) -> Result<PathBuf, RelinkError> {
    let folder = layouts.join(seed.to_string());
    let failed = |source| RelinkError::System { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    for &program in programs {
        let mut command = start();
        command.args(["rustc", "--release", "--quiet", "--message-format=json-render-diagnostics", "--bin", program]);
        command.arg("--manifest-path").arg(package.join("Cargo.toml")).arg("--target-dir").arg(layouts.join("build"));
        // They run the same workloads as this program.
        command.args(cfg!(feature = "programs").then_some("--features=programs"));
        command.arg("--").arg(cargo::shuffle(seed));
        // The working directory has no influence, as in every build.
        command.current_dir(package).stdin(Stdio::null()).stderr(Stdio::piped());
        let ended = children::output(&mut command).map_err(failed)?;
        let refused = |why: &str| RelinkError::Refused { program: program.to_owned(), why: why.to_owned() };
        if !ended.status.success() {
            let printed = String::from_utf8_lossy(&ended.stderr);
            let error = printed.lines().find(|line| line.contains("error"));
            return Err(refused(error.unwrap_or("cargo gives no reason")));
        }
        let built = cargo::executable(&cargo::messages(&ended.stdout), program)
            .ok_or_else(|| refused("cargo does not report where it put the program"))?;
        files::copy_program(&built, &folder.join(program)).map_err(failed)?;
    }
    Ok(folder)
}

/// An error of linking programs again.
#[derive(Debug, thiserror::Error)]
pub enum RelinkError {
    /// The compiler or the linker failed.
    #[error("{program} cannot be linked with its functions in another order, which needs lld: {why}")]
    Refused {
        /// The program.
        program: String,
        /// The reason.
        why: String,
    },
    /// A file could not be written, or cargo could not be started.
    #[error("cannot link into {}: {source}", path.display())]
    System {
        /// The folder.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    /// A cargo whose configuration has another `build.target`. It puts the program into that target's folder, prints
    /// messages as cargo does, and leaves another file in the usual place.
    const CARGO: &str = r#"#!/bin/sh
while [ $# -gt 0 ]; do
  case "$1" in --target-dir) target=$2; shift;; --bin) name=$2; shift;; esac
  shift
done
mkdir -p "$target/some-triple/release" "$target/release"
echo built >"$target/some-triple/release/$name"
echo stale >"$target/release/$name"
echo '{"reason":"compiler-artifact","target":{"name":"other","kind":["lib"]},"executable":null}'
built=$target/some-triple/release/$name
printf '{"reason":"compiler-artifact","target":{"name":"%s","kind":["bin"]},"executable":"%s"}\n' "$name" "$built"
echo '{"reason":"build-finished","success":true}'
"#;

    #[test]
    fn cargo_reports_where_it_put_the_program() {
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
    fn a_cargo_that_reports_no_program_is_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let refused = |cargo: &'static str| {
            let cargo = || Command::new(cargo);
            linked(cargo, folder.path(), folder.path(), &["one"], 1).expect_err("refused").to_string()
        };
        assert!(refused("true").contains("cargo does not report where it put the program"));
        assert!(refused("false").contains("cargo gives no reason"));
        assert!(refused("/no/such/cargo").contains("cannot link into"));
    }
}
