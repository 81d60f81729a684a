//! The interface of launchers that take samples, with stand-ins in tests.

use crate::platform::cores::Core;
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request};
use crate::worker::reply::Reply;
use std::fmt::Debug;

/// Runs the probes of a measurement.
pub trait Launch: Debug {
    /// Runs a probe before anything is timed, with the counters on.
    ///
    /// # Errors
    /// The probe's failure.
    fn trial(&self, request: &Request) -> Result<Observation, Failure>;

    /// Runs a timed probe on a core, if one is given.
    ///
    /// # Errors
    /// The probe's failure.
    fn sample(&self, request: &Request, core: Option<Core>) -> Result<Reply<Observation>, Failure>;
}

impl Launch for Launcher {
    fn trial(&self, request: &Request) -> Result<Observation, Failure> {
        self.run(request)
    }

    fn sample(&self, request: &Request, core: Option<Core>) -> Result<Reply<Observation>, Failure> {
        self.on(core).run_once(request)
    }
}
