//! The job slots that poly shares with cargo, make and whatever else speaks GNU make's jobserver
//! protocol, so that all of them together run no more at once than was asked for.
//!
//! - The **pool** is a pipe that holds a byte, a **token**, for each job that may run beside the
//!   first. Whoever begins one takes a token, and writes it back when the job has ended.
//! - The **implicit** token is in no pool: every process that takes part has one of its own, for
//!   its first job. A tool has that of the action that started it.
//!
//! poly makes a pool, unless the make or cargo that started it shares one (`MAKEFLAGS`,
//! `CARGO_MAKEFLAGS`); then it takes part in that. Tools are told by the same two variables, which
//! are in no fingerprint. The pool is a pipe whose ends tools inherit, and not a named one, which
//! make knows only since version 4.4: it needs neither a file that a killed poly leaves behind nor
//! anything of the environment, and process groups mean nothing to it.
//!
//! A tool that is killed takes the tokens that it held with it. That slows poly down and never
//! stops it: the implicit token is poly's own, and goes from action to action. In a pool of
//! poly's own, what is missing is made up for as soon as no action runs.
//!
//! Not through the crate `jobserver`: joining a pool is `unsafe` there, and whoever waits for a
//! token of a pipe cannot wait for the implicit one as well. The protocol:
//! <https://www.gnu.org/software/make/manual/html_node/POSIX-Jobserver.html>.

use std::env;
use std::fs::{self, File};
use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::num::NonZeroUsize;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::process::Command;
use std::sync::{Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use rustix::fs::OFlags;
use rustix::io::{FdFlags, fcntl_setfd, ioctl_fionread};

use super::environment::Variables;
use super::process;

/// How often a pool is looked into by an action that waits for a token of it. (One that waits for
/// another action is woken.)
const POLL: Duration = Duration::from_millis(10);

/// More tokens than this do not fit into every pipe, nor jobs onto any machine.
const MOST: usize = 4000;

/// The variables that tools are told by.
const VARIABLES: [&str; 2] = ["CARGO_MAKEFLAGS", "MAKEFLAGS"];

/// That of this poly.
static SHARED: OnceLock<Shared> = OnceLock::new();

/// What this poly takes part in.
struct Shared {
    /// Whether whoever started poly has a pool, and does not share it.
    unshared: bool,
    /// How many jobs run at once in a pool of poly's own.
    jobs: Box<dyn Fn() -> NonZeroUsize + Send + Sync>,
    /// That of whoever started poly; or one of its own, made when the first job begins, if it can be made.
    jobserver: OnceLock<Option<Jobserver>>,
}

/// Joins the pool of whoever started poly, or else will make one for this many jobs at once. To be called
/// before any file is opened: a make that does not share its pool leaves the numbers of two files
/// in the environment that are not there.
pub fn start(jobs: impl Fn() -> NonZeroUsize + Send + Sync + 'static) {
    let found = VARIABLES.iter().find_map(|name| Pool::named_in(&env::var(name).ok()?));
    let unshared = matches!(found, Some(Err(_)));
    let joined = found.and_then(Result::ok).map(|pool| Some(Jobserver::new(pool, None)));
    let jobserver = joined.map(OnceLock::from).unwrap_or_default();
    // Started twice, it is the first that tools know of.
    let _ = SHARED.set(Shared { unshared, jobs: Box::new(jobs), jobserver });
}

/// Whether whoever started poly has a pool, and does not share it.
pub fn is_unshared() -> bool {
    SHARED.get().is_some_and(|shared| shared.unshared)
}

/// Whether poly should have made a pool by now, and could not: tools run as many jobs as they like.
pub fn is_absent() -> bool {
    SHARED.get().is_some_and(|shared| matches!(shared.jobserver.get(), Some(None)))
}

/// Waits for the tokens of a job that counts as `weight` jobs. `None` if poly is interrupted
/// meanwhile. In somebody else's pool there may never be more than one: there, the job gets what
/// can be had at once.
pub fn acquire(weight: NonZeroUsize) -> Option<Held<'static>> {
    match SHARED.get().and_then(Shared::jobserver) {
        Some(jobserver) => jobserver.acquire(weight.get(), &process::interrupted),
        None => Some(Held { of: None, implicit: false, tokens: 0, runs: false }),
    }
}

