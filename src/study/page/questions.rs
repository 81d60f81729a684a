//! The questions of the page, in order, and the studies that answer them.

use super::found::ResultsFile;
use crate::platform::files::Versioned;
use crate::platform::itself;
use crate::study::Study;
use crate::study::kept::{Kept, Visitor};

/// A question: a section of the page.
pub(super) struct Question {
    /// The name in addresses.
    pub name: &'static str,
    /// The question.
    pub title: &'static str,
    /// The section in a sentence.
    pub about: &'static str,
    /// The files that answer it, in order; empty for the section with the workloads in depth.
    pub wanted: &'static [Wanted],
}

/// A file that answers a question.
pub(super) struct Wanted {
    /// The role: the kind of file, or the purpose of its measurement.
    pub role: &'static str,
    /// The usual name of the file.
    pub file: &'static str,
    /// The command that makes it; `None` for an optional file.
    pub command: Option<&'static str>,
}

const fn wanted(role: &'static str, file: &'static str, command: &'static str) -> Wanted {
    Wanted { role, file, command: Some(command) }
}

const fn optional(role: &'static str, file: &'static str) -> Wanted {
    Wanted { role, file, command: None }
}

/// The questions.
pub(super) const QUESTIONS: [Question; 12] = [
    Question {
        name: "cost",
        title: "What does memscope cost?",
        about: "Time with tracking ÷ time without, for eight workloads, in pairs of fresh processes.",
        wanted: &[
            wanted("overhead", "overhead.json", "cargo bench"),
            wanted(
                "instructions",
                "instructions.json",
                "cargo run --release -- measure --instructions --output results",
            ),
            optional("replay", "replay.json"),
        ],
    },
    Question {
        name: "programs",
        title: "What does it cost my program?",
        about: "Real programs and the stress workloads, by how often they allocate: ×10 and +5 % are both right, for \
                different programs.",
        wanted: &[wanted("programs", "programs.json", "cargo run --release --features programs -- programs")],
    },
    Question {
        name: "trackers",
        title: "Which tracker?",
        about: "memscope compared with counters, recorders and a sampling profiler: what each costs, records and \
                keeps.",
        wanted: &[
            wanted("trackers", "trackers.json", "cargo run --release --features references -- trackers"),
            optional("conform", "conform.json"),
        ],
    },
    Question {
        name: "versions",
        title: "Which version?",
        about: "Versions or commits of memscope, compared side by side, with a verdict on each difference.",
        wanted: &[
            wanted("compare", "compare.json", "cargo run --release -- compare --published"),
            optional("check", "check.json"),
            optional("why", "why.json"),
            optional("trend", "trend.json"),
        ],
    },
    Question {
        name: "modes",
        title: "Which mode?",
        about: "Each mode of memscope: what it costs, records, attributes and keeps.",
        wanted: &[wanted("modes", "modes.json", "cargo run --release -- modes")],
    },
    Question {
        name: "ageing",
        title: "Does it slow down with age?",
        about: "The cost of tracking as a function of the events already tracked.",
        wanted: &[wanted("soak", "soak.json", "cargo run --release -- soak")],
    },
    Question {
        name: "truth",
        title: "Are its reports true?",
        about: "Programs with known answers, and the claims of memscope's own documents.",
        wanted: &[
            wanted("accuracy", "accuracy.json", "cargo run --release -- accuracy"),
            wanted("claims", "claims.json", "cargo run --release -- claims"),
            optional("detection", "detection.json"),
        ],
    },
    Question {
        name: "calls",
        title: "What does one call cost?",
        about: "Allocations, named values, statistics, analyses and exports, each alone.",
        wanted: &[wanted("calls", "calls.json", "cargo run --release -- calls")],
    },
    Question {
        name: "footprint",
        title: "How much memory does it take?",
        about: "Memory per live allocation and per event, as workloads grow.",
        wanted: &[wanted("footprint", "footprint.json", "cargo run --release -- footprint")],
    },
    Question {
        name: "workloads",
        title: "One workload in depth",
        about: "Every pair behind the overheads.",
        wanted: &[],
    },
    Question {
        name: "memory",
        title: "What happens in a full run?",
        about: "The memory analysis of all workloads at full scale under full tracking.",
        wanted: &[wanted("stress", "memory_analysis.json", "cargo run --release -- stress --output results")],
    },
    Question {
        name: "instrument",
        title: "Is the instrument right?",
        about: "The harness, tested with trackers of known cost, against itself and over complete sessions.",
        wanted: &[
            wanted("sessions", "sessions.json", "cargo run --release -- validate --sessions 6 --over 120"),
            wanted("validation", "validation.json", "cargo run --release -- validate"),
            wanted(
                "control",
                "control.json",
                "cargo run --release -- measure --control --tracking untracked --output results",
            ),
            wanted("traces", "traces.json", "cargo run --release -- validate --traces"),
            optional("trial", "trials/"),
        ],
    },
];

