//! Looks, again and again, where a running component is.
//!
//! A thread moves the engine's epoch on. The running code meets that at its next loop or function
//! entry, stops there and is looked at. So only what runs is seen: a call that waits in the host
//! leaves no samples, and neither does the host's own work.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use std::{io, mem, thread};

use wasmtime::{AsContext, WasmBacktrace};

use super::trap;
use crate::check::Samples;

/// How often it looks.
pub(super) const INTERVAL: Duration = Duration::from_millis(1);

/// Looks at one instance until it is dropped.
pub(super) struct Profiler {
    samples: Arc<Mutex<Samples>>,
    /// Whose end stops the thread.
    going_on: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Takes the samples; given to the running code.
pub(super) struct Eye {
    began: Instant,
    samples: Arc<Mutex<Samples>>,
}

impl Profiler {
    /// Begins; `interrupt` makes running code look at its [`Eye`].
    pub(super) fn start(interrupt: impl Fn() + Send + 'static) -> io::Result<(Self, Eye)> {
        let (going_on, stopped) = channel();
        let thread = thread::Builder::new().name("poly-profiler".to_owned()).spawn(move || {
            while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                interrupt();
            }
        })?;
        let samples = Arc::default();
        let eye = Eye { began: Instant::now(), samples: Arc::clone(&samples) };
        Ok((Self { samples, going_on: Some(going_on), thread: Some(thread) }, eye))
    }

    /// What was seen so far and was not taken yet.
    pub(super) fn take(&self) -> Samples {
        mem::take(&mut lock(&self.samples))
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        drop(self.going_on.take());
        if let Some(thread) = self.thread.take() {
            // A panic of it has been printed; there is nothing more to do about it.
            let _ = thread.join();
        }
    }
}

impl Eye {
    /// Looks where the component is that runs in this store.
    pub(super) fn look(&self, store: impl AsContext) {
        let stack = WasmBacktrace::force_capture(store);
        // The innermost comes first, and no more were captured than are kept.
        let frames = stack.frames().iter().rev().map(|info| trap::frame(info, 0));
        lock(&self.samples).add(self.began.elapsed(), frames);
    }
}

fn lock(samples: &Mutex<Samples>) -> MutexGuard<'_, Samples> {
    samples.lock().unwrap_or_else(PoisonError::into_inner)
}
