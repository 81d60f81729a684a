//! Results files of any kind.

use super::Study;
use super::accuracy::Detections;
use super::claims::Claims;
use super::compare::Comparison;
use super::footprint::Footprints;
use super::latency::Latencies;
use super::operations::OperationResults;
use super::overhead::record::Results;
use super::stress::Record;
use super::trackers::Trackers;
use super::trend::Trend;
use super::validation::Validation;
use crate::platform::files::{self, FileError, Versioned};
use std::path::Path;

/// What is done with a study of any kind.
pub trait Visitor {
    /// The result.
    type Output;

    /// Does it.
    fn visit<S: Study>(&mut self, study: &S) -> Self::Output;
}

/// Lists the kinds of files once: a new study is a line.
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

            /// Does something with the study.
            pub fn visit<V: Visitor>(&self, visitor: &mut V) -> V::Output {
                match self { $(Self::$variant(study) => visitor.visit(study.as_ref()),)* }
            }
        }
    };
}

// After each kind the names of older files of it, which have no field `kind`.
kinds! {
    Overhead(Results), "control" | "instructions";
    Comparison(Comparison), "history";
    Trackers(Trackers), "ladder";
    Accuracy(Detections), "accuracy";
    Footprint(Footprints), "footprints";
    Latency(Latencies), "latencies";
    Operations(OperationResults), "operation";
    Validation(Validation), "validate";
    Claims(Claims), "claim";
    Trend(Trend), "log";
    Stress(Record), "memory_analysis";
}

impl Kept {
    /// Reads a results file of any kind. An older one has no kind in it: its name, or the first word of it, is that
    /// of its kind; any other name is that of an overhead file, for which any name could be chosen.
    ///
    /// # Errors
    /// If it cannot be read, or is of no kind that is known.
    pub fn read(path: &Path) -> Result<Self, FileError> {
        let text = files::read_text(path, "a results file")?;
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        match files::kind(&text) {
            Some(kind) => Self::parse(&kind, path, &text).unwrap_or_else(|| Err(unknown(path, &kind))),
            None => {
                let first_word = name.split(['-', '.', ' ']).next().unwrap_or_default();
                let named = [&name, first_word].iter().find_map(|kind| Self::parse(kind, path, &text));
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
