//! Real environments: shells, disks, variables, repositories. Each kind has its module.

#[path = "../common/mod.rs"]
mod common;

mod builds;
#[cfg(target_os = "linux")]
mod children;
mod environment;
mod git_clones;
mod git_files;
mod git_revisions;
mod git_topology;
mod hermetic;
mod kept_files;
mod numbers;
mod origin;
mod output;
mod published;
mod text;
