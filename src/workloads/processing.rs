//! Phase 4: large data sets, parallel batches, and stores of users and posts that pass through JSON and back.

use super::{Context, Digest, Map, Scale, Tracker};
use rand::RngExt;
use rand_pcg::Pcg64Mcg;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct User {
    id: u64,
    name: String,
    email: String,
    posts: Vec<Post>,
}

#[derive(Serialize, Deserialize)]
struct Post {
    title: String,
    content: String,
    tags: Vec<String>,
    likes: u32,
}

/// At scale 1, 1,000 data sets of 2,000 numbers, 500 parallel batches of 5,000 points, and 20 stores of 100 users with
/// 10 posts each, indexed by tag and passed once through JSON.
///
/// ```
/// use memscope_bench::workloads::{Scale, Untracked, processing};
///
/// let tiny = Scale::new(0.001)?;
/// assert_eq!(processing(&Untracked, tiny), processing(&Untracked, tiny));
/// # Ok::<(), memscope_bench::workloads::ScaleError>(())
/// ```
pub fn processing<T: Tracker>(tracker: &T, scale: Scale) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.rng(4);

    let sets: Vec<Vec<f64>> = (0..scale.count(1_000))
        .map(|_| {
            let set = (0..2_000).map(|_| rng.random_range(-1.0..1.0)).collect();
            context.track("data set", &set);
            set
        })
        .collect();
    for set in &sets {
        context.record(set.iter().sum::<f64>().to_bits());
    }

    let batches: Vec<Digest> =
        (0..scale.count(500) as usize).into_par_iter().map(|batch| one_batch(tracker, scale, batch as u64)).collect();
    batches.into_iter().for_each(|batch| context.merge(batch));

    let stores: Vec<Vec<User>> = (0..scale.count(20)).map(|_| one_store(&mut context, &mut rng)).collect();
    context.checkpoint("all stores alive");
    context.record(stores.iter().flatten().map(|user| user.id + user.name.len() as u64).sum());
    context.digest()
}

/// Filters, transforms and adds up 5,000 points.
fn one_batch<T: Tracker>(tracker: &T, scale: Scale, batch: u64) -> Digest {
    let mut context = Context::new(tracker);
    let mut rng = scale.task_rng(4, batch);
    let points: Vec<f64> = (0..5_000).map(|_| rng.random()).collect();
    context.track("points", &points);
    let roots: Vec<f64> = points.iter().filter(|&&point| point > 0.5).map(|point| point.sqrt()).collect();
    context.record(roots.iter().sum::<f64>().to_bits());
    context.digest()
}

/// Makes a store, indexes it by tag, and returns it after a round trip through JSON.
fn one_store<T: Tracker>(context: &mut Context<T>, rng: &mut Pcg64Mcg) -> Vec<User> {
    let users: Vec<User> = (0..100).map(|id| user(id, rng)).collect();

    let mut by_tag: Box<Map<&str, Vec<&Post>>> = Box::default();
    for post in users.iter().flat_map(|user| &user.posts) {
        for tag in &post.tags {
            by_tag.entry(tag).or_default().push(post);
        }
    }
    let mut popular: Vec<_> = by_tag.iter().map(|(tag, posts)| (posts.len(), *tag)).collect();
    popular.sort_unstable();
    for (count, tag) in popular {
        context.record(count as u64 * tag.len() as u64);
        context.record(by_tag[tag].iter().map(|post| u64::from(post.likes)).sum());
    }

    let json = serde_json::to_string(&users).expect("users are plain data");
    context.track("json", &json);
    context.record(json.len() as u64);
    let read: Vec<User> = serde_json::from_str(&json).expect("this JSON was written just now");
    context.track("users", &read);
    read
}

fn user(id: u64, rng: &mut Pcg64Mcg) -> User {
    let post = |n: u64, rng: &mut Pcg64Mcg| Post {
        title: format!("post {n} of user {id}"),
        content: "lorem ipsum ".repeat(rng.random_range(2..20)),
        tags: (0..3).map(|_| format!("tag {}", rng.random_range(0..40))).collect(),
        likes: rng.random_range(0..1_000),
    };
    User {
        id,
        name: format!("user {id}"),
        email: format!("user.{id}@example.org"),
        posts: (0..10).map(|n| post(n, rng)).collect(),
    }
}
