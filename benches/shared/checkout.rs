//! A copy of some of this repository in which poly builds, with a cache that is kept between runs
//! of the benchmarks: what is built is not what they measure.

use std::path::{Path, PathBuf};
use std::process::Command;

use poly::build::Driver;
use tempfile::TempDir;

use crate::driver::{home, with_driver};

/// The copy.
pub(crate) struct Checkout(TempDir);

impl Checkout {
    /// With copies of these files and directories.
    pub(crate) fn of(names: &[&str]) -> Self {
        let place = tempfile::tempdir().expect("a temporary directory");
        let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
        for name in names {
            let to = place.path().join(Path::new(name).parent().expect("a relative path"));
            std::fs::create_dir_all(&to).expect("a writable directory");
            let copied = Command::new("cp").arg("-r").arg(repository.join(name)).arg(to).status();
            assert!(copied.expect("cp starts").success());
        }
        Self(place)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    /// Poly as a library, with a manifest of the copy.
    pub(crate) fn driver<T>(&self, manifest: &str, work: impl FnOnce(&Driver<'_>) -> T) -> T {
        with_driver(&self.path().join(manifest), cache(), home(), work)
    }
}

/// Where this is kept, for poly as a process (`POLY_CACHE_DIR`).
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("poly-cache")
}
