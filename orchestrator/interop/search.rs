//! Looks for calls that implementations answer otherwise, and makes them as small as they get.

use std::collections::BTreeMap;
use std::mem;

use super::answer::{Answer, End, groups};
use super::sequence::{Invocation, Sequences};
use super::{Function, Settings};
use crate::check::Nan;
use crate::manifest::Limit;

/// How often a function's calls may go over a limit for nothing before it is called no more.
const ENOUGH: usize = 5;

/// What an implementation answered to the calls of a sequence, in order; none follows an answer
/// that is no return.
pub type Answers = Vec<Answer>;

/// Makes the calls of a sequence on a new instance of each implementation.
type Run<'a, E> = dyn FnMut(&[Invocation]) -> Result<Vec<Answers>, E> + 'a;

/// What a search found.
#[derive(Debug, Clone)]
pub struct Found {
    /// The differences, in the order in which they were found: of each function one for each way
    /// in which its answers fall into groups.
    pub differences: Vec<Difference>,
    /// How many calls were compared.
    pub compared: usize,
    /// For each function, how many of its edge cases are more than its calls.
    pub edges_left_out: Vec<usize>,
    /// Functions that were called no more.
    pub stopped: Vec<Stopped>,
}

/// A function all of whose implementations went over a limit again and again, or some of them over
/// that of time: each such call takes as long as the limit allows, and says nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// The place of the function among all.
    pub function: usize,
    /// The limit that they went over last.
    pub limit: Limit,
    /// Whether all of them went over one each time.
    pub by_all: bool,
    /// How often they did.
    pub times: usize,
    /// How many of its calls were not made.
    pub calls: usize,
}

/// Calls of which the last one is not answered the same by all.
#[derive(Debug, Clone)]
pub struct Difference {
    /// The calls, made on one instance: as few and as simple as were found.
    pub calls: Vec<Invocation>,
    /// For each call, what each implementation answered.
    pub answers: Vec<Vec<Answer>>,
    /// A number for each implementation; those that gave the last call the same answer have the
    /// same, the place of the first of them.
    pub groups: Vec<usize>,
    /// How many calls that were compared differed in this way.
    pub times: usize,
    /// How many smaller sequences were tried.
    pub tries: usize,
}

/// A way in which the answers to a function differ: two that differ in one way are told once.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Way {
    function: usize,
    groups: Vec<usize>,
    ends: Vec<End>,
    /// Whether it takes a NaN that is not the canonical one.
    by_nan: bool,
}

impl Way {
    /// The answers are those to the last of the calls.
    fn of(calls: &[Invocation], answers: &[Answer], groups: &[usize]) -> Self {
        let function = calls.last().expect("what differs was called").function;
        let ends = answers.iter().map(Answer::end).collect();
        let by_nan = calls.iter().any(|call| call.odd_nan().is_some());
        Self { function, groups: groups.to_vec(), ends, by_nan }
    }
}

/// Calls all functions as the settings say and compares the answers. `run` has the implementations.
pub fn search<E>(
    functions: &[Function],
    settings: &Settings,
    run: &mut Run<'_, E>,
) -> Result<Found, E> {
    let mut sequences = Sequences::new(functions, settings);
    let edges_left_out = std::mem::take(&mut sequences.edges_left_out);
    let mut search = Search { functions, settings, run };
    let mut ways: BTreeMap<Way, usize> = BTreeMap::new();
    let mut found =
        Found { differences: Vec::new(), compared: 0, edges_left_out, stopped: Vec::new() };
    let mut exceeding = vec![Exceeding::default(); functions.len()];
    let mut rest = Vec::new();
    loop {
        if rest.is_empty() {
            let Some(next) = sequences.next() else { return Ok(found) };
            rest = next;
        }
        rest.retain(|call| !found.leaves_out(call));
        let mut sequence = mem::take(&mut rest);
        if sequence.is_empty() {
            continue;
        }
        let mut tried = search.compare(&sequence)?;
        let is_known = |way: Option<Way>| way.is_some_and(|way| ways.contains_key(&way));
        if tried.is_lone_timeout() && !is_known(tried.way(&sequence)) {
            tried = search.compare(&sequence)?;
        }
        found.compared += tried.answers.len();
        // Where it ended for all or for some, the rest is called on new instances.
        rest = sequence.split_off(tried.answers.len());
        if let (Some((limit, by_all)), Some(last)) = (tried.in_vain(), sequence.last()) {
            found.stopped.extend(exceeding[last.function].once_more(last, limit, by_all));
        }
        if let Some(way) = tried.way(&sequence).filter(|way| way.by_nan) {
            (sequence, tried) = search.with_one_nan(sequence, tried, way)?;
        }
        let Tried { answers, groups: Some(groups) } = tried else { continue };
        let first = Difference { calls: sequence, answers, groups, times: 1, tries: 0 };
        let way = first.way();
        if let Some(place) = ways.get(&way) {
            found.differences[*place].times += 1;
            continue;
        }
        found.differences.push(search.shrink(first)?);
        ways.insert(way, found.differences.len() - 1);
    }
}

impl Found {
    /// Whether the function of a call is called no more; then that is one call more not made.
    fn leaves_out(&mut self, call: &Invocation) -> bool {
        let stopped = self.stopped.iter_mut().find(|stopped| stopped.function == call.function);
        stopped.map(|stopped| stopped.calls += 1).is_some()
    }
}

/// How often the calls of a function went over a limit for nothing.
#[derive(Clone, Default)]
struct Exceeding {
    times: usize,
    /// Whether it was the time of some, once at least.
    by_some: bool,
}

