//! The resource limits of this process, which its children inherit, by the names of a shell's `ulimit`.

use rustix::process::{Resource, getrlimit};

/// A limit of this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// The shell command that prints it.
    pub name: &'static str,
    /// The limit, in its unit.
    pub amount: u64,
}

/// Returns the limit on writable memory, in bytes; `None` if there is none.
pub(crate) fn data() -> Option<Limit> {
    limit(Resource::Data, "ulimit -d")
}

/// Returns the limit on address space, in bytes; `None` if there is none.
pub(crate) fn address_space() -> Option<Limit> {
    limit(Resource::As, "ulimit -v")
}

/// Returns the limit on CPU time, in seconds; `None` if there is none.
pub(crate) fn cpu_seconds() -> Option<Limit> {
    limit(Resource::Cpu, "ulimit -t")
}

/// Returns the limit on open files; `None` if there is none.
pub(crate) fn open_files() -> Option<Limit> {
    limit(Resource::Nofile, "ulimit -n")
}

/// Returns the limits that may keep a process from starting threads or processes, in words.
pub(crate) fn on_threads() -> String {
    let processes = limit(Resource::Nproc, "ulimit -u").map(|limit| format!("{} is {}", limit.name, limit.amount));
    let memory = |limit: Limit, name| format!("{name} is {} MiB", limit.amount >> 20);
    // A probe has its own limit on memory instead of the inherited one.
    let written = data().map(|limit| memory(limit, "--memory-limit or ulimit -d"));
    let reserved = address_space().map(|limit| memory(limit, limit.name));
    let all: Vec<String> = [processes, written, reserved].into_iter().flatten().collect();
    if all.is_empty() { "the system's own limit".to_owned() } else { all.join(", ") }
}

fn limit(resource: Resource, name: &'static str) -> Option<Limit> {
    getrlimit(resource).current.map(|amount| Limit { name, amount })
}
