//! Compiling a component for this machine, in a process of its own.
//!
//! Whoever wrote a component can make it hard to compile: a few hundred bytes of components within
//! components say more instances than there are atoms. So the compiler runs in another poly
//! (`poly-host precompile`, which is not shown) and within bounds (see [`bounded`]).
//!
//! The other one writes machine code to the file it is told, and answers with one [`Reply`]. Whatever
//! else ends it is told as it is.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use miette::Diagnostic;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use thiserror::Error;

use super::bounded::{self, Bounds, Fault};
use super::driver::Driver;
use super::error::BuildError;
use crate::host::{Engine, EngineError, EngineOptions};
use crate::manifest::{Bytes, Limits, Timeout};
use crate::toolchain::process::{Answer, ProcessError};

/// How much the other poly may answer: what wasmtime says of a component.
const ANSWER: usize = 1 << 20;

/// Why there is no machine code. `what` is what was to be compiled, for people.
#[derive(Debug, Error, Diagnostic)]
pub enum CompileError {
    /// It takes too long.
    #[error("compiling {what} took longer than `limits.compile-time`, which is {limit}")]
    #[diagnostic(help(
        "if it rightly takes longer, say so under `[limits]`, such as `compile-time = \"30m\"`"
    ))]
    Time {
        /// What was compiled.
        what: String,
        /// The bound.
        limit: Timeout,
    },
    /// It takes too much memory.
    #[error("compiling {what} took more memory than `limits.compile-memory`, which is {limit}")]
    #[diagnostic(help(
        "if it rightly takes more, say so under `[limits]`, such as `compile-memory = \"16GiB\"`"
    ))]
    Memory {
        /// What was compiled.
        what: String,
        /// The bound.
        limit: Bytes,
    },
    /// wasmtime refuses it.
    #[error("{what} cannot be compiled")]
    #[diagnostic(help("`poly inspect` shows what it imports and which features it uses"))]
    Refused {
        /// What was to be compiled.
        what: String,
        /// What wasmtime said.
        #[source]
        cause: Cause,
    },
    /// The machine code, or the component, is out of reach.
    #[error("machine code cannot be written to `{}`", path.display())]
    #[diagnostic(help("{}", super::error::write_remedy(source)))]
    Files {
        /// Where it should have been.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// The compiler died.
    #[error("the compiler stopped while it compiled {what}: {status}\n{said}")]
    Stopped {
        /// What was compiled.
        what: String,
        /// How it ended.
        status: ExitStatus,
        /// Its last words.
        said: String,
    },
    /// The other poly cannot be started, or was interrupted.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Process(#[from] ProcessError),
}

/// What the other poly said of a component.
#[derive(Debug, Error)]
#[error("{0}")]
pub struct Cause(String);

/// What the other poly answers, as one line of JSON at the end of what it writes.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reply {
    /// The machine code is in its file.
    Compiled,
    /// There is none, because of the component.
    Refused(String),
    /// There is none, because a file could not be read or written: the system's number for it.
    Files(i32),
}

impl Driver<'_> {
    /// Machine code of a component, compiled as the pipeline's are and within its bounds; in a file
    /// of the cache, for as long as that is held. `what` is what it is, for people.
    pub fn machine_code(&self, component: &Path, what: &str) -> Result<NamedTempFile, BuildError> {
        self.artifacts.refuse_if_exposed()?;
        let draft = self.artifacts.draft()?;
        let manifest = &self.project.manifest;
        let options = EngineOptions::of(manifest);
        let program = &self.runtime().program;
        let made = compile(program, component, draft.path(), &options, &manifest.limits, what);
        made.map_err(Box::new)?;
        Ok(draft)
    }
}

