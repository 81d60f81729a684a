//! Charts.

pub mod axis;
pub mod canvas;
