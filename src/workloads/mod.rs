//! The eight stress workloads: what is run with and without tracking.
//!
//! A workload is a plain function of a [`Tracker`] and a [`Scale`]. It builds values, names some of them to the tracker,
//! computes with them, drops every one of them (but for those that it leaks on purpose), and returns a [`Digest`] of
//! what it did. It knows nothing of memscope: with [`Untracked`], the tracker that does nothing, the naming compiles to
//! nothing, and what remains is the program whose slow-down is measured.
//!
//! For one scale and seed a workload does the same work every time, on any number of threads, under any tracker: that
//! is what makes two probes comparable, and the digest is the proof.
//!
//! To add a workload, write its file and add its line to the `registry!` below.

#![allow(
    clippy::type_complexity,
    clippy::vec_box,
    reason = "deeply nested and boxed types are what is to be allocated"
)]

mod digest;
pub mod pools;
mod scale;
mod tracker;

pub use digest::{Context, Digest};
pub use scale::{Scale, ScaleError};
pub use tracker::{Tracker, Untracked, Value};

use std::hash::{BuildHasherDefault, DefaultHasher};

/// The standard library's hash map and hash function, with a fixed seed: the standard one draws a seed for each
/// process, and a probe should do the same work each time it is run.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

/// Makes the registry: one line for each workload, in the order of the stress run's phases.
///
/// `Variant = module, "title of the phase", scale of a short probe, whether it runs on several threads;`
macro_rules! registry {
    ($($variant:ident = $module:ident, $title:literal, $short:literal, $parallel:literal;)*) => {
        $(mod $module; pub use $module::$module;)*

        /// One of the stress workloads.
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum, serde::Serialize,
            serde::Deserialize,
        )]
        #[serde(rename_all = "lowercase")]
        pub enum Workload { $(#[doc = $title] $variant,)* }

        impl Workload {
            /// All workloads, in the order of the stress run's phases.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name in commands, reports and files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($module),)* }
            }

            /// The title of the workload's phase in the stress run.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$variant => $title,)* }
            }

            /// The factor at which an untracked run takes 5 to 15 ms on a present-day machine: short enough that most
            /// runs meet no disturbance, long enough to dwarf the clock.
            pub const fn short_scale(self) -> f64 {
                match self { $(Self::$variant => $short,)* }
            }

            /// The short scale, with the default seed.
            pub fn short(self) -> Scale {
                Scale::new(self.short_scale()).expect("short scales are positive")
            }

            /// Whether the workload runs on several threads.
            pub const fn is_parallel(self) -> bool {
                match self { $(Self::$variant => $parallel,)* }
            }

            /// Runs the workload once. All of its values are gone when it returns, but for the leaks in the digest.
            pub fn run<T: Tracker>(self, tracker: &T, scale: Scale) -> Digest {
                match self { $(Self::$variant => $module(tracker, scale),)* }
            }
        }
    };
}

registry! {
    Structures = structures, "Basic data structures", 0.06, false;
    Hierarchies = hierarchies, "Complex nested structures", 0.06, false;
    Concurrent = concurrent, "Concurrent memory operations", 0.04, true;
    Processing = processing, "Large-scale data processing", 0.15, true;
    Fragmentation = fragmentation, "Memory fragmentation", 1.5, false;
    Cycles = cycles, "Circular references", 1.5, false;
    Mixed = mixed, "Mixed workload", 0.3, true;
    Leaks = leaks, "Memory leak detection", 0.02, false;
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tracker that counts, to see that the digest counts alike.
    #[derive(Clone, Default)]
    struct Tally(std::sync::Arc<std::sync::atomic::AtomicU64>);

    impl Tracker for Tally {
        fn vec<T>(&self, name: &'static str, _: &Vec<T>) {
            self.string(name, &String::new());
        }
        fn string(&self, _: &'static str, _: &String) {
            self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        }
        fn boxed<T>(&self, name: &'static str, _: &Box<T>) {
            self.string(name, &String::new());
        }
        fn rc<T>(&self, name: &'static str, _: &std::rc::Rc<T>) {
            self.string(name, &String::new());
        }
        fn arc<T>(&self, name: &'static str, _: &std::sync::Arc<T>) {
            self.string(name, &String::new());
        }
    }

    fn tiny() -> Scale {
        Scale::new(0.01).expect("0.01 is a scale")
    }

    #[test]
    fn a_workload_does_the_same_each_time_and_under_any_tracker() {
        for workload in Workload::ALL {
            let tally = Tally::default();
            let digest = workload.run(&tally, tiny());
            assert_eq!(digest, workload.run(&Untracked, tiny()), "{workload}");
            assert_eq!(digest.variables, tally.0.load(std::sync::atomic::Ordering::Relaxed), "{workload}");
        }
    }

    #[test]
    fn seed_and_scale_change_the_work() {
        for workload in Workload::ALL {
            let digest = workload.run(&Untracked, tiny());
            assert_ne!(digest, workload.run(&Untracked, tiny().seeded(2)), "{workload}: seed");
            let larger = Scale::new(0.04).expect("0.04 is a scale");
            assert_ne!(digest, workload.run(&Untracked, larger), "{workload}: scale");
        }
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        use clap::ValueEnum;
        for workload in Workload::ALL {
            let possible = workload.to_possible_value().expect("no workload is hidden");
            assert_eq!(possible.get_name(), workload.name());
        }
    }
}
