//! Files that a call is expected to write, watched from outside the sandbox.
//!
//! A file that was there before proves nothing, so each is looked at before the call and after it:
//! one whose inode, size and times are the same was not written. A file system's clock ticks
//! slowly; of a file that was written within the last ticks, the watch waits until the next write
//! must show. Where a link leads out of the granted directory, no file is read.

use std::collections::BTreeMap;
use std::fs::{self, File, Metadata};
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, SystemTime};

use crate::check::WatchedFile;
use crate::manifest::{Grants, writable};

/// Longer than a tick of a file system's clock.
const TICK: Duration = Duration::from_millis(25);

/// How much of a file is read: more than anybody writes into a manifest.
pub(super) const MOST: u64 = 1 << 20;

/// Files under watch, by the guest's path.
pub struct Watch(BTreeMap<String, Watched>);

struct Watched {
    /// The granted directory, links followed.
    directory: PathBuf,
    path: PathBuf,
    /// What the file was before; none if there was none.
    before: Option<Identity>,
}

/// Changes with whatever is done to a file.
#[derive(PartialEq, Eq)]
struct Identity {
    inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Watch {
    /// Looks at `paths` as they are before a call. Those outside of all directories that `grants`
    /// lets the call write to are not watched.
    pub fn begin<'p>(
        grants: &Grants,
        base: &Path,
        paths: impl IntoIterator<Item = &'p String>,
    ) -> Self {
        let watched = paths.into_iter().filter_map(|guest| {
            let place = writable(grants, guest)?;
            let named = base.join(place.host);
            // Where it is now, and not where a link leads that the component puts in its place.
            let directory = fs::canonicalize(&named).ok()?;
            let path = named.join(place.file);
            let before = fs::metadata(&path).ok();
            if let Some(written) = before.as_ref().and_then(|before| before.modified().ok()) {
                let passed = SystemTime::now().duration_since(written).unwrap_or_default();
                thread::sleep(TICK.saturating_sub(passed));
            }
            let before = before.as_ref().map(Identity::of);
            Some((guest.clone(), Watched { directory, path, before }))
        });
        Self(watched.collect())
    }

    /// What became of the files.
    pub fn end(self) -> BTreeMap<String, WatchedFile> {
        self.0.into_iter().map(|(guest, watched)| (guest, watched.now())).collect()
    }
}

impl Watched {
    fn now(&self) -> WatchedFile {
        let within = |path: PathBuf| path.starts_with(&self.directory);
        let found = fs::metadata(&self.path).ok().filter(Metadata::is_file);
        let Some(found) = found.filter(|_| fs::canonicalize(&self.path).is_ok_and(within)) else {
            return WatchedFile::Missing;
        };
        if self.before.as_ref() == Some(&Identity::of(&found)) {
            return WatchedFile::Untouched;
        }
        let mut bytes = Vec::new();
        let read = File::open(&self.path).and_then(|file| file.take(MOST).read_to_end(&mut bytes));
        match read {
            Ok(_) => WatchedFile::Written(String::from_utf8_lossy(&bytes).into_owned()),
            Err(_) => WatchedFile::Missing,
        }
    }
}

impl Identity {
    fn of(found: &Metadata) -> Self {
        Self {
            inode: (found.dev(), found.ino()),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            changed: (found.ctime(), found.ctime_nsec()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use tempfile::TempDir;

    use super::*;

    #[test]
    fn what_was_written_is_told_from_what_was_there() {
        let top = TempDir::new().unwrap();
        let out = top.path().join("out");
        fs::create_dir(&out).unwrap();
        for name in ["same", "again", "kept"] {
            fs::write(out.join(name), "text").unwrap();
        }
        fs::write(top.path().join("secret"), "secret").unwrap();
        let grants: Grants =
            toml::from_str("dirs = [{ host = 'out', guest = '/out', access = 'read-write' }]")
                .unwrap();
        let names = ["new", "same", "again", "kept", "gone", "link", "directory"];
        let paths = names.map(|name| format!("/out/{name}"));
        let watch = Watch::begin(&grants, top.path(), &paths);
        fs::write(out.join("new"), "new").unwrap();
        // The same bytes, at once.
        fs::write(out.join("again"), "text").unwrap();
        fs::write(out.join("same"), "other").unwrap();
        symlink("../secret", out.join("link")).unwrap();
        fs::create_dir(out.join("directory")).unwrap();
        let became: Vec<_> = watch.end().into_values().collect();
        let written = |text: &str| WatchedFile::Written(text.to_owned());
        // In the order of their names.
        assert_eq!(
            became,
            [
                written("text"),
                WatchedFile::Missing,
                WatchedFile::Missing,
                WatchedFile::Untouched,
                WatchedFile::Missing,
                written("new"),
                written("other"),
            ]
        );
    }

    #[test]
    fn a_link_in_the_place_of_the_directory_is_not_followed() {
        let top = TempDir::new().unwrap();
        fs::create_dir_all(top.path().join("work/out")).unwrap();
        fs::create_dir(top.path().join("other")).unwrap();
        fs::write(top.path().join("other/secret"), "secret").unwrap();
        let grants: Grants =
            toml::from_str("dirs = [{ host = 'work/out', guest = '/out', access = 'read-write' }]")
                .unwrap();
        let watch = Watch::begin(&grants, top.path(), &["/out/secret".to_owned()]);
        fs::remove_dir(top.path().join("work/out")).unwrap();
        symlink("../other", top.path().join("work/out")).unwrap();
        assert_eq!(watch.end().into_values().collect::<Vec<_>>(), [WatchedFile::Missing]);
    }
}
