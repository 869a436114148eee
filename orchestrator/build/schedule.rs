//! Runs a graph of jobs, as many side by side as there are slots, each when what it needs is done.
//!
//! - A **job** is whatever the graph is made of; nothing is known here of what it does, only its
//!   [`Demand`]: how long it is expected to take, how many slots it takes meanwhile, and what it
//!   does not share.
//! - The **path** of a job is its own time and that of the longest chain of jobs that wait for
//!   it. Of those that are ready, the one with the longest path is started first: the build ends
//!   no sooner than its longest chain does. Of equals, the one that stands first in the graph.
//!
//! `queue` decides what is next, and does nothing; here are the threads. Where every job is likely
//! to be over at once, the calling thread begins **alone**, until one of them turns out to take long:
//! a few looks at metadata take less time than to start a thread.
//!
//! After a failure no new job starts, unless the caller says that the build goes on: then all is
//! done that needs nothing that failed. Those that run are waited for in any case.

mod queue;

use std::any::Any;
use std::collections::BTreeMap;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::panic::{self, AssertUnwindSafe};
use std::sync::{Condvar, Mutex, MutexGuard, Once, PoisonError};
use std::thread;

use indexmap::IndexMap;

pub(super) use queue::Demand;
use queue::Queue;

/// What is to be done, and how.
pub(super) struct Schedule<'a, J, E> {
    /// Each job with those whose results it takes, which stand before it.
    pub(super) needs: &'a IndexMap<J, Vec<J>>,
    /// How many jobs of weight 1 run side by side; asked when a second may begin.
    pub(super) slots: &'a (dyn Fn() -> NonZeroUsize + Sync),
    /// What each job, by its place in the graph, asks for.
    pub(super) demands: Vec<Demand<'a>>,
    /// Whether jobs that need nothing that failed are still begun after this failure.
    pub(super) goes_on: &'a (dyn Fn(&E) -> bool + Sync),
    /// Whether every job is likely to be over at once: there is one slot until one takes long.
    pub(super) alone: bool,
}

impl<J, E> Schedule<'_, J, E>
where
    J: Ord + Hash + Clone + Sync,
    E: Send,
{
    /// Does `work` for each job, with the results of those that it needs, and with what it calls
    /// before it does anything that takes long. Returns what came of the jobs: the results of all,
    /// or the failures in the order of the graph.
    pub(super) fn run<T>(
        self,
        work: impl Fn(&J, &[T], &dyn Fn()) -> Result<T, E> + Sync,
    ) -> Result<BTreeMap<J, T>, Vec<E>>
    where
        T: Clone + Send,
    {
        let places = |needs: &Vec<J>| {
            let place = |need| self.needs.get_index_of(need).expect("a need is in the graph");
            needs.iter().map(place).collect()
        };
        let needs: Vec<Vec<usize>> = self.needs.values().map(places).collect();
        let jobs = needs.len();
        let state = Mutex::new(State {
            queue: Queue::new(&needs, self.demands),
            results: vec![None; jobs],
            failures: BTreeMap::new(),
            panicked: None,
        });
        let changed = Condvar::new();
        let worker = |takes_long: &dyn Fn()| {
            let mut guard = lock(&state);
            while !guard.queue.is_finished() {
                let Some(job) = guard.queue.take() else {
                    guard = changed.wait(guard).unwrap_or_else(PoisonError::into_inner);
                    continue;
                };
                // Whoever takes a job wakes one more if there is one more: when nothing waits
                // for anything, nobody is woken in vain.
                if guard.queue.next().is_some() {
                    changed.notify_one();
                }
                let taken: Vec<T> = needs[job].iter().map(|need| guard.result(*need)).collect();
                drop(guard);
                let (name, _) = self.needs.get_index(job).expect("a job is in the graph");
                // Whoever waits for a job that panicked would wait for ever.
                let result =
                    panic::catch_unwind(AssertUnwindSafe(|| work(name, &taken, takes_long)));
                let goes_on = matches!(&result, Ok(Err(failure)) if (self.goes_on)(failure));
                guard = lock(&state);
                guard.ended(job, result, goes_on);
            }
            changed.notify_all();
        };
        thread::scope(|scope| {
            let once = Once::new();
            let others = || {
                once.call_once(|| {
                    let slots = (self.slots)();
                    lock(&state).queue.widen(slots);
                    for _ in 1..slots.get().min(jobs.max(1)) {
                        scope.spawn(|| worker(&|| {}));
                    }
                });
            };
            if !self.alone {
                others();
            }
            worker(&others);
        });
        let state = state.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(panicked) = state.panicked {
            panic::resume_unwind(panicked);
        }
        if !state.failures.is_empty() {
            return Err(state.failures.into_values().collect());
        }
        let results = self.needs.keys().cloned().zip(state.results);
        Ok(results.filter_map(|(job, result)| Some((job, result?))).collect())
    }
}

struct State<'a, T, E> {
    queue: Queue<'a>,
    results: Vec<Option<T>>,
    failures: BTreeMap<usize, E>,
    panicked: Option<Box<dyn Any + Send>>,
}

impl<T: Clone, E> State<'_, T, E> {
    fn result(&self, job: usize) -> T {
        self.results[job].clone().expect("a job starts when what it needs is done")
    }

    fn ended(&mut self, job: usize, result: thread::Result<Result<T, E>>, goes_on: bool) {
        self.queue.ended(job, matches!(result, Ok(Ok(_))));
        match result {
            Ok(Ok(value)) => self.results[job] = Some(value),
            Ok(Err(failure)) => drop(self.failures.insert(job, failure)),
            Err(panicked) => self.panicked = Some(panicked),
        }
        if self.results[job].is_none() && !goes_on {
            self.queue.stop();
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
