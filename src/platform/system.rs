//! The operating system: CPU time, memory, the tie to the parent process, and a description of the machine.

use crate::platform::allocator::Allocator;
use nix::sys::resource::{Usage, UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use sysinfo::{CpuRefreshKind, MemoryRefreshKind, RefreshKind, System};

/// Returns the CPU time of this process so far, over all threads.
///
/// # Panics
/// If the system lacks this clock, which every Unix has.
pub fn cpu_time() -> Duration {
    clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).expect("a process has a CPU clock").into()
}

/// The kernel's work for this process so far, over all threads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelWork {
    /// CPU time within the kernel. If the kernel counts it by ticks, as most do, only averages over many processes are
    /// meaningful.
    pub time: Duration,
    /// Page faults, minor and major.
    pub page_faults: u64,
}

impl KernelWork {
    /// Returns the work so far; `None` if unknown.
    pub fn so_far() -> Option<Self> {
        Self::of(&getrusage(UsageWho::RUSAGE_SELF).ok()?)
    }

    /// Returns the kernel's part of a usage; `None` if unknown.
    pub(super) fn of(usage: &Usage) -> Option<Self> {
        let page_faults = u64::try_from(usage.minor_page_faults() + usage.major_page_faults()).ok()?;
        Some(Self { time: duration(usage.system_time())?, page_faults })
    }

    /// Returns the work since an earlier reading.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        let page_faults = self.page_faults.saturating_sub(before.page_faults);
        Self { time: self.time.saturating_sub(before.time), page_faults }
    }
}

/// Returns a time of a usage; `None` if it is negative.
pub(super) fn duration(time: TimeVal) -> Option<Duration> {
    Some(Duration::from_micros(u64::try_from(time.num_microseconds()).ok()?))
}

/// Returns the peak resident memory of this process, in bytes; `None` if unknown.
///
/// It is the kernel's high-water mark of the address space. That of `getrusage` includes the parent's memory at the
/// start.
pub fn peak_resident_bytes() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return procfs::process::Process::myself().ok()?.status().ok()?.vmhwm.map(|kib| kib * 1_024);
    #[cfg(not(target_os = "linux"))]
    None
}

/// Returns the current resident memory of this process, in bytes; `None` if unknown.
pub fn resident_bytes() -> Option<u64> {
    #[cfg(target_os = "linux")]
    return Some(procfs::process::Process::myself().ok()?.statm().ok()?.resident * page_bytes() as u64);
    #[cfg(not(target_os = "linux"))]
    None
}

/// Returns whether this process has loaded a library whose file name begins with this; `false` if unknown.
pub fn has_loaded(library: &str) -> bool {
    #[cfg(target_os = "linux")]
    if let Ok(maps) = procfs::process::Process::myself().and_then(|process| process.maps()) {
        let is_it =
            |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(library.as_bytes()));
        return maps.iter().any(|map| matches!(&map.pathname, procfs::process::MMapPath::Path(path) if is_it(path)));
    }
    let _ = library;
    false
}

/// Returns the size of a page of memory, in bytes.
pub fn page_bytes() -> usize {
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten().map_or(4_096, |bytes| bytes as usize)
}

/// Returns the mapped ranges of addresses of this process, in order; empty if unknown.
pub fn mapped_ranges() -> Vec<std::ops::Range<usize>> {
    #[cfg(target_os = "linux")]
    if let Ok(maps) = procfs::process::Process::myself().and_then(|process| process.maps()) {
        return maps.iter().map(|map| map.address.0 as usize..map.address.1 as usize).collect();
    }
    Vec::new()
}

/// Ends this process when its parent ends, for any reason. Only Linux supports this; on other systems a child that does
/// not hang ends soon after.
///
/// It also sets the process's name to that of its command line, because a process that was started from an open file
/// has a number as its name.
pub fn die_with(parent: u32) {
    #[cfg(target_os = "linux")]
    {
        let _ = nix::sys::prctl::set_pdeathsig(nix::sys::signal::Signal::SIGKILL);
        let program = std::env::args_os().next().map(PathBuf::from);
        let name = program.as_deref().and_then(|program| program.file_name()).map(|name| name.as_encoded_bytes());
        if let Some(name) = name.and_then(|name| std::ffi::CString::new(name).ok()) {
            let _ = nix::sys::prctl::set_name(&name);
        }
    }
    // The parent may have ended before.
    if std::os::unix::process::parent_id() != parent {
        std::process::exit(1);
    }
}

