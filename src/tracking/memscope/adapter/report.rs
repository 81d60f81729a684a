//! memscope's own report for readers.

#![allow(unused_imports, reason = "each form uses some of them")]

use super::hook::tracker;
use super::{Linked, Report};
use crate::tracking::memscope::OwnReport;

/// From 0.2.0 on: an HTML dashboard of named values.
#[cfg(memscope_report = "dashboard")]
impl Report for Linked {
    const OWN_REPORT: OwnReport = OwnReport::dashboard(|path| {
        let tracker = memscope_rs::global_tracker().map_err(|error| error.to_string())?;
        tracker.export_html(path).map_err(|error| error.to_string())
    });
}

/// From 0.1.3 on: a function draws a chart. The tracker's own method puts it into a folder of its choice.
#[cfg(memscope_report = "visualization")]
impl Report for Linked {
    const OWN_REPORT: OwnReport = OwnReport::picture(|path| {
        let export = memscope_rs::export::visualization::export_memory_analysis;
        export(&tracker(), path).map_err(|error| error.to_string())
    });
}

/// 0.1.1 and 0.1.2: the tracker draws a chart.
#[cfg(memscope_report = "analysis")]
impl Report for Linked {
    const OWN_REPORT: OwnReport =
        OwnReport::picture(|path| tracker().export_memory_analysis(path).map_err(|error| error.to_string()));
}

/// Up to 0.1.0: the tracker draws a chart.
#[cfg(memscope_report = "svg")]
impl Report for Linked {
    const OWN_REPORT: OwnReport =
        OwnReport::picture(|path| tracker().export_to_svg(path).map_err(|error| error.to_string()));
}
