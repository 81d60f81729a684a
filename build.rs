//! Stamps the program with the memscope-rs that it measures and with the toolchain, and chooses the forms of the
//! adapter that fit memscope's source.

#[path = "src/builds/content.rs"]
mod content;
#[path = "build/dependency.rs"]
mod dependency;
#[path = "build/inventory.rs"]
mod inventory;
#[path = "build/modes.rs"]
mod modes;
#[path = "build/parts.rs"]
mod parts;
#[allow(dead_code, reason = "the builder and the tests need the rest")]
#[path = "src/tracking/memscope/versions.rs"]
mod versions;

use dependency::{Dependency, WORKSPACE};
use inventory::Inventory;
use modes::MODES;
use parts::PARTS;
use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use versions::{OWN_ALLOCATOR, PACKAGE};

/// The environment variable that leaves out the parts of the adapter that no overhead measurement needs. The rest may
/// compile with a version with which the whole adapter does not.
const CORE_ONLY: &str = "MEMSCOPE_BENCH_CORE_ONLY";
/// The parts that an overhead measurement needs.
const CORE: [&str; 7] = ["hook", "tracker", "statistics", "names", "unseen", "borrows", "registry"];

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for input in ["Cargo.lock", "Cargo.toml", "build.rs", "build", "src/tracking/memscope/versions.rs"] {
        println!("cargo::rerun-if-changed={}", package.join(input).display());
    }
    // Only a program with the studies makes copies of the sources. The copies lack them, and all are the same.
    if env::var_os("CARGO_FEATURE_STUDIES").is_some() {
        println!("cargo::rerun-if-changed=src");
        println!("cargo::rustc-env=PACKAGE_FOLDER={}", package.display());
        println!("cargo::rustc-env=PACKAGE_CONTENT={}", content::stamp(&package)?);
    }
    println!("cargo::rerun-if-env-changed={CORE_ONLY}");
    println!("cargo::rerun-if-env-changed={WORKSPACE}");

    let dependency = Dependency::of(&package)?;
    println!("cargo::rerun-if-changed={}", dependency.root.parent().unwrap_or(&dependency.root).display());
    println!("cargo::rerun-if-changed={}", dependency.lock.display());
    println!("cargo::rustc-env=LINKED_NAME={}", dependency.name);
    println!("cargo::rustc-env=LINKED_VERSION={}", dependency.version);
    println!("cargo::rustc-env=LINKED_SOURCE={}", dependency.source);
    println!("cargo::rustc-env=LINKED_FEATURES={}", listed(&dependency.features));
    println!("cargo::rustc-env=KNOWN_FEATURES={}", listed(&dependency.known_features));
    choose_forms(&dependency)?;
    if dependency.features.contains(OWN_ALLOCATOR) {
        println!(
            "cargo::error=Cargo.toml takes {} {} with its feature `{OWN_ALLOCATOR}`, which installs its own \
             allocator, and a program has one: write `default-features = false`, and leave the feature out",
            dependency.name, dependency.version
        );
    }

    let is_published = dependency.name == PACKAGE && dependency.source == "crates.io";
    let needed = versions::needed_feature(&dependency.version).filter(|_| is_published);
    if let Some(feature) = needed.filter(|feature| !dependency.features.contains(*feature)) {
        let version = &dependency.version;
        println!("cargo::error={PACKAGE} {version} does not build without `features = [\"{feature}\"]` in Cargo.toml");
    }

    let rustc = Command::new(env::var("RUSTC")?).arg("--version").output()?;
    println!("cargo::rustc-env=TOOLCHAIN_RUSTC={}", String::from_utf8(rustc.stdout)?.trim());
    println!("cargo::rustc-env=TOOLCHAIN_TARGET={}", env::var("TARGET")?);
    println!("cargo::rustc-env=TOOLCHAIN_OPT_LEVEL={}", env::var("OPT_LEVEL")?);
    let flags = env::var("CARGO_ENCODED_RUSTFLAGS").unwrap_or_default();
    println!("cargo::rustc-env=TOOLCHAIN_FLAGS={}", flags.replace('\x1f', " "));
    println!("cargo::rustc-env=TOOLCHAIN_WRAPPER={}", env::var("RUSTC_WRAPPER").unwrap_or_default());
    for variable in ["RUSTFLAGS", "CARGO_ENCODED_RUSTFLAGS", "RUSTC_WRAPPER"] {
        println!("cargo::rerun-if-env-changed={variable}");
    }
    Ok(())
}

/// Returns names as a list, in order.
fn listed(names: &HashSet<String>) -> String {
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.sort_unstable();
    names.join(",")
}

/// Chooses the form of each part of the adapter, as `cfg(memscope_PART = "FORM")`.
fn choose_forms(dependency: &Dependency) -> Result<(), Box<dyn Error>> {
    let target = env::var("CARGO_CFG_TARGET_OS")?;
    // A source that cannot be parsed does not compile, and the compiler reports a better error. Any form will do.
    let source = Inventory::read(&dependency.root, dependency.features.clone(), &target);
    if let Err(why) = &source {
        println!("cargo::warning=the source of {} cannot be parsed: {why}", dependency.name);
    }
    let is_broken = || source.as_ref().is_ok_and(Inventory::is_broken);
    let core_only = env::var_os(CORE_ONLY).is_some_and(|value| !value.is_empty());
    let mut missing = Vec::new();
    for part in PARTS.iter().chain(MODES) {
        let values: Vec<String> = part.values().iter().map(|value| format!("\"{value}\"")).collect();
        println!("cargo::rustc-check-cfg=cfg(memscope_{}, values({}))", part.name, values.join(", "));
        let chosen = match part.none.filter(|_| core_only && !CORE.contains(&part.name)) {
            Some(none) => Ok(none),
            None => source.as_ref().map_or(Ok(part.forms[0].name), |source| part.choose(source)),
        };
        match chosen {
            Err(_) if is_broken() => println!("cargo::rustc-cfg=memscope_{}=\"{}\"", part.name, part.forms[0].name),
            Ok(form) => println!("cargo::rustc-cfg=memscope_{}=\"{form}\"", part.name),
            Err(what) => missing.push(format!("{} ({what})", part.name)),
        }
    }
    if missing.is_empty() {
        return Ok(());
    }
    let Dependency { name, version, .. } = dependency;
    println!("cargo::error=no adapter fits {name} {version}: its source lacks {}", missing.join("; "));
    Ok(())
}
