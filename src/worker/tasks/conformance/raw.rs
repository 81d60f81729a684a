//! The unsafe calls of the allocator and the system: blocks of any layout, a child of a process with threads, signals,
//! and destructors that run after those of all thread-locals.
#![allow(unsafe_code, reason = "the allocator's own functions, fork and signals cannot be used without it")]

use nix::libc;
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, Signal, kill, sigaction};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{ForkResult, fork};
use std::alloc::{self, Layout};
use std::hint::black_box;
use std::io;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::thread;
use std::time::{Duration, Instant};

/// A block of the program's allocator, which is freed when it is dropped. Its content is always written.
#[derive(Debug)]
pub(super) struct Block {
    address: NonNull<u8>,
    layout: Layout,
}

// SAFETY: a block is memory that nobody else uses. Any thread may free it.
unsafe impl Send for Block {}

impl Block {
    /// Allocates a block that is filled with a byte; `None` if the allocation fails.
    pub(super) fn filled(layout: Layout, byte: u8) -> Option<Self> {
        let mut block = Self::unwritten(layout)?;
        block.fill(0, byte);
        Some(block)
    }

    /// Allocates a block of zeros; `None` if the allocation fails.
    pub(super) fn zeroed(layout: Layout) -> Option<Self> {
        assert!(layout.size() > 0, "a block is not empty");
        // SAFETY: the layout is not empty.
        NonNull::new(black_box(unsafe { alloc::alloc_zeroed(layout) })).map(|address| Self { address, layout })
    }

    /// Returns whether a block of a layout can be allocated. The block is freed unread.
    pub(super) fn can_be_had(layout: Layout) -> bool {
        Self::unwritten(layout).is_some()
    }

    fn unwritten(layout: Layout) -> Option<Self> {
        assert!(layout.size() > 0, "a block is not empty");
        // SAFETY: the layout is not empty.
        NonNull::new(black_box(unsafe { alloc::alloc(layout) })).map(|address| Self { address, layout })
    }

    /// Resizes the block, and fills the new part with a byte. Returns `false`, and leaves the block unchanged, if the
    /// reallocation fails.
    pub(super) fn resize(&mut self, size: usize, byte: u8) -> bool {
        let Ok(layout) = Layout::from_size_align(size, self.layout.align()) else { return false };
        assert!(size > 0, "a block is not empty");
        let old = self.layout.size();
        // SAFETY: the block has this layout, and the new size is valid for its alignment.
        let resized = black_box(unsafe { alloc::realloc(self.address.as_ptr(), self.layout, size) });
        let Some(address) = NonNull::new(resized) else { return false };
        (self.address, self.layout) = (address, layout);
        if size > old {
            self.fill(old, byte);
        }
        true
    }

    /// Fills the block from an offset on with a byte.
    fn fill(&mut self, from: usize, byte: u8) {
        // SAFETY: the bytes are the block's.
        unsafe { self.address.add(from).write_bytes(byte, self.layout.size() - from) };
        black_box(self.address);
    }

    /// Returns its content.
    pub(super) fn bytes(&self) -> &[u8] {
        // SAFETY: the bytes are the block's, and each was written.
        unsafe { std::slice::from_raw_parts(self.address.as_ptr(), self.layout.size()) }
    }

    /// Returns the bytes by which its address misses its alignment.
    pub(super) fn misaligned_by(&self) -> usize {
        self.address.as_ptr() as usize % self.layout.align()
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: the block has this layout, and nobody uses it any more.
        unsafe { alloc::dealloc(self.address.as_ptr(), self.layout) };
    }
}

/// Runs a function in a child of this process. Returns the reason if it does not succeed within a time limit.
///
/// # Errors
/// If the system refuses a child.
pub(super) fn in_fork(limit: Duration, run: impl FnOnce() -> bool) -> io::Result<Result<(), String>> {
    // SAFETY: the child does nothing but what is tested here, and leaves without destructors.
    match unsafe { fork() }? {
        ForkResult::Child => {
            #[cfg(target_os = "linux")]
            let _ = nix::sys::prctl::set_pdeathsig(Signal::SIGKILL);
            let code = i32::from(!run());
            // SAFETY: the function ends the process at once.
            unsafe { libc::_exit(code) }
        }
        ForkResult::Parent { child } => {
            let deadline = Instant::now() + limit;
            loop {
                match waitpid(child, Some(WaitPidFlag::WNOHANG))? {
                    WaitStatus::StillAlive if Instant::now() < deadline => thread::sleep(Duration::from_micros(100)),
                    WaitStatus::StillAlive => {
                        kill(child, Signal::SIGKILL)?;
                        waitpid(child, None)?;
                        return Ok(Err(format!("it still ran after {} s", limit.as_secs())));
                    }
                    WaitStatus::Exited(_, 0) => return Ok(Ok(())),
                    WaitStatus::Exited(..) => return Ok(Err("it got no block, or a wrong one".to_owned())),
                    WaitStatus::Signaled(_, signal, _) => return Ok(Err(format!("it crashed ({signal})"))),
                    other => return Ok(Err(format!("{other:?}"))),
                }
            }
        }
    }
}

/// The signals that the handler has received.
static RECEIVED: AtomicU64 = AtomicU64::new(0);

extern "C" fn receive(_: libc::c_int) {
    RECEIVED.fetch_add(1, Relaxed);
}

/// Sends signals at short intervals, until it is dropped. System calls that they interrupt are not restarted.
#[derive(Debug)]
pub(super) struct Signals(());

impl Signals {
    /// Sends this process a signal at this interval. A process that waits for a processor meanwhile gets only one, and
    /// the next one after another interval.
    ///
    /// # Errors
    /// If the system refuses a handler or a timer.
    pub(super) fn every(interval: Duration) -> io::Result<Self> {
        let action = SigAction::new(SigHandler::Handler(receive), SaFlags::empty(), SigSet::empty());
        // SAFETY: the handler only adds to a number.
        unsafe { sigaction(Signal::SIGALRM, &action) }?;
        set_timer(interval)?;
        Ok(Self(()))
    }

    /// Returns the number of signals received so far.
    pub(super) fn received() -> u64 {
        RECEIVED.load(Relaxed)
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        let _ = set_timer(Duration::ZERO);
    }
}

/// Sets the interval of the process's timer, or stops the timer.
fn set_timer(interval: Duration) -> io::Result<()> {
    let interval = libc::timeval { tv_sec: 0, tv_usec: interval.subsec_micros() as libc::suseconds_t };
    let timer = libc::itimerval { it_interval: interval, it_value: interval };
    // SAFETY: the timer is valid, and the earlier one is not asked for.
    match unsafe { libc::setitimer(libc::ITIMER_REAL, &raw const timer, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes the calling thread run a function when it ends, after the destructors of all thread-locals. The function may
/// request this again, up to three times.
///
/// # Errors
/// If the system cannot provide a key.
pub(super) fn at_the_end_of_this_thread(run: fn()) -> io::Result<()> {
    unsafe extern "C" fn call(function: *mut libc::c_void) {
        // SAFETY: the value of the key is such a function.
        let run: fn() = unsafe { std::mem::transmute(function) };
        run();
    }
    let mut key = 0;
    // SAFETY: the key is written to, and the destructor gets what is set below.
    let error = unsafe {
        match libc::pthread_key_create(&raw mut key, Some(call)) {
            0 => libc::pthread_setspecific(key, run as *const libc::c_void),
            error => error,
        }
    };
    if error == 0 { Ok(()) } else { Err(io::Error::from_raw_os_error(error)) }
}