/// The variables with the folders of cargo and rustup.
const HOMES: [&str; 2] = [CARGO_HOME, "RUSTUP_HOME"];
const CARGO_HOME: &str = "CARGO_HOME";

/// Returns a folder that a variable names. As for cargo, an empty variable is not set.
fn named_home(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|home| !home.is_empty()).map(PathBuf::from)
}

/// Returns cargo's own folder; `None` if the user has no home.
pub fn cargo_home() -> Option<PathBuf> {
    named_home(CARGO_HOME).or_else(|| Some(std::env::home_dir()?.join(".cargo")))
}

/// The variables with the compiler and its wrappers.
const COMPILERS: [&str; 6] = [
    RUSTC,
    CARGO_BUILD_RUSTC,
    "RUSTC_WRAPPER",
    "CARGO_BUILD_RUSTC_WRAPPER",
    "RUSTC_WORKSPACE_WRAPPER",
    "CARGO_BUILD_RUSTC_WORKSPACE_WRAPPER",
];
const RUSTC: &str = "RUSTC";
const CARGO_BUILD_RUSTC: &str = "CARGO_BUILD_RUSTC";

/// Returns whether a variable names a program, or a target by its file.
fn names_a_file(variable: &str) -> bool {
    let is_linker = variable.starts_with("CARGO_TARGET_") && variable.ends_with("_LINKER");
    COMPILERS.contains(&variable) || is_linker || variable == "CARGO_BUILD_TARGET"
}

/// Returns the variables that name a file by a relative path, with the absolute one. A name without a folder is looked
/// for in the search path, so it stays.
fn absolute_files(variables: impl Iterator<Item = (OsString, OsString)>) -> Vec<(OsString, PathBuf)> {
    let absolute = |(name, value): (OsString, OsString)| {
        let path = name.to_str().is_some_and(names_a_file).then(|| resolved(&value))?;
        (path.as_os_str() != value).then_some((name, path))
    };
    variables.filter_map(absolute).collect()
}

/// Returns a command for the compiler that cargo uses, without its arguments, unless a configuration file names another
/// one.
pub fn rustc() -> Command {
    let named =
        [RUSTC, CARGO_BUILD_RUSTC].into_iter().find_map(|name| std::env::var_os(name).filter(|of| !of.is_empty()));
    program(&named.unwrap_or_else(|| "rustc".into()))
}

/// Returns a command for cargo, without its arguments: the cargo that started this program, if one did. It prints no
/// colours, which would hide its errors from whoever reads them here. It may start in another folder, so relative paths
/// to its own folders and to compilers are resolved in the present one.
pub fn cargo() -> Command {
    let named = std::env::var_os("CARGO").filter(|cargo| !cargo.is_empty());
    let mut cargo = program(&named.unwrap_or_else(|| "cargo".into()));
    crate::platform::git::leave_hook(&mut cargo);
    cargo.env("CARGO_TERM_COLOR", "never");
    for name in HOMES {
        // An empty one is not set.
        if let Some(Ok(home)) = named_home(name).map(std::path::absolute) {
            cargo.env(name, home);
        }
    }
    cargo.envs(absolute_files(std::env::vars_os()));
    cargo
}

/// Returns a command for a program, without its arguments. It may start in another folder, so a relative path is
/// resolved in the current one.
pub fn program(name: &OsStr) -> Command {
    Command::new(resolved(name))
}

/// Returns an absolute path for one with a folder. A name alone stays.
fn resolved(name: &OsStr) -> PathBuf {
    let path = Path::new(name);
    let is_path = path.components().count() > 1;
    std::path::absolute(path).ok().filter(|_| is_path).unwrap_or_else(|| path.to_owned())
}

/// The machine of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// The processor's brand.
    pub processor: String,
    /// The number of threads that the machine runs at once.
    pub cores: u64,
    /// Its memory, in bytes.
    pub memory_bytes: u64,
    /// The system and its release.
    pub system: String,
}

impl Machine {
    /// Returns whether another record describes the same machine, by processor, cores and system. The size of its
    /// memory differs a little from boot to boot.
    pub(crate) fn is(&self, other: &Self) -> bool {
        (&self.processor, self.cores, &self.system) == (&other.processor, other.cores, &other.system)
    }

