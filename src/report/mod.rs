//! Reports as people and programs read them: documents, metrics, numbers and charts, and the forms that draw them.

pub mod bmf;
pub mod chart;
pub mod circumstances;
pub mod csv;
pub mod document;
pub mod format;
pub mod markdown;
pub mod metric;
pub mod number;
pub mod origin;
pub mod text;
