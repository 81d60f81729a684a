//! The headline: the cost of each level over all workloads, as a row and as a sentence.

use super::overhead::record::Results;
use crate::platform::list::each_once;
use crate::platform::text;
use crate::report::document::{Document, Table, left};
use crate::report::{markdown, number};
use crate::schedule::estimate::typical;
use crate::schedule::measurement::{Clock, Measurement, Series};
use crate::stats::estimate::Estimate;
use crate::tracking::Level;
use crate::worker::probe::worst_fidelity;

/// The cost of a level, over the workloads.
pub(crate) struct Headline<'a> {
    /// The level.
    pub level: Level,
    /// The number of workloads on which it was measured, with or without a figure.
    pub tried: usize,
    /// The workloads with a figure and their overheads, in ascending order.
    overheads: Vec<(&'a Measurement, Estimate)>,
    /// The times for each allocation, in ascending order.
    times: Vec<Estimate>,
}

/// Returns the headlines of all levels except the baseline, in the order of measurement.
pub(crate) fn headlines(results: &Results) -> Vec<Headline<'_>> {
    let levels = results.series(Series::Overhead).map(|measurement| measurement.level);
    let levels = each_once(levels.filter(|&level| level != Level::Untracked));
    levels.into_iter().map(|level| Headline::of(results, level)).collect()
}

/// Draws the headline of overheads as Markdown: for each level the geometric mean over the workloads with its interval,
/// the range, and the time for each allocation.
pub(crate) fn draw(results: &Results) -> String {
    let mut table = Table::new([
        left("level"),
        left("typical overhead [95 %]"),
        left("lowest"),
        left("highest"),
        left("time per allocation"),
    ]);
    for headline in headlines(results) {
        let [lowest, highest] = headline.ends();
        table.row([headline.level.to_string(), headline.typical_in_words(), lowest, highest, headline.time()]);
    }
    let mut document = Document::default();
    document.table(table);
    markdown::draw(&document)
}

/// Returns a sentence for each level, and one on the reliability of the figures.
pub(crate) fn sentences(results: &Results) -> Vec<String> {
    let mut sentences: Vec<String> =
        headlines(results).iter().filter_map(|headline| headline.sentence(results)).collect();
    if sentences.is_empty() {
        return sentences;
    }
    sentences[0].insert_str(0, &format!("With {}, ", results.origin.memscope));
    sentences.extend(results.noise_floor().map(|(measurement, floor)| {
        format!(
            "In the same run, untracked against itself differs by at most {} ({}).",
            number::percent_interval(floor.wall),
            measurement.name()
        )
    }));
    sentences
}

impl<'a> Headline<'a> {
    fn of(results: &'a Results, level: Level) -> Self {
        let measurements = || results.series(Series::Overhead).filter(move |measurement| measurement.level == level);
        let mut overheads: Vec<(&Measurement, Estimate)> =
            measurements().filter_map(|measurement| Some((measurement, measurement.overhead()?.wall))).collect();
        overheads.sort_by(|a, b| a.1.value.total_cmp(&b.1.value));
        let mut times: Vec<Estimate> = measurements().filter_map(Measurement::ns_per_allocation).collect();
        times.sort_by(|a, b| a.value.total_cmp(&b.value));
        Self { level, tried: measurements().count(), overheads, times }
    }

    /// Returns the number of workloads with a figure.
    pub(crate) fn measured(&self) -> usize {
        self.overheads.len()
    }

