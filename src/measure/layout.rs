//! The programs in other layouts: linked anew with their functions in another order.
//!
//! Two programs that do the same differ in where their code lies, and that alone moves a time by a percent or more in
//! either direction. It cannot be avoided, but it can be averaged: over several orders, drawn by a seed, what is left is
//! what the code does (Mytkowicz et al. 2009, *Producing Wrong Data Without Doing Anything Obviously Wrong!*).

use crate::{files, system};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// Links programs of this package with their functions in the order that a seed gives, and puts them into a folder of
/// `target/layouts`, which is returned.
///
/// # Errors
/// If they cannot be linked: it takes cargo, the package's sources, and a linker that shuffles, which is lld, Rust's own.
pub fn shuffled(programs: &[&str], seed: u32) -> Result<PathBuf, CannotLink> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = package.join("target");
    let folder = target.join("layouts").join(seed.to_string());
    let failed = |source| CannotLink::System { path: folder.clone(), source };
    fs::create_dir_all(&folder).map_err(failed)?;
    for program in programs {
        let mut cargo = system::cargo();
        cargo.args(["rustc", "--release", "--quiet", "--bin", program, "--manifest-path"]);
        cargo.arg(package.join("Cargo.toml")).arg("--target-dir").arg(&target);
        cargo.arg("--").arg(format!("-Clink-arg=-Wl,--shuffle-sections=.text*={seed}"));
        let ended = cargo.stdin(Stdio::null()).output().map_err(failed)?;
        if !ended.status.success() {
            let said = String::from_utf8_lossy(&ended.stderr);
            let why = said.lines().find(|line| line.contains("error")).unwrap_or("cargo does not say why").to_owned();
            return Err(CannotLink::Refused { program: (*program).to_owned(), why });
        }
        files::copy_program(&target.join("release").join(program), &folder.join(program)).map_err(failed)?;
    }
    Ok(folder)
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
