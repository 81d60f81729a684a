//! Functions that take their samples when Criterion asks for them: for a test, or for a profiler.

use crate::bench::replay::begin;
use crate::platform::console;
use crate::platform::text;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use criterion::measurement::Measurement as Quantity;
use criterion::{Bencher, BenchmarkId, Criterion};
use std::fmt::Display;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A group of Criterion's, with its functions.
pub(super) struct View<'f, F> {
    pub name: String,
    pub is_log: bool,
    pub functions: Vec<(BenchmarkId, &'f F)>,
}

/// The panic that leaves Criterion when a function failed, because there are no samples to report.
struct Failed;

/// Runs Criterion on functions.
pub(super) fn run<M: Quantity, F>(
    criterion: &mut Criterion<M>,
    views: &[View<F>],
    mut function: impl FnMut(&mut Bencher<'_, M>, &F),
) {
    for View { name, is_log, functions } in views {
        let mut group = begin(criterion, name, *is_log);
        for (id, one) in functions {
            let run = catch_unwind(AssertUnwindSafe(|| {
                group.bench_function(id.clone(), |bencher| function(bencher, one));
            }));
            if let Err(panic) = run
                && !panic.is::<Failed>()
            {
                resume_unwind(panic);
            }
        }
        group.finish();
    }
    criterion.final_summary();
}

/// Reports the failure of the function that runs, and leaves it. Notes a fault, unless the version lacks the level.
pub(super) fn leave(name: impl Display, level: Level, failure: &Failure, has_fault: &mut bool) -> ! {
    complain_of(name, level, failure);
    *has_fault |= !matches!(failure, Failure::Unsupported { .. });
    resume_unwind(Box::new(Failed))
}

/// Reports the failure of a function.
pub(super) fn complain_of(name: impl Display, level: Level, failure: &Failure) {
    console::complain(text::one_line(&format!("{name}/{level}: {failure}")));
}
