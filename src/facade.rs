//! The names that the feature `studies` adds to the library.

pub use crate::report::format::Format;
pub use crate::report::origin::Origin;
pub use crate::schedule::estimate::overhead;
pub use crate::schedule::measurement::{Clock, Measurement, Outcome, Overhead, Pair, Sample, Series};
pub use crate::study::accuracy::{Accuracy, Detections};
pub use crate::study::calls::{Batches, Calls, Latencies, Singles};
pub use crate::study::claims::Claims;
pub use crate::study::compare::Comparison;
pub use crate::study::conformance::Conformance;
pub use crate::study::footprint::Footprints;
pub use crate::study::kept::Kept;
pub use crate::study::modes::Modes;
pub use crate::study::overhead::record::Results;
pub use crate::study::programs::Programs;
pub use crate::study::replay::Replays;
pub use crate::study::soak::Soaks;
pub use crate::study::stress::Record;
pub use crate::study::trackers::{OwnTracker, Trackers};
pub use crate::study::trend::Trend;
pub use crate::study::validation::Validation;
pub use crate::study::why::record::Why;
pub use crate::study::{Study, draw};
