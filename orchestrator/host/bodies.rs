//! Bodies of HTTP requests and answers, up to a limit.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use wasmtime_wasi_http::Error;

use super::excess::Excess;
use crate::manifest::Limit;

/// How large each body may be.
#[derive(Debug, Clone)]
pub(super) struct Bodies {
    most: u64,
    excess: Excess,
}

/// A body of which no more passes than may. More of it is noted, and an error for who reads it.
pub(super) struct Bounded<B> {
    body: B,
    left: u64,
    excess: Excess,
}

impl Bodies {
    /// At most `most` bytes.
    pub(super) fn new(most: u64, excess: Excess) -> Self {
        Self { most, excess }
    }

    /// As much of a body as may be.
    pub(super) fn bound<B>(&self, body: B) -> Bounded<B> {
        Bounded { body, left: self.most, excess: self.excess.clone() }
    }
}

impl<B: Body<Data = Bytes, Error = Error> + Unpin> Body for Bounded<B> {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(context));
        let read = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref());
        let Some(left) = self.left.checked_sub(read.map_or(0, |bytes| bytes.len() as u64)) else {
            let over = self.excess.note(Limit::Bodies);
            return Poll::Ready(Some(Err(Error::InternalError(Some(over.to_string())))));
        };
        self.left = left;
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pieces of four bytes, as many as said.
    struct Pieces(usize);

    impl Body for Pieces {
        type Data = Bytes;
        type Error = Error;

        fn poll_frame(
            mut self: Pin<&mut Self>,
            _context: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
            let piece = self.0.checked_sub(1);
            self.0 = piece.unwrap_or_default();
            Poll::Ready(piece.map(|_| Ok(Frame::data(Bytes::from_static(b"four")))))
        }
    }

    #[test]
    fn as_much_passes_as_may() {
        for (pieces, noted) in [(4, None), (5, Some(Limit::Bodies))] {
            let excess = Excess::default();
            let mut body = Bodies::new(16, excess.clone()).bound(Pieces(pieces));
            let mut context = Context::from_waker(std::task::Waker::noop());
            let mut next = || Pin::new(&mut body).poll_frame(&mut context);
            for _ in 0..4 {
                assert!(matches!(next(), Poll::Ready(Some(Ok(_)))));
            }
            match next() {
                Poll::Ready(None) => assert_eq!(noted, None),
                Poll::Ready(Some(Err(_))) => assert_eq!(noted, Some(Limit::Bodies)),
                _ => panic!("more than may"),
            }
            assert_eq!(excess.limit(), noted);
        }
    }
}
