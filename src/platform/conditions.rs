//! The state of the machine when a run begins: its load and its processor's speed settings. They are needed to judge
//! the figures, and cannot be determined afterwards.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Linux's folder of processors.
const PROCESSORS: &str = "/sys/devices/system/cpu";
/// Linux's setting of huge pages.
const HUGE_PAGES: &str = "/sys/kernel/mm/transparent_hugepage/enabled";

/// Linux's setting of random addresses.
const RANDOMIZATION: &str = "/proc/sys/kernel/randomize_va_space";

/// The machine right before a run. Virtual machines do not know the speed of their processors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The load of other work, in cores; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_cores: Option<f64>,
    /// The frequency governors of the processors, each once; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governors: Option<Vec<String>>,
    /// True if the processor may run faster than its nominal frequency; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
    /// The kernel's use of huge pages: `always`, `madvise` or `never`; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub huge_pages: Option<String>,
    /// The number of cores that this process may run on, if it is not all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores_allowed: Option<usize>,
    /// The CPU quota of this process's control group, in cores; `None` without a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cores_quota: Option<f64>,
    /// The niceness of this process, if it is not 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub niceness: Option<i64>,
    /// The kernel's randomisation of addresses: 0 for none, 1 without the heap, 2 with it; `None` if unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub randomize_va_space: Option<u8>,
    /// True if addresses are the same in every process, as under `setarch -R` or a debugger.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub fixed_addresses: bool,
}

impl Conditions {
    /// Returns the present conditions, after a tenth of a second in which this thread sleeps.
    pub fn here() -> Self {
        let processors = Path::new(PROCESSORS);
        Self {
            busy_cores: busy_cores(),
            governors: governors(processors),
            turbo: turbo(processors),
            huge_pages: setting(Path::new(HUGE_PAGES)).as_deref().and_then(chosen),
            cores_allowed: cores_allowed(),
            cores_quota: cores_quota(Path::new("/")),
            niceness: niceness(),
            randomize_va_space: setting(Path::new(RANDOMIZATION)).and_then(|level| level.parse().ok()),
            fixed_addresses: has_fixed_addresses(),
        }
    }

    /// Returns the restrictions that apply only to this process, in a few words each.
    pub fn restrictions(&self) -> Vec<String> {
        let cores = self.cores_allowed.map(|cores| format!("{cores} cores allowed"));
        let quota = self.cores_quota.map(|quota| format!("a quota of {quota} cores"));
        let niceness = self.niceness.map(|niceness| format!("niceness {niceness}"));
        let addresses = self.fixed_addresses.then(|| "the same addresses in every process".to_owned());
        [cores, quota, niceness, addresses].into_iter().flatten().collect()
    }
}

/// Returns the number of busy cores during a tenth of a second. The load average lags by minutes: after a build it
/// would still include the build.
#[cfg(target_os = "linux")]
fn busy_cores() -> Option<f64> {
    let before = Ticks::so_far()?;
    std::thread::sleep(std::time::Duration::from_millis(100));
    Ticks::so_far()?.busy_cores_since(before)
}

#[cfg(not(target_os = "linux"))]
fn busy_cores() -> Option<f64> {
    None
}

/// The time of all processors together since the system started, in the kernel's ticks.
#[cfg(target_os = "linux")]
#[derive(Clone, Copy, Debug)]
struct Ticks {
    busy: u64,
    idle: u64,
    processors: usize,
}

#[cfg(target_os = "linux")]
impl Ticks {
    fn so_far() -> Option<Self> {
        use procfs::CurrentSI;
        let stat = procfs::KernelStats::current().ok()?;
        let total = stat.total;
        // Stolen time counts as work too: it is another machine's, on a shared processor. The kernel already counts
        // the time of guests as user time.
        let also = [total.irq, total.softirq, total.steal];
        Some(Self {
            busy: total.user + total.nice + total.system + also.into_iter().flatten().sum::<u64>(),
            idle: total.idle + total.iowait.unwrap_or(0),
            processors: stat.cpu_time.len(),
        })
    }

    /// Returns the average number of busy cores since then, at most all of them. `None` if no tick passed.
    fn busy_cores_since(self, before: Self) -> Option<f64> {
        // The kernel's counts of idle time may go back a little.
        let busy = self.busy.saturating_sub(before.busy) as f64;
        let idle = self.idle.saturating_sub(before.idle) as f64;
        let cores = busy / (busy + idle) * self.processors as f64;
        // A tick is a hundredth of a second, so further digits are meaningless.
        cores.is_finite().then_some((cores * 100.0).round() / 100.0)
    }
}

