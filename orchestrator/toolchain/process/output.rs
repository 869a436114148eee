//! What a process writes, kept as it comes.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, PipeReader, Read as _, Write as _};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// How much output of one process is kept in memory, where nobody asks for more.
pub(super) const KEPT: usize = 1 << 20;

/// How long output is waited for that a process leaves behind when it ends.
const DRAIN: Duration = Duration::from_secs(1);

/// The output of a process, read by a thread of its own.
pub(super) struct Kept {
    tail: Arc<Mutex<Tail>>,
    ended: Receiver<io::Result<()>>,
}

#[derive(Default)]
struct Tail {
    bytes: VecDeque<u8>,
    dropped: u64,
}

impl Kept {
    /// Keeps `most` bytes of what comes; a `log` gets all.
    pub(super) fn of(mut reader: PipeReader, mut log: Option<File>, most: usize) -> Self {
        let tail = Arc::<Mutex<Tail>>::default();
        let (sender, ended) = channel();
        let kept = Arc::clone(&tail);
        thread::spawn(move || {
            let mut buffer = [0; 16 * 1024];
            let mut logged = Ok(());
            let read = loop {
                match reader.read(&mut buffer) {
                    Ok(0) => break Ok(()),
                    Ok(length) => {
                        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                        kept.push(&buffer[..length], most);
                        drop(kept);
                        // A full disk must not leave the process writing into a full pipe.
                        if let (Some(log), Ok(())) = (&mut log, &logged) {
                            logged = log.write_all(&buffer[..length]);
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => break Err(error),
                }
            };
            // Nobody listens any more if a daemon kept the pipe open for longer than `DRAIN`.
            let _ = sender.send(read.and(logged));
        });
        Self { tail, ended }
    }

    /// What was kept, once the process has ended. A daemon that it left behind, in a group
    /// of its own, may hold the pipe open for ever: that is waited for only shortly.
    pub(super) fn take(self) -> io::Result<(Vec<u8>, u64)> {
        if let Ok(result) = self.ended.recv_timeout(DRAIN) {
            result?;
        }
        let mut tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((std::mem::take(&mut tail.bytes).into(), tail.dropped))
    }
}

impl Tail {
    fn push(&mut self, bytes: &[u8], most: usize) {
        self.bytes.extend(bytes);
        let excess = self.bytes.len().saturating_sub(most);
        self.bytes.drain(..excess);
        self.dropped += excess as u64;
    }
}
