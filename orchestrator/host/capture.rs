//! What a component writes to standard output or standard error, kept up to a limit.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::excess::{Excess, Over};
use crate::manifest::Limit;

/// How much a component is told it may write at once.
const CHUNK: usize = 64 * 1024;

/// One stream's text; clones share it.
#[derive(Clone)]
pub(super) struct Capture {
    kept: Arc<Mutex<Vec<u8>>>,
    limit: usize,
    excess: Excess,
}

impl Capture {
    /// Keeps at most `limit` bytes between two calls of [`take`](Self::take). More of them are
    /// noted in `excess`.
    pub(super) fn new(limit: u64, excess: Excess) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { kept: Arc::default(), limit, excess }
    }

    /// What was written since the last time.
    pub(super) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.lock());
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Vec<u8>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what fits; an error when not all of it does.
    fn keep(&self, written: &[u8]) -> Result<(), Over> {
        let mut kept = self.lock();
        let room = self.limit - kept.len();
        kept.extend_from_slice(&written[..written.len().min(room)]);
        if written.len() <= room { Ok(()) } else { Err(self.excess.note(Limit::Output)) }
    }
}

impl IsTerminal for Capture {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Capture {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Capture {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.keep(&bytes).map_err(|over| StreamError::Trap(over.into()))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {}
}

impl AsyncWrite for Capture {
    fn poll_write(
        self: Pin<&mut Self>,
        _context: &mut Context<'_>,
        written: &[u8],
    ) -> Poll<io::Result<usize>> {
        Poll::Ready(self.keep(written).map(|()| written.len()).map_err(io::Error::other))
    }

    fn poll_flush(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_kept_and_the_rest_is_over() {
        let excess = Excess::default();
        let capture = Capture::new(8, excess.clone());
        let mut stream = capture.clone();
        stream.write(Bytes::from_static(b"12345678")).unwrap();
        assert_eq!(excess.limit(), None);
        assert!(matches!(stream.write(Bytes::from_static(b"9")), Err(StreamError::Trap(_))));
        assert_eq!(excess.limit(), Some(Limit::Output));
        assert_eq!(capture.take(), "12345678");
    }

    #[test]
    fn taking_makes_room() {
        let capture = Capture::new(4, Excess::default());
        let mut stream = capture.clone();
        for _ in 0..100 {
            stream.write(Bytes::from_static(b"\xffabc")).unwrap();
            assert_eq!(capture.take(), "\u{fffd}abc");
        }
    }
}
