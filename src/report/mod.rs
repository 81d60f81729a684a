//! Reports: results as people read them, one file for each form. All are drawn from data that a file holds.

pub mod bmf;
pub mod claims_table;
pub mod compare_svg;
pub mod compare_table;
pub mod compare_verdicts;
pub mod detection_table;
mod drawing;
pub mod figures;
pub mod footprint_table;
pub mod format;
pub mod instructions;
pub mod ladder_svg;
pub mod ladder_table;
pub mod latency_svg;
pub mod latency_table;
pub mod log_svg;
pub mod log_table;
pub mod memory_svg;
pub mod operations_table;
pub mod overhead_svg;
mod ratio_axis;
pub mod stress_text;
pub mod table;
pub mod validation_svg;
pub mod validation_table;
pub mod warnings;
