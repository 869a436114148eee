//! What a component writes to standard output or standard error, kept up to a limit, or handed on
//! up to that limit.

use std::io::{self, Write};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::excess::{Excess, Over};
use super::instance::size;
use super::secrets::Veil;
use crate::manifest::Limit;

/// How much a component is told it may write at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// One stream's text; clones share it.
#[derive(Clone)]
pub(super) struct Capture {
    kept: Arc<Mutex<Kept>>,
    excess: Excess,
}

struct Kept {
    bytes: Vec<u8>,
    /// How many were written.
    written: usize,
    limit: usize,
    /// Whether more were written than fitted.
    cut: bool,
    /// Takes secrets out.
    veil: Veil,
    /// Where they go instead of being kept.
    onward: Option<Box<dyn Write + Send>>,
}

impl Capture {
    /// Keeps what passes `veil` of at most `limit` bytes between two calls of
    /// [`take`](Self::take), or hands it `onward`. More of them are noted in `excess`.
    pub(super) fn new(
        limit: u64,
        excess: Excess,
        veil: Veil,
        onward: Option<Box<dyn Write + Send>>,
    ) -> Self {
        let kept =
            Kept { bytes: Vec::new(), written: 0, limit: size(limit), cut: false, veil, onward };
        Self { kept: Arc::new(Mutex::new(kept)), excess }
    }

    /// What was written since the last time, unless it was handed on.
    pub(super) fn take(&self) -> Option<String> {
        let mut kept = self.lock();
        kept.written = 0;
        // Of a secret that was cut, the beginning is not shown.
        if std::mem::take(&mut kept.cut) {
            kept.veil.forget();
        }
        let rest = kept.veil.rest();
        if let Some(to) = &mut kept.onward {
            // Whoever reads there may have gone away, which is no matter of the component's.
            let _ = to.write_all(&rest).and_then(|()| to.flush());
            return None;
        }
        let mut bytes = std::mem::take(&mut kept.bytes);
        bytes.extend(rest);
        Some(match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps what fits, or hands it on; what is over when not all of it does.
    fn keep(&self, written: &[u8]) -> io::Result<Option<Over>> {
        let mut kept = self.lock();
        let room = kept.limit - kept.written;
        let fitting = &written[..written.len().min(room)];
        kept.written += fitting.len();
        kept.cut |= written.len() > room;
        let shown = kept.veil.pass(fitting);
        match &mut kept.onward {
            Some(to) => to.write_all(&shown)?,
            None => kept.bytes.extend(shown),
        }
        Ok((written.len() > room).then(|| self.excess.note(Limit::Output)))
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
        match self.keep(&bytes) {
            Ok(None) => Ok(()),
            Ok(Some(over)) => Err(StreamError::Trap(over.into())),
            Err(error) => Err(StreamError::LastOperationFailed(error.into())),
        }
    }

    fn flush(&mut self) -> StreamResult<()> {
        match &mut self.lock().onward {
            Some(to) => to.flush().map_err(|error| StreamError::LastOperationFailed(error.into())),
            None => Ok(()),
        }
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
        Poll::Ready(match self.keep(written) {
            Ok(None) => Ok(written.len()),
            Ok(Some(over)) => Err(io::Error::other(over)),
            Err(error) => Err(error),
        })
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
    use crate::host::secrets::Secrets;

    #[test]
    fn what_fits_is_kept_and_the_rest_is_over() {
        let excess = Excess::default();
        let capture = Capture::new(8, excess.clone(), Secrets::default().veil(), None);
        let mut stream = capture.clone();
        stream.write(Bytes::from_static(b"12345678")).unwrap();
        assert_eq!(excess.limit(), None);
        assert!(matches!(stream.write(Bytes::from_static(b"9")), Err(StreamError::Trap(_))));
        assert_eq!(excess.limit(), Some(Limit::Output));
        assert_eq!(capture.take().as_deref(), Some("12345678"));
    }

    #[test]
    fn taking_makes_room() {
        let capture = Capture::new(4, Excess::default(), Secrets::default().veil(), None);
        let mut stream = capture.clone();
        for _ in 0..100 {
            stream.write(Bytes::from_static(b"\xffabc")).unwrap();
            assert_eq!(capture.take().as_deref(), Some("\u{fffd}abc"));
        }
    }

    /// Where tests read what was handed on.
    #[derive(Clone, Default)]
    struct Pipe(Arc<Mutex<Vec<u8>>>);

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_handed_on_is_veiled_and_limited() {
        let pipe = Pipe::default();
        let secrets = Secrets::new(&[("TOKEN".to_owned(), "abc".to_owned())]);
        let excess = Excess::default();
        let capture = Capture::new(8, excess.clone(), secrets.veil(), Some(Box::new(pipe.clone())));
        let mut stream = capture.clone();
        for piece in ["a", "bc", "ab"] {
            stream.write(Bytes::from_static(piece.as_bytes())).unwrap();
        }
        assert_eq!(capture.take(), None);
        assert_eq!(&*pipe.0.lock().unwrap(), b"[secret TOKEN]ab");
        pipe.0.lock().unwrap().clear();
        assert!(stream.write(Bytes::from_static(b"abc123ab9")).is_err());
        assert_eq!(excess.limit(), Some(Limit::Output));
        // What was cut may have been the secret.
        assert_eq!(capture.take(), None);
        assert_eq!(&*pipe.0.lock().unwrap(), b"[secret TOKEN]123");
        let kept = Capture::new(8, Excess::default(), secrets.veil(), None);
        assert!(kept.clone().write(Bytes::from_static(b"abc123abc")).is_err());
        assert_eq!(kept.take().as_deref(), Some("[secret TOKEN]123"));
    }
}
