//! What a component writes to standard output or standard error, kept up to a limit, or handed on
//! up to that limit.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker, ready};

use bytes::Bytes;
use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamError, StreamResult};

use super::excess::{Excess, Over};
use super::instance::size;
use super::onward::{Onward, Sending};
use super::secrets::Veil;
use crate::manifest::Limit;

/// How much a component is told it may write at once.
pub(super) const CHUNK: usize = 64 * 1024;

/// One stream's text; clones share it.
#[derive(Clone)]
pub(super) struct Capture {
    kept: Arc<Mutex<Kept>>,
    /// Whether it is not kept.
    pub(super) goes_onward: bool,
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
    onward: Option<Onward>,
    /// What has left for there and has not arrived.
    sending: Option<Sending>,
    /// Whether something did not arrive: then nothing more leaves.
    closed: bool,
    /// Why it did not, until that is told.
    failed: Option<io::Error>,
}

impl Capture {
    /// Keeps what passes `veil` of at most `limit` bytes between two calls of
    /// [`take`](Self::take), or hands it `onward`. More of them are noted in `excess`.
    pub(super) fn new(limit: u64, excess: Excess, veil: Veil, onward: Option<Onward>) -> Self {
        let goes_onward = onward.is_some();
        let kept = Kept {
            bytes: Vec::new(),
            written: 0,
            limit: size(limit),
            cut: false,
            veil,
            onward,
            sending: None,
            closed: false,
            failed: None,
        };
        Self { kept: Arc::new(Mutex::new(kept)), goes_onward, excess }
    }

    /// Hands all on that there is, at the end of a call, and waits until it has arrived. Whoever reads
    /// there may have gone away, which is no matter of this call.
    pub(super) async fn send_rest(&self) {
        let rest = self.lock().rest();
        self.lock().bytes.extend(rest);
        poll_fn(|context| self.lock().poll_sent(context)).await;
    }

    /// What was written since the last time, unless it is handed on.
    pub(super) fn take(&self) -> Option<String> {
        let mut kept = self.lock();
        kept.written = 0;
        if self.goes_onward {
            return None;
        }
        let rest = kept.rest();
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

    /// Keeps what fits, or begins to hand it on; what is over when not all of it does.
    fn keep(&self, written: &[u8]) -> Option<Over> {
        let mut kept = self.lock();
        let room = kept.limit - kept.written;
        let fitting = &written[..written.len().min(room)];
        kept.written += fitting.len();
        kept.cut |= written.len() > room;
        let shown = kept.veil.pass(fitting);
        kept.bytes.extend(shown);
        // It begins to leave, whether or not somebody will wait for it.
        let _ = kept.poll_sent(&mut Context::from_waker(Waker::noop()));
        (written.len() > room).then(|| self.excess.note(Limit::Output))
    }
}

impl Kept {
    /// What the veil still holds back, when nothing more comes.
    fn rest(&mut self) -> Vec<u8> {
        // Of a secret that was cut, the beginning is not shown.
        if std::mem::take(&mut self.cut) {
            self.veil.forget();
        }
        self.veil.rest()
    }

    /// Ready when nothing is left to be handed on.
    fn poll_sent(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Some(onward) = &self.onward else { return Poll::Ready(()) };
        loop {
            if let Some(sending) = &mut self.sending {
                let sent = ready!(Pin::new(sending).poll(context));
                self.sending = None;
                self.closed = sent.is_err();
                self.failed = sent.err();
            }
            if self.closed {
                self.bytes.clear();
            }
            if self.bytes.is_empty() {
                return Poll::Ready(());
            }
            self.sending = Some(onward.send(std::mem::take(&mut self.bytes)));
        }
    }