/// Returns the governors of all processors in a folder like [`PROCESSORS`], each once, in alphabetical order.
fn governors(processors: &Path) -> Option<Vec<String>> {
    let governors: BTreeSet<String> = fs::read_dir(processors)
        .ok()?
        .flatten()
        .filter_map(|processor| setting(&processor.path().join("cpufreq/scaling_governor")))
        .collect();
    (!governors.is_empty()).then(|| governors.into_iter().collect())
}

/// Returns whether turbo is on. Intel's driver has a switch that turns it off, the others have a switch that turns it
/// on.
fn turbo(processors: &Path) -> Option<bool> {
    let switch = |path: &str| match setting(&processors.join(path))?.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    switch("intel_pstate/no_turbo").map(|off| !off).or_else(|| switch("cpufreq/boost"))
}

/// Returns the choice that the kernel marks: `madvise` of `always [madvise] never`.
fn chosen(choices: &str) -> Option<String> {
    let (_, rest) = choices.split_once('[')?;
    Some(rest.split_once(']')?.0.to_owned())
}

/// Returns the number of cores that this process may run on, if it is not all of them.
#[cfg(target_os = "linux")]
fn cores_allowed() -> Option<usize> {
    use crate::platform::cores;
    let allowed = Some(cores::allowed().len()).filter(|&count| count > 0)?;
    let online = nix::unistd::sysconf(nix::unistd::SysconfVar::_NPROCESSORS_ONLN).ok()??;
    (usize::try_from(online) != Ok(allowed)).then_some(allowed)
}

#[cfg(not(target_os = "linux"))]
fn cores_allowed() -> Option<usize> {
    None
}

/// Returns the lowest CPU quota of this process's control group and those above it, in cores. `root` has the kernel's
/// file systems.
fn cores_quota(root: &Path) -> Option<f64> {
    let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
    let groups = groups.lines().filter_map(|line| {
        let (_, rest) = line.split_once(':')?;
        rest.split_once(':')
    });
    let quotas = groups.flat_map(|(controllers, path)| {
        let mount = match controllers {
            "" => root.join("sys/fs/cgroup"),
            controllers if controllers.split(',').any(|name| name == "cpu") => root.join("sys/fs/cgroup/cpu"),
            _ => return Vec::new(),
        };
        // Within a container the group's own folder may be the mount itself.
        let own = mount.join(path.trim_start_matches('/'));
        own.ancestors().take_while(|folder| folder.starts_with(&mount)).filter_map(quota_of).collect()
    });
    quotas.min_by(f64::total_cmp)
}

/// Returns the quota in a control group's folder, in cores.
fn quota_of(folder: &Path) -> Option<f64> {
    let (quota, period) = match setting(&folder.join("cpu.max")) {
        Some(line) => {
            let (quota, period) = line.split_once(' ')?;
            (quota.to_owned(), period.to_owned())
        }
        None => (setting(&folder.join("cpu.cfs_quota_us"))?, setting(&folder.join("cpu.cfs_period_us"))?),
    };
    let cores = quota.parse::<f64>().ok()? / period.parse::<f64>().ok()?;
    (cores.is_finite() && cores > 0.0).then_some((cores * 100.0).round() / 100.0)
}

#[cfg(target_os = "linux")]
fn niceness() -> Option<i64> {
    let stat = procfs::process::Process::myself().and_then(|process| process.stat()).ok()?;
    Some(stat.nice).filter(|&niceness| niceness != 0)
}

#[cfg(not(target_os = "linux"))]
fn niceness() -> Option<i64> {
    None
}

/// Returns whether this process, or the whole system, does not randomise addresses.
#[cfg(target_os = "linux")]
fn has_fixed_addresses() -> bool {
    use nix::sys::personality::{self, Persona};
    let of_process = personality::get().is_ok_and(|persona| persona.contains(Persona::ADDR_NO_RANDOMIZE));
    of_process || setting(Path::new(RANDOMIZATION)).as_deref() == Some("0")
}

#[cfg(not(target_os = "linux"))]
fn has_fixed_addresses() -> bool {
    false
}

