//! The soak: the cost of tracking as a function of the number of events that the tracker has recorded.
//!
//! A program that runs for a day makes billions of events, and a measurement of a few thousand does not show their cost
//! at that point. So one process keeps a constant number of blocks, replaces random ones, and measures a short stretch
//! at checkpoints with growing distances. An untracked process with the same events runs beside each, and the cost is
//! the difference. The tracker's bytes and instructions are counted in separate processes, because counting takes time.
//!
//! The growth of each quantity gets the class that fits best.

pub mod chart;
mod growth;
mod plan;
mod record;
mod summary;
mod words;

pub use crate::stats::growth_class::GrowthClass;
pub use crate::worker::tasks::soak::{Checkpoint, End, FIRST, Meter, Stop, Trace};
pub use growth::{Growth, Quantity};
pub use plan::Plan;
pub use record::{Instructions, Measured, Pair, Process, Soak};
pub(crate) use words::class;

use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use crate::tracking::Level;
use crate::tracking::memscope::MemscopeBuild;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub const SCHEMA: u32 = 1;

/// The soaks of one or several builds of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Soaks {
    /// The version of this format: [`SCHEMA`].
    pub schema: u32,
    /// The origin. Its build is the build of the program that measured the others.
    #[serde(flatten)]
    pub origin: Origin,
    /// The plan.
    pub plan: Plan,
    /// The builds, in the order in which they were named.
    pub builds: Vec<BuildSoaks>,
}

/// The soaks of one build of memscope.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BuildSoaks {
    /// The name.
    pub name: String,
    /// The build's own description; `None` if there is none.
    pub memscope: Option<MemscopeBuild>,
    /// The reason for a build that could not be compiled.
    pub not_built: Option<String>,
    /// The soaks, one for each level.
    pub soaks: Vec<Soak>,
}

impl Versioned for Soaks {
    const KIND: &str = "soak";
    const WHAT: &str = "a file of soaks";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Soaks {
    fn summary(&self) -> Document {
        summary::summary(self)
    }

    fn chart(&self) -> Option<String> {
        Some(chart::draw(self))
    }

    fn metrics(&self) -> Vec<Metric> {
        self.builds.iter().flat_map(|build| metrics(&build.name, &build.soaks)).collect()
    }

    fn origins(&self) -> Vec<(&'static str, &Origin)> {
        vec![("", &self.origin)]
    }

    fn left_out(&self) -> Vec<String> {
        let failed = |build: &BuildSoaks| {
            let not_built = build.not_built.as_ref().map(|why| format!("{} is left out: {why}", build.name));
            let failures = build.soaks.iter().filter_map(|soak| {
                let failure = soak.failure().filter(|_| soak.growths.is_empty())?;
                Some(format!("{}/{} is left out: {failure}", soak.level(), build.name))
            });
            not_built.into_iter().chain(failures).collect::<Vec<_>>()
        };
        self.builds.iter().flat_map(failed).collect()
    }
}

/// Returns the figures of a build's soaks for other programs: early, late, and the power of growing quantities.
pub(crate) fn metrics(build: &str, soaks: &[Soak]) -> Vec<Metric> {
    let growths = soaks.iter().flat_map(|soak| soak.growths.iter().map(move |growth| (soak.level(), growth)));
    let of_growth = |(level, growth): (Level, &Growth)| {
        let name = format!("{}/{level}/{build}", growth.quantity.key());
        let plain = [("early", growth.early()), ("late", growth.late())];
        let plain = plain.into_iter().filter_map(|(measure, figure)| Some((measure, figure?)));
        let mut metrics: Vec<Metric> = plain.map(|(measure, figure)| Metric::plain(&name, measure, figure)).collect();
        let power = growth.fit.and_then(|fit| fit.power);
        metrics.extend(power.map(|power| Metric::estimate(&name, "power", power)));
        metrics
    };
    growths.flat_map(of_growth).collect()
}
