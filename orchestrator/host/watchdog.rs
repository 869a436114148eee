//! The thread that ends a call when its time is up.
//!
//! A call can be in two states, and is ended in each by other means. Code that runs looks at
//! the engine's epoch at every loop and function entry: the watchdog moves the epoch on. A
//! call that waits inside the host (it sleeps, or reads an input that never comes) runs no
//! code: it is a pending future, and the watchdog wakes whoever polls it.
//!
//! Nothing is sent to the thread when a call begins. All deadlines of one instance lie the
//! same time ahead, so a thread that sleeps until the earliest one is never too late for a
//! later one, and 100,000 short calls cost it nothing.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Ends the calls of one instance; stops with it.
pub(super) struct Watchdog {
    shared: Arc<Shared>,
    timeout: Duration,
    thread: Option<JoinHandle<()>>,
}

/// Asks whether time is up; given to the running code.
#[derive(Clone)]
pub(super) struct Alarm(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// When the call that runs has to be over; none between calls.
    deadline: Option<Instant>,
    /// Who waits for the call that runs.
    waiting: Option<Waker>,
    stop: bool,
}

impl Watchdog {
    /// Starts watching for calls of at most `timeout`; `interrupt` stops code that runs.
    pub(super) fn start(
        timeout: Duration,
        interrupt: impl Fn() + Send + 'static,
    ) -> std::io::Result<Self> {
        let shared =
            Arc::new(Shared { state: Mutex::new(State::default()), changed: Condvar::new() });
        let watched = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("poly-watchdog".to_owned())
            .spawn(move || watched.watch(timeout, &interrupt))?;
        Ok(Self { shared, timeout, thread: Some(thread) })
    }

    /// What the running code asks.
    pub(super) fn alarm(&self) -> Alarm {
        Alarm(Arc::clone(&self.shared))
    }

    /// What is left of the time of a call that began at `begun`, of which `spent` was already gone then.
    pub(super) fn left(&self, begun: Instant, spent: Duration) -> Duration {
        self.timeout.saturating_sub(spent).saturating_sub(begun.elapsed())
    }

    /// Waits for `call`, which begins at `begun`, at most until the timeout, of which `spent` was
    /// already gone then. None when the time was up while the call waited inside the host.
    pub(super) async fn limit<T>(
        &self,
        begun: Instant,
        spent: Duration,
        call: impl Future<Output = T>,
    ) -> Option<T> {
        self.shared.lock().deadline = begun.checked_add(self.timeout.saturating_sub(spent));
        if !spent.is_zero() {
            // The one deadline that may lie before the thread's next look.
            self.shared.changed.notify_all();
        }
        let mut call = pin!(call);
        let ended = poll_fn(|context| {
            if let Poll::Ready(value) = call.as_mut().poll(context) {
                return Poll::Ready(Some(value));
            }
            let mut state = self.shared.lock();
            if state.is_over() {
                return Poll::Ready(None);
            }
            state.waiting = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
        let mut state = self.shared.lock();
        state.waiting = None;
        state.deadline = None;
        ended
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        self.shared.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic of the watchdog has been printed; there is nothing more to do about it.
            let _ = thread.join();
        }
    }
}

impl Alarm {
    /// Whether the call that runs has used up its time.
    pub(super) fn is_over(&self) -> bool {
        self.0.lock().is_over()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn watch(&self, timeout: Duration, interrupt: &impl Fn()) {
        let mut state = self.lock();
        while !state.stop {
            let pause = match state.deadline {
                Some(deadline) => deadline.saturating_duration_since(Instant::now()),
                None => timeout,
            };
            if state.is_over() {
                interrupt();
                if let Some(waker) = state.waiting.take() {
                    waker.wake();
                }
            }
            // Again after a little while, should the call have gone from running to waiting
            // just now.
            let pause = pause.max(Duration::from_millis(1));
            state = match self.changed.wait_timeout(state, pause) {
                Ok((state, _)) => state,
                Err(poisoned) => poisoned.into_inner().0,
            };
        }
    }
}

impl State {
    fn is_over(&self) -> bool {
        self.deadline.is_some_and(|deadline| Instant::now() >= deadline)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn a_future_that_never_ends_is_given_up() {
        let watchdog = Watchdog::start(Duration::from_millis(50), || {}).unwrap();
        let before = Instant::now();
        let never = watchdog.limit(Instant::now(), Duration::ZERO, std::future::pending::<()>());
        assert!(wasmtime_wasi::runtime::in_tokio(never).is_none());
        assert!(before.elapsed() >= Duration::from_millis(50));
        assert!(before.elapsed() < Duration::from_secs(5));
    }

    #[test]
    fn what_ends_in_time_is_left_alone() {
        let interrupted = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&interrupted);
        let watchdog = Watchdog::start(Duration::from_millis(20), move || {
            seen.store(true, Ordering::SeqCst);
        })
        .unwrap();
        for _ in 0..1000 {
            let now = watchdog.limit(Instant::now(), Duration::ZERO, std::future::ready(7));
            assert_eq!(wasmtime_wasi::runtime::in_tokio(now), Some(7));
        }
        // Between calls no time runs out.
        std::thread::sleep(Duration::from_millis(60));
        assert!(!interrupted.load(Ordering::SeqCst));
    }

    #[test]
    fn it_stops_at_once_however_long_the_timeout() {
        let before = Instant::now();
        drop(Watchdog::start(Duration::from_hours(1), || {}).unwrap());
        assert!(before.elapsed() < Duration::from_secs(5));
    }
}
