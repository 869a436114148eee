//! Times a command, and says how much memory it needed: with the tool of the benchmark as the
//! parent, so that nothing of the benchmark itself is in the figure.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::workspace;
use crate::{installed, must};

/// How much of one processor others may use while something is measured.
const DISTURBANCE: f64 = 0.15;

/// How long to wait for rest at most.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// One run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample {
    /// How long it took.
    pub(crate) wall: Duration,
    /// The most memory that one of its processes had, in MiB.
    pub(crate) memory: u64,
}

/// Runs commands.
pub(crate) struct Stopwatch {
    tool: PathBuf,
}

impl Stopwatch {
    /// Compiles `tiny.c` with the component that it is to write.
    pub(crate) fn compile(place: &Path) -> Self {
        let bytes: Vec<String> = workspace::template().iter().map(u8::to_string).collect();
        let directory = place.join("bin");
        fs::create_dir(&directory).expect("a writable temporary directory");
        let tool = directory.join("tiny");
        must(
            Command::new("cc")
                .args(["-O2", "-o"])
                .arg(&tool)
                .arg(format!("-DTEMPLATE={}", bytes.join(",")))
                .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/tiny.c")),
        );
        fs::hard_link(&tool, directory.join("npm")).expect("a writable temporary directory");
        installed::install(&directory);
        Self { tool }
    }

    /// The tool itself.
    pub(crate) fn tool(&self) -> &Path {
        &self.tool
    }

    /// Runs a command when the machine is at rest; where it fails, the last that it said.
    pub(crate) fn time(&self, command: &mut Command) -> Result<Sample, String> {
        rest();
        let said = tempfile::NamedTempFile::new().expect("a temporary file");
        let figures = tempfile::NamedTempFile::new().expect("a temporary file");
        // The figures go through a shell's redirection to descriptor 3, the only way without
        // unsafe code.
        let mut timed = Command::new("sh");
        timed
            .arg("-c")
            .arg("exec 3>\"$FIGURES\"; exec \"$TINY\" time \"$@\"")
            .arg("sh")
            .arg(command.get_program())
            .args(command.get_args())
            .env("FIGURES", figures.path())
            .env("TINY", &self.tool)
            .stdin(Stdio::null())
            .stdout(said.reopen().expect("a temporary file"))
            .stderr(said.reopen().expect("a temporary file"));
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => timed.env(name, value),
                None => timed.env_remove(name),
            };
        }
        if let Some(directory) = command.get_current_dir() {
            timed.current_dir(directory);
        }
        let status = timed.status().expect("sh starts");
        let figures = fs::read_to_string(figures.path()).expect("figures");
        let figures: Vec<u64> =
            figures.split_whitespace().filter_map(|figure| figure.parse().ok()).collect();
        match figures[..] {
            [nanoseconds, kibibytes, 0] if status.success() => {
                Ok(Sample { wall: Duration::from_nanos(nanoseconds), memory: kibibytes / 1024 })
            }
            _ => {
                let said = fs::read(said.path()).unwrap_or_default();
                let said = String::from_utf8_lossy(&said);
                eprintln!("{command:?} failed:\n{said}");
                let last = said.lines().rev().find(|line| !line.trim().is_empty());
                Err(last.unwrap_or("nothing").trim().to_owned())
            }
        }
    }
}

/// Waits until nobody works: what a daemon still does after its run would be in the figures of
/// whoever is next. If that takes too long, others work here, and no waiting helps; says so.
fn rest() {
    const PAUSE: Duration = Duration::from_millis(100);
    let begun = Instant::now();
    let Some(mut last) = busy() else { return };
    while begun.elapsed() < LONGEST_WAIT {
        thread::sleep(PAUSE);
        let now = busy().unwrap_or(last);
        if now - last < DISTURBANCE * PAUSE.as_secs_f64() {
            return;
        }
        last = now;
    }
    eprintln!("others work on this machine: what follows is measured beside them");
}

/// How many seconds all processors have worked since the machine began.
fn busy() -> Option<f64> {
    /// The kernel's ticks in a second, for whoever reads `/proc`.
    const TICKS: f64 = 100.0;
    let text = fs::read_to_string("/proc/stat").ok()?;
    let ticks = text.lines().next()?.split_whitespace().skip(1);
    let ticks: Vec<f64> = ticks.filter_map(|ticks| ticks.parse().ok()).collect();
    // The fourth is idle, the fifth waits for a disk; those of guests are in the first two as well.
    let worked = ticks.iter().take(8).sum::<f64>() - ticks.get(3)? - ticks.get(4)?;
    Some(worked / TICKS)
}
