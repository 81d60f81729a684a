//! The resource limits of this process, which its children inherit, by the names of a shell's `ulimit`.

use rustix::process::{Resource, getrlimit};
use std::io;
use std::panic::resume_unwind;
use std::thread::{self, Scope};

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

/// Adds the limits that may be the reason to the error of starting a thread or a process.
pub(crate) fn explained(error: io::Error) -> io::Error {
    if error.kind() != io::ErrorKind::WouldBlock {
        return error;
    }
    io::Error::new(error.kind(), format!("no thread or process can be started: {error} ({})", on_threads()))
}

/// Returns whether this process can start a thread now. Where a thread is of little use, this is better than the panic
/// of a library that starts one.
pub(crate) fn allow_a_thread() -> bool {
    thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok())
}

/// Runs work on a thread of its own, and returns a function that waits for its result. If the system allows no further
/// thread, that function does the work.
pub(crate) fn beside<'scope, R: Send + 'scope>(
    scope: &'scope Scope<'scope, '_>,
    work: impl FnOnce() -> R + Copy + Send + 'scope,
) -> impl FnOnce() -> R {
    let started = thread::Builder::new().spawn_scoped(scope, work);
    move || started.map_or_else(|_| work(), |thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
}

fn limit(resource: Resource, name: &'static str) -> Option<Limit> {
    getrlimit(resource).current.map(|amount| Limit { name, amount })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_error_of_starting_is_explained() {
        let refused = io::Error::from_raw_os_error(nix::errno::Errno::EAGAIN as i32);
        let text = explained(refused).to_string();
        assert!(text.starts_with("no thread or process can be started: ") && text.contains(&on_threads()), "{text}");
        let missing = io::Error::from(io::ErrorKind::NotFound);
        assert_eq!(explained(missing).to_string(), io::Error::from(io::ErrorKind::NotFound).to_string());
        assert!(allow_a_thread());
    }

    #[test]
    fn work_beside_this_thread_has_a_result() {
        let here = thread::current().id();
        let work = || (thread::current().id() != here, 7);
        assert_eq!(thread::scope(|scope| beside(scope, work)()), (true, 7));
    }
}
