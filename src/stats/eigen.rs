//! Eigenvalues of a symmetric matrix, by Jacobi's method (Golub and Van Loan, *Matrix Computations*, section 8.5):
//! rotations in two coordinates, each of which zeroes one pair of elements, until only the diagonal is left. The
//! matrices here have a row for each feature of a workload.

/// An eigenvalue, and its eigenvector of length 1.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Eigen {
    pub(crate) value: f64,
    pub(crate) vector: Vec<f64>,
}

/// The number of sweeps over all pairs after which the rest is rounding error: the rest squares with each sweep.
const SWEEPS: usize = 60;

/// Returns the eigenvalues of a symmetric matrix, in descending order. The largest element of each vector is positive.
pub(crate) fn eigen(matrix: &[Vec<f64>]) -> Vec<Eigen> {
    let size = matrix.len();
    let mut matrix = matrix.to_vec();
    let unit = |place| (0..size).map(|other| f64::from(u8::from(other == place))).collect();
    // The rows are the vectors.
    let mut vectors: Vec<Vec<f64>> = (0..size).map(unit).collect();
    for _ in 0..SWEEPS {
        for one in 0..size {
            for other in one + 1..size {
                rotate(&mut matrix, &mut vectors, one, other);
            }
        }
    }
    let turned = |mut vector: Vec<f64>| {
        let greatest = vector.iter().copied().max_by(|a, b| a.abs().total_cmp(&b.abs())).unwrap_or(0.0);
        vector.iter_mut().for_each(|element| *element *= greatest.signum());
        vector
    };
    let all = vectors.into_iter().enumerate();
    let mut all: Vec<Eigen> =
        all.map(|(place, vector)| Eigen { value: matrix[place][place], vector: turned(vector) }).collect();
    all.sort_by(|a, b| b.value.total_cmp(&a.value));
    all
}

/// Zeroes one pair of elements by a rotation, and rotates the vectors with it.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], one: usize, other: usize) {
    if matrix[one][other] == 0.0 {
        return;
    }
    let ratio = (matrix[other][other] - matrix[one][one]) / (2.0 * matrix[one][other]);
    let tangent = ratio.signum() / (ratio.abs() + ratio.hypot(1.0));
    let cosine = 1.0 / tangent.hypot(1.0);
    let sine = tangent * cosine;
    let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for row in matrix.iter_mut() {
        (row[one], row[other]) = turn(row[one], row[other]);
    }
    for rows in [matrix, vectors] {
        let (first, second) = (rows[one].clone(), rows[other].clone());
        (rows[one], rows[other]) = first.into_iter().zip(second).map(|(a, b)| turn(a, b)).unzip();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_near(given: &[f64], wanted: &[f64]) {
        let near = given.iter().zip(wanted).all(|(given, wanted)| (given - wanted).abs() < 1e-9);
        assert!(given.len() == wanted.len() && near, "{given:?} instead of {wanted:?}");
    }

    fn values(matrix: &[Vec<f64>]) -> Vec<f64> {
        eigen(matrix).iter().map(|eigen| eigen.value).collect()
    }

    #[test]
    fn known_matrices_have_their_eigenvalues() {
        let two = eigen(&[vec![2.0, 1.0], vec![1.0, 2.0]]);
        is_near(&[two[0].value, two[1].value], &[3.0, 1.0]);
        is_near(&two[0].vector, &[0.5_f64.sqrt(); 2]);
        // The second difference of three points: 2 − √2, 2 and 2 + √2.
        let root = 2.0_f64.sqrt();
        let three = [vec![2.0, -1.0, 0.0], vec![-1.0, 2.0, -1.0], vec![0.0, -1.0, 2.0]];
        is_near(&values(&three), &[2.0 + root, 2.0, 2.0 - root]);
        // Hilbert's matrix of order 3.
        let hilbert: Vec<Vec<f64>> =
            (0..3).map(|row| (0..3).map(|column| 1.0 / f64::from(row + column + 1)).collect()).collect();
        is_near(&values(&hilbert), &[1.408_318_927_123_654, 0.122_327_065_853_906, 0.002_687_340_355_773]);
        is_near(&values(&[vec![5.0, 0.0], vec![0.0, 7.0]]), &[7.0, 5.0]);
        assert!(eigen(&[]).is_empty());
    }

    proptest! {
        #[test]
        fn a_matrix_times_its_vector_is_the_vector_times_its_value(
            elements in prop::collection::vec(-10.0_f64..10.0, 21),
        ) {
            let place = |row: usize, column: usize| row.max(column) * (row.max(column) + 1) / 2 + row.min(column);
            let matrix: Vec<Vec<f64>> =
                (0..6).map(|row| (0..6).map(|column| elements[place(row, column)]).collect()).collect();
            for Eigen { value, vector } in eigen(&matrix) {
                let length: f64 = vector.iter().map(|element| element * element).sum();
                prop_assert!((length - 1.0).abs() < 1e-9);
                for (row, element) in matrix.iter().zip(&vector) {
                    let product: f64 = row.iter().zip(&vector).map(|(a, b)| a * b).sum();
                    prop_assert!((product - value * element).abs() < 1e-7, "{product} {}", value * element);
                }
            }
        }
    }
}
