//! Reports as people and programs read them: numbers, charts and forms.

pub mod bmf;
pub mod chart;
pub mod format;
pub mod number;
pub mod origin;
