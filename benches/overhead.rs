//! `cargo bench`: the overheads of this package's workloads, with Criterion's reports of them.

use memscope_bench::internal::bench::overhead;
use memscope_bench::internal::bench::{Package, Programs};
use std::process::ExitCode;

fn main() -> ExitCode {
    overhead::main(&Package {
        command: "cargo bench".to_owned(),
        folder: env!("CARGO_MANIFEST_DIR").into(),
        programs: Programs::Built {
            program: env!("CARGO_BIN_EXE_memscope-bench").into(),
            control: env!("CARGO_BIN_EXE_memscope-bench-control").into(),
        },
    })
}
