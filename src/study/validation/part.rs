//! Measures a part of a validation: the pairs of all groups, spread over six passes.
//!
//! The two members of a group take their pairs in the same rounds. After every five rounds a process of windows
//! measures the truth, on the core of the pairs and under the same load, so both run in the same state of the machine.

use super::calibration::Calibration;
use super::conclude::FAMILY;
use super::groups::{Group, Groups, Kind, SLOWED};
use super::plan::{Plan, Progress, Stopped, Taken};
use super::truth::ratio;
use crate::platform::cores;
use crate::schedule::launch::Launch;
use crate::schedule::measurement::{Clock, Measurement, Series};
use crate::schedule::scheduler::{Planned, Scheduler};
use crate::stats::median::MIN_PAIRS;
use crate::study::compare;
use crate::tracking::Level;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::Request;
use crate::worker::task::Task;
use crate::worker::tasks::windows;
use crate::worker::tasks::windows::Windows;
use crate::workloads::Workload;
use std::cell::RefCell;

/// The number of processes of windows for each point of the calibration.
const CALIBRATING: usize = 4 * MIN_PAIRS;

impl Plan {
    fn request(&self, workload: Workload, level: Level) -> Request {
        Request::at(self.scale, workload, level, self.threads)
    }

    fn failed(&self, workload: Workload, level: Level, failure: Failure) -> Stopped {
        Stopped::Failed { request: Box::new(self.request(workload, level)), failure }
    }

    /// Runs a process of windows for the ratio of two levels. `turn` is the index of the next pair, whose core it
    /// takes.
    fn windows(
        &self,
        launcher: &Launcher,
        workload: Workload,
        [base, level]: [Level; 2],
        turn: usize,
    ) -> Result<Windows, Stopped> {
        // The threads of a parallel workload need all cores.
        let core = if workload.is_parallel() { None } else { cores::for_pair(turn) };
        let request = windows::Request { probe: self.request(workload, base), level };
        launcher.on(core).run_task(&Task::Windows(request)).map_err(|failure| self.failed(workload, level, failure))
    }

