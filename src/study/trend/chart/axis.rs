//! The axis of records: commits side by side, grouped by machine, with the versions that they measured.

use super::{CHARACTER, GAP, HASH, LEFT, PLOT, RIGHT, TOP};
use crate::report::chart::canvas::{ending, line, short, telling, text};
use crate::study::trend::Log;
use crate::study::trend::summary::{machine_name, machine_note, record_of, version};
use svg::node::element::{Group, Path};

/// The commits side by side. Commits of one machine are grouped, because only they can be compared.
pub(super) struct CommitAxis {
    pub(super) width: f64,
    pub(super) slot: f64,
    pub(super) machines: Vec<Block>,
}

/// The commits of one machine.
pub(super) struct Block {
    machine: usize,
    pub(super) left: f64,
    pub(super) right: f64,
    /// The index of each commit in the log, with the middle of its slot.
    commits: Vec<(usize, f64)>,
}

impl CommitAxis {
    pub(super) fn of(log: &Log, width: f64) -> Self {
        let plot = width - LEFT - RIGHT;
        let gaps = log.machines.len().saturating_sub(1) as f64 * GAP;
        let slot = (plot - gaps) / log.records().count().max(1) as f64;
        let mut left = LEFT;
        let block = |machine| {
            let of_machine = log.records().filter(|(_, record)| record.machine == machine);
            let middle = |number: usize| left + (number as f64 + 0.5) * slot;
            let commits: Vec<(usize, f64)> =
                of_machine.enumerate().map(|(number, (entry, _))| (entry, middle(number))).collect();
            let right = left + commits.len() as f64 * slot;
            let block = Block { machine, left, right, commits };
            left = right + GAP;
            block
        };
        Self { width, slot, machines: (0..log.machines.len()).map(block).collect() }
    }

    /// Returns the middle of a commit's slot.
    pub(super) fn x(&self, entry: usize) -> f64 {
        let commits = self.machines.iter().flat_map(|block| &block.commits);
        commits.filter(|(place, _)| *place == entry).map(|&(_, x)| x).next().unwrap_or(LEFT)
    }

    /// Draws the machines with their names, the versions, and the hashes of the commits.
    pub(super) fn draw(&self, log: &Log) -> Group {
        let mut drawing = Group::new();
        for block in &self.machines {
            drawing = drawing.add(self.machine(log, block));
            // Several commits share one label, so that labels do not touch.
            let each = (HASH / self.slot).ceil().max(1.0) as usize;
            for &(entry, x) in block.commits.iter().step_by(each) {
                let (x, y) = (x + 4.0, TOP + PLOT + 13.0);
                let turned = format!("rotate(-40 {} {})", short(x), short(y));
                let hash = log.entries[entry].commit.short().to_owned();
                drawing = drawing.add(ending(x, y, "small faint", hash).set("transform", turned));
            }
        }
        drawing
    }

    fn machine(&self, log: &Log, block: &Block) -> Group {
        let machine = &log.machines[block.machine];
        let name = machine_name(block.machine);
        let whole = format!("{name}: {}", machine.processor);
        let fits = whole.chars().count() as f64 * CHARACTER <= block.right - block.left + GAP / 2.0;
        let name = text(block.left + 2.0, TOP - 16.0, "small strong", if fits { whole } else { name });
        let mut drawing = telling(machine_note(block.machine, machine)).add(name).add(line(
            block.left,
            TOP - 9.0,
            block.right,
            TOP - 9.0,
            "rule",
        ));
        // A rule in the gap separates machines.
        if block.left > LEFT {
            let x = block.left - GAP / 2.0;
            drawing = drawing.add(dashed(line(x, TOP - 26.0, x, TOP + PLOT, "rule")));
        }
        drawing.add(self.versions(log, block))
    }

    /// Draws the version at its first commit, with a rule before each change of version.
    fn versions(&self, log: &Log, block: &Block) -> Group {
        let mut drawing = Group::new();
        let (mut before, mut free_from) = (None, block.left);
        for &(entry, x) in &block.commits {
            let version = version(&record_of(log, entry).1.origin.memscope);
            if before.as_ref() == Some(&version) {
                continue;
            }
            let x = x - self.slot / 2.0;
            if before.is_some() {
                drawing = drawing.add(dashed(line(x, TOP - 9.0, x, TOP + PLOT, "rule")));
            }
            let width = version.chars().count() as f64 * CHARACTER + 6.0;
            // A label that would overlap the previous one is only in the commit's tooltip.
            if x >= free_from {
                drawing = drawing.add(text(x + 3.0, TOP + 4.0, "small faint", version.clone()));
                free_from = x + width;
            }
            before = Some(version);
        }
        drawing
    }
}

pub(super) fn dashed(line: Path) -> Path {
    line.set("stroke-dasharray", "3 3")
}
