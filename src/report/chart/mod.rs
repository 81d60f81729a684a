//! Charts.

pub(crate) mod axis;
pub(crate) mod canvas;
pub(crate) mod inline;
pub(crate) mod labels;
pub(crate) mod treemap;
pub(crate) mod words;