    /// Finds the units of work for each overhead on each workload.
    pub(super) fn calibrate(
        &self,
        launcher: &Launcher,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Groups, Stopped> {
        let processes = CALIBRATING.min(self.rounds / 2);
        let ratio_of = |workload, level| -> Result<f64, Stopped> {
            let windows = |turn| self.windows(launcher, workload, [Level::Untracked, level], turn);
            let processes = (0..processes).map(windows).collect::<Result<Vec<_>, _>>()?;
            // Under load, wall time would give different units from run to run.
            let ratio = ratio(&processes, Clock::Cpu);
            Ok(ratio.ok_or_else(|| self.failed(workload, level, too_coarse(Clock::Cpu)))?.value)
        };
        let mut calibrated = Vec::new();
        for (done, &workload) in self.workloads.iter().enumerate() {
            progress(Progress { part: 0, workload, level: Level::Untracked, done, of: self.workloads.len() });
            let calibration =
                Calibration::of(|units| Ok::<_, Stopped>(ratio_of(workload, Level::Synthetic(units))? - 1.0))?;
            let mut overheads = Vec::new();
            for (level, _) in SLOWED.iter().filter(|(level, _)| level.unsupported_reason().is_none()) {
                overheads.push((*level, ratio_of(workload, *level)?));
            }
            calibrated.push((workload, calibration, overheads));
        }
        Ok(Groups::of(&calibrated))
    }

    /// Returns the number of rounds between processes of windows: as many as pairs stay on a core, and in a short part
    /// as few as an interval of the truth needs.
    fn rounds_for_truth(&self) -> usize {
        cores::STAY.min(self.rounds / MIN_PAIRS).max(1)
    }

    /// Measures all groups of a part.
    pub(super) fn part(
        &self,
        launcher: &Launcher,
        kind: Kind,
        groups: &[Group],
        number: usize,
        progress: &mut impl FnMut(Progress),
    ) -> Result<Vec<Taken>, Stopped> {
        // Known costs are measured like `measure`, without a time limit, and slowed levels like `compare`.
        let time = (kind == Kind::Slowed).then(|| compare::time_in_pass(compare::SECONDS));
        let launch: &dyn Launch = launcher;
        let planned = groups.iter().map(|group| {
            let member = |level| {
                let request = self.request(group.workload, level);
                Some(Planned {
                    baseline: launch,
                    launcher: launch,
                    series: Series::Overhead,
                    request,
                    layout: None,
                    time,
                })
            };
            group.levels.map(member).to_vec()
        });
        let settings = compare::settings(self.rounds, FAMILY, number as u64);
        let windows = groups.iter().map(|_| Vec::new()).collect();
        let state = RefCell::new(State { place: 0, turns: vec![0; groups.len()], windows, stopped: None });
        let of = groups.len() * self.rounds;
        let done = Scheduler::new(settings, planned.collect()).measure_around(
            |round| {
                let mut state = state.borrow_mut();
                let place = state.place;
                progress(Progress {
                    part: number + 1,
                    workload: round.workload,
                    level: groups[place].levels[1],
                    done: round.rounds,
                    of,
                });
                state.before_round(self.rounds_for_truth(), |turn| {
                    let levels = groups[place].truth()?;
                    Some(self.windows(launcher, groups[place].workload, levels, turn))
                });
            },
            |place, take| {
                state.borrow_mut().place = place;
                if state.borrow().stopped.is_some() {
                    return;
                }
                if let Some((request, failure)) = take() {
                    let stopped = self.failed(request.workload, request.level, failure);
                    state.borrow_mut().stopped.get_or_insert(stopped);
                }
            },
        );
        let State { windows, stopped, .. } = state.into_inner();
        if let Some(stopped) = stopped {
            return Err(stopped);
        }
        let taken = done?.groups.into_iter().zip(windows).map(|(members, windows)| {
            let both: Vec<Measurement> = members.into_iter().flatten().collect();
            Taken { measurements: both.try_into().expect("two members"), windows }
        });
        let taken: Vec<Taken> = taken.collect();
        self.check(groups, &taken)?;
        Ok(taken)
    }

    /// Checks that both clocks see enough time pass in each group for a figure.
    fn check(&self, groups: &[Group], taken: &[Taken]) -> Result<(), Stopped> {
        for (group, taken) in groups.iter().zip(taken) {
            let has_truth = |clock| group.truth().is_none() || ratio(&taken.windows, clock).is_some();
            let coarse = [Clock::Wall, Clock::Cpu].into_iter().find(|&clock| {
                let is_measured = |measurement: &Measurement| {
                    measurement.overhead().is_some_and(|overhead| overhead.by(clock).is_some())
                };
                !has_truth(clock) || !taken.measurements.iter().all(is_measured)
            });
            if let Some(clock) = coarse {
                return Err(self.failed(group.workload, group.levels[0], too_coarse(clock)));
            }
        }
        Ok(())
    }
}

/// The state of a part while it is measured.
struct State {
    /// The group of the current rounds.
    place: usize,
    /// The number of rounds of each group that have begun.
    turns: Vec<usize>,
    /// The processes of windows of each group.
    windows: Vec<Vec<Windows>>,
    /// The reason why the measurement stopped.
    stopped: Option<Stopped>,
}

impl State {
    /// Measures the truth if it is its turn.
    fn before_round(&mut self, rounds: usize, windows: impl FnOnce(usize) -> Option<Result<Windows, Stopped>>) {
        let turn = self.turns[self.place];
        self.turns[self.place] += 1;
        if self.stopped.is_none() && turn.is_multiple_of(rounds) {
            match windows(turn) {
                Some(Ok(windows)) => self.windows[self.place].push(windows),
                Some(Err(stopped)) => self.stopped = Some(stopped),
                None => {}
            }
        }
    }
}

/// Returns the failure of a setting whose windows are too short for a clock.
fn too_coarse(clock: Clock) -> Failure {
    let clock = if clock == Clock::Wall { "the wall clock" } else { "the clock of CPU time" };
    Failure::Prevented { why: format!("{clock} is too coarse for windows of this size: use a larger --scale") }
}
