//! Single calls: a lane for each call on one log scale of times. A dot is the mean, a line runs from the median to the
//! rarest quantile of the call, and a tick is the maximum.

use super::{MARGIN, WIDTH, legend, stroke};
use crate::report::chart::canvas::{centred, dot, ending, line, panel, telling, text};
use crate::report::number;
use crate::stats::estimate::Estimate;
use crate::study::calls::latency::Quantiles;
use crate::study::calls::record::Call;
use crate::worker::failure::Failure;
use svg::node::element::Group;

/// The room above the lanes, for the heading and the legend, and below them, for the scale.
const ABOVE: f64 = 88.0;
const BELOW: f64 = 48.0;
const LANE: f64 = 22.0;
const LEFT: f64 = 220.0;
const RIGHT: f64 = WIDTH - 60.0;

/// The quantiles of a line, from the median to the rarest.
const LINE: [f64; 4] = [0.5, 0.9, 0.99, 0.999];

/// Returns the calls of one name, in order.
fn lanes<'a, 'b>(all: &'b [Call<'a>]) -> Vec<&'b [Call<'a>]> {
    all.chunk_by(|one, next| one.operation == next.operation).collect()
}

/// Returns the height of the lanes with their heading.
pub(super) fn height(all: &[Call<'_>]) -> f64 {
    ABOVE + lanes(all).len() as f64 * LANE + BELOW
}

/// Draws the lanes with their heading.
pub(super) fn draw(all: &[Call<'_>]) -> Group {
    let lanes = lanes(all);
    let bottom = ABOVE + lanes.len() as f64 * LANE;
    let axis = Axis::of(all);
    let about = "dot: mean; line: median to p99.9, or to the highest quantile that is defined; tick: maximum (these \
                 include reading the clock)";
    let sheet = panel(WIDTH - 2.0 * MARGIN, bottom + 30.0, "", "").set("transform", format!("translate({MARGIN} 0)"));
    let mut plot = Group::new()
        .add(sheet)
        .add(text(MARGIN + 20.0, 28.0, "heading", "One call, alone"))
        .add(text(MARGIN + 20.0, 48.0, "small faint", about))
        .add(legend(all.iter().map(|call| call.level), None, 66.0).set("transform", "translate(20 0)"))
        .add(axis.grid(ABOVE - 8.0, bottom));
    for (number, calls) in lanes.iter().enumerate() {
        let y = ABOVE + (number as f64 + 0.5) * LANE;
        plot = plot.add(ending(LEFT - 14.0, y + 4.5, "small", calls[0].operation));
        for call in *calls {
            plot = plot.add(axis.mark(call, y));
        }
    }
    plot
}

/// The axis of times.
struct Axis {
    least: f64,
    greatest: f64,
}

/// Returns the quantiles of a call's line and its maximum, as far as they are defined.
fn quantiles(call: &Call<'_>) -> (Vec<f64>, Option<f64>) {
    let at = |quantile: f64| {
        let single = call.single?;
        let place = Quantiles::place(quantile);
        single.at(place).filter(|time| single.has(place) && time.value > 0.0).map(|time| time.value)
    };
    (LINE.iter().filter_map(|&quantile| at(quantile)).collect(), at(1.0))
}

fn mean(call: &Call<'_>) -> Option<Estimate> {
    call.batch?.ns.filter(|ns| ns.value > 0.0)
}

impl Axis {
    fn of(all: &[Call<'_>]) -> Self {
        let mut axis = Self { least: 10.0, greatest: 1e3 };
        for call in all {
            let (line, greatest) = quantiles(call);
            for time in line.into_iter().chain(greatest).chain(mean(call).map(|mean| mean.value)) {
                axis.least = axis.least.min(time);
                axis.greatest = axis.greatest.max(time);
            }
        }
        Self { least: axis.least * 0.8, greatest: axis.greatest * 1.3 }
    }

    fn x(&self, time: f64) -> f64 {
        let part = (time.max(self.least) / self.least).ln() / (self.greatest / self.least).ln();
        LEFT + part * (RIGHT - LEFT)
    }

    fn grid(&self, top: f64, bottom: f64) -> Group {
        let times = (0..12).map(|power| 10_f64.powi(power));
        times.filter(|time| (self.least..=self.greatest).contains(time)).fold(Group::new(), |grid, time| {
            let x = self.x(time);
            grid.add(line(x, top, x, bottom, "rule")).add(centred(x, bottom + 18.0, "small faint", number::time(time)))
        })
    }

    fn mark(&self, call: &Call<'_>, y: f64) -> Group {
        let class = call.level.properties().time_class;
        if let Some(failure) = call.batch.and_then(|batch| batch.failure.as_ref()) {
            return failed(call, failure, y);
        }
        let (times, greatest) = quantiles(call);
        let mut mark = telling(words(call));
        if let [first, .., last] = times.as_slice() {
            mark = mark.add(line(self.x(*first), y, self.x(*last), y, &stroke(class)));
        }
        if let Some(greatest) = greatest {
            let x = self.x(greatest);
            mark = mark.add(line(x, y - 4.0, x, y + 4.0, &stroke(class)));
        }
        match mean(call) {
            Some(mean) => mark.add(dot(self.x(mean.value), y, 4.5, class)),
            None => mark,
        }
    }
}

fn failed(call: &Call<'_>, failure: &Failure, y: f64) -> Group {
    let label = format!("{}: {}", call.level, failure.label());
    telling(words(call)).add(text(LEFT + 8.0, y + 4.5, "small bad", label))
}

/// Describes a call's figures in words.
fn words(call: &Call<'_>) -> String {
    let name = format!("{}/{}", call.operation, call.level);
    if let Some(failure) = call.batch.and_then(|batch| batch.failure.as_ref()) {
        return format!("{name}: {}", failure.label());
    }
    let (times, greatest) = quantiles(call);
    let mean = mean(call).map(|mean| format!("mean {}", number::time_interval(mean)));
    let median = times.first().map(|time| format!("half within {}", number::time(*time)));
    let greatest = greatest.map(|time| format!("at most {}", number::time(time)));
    let figures: Vec<String> = [mean, median, greatest].into_iter().flatten().collect();
    if figures.is_empty() { format!("{name}: no figure") } else { format!("{name}: {}", figures.join(", ")) }
}

/// Describes the lanes in words, for readers who cannot see them.
pub(super) fn description(all: &[Call<'_>]) -> String {
    all.iter().map(words).collect::<Vec<_>>().join("; ")
}
