//! Starts workers: one child process for each task, with limits.

use crate::platform::cores;
use crate::platform::cores::Core;
use crate::platform::limits;
use crate::platform::scratch::Scratch;
use crate::tracking::references::{Host, JEMALLOC_OPTIONS};
use crate::tracking::{Level, OwnTracker, Timing};
use crate::worker::child::{Ended, NotEnded, Watch};
use crate::worker::failure::Failure;
use crate::worker::heaptrack;
use crate::worker::probe::{Observation, Request};
use crate::worker::program::Program;
use crate::worker::reply::{Reply, ending, judge, undisturbed};
use crate::worker::task::Task;
use crate::worker::tasks::conformance;
use serde::de::DeserializeOwned;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

pub use crate::worker::limits::Limits;
pub(crate) use crate::worker::reply::{TRIES, suspended};

/// A program of this package that was not built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{} is missing: build it with `cargo build --release{}`", .program.display(), features(*.is_reference))]
pub struct MissingProgram {
    program: PathBuf,
    is_reference: bool,
}

const fn features(is_reference: bool) -> &'static str {
    if is_reference { " --features references" } else { "" }
}

/// A file for the command line of each probe, and the error that ended it.
#[derive(Debug)]
struct Log {
    file: File,
    failure: Option<io::Error>,
}

/// Starts workers with limits.
#[derive(Clone, Debug)]
pub struct Launcher {
    pub(crate) program: Arc<Program>,
    pub(crate) limits: Limits,
    /// The other programs of the same folder that were started. Each stays the same file for the whole run.
    others: Arc<Mutex<BTreeMap<String, Arc<Program>>>>,
    log: Option<Arc<Mutex<Log>>>,
    core: Option<Core>,
    /// The folder for temporary files of workers; `None` within if there is none.
    temporary: Arc<OnceLock<Option<Scratch>>>,
}

/// The variable with the folder for temporary files.
const TEMPORARY: &str = "TMPDIR";

impl Launcher {
    /// Returns a launcher of the given `memscope-bench` program. A file that replaces the program later is not started.
    pub fn new(program: PathBuf, limits: Limits) -> Self {
        Self::of(Program::at(program), limits)
    }

    /// Returns a launcher of the program that this process runs.
    ///
    /// # Errors
    /// If the system does not report the program.
    pub fn of_this_program(limits: Limits) -> io::Result<Self> {
        Ok(Self::of(Program::of_this_process()?, limits))
    }

    fn of(program: Program, limits: Limits) -> Self {
        let (others, temporary) = (Arc::default(), Arc::default());
        Self { program: Arc::new(program), limits, others, log: None, core: None, temporary }
    }

    /// Returns the folder of the program.
    pub fn folder(&self) -> &Path {
        self.program.path().parent().unwrap_or(Path::new("."))
    }

    /// Returns a hash of the content of the program and of each tracker of another crate.
    ///
    /// # Errors
    /// If one cannot be read.
    pub fn fingerprint(&self) -> io::Result<String> {
        let others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let trackers = others.iter().filter(|(name, _)| name.starts_with("own:")).map(|(_, program)| program);
        let all: Vec<String> = std::iter::once(&self.program)
            .chain(trackers)
            .map(|program| program.fingerprint())
            .collect::<Result<_, _>>()?;
        Ok(all.join("+"))
    }

    /// Returns a launcher of another program in the same folder, with the same limits.
    ///
    /// # Errors
    /// If there is no such program.
    pub fn beside(&self, name: &str) -> Result<Self, MissingProgram> {
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(name) {
            return Ok(Self { program: Arc::clone(known), ..self.clone() });
        }
        let program = self.program.path().with_file_name(name);
        if program.is_file() {
            let found = Arc::new(Program::at(program));
            others.insert(name.to_owned(), Arc::clone(&found));
            return Ok(Self { program: found, ..self.clone() });
        }
        let is_reference =
            Level::REFERENCES.iter().any(|level| matches!(level.host(), Host::Program(program) if program == name));
        Err(MissingProgram { program, is_reference })
    }

