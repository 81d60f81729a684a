//! The state of the machine when a run begins: how busy it already was, and whether its processor's speed was held. A
//! reader of the figures must know both, and nobody can find them out afterwards.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Where Linux tells of its processors.
const PROCESSORS: &str = "/sys/devices/system/cpu";

/// What the machine was like right before a run. Virtual machines do not know of the speed of their processors.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// How many cores' worth of other work was running; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub busy_cores: Option<f64>,
    /// The frequency governors of the processors, each once; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub governors: Option<Vec<String>>,
    /// Whether the processor may run faster than its nominal frequency; `None` where the system does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub turbo: Option<bool>,
}

impl Conditions {
    /// The conditions here and now. It takes a tenth of a second, in which this thread sleeps.
    pub fn here() -> Self {
        let processors = Path::new(PROCESSORS);
        Self { busy_cores: busy_cores(), governors: governors(processors), turbo: turbo(processors) }
    }
}

/// How many cores are busy during a tenth of a second. Not the load average: that one lags by minutes, and after a
/// build it would tell of the build.
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

/// What all processors together have done since the system started, in the kernel's ticks.
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
        // Stolen time is work too: another machine's, on the processor that this one thinks is its own. The time of
        // guests is not added, for the kernel counts it as user time as well.
        let also = [total.irq, total.softirq, total.steal];
        Some(Self {
            busy: total.user + total.nice + total.system + also.into_iter().flatten().sum::<u64>(),
            idle: total.idle + total.iowait.unwrap_or(0),
            processors: stat.cpu_time.len(),
        })
    }

    /// The busy part of the time since then, times the processors: never more than there are. `None` if no tick passed.
    fn busy_cores_since(self, before: Self) -> Option<f64> {
        // The kernel's counts of idle time may go back a little.
        let busy = self.busy.saturating_sub(before.busy) as f64;
        let idle = self.idle.saturating_sub(before.idle) as f64;
        let cores = busy / (busy + idle) * self.processors as f64;
        // A tick is a hundredth of a second, so there is nothing behind the second digit.
        cores.is_finite().then_some((cores * 100.0).round() / 100.0)
    }
}

/// The governors of all processors below a folder like [`PROCESSORS`], each once, in the order of the alphabet.
fn governors(processors: &Path) -> Option<Vec<String>> {
    let governors: BTreeSet<String> = fs::read_dir(processors)
        .ok()?
        .flatten()
        .filter_map(|processor| setting(&processor.path().join("cpufreq/scaling_governor")))
        .collect();
    (!governors.is_empty()).then(|| governors.into_iter().collect())
}

/// Whether turbo is on. Intel's driver says whether it is off, the others say whether it is on.
fn turbo(processors: &Path) -> Option<bool> {
    let switch = |path: &str| match setting(&processors.join(path))?.as_str() {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    };
    switch("intel_pstate/no_turbo").map(|off| !off).or_else(|| switch("cpufreq/boost"))
}

fn setting(path: &Path) -> Option<String> {
    let text = fs::read_to_string(path).ok()?.trim().to_owned();
    (!text.is_empty()).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder with these files, as Linux has them.
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
    fn governors_are_told_once_each() {
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
        let says = |path, text| turbo(machine(&[(path, text)]).path());
        assert_eq!(says("intel_pstate/no_turbo", "0\n"), Some(true));
        assert_eq!(says("intel_pstate/no_turbo", "1\n"), Some(false));
        assert_eq!(says("cpufreq/boost", "1\n"), Some(true));
        assert_eq!(says("cpufreq/boost", "0\n"), Some(false));
        assert_eq!(says("cpufreq/boost", "perhaps\n"), None);
    }

    #[test]
    fn a_virtual_machine_does_not_know_its_frequency() {
        let virtual_machine = machine(&[("cpu0/topology/core_id", "0\n")]);
        assert_eq!(governors(virtual_machine.path()), None);
        assert_eq!(turbo(virtual_machine.path()), None);
        assert_eq!(governors(Path::new("/no/such/folder")), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn busy_is_a_part_of_the_processors() {
        let ticks = |busy, idle| Ticks { busy, idle, processors: 4 };
        let then = ticks(1_000, 9_000);
        assert_eq!(ticks(1_000, 9_040).busy_cores_since(then), Some(0.0));
        assert_eq!(ticks(1_005, 9_035).busy_cores_since(then), Some(0.5));
        assert_eq!(ticks(1_040, 9_000).busy_cores_since(then), Some(4.0));
        assert_eq!(ticks(1_020, 8_999).busy_cores_since(then), Some(4.0), "idle time went back");
        assert_eq!(then.busy_cores_since(then), None);
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine_says_how_busy_it_is() {
        let busy = Conditions::here().busy_cores.expect("Linux says");
        assert!(busy >= 0.0, "{busy}");
    }
}
