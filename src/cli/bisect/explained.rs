//! The last line of a search: the functions that explain the cost of the first bad commit.

use super::{Search, described};
use crate::builds::Repository;
use crate::cli::Error;
use crate::cli::builds::{CheckedProgram, Linking};
use crate::platform::git::Commit;
use crate::platform::text;
use crate::study::why::{check_explainable, explain};

impl Search<'_> {
    /// Returns a line with the functions that explain most of the first bad commit's cost, or the reason why they are
    /// not known. The search has its result without them, so no error here ends it.
    pub(super) fn explained(&self, first: &Commit) -> String {
        let why_not = |why: String| format!("Its functions are not compared: {}", text::one_line(&why));
        if let Err(why) = check_explainable(self.arguments.workload) {
            return why_not(why.to_string());
        }
        self.compared(first).unwrap_or_else(|error| why_not(error.to_string()))
    }

    /// Compares a commit with its parent, which the search usually has built, or else with the good commit.
    fn compared(&self, first: &Commit) -> Result<String, Error> {
        let parent = first.parents.first().filter(|parent| **parent != self.ends[0].hash);
        let parent = parent.map(|parent| Repository::at(&self.arguments.repository)?.commit(parent)).transpose()?;
        let build = |commit: &Commit| self.arguments.build(commit, &Linking::single());
        let built: Option<CheckedProgram> = parent.as_ref().map(build).transpose()?.and_then(Result::ok);
        let (base, of_base) = match (&parent, &built) {
            (Some(parent), Some(program)) => (program, parent),
            _ => (self.good, self.ends[0]),
        };
        let head = build(first)?.map_err(|failed| Error::Other(failed.why))?;
        let explanation = explain(&base.launcher, &head.launcher, &self.arguments.request());
        let explanation = explanation.map_err(|why| Error::Other(why.to_string()))?;
        Ok(format!("Over {}: {explanation}", described(of_base)))
    }
}
