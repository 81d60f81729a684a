//! Tells the program what it measures and what it was built with: the resolved memscope-rs of Cargo.lock, the generation
//! of its API, and the toolchain.

use cargo_lock::{Lockfile, Package, Version};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, error::Error, fs};
use toml_edit::{DocumentMut, Item};

/// The package under measurement.
const SUBJECT: &str = "memscope-rs";
/// Where there is a file for each generation of its API, `api_` and the first version that has it.
const GENERATIONS: &str = "src/tracking/memscope";
/// The first version whose default features do not install an allocator of its own.
const FREE_DEFAULTS: Version = Version::new(0, 1, 6);

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let lockfile = package.join("Cargo.lock");
    let manifest = package.join("Cargo.toml");
    for input in [&lockfile, &manifest, &package.join(GENERATIONS), &package.join("build.rs")] {
        println!("cargo::rerun-if-changed={}", input.display());
    }

    let packages = Lockfile::load(&lockfile)?.packages;
    let subject = packages
        .iter()
        .find(|package| package.name.as_str() == SUBJECT)
        .ok_or_else(|| format!("{} names no {SUBJECT}: it should be a dependency", lockfile.display()))?;
    println!("cargo::rustc-env=SUBJECT_NAME={SUBJECT}");
    println!("cargo::rustc-env=SUBJECT_VERSION={}", subject.version);
    println!("cargo::rustc-env=SUBJECT_SOURCE={}", source(subject));
    select_generation(&package.join(GENERATIONS), &subject.version)?;
    check_features(&fs::read_to_string(&manifest)?.parse()?, &subject.version);

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

/// Where a package came from: `crates.io`, `path`, or an address with its revision.
fn source(package: &Package) -> String {
    match &package.source {
        None => "path".to_owned(),
        Some(source) if source.is_default_registry() => "crates.io".to_owned(),
        Some(source) => source.to_string(),
    }
}

/// Selects the newest generation of the API that is not newer than the version, as `cfg(memscope_api = "…")`.
fn select_generation(folder: &Path, version: &Version) -> Result<(), Box<dyn Error>> {
    let mut generations = Vec::new();
    for file in fs::read_dir(folder)? {
        let name = file?.file_name().into_string().unwrap_or_default();
        if let Some(first) = name.strip_prefix("api_").and_then(|name| name.strip_suffix(".rs")) {
            generations.push(Version::parse(&first.replace('_', "."))?);
        }
    }
    generations.sort();
    let all: Vec<String> = generations.iter().map(|generation| format!("\"{generation}\"")).collect();
    println!("cargo::rustc-check-cfg=cfg(memscope_api, values({}))", all.join(", "));

    // A pre-release has the API of the release that it comes before.
    let released = Version::new(version.major, version.minor, version.patch);
    let generation = generations
        .iter()
        .rfind(|generation| **generation <= released)
        .ok_or_else(|| format!("{SUBJECT} {version} is older than every API that is known here"))?;
    println!("cargo::rustc-cfg=memscope_api=\"{generation}\"");
    Ok(())
}

/// Says what is wrong with the features that the manifest asks for, before the compiler says it in its own way.
fn check_features(manifest: &DocumentMut, version: &Version) {
    let dependency = manifest.get("dependencies").and_then(|table| table.get(SUBJECT));
    let entry = |key| dependency.and_then(|dependency| dependency.get(key));
    let has_defaults = entry("default-features").and_then(Item::as_bool) != Some(false);
    let names = |wanted: &str| {
        let features = entry("features").and_then(Item::as_array);
        features.is_some_and(|features| features.iter().any(|feature| feature.as_str() == Some(wanted)))
    };
    if (has_defaults && *version < FREE_DEFAULTS) || names("tracking-allocator") {
        println!(
            "cargo::error=Cargo.toml takes {SUBJECT} {version} with its feature `tracking-allocator`, which installs an \
             allocator of its own, and a program has one: write `default-features = false`, and leave the feature out"
        );
    }
    if *version == Version::new(0, 1, 5) && !has_defaults && !names("parking-lot") {
        println!(
            "cargo::error={SUBJECT} {version} does not build without `features = [\"parking-lot\"]` in Cargo.toml"
        );
    }
}
