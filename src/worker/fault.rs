//! Deliberate faults of a worker, which test how the harness reports them.

use crate::tracking::Level;
use crate::workloads::{Workload, nameable};
use std::str::FromStr;

/// A fault of the tasks of one workload at one place: a level, or a report such as `leaks/full`. A fault without a
/// workload applies to a promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    workload: Option<Workload>,
    place: String,
    kind: Kind,
}

/// The word that replaces a workload in the fault of a promise.
const PROMISE: &str = "promise";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Hang,
    Crash,
    Exit,
    Lie,
    Exhaust,
}

impl Fault {
    /// Commits the fault if it is for this workload and place. Returns `true` if the reply must be falsified instead.
    pub(crate) fn commit(&self, workload: Workload, place: &str) -> bool {
        self.workload == Some(workload) && self.place == place && self.kind.commit()
    }

    /// Commits the fault if it is for this promise. A lie has no effect.
    pub(crate) fn commit_promise(&self, promise: &str) {
        if self.workload.is_none() && self.place == promise {
            self.kind.commit();
        }
    }
}

impl Kind {
    const ALL: [(&str, Self); 5] = [
        ("hang", Self::Hang),
        ("crash", Self::Crash),
        ("exit", Self::Exit),
        ("lie", Self::Lie),
        ("exhaust", Self::Exhaust),
    ];

    /// Behaves like a broken tracker. Returns `true` for a lie.
    fn commit(self) -> bool {
        match self {
            Self::Hang => loop {
                std::thread::park();
            },
            Self::Crash => std::process::abort(),
            Self::Exit => std::process::exit(70),
            Self::Exhaust => {
                let mut hoard: Vec<Vec<u8>> = Vec::new();
                loop {
                    hoard.push(std::hint::black_box(Vec::with_capacity(1 << 26)));
                }
            }
            Self::Lie => true,
        }
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wanted = || "a fault is written workload/level=hang, crash, exit, lie or exhaust".to_owned();
        let (target, kind) = text.split_once('=').ok_or_else(wanted)?;
        let (workload, place) = target.split_once('/').ok_or_else(wanted)?;
        let (_, kind) = Kind::ALL.into_iter().find(|(name, _)| *name == kind).ok_or_else(wanted)?;
        if workload == PROMISE {
            return Ok(Self { workload: None, place: place.to_owned(), kind });
        }
        let known = nameable().iter().copied().find(|known| known.name() == workload);
        let workload = known.ok_or_else(|| format!("unknown workload '{workload}'"))?;
        // A report's name ends in a level.
        let level = place.rsplit('/').next().unwrap_or_default();
        Level::try_from(level.to_owned()).map_err(|error| error.to_string())?;
        Ok(Self { workload: Some(workload), place: place.to_owned(), kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_affects_only_its_place() {
        let lie: Fault = "cycles/leaks/full=lie".parse().expect("a fault");
        assert!(lie.commit(Workload::CYCLES, "leaks/full"));
        assert!(!lie.commit(Workload::CYCLES, "full"));
        assert!(!lie.commit(Workload::LEAKS, "leaks/full"));
        let of_promise: Fault = "promise/leaks=hang".parse().expect("a fault");
        assert!(!of_promise.commit(Workload::LEAKS, "leaks"));
        of_promise.commit_promise("cycles");
    }

    #[test]
    fn invalid_faults_are_refused() {
        let refusal = |text: &str| text.parse::<Fault>().expect_err("no fault");
        for text in ["", "cycles", "cycles=hang", "cycles/full", "cycles/full=die", "cycles/full=Hang"] {
            assert!(refusal(text).contains("hang, crash, exit, lie or exhaust"), "{text}");
        }
        assert_eq!(refusal("cyclops/full=hang"), "unknown workload 'cyclops'");
        assert!(refusal("cycles/fool=hang").contains("fool"));
    }
}
