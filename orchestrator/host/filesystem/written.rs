//! How much a component writes to granted directories, counted before it is written.
//!
//! ```text
//! bytes of a file        so many; what lies between the file's end and where they begin counts as
//!                        written too, whether or not the file system leaves holes
//! a file's size          what it grows by
//! a name in a directory  4 KiB: a new file or directory, a link, where something is renamed to; and
//!                        what a symbolic link says
//! ```
//!
//! What is written stays when the call is over, and so it is counted for as long as the instance
//! lives. What is removed is not given back: nobody would know of a file that is still open, or has
//! another name.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use wasmtime_wasi::p2::{DynOutputStream, OutputStream, Pollable, StreamError, StreamResult};

use crate::host::capture::CHUNK;
use crate::host::excess::{Excess, Over};
use crate::manifest::Limit;

/// What a name in a directory counts: a block of most file systems.
pub(super) const NAME: u64 = 4096;

/// What one instance has written; clones share it.
#[derive(Clone)]
pub(in crate::host) struct Written {
    bytes: Arc<AtomicU64>,
    most: u64,
    excess: Excess,
}

/// How far a file reaches as somebody who has it open knows; clones share it. What lies below was there
/// before, or is counted.
#[derive(Clone, Default)]
pub(super) struct Reached(Arc<AtomicU64>);

/// A stream into a file.
pub(super) struct Counted {
    inner: DynOutputStream,
    /// Where the next bytes go, unless it is the file's end.
    position: Option<u64>,
    reached: Reached,
    written: Written,
}

impl Written {
    /// At most `most` bytes. More of them are noted in `excess`.
    pub(in crate::host) fn new(most: u64, excess: Excess) -> Self {
        Self { bytes: Arc::default(), most, excess }
    }

    /// Counts so many bytes that are about to be written.
    pub(super) fn promise(&self, bytes: u64) -> Result<(), Over> {
        let add = |so_far: u64| so_far.checked_add(bytes).filter(|all| *all <= self.most);
        let counted = self.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, add);
        counted.map(|_| ()).map_err(|_| self.excess.note(Limit::Written))
    }

    /// They were not written after all.
    pub(super) fn take_back(&self, bytes: u64) {
        self.bytes.fetch_sub(bytes, Ordering::Relaxed);
    }
}

impl Reached {
    pub(super) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    /// It reaches so far now.
    pub(super) fn set(&self, end: u64) {
        self.0.store(end, Ordering::Relaxed);
    }

    /// It reaches so far at least.
    pub(super) fn extend(&self, end: u64) {
        self.0.fetch_max(end, Ordering::Relaxed);
    }

    /// What `length` bytes count that are written at `position`.
    pub(super) fn cost(&self, position: u64, length: u64) -> u64 {
        position.saturating_sub(self.get()).saturating_add(length)
    }
}

impl Counted {
    /// Writes to `inner`, which writes from `position` on, or at the file's end.
    pub(super) fn new(
        inner: DynOutputStream,
        position: Option<u64>,
        reached: Reached,
        written: Written,
    ) -> Self {
        Self { inner, position, reached, written }
    }

    fn count(&mut self, bytes: &Bytes) -> StreamResult<()> {
        // What is on its way is in the host's memory. WASI lets nobody write more than was permitted,
        // and the runtime's own stream does not look.
        if bytes.len() > CHUNK {
            return Err(StreamError::trap("more is written at once than `check-write` permits"));
        }
        let length = bytes.len() as u64;
        let position = self.position.unwrap_or_else(|| self.reached.get());
        self.written
            .promise(self.reached.cost(position, length))
            .map_err(|over| StreamError::Trap(over.into()))?;
        let end = position.saturating_add(length);
        self.reached.extend(end);
        self.position = self.position.map(|_| end);
        Ok(())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Counted {
    async fn ready(&mut self) {
        self.inner.ready().await;
    }
}

#[wasmtime_wasi::async_trait]
impl OutputStream for Counted {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(&bytes)?;
        self.inner.write(bytes)
    }

    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.count(&bytes)?;
        self.inner.blocking_write_and_flush(bytes).await
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.inner.flush()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(self.inner.check_write()?.min(CHUNK))
    }

    async fn cancel(&mut self) {
        self.inner.cancel().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stream that takes everything.
    struct Nowhere;

    #[wasmtime_wasi::async_trait]
    impl Pollable for Nowhere {
        async fn ready(&mut self) {}
    }

    impl OutputStream for Nowhere {
        fn write(&mut self, _bytes: Bytes) -> StreamResult<()> {
            Ok(())
        }

        fn flush(&mut self) -> StreamResult<()> {
            Ok(())
        }

        fn check_write(&mut self) -> StreamResult<usize> {
            Ok(usize::MAX)
        }
    }

    fn stream(position: Option<u64>, reached: &Reached, written: &Written) -> Counted {
        Counted::new(Box::new(Nowhere), position, reached.clone(), written.clone())
    }

    fn four() -> Bytes {
        Bytes::from_static(b"four")
    }

    #[test]
    fn as_much_is_written_as_may() {
        let excess = Excess::default();
        let written = Written::new(8, excess.clone());
        written.promise(5).unwrap();
        written.take_back(1);
        written.clone().promise(4).unwrap();
        assert_eq!(excess.limit(), None);
        assert!(written.promise(1).is_err());
        assert_eq!(excess.limit(), Some(Limit::Written));
        assert!(written.promise(u64::MAX).is_err());
    }

    #[test]
    fn what_lies_before_the_bytes_counts_once() {
        let written = Written::new(1000, Excess::default());
        let reached = Reached::default();
        reached.extend(100);
        // Beyond the end, within, at the end, beyond it again.
        for (position, cost) in [(Some(150), 54), (Some(0), 4), (None, 4), (Some(300), 146)] {
            let before = written.bytes.load(Ordering::Relaxed);
            stream(position, &reached, &written).write(four()).unwrap();
            assert_eq!(written.bytes.load(Ordering::Relaxed) - before, cost, "{position:?}");
        }
        let mut stream = stream(Some(400), &reached, &written);
        stream.write(four()).unwrap();
        stream.write(four()).unwrap();
        assert_eq!(reached.get(), 408);
    }

    #[test]
    fn a_stream_stops_where_it_would_go_over() {
        for position in [None, Some(0)] {
            let excess = Excess::default();
            let written = Written::new(8, excess.clone());
            let mut stream = stream(position, &Reached::default(), &written);
            stream.write(four()).unwrap();
            let blocking = stream.blocking_write_and_flush(four());
            wasmtime_wasi::runtime::in_tokio(blocking).unwrap();
            assert_eq!(excess.limit(), None);
            assert!(matches!(stream.write(four()), Err(StreamError::Trap(_))));
            assert_eq!(excess.limit(), Some(Limit::Written));
        }
        let far = Written::new(1 << 40, Excess::default());
        let end = stream(Some(u64::MAX), &Reached::default(), &far).write(four());
        assert!(matches!(end, Err(StreamError::Trap(_))));
    }

    #[test]
    fn no_more_at_once_than_is_permitted() {
        let written = Written::new(u64::MAX, Excess::default());
        let mut stream = stream(None, &Reached::default(), &written);
        assert_eq!(stream.check_write().unwrap(), CHUNK);
        stream.write_zeroes(CHUNK).unwrap();
        assert!(stream.write_zeroes(CHUNK + 1).is_err());
        assert!(stream.write(vec![0; CHUNK + 1].into()).is_err());
    }
}
