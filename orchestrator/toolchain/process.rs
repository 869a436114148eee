//! Starting tools. Every process that poly starts is started here.
//!
//! - It sees the environment that it is given and nothing else, and reads nothing.
//! - It leads a process group of its own, so that whatever it starts can be stopped with it.
//!   What is left of the group when it ends is killed.
//! - Its output is kept up to a bound; of more than that, the end. A log, where one is asked
//!   for, gets all of it.
//! - It stands in a list as long as it runs. [`interrupt_all`] stops everything in the list,
//!   and nothing can be started any more.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use thiserror::Error;

/// How much output of one process is kept in memory.
const KEPT: usize = 1 << 20;

/// How long processes have between being asked to stop and being killed.
const GRACE: Duration = Duration::from_secs(2);

/// How long output is waited for that a process leaves behind when it ends.
const DRAIN: Duration = Duration::from_secs(1);

/// A command to run.
#[derive(Debug, Clone, Copy)]
pub struct Invocation<'a> {
    /// The executable.
    pub program: &'a Path,
    /// Its arguments.
    pub arguments: &'a [String],
    /// Where it runs.
    pub directory: &'a Path,
    /// Its whole environment.
    pub environment: &'a BTreeMap<String, String>,
}

/// A process that has ended, well or badly.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output and standard error, interleaved as it was written.
    pub output: Vec<u8>,
    /// How many bytes were written before those that `output` still has.
    pub dropped: u64,
    /// How long it ran.
    pub elapsed: Duration,
}

