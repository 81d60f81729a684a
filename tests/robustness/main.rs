//! What people really have: their shells, their disks, their environments, their repositories. A module for each kind.

#[path = "../common/mod.rs"]
mod common;

mod environment;
mod origin;
mod output;
mod text;
