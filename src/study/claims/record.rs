//! The record of claims: each claim in each setting, with its figures and its verdict.

use super::{Bound, CLAIMS, Claim, Evidence, Figure, Seen, Verdict};
use crate::platform::files::Versioned;
use crate::report::document::Document;
use crate::report::metric::Metric;
use crate::report::origin::Origin;
use crate::study::Study;
use serde::{Deserialize, Serialize};

/// The version of the file's format. A change that an older reader would misread raises it.
pub(super) const SCHEMA: u32 = 1;

/// The claims of memscope's documents, compared with measured results.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Claims {
    /// The version of this format: `SCHEMA`.
    pub schema: u32,
    /// The claims in their settings, in order.
    pub settings: Vec<JudgedSetting>,
}

/// A claim in one setting.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JudgedSetting {
    /// The claim's name; empty in files of earlier versions.
    #[serde(default)]
    pub id: String,
    /// The quotation.
    pub quote: String,
    /// True if the words are not the document's.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_paraphrased: bool,
    /// The version, the file and the section of the quotation.
    pub place: String,
    /// The bound that it states.
    pub bound: Bound,
    /// The setting.
    pub setting: String,
    /// The results file of the figures; empty if no study measures them.
    pub file: String,
    /// The origin of that file; `None` if it does not exist.
    pub origin: Option<Origin>,
    /// The figures.
    pub figures: Vec<Figure>,
    /// The reason why there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lack: Option<String>,
    /// The variation that the intervals of that file leave out; `None` in files of earlier versions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_included: Option<String>,
    /// The verdict.
    pub verdict: Verdict,
}

impl Claims {
    /// Compares all claims with results files.
    pub fn judge(evidence: &Evidence) -> Self {
        let settings = CLAIMS.iter().flat_map(|claim| judged(claim, evidence)).collect();
        Self { schema: SCHEMA, settings }
    }
}

/// Judges a claim by the figures of all of its settings together.
fn judged(claim: &Claim, evidence: &Evidence) -> Vec<JudgedSetting> {
    let seen: Vec<Seen<'_>> = claim.settings.iter().map(|setting| setting.from.figures(evidence)).collect();
    let figures: Vec<Vec<Figure>> = seen.iter().map(|seen| seen.figures.clone()).collect();
    let verdicts = claim.bound.judge(&figures);
    let settings = claim.settings.iter().zip(seen).zip(verdicts);
    let judged = settings.map(|((setting, seen), verdict)| JudgedSetting {
        id: claim.id.clone(),
        quote: claim.quote.clone(),
        is_paraphrased: claim.is_paraphrased,
        place: format!("{}, {}", claim.version, claim.place),
        bound: claim.bound,
        setting: setting.about.clone(),
        file: seen.file.to_owned(),
        origin: seen.origin.cloned(),
        figures: seen.figures,
        lack: seen.lack,
        not_included: seen.not_included,
        verdict,
    });
    judged.collect()
}

impl Versioned for Claims {
    const KIND: &str = "claims";
    const WHAT: &str = "a file of claims";
    const SCHEMA: u32 = SCHEMA;
}

impl Study for Claims {
    fn summary(&self) -> Document {
        super::summary::summary(self)
    }

    fn metrics(&self) -> Vec<Metric> {
        let figures =
            self.settings.iter().flat_map(|setting| setting.figures.iter().map(move |figure| (setting, figure)));
        let metric = |(setting, figure): (&JudgedSetting, &Figure)| {
            let benchmark = format!("{}/{}/{}", setting.quote, setting.setting, figure.of);
            Some(Metric::estimate(benchmark, setting.bound.measure(), *figure.seen.as_ref().ok()?))
        };
        figures.filter_map(metric).collect()
    }
}
