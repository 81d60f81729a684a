//! `cargo bench --bench operations`: the cost of single operations, with Criterion's reports of them.

use memscope_bench::internal::bench::operations;
use memscope_bench::internal::bench::{Package, Programs};
use std::process::ExitCode;

fn main() -> ExitCode {
    operations::main(&Package {
        command: "cargo bench --bench operations".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
        programs: Programs::Built {
            program: env!("CARGO_BIN_EXE_memscope-bench").into(),
            control: env!("CARGO_BIN_EXE_memscope-bench-control").into(),
        },
    })
}