/// Gives back all that is held: poly is about to end without further ado.
pub fn give_back() {
    if let Some(Some(jobserver)) = SHARED.get().and_then(|shared| shared.jobserver.get()) {
        let mut state = jobserver.lock();
        let taken = std::mem::take(&mut state.taken);
        jobserver.pool.put(&taken);
    }
}

/// Tells a tool of the pool, unless its environment tells it otherwise.
pub(super) fn share(command: &mut Command, environment: &Variables) {
    if let Some(jobserver) = SHARED.get().and_then(Shared::jobserver) {
        let unset = VARIABLES.into_iter().filter(|name| !environment.contains_key(*name));
        let flags = jobserver.flags();
        command.envs(unset.map(|name| (name, &flags)));
    }
}

impl Shared {
    fn jobserver(&self) -> Option<&Jobserver> {
        let own = || {
            let size = ((self.jobs)().get() - 1).min(MOST);
            Some(Jobserver::new(Pool::of(size).ok()?, Some(size)))
        };
        self.jobserver.get_or_init(own).as_ref()
    }
}

/// A pool, and what poly holds of it.
#[derive(Debug)]
struct Jobserver {
    pool: Pool,
    /// How many tokens there are, where poly made them.
    size: Option<usize>,
    /// Held by the one action that collects tokens. Two that had half of theirs would wait for
    /// each other.
    turn: Mutex<()>,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    implicit_is_free: bool,
    /// How many actions have all their tokens.
    running: usize,
    /// The tokens in poly's hands.
    taken: Vec<u8>,
}

/// What a job holds as long as it runs.
#[derive(Debug)]
pub struct Held<'a> {
    of: Option<&'a Jobserver>,
    implicit: bool,
    tokens: usize,
    runs: bool,
}

impl Jobserver {
    fn new(pool: Pool, size: Option<usize>) -> Self {
        Self {
            pool,
            size,
            turn: Mutex::new(()),
            state: Mutex::new(State { implicit_is_free: true, running: 0, taken: Vec::new() }),
            changed: Condvar::new(),
        }
    }

    /// See [`acquire`].
    fn acquire(&self, weight: usize, stopped: &dyn Fn() -> bool) -> Option<Held<'_>> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let weight = self.size.map_or(weight, |size| weight.min(size + 1));
        let enough = if self.size.is_some() { weight } else { 1 };
        let mut held = Held { of: Some(self), implicit: false, tokens: 0, runs: false };
        while !stopped() {
            let mut state = self.lock();
            if state.running == 0 {
                self.make_up(&state);
            }
            held.implicit |= std::mem::take(&mut state.implicit_is_free);
            while held.count() < weight
                && let Some(token) = self.pool.take()
            {
                state.taken.push(token);
                held.tokens += 1;
            }
            if held.count() >= enough {
                state.running += 1;
                held.runs = true;
                return Some(held);
            }
            // A pipe and a condition cannot be waited for at once.
            drop(self.changed.wait_timeout(state, POLL));
        }
        None
    }

    /// Makes a pool of poly's own whole. No action runs, and so no tool: what is neither in the
    /// pool nor in poly's hands is lost, and what is too much came back after it was made up for.
    fn make_up(&self, state: &State) {
        let Some(size) = self.size else { return };
        let whole = size - state.taken.len().min(size);
        let there = self.pool.count();
        self.pool.put(&vec![b'+'; whole.saturating_sub(there)]);
        for _ in whole..there {
            self.pool.take();
        }
    }

    fn flags(&self) -> String {
        let jobs = self.size.map(|size| (size + 1).to_string()).unwrap_or_default();
        let auth = &self.pool.auth;
        // The older name is that of make before 4.2; it knows no named pipe.
        let older = if auth.starts_with(NAMED) {
            String::new()
        } else {
            format!(" --jobserver-fds={auth}")
        };
        format!("-j{jobs}{older} --jobserver-auth={auth}")
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held<'_> {
    fn count(&self) -> usize {
        self.tokens + usize::from(self.implicit)
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let Some(jobserver) = self.of else { return };
        let mut state = jobserver.lock();
        state.running -= usize::from(self.runs);
        state.implicit_is_free |= self.implicit;
        let left = state.taken.len().saturating_sub(self.tokens);
        jobserver.pool.put(&state.taken.split_off(left));
        drop(state);
        jobserver.changed.notify_all();
    }
}

