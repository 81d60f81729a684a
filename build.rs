//! Stamps the program with what it measures and what it was built with: the resolved memscope-rs, the forms of its adapter
//! that the source gets, and the toolchain.

#[path = "build/inventory.rs"]
mod inventory;
#[path = "build/parts.rs"]
mod parts;
#[path = "build/subject.rs"]
mod subject;

use inventory::Inventory;
use parts::PARTS;
use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use subject::Subject;

/// The variable that leaves out every part of the adapter that a measurement of cost can do without. Where the whole adapter does
/// not compile with a version, this one may.
const CORE_ONLY: &str = "MEMSCOPE_BENCH_CORE_ONLY";
/// The parts that a measurement of cost needs.
const CORE: [&str; 7] = ["hook", "tracker", "statistics", "names", "unseen", "borrows", "registry"];

fn main() -> Result<(), Box<dyn Error>> {
    let package = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for input in ["Cargo.lock", "Cargo.toml", "build.rs", "build"] {
        println!("cargo::rerun-if-changed={}", package.join(input).display());
    }
    println!("cargo::rerun-if-env-changed={CORE_ONLY}");

    let subject = Subject::of(&package)?;
    println!("cargo::rerun-if-changed={}", subject.root.parent().unwrap_or(&subject.root).display());
    println!("cargo::rustc-env=SUBJECT_NAME={}", subject.name);
    println!("cargo::rustc-env=SUBJECT_VERSION={}", subject.version);
    println!("cargo::rustc-env=SUBJECT_SOURCE={}", subject.source);
    choose_forms(&subject)?;
    if subject.features.contains("tracking-allocator") {
        println!(
            "cargo::error=Cargo.toml takes {} {} with its feature `tracking-allocator`, which installs an allocator of its \
             own, and a program has one: write `default-features = false`, and leave the feature out",
            subject.name, subject.version
        );
    }

    if subject.name == "memscope-rs" && subject.version == "0.1.5" && subject.source == "crates.io" {
        // Alone of all, it does not compile without this feature.
        if !subject.features.contains("parking-lot") {
            println!(
                "cargo::error=memscope-rs 0.1.5 does not build without `features = [\"parking-lot\"]` in Cargo.toml"
            );
        }
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

/// Chooses the form of each part of the adapter, as `cfg(memscope_PART = "FORM")`.
fn choose_forms(subject: &Subject) -> Result<(), Box<dyn Error>> {
    let target = env::var("CARGO_CFG_TARGET_OS")?;
    // A source that cannot be parsed does not compile either, which the compiler reports better: any form will do.
    let source = Inventory::read(&subject.root, subject.features.clone(), &target);
    if let Err(why) = &source {
        println!("cargo::warning=the source of {} cannot be parsed: {why}", subject.name);
    }
    let is_broken = || source.as_ref().is_ok_and(Inventory::is_broken);
    let core_only = env::var_os(CORE_ONLY).is_some_and(|value| !value.is_empty());
    let mut missing = Vec::new();
    for part in PARTS {
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
    let Subject { name, version, .. } = subject;
    println!("cargo::error=no adapter fits {name} {version}: its source lacks {}", missing.join("; "));
    Ok(())
}
