//! What is in a directory, read as the component asks for it.
//!
//! wasmtime-wasi reads all of it when a listing begins, and keeps it: some hundred listings of a large
//! directory would be more memory than the host has. Here a listing is one open file and a few names.
//! As with POSIX's `readdir`, what comes or goes meanwhile may be in it or not.

use std::collections::VecDeque;
use std::fs::File;
use std::sync::Arc;

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, openat, statat};
use wasmtime_wasi::p2::FsResult;
use wasmtime_wasi::p2::bindings::filesystem::types::{DescriptorType, DirectoryEntry, ErrorCode};
use wasmtime_wasi::runtime::spawn_blocking;

/// How many names are read ahead.
const AHEAD: usize = 64;

/// A directory that is being read.
pub(super) struct Listing {
    /// None at its end, and while it is being read.
    directory: Option<Dir>,
    ahead: VecDeque<Result<DirectoryEntry, ErrorCode>>,
}

impl Listing {
    /// Of a directory, whatever it was opened for.
    pub(super) async fn of(directory: Arc<File>) -> FsResult<Self> {
        let opened = spawn_blocking(move || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
            // Not a copy of the descriptor: those would share how far they have come.
            Dir::new(openat(&*directory, ".", flags, Mode::empty())?)
        });
        let directory = opened.await.map_err(code)?;
        Ok(Self { directory: Some(directory), ahead: VecDeque::new() })
    }

    /// The next entry, in the order of the file system.
    pub(super) async fn next(&mut self) -> FsResult<Option<DirectoryEntry>> {
        if self.ahead.is_empty()
            && let Some(mut directory) = self.directory.take()
        {
            let reading = spawn_blocking(move || {
                let mut ahead = VecDeque::new();
                while ahead.len() < AHEAD {
                    match directory.read() {
                        Some(entry) => ahead.extend(entry_of(&directory, entry)),
                        None => return (None, ahead),
                    }
                }
                (Some(directory), ahead)
            });
            (self.directory, self.ahead) = reading.await;
        }
        Ok(self.ahead.pop_front().transpose()?)
    }
}

/// An entry as WASI has it, which leaves out a directory itself and the one above.
fn entry_of(
    directory: &Dir,
    entry: rustix::io::Result<rustix::fs::DirEntry>,
) -> Option<Result<DirectoryEntry, ErrorCode>> {
    let entry = match entry {
        Ok(entry) => entry,
        Err(error) => return Some(Err(code(error))),
    };
    let name = entry.file_name();
    if name == c"." || name == c".." {
        return None;
    }
    Some(match (kind(directory, &entry), name.to_str()) {
        (Ok(type_), Ok(name)) => Ok(DirectoryEntry { type_, name: name.to_owned() }),
        (Err(error), _) => Err(code(error)),
        (_, Err(_)) => Err(ErrorCode::IllegalByteSequence),
    })
}

fn kind(directory: &Dir, entry: &rustix::fs::DirEntry) -> rustix::io::Result<DescriptorType> {
    let kind = match entry.file_type() {
        // Not every file system says it here.
        FileType::Unknown => {
            let found = statat(directory.fd()?, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW)?;
            FileType::from_raw_mode(found.st_mode)
        }
        kind => kind,
    };
    Ok(match kind {
        FileType::RegularFile => DescriptorType::RegularFile,
        FileType::Directory => DescriptorType::Directory,
        FileType::Symlink => DescriptorType::SymbolicLink,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::Fifo | FileType::Socket | FileType::Unknown => DescriptorType::Unknown,
    })
}

fn code(error: rustix::io::Errno) -> ErrorCode {
    std::io::Error::from(error).into()
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::symlink;
    use std::path::Path;

    use wasmtime_wasi::runtime::in_tokio;

    use super::*;

    fn listing(path: &Path) -> FsResult<Listing> {
        in_tokio(Listing::of(Arc::new(File::open(path).unwrap())))
    }

    #[test]
    fn every_name_is_told_once_and_few_are_held() {
        let directory = tempfile::tempdir().unwrap();
        let mut expected: Vec<String> = (0..1000).map(|number| format!("{number:0200}")).collect();
        for name in &expected {
            File::create(directory.path().join(name)).unwrap();
        }
        fs::create_dir(directory.path().join("inner")).unwrap();
        symlink("nowhere", directory.path().join("link")).unwrap();
        expected.extend(["inner".to_owned(), "link".to_owned()]);
        let mut listing = listing(directory.path()).unwrap();
        let mut found = Vec::new();
        while let Some(DirectoryEntry { type_, name }) = in_tokio(listing.next()).unwrap() {
            let expected = match name.as_str() {
                "inner" => DescriptorType::Directory,
                "link" => DescriptorType::SymbolicLink,
                _ => DescriptorType::RegularFile,
            };
            assert_eq!(type_, expected, "{name}");
            assert!(listing.ahead.len() < AHEAD);
            found.push(name);
        }
        assert!(in_tokio(listing.next()).unwrap().is_none());
        found.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn what_is_no_text_is_an_error_and_no_end() {
        let directory = tempfile::tempdir().unwrap();
        File::create(directory.path().join(std::ffi::OsStr::from_bytes(b"\xff"))).unwrap();
        File::create(directory.path().join("text")).unwrap();
        let mut listing = listing(directory.path()).unwrap();
        let told: Vec<_> = (0..2).map(|_| in_tokio(listing.next())).collect();
        assert_eq!(told.iter().filter(|told| told.is_err()).count(), 1);
        assert!(told.iter().flatten().flatten().any(|entry| entry.name == "text"));
        assert!(in_tokio(listing.next()).unwrap().is_none());
    }

    #[test]
    fn a_file_has_nothing_in_it() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let refused = listing(file.path()).err().unwrap();
        assert_eq!(refused.downcast_ref(), Some(&ErrorCode::NotDirectory));
    }
}
