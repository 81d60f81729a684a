use memscope_bench::{
    probe,
    tracking::{SwitchedAllocator, Tracking},
    workloads::*,
};
#[global_allocator]
static ALLOCATOR: SwitchedAllocator = SwitchedAllocator;
fn main() {
    use clap::ValueEnum;
    let a: Vec<String> = std::env::args().collect();
    let w = Workload::from_str(&a[1], true).unwrap();
    let t = Tracking::from_str(&a[2], true).unwrap();
    let scale: Scale = a.get(3).map(|s| s.parse().unwrap()).unwrap_or(Scale::new(w.short_scale()).unwrap());
    let o = probe::run(probe::Request { workload: w, tracking: t, scale, threads: 2, count: a.len() > 4 }).unwrap();
    println!("{}", serde_json::to_string(&o).unwrap());
}
