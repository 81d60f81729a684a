//! The file of the trace.
//!
//! Its descriptor is above those that programs choose. A program may close it nevertheless, and open its own file in
//! its place, so each use is preceded by a check.

use super::lock::Lock;
use super::{CLOSED, OPEN, STATE, system};
use crate::trace::format::MAGIC;
use nix::libc;
use std::cell::UnsafeCell;
use std::ffi::CStr;
use std::sync::atomic::Ordering::{Acquire, Release};

/// The maximum length of a path with its zero; a file with a longer one is not opened again.
const MAX_PATH: usize = 4_096;

/// An open trace.
pub(super) struct File {
    descriptor: i32,
    device: libc::dev_t,
    number: libc::ino_t,
    /// The length up to the last whole frame.
    length: u64,
    path: [u8; MAX_PATH],
}

/// The trace of this process.
struct Guarded(UnsafeCell<Option<File>>);

// SAFETY: whoever uses the content holds the lock, or is the only thread.
unsafe impl Sync for Guarded {}

static FILE: Guarded = Guarded(UnsafeCell::new(None));
static WRITING: Lock = Lock::new();

impl File {
    /// Opens a file, and replaces the earlier trace in it by a header. `None` if that is not possible, if another
    /// process records to it, or if it has other content: the content then stays.
    pub(super) fn begin(path: &CStr, header: &[u8]) -> Option<Self> {
        let descriptor = system::open(path, libc::O_RDWR | libc::O_CREAT)?;
        let begun = Self::over(descriptor, path, header);
        if begun.is_none() {
            system::close(descriptor);
        }
        let mut file = begun?;
        file.descriptor = system::moved_up(descriptor);
        Some(file)
    }

    fn over(descriptor: i32, path: &CStr, header: &[u8]) -> Option<Self> {
        // What another process records ends before this one looks.
        if !system::lock(descriptor) {
            return None;
        }
        let about = system::about(descriptor)?;
        let mut start = [0; MAGIC.len()];
        let start = system::read_start(descriptor, &mut start)?;
        if about.st_mode & libc::S_IFMT != libc::S_IFREG || !MAGIC.starts_with(start) {
            return None;
        }
        let length = about.st_size as u64;
        let mut file = Self { descriptor, device: about.st_dev, number: about.st_ino, length, path: [0; MAX_PATH] };
        let bytes = path.to_bytes();
        if bytes.len() < MAX_PATH {
            file.path[..bytes.len()].copy_from_slice(bytes);
        }
        // An earlier trace is removed only if there is room for the new one's header.
        if length > 0 && !file.append(header) {
            return None;
        }
        file.length = 0;
        (system::truncate(descriptor, 0) && file.append(header)).then_some(file)
    }

    /// Makes this the trace of this process. No other thread records yet.
    pub(super) fn keep(self) {
        // SAFETY: no other thread uses it before the state is open.
        unsafe { *FILE.0.get() = Some(self) };
    }

    /// Returns whether metadata is the trace's.
    fn is(&self, about: &libc::stat) -> bool {
        about.st_dev == self.device && about.st_ino == self.number
    }

    /// Returns whether a descriptor is the trace's while nobody is writing. A file that got the number of a removed
    /// trace has another length.
    fn is_idle_at(&self, descriptor: i32) -> bool {
        system::about(descriptor).is_some_and(|about| self.is(&about) && about.st_size as u64 == self.length)
    }

    /// Returns whether the file is open, and opens it again if the program has closed it, as daemons do.
    fn is_still_open(&mut self) -> bool {
        if self.is_idle_at(self.descriptor) {
            return true;
        }
        let path = CStr::from_bytes_until_nul(&self.path).unwrap_or_default();
        let Some(descriptor) = system::open(path, libc::O_WRONLY) else { return false };
        let is_it = self.is_idle_at(descriptor) && system::lock(descriptor);
        if is_it {
            self.descriptor = system::moved_up(descriptor);
        } else {
            system::close(descriptor);
        }
        is_it
    }

