//! Where one tool is installed: its prefix, the lock on it, and what is put aside meanwhile.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use poly_cache::Digest;
use serde::{Deserialize, Serialize};

use super::super::definition::Tool;
use super::super::find::RECEIPT;
use super::super::process::Running;
use super::InstallError;

/// How often a lock that somebody else holds is tried.
pub(super) const POLL: Duration = Duration::from_millis(50);

/// What a prefix says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::toolchain) struct Receipt {
    pub(super) tool: String,
    pub(super) version: String,
    pub(in crate::toolchain) way: String,
    /// The digest of the way: a poly whose way or script has been mended since installs again. `None`
    /// in receipts from before it was kept.
    #[serde(default)]
    pub(in crate::toolchain) recipe: Option<Digest>,
    /// The checksum of what was fetched to be compiled, where others can know it too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(in crate::toolchain) fetched: Option<String>,
}

impl Receipt {
    /// That of a prefix, if it can be read.
    pub(in crate::toolchain) fn read(prefix: &Path) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(prefix.join(RECEIPT)).ok()?).ok()
    }
}

/// The directories of one tool in one version.
pub(super) struct Place {
    home: PathBuf,
    label: String,
    pub(super) version: String,
    pub(super) prefix: PathBuf,
    aside: PathBuf,
    pub(super) work: PathBuf,
}

impl Place {
    pub(super) fn new(home: &Path, tool: &Tool, version: &str) -> Self {
        let label = format!("{}-{version}", tool.name);
        Self {
            home: home.to_owned(),
            version: version.to_owned(),
            prefix: home.join("tools").join(&tool.name).join(version),
            aside: home.join("aside").join(&label),
            work: home.join("work").join(&label),
            label,
        }
    }

    /// Waits for the lock; `waiting` is called if somebody else holds it. `None` if poly is
    /// stopped meanwhile.
    pub(super) fn lock(
        &self,
        running: &Running,
        waiting: impl FnOnce(),
    ) -> io::Result<Option<File>> {
        let directory = self.home.join("locks");
        std::fs::create_dir_all(&directory)?;
        let path = directory.join(format!("{}.lock", self.label));
        let file = File::options().create(true).truncate(false).write(true).open(path)?;
        let mut waiting = Some(waiting);
        // Asked again and again: whoever waits for the lock itself does not see an interrupt.
        while !running.interrupted() {
            match file.try_lock() {
                Ok(()) => return Ok(Some(file)),
                Err(TryLockError::WouldBlock) => {
                    if let Some(waiting) = waiting.take() {
                        waiting();
                    }
                    std::thread::sleep(POLL);
                }
                Err(TryLockError::Error(error)) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Empty directories, whatever an interrupted install left in them, and no log of a
    /// way that is about to be tried. (A log has the last command of its way:
    /// the one that failed.)
    pub(super) fn prepare(&self, way: &str) -> io::Result<()> {
        for directory in [&self.prefix, &self.work] {
            remove(directory)?;
            std::fs::create_dir_all(directory)?;
        }
        std::fs::create_dir_all(self.home.join("logs"))?;
        match std::fs::remove_file(self.log(way)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    pub(super) fn log(&self, way: &str) -> PathBuf {
        self.home.join("logs").join(format!("{}-{way}.log", self.label))
    }

    pub(super) fn write_receipt(&self, receipt: &Receipt) -> io::Result<()> {
        let temporary = self.prefix.join(format!("{RECEIPT}.new"));
        std::fs::write(&temporary, serde_json::to_vec_pretty(receipt)?)?;
        std::fs::rename(&temporary, self.prefix.join(RECEIPT))
    }

    /// Moves a complete prefix out of the way.
    pub(super) fn put_aside(&self) -> io::Result<()> {
        if !self.prefix.join(RECEIPT).exists() {
            return Ok(());
        }
        remove(&self.aside)?;
        std::fs::create_dir_all(self.home.join("aside"))?;
        std::fs::rename(&self.prefix, &self.aside)
    }

    /// Moves it back, unless a new one is complete. (What a poly that was killed has left
    /// behind is set right here as well.)
    pub(super) fn take_back(&self) -> io::Result<()> {
        if !self.aside.exists() {
            return Ok(());
        }
        if self.prefix.join(RECEIPT).exists() {
            return remove(&self.aside);
        }
        remove(&self.prefix)?;
        std::fs::rename(&self.aside, &self.prefix)
    }

    pub(super) fn unusable(&self, source: io::Error) -> InstallError {
        InstallError::Home { path: self.prefix.clone(), source }
    }

    /// What cannot be removed now is removed by `prepare` the next time.
    pub(super) fn discard_work(&self) {
        let _ = std::fs::remove_dir_all(&self.work);
    }

    pub(super) fn discard_prefix(&self) {
        let _ = std::fs::remove_dir_all(&self.prefix);
    }
}

/// Removes a directory that may not be there.
fn remove(directory: &Path) -> io::Result<()> {
    match std::fs::remove_dir_all(directory) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
