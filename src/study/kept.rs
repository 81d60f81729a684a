//! Results files of any kind.

use super::Study;
use super::accuracy::{Accuracy, Detections};
use super::calls::{Batches, Calls, Latencies};
use super::check::Check;
use super::claims::Claims;
use super::compare::Comparison;
use super::conformance::Conformance;
use super::footprint::Footprints;
use super::modes::Modes;
use super::overhead::record::Results;
use super::programs::Programs;
use super::replay::Replays;
use super::sessions::Sessions;
use super::soak::Soaks;
use super::stress::Record;
use super::traces::Traces;
use super::trackers::Trackers;
use super::trend::Trend;
use super::validation::Validation;
use super::why::record::Why;
use crate::platform::files::{self, FileError, Versioned};
use std::path::Path;

/// An action on a study of any kind.
pub trait Visitor {
    /// The result.
    type Output;

    /// Visits a study.
    fn visit<S: Study>(&mut self, study: &S) -> Self::Output;
}

/// Lists the kinds of files in one place: a new study adds one line.
macro_rules! kinds {
    ($($variant:ident($record:ty), $($former:literal)|*;)*) => {
        /// A results file of any kind.
        #[derive(Clone, Debug)]
        pub enum Kept {
            $(
                #[doc = concat!("[`", stringify!($record), "`].")]
                $variant(Box<$record>),
            )*
        }

        impl Kept {
            /// The kinds of files, by the field `kind`.
            pub const KINDS: &[&str] = &[$(<$record>::KIND),*];

            fn parse(kind: &str, path: &Path, text: &str) -> Option<Result<Self, FileError>> {
                $(
                    if kind == <$record>::KIND $(|| kind == $former)* {
                        return Some(files::parse(path, text).map(|record| Self::$variant(Box::new(record))));
                    }
                )*
                None
            }

            /// Passes the study to a visitor.
            pub fn visit<V: Visitor>(&self, visitor: &mut V) -> V::Output {
                match self { $(Self::$variant(study) => visitor.visit(study.as_ref()),)* }
            }
        }
    };
}

// Each kind is followed by the names of its older files, which have no field `kind`.
kinds! {
    Overhead(Results), "control" | "instructions";
    Comparison(Comparison), "history";
    Check(Check), "check";
    Trackers(Trackers), "ladder";
    Conformance(Conformance), ;
    Modes(Modes), ;
    Accuracy(Accuracy), ;
    Detection(Detections), "accuracy";
    Footprint(Footprints), "footprints";
    Calls(Calls), ;
    Soak(Soaks), ;
    Programs(Programs), ;
    Replay(Replays), ;
    Traces(Traces), ;
    Validation(Validation), "validate";
    Sessions(Sessions), "session";
    Claims(Claims), "claim";
    Trend(Trend), "log";
    Why(Why), ;
    Stress(Record), "memory_analysis";
}

impl Kept {
    /// Reads a file of a study that is now a part of another one.
    fn parse_part(kind: &str, path: &Path, text: &str) -> Option<Result<Self, FileError>> {
        let calls = |part: Result<Calls, FileError>| part.map(|calls| Self::Calls(Box::new(calls)));
        match kind {
            Batches::KIND | "operation" => Some(calls(files::parse::<Batches>(path, text).map(Calls::from))),
            Latencies::KIND | "latencies" => Some(calls(files::parse::<Latencies>(path, text).map(Calls::from))),
            _ => None,
        }
    }

    /// Reads a file of a kind.
    fn parse_any(kind: &str, path: &Path, text: &str) -> Option<Result<Self, FileError>> {
        Self::parse(kind, path, text).or_else(|| Self::parse_part(kind, path, text))
    }

    /// Reads a results file of any kind. The kind of an older file without the field is its name, or the first word of
    /// the name. A file with any other name is an overhead file, because those could have any name.
    ///
    /// # Errors
    /// If it cannot be read, or is of an unknown kind.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = files::read_text(path, "a results file")?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        match files::kind(&text) {
            Some(kind) => Self::parse_any(&kind, path, &text).unwrap_or_else(|| Err(unknown(path, &kind))),
            None => {
                let first_word = name.split(['-', '.', ' ']).next().unwrap_or_default();
                let named = [&name, first_word].iter().find_map(|kind| Self::parse_any(kind, path, &text));
                named.unwrap_or_else(|| match files::parse(path, &text) {
                    Ok(results) => Ok(Self::Overhead(Box::new(results))),
                    Err(error @ FileError::Newer { .. }) => Err(error),
                    Err(_) => Err(unknown(path, &name)),
                })
            }
        }
    }
}

fn unknown(path: &Path, kind: &str) -> FileError {
    FileError::UnknownKind { path: path.to_owned(), kind: kind.to_owned(), known: Kept::KINDS.join(", ") }
}
