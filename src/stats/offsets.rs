//! Offsets from differences: one figure for each commit, by least squares over differences that several runs measured.
//!
//! A run measures several commits in the same rounds, so its differences share samples: the difference of commits 1 and
//! 3 is the sum of the differences of 1 and 2 and of 2 and 3, and adds no information. Least squares that treats them
//! as independent would report about half of the true uncertainty. So each run is first reduced to a log figure for
//! each of its commits, each with its own variance, up to a constant that all share. Runs are independent of each
//! other. The offsets are the generalised least squares over the runs. With a single run, they agree with each of its
//! differences.
//!
//! Several runs overdetermine the offsets. If χ² ÷ degrees of freedom exceeds 1, they disagree by more than their
//! intervals allow, and all errors are multiplied by its root (Birge 1932, *The Calculation of Errors by the Method of
//! Least Squares*).

use crate::stats::cholesky::Cholesky;
use crate::stats::median::median;
use crate::stats::passes::MIN_PASSES;

/// A difference of two nodes' logarithms, measured side by side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Difference {
    /// The node.
    pub of: usize,
    /// The node that it is compared with.
    pub to: usize,
    /// The difference of their logarithms.
    pub log: f64,
    /// Its standard error.
    pub error: f64,
    /// The number of rounds.
    pub rounds: usize,
}

/// The offsets of nodes, in parts that no difference connects.
#[derive(Clone, Debug)]
pub(crate) struct Offsets {
    /// The parts, in the order of their first nodes.
    pub parts: Vec<Part>,
    /// The sum of the squared deviations of the runs from the offsets, in units of their variances.
    pub chi_square: f64,
    /// The degrees of freedom of that sum: 0 if each difference is measured once.
    pub freedom: usize,
}

/// Nodes that differences connect.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// The nodes, in ascending order.
    pub nodes: Vec<usize>,
    /// The degrees of freedom of the errors.
    pub freedom: usize,
    /// The logarithm of each node's offset, relative to the first.
    logs: Vec<f64>,
    /// The covariances of the offsets, without the first node's, which is fixed.
    covariance: Vec<Vec<f64>>,
    /// The factor by which disagreement between runs widens the errors.
    widening: f64,
}

impl Part {
    /// Returns the difference of two of its nodes' logarithms, and its standard error; `None` for another part's node.
    pub(crate) fn difference(&self, of: usize, to: usize) -> Option<(f64, f64)> {
        let [of, to] = [of, to].map(|node| self.nodes.binary_search(&node).ok());
        let (of, to) = (of?, to?);
        let covariance = |a: usize, b: usize| if a == 0 || b == 0 { 0.0 } else { self.covariance[a - 1][b - 1] };
        let variance = covariance(of, of) + covariance(to, to) - 2.0 * covariance(of, to);
        Some((self.logs[of] - self.logs[to], variance.max(0.0).sqrt() * self.widening))
    }
}

/// One run's estimates for some nodes: the logarithm and the variance of each, up to a constant.
struct Block {
    nodes: Vec<usize>,
    logs: Vec<f64>,
    variances: Vec<f64>,
}

/// Estimates offsets from the differences of several runs.
pub(crate) fn offsets(runs: &[Vec<Difference>]) -> Offsets {
    let blocks: Vec<Block> = runs.iter().flat_map(|run| blocks(run)).collect();
    let groups: Vec<&[usize]> = blocks.iter().map(|block| block.nodes.as_slice()).collect();
    let parts = connected(&groups).into_iter().map(|nodes| {
        let of_part: Vec<&Block> = blocks.iter().filter(|block| nodes.binary_search(&block.nodes[0]).is_ok()).collect();
        part(nodes, &of_part)
    });
    let parts: Vec<(Part, f64, usize)> = parts.collect();
    let chi_square: f64 = parts.iter().map(|(_, chi_square, _)| chi_square).sum();
    let freedom: usize = parts.iter().map(|(_, _, freedom)| freedom).sum();
    let widening = if freedom == 0 { 1.0 } else { (chi_square / freedom as f64).max(1.0).sqrt() };
    let parts = parts.into_iter().map(|(part, ..)| Part { widening, ..part }).collect();
    Offsets { parts, chi_square, freedom }
}