    /// Appends bytes completely or not at all, because nothing could be read after half a frame.
    fn append(&mut self, bytes: &[u8]) -> bool {
        let length = self.length + bytes.len() as u64;
        if !self.is_still_open() || !system::may_have(length) {
            return false;
        }
        let is_written = system::write_all(self.descriptor, bytes);
        if is_written {
            self.length = length;
        } else {
            // If this fails too, the half frame is the end, because nothing is written after it.
            system::truncate(self.descriptor, self.length);
        }
        is_written
    }
}

/// Writes bytes at the end of the trace, and then changes the state. After a failure, recording stops.
pub(super) fn write(bytes: &[u8], then: u8) {
    system::without_cancel(|| {
        if !WRITING.acquire() {
            STATE.store(CLOSED, Release);
            return;
        }
        if STATE.load(Acquire) == OPEN {
            // SAFETY: the lock is held.
            let file = unsafe { &mut *FILE.0.get() };
            let is_written = file.as_mut().is_some_and(|file| file.append(bytes));
            STATE.store(if is_written { then } else { CLOSED }, Release);
        }
        WRITING.release();
    });
}

/// Closes the trace in the child of a fork, which has one thread.
pub(super) fn leave() {
    system::without_cancel(|| {
        // SAFETY: this is the only thread.
        if let Some(file) = unsafe { (*FILE.0.get()).take() }
            && system::about(file.descriptor).is_some_and(|about| file.is(&about))
        {
            system::close(file.descriptor);
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CString;
    use std::fs;
    use std::os::unix::ffi::OsStrExt;
    use std::path::{Path, PathBuf};

    fn named(path: &Path) -> CString {
        CString::new(path.as_os_str().as_bytes()).expect("a path without zeros")
    }

    fn folder() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.trace");
        (folder, path)
    }

    #[test]
    fn an_earlier_trace_is_replaced_and_other_files_are_not() {
        let (folder, path) = folder();
        let header = b"MSBTRACE: a new header";
        for earlier in [&b""[..], b"MSB", b"MSBTRACE and a long earlier trace of another program"] {
            fs::write(&path, earlier).expect("a file");
            let mut file = File::begin(&named(&path), header).expect("it begins");
            assert!(file.append(b" and a frame"));
            assert!(File::begin(&named(&path), header).is_none(), "it has a lock");
            assert_eq!(fs::read(&path).expect("the file"), b"MSBTRACE: a new header and a frame");
            system::close(file.descriptor);
        }
        for other in [&b"a diary"[..], b"MSBX"] {
            fs::write(&path, other).expect("a file");
            assert!(File::begin(&named(&path), header).is_none());
            assert_eq!(fs::read(&path).expect("the file"), other);
        }
        assert!(File::begin(&named(folder.path()), header).is_none(), "it is a folder");
        assert!(File::begin(c"/dev/null", header).is_none(), "it is a device");
    }

    #[test]
    fn the_descriptor_is_high_and_a_program_s_own_file_in_its_place_is_left_alone() {
        let (folder, path) = folder();
        let mut file = File::begin(&named(&path), b"MSBTRACE").expect("it begins");
        assert!(file.descriptor >= 100, "{}", file.descriptor);
        // What a program's `dup2` does.
        let other = folder.path().join("own.txt");
        let place = file.descriptor;
        let own = fs::File::create(&other).expect("a file");
        // SAFETY: the descriptor is this test's.
        assert_eq!(unsafe { libc::dup2(std::os::fd::AsRawFd::as_raw_fd(&own), place) }, place);
        assert!(file.append(b" goes on"));
        assert_ne!(file.descriptor, place, "it was opened again");
        assert_eq!(fs::read(&other).expect("the file"), b"");
        assert_eq!(fs::read(&path).expect("the file"), b"MSBTRACE goes on");
        // It cannot be opened again if another file has its name.
        system::close(file.descriptor);
        fs::remove_file(&path).expect("it can be removed");
        fs::write(&path, "another").expect("a file");
        assert!(!file.append(b" no more"));
        assert_eq!(fs::read(&path).expect("the file"), b"another");
        system::close(place);
    }
}
