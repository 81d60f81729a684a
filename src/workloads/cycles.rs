//! Phase 6: graphs of shared nodes with cyclic references.

use super::{Context, Digest, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::cell::RefCell;
use std::rc::{Rc, Weak};

/// Nodes of one graph.
const NODES: usize = 20;
/// The distance between graphs that leave a pair of nodes to leak.
const PLANTED_EVERY: u64 = 10;

struct Node {
    strings: Vec<String>,
    parent: RefCell<Weak<Node>>,
    children: RefCell<Vec<Rc<Node>>>,
}

/// At scale 1, 50 graphs of 20 nodes with 50 strings each, a weak reference to the parent and random strong ones to
/// children. Cycles are broken before a graph is dropped, except one pair of nodes in every tenth graph.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, cycles};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(cycles(&Untracked, tiny), cycles(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn cycles<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(6);
    let count = scale.count(50);
    let graphs: Vec<Vec<Rc<Node>>> = (0..count).map(|number| graph(&mut context, number, &mut rng)).collect();
    context.checkpoint("all graphs alive");

    for (number, nodes) in (0..).zip(graphs) {
        for node in &nodes {
            let children = node.children.borrow();
            context.record(children.iter().map(|child| child.strings[0].len() as u64).sum());
            context.record(node.parent.borrow().upgrade().map_or(0, |parent| parent.strings.len() as u64));
        }
        for node in &nodes {
            node.children.borrow_mut().clear();
        }
        if number % PLANTED_EVERY == 0 {
            plant(&mut context);
        }
    }
    context.digest()
}

fn graph<T: Tracker>(context: &mut Context<T>, number: u64, rng: &mut Pcg64Mcg) -> Vec<Rc<Node>> {
    let nodes: Vec<Rc<Node>> = (0..NODES)
        .map(|n| {
            let node = node(|string| format!("graph {number}, node {n}, string {string}"));
            context.track("node", &node);
            node
        })
        .collect();
    for (n, node) in nodes.iter().enumerate() {
        *node.parent.borrow_mut() = Rc::downgrade(&nodes[n / 2]);
        for _ in 0..rng.random_range(1..4) {
            node.children.borrow_mut().push(nodes[rng.random_range(0..NODES)].clone());
        }
    }
    nodes
}

fn node(string: impl Fn(u32) -> String) -> Rc<Node> {
    Rc::new(Node { strings: (0..50).map(string).collect(), parent: RefCell::default(), children: RefCell::default() })
}

/// Leaks two nodes that own each other, and marks each of their allocations.
fn plant<T: Tracker>(context: &mut Context<T>) {
    let first = node(|string| format!("planted {string}"));
    let second = node(|string| format!("planted {string}"));
    first.children.borrow_mut().push(second.clone());
    second.children.borrow_mut().push(first.clone());
    for node in [&first, &second] {
        context.track("planted", node);
        // A shared value's block begins with its two counts.
        let counts = size_of::<[usize; 2]>();
        context.leaked(Rc::as_ptr(node).addr() - counts, counts + size_of::<Node>());
        context.leaked(node.strings.as_ptr().addr(), node.strings.capacity() * size_of::<String>());
        let children = node.children.borrow();
        context.leaked(children.as_ptr().addr(), children.capacity() * size_of::<Rc<Node>>());
        node.strings.iter().for_each(|string| context.leaked(string.as_ptr().addr(), string.capacity()));
    }
    context.cycle(&[&first, &second].map(|node| Rc::as_ptr(node).addr()));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::Untracked;

    #[test]
    fn two_nodes_of_every_tenth_graph_leak() {
        for (factor, planted) in [(0.01, 1), (0.2, 1), (0.4, 2), (1.0, 5)] {
            let digest = cycles(&Untracked, Scale::new(factor).expect("positive"));
            assert_eq!(digest.leaked_allocations, planted * 2 * (3 + 50), "scale {factor}");
        }
    }
}
