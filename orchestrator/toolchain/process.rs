//! Starting tools. Every process that poly starts is started here.
//!
//! - It sees the environment that it is given and nothing else, and reads nothing. One that does
//!   work is told of the `jobserver` as well.
//! - It leads a process group of its own, so that whatever it starts can be stopped with it.
//!   What is left of the group when it ends is killed.
//! - Its output is kept up to a bound; of more than that, the end. A log, where one is asked
//!   for, gets all of it.
//! - One that is asked a question has a time limit, and any other may have one. When that is
//!   over it is killed, and its whole group with it.
//! - It stands in a list as long as it runs. [`interrupt_all`] stops everything in the list,
//!   and nothing can be started any more. Ctrl-C does that (see `interrupt`), and is watched for
//!   before anything is started.

mod output;

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use miette::Diagnostic;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};
use thiserror::Error;

use super::{interrupt, jobserver};
use output::{KEPT, Kept};

/// How long processes have between being asked to stop and being killed.
const GRACE: Duration = Duration::from_secs(2);

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
    /// Whether it was killed because its time was over.
    pub late: bool,
}

/// What came of a process that was asked something.
#[derive(Debug)]
pub struct Answer {
    /// How it ended.
    pub status: ExitStatus,
    /// What it wrote to standard output; if that was too much, the end.
    pub stdout: Vec<u8>,
    /// The same of standard error.
    pub stderr: Vec<u8>,
    /// How long it ran.
    pub elapsed: Duration,
    /// Whether it was killed because its time was over.
    pub late: bool,
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
    /// It was asked a question and had not answered in time.
    #[error("`{}` did not answer within {limit:?}", program.display())]
    Late {
        /// The executable.
        program: PathBuf,
        /// The time that it had.
        limit: Duration,
    },
    /// It was stopped because poly was.
    #[error("interrupted")]
    Interrupted,
}

/// Runs a command to its end, or for as long as `limit` says. A `log` gets all its output as it
/// comes, in place of what it had.
pub fn run(
    invocation: &Invocation<'_>,
    log: Option<&Path>,
    limit: Option<Duration>,
) -> Result<Finished, ProcessError> {
    RUNNING.run(invocation, log, limit)
}

/// Asks a command a question: it has so long to answer, and of what it writes so many bytes are kept.
pub fn answer(
    invocation: &Invocation<'_>,
    limit: Duration,
    most: usize,
) -> Result<Answer, ProcessError> {
    RUNNING.answer(invocation, limit, most)
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
        limit: Option<Duration>,
    ) -> Result<Finished, ProcessError> {
        let failed = |source| output_error(invocation, source);
        let log = log.map(File::create).transpose().map_err(failed)?;
        let started = Instant::now();
        let (reader, writer) = io::pipe().map_err(failed)?;
        let mut command = command(invocation);
        jobserver::share(&mut command, invocation.environment);
        command.stdout(writer.try_clone().map_err(failed)?).stderr(writer);
        let child = self.start(command, invocation)?;
        let kept = Kept::of(reader, log, KEPT);
        let (status, late) = self.finish_within(child, limit).map_err(failed)?;
        let (output, dropped) = kept.take().map_err(failed)?;
        self.uninterrupted()?;
        Ok(Finished { status, output, dropped, elapsed: started.elapsed(), late })
    }

    /// Runs a command that answers a question, for so long at most.
    pub(super) fn ask(
        &self,
        invocation: &Invocation<'_>,
        limit: Duration,
    ) -> Result<Answer, ProcessError> {
        let answer = self.answer(invocation, limit, KEPT)?;
        if answer.late {
            return Err(ProcessError::Late { program: invocation.program.to_owned(), limit });
        }
        Ok(answer)
    }

    /// See [`answer`].
    fn answer(
        &self,
        invocation: &Invocation<'_>,
        limit: Duration,
        most: usize,
    ) -> Result<Answer, ProcessError> {
        let failed = |source| output_error(invocation, source);
        let started = Instant::now();
        let (stdout, stdout_writer) = io::pipe().map_err(failed)?;
        let (stderr, stderr_writer) = io::pipe().map_err(failed)?;
        let mut command = command(invocation);
        command.stdout(stdout_writer).stderr(stderr_writer);
        let child = self.start(command, invocation)?;
        let (stdout, stderr) = (Kept::of(stdout, None, most), Kept::of(stderr, None, most));
        let (status, late) = self.finish_within(child, Some(limit)).map_err(failed)?;
        let (stdout, _) = stdout.take().map_err(failed)?;
        let (stderr, _) = stderr.take().map_err(failed)?;
        self.uninterrupted()?;
        Ok(Answer { status, stdout, stderr, elapsed: started.elapsed(), late })
    }

    /// Starts a command and enters its group into the list, with nothing in between that
    /// [`Running::interrupt_all`] could slip into. Takes the command, because that holds the
    /// writing end of a pipe whose end is waited for.
    fn start(
        &self,
        mut command: Command,
        invocation: &Invocation<'_>,
    ) -> Result<Child, ProcessError> {
        interrupt::watch();
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

    /// Waits for a process, and kills its group when its time is over. Says whether it did.
    fn finish_within(
        &self,
        child: Child,
        limit: Option<Duration>,
    ) -> io::Result<(ExitStatus, bool)> {
        let Some(limit) = limit else { return Ok((self.finish(child)?, false)) };
        let group = Pid::from_child(&child);
        thread::scope(|scope| {
            let (ended, end) = channel::<()>();
            let watchdog = scope.spawn(move || {
                let late = matches!(end.recv_timeout(limit), Err(RecvTimeoutError::Timeout));
                if late {
                    self.kill(group);
                }
                late
            });
            let status = self.finish(child);
            drop(ended);
            let (status, late) = (status?, watchdog.join().unwrap_or_default());
            // One that succeeded in the very instant was in time.
            Ok((status, late && !status.success()))
        })
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

    /// Kills a group, if it still runs.
    fn kill(&self, group: Pid) {
        let list = self.list();
        if list.groups.contains(&group) {
            let _ = kill_process_group(group, Signal::KILL);
        }
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

#[cfg(test)]
#[path = "process/tests.rs"]
mod tests;
