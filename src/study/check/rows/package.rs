//! The package: crates, the size of the program, and its build time.

use super::super::Record;
use super::super::axis::Axis;
use super::super::resolution::Thresholds;
use super::super::row::{Place, Row};

/// Programs whose sizes differ by less than this have other names, but the same code.
const MIN_BYTES: f64 = 4_096.0;

pub(super) fn rows(record: &Record, thresholds: &Thresholds) -> Vec<Row> {
    let [base, head] = &record.packages;
    let exact = |axis: Axis, base: Option<u64>, head: Option<u64>, least| {
        let figures = base.zip(head).map(|(base, head)| [base as f64, head as f64]);
        figures.map(|figures| Row::exact(axis, Place::default(), figures, thresholds.percent(axis, None), least))
    };
    let crates = exact(Axis::Crates, base.crates, head.crates, 0.0);
    let size = exact(Axis::BinarySize, base.program_bytes, head.program_bytes, MIN_BYTES);
    let seconds = match (base.build_seconds, head.build_seconds) {
        (None, None) => None,
        (base, head) => Some(Row {
            base: base.map(|seconds| seconds as f64),
            head: head.map(|seconds| seconds as f64),
            ..Row::unknown(
                Axis::BuildSeconds,
                Place::default(),
                "each was built once, and the second build reuses dependencies",
            )
        }),
    };
    seconds.into_iter().chain(crates).chain(size).collect()
}
