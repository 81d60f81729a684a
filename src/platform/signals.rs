//! Signals: their names, and whether this process ignores them.

use nix::libc;
use nix::sys::signal::Signal;

/// Returns the name of a signal, such as `SIGSEGV`; `None` if it has none, as for real-time signals.
pub(crate) fn name(signal: i32) -> Option<&'static str> {
    Signal::try_from(signal).ok().map(Signal::as_str)
}

/// Returns whether this process ignores a signal.
#[allow(unsafe_code, reason = "the safe functions that return the action of a signal replace it")]
pub(super) fn is_ignored(signal: i32) -> bool {
    // SAFETY: numbers and null pointers are all that it consists of.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: no action is set, and the present one is written to a value of its type.
    let is_known = unsafe { libc::sigaction(signal, std::ptr::null(), &raw mut action) } == 0;
    is_known && action.sa_sigaction == libc::SIG_IGN
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ignored_signal_is_recognised() {
        // Rust's runtime ignores it.
        assert!(is_ignored(libc::SIGPIPE));
        assert!(!is_ignored(libc::SIGUSR2) && !is_ignored(-1));
    }
}