    /// Returns the same launcher with the program of another crate's tracker, on and off.
    pub(crate) fn with_tracker(self, name: &str, program: PathBuf) -> Self {
        let program = Arc::new(Program::at(program));
        {
            let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
            for tracker in [true, false].into_iter().filter_map(|is_on| OwnTracker::new(name, is_on)) {
                others.insert(Level::Own(tracker).to_string(), Arc::clone(&program));
            }
        }
        self
    }

    /// Logs the command line of each probe to this file when the probe starts, one per line.
    pub fn logging_to(self, file: File) -> Self {
        Self { log: Some(Arc::new(Mutex::new(Log { file, failure: None }))), ..self }
    }

    /// Returns a launcher of the same program that pins its children to this core.
    pub(crate) fn on(&self, core: Option<Core>) -> Self {
        Self { core, ..self.clone() }
    }

    /// Returns a launcher of the same program whose children have this time limit.
    pub(crate) fn within(&self, time: Duration) -> Self {
        Self { limits: Limits { time, ..self.limits }, ..self.clone() }
    }

    /// Returns the error that ended the log, if any. No probe failed because of it.
    pub fn log_failure(&self) -> Option<io::Error> {
        self.log.as_ref().and_then(|log| log.lock().unwrap_or_else(PoisonError::into_inner).failure.take())
    }

    /// Runs one probe in the program of its level. A timed probe that was suspended is run again.
    ///
    /// # Errors
    /// The failure of the child.
    pub fn run(&self, request: &Request) -> Result<Observation, Failure> {
        undisturbed(|| {
            let reply = self.run_once(request)?;
            Ok(Reply { was_suspended: reply.was_suspended && !request.count, ..reply })
        })
    }

    /// Runs one probe in the program of its level.
    ///
    /// # Errors
    /// The failure of the child.
    pub(crate) fn run_once(&self, request: &Request) -> Result<Reply<Observation>, Failure> {
        match request.level.host() {
            Host::Switch if request.level.timing() == Timing::Process => self.run_in_scratch(request),
            Host::Switch => self.reply(&Task::from(*request)),
            Host::Program(name) => self.run_another(name, request.level, &Task::from(*request)),
            Host::Heaptrack => heaptrack::run(self, request),
        }
    }

    /// Runs a probe in a separate folder, because memscope exports into the working directory.
    fn run_in_scratch(&self, request: &Request) -> Result<Reply<Observation>, Failure> {
        let prevented = |error| Failure::Prevented { why: format!("its working folder cannot be created: {error}") };
        let folder = Scratch::new().map_err(prevented)?;
        let within = |command: &mut Command| _ = command.current_dir(folder.path());
        self.judge(self.run_with(within, &Task::from(*request))?)
    }

    /// Runs a task in another program of the same folder.
    fn run_another<T: DeserializeOwned>(&self, name: &str, level: Level, task: &Task) -> Result<Reply<T>, Failure> {
        let unsupported = |missing: MissingProgram| Failure::Unsupported { why: missing.to_string() };
        let other = self.beside(name).map_err(unsupported)?;
        // A level must not depend on options in the user's environment.
        let with_options = |command: &mut Command| {
            match level.jemalloc_options() {
                Some(options) => command.env(JEMALLOC_OPTIONS, options),
                None => command.env_remove(JEMALLOC_OPTIONS),
            };
        };
        let ended = other.run_with(with_options, task)?;
        self.judge(ended)
    }

    /// Runs a test of the conformance suite in the program of its level.
    ///
    /// # Errors
    /// The failure of the child.
    pub fn conform(&self, request: conformance::Request) -> Result<conformance::Answer, Failure> {
        let (level, task) = (request.level, Task::Conformance(request));
        undisturbed(|| match level.host() {
            Host::Program(name) => self.run_another(name, level, &task),
            Host::Switch | Host::Heaptrack => self.reply(&task),
        })
    }

    /// Runs a task, and returns its reply. A worker that was suspended is run again.
    ///
    /// # Errors
    /// The failure of the child.
    pub fn run_task<T: DeserializeOwned>(&self, task: &Task) -> Result<T, Failure> {
        undisturbed(|| self.reply(task))
    }

