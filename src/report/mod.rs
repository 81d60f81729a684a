//! Reports for readers and programs: documents, metrics, numbers and charts, and the output formats.

pub(crate) mod bmf;
pub(crate) mod chart;
pub(crate) mod circumstances;
pub(crate) mod commit;
pub(crate) mod csv;
pub(crate) mod document;
pub mod format;
pub(crate) mod html;
pub(crate) mod markdown;
pub(crate) mod metric;
pub mod number;
pub mod origin;
pub(crate) mod text;