fn setting(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a folder with these files, as Linux has them.
    fn machine(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("it is in a folder")).expect("a folder");
            fs::write(path, text).expect("a file");
        }
        folder
    }

    #[test]
    fn governors_are_listed_once_each() {
        let laptop = machine(&[
            ("cpu0/cpufreq/scaling_governor", "schedutil\n"),
            ("cpu1/cpufreq/scaling_governor", "performance\n"),
            ("cpu2/cpufreq/scaling_governor", "schedutil\n"),
            ("cpu3/topology/core_id", "3\n"),
        ]);
        assert_eq!(governors(laptop.path()), Some(vec!["performance".to_owned(), "schedutil".to_owned()]));
    }

    #[test]
    fn turbo_is_read_from_either_driver() {
        let read = |path, text| turbo(machine(&[(path, text)]).path());
        assert_eq!(read("intel_pstate/no_turbo", "0\n"), Some(true));
        assert_eq!(read("intel_pstate/no_turbo", "1\n"), Some(false));
        assert_eq!(read("cpufreq/boost", "1\n"), Some(true));
        assert_eq!(read("cpufreq/boost", "0\n"), Some(false));
        assert_eq!(read("cpufreq/boost", "perhaps\n"), None);
    }

    #[test]
    fn a_virtual_machine_reports_no_frequency() {
        let virtual_machine = machine(&[("cpu0/topology/core_id", "0\n")]);
        assert_eq!(governors(virtual_machine.path()), None);
        assert_eq!(turbo(virtual_machine.path()), None);
        assert_eq!(governors(Path::new("/no/such/folder")), None);
    }

    #[test]
    fn the_marked_setting_of_huge_pages_is_read() {
        assert_eq!(chosen("always [madvise] never").as_deref(), Some("madvise"));
        assert_eq!(chosen("always madvise never"), None);
    }

    #[test]
    fn the_smallest_quota_of_all_control_groups_applies() {
        let quota = |files: &[(&str, &str)]| cores_quota(machine(files).path());
        let unified = ("proc/self/cgroup", "0::/user.slice/run.scope\n");
        assert_eq!(quota(&[unified, ("sys/fs/cgroup/user.slice/cpu.max", "max 100000\n")]), None);
        let wide = ("sys/fs/cgroup/user.slice/cpu.max", "400000 100000\n");
        assert_eq!(quota(&[unified, wide]), Some(4.0));
        let narrow = ("sys/fs/cgroup/user.slice/run.scope/cpu.max", "150000 100000\n");
        assert_eq!(quota(&[unified, wide, narrow]), Some(1.5));
        // In a container the group's own folder is the mount.
        assert_eq!(quota(&[unified, ("sys/fs/cgroup/cpu.max", "50000 100000\n")]), Some(0.5));
        let legacy = [
            ("proc/self/cgroup", "5:cpu,cpuacct:/docker/1\n1:memory:/docker/1\n"),
            ("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "200000\n"),
            ("sys/fs/cgroup/cpu/docker/1/cpu.cfs_period_us", "100000\n"),
        ];
        assert_eq!(quota(&legacy), Some(2.0));
        let unlimited = [legacy[0], ("sys/fs/cgroup/cpu/docker/1/cpu.cfs_quota_us", "-1\n"), legacy[2]];
        assert_eq!(quota(&unlimited), None);
        assert_eq!(quota(&[]), None);
    }

    #[test]
    fn restrictions_are_named() {
        assert!(Conditions::default().restrictions().is_empty());
        let narrow = Conditions {
            cores_allowed: Some(2),
            cores_quota: Some(1.5),
            niceness: Some(10),
            fixed_addresses: true,
            ..Conditions::default()
        };
        let expected =
            ["2 cores allowed", "a quota of 1.5 cores", "niceness 10", "the same addresses in every process"];
        assert_eq!(narrow.restrictions(), expected);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn busy_cores_are_a_share_of_all_processors() {
        let ticks = |busy, idle| Ticks { busy, idle, processors: 4 };
        let then = ticks(1_000, 9_000);
        assert_eq!(ticks(1_000, 9_040).busy_cores_since(then), Some(0.0));
        assert_eq!(ticks(1_005, 9_035).busy_cores_since(then), Some(0.5));
        assert_eq!(ticks(1_040, 9_000).busy_cores_since(then), Some(4.0));
        assert_eq!(ticks(1_020, 8_999).busy_cores_since(then), Some(4.0), "idle time decreased");
        assert_eq!(then.busy_cores_since(then), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_reports_its_load() {
        let busy = Conditions::here().busy_cores.expect("Linux reports it");
        assert!(busy >= 0.0, "{busy}");
    }
}
