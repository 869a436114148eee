//! What poly keeps in the cache directory beside the store's own artifacts and records: where
//! components are built, what tools remember, what the last builds did, and what is known of
//! files. The store collects all but the last with its own, and knows nothing else of them.

use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use poly_cache::{Annex, Keeper, StoreError};

use super::outputs;

/// A directory for each checkout, with what is known of it, and one for each of its components, in which
/// that is built: what is collected by itself, for components come and go.
pub const BUILDS: &str = "builds";

/// A directory for each tool, for what it remembers by itself.
pub const TOOLS: &str = "tools";

/// A file for each pipeline by its name: what the last build of any checkout did.
pub const LATEST: &str = "latest";

/// Digests of artifacts, by their files' metadata.
pub(super) const MEMO: &str = "memo.json";

/// Digests of tools, and what they said.
pub(super) const TOOLS_MEMO: &str = "tools.json";

/// A file in a checkout's directory that says where the checkout is.
const CHECKOUT: &str = "checkout.path";

/// The store in a cache directory, to be looked after.
pub fn keeper(cache: &Path) -> Result<Keeper, StoreError> {
    let builds = Annex { name: BUILDS, is_orphan: is_checkout_gone };
    let others = [TOOLS, LATEST].map(|name| Annex { name, is_orphan: |_| false });
    Keeper::open(cache, [&[builds][..], &others].concat(), vec![MEMO, TOOLS_MEMO])
}

/// Where a component is built, by the directory of its checkout.
pub(super) fn build_directory(checkout: &Path, component: &str) -> PathBuf {
    let mut name = checkout.file_name().expect("a checkout's directory has a name").to_owned();
    name.push("-");
    name.push(component);
    checkout.with_file_name(name)
}

/// The component that is built in a directory of this name.
pub(super) fn component_of(directory: &str) -> Option<&str> {
    // Digests have no `-`.
    directory.split_once('-').map(|(_checkout, component)| component)
}

/// The directory of the checkout that one in [`BUILDS`] is of, which may be that one itself.
pub(super) fn checkout_of(directory: &Path) -> PathBuf {
    let name = directory.file_name().unwrap_or_default().to_string_lossy();
    directory.with_file_name(name.split('-').next().unwrap_or_default())
}

/// Notes in a checkout's directory where the checkout is.
pub(super) fn note_checkout(builds: &Path, root: &Path) -> io::Result<()> {
    let here = fs::canonicalize(root)?;
    let (path, text) = (builds.join(CHECKOUT), here.as_os_str().as_bytes());
    if fs::read(&path).is_ok_and(|noted| noted == text) {
        return Ok(());
    }
    outputs::write_with(&path, text, 0o600)
}

fn is_checkout_gone(builds: &Path) -> bool {
    let Ok(noted) = fs::read(checkout_of(builds).join(CHECKOUT)) else { return false };
    let checkout = Path::new(std::ffi::OsStr::from_bytes(&noted));
    fs::symlink_metadata(checkout).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkout_that_is_gone_is_told_from_one_that_was_never_noted() {
        let place = tempfile::tempdir().unwrap();
        let [builds, root] = ["builds", "root"].map(|name| place.path().join(name));
        fs::create_dir(&builds).unwrap();
        fs::create_dir(&root).unwrap();
        let component = build_directory(&builds, "a-b");
        assert_eq!(
            component.file_name().and_then(|name| component_of(name.to_str()?)),
            Some("a-b")
        );
        assert_eq!(checkout_of(&component), builds);
        let is_gone = || [&builds, &component].map(|directory| is_checkout_gone(directory));
        assert_eq!(is_gone(), [false, false]);
        note_checkout(&builds, &root).unwrap();
        note_checkout(&builds, &root).unwrap();
        assert_eq!(is_gone(), [false, false]);
        fs::remove_dir(&root).unwrap();
        assert_eq!(is_gone(), [true, true]);
        assert!(!is_checkout_gone(&build_directory(&root, "a-b")));
    }
}
