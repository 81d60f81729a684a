//! The chart of soaks: for each build, one plot of the CPU time that tracking adds to an event and one of the bytes
//! that the tracker keeps, over the number of events, all on log scales.

use crate::platform::list::each_once;
use crate::report::chart::axis::part;
use crate::report::chart::canvas::{
    self, centred, dot, ending, finished, line, panel, sheet, short, small_print, telling, text, where_and_when,
};
use crate::report::chart::words::clipped;
use crate::report::number;
use crate::study::soak::growth::{Growth, Quantity};
use crate::study::soak::record::Soak;
use crate::study::soak::words::class;
use crate::study::soak::{BuildSoaks, Soaks};
use crate::tracking::Level;
use svg::node::element::{Group, Polyline};

const WIDTH: f64 = 960.0;
const TOP: f64 = 112.0;
/// The size of a plot's panel, and of the plot within it.
const PANEL: (f64, f64) = (450.0, 270.0);
const BETWEEN: f64 = 12.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 325.0;
const ABOVE: f64 = 48.0;
const BELOW: f64 = 230.0;
/// The quantities of the plots, the second of which has a substitute.
const PLOTS: [&[Quantity]; 2] = [&[Quantity::CpuTime], &[Quantity::KeptBytes, Quantity::Resident]];

/// Draws the soaks.
pub fn draw(soaks: &Soaks) -> String {
    let height = TOP + soaks.builds.len() as f64 * (PANEL.1 + BETWEEN) + 58.0;
    let title = "What tracking costs as events accumulate";
    let mut picture = sheet(WIDTH, height, title, &description(soaks))
        .add(text(24.0, 42.0, "title", title))
        .add(text(24.0, 66.0, "faint", "By earlier allocations and frees, with a constant number of live blocks."))
        .add(legend(soaks));
    for (row, build) in soaks.builds.iter().enumerate() {
        for (column, quantities) in PLOTS.into_iter().enumerate() {
            let (x, y) = (24.0 + column as f64 * (PANEL.0 + BETWEEN), TOP + row as f64 * (PANEL.1 + BETWEEN));
            let plot = plot(build, quantities);
            picture = picture.add(plot.set("transform", format!("translate({} {})", short(x), short(y))));
        }
    }
    let measured = format!(
        "{} live blocks; medians of {}",
        number::grouped(soaks.plan.live as u64),
        number::counted(soaks.plan.pairs, "pair")
    );
    finished(&picture.add(small_print([(height - 36.0, measured), (height - 18.0, where_and_when(&soaks.origin))])))
}

fn levels(soaks: &Soaks) -> Vec<Level> {
    each_once(soaks.builds.iter().flat_map(|build| &build.soaks).map(Soak::level))
}

fn legend(soaks: &Soaks) -> Group {
    let entry = |level: Level| {
        let words = if level.is_memscope() { format!("{level}: {}", level.about()) } else { level.to_string() };
        (words, level.properties().time_class)
    };
    canvas::legend(levels(soaks).into_iter().map(entry), 24.0, 89.0)
}

/// Returns the growth that a plot shows of a level.
fn shown<'a>(soak: &'a Soak, quantities: &[Quantity]) -> Option<&'a Growth> {
    quantities.iter().find_map(|&quantity| soak.growths.iter().find(|growth| growth.quantity == quantity))
}

/// Draws one plot of a build.
fn plot(build: &BuildSoaks, quantities: &[Quantity]) -> Group {
    let curves: Vec<(Level, &Growth)> =
        build.soaks.iter().filter_map(|soak| Some((soak.level(), shown(soak, quantities)?))).collect();
    let heading = format!("{}: {}", build.name, quantities[0]);
    let mut plot = panel(PANEL.0, PANEL.1, &heading, "");
    let Some(axes) = Axes::of(&curves, quantities[0]) else {
        let why = if build.not_built.is_some() { "not built" } else { "no figures" };
        return plot.add(text(LEFT, ABOVE + 20.0, "small bad", why));
    };
    plot = plot.add(axes.grid());
    let mut labels: Vec<(f64, Level, String)> = Vec::new();
    for (level, growth) in curves {
        plot = plot.add(axes.curve(level, growth));
        let last = growth.points.last().map_or(0.0, |point| point.1);
        labels.push((axes.y(last), level, class(growth)));
    }
    plot.add(named(labels))
}

/// Draws the labels of curves at the right, the level above its class, from the top and without overlaps.
fn named(mut labels: Vec<(f64, Level, String)>) -> Group {
    /// The height of a label, and of its first line.
    const HEIGHT: (f64, f64) = (27.0, 12.0);
    const LETTER: f64 = 6.0;
    let room = PANEL.0 - RIGHT - 10.0;
    labels.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut above = f64::NEG_INFINITY;
    labels.into_iter().fold(Group::new(), |group, (y, level, class)| {
        above = y.max(above + HEIGHT.0);
        let of = level.properties().time_class;
        let name = clipped(&level.to_string(), room, LETTER);
        group.add(text(RIGHT + 8.0, above, &format!("small strong {of}"), name)).add(text(
            RIGHT + 8.0,
            above + HEIGHT.1,
            &format!("small {of}"),
            clipped(&class, room, LETTER),
        ))
    })
}

