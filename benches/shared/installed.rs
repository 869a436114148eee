//! poly as it is on a user's machine.

use std::path::{Path, PathBuf};
use std::{env, fs};

/// Puts the poly of this project, or the one that `POLY_BENCH_POLY` names, into a directory, and the
/// `poly-host` that lies beside it, if there is one. They are copied, as installers do: what a linker wrote
/// lies in memory in smaller pieces than what was copied, and takes a third longer to start.
pub(crate) fn install(directory: &Path) -> PathBuf {
    let built = env::var_os("POLY_BENCH_POLY").unwrap_or_else(|| env!("CARGO_BIN_EXE_poly").into());
    let built = PathBuf::from(built);
    let installed = directory.join("poly");
    fs::copy(&built, &installed).expect("a writable temporary directory");
    let host = built.with_file_name("poly-host");
    if host.is_file() {
        fs::copy(host, directory.join("poly-host")).expect("a writable temporary directory");
    }
    installed
}
