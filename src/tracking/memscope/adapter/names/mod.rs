//! Passing named values on to memscope: the function behind its macros, which takes a name.

#[cfg(any(memscope_names = "global_with_module", memscope_names = "global"))]
#[path = "global.rs"]
mod form;
#[cfg(memscope_names = "none")]
#[path = "none.rs"]
mod form;
#[cfg(memscope_names = "tracker")]
#[path = "tracker.rs"]
mod form;
#[cfg(any(memscope_names = "variable", memscope_names = "internal"))]
#[path = "variable.rs"]
mod form;

pub use form::Variables;

/// Why the level `variables` cannot be had; `None` if it can.
pub const VARIABLES_NEED_HOOK: Option<&str> = if cfg!(memscope_unseen = "forgotten") {
    Some("this version notes names on blocks that its hook saw, and forgets them without it")
} else {
    None
};

/// Why no values can be named, at any level; `None` if they can.
pub const NO_NAMES: Option<&str> = if cfg!(memscope_names = "none") {
    Some("this version cannot name a Vec, String, Box, Rc and Arc in a way that the adapter knows")
} else {
    None
};
