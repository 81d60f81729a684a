//! The instructions of the stretches of a soak, from one run: callgrind writes the costs of each stretch to a separate
//! file.

use super::{InstructionCounter, is_of_valgrind};
use crate::worker::failure::Failure;
use crate::worker::task::Task;
use crate::worker::tasks::soak::{End, Request, STRETCH, Trace};
use serde::{Deserialize, Serialize};
use std::fs;
use std::time::Duration;

/// The files of the stretches, in the folder of the probe: callgrind appends their numbers.
const FILES: &str = "./stretch";

/// The file for the checkpoints.
const TRACE: &str = "trace";

/// The instructions of one stretch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// The events before it.
    pub events: u64,
    /// Its instructions.
    pub instructions: u64,
}

impl InstructionCounter<'_> {
    /// Runs a soak under callgrind, and returns the instructions of its stretches. If it exceeds the time, it returns
    /// the stretches that it reached.
    ///
    /// # Errors
    /// The failure of the process, if it reached none.
    pub(crate) fn stretches(&self, request: &Request, time: Duration) -> Result<Vec<Stretch>, Failure> {
        let folder = self.folder.path();
        for place in 1.. {
            if fs::remove_file(folder.join(format!("{FILES}.{place}"))).is_err() {
                break;
            }
        }
        let trace = folder.join(TRACE);
        let task = Task::Soak(Request { trace: trace.display().to_string(), ..request.clone() });
        let files = format!("--callgrind-out-file={FILES}");
        // Of two options with the same pattern, callgrind uses one.
        let after = format!("--dump-after=*::{STRETCH}*");
        let ended = self.launcher.run_tool(self.command_within(STRETCH, &[&files, &after]), &task, time);
        let failure = ended.and_then(|mut ended| {
            let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
            let of_soak: Vec<&str> = errors.lines().filter(|line| !is_of_valgrind(line)).collect();
            ended.stderr = of_soak.join("\n").into_bytes();
            self.launcher.judge::<End>(ended)
        });
        let counted = Trace::read(&trace).checkpoints.into_iter().zip(1..).map_while(|(checkpoint, place)| {
            let file = fs::read_to_string(folder.join(format!("{FILES}.{place}"))).ok()?;
            Some(Stretch { events: checkpoint.events, instructions: total(&file)? })
        });
        let counted: Vec<Stretch> = counted.collect();
        match failure {
            Err(failure) if counted.is_empty() => Err(failure),
            _ if counted.iter().any(|stretch| stretch.instructions == 0) => {
                let how = format!("valgrind finds no function {STRETCH}: the program must not be stripped");
                Err(Failure::Crashed { how })
            }
            _ => Ok(counted),
        }
    }
}

/// Returns all costs of a callgrind file with one kind of event; `None` if it has none.
fn total(file: &str) -> Option<u64> {
    file.lines().rev().find_map(|line| line.strip_prefix("totals:")).and_then(|total| total.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_that_of_callgrind() {
        assert_eq!(total("part: 2\nevents: Ir\nsummary: 7\n\nfn=(1) f\n0 7\n\ntotals: 7\n"), Some(7));
        assert_eq!(total("events: Ir\nfn=(1) f\n0 7\n"), None, "it was cut short");
        assert_eq!(total("totals: 7 8\n"), None, "two kinds of events");
    }
}