    /// Runs a task once, and returns its reply.
    pub(crate) fn reply<T: DeserializeOwned>(&self, task: &Task) -> Result<Reply<T>, Failure> {
        self.judge(self.run_with(|_| (), task)?)
    }

    /// Runs a task in a separate environment, to its end.
    pub(crate) fn run_with(&self, environment: impl Fn(&mut Command), task: &Task) -> Result<Ended, Failure> {
        self.note(task);
        let watch = Watch::begin();
        let prepare = |command: &mut Command| {
            environment(command);
            piped(command);
        };
        self.to_end(watch, self.start(prepare, task)?, self.limits.time)
    }

    /// Runs a task in a tool that takes the program's arguments after its own, to its end.
    pub(crate) fn run_tool(&self, mut tool: Command, task: &Task, time: Duration) -> Result<Ended, Failure> {
        self.note(task);
        let watch = Watch::begin();
        let child = spawned(piped(&mut tool), task);
        let child = child.map_err(|error| not_started(Path::new(tool.get_program()), &error))?;
        self.to_end(watch, child, time)
    }

    /// Runs a task that prints to this process's own output instead of replying.
    ///
    /// # Errors
    /// The failure of the child.
    pub fn run_printing(&self, task: &Task) -> Result<(), Failure> {
        let watch = Watch::begin();
        let status = self.to_end(watch, self.start(|_| (), task)?, self.limits.time)?.status;
        if status.success() { Ok(()) } else { Err(Failure::Crashed { how: ending(status) }) }
    }

    /// Returns the folder for temporary files of workers. It is removed with the launcher, because a worker that is
    /// killed removes nothing.
    fn temporary(&self) -> Option<&Path> {
        self.temporary.get_or_init(|| Scratch::new().ok()).as_ref().map(Scratch::path)
    }

    /// Starts the program.
    fn start(&self, prepare: impl Fn(&mut Command), task: &Task) -> Result<Child, Failure> {
        let mut refusal = io::Error::from(io::ErrorKind::NotFound);
        for way in self.program.ways()? {
            let mut command = Command::new(way);
            command.envs(self.temporary().map(|folder| (TEMPORARY, folder)));
            prepare(command.arg0(self.program.path()));
            match spawned(&mut command, task) {
                Ok(child) => return Ok(child),
                Err(error) => refusal = error,
            }
            // Some systems refuse a program that another process has opened.
            if !matches!(refusal.kind(), io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied) {
                break;
            }
        }
        Err(not_started(self.program.path(), &refusal))
    }

    fn to_end(&self, watch: Watch, mut child: Child, time: Duration) -> Result<Ended, Failure> {
        if let Err(error) = self.limits.apply(&child) {
            let _ = child.kill().and_then(|()| child.wait());
            return Err(Failure::Prevented { why: format!("its memory cannot be limited: {error}") });
        }
        // If the core was withdrawn since it was chosen, the pair loses its best placement, but not its result.
        if let Some(core) = self.core {
            let _ = cores::keep_on(child.id(), core);
        }
        watch.follow(child, time).map_err(|not_ended| match not_ended {
            NotEnded::TimedOut => Failure::TimedOut { seconds: time.as_secs() },
            NotEnded::System(error) => {
                let limits = limits::on_threads();
                Failure::Prevented { why: format!("it cannot be watched: {error} ({limits})") }
            }
        })
    }

    fn note(&self, task: &Task) {
        let (Some(log), Task::Probe { request, .. }) = (&self.log, task) else { return };
        let log = &mut *log.lock().unwrap_or_else(PoisonError::into_inner);
        if log.failure.is_none() {
            log.failure = writeln!(log.file, "{request}").err();
        }
    }

    /// Returns the reply of a child that has ended.
    pub(crate) fn judge<T: DeserializeOwned>(&self, ended: Ended) -> Result<Reply<T>, Failure> {
        judge(ended, &self.limits)
    }
}

fn piped(command: &mut Command) -> &mut Command {
    command.stdout(Stdio::piped()).stderr(Stdio::piped())
}

