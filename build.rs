//! Tells the program what it measures and what it was built with: the resolved memscope-rs of Cargo.lock, and the
//! toolchain.

use cargo_lock::{Lockfile, Package};
use std::path::PathBuf;
use std::process::Command;
use std::{env, error::Error};

/// The package under measurement.
const SUBJECT: &str = "memscope-rs";

fn main() -> Result<(), Box<dyn Error>> {
    let lockfile = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("Cargo.lock");
    println!("cargo::rerun-if-changed={}", lockfile.display());
    println!("cargo::rerun-if-changed=build.rs");

    let packages = Lockfile::load(&lockfile)?.packages;
    let subject = packages
        .iter()
        .find(|package| package.name.as_str() == SUBJECT)
        .ok_or_else(|| format!("{} names no {SUBJECT}: it should be a dependency", lockfile.display()))?;
    println!("cargo::rustc-env=SUBJECT_NAME={SUBJECT}");
    println!("cargo::rustc-env=SUBJECT_VERSION={}", subject.version);
    println!("cargo::rustc-env=SUBJECT_SOURCE={}", source(subject));

    let rustc = Command::new(env::var("RUSTC")?).arg("--version").output()?;
    println!("cargo::rustc-env=TOOLCHAIN_RUSTC={}", String::from_utf8(rustc.stdout)?.trim());
    println!("cargo::rustc-env=TOOLCHAIN_TARGET={}", env::var("TARGET")?);
    println!("cargo::rustc-env=TOOLCHAIN_OPT_LEVEL={}", env::var("OPT_LEVEL")?);
    Ok(())
}

/// Where a package came from: `crates.io`, `path`, or an address with its revision.
fn source(package: &Package) -> String {
    match &package.source {
        None => "path".to_owned(),
        Some(source) if source.is_default_registry() => "crates.io".to_owned(),
        Some(source) => source.to_string(),
    }
}
