//! Poly as a library, for benchmarks that look at what it built.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::process::Command;

use poly::build::{Documents, Driver, Jobs, Options, Project, Runtime};
use poly::host::Engine;
use poly::toolchain::environment;

/// Does `work` with a pipeline whose artifacts are in `cache`.
pub(crate) fn with_driver<T>(
    manifest: &Path,
    cache: PathBuf,
    home: PathBuf,
    work: impl FnOnce(&Driver<'_>) -> T,
) -> T {
    let project = Project::open(manifest).expect("a pipeline");
    let options = Options {
        runtime: Some(Runtime {
            program: env!("CARGO_BIN_EXE_poly-host").into(),
            compatibility: Engine::compatibility_for,
        }),
        cache,
        home,
        install: false,
        locked: false,
        documents: Documents::None,
        jobs: Jobs::Asked(NonZeroUsize::MIN),
        keep_going: false,
        written: None,
        environment: environment::of_process(),
    };
    work(&Driver::open(&project, options, &|_| ()).expect("a cache"))
}

/// Where installed tools are kept.
pub(crate) fn home() -> PathBuf {
    let tools = Command::new(env!("CARGO_BIN_EXE_poly")).args(["toolchain", "path"]).output();
    let tools = String::from_utf8(tools.expect("poly starts").stdout).expect("a path");
    Path::new(tools.trim()).parent().expect("tools are below the home").to_owned()
}
