//! Runs a graph of jobs, as many side by side as allowed, each when what it needs is done.
//!
//! Of several that are ready, the one that stands first in the graph is started first.
//! Knows nothing of what the jobs do. After a failure no new job starts; those that run are
//! waited for.

use std::any::Any;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use indexmap::{IndexMap, IndexSet};

/// What came of the jobs: the results of those that ran, or the failures.
pub(super) fn run<J, T, E>(
    needs: &IndexMap<J, Vec<J>>,
    at_once: NonZeroUsize,
    work: impl Fn(&J, &[T]) -> Result<T, E> + Sync,
) -> Result<BTreeMap<J, T>, Vec<E>>
where
    J: Ord + Hash + Clone + Send + Sync,
    T: Clone + Send,
    E: Send,
{
    let state = Mutex::new(State {
        waiting: needs.keys().cloned().collect(),
        running: 0,
        done: BTreeMap::new(),
        failures: Vec::new(),
        panicked: None,
    });
    let changed = Condvar::new();
    let worker = || {
        let mut guard = lock(&state);
        loop {
            if guard.finished() {
                changed.notify_all();
                return;
            }
            let Some((job, taken)) = guard.take(needs) else {
                guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
                continue;
            };
            drop(guard);
            // Whoever waits for a job that panicked would wait for ever.
            let result = panic::catch_unwind(AssertUnwindSafe(|| work(&job, &taken)));
            guard = lock(&state);
            guard.running -= 1;
            match result {
                Ok(Ok(value)) => drop(guard.done.insert(job, value)),
                Ok(Err(failure)) => guard.failures.push(failure),
                Err(panicked) => guard.panicked = Some(panicked),
            }
            changed.notify_all();
        }
    };
    thread::scope(|scope| {
        for _ in 1..at_once.get().min(needs.len().max(1)) {
            scope.spawn(worker);
        }
        worker();
    });
    let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
    if let Some(panicked) = state.panicked {
        panic::resume_unwind(panicked);
    }
    if state.failures.is_empty() { Ok(state.done) } else { Err(state.failures) }
}

struct State<J, T, E> {
    waiting: IndexSet<J>,
    running: usize,
    done: BTreeMap<J, T>,
    failures: Vec<E>,
    panicked: Option<Box<dyn Any + Send>>,
}

impl<J: Ord + Hash + Clone, T: Clone, E> State<J, T, E> {
    fn finished(&self) -> bool {
        self.running == 0 && (self.waiting.is_empty() || self.stopped())
    }

    fn stopped(&self) -> bool {
        !self.failures.is_empty() || self.panicked.is_some()
    }

    /// The first job whose needs are all done, with their results in the order of its needs.
    fn take(&mut self, needs: &IndexMap<J, Vec<J>>) -> Option<(J, Vec<T>)> {
        if self.stopped() {
            return None;
        }
        let results = |job: &J| -> Option<Vec<T>> {
            needs[job].iter().map(|need| self.done.get(need).cloned()).collect()
        };
        let (job, taken) =
            self.waiting.iter().find_map(|job| results(job).map(|taken| (job.clone(), taken)))?;
        self.waiting.shift_remove(&job);
        self.running += 1;
        Some((job, taken))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;

    use super::*;

    fn graph(
        edges: &[(&'static str, &[&'static str])],
    ) -> IndexMap<&'static str, Vec<&'static str>> {
        edges.iter().map(|(job, needs)| (*job, needs.to_vec())).collect()
    }

    #[test]
    fn a_job_gets_the_results_of_its_needs_in_their_order() {
        let graph = graph(&[("a", &[]), ("b", &[]), ("c", &["b", "a"])]);

        let done = run(&graph, NonZeroUsize::new(4).unwrap(), |job, taken: &[String]| {
            Ok::<_, ()>(format!("{job}({})", taken.join(",")))
        });

        assert_eq!(done.unwrap()["c"], "c(b(),a())");
    }

    #[test]
    fn independent_jobs_run_at_the_same_time() {
        let graph = graph(&[("a", &[]), ("b", &[])]);
        // Would never return if one waited for the other.
        let meet = Barrier::new(2);

        let done = run(&graph, NonZeroUsize::new(2).unwrap(), |_, _: &[()]| {
            meet.wait();
            Ok::<_, ()>(())
        });

        assert_eq!(done.unwrap().len(), 2);
    }

    #[test]
    fn after_a_failure_nothing_new_starts() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("z", &[])]);
        let started = Mutex::new(Vec::new());

        let failures = run(&graph, NonZeroUsize::MIN, |job, _: &[()]| {
            started.lock().unwrap().push(*job);
            Err::<(), _>(format!("{job} failed"))
        });

        assert_eq!(failures.unwrap_err(), ["a failed"]);
        assert_eq!(*started.lock().unwrap(), ["a"]);
    }

    #[test]
    fn a_panic_is_passed_on_and_keeps_nobody_waiting() {
        let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &[])]);
        let work = |job: &&str, _: &[()]| {
            assert_ne!(*job, "a", "this panic is meant");
            Ok::<_, ()>(())
        };

        let ended = panic::catch_unwind(|| run(&graph, NonZeroUsize::new(2).unwrap(), work));

        assert!(ended.is_err());
    }
}
