//! Builds the other programs of this package that some levels need.

use crate::builds::cargo;
use crate::cli::Error;
use crate::cli::executables::PROGRAM;
use crate::platform::list::each_once;
use crate::platform::{children, console, files, system};
use crate::tracking::Level;
use crate::tracking::references::Host;
use crate::worker::launcher::Launcher;
use std::path::Path;
use std::process::Stdio;

/// Builds the programs of references that have a separate program.
///
/// # Errors
/// If a program is missing and cannot be built.
pub(super) fn build_references(launcher: &Launcher, levels: &[Level]) -> Result<(), Error> {
    let programs = levels.iter().filter_map(|level| match level.host() {
        Host::Program(name) if level.is_reference() => Some(name),
        _ => None,
    });
    let programs = each_once(programs);
    if programs.is_empty() { Ok(()) } else { build_programs(launcher, &programs, true) }
}

/// Builds the programs that are missing or older than this one, in a folder of release builds; elsewhere they must
/// exist.
///
/// # Errors
/// If a program is missing and cannot be built.
pub(super) fn build_programs(launcher: &Launcher, programs: &[&str], references: bool) -> Result<(), Error> {
    let folder = launcher.folder();
    let written = |name: &str| folder.join(name).metadata().and_then(|data| data.modified()).ok();
    let this = written(PROGRAM);
    let is_current = |name: &str| written(name).is_some_and(|written| Some(written) >= this);
    if folder.ends_with("release") && !programs.iter().all(|name| is_current(name)) {
        console::complain(format_args!("Building {} ...", programs.join(" and ")));
        let mut cargo = system::cargo();
        // The user's folder chooses neither the toolchain nor the configuration.
        cargo.current_dir(env!("CARGO_MANIFEST_DIR"));
        cargo.args(["build", "--release", "--quiet", "--message-format=json-render-diagnostics"]);
        // They run the same workloads as this program.
        let features = [("references", references), ("programs", cfg!(feature = "programs"))];
        let features: Vec<&str> = features.iter().filter(|(_, is_on)| *is_on).map(|(name, _)| *name).collect();
        cargo.arg(format!("--features={}", features.join(","))).arg("--manifest-path");
        cargo.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
        cargo.args(programs.iter().flat_map(|name| ["--bin", name]));
        cargo.arg("--target-dir").arg(folder.parent().unwrap_or(folder));
        let failed = |why: String| Error::Other(format!("cargo could not build {}{why}", programs.join(" and ")));
        let ended = children::output(cargo.stdin(Stdio::null()).stderr(Stdio::inherit()));
        let ended = ended.map_err(|error| failed(format!(": {error}")))?;
        if !ended.status.success() {
            return Err(failed(String::new()));
        }
        let messages = cargo::messages(&ended.stdout);
        for &name in programs {
            let built = cargo::executable(&messages, name)
                .ok_or_else(|| failed(format!(": it does not report the path of {name}")))?;
            // Cargo's configuration may set a target, which has another folder.
            if !files::are_same_file(&built, &folder.join(name)) {
                files::copy_program(&built, &folder.join(name)).map_err(|error| failed(format!(": {error}")))?;
            }
        }
    }
    programs.iter().try_for_each(|name| launcher.beside(name).map(drop)).map_err(Error::from)
}
