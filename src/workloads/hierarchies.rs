//! Phase 2: deep types with many levels of indirection, and recursive trees.

use super::{Context, Digest, Map, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};

/// A branch of a hierarchy's top level: a queue of boxed maps of strings.
type Branch = Arc<Mutex<VecDeque<Box<Map<u64, Vec<String>>>>>>;

/// One node of a recursive tree.
struct Node {
    strings: Vec<String>,
    children: Vec<Box<Node>>,
}

/// At scale 1, 50 hierarchies of 20 branches × 10 maps × 15 entries × 8 strings, one after the other; then 20 trees of
/// depth 4 and fan-out 5 with 20 strings a node, all alive at once.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, hierarchies};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(hierarchies(&Untracked, tiny), hierarchies(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn hierarchies<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(2);

    let count = scale.count(50);
    for number in 0..count {
        let hierarchy: Box<BTreeMap<String, Branch>> =
            Box::new((0..20).map(|n| (format!("branch {n} of {number}"), branch(&mut context, &mut rng))).collect());
        context.track("hierarchy", &hierarchy);
        if number + 1 == count {
            context.checkpoint("the last hierarchy alive");
        }
        for (name, branch) in hierarchy.iter() {
            let maps = branch.lock().expect("no one panics with the lock");
            let strings = maps.iter().flat_map(|map| map.values().flatten());
            context.record(strings.map(|string| string.len() as u64).sum::<u64>() + name.len() as u64);
        }
    }

    let trees: Vec<Box<Node>> = (0..scale.count(20))
        .map(|_| {
            let root = tree(4, &mut rng);
            context.track("tree", &root);
            root
        })
        .collect();
    context.checkpoint("all trees alive");
    for root in &trees {
        context.record(weight(root));
    }
    context.digest()
}

fn branch<T: Tracker>(context: &mut Context<T>, rng: &mut Pcg64Mcg) -> Branch {
    let strings =
        |rng: &mut Pcg64Mcg| (0..8).map(|n| format!("leaf {n}: {}", rng.random_range(0..1_000_000))).collect();
    let maps = (0..10).map(|_| Box::new((0..15).map(|key| (key, strings(rng))).collect())).collect();
    let branch = Arc::new(Mutex::new(maps));
    context.track("branch", &branch);
    branch
}

fn tree(depth: u32, rng: &mut Pcg64Mcg) -> Box<Node> {
    let strings = (0..20).map(|n| format!("node at {depth}, string {n}: {}", rng.random_range(0..1_000_000))).collect();
    let fan_out = if depth == 0 { 0 } else { 5 };
    Box::new(Node { strings, children: (0..fan_out).map(|_| tree(depth - 1, rng)).collect() })
}

fn weight(node: &Node) -> u64 {
    let own: u64 = node.strings.iter().map(|string| string.len() as u64).sum();
    node.children.iter().fold(own, |sum, child| sum.wrapping_mul(31).wrapping_add(weight(child)))
}