    /// Returns this machine.
    pub fn here() -> Self {
        let what = RefreshKind::new()
            // The frequency is not read, because sysinfo starts threads for it, and panics if it cannot.
            .with_cpu(CpuRefreshKind::new())
            .with_memory(MemoryRefreshKind::new().with_ram());
        let system = System::new_with_specifics(what);
        let unknown = || "unknown".to_owned();
        let brand = system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).filter(|brand| !brand.is_empty());
        Self {
            processor: brand.unwrap_or_else(|| std::env::consts::ARCH.to_owned()),
            cores: std::thread::available_parallelism().map_or(1, |cores| cores.get() as u64),
            memory_bytes: system.total_memory(),
            system: format!(
                "{} {}",
                System::name().unwrap_or_else(unknown),
                System::kernel_version().unwrap_or_else(unknown)
            ),
        }
    }
}

/// The toolchain that compiled a program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Toolchain {
    /// The compiler and its version.
    pub rustc: String,
    /// The target that it compiled for.
    pub target: String,
    /// The optimisation level, as in a Cargo profile.
    pub opt_level: String,
    /// The allocator under the trackers, as found in the process.
    pub allocator: String,
    /// The compiler's flags in addition to the profile's; empty if there were none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub flags: String,
    /// The program through which Cargo ran the compiler; empty if there was none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub wrapper: String,
    /// True with debug assertions.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub debug_assertions: bool,
    /// The Cargo features that add levels or workloads; empty without one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub features: Vec<String>,
}

impl Toolchain {
    /// Returns the toolchain of this program.
    pub fn of_this_build() -> Self {
        Self {
            rustc: env!("TOOLCHAIN_RUSTC").to_owned(),
            target: env!("TOOLCHAIN_TARGET").to_owned(),
            opt_level: env!("TOOLCHAIN_OPT_LEVEL").to_owned(),
            allocator: Allocator::here().to_string(),
            flags: env!("TOOLCHAIN_FLAGS").to_owned(),
            wrapper: env!("TOOLCHAIN_WRAPPER").to_owned(),
            debug_assertions: cfg!(debug_assertions),
            features: [("references", cfg!(feature = "references")), ("programs", cfg!(feature = "programs"))]
                .into_iter()
                .filter(|&(_, is_on)| is_on)
                .map(|(name, _)| name.to_owned())
                .collect(),
        }
    }

    /// True if this program was compiled without optimisation.
    pub const THIS_IS_UNOPTIMISED: bool = matches!(env!("TOOLCHAIN_OPT_LEVEL").as_bytes(), b"0");

    /// Returns whether the program was compiled without optimisation.
    pub fn is_unoptimised(&self) -> bool {
        self.opt_level == "0"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_paths_to_compilers_become_absolute_and_names_stay() {
        let variables = [
            ("RUSTC", "./rustc"),
            ("RUSTC_WRAPPER", "sccache"),
            ("CARGO_BUILD_RUSTC_WRAPPER", ""),
            ("RUSTC_WORKSPACE_WRAPPER", "/bin/wrapper"),
            ("CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER", "tools/ld"),
            ("CARGO_BUILD_TARGET", "targets/mine.json"),
            ("CARGO_TARGET_DIR", "a/b"),
        ];
        let here = std::env::current_dir().expect("a folder");
        let found = absolute_files(variables.map(|(name, value)| (name.into(), value.into())).into_iter());
        let linker = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER";
        let expected = [("RUSTC", "rustc"), (linker, "tools/ld"), ("CARGO_BUILD_TARGET", "targets/mine.json")];
        assert_eq!(found, expected.map(|(name, path)| (name.into(), here.join(path))));
    }

    #[test]
    fn the_first_touch_of_memory_is_a_page_fault() {
        // Huge pages of 2 MiB cause page faults too.
        const BYTES: usize = 32 << 20;
        let before = KernelWork::so_far().expect("every Unix reports it");
        let memory = std::hint::black_box(vec![1_u8; BYTES]);
        let seen = KernelWork::so_far().expect("every Unix reports it").since(before);
        assert!(seen.page_faults >= 16, "{seen:?}");
        drop(memory);
    }
}