/// How a named pipe is told of.
const NAMED: &str = "fifo:";

/// The two ends of the pipe.
#[derive(Debug)]
struct Pool {
    /// A description of its own, which alone does not block: those who inherit the pipe may count
    /// on one that does.
    reader: File,
    writer: File,
    /// What tools are told.
    auth: String,
    /// Keeps open, for tools to inherit, what poly made itself.
    _ends: Option<(PipeReader, PipeWriter)>,
}

impl Pool {
    /// A new one with this many tokens.
    fn of(size: usize) -> io::Result<Self> {
        let ends = io::pipe()?;
        fcntl_setfd(&ends.0, FdFlags::empty())?;
        fcntl_setfd(&ends.1, FdFlags::empty())?;
        let (reader, writer) = (ends.0.as_raw_fd(), ends.1.as_raw_fd());
        let pool = Self { _ends: Some(ends), ..Self::inherited(reader, writer)? };
        pool.put(&vec![b'+'; size]);
        Ok(pool)
    }

    /// That of whoever has set such flags, if they tell of one. An error means that it is not
    /// shared: make closes it to commands that it does not take for a make.
    fn named_in(flags: &str) -> Option<io::Result<Self>> {
        let auth = |flag: &'_ str| {
            let flag = flag.strip_prefix("--jobserver-")?;
            flag.strip_prefix("auth=").or_else(|| flag.strip_prefix("fds=")).map(str::to_owned)
        };
        let auth = flags.split_whitespace().filter_map(auth).next_back()?;
        if let Some(path) = auth.strip_prefix(NAMED) {
            return Some(Self::open(Path::new(path), Path::new(path), auth.clone()));
        }
        let ends = auth
            .split_once(',')
            .and_then(|(reader, writer)| Some((reader.parse().ok()?, writer.parse().ok()?)));
        let unshared = || Err(io::ErrorKind::InvalidInput.into());
        Some(ends.map_or_else(unshared, |(reader, writer)| Self::inherited(reader, writer)))
    }

    fn inherited(reader: i32, writer: i32) -> io::Result<Self> {
        let path = |end: i32| format!("/dev/fd/{end}");
        let auth = format!("{reader},{writer}");
        Self::open(path(reader).as_ref(), path(writer).as_ref(), auth)
    }

    fn open(reader: &Path, writer: &Path, auth: String) -> io::Result<Self> {
        for end in [reader, writer] {
            if !fs::metadata(end)?.file_type().is_fifo() {
                return Err(io::ErrorKind::InvalidInput.into());
            }
        }
        let mut options = File::options();
        options.custom_flags(OFlags::NONBLOCK.bits().cast_signed());
        // A named pipe can be opened for writing alone only once somebody reads from it.
        let reader = options.clone().read(true).write(auth.starts_with(NAMED)).open(reader)?;
        let writer = options.write(true).open(writer)?;
        Ok(Self { reader, writer, auth, _ends: None })
    }

    /// A token, if there is one. Whatever is wrong with a pipe, poly has its implicit token.
    fn take(&self) -> Option<u8> {
        let mut token = [0];
        loop {
            match (&self.reader).read(&mut token) {
                Ok(count) => return (count == 1).then_some(token[0]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return None,
            }
        }
    }

    fn put(&self, tokens: &[u8]) {
        // It was there before, so there is room for it.
        let _ = (&self.writer).write_all(tokens);
    }

    fn count(&self) -> usize {
        ioctl_fionread(&self.reader).map_or(0, |count| usize::try_from(count).unwrap_or(0))
    }
}

#[cfg(test)]
#[path = "jobserver/tests.rs"]
mod tests;