/// Compiles `component` within the bounds of `limits`, into `draft`, a file that is there.
fn compile(
    program: &Path,
    component: &Path,
    draft: &Path,
    options: &EngineOptions,
    limits: &Limits,
    what: &str,
) -> Result<(), CompileError> {
    let files = |source| CompileError::Files { path: draft.to_owned(), source };
    let options = serde_json::to_string(options).expect("options are plain data");
    let text = |path: &Path| path.display().to_string();
    let arguments = ["precompile".to_owned(), text(component), "--output".to_owned(), text(draft)]
        .into_iter()
        .chain(["--engine".to_owned(), options]);
    let bounds = Bounds {
        memory: limits.compile_memory,
        time: limits.compile_time.duration(),
        answer: ANSWER,
    };
    match judge(&bounded::run(program, arguments, bounds)?, limits, what) {
        Ok(Reply::Compiled) => Ok(()),
        Ok(Reply::Refused(cause)) => {
            Err(CompileError::Refused { what: what.to_owned(), cause: Cause(cause) })
        }
        Ok(Reply::Files(number)) => Err(files(io::Error::from_raw_os_error(number))),
        Err(error) => Err(error),
    }
}

/// What the other poly answered, or what ended it before it could.
fn judge(answer: &Answer, limits: &Limits, what: &str) -> Result<Reply, CompileError> {
    let failed = |fault| {
        let what = what.to_owned();
        match fault {
            Fault::Time => CompileError::Time { what, limit: limits.compile_time },
            Fault::Memory => CompileError::Memory { what, limit: limits.compile_memory },
            Fault::Stopped { status, said } => CompileError::Stopped { what, status, said },
        }
    };
    if let Some(fault) = Fault::of(answer) {
        return Err(failed(fault));
    }
    let said = String::from_utf8_lossy(&answer.stdout);
    match serde_json::from_str(said.lines().last().unwrap_or_default()) {
        Ok(Reply::Refused(cause)) if bounded::is_out_of_memory(&cause) => {
            Err(failed(Fault::Memory))
        }
        Ok(reply) => Ok(reply),
        Err(_) => Err(failed(Fault::stopped(answer))),
    }
}

/// The other side: compiles `component` into `output`, takes no more than `memory`, and ends with the
/// process `parent`.
pub fn compile_here(
    component: &Path,
    output: &Path,
    options: &EngineOptions,
    memory: Bytes,
    parent: u32,
) -> Result<Reply, EngineError> {
    if let Err(errno) = bounded::bound(memory, parent) {
        return Ok(Reply::Files(errno.raw_os_error()));
    }
    let files = |error: io::Error| Reply::Files(error.raw_os_error().unwrap_or_default());
    let bytes = match fs::read(component) {
        Ok(bytes) => bytes,
        Err(error) => return Ok(files(error)),
    };
    match Engine::new(options)?.precompile(&bytes) {
        Ok(code) => Ok(fs::write(output, code).map_or_else(files, |()| Reply::Compiled)),
        Err(EngineError::Compile(cause)) => Ok(Reply::Refused(cause.to_string())),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt as _;
    use std::time::Duration;

    use super::*;

    fn judged(status: i32, stdout: &str, stderr: &str, late: bool) -> String {
        let answer = Answer {
            status: ExitStatus::from_raw(status),
            stdout: stdout.as_bytes().to_vec(),
            stderr: stderr.as_bytes().to_vec(),
            elapsed: Duration::ZERO,
            late,
        };
        match judge(&answer, &Limits::default(), "component `a`") {
            Ok(reply) => format!("{reply:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn what_the_other_poly_says_is_understood() {
        assert_eq!(judged(0, "\"compiled\"\n", "a warning\n", false), "Compiled");
        assert_eq!(judged(0, "{\"refused\":\"why\"}\n", "", false), "Refused(\"why\")");
        assert_eq!(judged(0, "{\"files\":28}", "", false), "Files(28)");
    }

    #[test]
    fn what_ends_it_is_told() {
        let time = "compiling component `a` took longer than `limits.compile-time`, which is 5m";
        assert_eq!(judged(9, "", "", true), time);
        let memory =
            "compiling component `a` took more memory than `limits.compile-memory`, which is 4GiB";
        assert_eq!(judged(6, "", "memory allocation of 9 bytes failed\n", false), memory);
        let refused = "{\"refused\":\"Cannot allocate memory (os error 12)\"}";
        assert_eq!(judged(0, refused, "", false), memory);
        let stopped =
            "the compiler stopped while it compiled component `a`: signal: 11 (SIGSEGV)\n";
        assert_eq!(judged(11, "", "", false), stopped);
        assert_eq!(judged(11, "out of memory\n", "", false), stopped, "an answer is no reason");
        assert!(judged(0, "", "no answer", false).ends_with("exit status: 0\nno answer"));
    }
}
