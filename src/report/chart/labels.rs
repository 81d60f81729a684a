//! Labels of points, placed so that they overlap neither each other nor other points.

/// The height of a label, and the distance from its point.
const HEIGHT: f64 = 13.0;
const GAP: f64 = 8.0;
/// Half of the width of a point.
const POINT: f64 = 5.0;

/// A rectangle: left, top, right and bottom.
type Room = (f64, f64, f64, f64);

/// Returns the left end of each label and its baseline, in the order given. Points come with the widths of their
/// labels; labels stay within the area if possible. A label takes the first free side of its point: right, left, above,
/// below and the corners; if none is free, the right.
pub(crate) fn placed(points: &[(f64, f64, f64)], within: Room) -> Vec<(f64, f64)> {
    let mut taken: Vec<Room> = points.iter().map(|&(x, y, _)| (x - POINT, y - POINT, x + POINT, y + POINT)).collect();
    let mut places = Vec::with_capacity(points.len());
    for (own, &(x, y, width)) in points.iter().enumerate() {
        let (right, left, middle) = (x + GAP, x - GAP - width, x - width / 2.0);
        let (above, below) = (y - GAP - HEIGHT, y + GAP);
        let beside = y - HEIGHT / 2.0;
        let sides = [
            (right, beside),
            (left, beside),
            (middle, above),
            (middle, below),
            (right, above),
            (right, below),
            (left, above),
            (left, below),
        ];
        let room = |(left, top): (f64, f64)| (left, top, left + width, top + HEIGHT);
        let is_free = |side: &&(f64, f64)| {
            let room = room(**side);
            let is_inside = room.0 >= within.0 && room.1 >= within.1 && room.2 <= within.2 && room.3 <= within.3;
            is_inside && taken.iter().enumerate().all(|(place, other)| place == own || !overlap(room, *other))
        };
        let side = *sides.iter().find(is_free).unwrap_or(&sides[0]);
        taken.push(room(side));
        places.push((side.0, side.1 + HEIGHT - 3.0));
    }
    places
}

fn overlap(one: Room, other: Room) -> bool {
    one.0 < other.2 && other.0 < one.2 && one.1 < other.3 && other.1 < one.3
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOM: Room = (0.0, 0.0, 300.0, 200.0);

    #[test]
    fn a_label_stands_at_the_right_if_there_is_room() {
        assert_eq!(placed(&[(100.0, 100.0, 50.0)], ROOM), [(108.0, 103.5)]);
        assert_eq!(placed(&[(280.0, 100.0, 50.0)], ROOM), [(222.0, 103.5)], "else at the left");
    }

    #[test]
    fn labels_overlap_neither_each_other_nor_points() {
        let points: Vec<(f64, f64, f64)> =
            [(60.0, 50.0), (90.0, 52.0), (120.0, 50.0), (88.0, 80.0)].map(|(x, y)| (x, y, 60.0)).to_vec();
        let room = |&(x, y): &(f64, f64)| (x, y - 10.0, x + 60.0, y + 3.0);
        let labels: Vec<Room> = placed(&points, ROOM).iter().map(room).collect();
        for (place, label) in labels.iter().enumerate() {
            assert!(labels[..place].iter().all(|other| !overlap(*label, *other)), "{labels:?}");
            let others = points.iter().enumerate().filter(|(other, _)| *other != place);
            for (_, &(x, y, _)) in others {
                assert!(!overlap(*label, (x - POINT, y - POINT, x + POINT, y + POINT)), "{labels:?}");
            }
        }
    }
}
