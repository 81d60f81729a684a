//! Bad input: one clear message on stderr that names the cause and the correct form, exit code 2, and nothing on
//! stdout.

mod common;

use common::memscope_bench;
use predicates::prelude::*;
use predicates::str::contains;

fn refused(arguments: &[&str], culprit: &str, right: &str) {
    memscope_bench().args(arguments).assert().code(2).stdout("").stderr(contains(culprit).and(contains(right)));
}

#[test]
fn unknown_names_are_refused_with_the_known_ones() {
    refused(&["measure", "--workloads=cyclops"], "'cyclops'", "hierarchies");
    refused(&["measure", "--tracking=all"], "'all'", "allocator");
    refused(&["probe", "--workload=cyclops", "--tracking=full"], "'cyclops'", "hierarchies");
    refused(&["stress", "--workloads=structures,none"], "'none'", "hierarchies");
    refused(&["measure", "--tracking=synthetic:much"], "'synthetic:much'", "synthetic:N");
    refused(&["measure", "--pears=3"], "'--pears'", "--pairs");
    refused(&["mesure"], "'mesure'", "measure");
}

#[test]
fn numbers_out_of_range_are_refused_with_the_range() {
    for scale in ["0", "-1", "NaN", "inf", "half", ""] {
        refused(&["measure", &format!("--scale={scale}")], "--scale", "a scale is a positive number");
        refused(&["stress", &format!("--scale={scale}")], "--scale", "a scale is a positive number");
    }
    refused(&["measure", "--pairs=0"], "--pairs", "0 is not in 1..");
    refused(&["measure", "--pairs=-4"], "--pairs", "-4 is not in 1..");
    refused(&["measure", "--threads=0"], "--threads", "0 is not in 1..=1024");
    refused(&["measure", "--time-limit=0"], "--time-limit", "0 is not in 1..");
    refused(&["measure", "--memory-limit=0"], "--memory-limit", "0 is not in 16..");
}

#[test]
fn limits_can_come_from_the_environment_and_are_checked_there_too() {
    memscope_bench()
        .env("MEMSCOPE_BENCH_TIME_LIMIT", "soon")
        .args(["measure", "--pairs=1"])
        .assert()
        .code(2)
        .stderr(contains("--time-limit").and(contains("soon")));
}

#[test]
fn a_folder_that_cannot_be_written_is_refused_before_the_run() {
    refused(&["stress", "--output=/proc/none"], "/proc/none", "cannot write");
    refused(&["--output=/proc/none"], "/proc/none", "cannot write");
}
