//! A treemap: rectangles whose areas are proportional to sizes, as square as possible.
//!
//! The method is that of Bruls, Huizing and van Wijk, *Squarified treemaps* (2000): sizes fill the shorter side of the
//! free area in a row for as long as that makes the row's rectangles squarer.

/// A rectangle: its upper left corner, width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Area {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

impl Area {
    /// Cuts a strip of a thickness off the side along which rows are placed. Returns the strip and the rest.
    fn cut(self, thickness: f64) -> (Self, Self) {
        let Self { x, y, width, height } = self;
        if width >= height {
            (Self { width: thickness, ..self }, Self { x: x + thickness, width: width - thickness, ..self })
        } else {
            (Self { height: thickness, ..self }, Self { y: y + thickness, height: height - thickness, ..self })
        }
    }

    /// Divides the area along its longer side in proportion to sizes.
    fn divided(self, sizes: &[f64], is_column: bool) -> impl Iterator<Item = Self> {
        let total: f64 = sizes.iter().sum();
        let mut before = 0.0;
        sizes.iter().map(move |size| {
            let (from, part) = (before / total, size / total);
            before += size;
            if is_column {
                Self { y: self.y + from * self.height, height: part * self.height, ..self }
            } else {
                Self { x: self.x + from * self.width, width: part * self.width, ..self }
            }
        })
    }
}

/// Returns the rectangle of each size within an area, in the order given. Sizes in descending order give the squarest
/// rectangles; a size of 0 gets no area.
pub(crate) fn treemap(sizes: &[f64], area: Area) -> Vec<Area> {
    let mut rectangles = Vec::with_capacity(sizes.len());
    let mut free = area;
    let mut rest = sizes;
    while !rest.is_empty() {
        let left: f64 = rest.iter().sum();
        if left <= 0.0 {
            rectangles.extend(rest.iter().map(|_| Area { width: 0.0, height: 0.0, ..free }));
            break;
        }
        let scale = free.width * free.height / left;
        let side = free.width.min(free.height);
        let mut count = 1;
        while count < rest.len() && worst(&rest[..=count], scale, side) <= worst(&rest[..count], scale, side) {
            count += 1;
        }
        let (row, after) = rest.split_at(count);
        let is_column = free.width >= free.height;
        let (strip, free_after) = free.cut(row.iter().sum::<f64>() * scale / side);
        rectangles.extend(strip.divided(row, is_column));
        (free, rest) = (free_after, after);
    }
    rectangles
}

/// Returns the greatest ratio of sides in a row of sizes along a side.
fn worst(row: &[f64], scale: f64, side: f64) -> f64 {
    let thickness = row.iter().sum::<f64>() * scale / side;
    let ratio = |size: &f64| {
        let length = size * scale / thickness;
        (length / thickness).max(thickness / length)
    };
    row.iter().map(ratio).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const WHOLE: Area = Area { x: 10.0, y: 20.0, width: 600.0, height: 400.0 };

    #[test]
    fn rows_fill_the_shorter_side() {
        // The example of the paper: 6, 6, 4, 3, 2, 2, 1 in a rectangle of 6 by 4.
        let area = Area { x: 0.0, y: 0.0, width: 6.0, height: 4.0 };
        let rectangles = treemap(&[6.0, 6.0, 4.0, 3.0, 2.0, 2.0, 1.0], area);
        assert_eq!(rectangles[0], Area { x: 0.0, y: 0.0, width: 3.0, height: 2.0 });
        assert_eq!(rectangles[1], Area { x: 0.0, y: 2.0, width: 3.0, height: 2.0 });
        let third = rectangles[2];
        assert!((third.width - 12.0 / 7.0).abs() < 1e-9 && (third.height - 7.0 / 3.0).abs() < 1e-9, "{third:?}");
    }

    #[test]
    fn sizes_of_zero_have_no_area() {
        assert_eq!(treemap(&[], WHOLE), []);
        assert_eq!(treemap(&[0.0], WHOLE)[0].width, 0.0);
    }

    proptest! {
        #[test]
        fn areas_are_proportional_and_within_the_whole(sizes in prop::collection::vec(0.1_f64..1_000.0, 1..40)) {
            let total: f64 = sizes.iter().sum();
            let rectangles = treemap(&sizes, WHOLE);
            prop_assert_eq!(rectangles.len(), sizes.len());
            for (size, area) in sizes.iter().zip(rectangles) {
                let wanted = size / total * WHOLE.width * WHOLE.height;
                prop_assert!((area.width * area.height - wanted).abs() < 1e-6 * wanted + 1e-6);
                prop_assert!(area.x >= WHOLE.x - 1e-6 && area.x + area.width <= WHOLE.x + WHOLE.width + 1e-6);
                prop_assert!(area.y >= WHOLE.y - 1e-6 && area.y + area.height <= WHOLE.y + WHOLE.height + 1e-6);
            }
        }
    }
}