    /// Whether more can be written: not while something is under way, lest it pile up.
    fn poll_writable(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_sent(context));
        Poll::Ready(match self.failed.take() {
            Some(error) => Err(error),
            None if self.closed => Err(io::ErrorKind::BrokenPipe.into()),
            None => Ok(()),
        })
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

#[wasmtime_wasi::async_trait]
impl OutputStream for Capture {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.keep(&bytes).map_or(Ok(()), |over| Err(StreamError::Trap(over.into())))
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        match self.lock().poll_writable(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(())) => Ok(CHUNK),
            Poll::Pending => Ok(0),
            Poll::Ready(Err(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
                Err(StreamError::Closed)
            }
            Poll::Ready(Err(error)) => Err(StreamError::LastOperationFailed(error.into())),
        }
    }

    /// Unlike the runtime's own, it tells of what did not arrive because the stream is closed.
    async fn blocking_write_and_flush(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.write_ready().await?;
        self.write(bytes)?;
        self.write_ready().await.map(|_| ())
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Capture {
    async fn ready(&mut self) {
        poll_fn(|context| self.lock().poll_sent(context)).await;
    }
}

impl AsyncWrite for Capture {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        written: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.lock().poll_writable(context))?;
        Poll::Ready(match self.keep(written) {
            None => Ok(written.len()),
            Some(over) => Err(io::Error::other(over)),
        })
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_writable(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.lock().poll_writable(context)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;
    use wasmtime_wasi::runtime::in_tokio;

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
    struct Place(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Place {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Place {
        fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
        }
    }

    #[test]
    fn what_is_handed_on_is_veiled_and_limited() {
        let place = Place::default();
        let secrets = Secrets::new(&[("TOKEN".to_owned(), "abc".to_owned())]);
        let excess = Excess::default();
        let onward = Some(Onward::to(place.clone()));
        let capture = Capture::new(8, excess.clone(), secrets.veil(), onward);
        let mut stream = capture.clone();
        for piece in ["a", "bc", "ab"] {
            stream.write(Bytes::from_static(piece.as_bytes())).unwrap();
        }
        in_tokio(capture.send_rest());
        assert_eq!(capture.take(), None);
        assert_eq!(place.take(), "[secret TOKEN]ab");
        assert!(stream.write(Bytes::from_static(b"abc123ab9")).is_err());
        assert_eq!(excess.limit(), Some(Limit::Output));
        // What was cut may have been the secret.
        in_tokio(capture.send_rest());
        assert_eq!(place.take(), "[secret TOKEN]123");
        let kept = Capture::new(8, Excess::default(), secrets.veil(), None);
        assert!(kept.clone().write(Bytes::from_static(b"abc123abc")).is_err());
        assert_eq!(kept.take().as_deref(), Some("[secret TOKEN]123"));
    }

    #[test]
    fn nothing_piles_up_before_a_reader_that_stalls() {
        let (mut reader, writer) = io::pipe().unwrap();
        let onward = Some(Onward::to(writer));
        let capture = Capture::new(1 << 20, Excess::default(), Secrets::default().veil(), onward);
        let mut stream = capture.clone();
        // A pipe holds sixteen pages if nobody says otherwise.
        let stalled = (0..100).find(|_| {
            stream.write(vec![b'x'; CHUNK].into()).unwrap();
            in_tokio(async { timeout(Duration::from_millis(100), stream.ready()).await.is_err() })
        });
        assert_eq!(stream.check_write().unwrap(), 0);
        let length = CHUNK * (stalled.expect("pipes are not that large") + 1);
        io::Read::read_exact(&mut reader, &mut vec![0; length]).unwrap();
        in_tokio(capture.send_rest());
        assert_eq!(stream.check_write().unwrap(), CHUNK);
    }

    #[test]
    fn a_reader_that_went_away_closes_the_stream() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let onward = Some(Onward::to(writer));
        let capture = Capture::new(1 << 20, Excess::default(), Secrets::default().veil(), onward);
        let mut stream = capture.clone();
        for _ in 0..2 {
            let told = in_tokio(stream.blocking_write_and_flush(Bytes::from_static(b"text")));
            assert!(matches!(told, Err(StreamError::Closed)));
        }
        in_tokio(capture.send_rest());
    }
}
