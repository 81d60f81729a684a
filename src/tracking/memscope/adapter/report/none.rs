//! A version without a report of its own.

use crate::tracking::memscope::OwnReport;

/// The report that there is not.
pub const OWN_REPORT: OwnReport =
    OwnReport::dashboard(|_| Err("this version has no report that the adapter knows".to_owned()));