/// What a process that was asked something wrote.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// A process did not run to its end.
#[derive(Debug, Error, Diagnostic)]
pub enum ProcessError {
    /// It could not be started.
    #[error("cannot start `{}` in `{}`", program.display(), directory.display())]
    NotStarted {
        /// The executable.
        program: PathBuf,
        /// Where it should have run.
        directory: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// Its output could not be read or its log not written.
    #[error("cannot keep the output of `{}`", program.display())]
    Output {
        /// The executable.
        program: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It was stopped because poly was.
    #[error("interrupted")]
    Interrupted,
}

/// Runs a command to its end. A `log` gets all its output as it comes, in place of what it
/// had.
pub fn run(invocation: &Invocation<'_>, log: Option<&Path>) -> Result<Finished, ProcessError> {
    RUNNING.run(invocation, log)
}

/// Stops everything that runs, first by asking, after two seconds by force, and lets nothing
/// be started from now on. Returns when nothing runs any more.
pub fn interrupt_all() {
    RUNNING.interrupt_all();
}

/// Whether [`interrupt_all`] was called.
pub fn interrupted() -> bool {
    RUNNING.interrupted()
}

/// All processes of this poly.
pub(super) static RUNNING: Running = Running::new();

/// The list of running process groups.
#[derive(Debug)]
pub(super) struct Running {
    list: Mutex<List>,
}

#[derive(Debug)]
struct List {
    interrupted: bool,
    groups: Vec<Pid>,
}

impl Running {
    pub(super) const fn new() -> Self {
        Self { list: Mutex::new(List { interrupted: false, groups: Vec::new() }) }
    }

    /// See [`run`].
    pub(super) fn run(
        &self,
        invocation: &Invocation<'_>,
        log: Option<&Path>,
    ) -> Result<Finished, ProcessError> {
        let failed = |source| output_error(invocation, source);
        let log = log.map(File::create).transpose().map_err(failed)?;
        let started = Instant::now();
        let (reader, writer) = io::pipe().map_err(failed)?;
        let mut command = command(invocation);
        command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
        let child = self.start(command, invocation)?;
        let kept = Kept::of(reader, log);
        let status = self.finish(child).map_err(failed)?;
        let (output, dropped) = kept.take().map_err(failed)?;
        self.uninterrupted()?;
        Ok(Finished { status, output, dropped, elapsed: started.elapsed() })
    }

    /// Runs a command that answers a question, its two outputs apart.
    pub(super) fn ask(&self, invocation: &Invocation<'_>) -> Result<Answer, ProcessError> {
        let failed = |source| output_error(invocation, source);
        let (stdout, stdout_writer) = io::pipe().map_err(failed)?;
        let (stderr, stderr_writer) = io::pipe().map_err(failed)?;
        let mut command = command(invocation);
        command.stdout(stdout_writer).stderr(stderr_writer);
        let child = self.start(command, invocation)?;
        let (stdout, stderr) = (Kept::of(stdout, None), Kept::of(stderr, None));
        let status = self.finish(child).map_err(failed)?;
        let (stdout, _) = stdout.take().map_err(failed)?;
        let (stderr, _) = stderr.take().map_err(failed)?;
        self.uninterrupted()?;
        Ok(Answer { status, stdout, stderr })
    }

    /// Starts a command and enters its group into the list, with nothing in between that
    /// [`Running::interrupt_all`] could slip into. Takes the command, because that holds the
    /// writing end of a pipe whose end is waited for.
    fn start(
        &self,
        mut command: Command,
        invocation: &Invocation<'_>,
    ) -> Result<Child, ProcessError> {
        let mut list = self.list();
        if list.interrupted {
            return Err(ProcessError::Interrupted);
        }
        let child = spawn(&mut command).map_err(|source| ProcessError::NotStarted {
            program: invocation.program.to_owned(),
            directory: invocation.directory.to_owned(),
            source,
        })?;
        list.groups.push(Pid::from_child(&child));
        Ok(child)
    }

    /// Waits for a process, and ends what it leaves behind.
    fn finish(&self, mut child: Child) -> io::Result<ExitStatus> {
        let group = Pid::from_child(&child);
        // The number stays taken until the process is waited for in earnest: the group that
        // is killed is still this one, and not one that took its number over.
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
        while let Err(error) = waitid(WaitId::Pid(group), options) {
            if error != rustix::io::Errno::INTR {
                return Err(error.into());
            }
        }
        {
            let mut list = self.list();
            let _ = kill_process_group(group, Signal::KILL);
            list.groups.retain(|other| *other != group);
        }
        child.wait()
    }

    /// See [`interrupt_all`].
    pub(super) fn interrupt_all(&self) {
        let signal = |signal| {
            let mut list = self.list();
            list.interrupted = true;
            for group in &list.groups {
                // One that has just ended has nothing left to stop.
                let _ = kill_process_group(*group, signal);
            }
        };
        signal(Signal::TERM);
        let deadline = Instant::now() + GRACE;
        while !self.list().groups.is_empty() {
            if Instant::now() >= deadline {
                signal(Signal::KILL);
            }
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// See [`interrupted`].
    pub(super) fn interrupted(&self) -> bool {
        self.list().interrupted
    }

    fn uninterrupted(&self) -> Result<(), ProcessError> {
        if self.interrupted() { Err(ProcessError::Interrupted) } else { Ok(()) }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn command(invocation: &Invocation<'_>) -> Command {
    let mut command = Command::new(invocation.program);
    command
        .args(invocation.arguments)
        .current_dir(invocation.directory)
        .env_clear()
        .envs(invocation.environment)
        .stdin(Stdio::null())
        .process_group(0);
    command
}

/// Starts a command. An executable that poly itself has just written may be busy for an
/// instant: a process that another thread started inherits the open file until it has become
/// the other program.
fn spawn(command: &mut Command) -> io::Result<Child> {
    for _ in 0..20 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
    command.spawn()
}

fn output_error(invocation: &Invocation<'_>, source: io::Error) -> ProcessError {
    ProcessError::Output { program: invocation.program.to_owned(), source }
}

/// The output of a process, read by a thread of its own.
struct Kept {
    tail: Arc<Mutex<Tail>>,
    ended: Receiver<io::Result<()>>,
}

#[derive(Default)]
struct Tail {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Kept {
    fn of(mut reader: PipeReader, mut log: Option<File>) -> Self {
        let tail = Arc::<Mutex<Tail>>::default();
        let (sender, ended) = channel();
        let kept = Arc::clone(&tail);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            let mut logged = Ok(());
            let read = loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break Ok(()),
                    Ok(length) => {
                        kept.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
                        // A full disk must not leave the process writing into a full pipe.
                        if let (Some(log), Ok(())) = (&mut log, &logged) {
                            logged = log.write_all(&buffer[..length]);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            // Nobody listens any more if a daemon kept the pipe open for longer than `DRAIN`.
            let _ = sender.send(read.and(logged));
        });
        Self { tail, ended }
    }

    /// What was kept, once the process has ended. A daemon that it left behind, in a group
    /// of its own, may hold the pipe open for ever: that is waited for only shortly.
    fn take(self) -> io::Result<(Vec<u8>, u64)> {
        if let Ok(result) = self.ended.recv_timeout(DRAIN) {
            result?;
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((std::mem::take(&mut tail.bytes).into(), tail.dropped))
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(KEPT);
        self.bytes.drain(..excess);
        self.dropped += excess as u64;
    }
}

#[cfg(test)]
#[path = "process/tests.rs"]
mod tests;
