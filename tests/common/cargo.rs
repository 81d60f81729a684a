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

/// Returns a script that puts a worker in sh where cargo would put the build of a commit. `cases` are those of a `case`
/// over the subjects of a [`Repository`](super::git::Repository)'s commits: each may fail in cargo's place, or set
/// `$cost`, the nanoseconds of the tracked window, which are twice those of the untracked one if none sets it, and
/// `$tracked`, which the worker does in place of a tracked window.
pub fn builds_workers(cases: &str) -> String {
    format!(
        "subject=$(cat \"$copy/../sources/$(basename \"$copy\")/NOTES\" 2>/dev/null)\n\
             cost=2000000 tracked=:\ncase \"$subject\" in\n{cases}\nesac\n{WORKER}"
    )
}

/// The end of such a script. The worker has the stamp of its build.
const WORKER: &str = r#"
stamp=$(sed -n 's/^version = "[^+]*+\(.*\)"/\1/p' "$copy/Cargo.toml" | head -1)
mkdir -p "$target/release" && built="$target/release/memscope-bench"
cat >"$built" <<END
#!/bin/sh
read -r task
scale=\${task#*'"factor":'} threads=\${task#*'"threads":'}
scale=\${scale%%[,\}]*} threads=\${threads%%[,\}]*}
case "\$task" in *'"untracked"'*) ns=1000000 level=untracked;; *) ns=$cost level=full; $tracked;; esac
echo '{"schema":1,"workload":"cycles","tracking":"'\$level'","scale":'\$scale',"seed":1,"threads":'\$threads',\
"build":"$stamp","subject":{"name":"memscope-rs","version":"0.2.5","source":"path"},"wall_ns":'\$ns',"cpu_ns":'\$ns',\
"kernel_ns":0,"page_faults":0,"peak_rss_bytes":9592832,"digest":{"checksum":"31f637e0368def7e","variables":22,\
"leaked_allocations":106,"leaked_bytes":4240},"variables":22,"truth":null,"own":null,"recorded":{"allocations":null,\
"deallocations":null,"allocated_bytes":null,"active_allocations":null,"active_bytes":null,"peak_bytes":null,\
"variables":null}}'
END
chmod +x "$built"
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
