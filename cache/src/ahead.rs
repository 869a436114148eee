//! What a file says, read before it is needed.

use std::path::Path;
use std::thread::{self, JoinHandle};

/// A file of more bytes than this, some milliseconds' worth, is read by a thread of its own.
const LARGE: u64 = 1 << 20;

/// What comes of reading a file: a large one is read beside what else is done until its end is waited
/// for, and a small one then, which takes less time than to start a thread.
pub struct Ahead<T> {
    length: Option<u64>,
    reading: Option<JoinHandle<T>>,
    read: Box<dyn FnOnce() -> T + Send>,
}

impl<T: Send + 'static> Ahead<T> {
    /// What `read` makes of a file, whether or not that is there.
    pub fn of(file: &Path, read: impl FnOnce(&Path) -> T + Clone + Send + 'static) -> Self {
        let length = file.metadata().ok().map(|found| found.len());
        let path = file.to_owned();
        let read = move || read(&path);
        let is_large = length.is_some_and(|length| length > LARGE);
        let reading = is_large.then(|| thread::Builder::new().spawn(read.clone()).ok()).flatten();
        Self { length, reading, read: Box::new(read) }
    }

    /// How long the file was, if it was there.
    pub(crate) fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether a thread of its own reads it.
    #[cfg(test)]
    pub(crate) fn is_begun(&self) -> bool {
        self.reading.is_some()
    }

    /// What came of it.
    pub fn end(self) -> T {
        let read = self.reading.and_then(|reading| reading.join().ok());
        read.unwrap_or_else(self.read)
    }
}

impl<T> std::fmt::Debug for Ahead<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Ahead").field("length", &self.length).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_file_is_read_as_a_small_one_and_as_none() {
        let directory = tempfile::tempdir().unwrap();
        let read = |path: &Path| std::fs::read(path).map(|bytes| bytes.len()).ok();
        let large = usize::try_from(LARGE).unwrap();
        for (length, begun) in [(0, false), (1, false), (large, false), (large + 1, true)] {
            let file = directory.path().join(length.to_string());
            std::fs::write(&file, vec![b'a'; length]).unwrap();
            let ahead = Ahead::of(&file, read);
            assert_eq!(ahead.is_begun(), begun, "{length}");
            assert_eq!(ahead.end(), Some(length));
        }
        let none = Ahead::of(&directory.path().join("none"), read);
        assert!(!none.is_begun() && none.length().is_none());
        assert_eq!(none.end(), None);
    }
}