/// Starts a worker on a task, tied to this process.
fn spawned(command: &mut Command, task: &Task) -> io::Result<Child> {
    const WAIT: Duration = Duration::from_millis(20);
    // The width is fixed, because the length of the arguments shifts the stack.
    command.args(["worker".to_owned(), format!("--parent={:010}", std::process::id())]).stdin(task.pipe()?);
    if let Some((name, value)) = task.variable() {
        command.env(name, value);
    }
    for _ in 0..TRIES {
        match command.spawn() {
            // A program that was written a moment ago may still be open for writing somewhere.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => thread::sleep(WAIT),
            started => return started,
        }
    }
    command.spawn()
}

fn not_started(program: &Path, error: &io::Error) -> Failure {
    let no_more_files = error.raw_os_error() == Some(nix::errno::Errno::EMFILE as i32);
    let why = match (error.kind(), limits::open_files()) {
        (io::ErrorKind::WouldBlock, _) => format!("{error} ({})", limits::on_threads()),
        (_, Some(limit)) if no_more_files => format!("{error} ({} is {})", limit.name, limit.amount),
        _ => error.to_string(),
    };
    Failure::Prevented { why: format!("{} cannot be started: {why}", program.display()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::worker::scripts;
    use crate::workloads::{Scale, Workload};
    use std::fs;

    fn request(level: Level) -> Request {
        let scale = Scale::new(0.001).expect("positive");
        Request { workload: Workload::CYCLES, level, scale, threads: 1, count: false }
    }

    #[test]
    fn a_missing_program_is_named() {
        let launcher = Launcher::new("/no/such/program".into(), Limits::default());
        let failure = launcher.run(&request(Level::Full)).expect_err("missing");
        assert!(failure.to_string().contains("/no/such/program cannot be started"), "{failure}");
    }

    #[test]
    fn a_log_that_cannot_be_written_is_not_a_failure_of_the_probe() {
        let full = File::options().write(true).open("/dev/full");
        let Ok(full) = full else {
            crate::platform::console::complain("skipped: there is no /dev/full");
            return;
        };
        let launcher = Launcher::new("/bin/echo".into(), Limits::default()).logging_to(full);
        let failure = launcher.run(&request(Level::Full)).expect_err("that is not an observation");
        assert!(failure.to_string().contains("its output is invalid"), "{failure}");
        assert!(launcher.log_failure().expect("it cannot be written").to_string().contains("No space left"));
    }

    #[test]
    fn what_a_killed_worker_leaves_is_removed_with_the_launcher() {
        let script = "touch \"$TMPDIR/left\"; echo \"$TMPDIR\" >\"$folder/place\"; kill -KILL $$";
        let (folder, launcher) = scripts::launcher(script, Limits::default());
        launcher.run(&request(Level::Full)).expect_err("it is killed");
        let place = fs::read_to_string(folder.path().join("place")).expect("the script ran");
        let place = Path::new(place.trim_end());
        assert!(place.join("left").exists());
        drop(launcher);
        assert!(!place.exists());
    }

    #[test]
    fn levels_differ_only_in_standard_input() {
        if cfg!(not(target_os = "linux")) {
            // The script reads its own arguments and environment from Linux's files.
            return;
        }
        let script = "{ tr '\\0' '\\n' </proc/$$/cmdline; tr '\\0' '\\n' </proc/$$/environ; } >>\"$folder/seen\"\n\
             cat >>\"$folder/tasks\"; echo ended >>\"$folder/tasks\"";
        let (folder, launcher) = scripts::launcher(script, Limits::default());
        let seen = |level| {
            launcher.run(&request(level)).expect_err("a script gives no reply");
            let [seen, task] = ["seen", "tasks"].map(|name| {
                let path = folder.path().join(name);
                let text = fs::read_to_string(&path).expect("the script ran");
                fs::remove_file(path).expect("it can be removed");
                text
            });
            assert!(task.contains(&format!("\"tracking\":\"{level}\"")) && task.ends_with("\nended\n"), "{task}");
            (seen, task.len())
        };
        let untracked = seen(Level::Untracked);
        assert!(untracked.0.contains("\nworker\n--parent="), "{}", untracked.0);
        assert_eq!(seen(Level::Full), untracked);
    }
}
