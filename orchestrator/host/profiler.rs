//! Looks, again and again, where a running component is.
//!
//! A thread moves the engine's epoch on. The running code meets that at its next loop or function
//! entry, stops there and is looked at. So only what runs is seen: a call that waits in the host
//! leaves no samples, and neither does the host's own work.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
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
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// Takes the samples; given to the running code.
#[derive(Clone)]
pub(super) struct Eye {
    began: Instant,
    shared: Arc<Shared>,
}

struct Shared {
    samples: Mutex<Samples>,
    stopped: Mutex<bool>,
    stop: Condvar,
}

impl Profiler {
    /// Begins; `interrupt` makes running code look at its [`Eye`].
    pub(super) fn start(interrupt: impl Fn() + Send + 'static) -> io::Result<(Self, Eye)> {
        let shared = Arc::new(Shared {
            samples: Mutex::default(),
            stopped: Mutex::new(false),
            stop: Condvar::new(),
        });
        let ticking = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("poly-profiler".to_owned())
            .spawn(move || ticking.tick(&interrupt))?;
        let eye = Eye { began: Instant::now(), shared: Arc::clone(&shared) };
        Ok((Self { shared, thread: Some(thread) }, eye))
    }

    /// What was seen so far and was not taken yet.
    pub(super) fn take(&self) -> Samples {
        mem::take(&mut lock(&self.shared.samples))
    }
}

impl Drop for Profiler {
    fn drop(&mut self) {
        *lock(&self.shared.stopped) = true;
        self.shared.stop.notify_all();
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
        let frames =
            stack.frames().iter().rev().flat_map(|info| trap::frames(info).into_iter().rev());
        lock(&self.shared.samples).add(self.began.elapsed(), frames);
    }
}

impl Shared {
    fn tick(&self, interrupt: &impl Fn()) {
        let mut stopped = lock(&self.stopped);
        while !*stopped {
            let waited = self.stop.wait_timeout(stopped, INTERVAL);
            stopped =
                waited.map_or_else(|poisoned| poisoned.into_inner().0, |(stopped, _)| stopped);
            interrupt();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
