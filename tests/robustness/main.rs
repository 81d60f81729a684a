//! What people really have: repositories, terminals, machines and habits that are not those of the authors.

#[path = "../common/mod.rs"]
mod common;

mod builds;
mod git_clones;
mod git_files;
mod git_revisions;
mod git_topology;
mod hermetic;
mod published;
