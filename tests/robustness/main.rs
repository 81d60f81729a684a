//! What people really have: each module is one kind of it, tried from outside.

#[path = "../common/mod.rs"]
mod common;

#[cfg(target_os = "linux")]
mod children;
mod numbers;