/// Estimates the offsets of one part. Returns the part with its χ² and degrees of freedom.
fn part(nodes: Vec<usize>, blocks: &[&Block]) -> (Part, f64, usize) {
    let place = |node: &usize| nodes.binary_search(node).expect("a node of the part");
    let count = nodes.len();
    let (mut matrix, mut right) = (vec![vec![0.0; count]; count], vec![0.0; count]);
    for block in blocks {
        let places: Vec<usize> = block.nodes.iter().map(place).collect();
        let weights: Vec<f64> = block.variances.iter().map(|variance| 1.0 / variance).collect();
        let all: f64 = weights.iter().sum();
        let mean = mean(&block.logs, &weights);
        for (i, &row) in places.iter().enumerate() {
            right[row] += weights[i] * (block.logs[i] - mean);
            matrix[row][row] += weights[i];
            for (j, &column) in places.iter().enumerate() {
                matrix[row][column] -= weights[i] * weights[j] / all;
            }
        }
    }
    let solved = Cholesky::of(&without_first(&matrix)).expect("differences connect the nodes of a part");
    let logs: Vec<f64> = std::iter::once(0.0).chain(solved.solve(&right[1..])).collect();
    let deviation = |block: &&Block| {
        let weights: Vec<f64> = block.variances.iter().map(|variance| 1.0 / variance).collect();
        let rests = block.nodes.iter().zip(&block.logs).map(|(node, log)| log - logs[place(node)]);
        let rests: Vec<f64> = rests.collect();
        let mean = mean(&rests, &weights);
        rests.iter().zip(&weights).map(|(rest, weight)| weight * (rest - mean).powi(2)).sum::<f64>()
    };
    let chi_square = blocks.iter().map(deviation).sum();
    let known: usize = blocks.iter().map(|block| block.nodes.len() - 1).sum();
    let covariance = solved.inverse();
    // Each commit of a run has a separate error, from the run's passes.
    let part = Part { nodes, freedom: known * (MIN_PASSES - 1), logs, covariance, widening: 1.0 };
    (part, chi_square, known + 1 - count)
}

fn mean(values: &[f64], weights: &[f64]) -> f64 {
    let sum: f64 = values.iter().zip(weights).map(|(value, weight)| value * weight).sum();
    sum / weights.iter().sum::<f64>()
}

/// Returns a matrix without its first row and column.
fn without_first(matrix: &[Vec<f64>]) -> Vec<Vec<f64>> {
    matrix[1..].iter().map(|row| row[1..].to_vec()).collect()
}

/// Reduces the differences of one run to estimates of its nodes: a block for each of its connected parts.
fn blocks(run: &[Difference]) -> Vec<Block> {
    let run = steadied(run);
    let pairs: Vec<[usize; 2]> = run.iter().map(|difference| [difference.of, difference.to]).collect();
    let groups: Vec<&[usize]> = pairs.iter().map(<[usize; 2]>::as_slice).collect();
    let block = |nodes: Vec<usize>| {
        let own = run.iter().filter(|difference| nodes.binary_search(&difference.of).is_ok());
        let placed = own.map(|difference| {
            let place = |node| nodes.binary_search(&node).expect("both nodes are of one part");
            Difference { of: place(difference.of), to: place(difference.to), ..*difference }
        });
        let own: Vec<Difference> = placed.collect();
        Block { logs: logs(nodes.len(), &own), variances: variances(nodes.len(), &own), nodes }
    };
    connected(&groups).into_iter().map(block).collect()
}

