//! System calls that do not allocate.

use super::clock;
use super::file::File;
use crate::trace::format::{self, HEADER, HeaderNumbers, THREAD_CPU_TIME, VERSION};
use nix::libc;
use std::ffi::{CStr, c_void};
use std::mem::MaybeUninit;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The variable that names the trace.
const VARIABLE: &CStr = c"MEMSCOPE_BENCH_TRACE";

/// An open trace.
pub(super) struct Opened {
    pub file: File,
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

/// Returns the variable's name after it was renamed after a process.
fn renamed(process: u32) -> [u8; VARIABLE.count_bytes() + 1] {
    let mut name = *b"MEMSCOPE_BENCH_00000\0";
    let (mut digit, mut rest) = (VARIABLE.count_bytes(), process);
    while rest > 0 {
        digit -= 1;
        name[digit] = b"0123456789ABCDEFGHIJKLMNOPQRSTUV"[(rest % 32) as usize];
        rest /= 32;
    }
    name
}

/// Opens the trace that the environment names: see [`open_at`]. `None` if there is no name.
///
/// The variable is renamed after this process, in its place: a process that this one starts does not find it, and a
/// program that takes this one's place does.
pub(super) fn open_named() -> Option<Opened> {
    let own = renamed(process());
    // SAFETY: the names end with a zero, and nothing changes the environment while a program starts.
    let (named, again) = unsafe { (libc::getenv(VARIABLE.as_ptr()), libc::getenv(own.as_ptr().cast())) };
    // SAFETY: a value of the environment ends with a zero, and nothing changes it meanwhile.
    let text = |value: *const libc::c_char| (!value.is_null()).then(|| unsafe { CStr::from_ptr(value) });
    let Some(path) = text(named).filter(|path| !path.is_empty()) else {
        return text(again).and_then(open_at);
    };
    // SAFETY: the variable's name and an equals sign are before its value, and the new name is as long.
    unsafe {
        let name = named.sub(own.len());
        std::ptr::copy_nonoverlapping(own.as_ptr().cast(), name, own.len() - 1);
    }
    open_at(path)
}

/// Opens a trace, and writes its header. `None` if the file cannot be written, or another process records to it.
pub(super) fn open_at(path: &CStr) -> Option<Opened> {
    let process = process();
    let numbers = HeaderNumbers { version: VERSION, clock: THREAD_CPU_TIME, clock_cost_ps: clock::start(), process };
    let mut header = [0; HEADER + 1_024];
    let (numbers_of, program) = header.split_at_mut(HEADER);
    let length = path_of_program(program);
    numbers_of.copy_from_slice(&format::header(&numbers, &program[..length]));
    let file = File::begin(path, &header[..HEADER + length])?;
    Some(Opened { file, process, secret: secret() })
}

/// Opens a file to append to it. A pipe without a reader is not waited for.
pub(super) fn open(path: &CStr, how: i32) -> Option<i32> {
    let flags = how | libc::O_APPEND | libc::O_CLOEXEC | libc::O_NONBLOCK;
    // SAFETY: the path ends with a zero.
    let file = unsafe { libc::open(path.as_ptr(), flags, 0o666) };
    (file >= 0).then_some(file)
}

/// Returns whether this process alone has a file for its trace, from now on.
pub(super) fn lock(file: i32) -> bool {
    // SAFETY: it has no requirements.
    unsafe { libc::flock(file, libc::LOCK_EX | libc::LOCK_NB) == 0 }
}

/// Returns the metadata of an open file; `None` if it is not open.
pub(super) fn about(file: i32) -> Option<libc::stat> {
    let mut about = MaybeUninit::uninit();
    // SAFETY: the metadata is written to a value of its type, completely if the call succeeds.
    unsafe { (libc::fstat(file, about.as_mut_ptr()) == 0).then(|| about.assume_init()) }
}

/// Reads the first bytes of a file, and returns those that there are.
pub(super) fn read_start(file: i32, bytes: &mut [u8]) -> Option<&[u8]> {
    // SAFETY: the pointer and the length are those of a slice.
    let read = unsafe { libc::pread(file, bytes.as_mut_ptr().cast(), bytes.len(), 0) };
    bytes.get(..usize::try_from(read).ok()?)
}

/// Cuts a file off; `false` if that fails.
pub(super) fn truncate(file: i32, length: u64) -> bool {
    // SAFETY: it has no requirements.
    unsafe { libc::ftruncate(file, length as libc::off_t) == 0 }
}

/// Moves a file above the descriptors that programs choose, and returns its new one.
pub(super) fn moved_up(file: i32) -> i32 {
    let Some(most) = limit(libc::RLIMIT_NOFILE as i32) else { return file };
    // SAFETY: it has no requirements.
    let moved = unsafe { libc::fcntl(file, libc::F_DUPFD_CLOEXEC, (most.min(1_024) / 2) as i32) };
    if moved < 0 {
        return file;
    }
    close(file);
    moved
}

/// Returns whether a file may be this long: beyond a limit, a signal would end the program.
pub(super) fn may_have(length: u64) -> bool {
    limit(libc::RLIMIT_FSIZE as i32).is_none_or(|most| length <= most)
}

/// Returns one of this process's limits; `None` if it is unknown.
fn limit(resource: i32) -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the limit is written to a value of its type.
    let failed = unsafe { libc::getrlimit(resource as _, &raw mut limit) } != 0;
    // Without a limit, it is the largest number.
    (!failed).then_some(limit.rlim_cur as _)
}

/// Sleeps for 100 µs.
pub(super) fn pause() {
    let time = libc::timespec { tv_sec: 0, tv_nsec: 100_000 };
    // SAFETY: the time is one, and the time left is not asked for.
    without_cancel(|| unsafe { _ = libc::nanosleep(&raw const time, std::ptr::null_mut()) });
}

/// Runs system calls at which `pthread_cancel` would end a thread, without that: no allocation is a place for it.
pub(super) fn without_cancel<R>(run: impl FnOnce() -> R) -> R {
    #[cfg(target_os = "linux")]
    {
        const DISABLE: i32 = 1;
        unsafe extern "C" {
            fn pthread_setcancelstate(state: i32, before: *mut i32) -> i32;
        }
        let mut before = 0;
        // SAFETY: both states are valid, and the earlier one is written to a value of its type.
        unsafe { pthread_setcancelstate(DISABLE, &raw mut before) };
        let result = run();
        // SAFETY: the same.
        unsafe { pthread_setcancelstate(before, std::ptr::null_mut()) };
        result
    }
    #[cfg(not(target_os = "linux"))]
    run()
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
    #[allow(deprecated, reason = "the crate that replaces it has nothing else that is needed here")]
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_variable_is_renamed_after_a_process_in_its_place() {
        let name = |process| String::from_utf8(renamed(process).to_vec()).expect("it is text");
        assert_eq!(renamed(1).len(), VARIABLE.count_bytes() + 1);
        assert_eq!(name(1), "MEMSCOPE_BENCH_00001\0");
        assert_eq!(name(4_194_304), "MEMSCOPE_BENCH_40000\0", "the highest number on Linux");
        assert_ne!(name(32), name(1_024));
    }
}
