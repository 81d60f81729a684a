//! The names of signals.

use nix::sys::signal::Signal;

/// Returns the name of a signal, such as `SIGSEGV`; `None` if it has none, as for real-time signals.
pub(crate) fn name(signal: i32) -> Option<&'static str> {
    Signal::try_from(signal).ok().map(Signal::as_str)
}
