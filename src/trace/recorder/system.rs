//! System calls that do not allocate.

use super::clock;
use crate::trace::format::{self, HeaderNumbers, THREAD_CPU_TIME, VERSION};
use nix::libc;
use std::ffi::{CStr, c_void};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The variable that names the trace.
const VARIABLE: &CStr = c"MEMSCOPE_BENCH_TRACE";

/// An open trace.
#[derive(Clone, Copy)]
pub(super) struct Opened {
    pub file: i32,
    pub process: u32,
    /// A random number.
    pub secret: u64,
}

/// Returns the CPU time of this thread, in nanoseconds.
#[inline]
pub(super) fn cpu_time_ns() -> u64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the time is written to a value of its type.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    time.tv_sec as u64 * 1_000_000_000 + time.tv_nsec as u64
}

/// Returns the id of this process.
pub(super) fn process() -> u32 {
    // SAFETY: it has no requirements.
    unsafe { libc::getpid() as u32 }
}

/// Opens the trace that the environment names: see [`open_at`]. `None` if there is no name.
pub(super) fn open_named() -> Option<Opened> {
    // SAFETY: the name ends with a zero, and nothing changes the environment while a program starts.
    let path = unsafe { libc::getenv(VARIABLE.as_ptr()) };
    if path.is_null() {
        return None;
    }
    // SAFETY: a value of the environment ends with a zero, and nothing changes it meanwhile.
    let path = unsafe { CStr::from_ptr(path) };
    (!path.is_empty()).then(|| open_at(path)).flatten()
}

/// Opens a trace, and writes its header. `None` if the file cannot be written, or another process records to it.
pub(super) fn open_at(path: &CStr) -> Option<Opened> {
    let flags = libc::O_WRONLY | libc::O_CREAT | libc::O_APPEND | libc::O_CLOEXEC;
    // SAFETY: the path ends with a zero.
    let file = unsafe { libc::open(path.as_ptr(), flags, 0o666) };
    if file < 0 {
        return None;
    }
    // A parent that records keeps its trace.
    // SAFETY: the file is open, and its content is only replaced while no other process has the lock.
    if unsafe { libc::flock(file, libc::LOCK_EX | libc::LOCK_NB) != 0 || libc::ftruncate(file, 0) != 0 } {
        close(file);
        return None;
    }
    let process = process();
    let numbers = HeaderNumbers { version: VERSION, clock: THREAD_CPU_TIME, clock_cost_ps: clock::start(), process };
    let mut program = [0; 1_024];
    let length = path_of_program(&mut program);
    let program = &program[..length];
    if !write_all(file, &format::header(&numbers, program)) || !write_all(file, program) {
        close(file);
        return None;
    }
    Some(Opened { file, process, secret: secret() })
}

/// Writes the path of this program, and returns its length; 0 if it is unknown.
#[cfg(not(target_vendor = "apple"))]
fn path_of_program(path: &mut [u8]) -> usize {
    // SAFETY: at most as many bytes are written as there are.
    let length = unsafe { libc::readlink(c"/proc/self/exe".as_ptr(), path.as_mut_ptr().cast(), path.len()) };
    usize::try_from(length).unwrap_or(0)
}

/// Writes the path of this program, and returns its length; 0 if it is unknown.
#[cfg(target_vendor = "apple")]
fn path_of_program(path: &mut [u8]) -> usize {
    let mut room = path.len() as u32;
    // SAFETY: at most as many bytes are written as there are, and a zero is the last one.
    let failed = unsafe { libc::_NSGetExecutablePath(path.as_mut_ptr().cast(), &raw mut room) } != 0;
    if failed { 0 } else { path.iter().position(|&byte| byte == 0).unwrap_or(0) }
}

/// Returns a random number, or a number that is hard to guess if the system has none yet.
fn secret() -> u64 {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_ok() {
        u64::from_le_bytes(bytes)
    } else {
        cpu_time_ns().wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Writes all bytes; `false` if that fails.
pub(super) fn write_all(file: i32, mut bytes: &[u8]) -> bool {
    while !bytes.is_empty() {
        // SAFETY: the pointer and the length are those of a slice.
        let written = unsafe { libc::write(file, bytes.as_ptr().cast(), bytes.len()) };
        match usize::try_from(written) {
            Ok(0) => return false,
            Ok(written) => bytes = &bytes[written..],
            Err(_) if nix::errno::Errno::last_raw() == libc::EINTR => {}
            Err(_) => return false,
        }
    }
    true
}

/// Closes a file.
pub(super) fn close(file: i32) {
    // SAFETY: nobody else uses it.
    unsafe { libc::close(file) };
}

/// Maps memory of zeros; `None` if there is none.
pub(super) fn zeroed_memory(bytes: usize) -> Option<*mut c_void> {
    let (protection, flags) = (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS);
    // SAFETY: the system chooses a free place.
    let memory = unsafe { libc::mmap(std::ptr::null_mut(), bytes, protection, flags, -1, 0) };
    (memory != libc::MAP_FAILED).then_some(memory)
}

unsafe extern "C" {
    /// Calls functions around a fork.
    fn pthread_atfork(
        before: Option<extern "C" fn()>,
        parent: Option<extern "C" fn()>,
        child: Option<extern "C" fn()>,
    ) -> i32;
}

/// The key whose values end with their threads, plus one; 0 without one.
static KEY: AtomicUsize = AtomicUsize::new(0);

/// Registers functions that are called at exit, in the child of a fork, and at the end of a thread. The C library keeps
/// room for the first of each, or takes it from its own allocator, which is not the program's.
pub(super) fn at_exit(exit: extern "C" fn(), child: extern "C" fn(), end_of_thread: extern "C" fn(*mut c_void)) {
    let mut key = 0;
    // SAFETY: the functions exist as long as the program, and have the required types.
    unsafe {
        libc::atexit(exit);
        pthread_atfork(None, None, Some(child));
        let end_of_thread: unsafe extern "C" fn(*mut c_void) = end_of_thread;
        if libc::pthread_key_create(&raw mut key, Some(end_of_thread)) == 0 {
            KEY.store(key as usize + 1, Release);
        }
    }
}

/// Lets the function for the end of a thread be called at the end of this one. The value is not null.
pub(super) fn call_at_end_of_thread(value: *mut c_void) {
    if let Some(key) = KEY.load(Acquire).checked_sub(1) {
        // SAFETY: the key was created, and its value is only passed on.
        unsafe { libc::pthread_setspecific(key as libc::pthread_key_t, value) };
    }
}
