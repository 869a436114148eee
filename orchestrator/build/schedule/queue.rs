//! Which job is next. Touches no thread and no clock.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::num::NonZeroUsize;
use std::time::Duration;

/// What a job asks for while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::build) struct Demand<'a> {
    /// How many slots it takes. One that asks for more than there are takes all.
    pub(in crate::build) weight: NonZeroUsize,
    /// Of jobs that have this name in common, one runs at a time.
    pub(in crate::build) exclusive: Option<&'a str>,
    /// How long it is expected to take.
    pub(in crate::build) expected: Duration,
}

/// A job that could start: that with the longest path is the greatest, and of equals the first.
type Ready = (Duration, Reverse<usize>);

/// The jobs that have not ended, by their places in the graph.
pub(super) struct Queue<'a> {
    demands: Vec<Demand<'a>>,
    /// The jobs that wait for each.
    dependents: Vec<Vec<usize>>,
    /// How many jobs each still waits for.
    missing: Vec<usize>,
    paths: Vec<Duration>,
    ready: BinaryHeap<Ready>,
    /// The exclusive names of jobs that run.
    held: BTreeSet<&'a str>,
    /// The jobs that were passed over because of their names. Where a name is not held, one of
    /// its jobs is among the ready.
    parked: BTreeMap<&'a str, BinaryHeap<Ready>>,
    slots: usize,
    free: usize,
    running: BTreeSet<usize>,
    stopped: bool,
}

impl<'a> Queue<'a> {
    /// A queue for one slot. `needs` says for each job what it waits for: only such as stand before it.
    pub(super) fn new(needs: &[Vec<usize>], demands: Vec<Demand<'a>>) -> Self {
        let mut dependents = vec![Vec::new(); needs.len()];
        for (job, needs) in needs.iter().enumerate() {
            for need in needs {
                debug_assert!(*need < job, "a job stands after what it needs");
                dependents[*need].push(job);
            }
        }
        let mut paths = vec![Duration::ZERO; needs.len()];
        for job in (0..needs.len()).rev() {
            let longest = dependents[job].iter().map(|dependent| paths[*dependent]).max();
            paths[job] = demands[job].expected.saturating_add(longest.unwrap_or_default());
        }
        let mut queue = Self {
            demands,
            dependents,
            missing: needs.iter().map(Vec::len).collect(),
            paths,
            ready: BinaryHeap::new(),
            held: BTreeSet::new(),
            parked: BTreeMap::new(),
            slots: 1,
            free: 1,
            running: BTreeSet::new(),
            stopped: false,
        };
        queue.ready = (0..needs.len())
            .filter(|job| needs[*job].is_empty())
            .map(|job| queue.at(job))
            .collect();
        queue
    }

    /// Makes it one for this many slots. What runs takes as many of them as if it began now.
    pub(super) fn widen(&mut self, slots: NonZeroUsize) {
        self.slots = slots.get();
        let taken: usize = self.running.iter().map(|job| self.weight(*job)).sum();
        self.free = self.slots - taken;
    }

    /// Whether nothing runs and nothing will.
    pub(super) fn is_finished(&self) -> bool {
        self.running.is_empty() && (self.stopped || self.ready.is_empty())
    }

    /// Lets nothing start any more.
    pub(super) fn stop(&mut self) {
        self.stopped = true;
    }

    /// The job that [`Self::take`] would take.
    ///
    /// One that waits for an exclusive name is passed over. One that waits for slots is not:
    /// what is free is kept for it, or smaller ones would overtake it for ever.
    pub(super) fn next(&mut self) -> Option<usize> {
        if self.stopped {
            return None;
        }
        while let Some((_, Reverse(job))) = self.ready.peek().copied() {
            let name = self.demands[job].exclusive;
            if let Some(name) = name.filter(|name| self.held.contains(name)) {
                self.parked.entry(name).or_default().extend(self.ready.pop());
                continue;
            }
            return (self.weight(job) <= self.free).then_some(job);
        }
        None
    }

    /// Starts a job, if one can start now.
    pub(super) fn take(&mut self) -> Option<usize> {
        let job = self.next()?;
        self.ready.pop();
        self.running.insert(job);
        self.free -= self.weight(job);
        self.held.extend(self.demands[job].exclusive);
        Some(job)
    }

    /// Ends a job that was taken; what waits for it can start only if it was done.
    pub(super) fn ended(&mut self, job: usize, done: bool) {
        self.running.remove(&job);
        self.free += self.weight(job);
        if let Some(name) = self.demands[job].exclusive {
            self.held.remove(name);
            self.ready.extend(self.parked.get_mut(name).and_then(BinaryHeap::pop));
        }
        if !done {
            return;
        }
        for dependent in std::mem::take(&mut self.dependents[job]) {
            self.missing[dependent] -= 1;
            if self.missing[dependent] == 0 {
                self.ready.push(self.at(dependent));
            }
        }
    }

    fn at(&self, job: usize) -> Ready {
        (self.paths[job], Reverse(job))
    }

    fn weight(&self, job: usize) -> usize {
        self.demands[job].weight.get().min(self.slots)
    }
}