/// Raises errors that are small by chance. An error is based on six passes, and among many differences the smallest
/// error would look the most certain. All differences of a run measure the same work on the same machine, so each error
/// is raised to the run's median for its number of rounds.
fn steadied(run: &[Difference]) -> Vec<Difference> {
    /// No error is below a hundredth of a percent.
    const MIN_ERROR: f64 = 1e-4;
    let rounds = |difference: &Difference| difference.rounds.max(1) as f64;
    let of_round = median(run.iter().map(|difference| difference.error.powi(2) * rounds(difference))).unwrap_or(0.0);
    let steady = |difference: &Difference| {
        let usual = (of_round / rounds(difference)).sqrt();
        Difference { error: difference.error.max(usual).max(MIN_ERROR), ..*difference }
    };
    run.iter().filter(|difference| difference.of != difference.to).map(steady).collect()
}

/// Returns the logarithms of a run's nodes, with 0 for the first, by weighted least squares.
fn logs(count: usize, differences: &[Difference]) -> Vec<f64> {
    let (mut matrix, mut right) = (vec![vec![0.0; count]; count], vec![0.0; count]);
    for &Difference { of, to, log, error, .. } in differences {
        let weight = error.powi(-2);
        for (row, other, sign) in [(of, to, 1.0), (to, of, -1.0)] {
            matrix[row][row] += weight;
            matrix[row][other] -= weight;
            right[row] += sign * weight * log;
        }
    }
    let solved = Cholesky::of(&without_first(&matrix)).expect("differences connect the nodes of a block");
    std::iter::once(0.0).chain(solved.solve(&right[1..])).collect()
}

/// Returns the variances of a run's nodes. The variance of a difference is the sum of the variances of its two nodes,
/// which least squares separates. If the differences leave this undetermined, nodes share equally.
fn variances(count: usize, differences: &[Difference]) -> Vec<f64> {
    /// The weight of the mean variance relative to each difference.
    const TO_THE_MEAN: f64 = 0.1;
    /// The minimum variance of a node, as a part of the mean variance.
    const MIN_VARIANCE: f64 = 0.25;
    let sum: f64 = differences.iter().map(|difference| difference.error.powi(2)).sum();
    let usual = sum / differences.len() as f64 / 2.0;
    let mut matrix = vec![vec![0.0; count]; count];
    let mut right = vec![TO_THE_MEAN * usual; count];
    for (place, row) in matrix.iter_mut().enumerate() {
        row[place] = TO_THE_MEAN;
    }
    for &Difference { of, to, error, .. } in differences {
        for (row, other) in [(of, to), (to, of)] {
            matrix[row][row] += 1.0;
            matrix[row][other] += 1.0;
            right[row] += error.powi(2);
        }
    }
    let solved = Cholesky::of(&matrix).expect("a sum of squares and a part of the unit matrix");
    let variances: Vec<f64> =
        solved.solve(&right).into_iter().map(|variance| variance.max(MIN_VARIANCE * usual)).collect();
    // The total uncertainty of the differences does not shrink.
    let explained: f64 = differences.iter().map(|difference| variances[difference.of] + variances[difference.to]).sum();
    let factor = (sum / explained).max(1.0);
    variances.into_iter().map(|variance| variance * factor).collect()
}

/// Joins groups that share a node. Returns the nodes of each, in ascending order.
fn connected(groups: &[&[usize]]) -> Vec<Vec<usize>> {
    let mut parts: Vec<Vec<usize>> = Vec::new();
    for group in groups {
        let mut joined = group.to_vec();
        parts.retain_mut(|part| {
            let is_apart = !part.iter().any(|node| group.contains(node));
            if !is_apart {
                joined.append(part);
            }
            is_apart
        });
        joined.sort_unstable();
        joined.dedup();
        parts.push(joined);
    }
    parts.sort_unstable();
    parts
}

#[cfg(test)]
mod tests;
