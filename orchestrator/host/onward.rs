//! Where output goes that is not kept: poly's own standard output and standard error, and files.
//!
//! Whoever reads there may stop reading, and then a write waits for ever. So a thread waits, and not
//! the one that runs the component: a call that writes is stopped when its time is up like any other.
//! Poly's own outputs are each written by one thread at a time, whoever runs: a reader that stalls costs
//! one thread, and not one for each instance.

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, OnceLock};

use tokio::sync::Mutex;
use wasmtime_wasi::runtime::{AbortOnDropJoinHandle, spawn, spawn_blocking};

/// One place to write to; clones share it.
#[derive(Clone)]
pub(super) struct Onward(Arc<Mutex<Box<dyn Write + Send>>>);

/// A piece on its way.
pub(super) type Sending = AbortOnDropJoinHandle<io::Result<()>>;

impl Onward {
    /// To a file, or what is like one.
    pub(super) fn to(place: impl Write + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Box::new(place))))
    }

    /// To poly's own standard output.
    pub(super) fn stdout() -> Self {
        static STDOUT: OnceLock<Onward> = OnceLock::new();
        Self::own(&STDOUT, io::stdout())
    }

    /// To poly's own standard error.
    pub(super) fn stderr() -> Self {
        static STDERR: OnceLock<Onward> = OnceLock::new();
        Self::own(&STDERR, io::stderr())
    }

    fn own(once: &OnceLock<Self>, mut stream: impl Write + AsFd + Send + 'static) -> Self {
        // What poly wrote comes first. If that fails, whoever wrote it is told.
        let _ = stream.flush();
        once.get_or_init(|| Self::to(Unlocked(stream))).clone()
    }

    /// Begins to write a piece, after those that others have begun to write.
    pub(super) fn send(&self, piece: Vec<u8>) -> Sending {
        let place = Arc::clone(&self.0);
        spawn(async move {
            // One that nobody waits for any more is not written unless its turn has come.
            let mut place = place.lock_owned().await;
            spawn_blocking(move || place.write_all(&piece).and_then(|()| place.flush())).await
        })
    }
}

/// A stream that is written to without the standard library's lock: whoever waits would hold it, and
/// poly's own messages wait for it too.
struct Unlocked<S>(S);

impl<S: AsFd> Write for Unlocked<S> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.0, bytes)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::time::Duration;

    use tokio::time::timeout;
    use wasmtime_wasi::runtime::in_tokio;

    use super::*;

    #[test]
    fn a_reader_that_stalls_holds_up_nobody_and_gets_whole_pieces() {
        let (mut reader, writer) = io::pipe().unwrap();
        let onward = Onward::to(writer);
        let large = vec![b'x'; 1 << 20];
        let soon = Duration::from_millis(50);
        in_tokio(async {
            assert!(timeout(soon, onward.send(large.clone())).await.is_err());
            // Neither does the next one, which nobody waits for in the end.
            assert!(timeout(soon, onward.send(b"given up".to_vec())).await.is_err());
        });
        let last = onward.send(b"last".to_vec());
        let reading = std::thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).map(|_| read)
        });
        in_tokio(last).unwrap();
        drop(onward);
        let read = reading.join().unwrap().unwrap();
        assert_eq!(read.len(), large.len() + 4);
        assert!(read.ends_with(b"xlast"));
    }

    #[test]
    fn a_reader_that_went_away_is_an_error() {
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let error = in_tokio(Onward::to(writer).send(b"text".to_vec())).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::BrokenPipe);
    }
}
