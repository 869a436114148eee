//! Files that a call is expected to write, watched from outside the sandbox.
//!
//! A file that was there before proves nothing, so each is looked at before the call and after it:
//! one whose inode, size, time of modification and bytes are the same was not written. The time of
//! its last change says nothing: a new name, link or permission moves it too. A file system's clock
//! ticks slowly; of a file that was written within the last ticks, the watch waits until the next
//! write must show. Where a link leads out of the granted directory, no file is read.

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
const MOST: usize = 1 << 20;

/// Files under watch, by the guest's path.
pub struct Watch(BTreeMap<String, Watched>);

struct Watched {
    file: Granted,
    /// What the file was before; none if there was none.
    before: Option<Seen>,
}

/// A path in a granted directory.
struct Granted {
    /// The directory, links followed.
    directory: PathBuf,
    path: PathBuf,
}

/// A file at some time. A write changes it.
#[derive(PartialEq, Eq)]
struct Seen {
    inode: (u64, u64),
    size: u64,
    modified: (i64, i64),
    /// Its bytes; of a file of more than `MOST`, one more than that.
    bytes: Vec<u8>,
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
            let written = fs::metadata(&path).and_then(|found| found.modified());
            if let Ok(written) = written {
                let passed = SystemTime::now().duration_since(written).unwrap_or_default();
                thread::sleep(TICK.saturating_sub(passed));
            }
            let file = Granted { directory, path };
            let before = file.look();
            Some((guest.clone(), Watched { file, before }))
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
        let found = self.file.look();
        match found {
            None => WatchedFile::Missing,
            found if found == self.before => WatchedFile::Untouched,
            Some(found) if found.bytes.len() > MOST => WatchedFile::TooLong { most: MOST },
            Some(found) => match String::from_utf8(found.bytes) {
                Ok(text) => WatchedFile::Written(text),
                Err(error) => {
                    WatchedFile::NoText(String::from_utf8_lossy(error.as_bytes()).into_owned())
                }
            },
        }
    }
}

impl Granted {
    /// The file as it is now; none if there is no file that can be read.
    fn look(&self) -> Option<Seen> {
        let found = fs::metadata(&self.path).ok().filter(Metadata::is_file)?;
        if !fs::canonicalize(&self.path).is_ok_and(|path| path.starts_with(&self.directory)) {
            return None;
        }
        let mut bytes = Vec::new();
        let file = File::open(&self.path).ok()?;
        file.take(MOST as u64 + 1).read_to_end(&mut bytes).ok()?;
        Some(Seen {
            inode: (found.dev(), found.ino()),
            size: found.size(),
            modified: (found.mtime(), found.mtime_nsec()),
            bytes,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

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

    #[test]
    fn another_name_or_permission_is_no_write() {
        let top = TempDir::new().unwrap();
        for name in ["linked", "moved", "permitted", "read", "reset"] {
            fs::write(top.path().join(name), "text").unwrap();
        }
        let [linked, moved, permitted, read, reset] =
            ["linked", "moved", "permitted", "read", "reset"].map(|name| top.path().join(name));
        let other = top.path().join("other");
        let became = watched(&top, ["linked", "moved", "permitted", "read", "reset"], || {
            fs::hard_link(&linked, &other).unwrap();
            fs::rename(&moved, &other).unwrap();
            fs::rename(&other, &moved).unwrap();
            fs::set_permissions(&permitted, fs::Permissions::from_mode(0o600)).unwrap();
            let now = fs::FileTimes::new().set_accessed(SystemTime::now());
            File::open(&read).unwrap().set_times(now).unwrap();
            // Other bytes of the same size, said to be as old.
            let before = fs::metadata(&reset).unwrap().modified().unwrap();
            fs::write(&reset, "TEXT").unwrap();
            File::options().write(true).open(&reset).unwrap().set_modified(before).unwrap();
        });
        let untouched = || WatchedFile::Untouched;
        let written = WatchedFile::Written("TEXT".to_owned());
        assert_eq!(became, [untouched(), untouched(), untouched(), untouched(), written]);
    }

    #[test]
    fn what_is_no_text_or_too_long_is_not_taken_for_another_file() {
        let top = TempDir::new().unwrap();
        let became = watched(&top, ["binary", "just", "long", "shown"], || {
            fs::write(top.path().join("binary"), b"a\xffb").unwrap();
            fs::write(top.path().join("just"), vec![b'a'; MOST]).unwrap();
            fs::write(top.path().join("long"), vec![b'a'; MOST + 1]).unwrap();
            fs::write(top.path().join("shown"), "a\u{fffd}b").unwrap();
        });
        assert_eq!(
            became,
            [
                WatchedFile::NoText("a\u{fffd}b".to_owned()),
                WatchedFile::Written("a".repeat(MOST)),
                WatchedFile::TooLong { most: MOST },
                WatchedFile::Written("a\u{fffd}b".to_owned()),
            ]
        );
    }

    /// What became of files in `top` while something was done, in the order of their names.
    fn watched<const N: usize>(
        top: &TempDir,
        names: [&str; N],
        done: impl FnOnce(),
    ) -> Vec<WatchedFile> {
        let grants: Grants =
            toml::from_str("dirs = [{ host = '.', guest = '/out', access = 'read-write' }]")
                .unwrap();
        let watch = Watch::begin(&grants, top.path(), &names.map(|name| format!("/out/{name}")));
        done();
        watch.end().into_values().collect()
    }
}
