//! The stress workloads and the real programs, whose slowdown is measured.
//!
//! A workload is a plain function of a [`Tracker`] and a [`Scale`]. It builds values, names some of them to the
//! tracker, computes with them, drops all of them except those that it leaks on purpose, and returns a [`Digest`] of
//! its work. It does not depend on memscope: with [`Untracked`], naming compiles to nothing, and the rest is the
//! untracked program.
//!
//! For one scale and seed a workload does the same work every time, on any number of threads and with any tracker. So
//! two probes can be compared, and their digests prove it.
//!
//! To add a workload, write its file, add its `mod` and its `pub use` here, and add its entry to
//! [`Definition::BUILT_IN`]. Another crate registers its own with [`register`].

#![allow(clippy::type_complexity, clippy::vec_box, reason = "workloads allocate deeply nested and boxed types")]

mod concurrent;
mod cycles;
mod digest;
mod fragmentation;
mod hierarchies;
mod leaks;
mod mixed;
#[doc(hidden)]
pub mod pools;
mod processing;
mod programs;
mod registry;
mod scale;
mod structures;
mod tracker;

pub use concurrent::concurrent;
pub use cycles::cycles;
pub use digest::{Context, Digest};
pub use fragmentation::fragmentation;
pub use hierarchies::hierarchies;
pub use leaks::leaks;
pub use mixed::mixed;
pub use processing::processing;
pub use registry::{Definition, RegistrationError, UnknownWorkloadError, Workload, register, registered};
pub(crate) use registry::{list_others_alone, nameable, programs};
pub use scale::{Scale, ScaleError};
pub use structures::structures;
pub use tracker::{Tracker, Untracked, Value};

use std::hash::{BuildHasherDefault, DefaultHasher};

/// The standard library's hash map and hash function with a fixed seed. The standard map draws a seed in each process,
/// but every probe should do the same work.
pub type Map<K, V> = std::collections::HashMap<K, V, BuildHasherDefault<DefaultHasher>>;

#[cfg(test)]
mod tests {
    use super::*;

    /// Counts the named values, as the digest should.
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
    fn a_workload_does_the_same_work_every_time_and_under_any_tracker() {
        for workload in registered() {
            let tally = Tally::default();
            let digest = workload.run(&tally, tiny());
            assert_eq!(digest, workload.run(&Untracked, tiny()), "{workload}");
            assert_eq!(digest.variables, tally.0.load(std::sync::atomic::Ordering::Relaxed), "{workload}");
        }
    }

    #[test]
    fn seed_and_scale_change_the_work() {
        for workload in registered() {
            let digest = workload.run(&Untracked, tiny());
            assert_ne!(digest, workload.run(&Untracked, tiny().seeded(2)), "{workload}: seed");
            let larger = Scale::new(0.04).expect("0.04 is a scale");
            assert_ne!(digest, workload.run(&Untracked, larger), "{workload}: scale");
        }
    }
}
