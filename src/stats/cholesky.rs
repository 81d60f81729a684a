//! The Cholesky decomposition of a symmetric matrix, for the normal equations of least squares (Golub and Van Loan,
//! *Matrix Computations*, section 4.2). Matrices here have a row for each commit, so dense ones are small.

/// A symmetric, positive definite matrix as the product of a lower triangle and its transpose.
pub(crate) struct Cholesky {
    /// The rows of the lower triangle, each up to its diagonal.
    rows: Vec<Vec<f64>>,
}

impl Cholesky {
    /// Decomposes a symmetric matrix; reads only its lower triangle. `None` if it is not positive definite.
    pub(crate) fn of(matrix: &[Vec<f64>]) -> Option<Self> {
        /// A pivot below this part of its diagonal is zero, up to rounding.
        const MIN_PIVOT: f64 = 1e-12;
        let mut rows: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
        for (i, line) in matrix.iter().enumerate() {
            let mut row = Vec::with_capacity(i + 1);
            for above in &rows {
                let rest = line[row.len()] - dot(&row, above);
                row.push(rest / above[above.len() - 1]);
            }
            let pivot = line[i] - dot(&row, &row);
            if pivot.is_nan() || pivot <= line[i].abs() * MIN_PIVOT {
                return None;
            }
            row.push(pivot.sqrt());
            rows.push(row);
        }
        Some(Self { rows })
    }

    /// Returns the solution of the linear equations with this right-hand side.
    pub(crate) fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut solution: Vec<f64> = Vec::with_capacity(right.len());
        for (row, right) in self.rows.iter().zip(right) {
            solution.push((right - dot(row, &solution)) / row[row.len() - 1]);
        }
        for (i, row) in self.rows.iter().enumerate().rev() {
            solution[i] /= row[i];
            for j in 0..i {
                solution[j] -= row[j] * solution[i];
            }
        }
        solution
    }

    /// Returns the inverse, row by row.
    pub(crate) fn inverse(&self) -> Vec<Vec<f64>> {
        let unit = |place| (0..self.rows.len()).map(|other| f64::from(u8::from(other == place))).collect::<Vec<_>>();
        (0..self.rows.len()).map(|place| self.solve(&unit(place))).collect()
    }
}

/// Returns the sum of the products of two rows, up to the end of the shorter one.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_near(given: &[f64], wanted: &[f64]) {
        let near = given.iter().zip(wanted).all(|(given, wanted)| (given - wanted).abs() < 1e-9);
        assert!(given.len() == wanted.len() && near, "{given:?} instead of {wanted:?}");
    }

    #[test]
    fn equations_are_solved() {
        // The example of Golub and Van Loan: [[2, −2], [−2, 5]] = L·Lᵀ with L = [[√2, 0], [−√2, √3]].
        let two = Cholesky::of(&[vec![2.0, -2.0], vec![-2.0, 5.0]]).expect("positive definite");
        is_near(&two.rows[1], &[-2.0_f64.sqrt(), 3.0_f64.sqrt()]);
        is_near(&two.solve(&[2.0, 1.0]), &[2.0, 1.0]);
        let three = [vec![4.0, 1.0, 0.0], vec![1.0, 3.0, 1.0], vec![0.0, 1.0, 2.0]];
        is_near(&Cholesky::of(&three).expect("positive definite").solve(&[6.0, 10.0, 8.0]), &[1.0, 2.0, 3.0]);
    }

    #[test]
    fn an_inverse_times_its_matrix_is_the_unit_matrix() {
        let matrix = [vec![4.0, 1.0, 0.5], vec![1.0, 3.0, 1.0], vec![0.5, 1.0, 2.0]];
        let inverse = Cholesky::of(&matrix).expect("positive definite").inverse();
        for (place, row) in inverse.iter().enumerate() {
            let product: Vec<f64> = matrix.iter().map(|column| dot(row, column)).collect();
            is_near(&product, &[0, 1, 2].map(|other| f64::from(u8::from(other == place))));
        }
    }

    #[test]
    fn a_matrix_without_an_inverse_is_refused() {
        // The Laplacian of two nodes is singular: their mean is free.
        assert!(Cholesky::of(&[vec![1.0, -1.0], vec![-1.0, 1.0]]).is_none());
        assert!(Cholesky::of(&[vec![1.0, 2.0], vec![2.0, 1.0]]).is_none());
        assert!(Cholesky::of(&[vec![f64::NAN]]).is_none());
        assert!(Cholesky::of(&[]).expect("nothing to solve").solve(&[]).is_empty());
    }
}
