//! The links of one build: several copies of the same program, each with its functions in another order.
//!
//! The placement of functions alone changes a time by 0.5–1.8 %. With one link per round, by turns, this effect is
//! noise that an interval covers, instead of a bias that it does not cover.

use super::launch::{Launch, Place};
use crate::worker::failure::Failure;
use crate::worker::launcher::Launcher;
use crate::worker::probe::{Observation, Request};
use crate::worker::reply::Reply;

/// The links of a build, which the rounds run by turns. Both samples of a pair run the same link.
#[derive(Clone, Debug)]
pub struct Links<L = Launcher> {
    first: L,
    others: Vec<L>,
}

impl<L> Links<L> {
    /// Returns the links of a build; `None` if there are none.
    pub fn of(links: impl IntoIterator<Item = L>) -> Option<Self> {
        let mut links = links.into_iter();
        Some(Self { first: links.next()?, others: links.collect() })
    }

    /// Returns the link of a round.
    fn of_round(&self, round: usize) -> &L {
        match turn(round, 1 + self.others.len()) {
            0 => &self.first,
            other => &self.others[other - 1],
        }
    }
}

/// Returns the index of the link that a round runs.
pub const fn turn(round: usize, links: usize) -> usize {
    round % links
}

impl From<Launcher> for Links {
    fn from(only: Launcher) -> Self {
        Self { first: only, others: Vec::new() }
    }
}

impl<L: Launch> Launch for Links<L> {
    fn trial(&self, request: &Request) -> Result<Observation, Failure> {
        self.first.trial(request)
    }

    fn sample(&self, request: &Request, place: Place) -> Result<Reply<Observation>, Failure> {
        self.of_round(place.round).sample(request, place)
    }

    fn links(&self) -> usize {
        1 + self.others.len()
    }
}
