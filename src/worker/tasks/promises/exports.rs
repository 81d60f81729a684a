//! Promises on exports: they contain each named value with its size, and the totals if only named values are tracked.

use super::exported::Content;
use super::facts::{Fact, Facts};
use super::planted::{failed, named_level, prepare};
use crate::tracking::Level;
use crate::tracking::memscope::{EXPORT_BINARY, EXPORT_HTML, EXPORT_JSON, Export, OWN_REPORT};
use crate::worker::task::TaskError;
use crate::workloads::Tracker;
use std::env;
use std::path::Path;

/// The names of the exported vectors, and their bytes: few enough that a chart need not round them.
const VALUES: [(&str, usize); 5] =
    [("shelf_of_64", 64), ("shelf_of_120", 120), ("shelf_of_1000", 1_000), ("shelf_of_512", 512), ("shelf_of_9", 9)];

/// Exports JSON.
pub(super) fn json() -> Result<Facts, TaskError> {
    run(Ok(EXPORT_JSON), "memscope.json", true)
}

/// Exports HTML.
pub(super) fn html() -> Result<Facts, TaskError> {
    run(EXPORT_HTML, "memscope.html", false)
}

/// Exports a chart.
pub(super) fn svg() -> Result<Facts, TaskError> {
    let is_picture = OWN_REPORT.name.ends_with(".svg");
    let export = if is_picture { Ok(OWN_REPORT.write) } else { Err("this version draws no picture") };
    run(export, "memscope.svg", false)
}

/// Exports a binary file, and lets memscope translate it.
pub(super) fn binary() -> Result<Facts, TaskError> {
    run(EXPORT_BINARY, "memscope.json", false)
}

/// Names values, and exports them while they live. Totals are compared if nothing but named values is tracked: the hook
/// also counts what memscope allocates to name them.
fn run(export: Export, name: &str, with_totals: bool) -> Result<Facts, TaskError> {
    let export = export.map_err(TaskError::Unsupported)?;
    let level = named_level()?;
    let system = |source| TaskError::System { action: "make a folder to work in", source };
    // Some versions write into a subfolder of the working directory.
    let scratch = tempfile::tempdir().map_err(system)?;
    env::set_current_dir(scratch.path()).map_err(system)?;
    let session = prepare(level)?;
    let values = session.window(|| {
        VALUES.map(|(name, bytes)| {
            let value = vec![1_u8; bytes];
            session.tracker().vec(name, &value);
            value
        })
    });
    let written = export(Path::new(name));
    let content = Content::read(scratch.path(), &VALUES.map(|(name, _)| name));
    drop(values);
    let facts = judge(&content, with_totals && level == Level::Variables);
    Ok(match written {
        Ok(()) => facts,
        Err(why) => Facts { reported: vec![failed(&why)], ..facts },
    })
}

fn judge(content: &Content, with_totals: bool) -> Facts {
    let entry = |name: &str, bytes: Option<u64>| match bytes {
        Some(bytes) => vec![format!("{name} is listed"), format!("{name} has {bytes} B")],
        None => vec![format!("{name} is listed")],
    };
    let totals = |counts: &[u64], bytes: &[u64]| -> Vec<Fact> {
        let counts = counts.iter().map(|count| format!("{count} allocations in total"));
        counts.chain(bytes.iter().map(|bytes| format!("{bytes} B in total"))).collect()
    };
    let mut expected: Vec<Fact> = VALUES.iter().flat_map(|(name, bytes)| entry(name, Some(*bytes as u64))).collect();
    let mut reported: Vec<Fact> = content.entries.iter().flat_map(|(name, bytes)| entry(name, *bytes)).collect();
    // A value that is listed with two sizes is still one value.
    reported.sort();
    reported.dedup();
    if with_totals {
        let all: u64 = VALUES.iter().map(|(_, bytes)| *bytes as u64).sum();
        expected.extend(totals(&[VALUES.len() as u64], &[all]));
        reported.extend(totals(&content.counts, &content.bytes));
    }
    Facts { expected, reported }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::notices_every_mutation;
    use super::*;

    #[test]
    fn a_wrong_entry_is_noticed() {
        let right = VALUES.map(|(name, bytes)| (name.to_owned(), Some(bytes as u64)));
        let judged = |report: &[(String, Option<u64>)]| {
            judge(&Content { entries: report.to_vec(), ..Content::default() }, false)
        };
        notices_every_mutation(
            judged,
            &right,
            &("shelf_of_64".to_owned(), Some(65)),
            &[|entry| entry.0 = "other".to_owned(), |entry| entry.1 = None, |entry| entry.1 = Some(1)],
        );
    }

    #[test]
    fn a_wrong_total_is_noticed() {
        let entries = VALUES.map(|(name, bytes)| (name.to_owned(), Some(bytes as u64))).to_vec();
        let right = Content { entries, counts: vec![5], bytes: vec![1_705] };
        assert!(judge(&right, true).compare().is_perfect());
        for (counts, bytes) in [(vec![], vec![1_705]), (vec![6], vec![1_705]), (vec![5], vec![0, 1_705])] {
            let wrong = Content { counts, bytes, ..right.clone() };
            assert!(!judge(&wrong, true).compare().is_perfect(), "{wrong:?}");
        }
    }
}