impl Question {
    /// Returns whether its section has the workloads in depth, from the files of another section.
    pub(super) fn is_in_depth(&self) -> bool {
        self.wanted.is_empty()
    }

    /// Returns the files that answer the question, in the order of their roles.
    pub(super) fn files<'a>(&self, files: &'a [ResultsFile]) -> Vec<&'a ResultsFile> {
        let of_role = |wanted: &Wanted| {
            let role = wanted.role;
            files.iter().filter(move |file| self::role(file) == role)
        };
        self.wanted.iter().flat_map(of_role).collect()
    }

    /// Returns whether a file is the first of its role among those of the question, and not optional.
    pub(super) fn is_first_of_its_role(&self, files: &[&ResultsFile], place: usize) -> bool {
        let role = role(files[place]);
        let is_missed = |wanted: &Wanted| wanted.role == role && wanted.command.is_some();
        self.wanted.iter().any(is_missed) && !files[..place].iter().any(|file| self::role(file) == role)
    }

    /// Returns the files that are missing and the command that makes each.
    pub(super) fn missing(&self, files: &[ResultsFile]) -> impl Iterator<Item = (&'static str, String)> {
        let missing = |wanted: &&Wanted| !files.iter().any(|file| role(file) == wanted.role);
        let with_command =
            |wanted: &Wanted| Some((wanted.file, command_of(wanted.command?, itself::another_command())?));
        self.wanted.iter().filter(missing).filter_map(with_command)
    }
}

/// Returns a command as the user of this program types it. `None` if the program of another crate lacks it.
pub(super) fn command_of(command: &str, program: Option<&str>) -> Option<String> {
    /// The commands that need memscope-bench's own programs, features or workloads.
    const ONLY_HERE: [&str; 4] = ["--features", "--control", "stress", "claims"];
    match program {
        None => Some(command.to_owned()),
        Some(_) if command.split(' ').any(|word| ONLY_HERE.contains(&word)) => None,
        Some(program) if command == "cargo bench" => Some(program.trim_end_matches(" --").to_owned()),
        Some(program) => Some(format!("{program} {}", command.strip_prefix("cargo run --release -- ")?)),
    }
}

/// Returns the role of a file: its kind, and for a file of overheads its purpose.
pub(super) fn role(file: &ResultsFile) -> &'static str {
    struct Kind;
    impl Visitor for Kind {
        type Output = &'static str;

        fn visit<S: Study>(&mut self, _: &S) -> &'static str {
            <S as Versioned>::KIND
        }
    }
    let Kept::Overhead(results) = &file.kept else { return file.kept.visit(&mut Kind) };
    let folder = file.path.parent().and_then(|folder| folder.file_name());
    if folder.is_some_and(|folder| folder == "trials") {
        "trial"
    } else if !results.instructions.is_empty() {
        "instructions"
    } else if results.is_control() {
        "control"
    } else {
        "overhead"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::page::Found;
    use std::path::Path;

    #[test]
    fn every_kind_of_file_has_its_section() {
        let has_section = |role: &str| {
            QUESTIONS.iter().flat_map(|question| question.wanted).filter(|wanted| wanted.role == role).count()
        };
        for kind in Kept::KINDS {
            assert_eq!(has_section(kind), 1, "{kind} is in one section");
        }
    }

    #[test]
    fn overheads_are_distinguished_by_their_purpose() {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("results");
        let found = Found::read(&[results]).expect("the kept results");
        let role_of = |name: &str| found.files.iter().find(|file| file.path.ends_with(name)).map(role);
        assert_eq!(role_of("results/overhead.json"), Some("overhead"));
        assert_eq!(role_of("results/control.json"), Some("control"));
        assert_eq!(role_of("results/instructions.json"), Some("instructions"));
        assert_eq!(role_of("trials/plain.json"), Some("trial"));
        assert_eq!(role_of("results/memory_analysis.json"), Some("stress"));
    }

    #[test]
    fn commands_are_those_of_the_program_that_draws_the_page() {
        let commands = || QUESTIONS.iter().flat_map(|question| question.wanted).filter_map(|wanted| wanted.command);
        assert!(commands().all(|command| command_of(command, None).as_deref() == Some(command)));
        let own = |command| command_of(command, Some("cargo bench --bench tracking --"));
        assert_eq!(own("cargo bench").as_deref(), Some("cargo bench --bench tracking"));
        let modes = own("cargo run --release -- modes");
        assert_eq!(modes.as_deref(), Some("cargo bench --bench tracking -- modes"));
        assert_eq!(own("cargo run --release --features references -- trackers"), None);
        assert_eq!(own("cargo run --release -- measure --control --tracking untracked --output results"), None);
        assert!(commands().filter_map(own).all(|command| !command.contains("cargo run")));
    }
}
