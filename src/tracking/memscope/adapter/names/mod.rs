//! Passing named values to memscope: the function behind its macros, which takes a name.

#[cfg_attr(any(memscope_names = "global_with_module", memscope_names = "global"), path = "global.rs")]
#[cfg_attr(memscope_names = "tracker", path = "tracker.rs")]
#[cfg_attr(any(memscope_names = "variable", memscope_names = "internal"), path = "variable.rs")]
#[cfg_attr(memscope_names = "none", path = "none.rs")]
mod form;

pub use form::Variables;
