//! Integration tests of `memscope-bench footprint`: every measurement runs at every scale, and the figures agree with
//! the counts.

use crate::common::memscope_bench;
use memscope_bench::internal::platform::files;
use memscope_bench::internal::study::footprint::{Footprints, PEAKS, SCALES};
use memscope_bench::internal::tracking::Level;

#[test]
fn a_footprint_has_every_measurement_at_every_scale() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = memscope_bench()
        .args(["footprint", "--workloads=cycles", "--scale=0.01"])
        .args(["--tracking=counting,allocator", "--output"])
        .arg(folder.path())
        .assert()
        .success();
    let printed = String::from_utf8_lossy(&output.get_output().stdout).into_owned();
    let written = std::fs::read_to_string(folder.path().join("footprint.md")).expect("the table");
    assert!(printed.contains("B/live allocation") && written.contains("B/live allocation"), "{printed}");

    let footprints: Footprints = files::read(&folder.path().join("footprint.json")).expect("the file");
    let [build] = footprints.builds.as_slice() else { panic!("one build: {printed}") };
    assert_eq!(build.measurements.len(), 2, "one workload under two levels");
    for measurement in build.measurements.iter().filter(|measurement| measurement.failure.is_none()) {
        // Other systems do not report the peak memory of a process.
        let peaks = if cfg!(target_os = "linux") { PEAKS } else { 0 };
        assert_eq!((measurement.points.len(), measurement.peaks.len()), (SCALES, peaks), "{measurement:?}");
        assert!(measurement.points.windows(2).all(|two| two[0].events <= two[1].events), "{measurement:?}");
        if measurement.level == Level::Counting {
            // Counters in statics use no heap memory.
            assert!(
                measurement.points.iter().all(|point| point.peak_bytes == 0 && point.kept_bytes == 0),
                "{measurement:?}"
            );
        }
    }
    assert!(build.measurements.iter().any(|measurement| measurement.failure.is_none()), "{printed}");
}

#[test]
fn a_footprint_of_untracked_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    memscope_bench()
        .args(["footprint", "--tracking=untracked", "--output"])
        .arg(folder.path())
        .assert()
        .code(2)
        .stderr(predicates::str::contains("--tracking"));
}
