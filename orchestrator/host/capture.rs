//! What a component writes to standard output or standard error, kept up to a limit.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use thiserror::Error;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

/// How much a component is told it may write at once.
const CHUNK: usize = 64 * 1024;

/// One stream's text; clones share it.
#[derive(Clone)]
pub(super) struct Capture(Arc<Mutex<Kept>>);

struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    over: bool,
}

/// Raised inside the component where it writes more than the limit.
#[derive(Debug, Error)]
#[error("the component wrote more than its limit")]
struct OverOutput;

impl Capture {
    /// Keeps at most `limit` bytes between two calls of [`take`](Self::take).
    pub(super) fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self(Arc::new(Mutex::new(Kept { bytes: Vec::new(), limit, over: false })))
    }

    /// What was written since the last time.
    pub(super) fn take(&self) -> String {
        let bytes = std::mem::take(&mut self.lock().bytes);
        match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// Whether more was written than the limit.
    pub(super) fn is_over(&self) -> bool {
        self.lock().over
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what fits; false when not all of it does.
    fn keep(&self, written: &[u8]) -> bool {
        let mut kept = self.lock();
        let room = kept.limit - kept.bytes.len();
        kept.bytes.extend_from_slice(&written[..written.len().min(room)]);
        kept.over |= written.len() > room;
        written.len() <= room
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
        if self.keep(&bytes) { Ok(()) } else { Err(StreamError::Trap(OverOutput.into())) }
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
        if self.keep(written) {
            Poll::Ready(Ok(written.len()))
        } else {
            Poll::Ready(Err(io::Error::other(OverOutput)))
        }
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
        let capture = Capture::new(8);
        let mut stream = capture.clone();
        stream.write(Bytes::from_static(b"12345678")).unwrap();
        assert!(!capture.is_over());
        assert!(matches!(stream.write(Bytes::from_static(b"9")), Err(StreamError::Trap(_))));
        assert!(capture.is_over());
        assert_eq!(capture.take(), "12345678");
    }

    #[test]
    fn taking_makes_room() {
        let capture = Capture::new(4);
        let mut stream = capture.clone();
        for _ in 0..100 {
            stream.write(Bytes::from_static(b"\xffabc")).unwrap();
            assert_eq!(capture.take(), "\u{fffd}abc");
        }
    }
}