impl Exceeding {
    /// Notes that a call did, and gives up its function if that is enough.
    fn once_more(&mut self, call: &Invocation, limit: Limit, by_all: bool) -> Option<Stopped> {
        self.times += 1;
        self.by_some |= !by_all;
        (self.times == ENOUGH).then_some(Stopped {
            function: call.function,
            limit,
            by_all: !self.by_some,
            times: self.times,
            calls: 0,
        })
    }
}

/// Calls implementations, and compares what they answer.
pub(super) struct Search<'s, 'r, E> {
    pub(super) functions: &'s [Function],
    pub(super) settings: &'s Settings,
    run: &'s mut Run<'r, E>,
}

/// What came of the calls of a sequence, up to the first that is not answered the same, or to the
/// first that does not return.
pub(super) struct Tried {
    /// For each call, what each implementation answered.
    pub(super) answers: Vec<Vec<Answer>>,
    /// How the answers to the last of them fall into groups, if into more than one.
    pub(super) groups: Option<Vec<usize>>,
}

impl Tried {
    /// In which way the answers to the last call differ, if they do.
    pub(super) fn way(&self, sequence: &[Invocation]) -> Option<Way> {
        let (answers, groups) = (self.answers.last()?, self.groups.as_ref()?);
        Some(Way::of(&sequence[..self.answers.len()], answers, groups))
    }

    /// Whether some answers differ from others by nothing but the time that they took, of which
    /// a busy machine may be the cause.
    fn is_lone_timeout(&self) -> bool {
        self.groups.is_some() && self.timeouts() > 0
    }

    /// How many implementations took all the time that the last call may take.
    pub(super) fn timeouts(&self) -> usize {
        let timed_out = |answer: &&Answer| matches!(answer, Answer::Exceeded(Limit::Timeout));
        self.answers.last().map_or(0, |answers| answers.iter().filter(timed_out).count())
    }

    /// The limit for which a call like the last one is not worth making again, and whether all
    /// implementations went over one.
    fn in_vain(&self) -> Option<(Limit, bool)> {
        let limits = self.answers.last()?.iter().map(|answer| match answer {
            Answer::Exceeded(limit) => Some(*limit),
            _ => None,
        });
        match limits.collect::<Option<Vec<_>>>() {
            Some(limits) => limits.last().map(|limit| (*limit, true)),
            None => (self.timeouts() > 0).then_some((Limit::Timeout, false)),
        }
    }
}

impl<E> Search<'_, '_, E> {
    /// The same calls with the canonical NaN, if that makes no difference to the `way` in which the
    /// answers differ.
    fn with_one_nan(
        &mut self,
        calls: Vec<Invocation>,
        tried: Tried,
        way: Way,
    ) -> Result<(Vec<Invocation>, Tried), E> {
        let with_one = |call: &Invocation| Invocation { nan: Nan::Canonical, ..call.clone() };
        let canonical: Vec<_> = calls.iter().map(with_one).collect();
        let again = self.compare(&canonical)?;
        let is_same = again.answers.len() == calls.len()
            && again.way(&canonical) == Some(Way { by_nan: false, ..way });
        Ok(if is_same { (canonical, again) } else { (calls, tried) })
    }

    pub(super) fn compare(&mut self, sequence: &[Invocation]) -> Result<Tried, E> {
        let mut all = (self.run)(sequence)?;
        if self.settings.echo {
            all.push(echoes(sequence));
        }
        let mut tried = Tried { answers: Vec::new(), groups: None };
        let mut all: Vec<_> = all.into_iter().map(Vec::into_iter).collect();
        for _ in sequence {
            let answer = |answers: &mut std::vec::IntoIter<Answer>| {
                answers.next().expect("whoever answers otherwise than the others ends it")
            };
            let answers: Vec<Answer> = all.iter_mut().map(answer).collect();
            let groups = groups(&answers, self.settings.approx);
            let differs = groups.iter().any(|group| *group != 0);
            let goes_on = answers.iter().all(Answer::is_return);
            tried.answers.push(answers);
            if differs {
                tried.groups = Some(groups);
            }
            if differs || !goes_on {
                break;
            }
        }
        Ok(tried)
    }
}

impl Difference {
    /// The bits of NaNs that it takes, where not the canonical one does it.
    pub(crate) fn nan(&self) -> Option<Nan> {
        self.calls.iter().find_map(Invocation::odd_nan)
    }

    pub(super) fn is_lone_timeout(&self) -> bool {
        let (_, answers) = self.last();
        answers.iter().any(|answer| matches!(answer, Answer::Exceeded(Limit::Timeout)))
    }

    /// The call that is answered otherwise, and the answers.
    pub(crate) fn last(&self) -> (&Invocation, &[Answer]) {
        let last = self.calls.last().zip(self.answers.last());
        last.map(|(call, answers)| (call, &answers[..])).expect("what differs was called")
    }

    /// In which way the answers differ.
    pub(super) fn way(&self) -> Way {
        Way::of(&self.calls, self.last().1, &self.groups)
    }

    /// Its calls in WAVE.
    pub(crate) fn texts(&self, functions: &[Function]) -> Vec<String> {
        self.calls.iter().map(|call| call.text(functions)).collect()
    }
}

/// What a function that gives back its argument answers.
fn echoes(sequence: &[Invocation]) -> Answers {
    sequence.iter().map(|call| Answer::Returned(call.arguments.first().cloned())).collect()
}
