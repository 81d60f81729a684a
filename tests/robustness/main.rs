//! What a user's machine, shell and repository can do to the program: one module per kind of trouble.

#[path = "../common/mod.rs"]
mod common;

mod builds;
