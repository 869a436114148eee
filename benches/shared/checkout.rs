//! A copy of some of this repository in which poly builds, with a cache that is kept between runs
//! of the benchmarks: what is built is not what they measure.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use poly::build::{Documents, Driver, Options, Project};
use poly::toolchain::environment;
use tempfile::TempDir;

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
        let project = Project::open(&self.path().join(manifest)).expect("a pipeline");
        let tools = Command::new(env!("CARGO_BIN_EXE_poly")).args(["toolchain", "path"]).output();
        let tools = String::from_utf8(tools.expect("poly starts").stdout).expect("a path");
        let options = Options {
            cache: cache(),
            home: Path::new(tools.trim()).parent().expect("tools are below the home").to_owned(),
            install: false,
            locked: false,
            documents: Documents::None,
            jobs: NonZeroUsize::MIN,
            keep_going: false,
            written: None,
            environment: environment::of_process(),
        };
        let driver = Driver::open(&project, options, &|_| ()).expect("a cache");
        work(&driver)
    }
}

/// Where this is kept, for poly as a process (`POLY_CACHE_DIR`).
pub(crate) fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("poly-cache")
}
