//! The interface of launchers that take samples. Tests replace them by stand-ins.

use crate::platform::cores::Core;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request};
use crate::worker::reply::Reply;
use std::fmt::Debug;

/// The place of a pair, which both of its samples share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The core of the samples, if they are pinned to one.
    pub core: Option<Core>,
    /// The round, which selects the link of the program.
    pub round: usize,
}

/// Runs the probes of a measurement.
pub trait Launch: Debug {
    /// Runs a probe before anything is timed, with the counters on.
    ///
    /// # Errors
    /// The probe's failure.
    fn trial(&self, request: &Request) -> Result<Observation, Failure>;

    /// Runs a timed probe at the place of its pair.
    ///
    /// # Errors
    /// The probe's failure.
    fn sample(&self, request: &Request, place: Place) -> Result<Reply<Observation>, Failure>;

    /// Returns the number of links of the program, which the rounds run by turns.
    fn links(&self) -> usize {
        1
    }
}

impl Launch for Launcher {
    fn trial(&self, request: &Request) -> Result<Observation, Failure> {
        self.run(request)
    }

    fn sample(&self, request: &Request, place: Place) -> Result<Reply<Observation>, Failure> {
        self.on(place.core).run_once(request)
    }
}