    /// Returns the measurements with a figure, in ascending order of overhead.
    pub(crate) fn measurements(&self) -> impl Iterator<Item = &'a Measurement> {
        self.overheads.iter().map(|(measurement, _)| *measurement)
    }

    /// Returns the geometric mean of the overheads, with its interval.
    pub(crate) fn typical(&self) -> Option<Estimate> {
        typical(&self.overheads, Clock::Wall)
    }

    /// Returns the geometric mean in words.
    pub(crate) fn typical_in_words(&self) -> String {
        self.typical().map_or_else(|| "unknown".to_owned(), number::overhead)
    }

    /// Returns the lowest and the highest overhead in words, each with its workload. One that is not significant has no
    /// figure.
    pub(crate) fn ends(&self) -> [String; 2] {
        [self.overheads.first(), self.overheads.last()].map(|end| {
            end.map_or("unknown".to_owned(), |(measurement, overhead)| {
                format!("{} ({})", number::significant(*overhead), measurement.workload)
            })
        })
    }

    /// Returns the range of times for each allocation in words. One below zero is saved, and one that is not
    /// significant has no figure.
    pub(crate) fn time(&self) -> String {
        let time = |time: Option<&Estimate>| time.map_or("unknown".to_owned(), |&time| number::significant_time(time));
        let [least, most] = [self.times.first(), self.times.last()].map(time);
        if least == most { most } else { format!("{least} to {most}") }
    }

    /// Returns the fidelity that is farthest from 1 in words, with the number of workloads on which one is known if
    /// those are not all with a figure.
    pub(crate) fn fidelity_in_words(&self) -> String {
        let known = || self.measurements().filter_map(|measurement| measurement.fidelity);
        let worst = number::fidelity(worst_fidelity(known()));
        match known().count() {
            0 => worst,
            all if all == self.measured() => worst,
            some => format!("{worst} (on {some})"),
        }
    }

    /// Returns the difference that two runs may have on the workload that varies most, as a clause; `None` if it is not
    /// known.
    fn between_runs(&self, results: &Results) -> Option<String> {
        let difference = |measurement: &'a Measurement| Some((measurement, results.spread(measurement)?.wall.of_two()));
        let differences = self.measurements().filter_map(difference);
        let (measurement, widest) = differences.max_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(format!(
            "; in 95 % of cases, two runs differ by at most {} ({})",
            number::within(widest),
            measurement.workload
        ))
    }

    /// Returns the cost as a sentence, with the intervals of both ends; `None` without a figure.
    fn sentence(&self, results: &Results) -> Option<String> {
        let on = |(measurement, overhead): &(&Measurement, Estimate)| {
            format!("{} on {}", number::overhead(*overhead), measurement.workload)
        };
        let (least, most) = (self.overheads.first()?, self.overheads.last()?);
        let cost = match self.measured() {
            1 => on(least),
            all => format!(
                "{} (geometric mean of {all} workloads), from {} to {}",
                self.typical_in_words(),
                on(least),
                on(most)
            ),
        };
        let mut sentence =
            format!("{} costs {cost}; {} per allocation", text::code(&self.level.to_string()), self.time());
        if self.level.has_fidelity() {
            sentence += &format!("; fidelity {} at worst", self.fidelity_in_words());
        }
        sentence += &self.between_runs(results).unwrap_or_default();
        Some(sentence + ".")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::origin::Origin;
    use crate::schedule::estimate::estimated;
    use crate::schedule::measurement::{Pair, Sample};
    use crate::stats::spread::Spread;
    use crate::study::sessions::BetweenSessions;
    use crate::study::sessions::between::WorkSpread;
    use crate::worker::probe::Request;
    use crate::workloads::{Scale, Workload};

    /// Returns a measurement of a thousand allocations in a millisecond, whose tracked runs take so many times as long.
    fn measurement(workload: Workload, ratio: f64, fidelity: Option<f64>) -> Measurement {
        let scale = Scale::new(1.0).expect("positive");
        let request = Request { workload, level: Level::Full, scale, threads: 1, count: false };
        let sample = |ns: f64| Sample { wall_ns: ns as u64, cpu_ns: ns as u64, ..Sample::default() };
        let pair = Pair { untracked_first: true, untracked: sample(1e6), tracked: sample(1e6 * ratio) };
        let measurement = Measurement::new(Series::Overhead, &request);
        estimated(Measurement { allocations: Some(1_000), fidelity, pairs: vec![pair; 10], ..measurement })
    }

    fn results(measurements: [Measurement; 2]) -> Results {
        let origin = Origin::here("memscope-bench measure".to_owned());
        Results { measurements: measurements.to_vec(), ..Results::begin(origin) }
    }

    #[test]
    fn saved_time_is_negative() {
        let saving = measurement(Workload::CYCLES, 0.975, Some(1.0));
        let results = results([saving, measurement(Workload::LEAKS, 1.5, Some(1.0))]);
        let [headline] = &headlines(&results)[..] else { panic!("one level") };
        assert_eq!(headline.time(), "−25 ns to 500 ns");
    }

    #[test]
    fn an_end_that_is_not_significant_has_no_figure() {
        let varied = |workload: Workload, ratios: [f64; 2]| {
            let [one, other] = ratios.map(|ratio| measurement(workload, ratio, None).pairs[..5].to_vec());
            estimated(Measurement { pairs: [one, other].concat(), ..measurement(workload, 1.0, None) })
        };
        let shown = |leaks: [f64; 2]| {
            let results = results([varied(Workload::CYCLES, [0.98, 1.03]), varied(Workload::LEAKS, leaks)]);
            let headline = &headlines(&results)[0];
            let [lowest, highest] = headline.ends();
            [lowest, highest, headline.time()]
        };
        assert_eq!(shown([1.4, 1.6]), ["n.s. (cycles)", "+50.0 % (leaks)", "n.s. to 500 ns"]);
        assert_eq!(shown([0.98, 1.04]), ["n.s. (cycles)", "n.s. (leaks)", "n.s."]);
        assert_eq!(shown([0.6, 0.8]), ["−30.0 % (leaks)", "n.s. (cycles)", "−300 ns to n.s."]);
    }

    #[test]
    fn the_difference_of_two_runs_is_that_of_the_workload_that_varies_most() {
        let mut results = results([Workload::CYCLES, Workload::LEAKS].map(|workload| measurement(workload, 2.0, None)));
        let spread = |measurement: &Measurement, log_sd| WorkSpread {
            workload: measurement.workload,
            level: measurement.level,
            scale: measurement.scale,
            threads: measurement.threads,
            wall: Spread { sessions: 6, log_sd },
            cpu: None,
            mean_ratio: None,
            mean_time: None,
        };
        let spreads = results.measurements.iter().zip([0.02, 0.01]).map(|(of, log_sd)| spread(of, log_sd)).collect();
        assert_eq!(headlines(&results)[0].between_runs(&results), None);
        results.between_sessions =
            Some(BetweenSessions { started: results.origin.started, sessions: 6, minutes: 120.0, spreads });
        // t(5) = 2.5706; exp(2.5706 · 0.02 · √2) = 1.0754.
        assert_eq!(
            headlines(&results)[0].between_runs(&results).as_deref(),
            Some("; in 95 % of cases, two runs differ by at most ±7.5 % (cycles)")
        );
    }

    #[test]
    fn a_fidelity_that_is_not_known_everywhere_names_the_number_of_workloads() {
        let of = |other: Option<f64>| {
            let both = [(Workload::CYCLES, Some(0.5)), (Workload::LEAKS, other)];
            let results = results(both.map(|(workload, fidelity)| measurement(workload, 2.0, fidelity)));
            headlines(&results)[0].fidelity_in_words()
        };
        assert_eq!([Some(1.0), None].map(of), ["0.5000", "0.5000 (on 1)"]);
    }
}
