//! The flame graph: the added instructions of one build, or the difference of two.

use super::group::{Group, Meaning, Operation, meaning};
use super::record::{BuildCost, CostProfile, Why};
use crate::platform::text::one_line;
use crate::report::number;
use crate::study::instructions::short;
use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{Direction, Options, from_lines};
use std::collections::BTreeMap;

/// The width of the chart, in pixels.
const WIDTH: usize = 1_200;

/// Draws the chart; `None` if tracking adds no instructions anywhere.
pub(super) fn draw(why: &Why) -> Option<String> {
    let profiles: Vec<(&BuildCost, &CostProfile)> =
        why.builds.iter().filter_map(|build| Some((build, build.profile.as_ref()?))).collect();
    let lines = match profiles.as_slice() {
        [(_, one)] if why.builds.len() == 1 => added(one),
        [(_, base), (_, head)] => differential(base, head),
        _ => return None,
    };
    let mut palette = palette(profiles.iter().map(|(_, profile)| *profile));
    let mut options = Options::default();
    options.title = title(why, &profiles);
    options.subtitle = Some(
        if profiles.len() == 2 {
            "Width: instructions that tracking adds in the second build. Red: more than in the first one. Blue: fewer."
        } else {
            "Width: instructions that tracking adds. Blue: hashing; green: maps; orange: strings; violet: time; red: locks, \
             stack traces; yellow: memory; grey: the rest."
        }
        .to_owned(),
    );
    options.image_width = Some(WIDTH);
    options.direction = Direction::Inverted;
    options.count_name = "instructions".to_owned();
    options.name_type = "Function:".to_owned();
    // In a difference, unchanged functions are nearly white.
    let paper = if profiles.len() == 2 { 225 } else { 255 };
    options.bgcolors = Some(BackgroundColor::Flat(Color { r: paper, g: paper, b: paper }));
    options.font_type = "ui-sans-serif, system-ui, 'Segoe UI', Helvetica, Arial, sans-serif".to_owned();
    options.deterministic = true;
    options.palette_map = Some(&mut palette);
    let mut picture = Vec::new();
    from_lines(&mut options, lines.iter().map(String::as_str), &mut picture).ok()?;
    Some(format!("{}\n", without_doctype(String::from_utf8(picture).ok()?)))
}

/// Removes the document type, whose web address nothing needs and some readers reject.
fn without_doctype(mut picture: String) -> String {
    if let Some(begin) = picture.find("<!DOCTYPE")
        && let Some(length) = picture[begin..].find('>')
    {
        picture.replace_range(begin..=begin + length, "");
    }
    picture
}

fn title(why: &Why, profiles: &[(&BuildCost, &CostProfile)]) -> String {
    let per_allocation = |profile: &CostProfile| number::amount(profile.per_allocation(profile.added()));
    let figures: Vec<String> = profiles
        .iter()
        .map(|(build, profile)| format!("{} {}", one_line(&build.name), per_allocation(profile)))
        .collect();
    let figures = figures.join(" → ");
    format!("{}/{}: instructions per allocation: {figures}", why.workload, why.level)
}

/// Returns the paths to which tracking adds instructions, each as a line with their number.
fn added(profile: &CostProfile) -> Vec<String> {
    let all = profile.stacks().filter(|(_, untracked, tracked)| tracked > untracked);
    all.map(|(stack, untracked, tracked)| format!("{} {}", folded(&stack), tracked - untracked)).collect()
}

/// Returns the paths of two builds, each as a line with the added instructions of both.
fn differential(base: &CostProfile, head: &CostProfile) -> Vec<String> {
    let mut paths: BTreeMap<String, [u64; 2]> = BTreeMap::new();
    for (side, profile) in [base, head].into_iter().enumerate() {
        for (stack, untracked, tracked) in profile.stacks() {
            paths.entry(folded(&stack)).or_default()[side] += tracked.saturating_sub(untracked);
        }
    }
    let paths = paths.into_iter().filter(|(_, [base, head])| base + head > 0);
    paths.map(|(path, [base, head])| format!("{path} {base} {head}")).collect()
}

/// Returns a path in the folded form of flame graphs.
fn folded(stack: &[&str]) -> String {
    stack.iter().map(|name| shown(name)).collect::<Vec<_>>().join(";")
}

/// Returns a function's name without the separator of the folded form.
fn shown(name: &str) -> String {
    one_line(&short(name)).replace(';', ",")
}

/// Returns the colour of each function by its meaning.
fn palette<'a>(profiles: impl Iterator<Item = &'a CostProfile>) -> PaletteMap {
    let mut palette = PaletteMap::default();
    for name in profiles.flat_map(|profile| &profile.names) {
        palette.insert(shown(name), colour(name));
    }
    // A root is named after the workload's request, which may also be the name of a function. All roots are on one
    // level.
    for operation in Operation::ALL {
        palette.insert(operation.name(), NEUTRAL);
    }
    palette.insert("", NEUTRAL);
    palette
}

/// The colour of functions that belong to their callers.
const NEUTRAL: Color = Color { r: 228, g: 228, b: 228 };

fn colour(name: &str) -> Color {
    let [r, g, b] = match meaning(name) {
        Some(Meaning::In(Group::Hashing)) => [130, 170, 230],
        Some(Meaning::In(Group::Maps)) => [120, 200, 190],
        Some(Meaning::In(Group::Strings)) => [240, 180, 110],
        Some(Meaning::In(Group::TimeStamps)) => [200, 160, 220],
        Some(Meaning::In(Group::Locks | Group::StackTraces)) => [230, 140, 140],
        Some(Meaning::In(Group::Bookkeeping)) => [205, 215, 225],
        Some(Meaning::Heap(_) | Meaning::Copies) => [225, 205, 120],
        _ => return NEUTRAL,
    };
    Color { r, g, b }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::study::why::record::Call;

    fn profile(added: &[(Option<usize>, &str, u64, u64)]) -> CostProfile {
        let names = added.iter().map(|(_, name, ..)| (*name).to_owned()).collect();
        let call = |(name, &(caller, _, untracked, tracked)): (usize, &(Option<usize>, &str, u64, u64))| Call {
            caller,
            name,
            untracked,
            tracked,
        };
        let paths = added.iter().enumerate().map(call).collect();
        let (groups, functions) = (Vec::new(), Vec::new());
        CostProfile { allocations: 1, untracked: 0, tracked: 1, groups, functions, names, paths }
    }

    #[test]
    fn a_line_has_the_instructions_that_tracking_adds_to_a_path() {
        let one = profile(&[(None, "allocate", 0, 0), (Some(0), "a::b::T::f", 5, 25), (Some(0), "g;h", 9, 3)]);
        assert_eq!(added(&one), ["allocate;T::f 20"], "decreases are not shown");
        let head = profile(&[(None, "allocate", 0, 0), (Some(0), "a::b::T::f", 5, 65), (Some(0), "g;h", 0, 3)]);
        assert_eq!(differential(&one, &head), ["allocate;T::f 20 60", "allocate;g,h 0 3"]);
    }
}
