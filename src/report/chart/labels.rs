//! Labels of points, placed so that they overlap neither each other nor other points.

/// The height of a label, and the distance from its point.
const HEIGHT: f64 = 13.0;
const GAP: f64 = 8.0;
/// Half of the width of a point.
const POINT: f64 = 5.0;
/// The maximum distance of a label from its point, in heights.
const REACH: u32 = 4;

/// A rectangle: left, top, right and bottom.
type Room = (f64, f64, f64, f64);

/// The place of a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Label {
    /// The left end, and the baseline.
    pub(crate) at: (f64, f64),
    /// The ends of a line from the point to its label, if the label is not right beside it.
    pub(crate) leader: Option<[(f64, f64); 2]>,
}

/// Returns the place of each label, in the order given. Points come with the widths of their labels; labels stay within
/// the area if possible. A label takes the first free side of its point: right, left, above, below and the corners. If
/// no side is free, it moves farther up or down, and a line leads to it. Without free room, it covers as little as
/// possible.
pub(crate) fn placed(points: &[(f64, f64, f64)], within: Room) -> Vec<Label> {
    let mut taken: Vec<Room> = points.iter().map(|&(x, y, _)| (x - POINT, y - POINT, x + POINT, y + POINT)).collect();
    let mut labels = Vec::with_capacity(points.len());
    for (own, &point) in points.iter().enumerate() {
        let is_inside =
            |room: &Room| room.0 >= within.0 && room.1 >= within.1 && room.2 <= within.2 && room.3 <= within.3;
        let covered = |room: Room| -> f64 {
            let others = taken.iter().enumerate().filter(|(place, _)| *place != own);
            others.map(|(_, other)| common(room, *other)).sum()
        };
        let rooms = rooms(point);
        let inside = rooms.iter().copied().filter(is_inside);
        // Of several that cover nothing, this is the first.
        let best = inside.min_by(|a, b| covered(*a).total_cmp(&covered(*b))).unwrap_or(rooms[0]);
        taken.push(best);
        labels.push(Label { at: (best.0, best.3 - 3.0), leader: leader(point, best) });
    }
    labels
}

/// Returns the possible rooms for the label of a point, the best ones first.
fn rooms((x, y, width): (f64, f64, f64)) -> Vec<Room> {
    let (right, left, middle) = (x + GAP, x - GAP - width, x - width / 2.0);
    let (above, below) = (y - GAP - HEIGHT, y + GAP);
    let beside = y - HEIGHT / 2.0;
    let mut all = vec![(right, beside), (left, beside), (middle, above), (middle, below)];
    for steps in 0..=REACH {
        let (above, below) = (above - f64::from(steps) * HEIGHT, below + f64::from(steps) * HEIGHT);
        all.extend([(right, above), (right, below), (left, above), (left, below)]);
        if steps > 0 {
            all.extend([(middle, above), (middle, below)]);
        }
    }
    all.into_iter().map(|(left, top)| (left, top, left + width, top + HEIGHT)).collect()
}

/// Returns the line from a point to its label; `None` if the label is right beside it.
fn leader((x, y, _): (f64, f64, f64), label: Room) -> Option<[(f64, f64); 2]> {
    let nearest = (x.clamp(label.0, label.2), y.clamp(label.1, label.3));
    let away = (nearest.0 - x).hypot(nearest.1 - y);
    // A corner is farther than a side.
    let from = |part: f64| (x + (nearest.0 - x) * part, y + (nearest.1 - y) * part);
    (away > 1.5 * GAP).then(|| [from(POINT / away), nearest])
}

/// Returns the area that two rectangles have in common.
fn common(one: Room, other: Room) -> f64 {
    let side = |from: f64, to: f64| (to - from).max(0.0);
    side(one.0.max(other.0), one.2.min(other.2)) * side(one.1.max(other.1), one.3.min(other.3))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = (0.0, 0.0, 300.0, 200.0);

    /// Checks that labels of this width are within [`ROOM`], and overlap neither each other nor other points.
    fn are_apart(places: &[(f64, f64)], width: f64) -> Vec<Label> {
        let points: Vec<(f64, f64, f64)> = places.iter().map(|&(x, y)| (x, y, width)).collect();
        let labels = placed(&points, ROOM);
        let room = |label: &Label| (label.at.0, label.at.1 - 10.0, label.at.0 + width, label.at.1 + 3.0);
        let rooms: Vec<Room> = labels.iter().map(room).collect();
        for (place, one) in rooms.iter().enumerate() {
            assert!(one.0 >= ROOM.0 && one.1 >= ROOM.1 && one.2 <= ROOM.2 && one.3 <= ROOM.3, "{rooms:?}");
            assert!(rooms[..place].iter().all(|other| common(*one, *other) == 0.0), "{rooms:?}");
            let others = places.iter().enumerate().filter(|(other, _)| *other != place);
            for (_, &(x, y)) in others {
                assert_eq!(common(*one, (x - POINT, y - POINT, x + POINT, y + POINT)), 0.0, "{rooms:?}");
            }
        }
        labels
    }

    #[test]
    fn a_label_is_on_the_right_if_there_is_room() {
        let beside = |at| [Label { at, leader: None }];
        assert_eq!(placed(&[(100.0, 100.0, 50.0)], ROOM), beside((108.0, 103.5)));
        assert_eq!(placed(&[(280.0, 100.0, 50.0)], ROOM), beside((222.0, 103.5)), "otherwise on the left");
    }

    #[test]
    fn labels_overlap_neither_each_other_nor_points() {
        let labels = are_apart(&[(60.0, 50.0), (90.0, 52.0), (120.0, 50.0), (88.0, 80.0)], 60.0);
        assert!(labels.iter().all(|label| label.leader.is_none()), "{labels:?}");
    }

    #[test]
    fn crowded_points_have_lines_to_distant_labels() {
        let crowd: Vec<(f64, f64)> = (0..10).map(|n| (100.0 + 12.0 * f64::from(n), 90.0 + f64::from(n % 3))).collect();
        let labels = are_apart(&crowd, 60.0);
        let away: Vec<_> =
            labels.iter().zip(&crowd).filter_map(|(label, point)| Some((label.leader?, point))).collect();
        assert!(!away.is_empty(), "{labels:?}");
        for ([from, to], &(x, y)) in away {
            assert!(((from.0 - x).hypot(from.1 - y) - POINT).abs() < 1e-9, "it begins at the edge of its point");
            assert!((to.0 - x).hypot(to.1 - y) > 1.5 * GAP);
        }
    }
}