/// The axes of a plot.
struct Axes {
    quantity: Quantity,
    events: (f64, f64),
    figures: (f64, f64),
}

impl Axes {
    /// Returns the axes that fit all curves; `None` if there are none.
    fn of(curves: &[(Level, &Growth)], quantity: Quantity) -> Option<Self> {
        let points = || curves.iter().flat_map(|(_, growth)| &growth.points);
        let events = || points().map(|&(events, _)| events as f64);
        let figures = || points().map(|&(_, figure)| figure).filter(|&figure| figure > 0.0);
        let (first, last) = (events().reduce(f64::min)?, events().reduce(f64::max)?);
        // At least a decade, so that a flat curve looks flat.
        let least = figures().reduce(f64::min).unwrap_or(1.0) / 2.0;
        let greatest = (figures().reduce(f64::max).unwrap_or(1.0) * 1.5).max(least * 10.0);
        Some(Self { quantity, events: (first / 1.1, (last * 1.1).max(first * 2.0)), figures: (least, greatest) })
    }

    fn x(&self, events: f64) -> f64 {
        LEFT + part(events, self.events) * (RIGHT - LEFT)
    }

    /// Returns the position of a figure; a figure that is not positive is drawn on the bottom line.
    fn y(&self, figure: f64) -> f64 {
        BELOW - part(figure, self.figures) * (BELOW - ABOVE)
    }

    fn grid(&self) -> Group {
        let mut grid = Group::new();
        let within = |value: f64, range: (f64, f64)| (range.0..=range.1).contains(&value);
        let step = if self.quantity.is_memory() { 32_f64 } else { 10.0 };
        for figure in (0..14).map(|power| step.powi(power)).filter(|&figure| within(figure, self.figures)) {
            let y = self.y(figure);
            let label = self.quantity.format(figure);
            grid = grid.add(line(LEFT, y, RIGHT, y, "rule")).add(ending(LEFT - 8.0, y + 4.0, "small faint", label));
        }
        for events in (0..13).map(|power| 10_f64.powi(power)).filter(|&events| within(events, self.events)) {
            let x = self.x(events);
            let label = number::short_count(events);
            grid = grid.add(line(x, ABOVE, x, BELOW, "rule")).add(centred(x, BELOW + 18.0, "small faint", label));
        }
        grid.add(ending(RIGHT, BELOW + 34.0, "small faint", "earlier events"))
    }

    fn curve(&self, level: Level, growth: &Growth) -> Group {
        let class = level.properties().time_class;
        let stroke = if class == "faint" { "whisker faint" } else { class };
        let places =
            growth.points.iter().map(|&(events, figure)| (events, figure, self.x(events as f64), self.y(figure)));
        let line: Vec<String> = places.clone().map(|(.., x, y)| format!("{},{}", short(x), short(y))).collect();
        let line = Polyline::new().set("points", line.join(" ")).set("class", format!("line {stroke}"));
        places.fold(Group::new().add(line), |curve, (events, figure, x, y)| {
            let words = format!("{level}, {} events: {}", number::grouped(events), growth.quantity.format(figure));
            curve.add(telling(words).add(dot(x, y, 3.0, class)))
        })
    }
}

/// Describes the chart in words, for readers who cannot see it.
fn description(soaks: &Soaks) -> String {
    let of_build = |build: &BuildSoaks| -> Vec<String> {
        let growth = |soak: &Soak, quantities: &[Quantity]| {
            let growth = shown(soak, quantities)?;
            let [early, late] = [growth.early()?, growth.late()?].map(|figure| growth.quantity.format(figure));
            Some(format!(
                "{} {}, {}: {early} early, {late} late, {}",
                build.name,
                soak.level(),
                growth.quantity,
                class(growth)
            ))
        };
        build.soaks.iter().flat_map(|soak| PLOTS.map(|plot| growth(soak, plot))).flatten().collect()
    };
    soaks.builds.iter().flat_map(of_build).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_curve_has_a_decade_around_it() {
        let points = [10_000, 20_000].map(|events| (events, 300.0)).to_vec();
        let growth = Growth { quantity: Quantity::CpuTime, points, later: 0, base: 20.0, each: Vec::new(), fit: None };
        let axes = Axes::of(&[(Level::Allocator, &growth)], Quantity::CpuTime).expect("a curve");
        assert!(axes.figures.1 / axes.figures.0 >= 10.0, "{:?}", axes.figures);
        assert!(axes.x(10_000.0) > LEFT && axes.x(20_000.0) < RIGHT);
        assert!(Axes::of(&[], Quantity::CpuTime).is_none());
    }
}
