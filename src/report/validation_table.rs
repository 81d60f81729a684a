//! The validation as text: what it comes to, and each setting.

use super::figures;
use super::table::Form;
use crate::results::Estimate;
use crate::validate::{BLOCK, CLAIM_THRESHOLD, Run, Setting, Validation};
use comfy_table::{CellAlignment, Table};

/// The validation's tables, with what they come to above each.
pub fn draw(validation: &Validation, form: Form) -> String {
    let parts: Vec<String> = runs(validation)
        .into_iter()
        .map(|(title, run)| {
            let mark = if form == Form::Markdown { "## " } else { "" };
            let summary: Vec<String> = summary(run)
                .into_iter()
                .map(|line| if form == Form::Markdown { format!("- {line}") } else { line })
                .collect();
            [format!("{mark}{title}"), summary.join("\n"), table(run, form)].join("\n\n")
        })
        .collect();
    parts.join("\n\n")
}

/// The runs that there are, with what each is called.
pub fn runs(validation: &Validation) -> Vec<(&'static str, &Run)> {
    let runs = [("At rest", &validation.at_rest), ("Under load", &validation.under_load)];
    runs.into_iter().filter_map(|(title, run)| Some((title, run.as_ref()?))).collect()
}

/// What a run comes to.
pub fn summary(run: &Run) -> Vec<String> {
    let settings = || run.settings.iter();
    let covered: usize = settings().map(|setting| setting.coverage.covered).sum();
    let blocks: usize = settings().map(|setting| setting.coverage.blocks).sum();
    let rate = |target: Option<f64>| {
        let of_target = || settings().filter(move |setting| setting.target_percent == target);
        let claimed: usize = of_target().map(|setting| setting.claims.claimed).sum();
        let repeats: usize = of_target().map(|setting| setting.claims.repeats).sum();
        let share = claimed as f64 / repeats.max(1) as f64 * 100.0;
        format!("{claimed} of {repeats} repeats ({share:.1} %)")
    };
    let worst = |small: bool| {
        let is_small = |setting: &&Setting| setting.target_percent.is_none_or(|percent| percent <= 10.0) == small;
        settings().filter(is_small).max_by(|a, b| a.bias_percent().abs().total_cmp(&b.bias_percent().abs()))
    };
    let told = |setting: Option<&Setting>| {
        setting.map_or("not measured".to_owned(), |setting| {
            format!(
                "{} % of the untracked time ({}, {})",
                signed(setting.bias_percent()),
                setting.workload,
                aim(setting)
            )
        })
    };
    vec![
        format!("Bias, at the most, of overheads up to +10 %: {}.", told(worst(true))),
        format!("Bias, at the most, of larger overheads: {}.", told(worst(false))),
        format!(
            "Coverage of the 95 % interval: {covered} of {blocks} blocks of {BLOCK} pairs ({:.1} %).",
            covered as f64 / blocks.max(1) as f64 * 100.0
        ),
        format!("False alarms, untracked against itself: {}.", rate(None)),
        format!("Detection of about +3 %: {}.", rate(Some(3.0))),
        format!(
            "A repeat is two batches of {} s of measuring, drawn from one long series of each setting in contiguous stretches; \
             a change is claimed if both intervals exclude none and both effects exceed {} %.",
            run.batch_seconds,
            CLAIM_THRESHOLD * 100.0
        ),
        format!(
            "{}; {}, {} cores; measured {} by `{}`.",
            run.origin.subject,
            run.origin.machine.processor,
            run.origin.machine.cores,
            run.origin.started.format("%Y-%m-%d %H:%M UTC"),
            run.origin.command
        ),
    ]
}

/// What a setting aimed at.
pub fn aim(setting: &Setting) -> String {
    setting.target_percent.map_or("none".to_owned(), |percent| format!("+{percent} %"))
}

/// A difference in percent, signed, to a hundredth.
pub fn signed(percent: f64) -> String {
    format!("{percent:+.2}").replace('-', "−")
}

fn table(run: &Run, form: Form) -> String {
    let mut table = Table::new();
    table.load_style(form.style());
    table.set_header(["workload", "aimed at", "true", "measured [95 %]", "pairs", "bias", "covered", "claimed"]);
    for setting in &run.settings {
        let ratio = |estimate: &Estimate| figures::percent(estimate.value);
        table.add_row([
            setting.workload.to_string(),
            aim(setting),
            format!("{} %", ratio(&setting.truth)),
            format!(
                "{} % [{}, {}]",
                ratio(&setting.measured),
                figures::percent(setting.measured.low),
                figures::percent(setting.measured.high)
            ),
            setting.ratios.len().to_string(),
            format!("{} %", signed(setting.bias_percent())),
            format!("{} of {}", setting.coverage.covered, setting.coverage.blocks),
            format!("{} of {}", setting.claims.claimed, setting.claims.repeats),
        ]);
    }
    for numeric in [1, 2, 4, 5, 6, 7] {
        table.column_mut(numeric).expect("the header has eight").set_cell_alignment(CellAlignment::Right);
    }
    table.trim_fmt()
}
