//! What is around a build and must not count, in two ways that differ in all of it.

use std::fs;
use std::io;
use std::num::NonZeroUsize;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::Mode;

use super::super::driver::Options;
use super::super::error::BuildError;
use super::super::inputs::Inputs;
use super::super::project::Project;
use super::super::provenance::Documents;
use super::super::slots::Jobs;
use super::super::stage;
use crate::lock;
use crate::toolchain::environment::Variables;

/// Where and how one of the two builds takes place.
pub(super) struct Circumstances {
    /// For people.
    pub(super) about: &'static str,
    /// The cache.
    pub(super) cache: PathBuf,
    checkout: PathBuf,
    environment: Variables,
    mask: Mode,
    /// What is different about the second.
    second: Option<Second>,
}

/// What is different about the second build beside its environment: it has one processor.
struct Second {
    /// When every file that tools see was written; and they were so in the opposite order.
    written: SystemTime,
    /// Directories of its environment that are to hold what those of the user hold, by links.
    linked: Vec<(PathBuf, PathBuf)>,
}

/// What is cached below a home, and shall be made anew.
const CACHED: &str = ".cache";

impl Circumstances {
    /// Two that have nothing in common, below a directory. The first has the user's own environment.
    pub(super) fn two(top: &Path, options: &Options) -> [Self; 2] {
        let other = top.join("somewhere/else/altogether");
        let mut environment = options.environment.clone();
        let mut linked = Vec::new();
        // What tools remember beside the home that is told otherwise.
        for name in ["XDG_CACHE_HOME", "GOCACHE"] {
            if environment.contains_key(name) {
                let place = other.join(name.to_lowercase());
                environment.insert(name.to_owned(), place.to_string_lossy().into_owned());
            }
        }
        for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME"] {
            if let Some(own) = options.environment.get(name) {
                let place = other.join(name.to_lowercase());
                environment.insert(name.to_owned(), place.to_string_lossy().into_owned());
                linked.push((place, PathBuf::from(own)));
            }
        }
        for (name, value) in [
            ("TMPDIR", &*other.join("tmp").to_string_lossy()),
            ("USER", "somebody-else"),
            ("LOGNAME", "somebody-else"),
            ("TZ", "Pacific/Kiritimati"),
            ("LANG", "de_DE.UTF-8"),
        ] {
            environment.insert(name.to_owned(), value.to_owned());
        }
        [
            Self {
                about: "as you are, on all processors",
                cache: top.join("cache"),
                checkout: top.join("checkout"),
                environment: options.environment.clone(),
                mask: Mode::from_raw_mode(0o022),
                second: None,
            },
            Self {
                about: "as another user, elsewhere and at another time, on one processor",
                cache: other.join("store-of-the-second-build"),
                checkout: other.join("working/copy-of-the-second-build"),
                environment,
                mask: Mode::from_raw_mode(0o077),
                // On 9 September 2001.
                second: Some(Second {
                    written: SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000),
                    linked,
                }),
            },
        ]
    }

    /// How the driver goes about it.
    pub(super) fn options(&self, options: &Options) -> Options {
        let jobs = match self.second {
            Some(_) => Jobs::Asked(NonZeroUsize::MIN),
            None => options.jobs,
        };
        let (cache, environment) = (self.cache.clone(), self.environment.clone());
        let written = self.second.as_ref().map(|second| second.written);
        let documents = Documents::None;
        Options { cache, documents, jobs, written, environment, ..options.clone() }
    }

    /// The manifest, its lock file, and the `inputs`, in a directory of these circumstances.
    pub(super) fn check_out(
        &self,
        project: &Project,
        inputs: &Inputs,
    ) -> Result<Project, BuildError> {
        let mut names: Vec<String> = inputs.keys().cloned().collect();
        names.push(project.file.clone());
        names.extend(project.lock.is_some().then(|| lock::FILE.to_owned()));
        for name in &names {
            let path = self.checkout.join(name);
            let copied = copy(&project.root.join(name), &path);
            copied.map_err(|source| BuildError::Write { path, source })?;
        }
        // What a repository above the cache has git ignore is nothing to this one.
        let git = self.checkout.join(".git");
        fs::create_dir_all(&git).map_err(|source| BuildError::Write { path: git, source })?;
        let furnished = self.second.as_ref().map_or(Ok(()), Second::furnish);
        furnished.map_err(|source| BuildError::Write { path: self.checkout.clone(), source })?;
        let temporary = self.environment.get("TMPDIR").map(PathBuf::from);
        if let Some(path) = temporary {
            fs::create_dir_all(&path).map_err(|source| BuildError::Write { path, source })?;
        }
        Ok(project.at(&self.checkout)?)
    }

    /// Sets what holds for the whole process, until the value is dropped.
    pub(super) fn settle(&self) -> Settled {
        let processors = self.second.is_some().then(processors::keep_to_one).flatten();
        Settled { mask: rustix::process::umask(self.mask), processors }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to.parent().unwrap_or(to))?;
    fs::write(to, fs::read(from)?)?;
    stage::set_executable(to, fs::metadata(from)?.permissions().mode() & 0o100 != 0)
}

impl Second {
    /// Directories in which everything of the user's is, under other paths, but what was cached.
    fn furnish(&self) -> io::Result<()> {
        for (place, own) in &self.linked {
            fs::create_dir_all(place)?;
            // A home that is not there holds nothing.
            for entry in fs::read_dir(own).into_iter().flatten() {
                let entry = entry?;
                if entry.file_name() != CACHED {
                    symlink(entry.path(), place.join(entry.file_name()))?;
                }
            }
        }
        Ok(())
    }
}

/// What was set for the whole process; set back when it is dropped.
pub(super) struct Settled {
    mask: Mode,
    processors: Option<processors::Set>,
}

impl Drop for Settled {
    fn drop(&mut self) {
        rustix::process::umask(self.mask);
        if let Some(processors) = &self.processors {
            processors::allow(processors);
        }
    }
}

/// The processors that this thread, and what it starts, may use. Where that cannot be said, or is
/// refused, it stays as it is.
#[cfg(target_os = "linux")]
mod processors {
    use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

    pub(super) type Set = CpuSet;

    /// Keeps to the first of them. Returns which there were.
    pub(super) fn keep_to_one() -> Option<Set> {
        let all = sched_getaffinity(None).ok()?;
        let first = (0..CpuSet::MAX_CPU).find(|processor| all.is_set(*processor))?;
        let mut one = CpuSet::new();
        one.set(first);
        sched_setaffinity(None, &one).ok()?;
        Some(all)
    }

    pub(super) fn allow(set: &Set) {
        let _ = sched_setaffinity(None, set);
    }
}

#[cfg(not(target_os = "linux"))]
mod processors {
    pub(super) enum Set {}

    pub(super) fn keep_to_one() -> Option<Set> {
        None
    }

    pub(super) fn allow(set: &Set) {
        match *set {}
    }
}
