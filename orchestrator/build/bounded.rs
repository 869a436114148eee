//! Work that whoever wrote a component can make as hard as they like, done by another poly: one that
//! can be stopped when its time is up, that refuses itself more memory than it may have, and that does
//! not outlive the one that waits for it. That one lives on, and says which bound it was.
//!
//! The other one is told all on its command line, and answers on standard output. What is in the answer is
//! a matter of the work; nobody who can dictate that has a say in what ended it.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::manifest::Bytes;
use crate::toolchain::process::{self, Answer, Invocation, ProcessError};

/// What the stack of the other poly may be: as much as is usual.
const STACK: u64 = 8 << 20;

/// How far it may go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// What it may have of memory.
    pub(super) memory: Bytes,
    /// How long it may take.
    pub(super) time: Duration,
    /// How many bytes it may answer with; of more, the end is kept.
    pub(super) answer: usize,
}

/// What ended the other poly before its work was done.
#[derive(Debug)]
pub(super) enum Fault {
    /// Its time was up.
    Time,
    /// It was refused memory.
    Memory,
    /// Something else.
    Stopped {
        /// How it ended.
        status: ExitStatus,
        /// Its last words.
        said: String,
    },
}

/// Has the executable `program`, which is poly's own, do this within these bounds.
pub(super) fn run(
    program: &Path,
    command: impl IntoIterator<Item = String>,
    bounds: Bounds,
) -> Result<Answer, ProcessError> {
    let arguments = command
        .into_iter()
        .chain(["--memory".to_owned(), bounds.memory.to_string()])
        .chain(["--parent".to_owned(), std::process::id().to_string()])
        .collect::<Vec<_>>();
    let invocation = Invocation {
        program,
        arguments: &arguments,
        directory: Path::new("/"),
        environment: &BTreeMap::new(),
    };
    process::answer(&invocation, bounds.time, bounds.answer)
}

impl Fault {
    /// Why it did not end well, if it did not.
    pub(super) fn of(answer: &Answer) -> Option<Self> {
        if answer.late {
            return Some(Self::Time);
        }
        if answer.status.success() {
            return None;
        }
        match Self::stopped(answer) {
            Self::Stopped { said, .. } if is_out_of_memory(&said) => Some(Self::Memory),
            stopped => Some(stopped),
        }
    }

    /// It ended as it did, and that is all there is to say.
    pub(super) fn stopped(answer: &Answer) -> Self {
        let said = String::from_utf8_lossy(&answer.stderr).trim_end().to_owned();
        Self::Stopped { status: answer.status, said }
    }
}

/// Whether these are the words of the standard library, the system or wasmtime for it.
pub(super) fn is_out_of_memory(said: &str) -> bool {
    ["memory allocation of ", "Cannot allocate memory", "out of memory"]
        .iter()
        .any(|words| said.contains(words))
}

/// The other side: from here on this process gets no more memory than so many bytes, leaves no picture of
/// it behind when it dies for want of more, and does not outlive the poly that started it, which is
/// `parent`.
pub(super) fn bound(memory: Bytes, parent: u32) -> rustix::io::Result<()> {
    // Linux counts under this what can really be written to; elsewhere it leaves out what is mapped.
    let resource = if cfg!(target_os = "linux") { Resource::Data } else { Resource::As };
    let only = |most| Rlimit { current: Some(most), maximum: Some(most) };
    let most = getrlimit(resource).maximum.map_or(memory.get(), |most| most.min(memory.get()));
    setrlimit(resource, only(most))?;
    // The stack is no data, and may be as large as memory.
    let stack = getrlimit(Resource::Stack).current.map_or(STACK, |most| most.min(STACK));
    setrlimit(Resource::Stack, only(stack))?;
    setrlimit(Resource::Core, only(0))?;
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{DumpableBehavior, Signal};
        // A program that takes pictures is given them whatever their bound is.
        rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
        rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    }
    // One that died before that has left this one to another process.
    let now = rustix::process::getppid().map(|now| now.as_raw_nonzero().get().cast_unsigned());
    if now == Some(parent) { Ok(()) } else { Err(rustix::io::Errno::SRCH) }
}
