//! Profiles: the instructions of a window by call path, from the same run that counts them.

use super::callgrind;
use super::names;
use super::{InstructionCounter, SLOWER, is_of_valgrind, task};
use crate::platform::text;
use crate::schedule::pairing::checked;
use crate::worker::failure::Failure;
use crate::worker::probe::{Request, WINDOW};
use crate::workloads::Digest;
use std::collections::HashMap;
use std::rc::Rc;

/// The maximum number of callers in a path. No path of a workload is that long, and a lower limit saves no time.
const CALLERS: usize = 100;

/// The file of a profile, in the folder of the probe.
const FILE: &str = "./profile";

/// The part of all instructions by which the sum of the paths may differ from them.
const TOLERANCE: f64 = 0.01;

/// The instructions of a window by call path.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Profile {
    /// The paths.
    pub paths: Vec<CallPath>,
    /// All instructions of the window, by callgrind's own sum.
    pub total: u64,
}

/// The instructions of a function itself, by the path of calls that led to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct CallPath {
    /// The functions, from the outermost below the window to the one that executed the instructions. Empty for the
    /// window itself.
    pub frames: Vec<Rc<str>>,
    /// False if the path is so long that its beginning is missing.
    pub begins_in_window: bool,
    /// Its instructions.
    pub instructions: u64,
}

impl InstructionCounter<'_> {
    /// Runs one probe, and returns the profile of its window.
    ///
    /// # Errors
    /// The failure of the probe, including an unexpected digest, or a profile whose paths do not add up to the window's
    /// instructions.
    pub(crate) fn profile(&self, request: &Request, expected: Digest) -> Result<Profile, Failure> {
        let output = format!("--callgrind-out-file={FILE}");
        let callers = format!("--separate-callers={CALLERS}");
        let command = self.command(&[&output, &callers, "--dump-line=no", "--demangle=no"]);
        let mut ended = self.launcher.run_tool(command, &task(request), self.launcher.limits.time * SLOWER)?;
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        let of_probe: Vec<&str> = errors.lines().filter(|line| !is_of_valgrind(line)).collect();
        ended.stderr = of_probe.join("\n").into_bytes();
        checked(self.launcher.judge(ended)?.content, expected)?;
        let prevented = |why: String| Failure::Prevented { why: format!("callgrind's profile cannot be used: {why}") };
        let file = std::fs::read(self.folder.path().join(FILE)).map_err(|error| prevented(error.to_string()))?;
        Profile::parse(&String::from_utf8_lossy(&file)).map_err(prevented)
    }
}

impl Profile {
    /// Reads a profile with mangled names.
    ///
    /// # Errors
    /// If the text is not a profile, or its paths do not add up to the window's instructions.
    fn parse(file: &str) -> Result<Self, String> {
        let costs = callgrind::parse(file)?;
        let total = costs.total;
        if total == 0 {
            return Err(format!("it has no function {WINDOW}: the program must not be stripped"));
        }
        let mut known = HashMap::new();
        let paths: Vec<CallPath> = costs
            .by_context
            .into_iter()
            .filter(|(_, instructions)| *instructions > 0)
            .map(|(context, instructions)| {
                let symbols = names::frames(context);
                let window = symbols.iter().position(|symbol| symbol.contains(WINDOW));
                let frames = symbols[window.map_or(0, |place| place + 1)..].iter().map(|&symbol| {
                    Rc::clone(known.entry(symbol).or_insert_with(|| text::one_line(&names::name(symbol)).into()))
                });
                CallPath { frames: frames.collect(), begins_in_window: window.is_some(), instructions }
            })
            .collect();
        let profile = Self { paths, total };
        let apart = profile.sum().abs_diff(total) as f64 / total as f64;
        if apart > TOLERANCE {
            return Err(format!("its functions have {} instructions of {total}", profile.sum()));
        }
        Ok(profile)
    }

    /// Returns the instructions of all paths together.
    pub(crate) fn sum(&self) -> u64 {
        self.paths.iter().map(|path| path.instructions).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(total: u64) -> String {
        format!(
            "positions: line\nevents: Ir\n\
             fn=(1) _ZN1a21memscope_bench_window17h0123456789abcdefE'main\n0 10\n\
             cfn=(2) _ZN1a1f17h0123456789abcdefE'_ZN1a21memscope_bench_window17h0123456789abcdefE'main\n\
             calls=1 0\n0 90\n\
             fn=(2)\n0 60\n\
             fn=(3) malloc@@GLIBC_2.17'_ZN1a1f17h0123456789abcdefE'_ZN1a21memscope_bench_window17h0123456789abcdefE'main\n\
             0 30\ntotals: {total}\n"
        )
    }

    #[test]
    fn paths_begin_below_the_window() {
        let profile = Profile::parse(&file(100)).expect("a profile");
        let paths: Vec<(String, u64)> =
            profile.paths.iter().map(|path| (path.frames.join(";"), path.instructions)).collect();
        let expected = [("", 10), ("a::f", 60), ("a::f;malloc", 30)];
        assert_eq!(paths, expected.map(|(frames, instructions)| (frames.to_owned(), instructions)));
        assert_eq!(profile.sum(), profile.total);
    }

    #[test]
    fn paths_must_add_up_to_the_instructions_of_the_window() {
        assert!(Profile::parse(&file(101)).is_ok(), "1 % is accepted");
        assert_eq!(Profile::parse(&file(102)).expect_err("2 % is not"), "its functions have 100 instructions of 102");
        assert!(Profile::parse(&file(98)).expect_err("nor too many").contains("100 instructions of 98"));
        let stripped = Profile::parse("totals: 0\n").expect_err("no window");
        assert!(stripped.contains("must not be stripped"), "{stripped}");
    }
}
