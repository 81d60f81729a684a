//! The limits on resources that this process has, which what it starts inherits: by name, as a shell's `ulimit` sets them.

use rustix::process::{Resource, getrlimit};

/// A limit that this process has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The command of a shell that shows it.
    pub name: &'static str,
    /// The limit, in its unit.
    pub amount: u64,
}

/// The limit on memory that a process may write to, in bytes; `None` if there is none.
pub fn data() -> Option<Limit> {
    limit(Resource::Data, "ulimit -d")
}

/// The limit on address space, in bytes; `None` if there is none.
pub fn address_space() -> Option<Limit> {
    limit(Resource::As, "ulimit -v")
}

/// The limit on processor time, in seconds; `None` if there is none.
pub fn processor_seconds() -> Option<Limit> {
    limit(Resource::Cpu, "ulimit -t")
}

/// The limit on open files; `None` if there is none.
pub fn open_files() -> Option<Limit> {
    limit(Resource::Nofile, "ulimit -n")
}

/// Names the limits that may keep a process from starting threads or further processes, with what each allows.
pub fn on_threads() -> String {
    let processes = limit(Resource::Nproc, "ulimit -u").map(|limit| format!("{} is {}", limit.name, limit.amount));
    let memory = |limit: Limit, name| format!("{name} is {} MiB", limit.amount >> 20);
    // A probe has its own limit on memory in the place of the inherited one.
    let written = data().map(|limit| memory(limit, "--memory-limit or ulimit -d"));
    let reserved = address_space().map(|limit| memory(limit, limit.name));
    let all: Vec<String> = [processes, written, reserved].into_iter().flatten().collect();
    if all.is_empty() { "the system's own limit".to_owned() } else { all.join(", ") }
}

fn limit(resource: Resource, name: &'static str) -> Option<Limit> {
    getrlimit(resource).current.map(|amount| Limit { name, amount })
}
