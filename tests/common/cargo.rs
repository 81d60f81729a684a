//! A script that replaces cargo, so commands that build memscope compile nothing.

use super::memscope_bench;
use assert_cmd::Command;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A script that puts this program where cargo would put a build, and reports it in JSON.
pub const BUILDS: &str = r#"
mkdir -p "$target/some-triple/release" && built="$target/some-triple/release/memscope-bench"
cp "$program" "$built" || exit 1
echo "{\"reason\":\"compiler-artifact\",\"target\":{\"name\":\"memscope-bench\"},\"executable\":\"$built\"}"
"#;

/// A folder with a script that replaces cargo and writes a line for each call.
pub struct ScriptedCargo {
    folder: TempDir,
}

impl ScriptedCargo {
    /// Writes a script. It gets the target folder as `$target`, the package's copy as `$copy`, and this program as
    /// `$program`.
    pub fn new(script: &str) -> Self {
        let cargo = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let head = format!(
            "#!/bin/sh\nfor word in \"$@\"; do case \"$last\" in --target-dir) target=\"$word\";; esac; \
             last=\"$word\"; done\n\
             copy=\"$PWD\"\nprogram='{}'\necho \"$PWD RUSTFLAGS=$RUSTFLAGS TOOLCHAIN=$RUSTUP_TOOLCHAIN\" >> '{}'\n",
            assert_cmd::cargo::cargo_bin("memscope-bench").display(),
            cargo.path("calls").display(),
        );
        fs::write(cargo.script(), head + script).expect("the script is written");
        fs::set_permissions(cargo.script(), fs::Permissions::from_mode(0o755)).expect("the script may run");
        cargo
    }

    /// Returns the folder, which holds the script, the build cache and whatever a test puts there.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder().join(name)
    }

    pub fn script(&self) -> PathBuf {
        self.path("cargo")
    }

    /// Returns a line for each call: the folder in which the script was called, and its toolchain.
    pub fn calls(&self) -> Vec<String> {
        fs::read_to_string(self.path("calls")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Returns the program, in the folder, with the script for cargo and a separate build cache.
    pub fn memscope_bench(&self) -> Command {
        let mut command = memscope_bench();
        command.current_dir(self.folder());
        command.env("CARGO", self.script()).env("MEMSCOPE_BENCH_BUILD_CACHE", "cache");
        command.env_remove("RUSTFLAGS").env_remove("RUSTUP_TOOLCHAIN");
        command
    }
}
