//! Looks for calls that implementations answer otherwise, and makes them as small as they get.

use std::collections::BTreeMap;
use std::mem;
use std::rc::Rc;

use super::answer::{Answer, End, groups};
use super::sequence::{Invocation, Sequences};
use super::smaller::{shorter, smaller};
use super::{Function, Settings};
use crate::manifest::Limit;

/// How often a sequence is tried again while it is made smaller.
const TRIES: usize = 800;

/// As how many tries one counts that goes over a limit: it takes as long as the limit allows.
const DEAR: usize = 40;

/// How often all implementations of a function go over a limit before it is called no more.
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

/// A function all of whose implementations went over a limit again and again: each such call takes
/// as long as the limit allows, and says nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stopped {
    /// The place of the function among all.
    pub function: usize,
    /// The limit that all went over last.
    pub limit: Limit,
    /// How often all went over one.
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
struct Way {
    function: usize,
    groups: Vec<usize>,
    ends: Vec<End>,
}

impl Way {
    fn of(call: &Invocation, answers: &[Answer], groups: &[usize]) -> Self {
        let ends = answers.iter().map(Answer::end).collect();
        Self { function: call.function, groups: groups.to_vec(), ends }
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
    let mut exceeding = vec![0_usize; functions.len()];
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
        if let (Some(limit), Some(last)) = (tried.limit_of_all(), sequence.last()) {
            let times = &mut exceeding[last.function];
            *times += 1;
            if *times == ENOUGH {
                let (function, times) = (last.function, *times);
                found.stopped.push(Stopped { function, limit, times, calls: 0 });
            }
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

struct Search<'s, 'r, E> {
    functions: &'s [Function],
    settings: &'s Settings,
    run: &'s mut Run<'r, E>,
}

/// What came of the calls of a sequence, up to the first that is not answered the same, or to the
/// first that does not return.
struct Tried {
    /// For each call, what each implementation answered.
    answers: Vec<Vec<Answer>>,
    /// How the answers to the last of them fall into groups, if into more than one.
    groups: Option<Vec<usize>>,
}

impl Tried {
    /// In which way the answers to the last call differ, if they do.
    fn way(&self, sequence: &[Invocation]) -> Option<Way> {
        let (answers, groups) = (self.answers.last()?, self.groups.as_ref()?);
        Some(Way::of(&sequence[self.answers.len() - 1], answers, groups))
    }

    /// Whether some answers differ from others by nothing but the time that they took, of which
    /// a busy machine may be the cause.
    fn is_lone_timeout(&self) -> bool {
        let timed_out = |answer: &Answer| matches!(answer, Answer::Exceeded(Limit::Timeout));
        let last = self.answers.last();
        self.groups.is_some() && last.is_some_and(|answers| answers.iter().any(timed_out))
    }

    /// The limit that all implementations went over in the last call.
    fn limit_of_all(&self) -> Option<Limit> {
        let limits = self.answers.last()?.iter().map(|answer| match answer {
            Answer::Exceeded(limit) => Some(*limit),
            _ => None,
        });
        limits.collect::<Option<Vec<_>>>()?.last().copied()
    }
}

impl<E> Search<'_, '_, E> {
    /// The same once more where a timeout is all that makes a difference; and how often that was.
    fn confirmed(&mut self, sequence: &[Invocation]) -> Result<(Tried, usize), E> {
        let tried = self.compare(sequence)?;
        if tried.is_lone_timeout() {
            return Ok((self.compare(sequence)?, 2));
        }
        Ok((tried, 1))
    }

    fn compare(&mut self, sequence: &[Invocation]) -> Result<Tried, E> {
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

    /// Fewer calls, then simpler arguments, then fewer calls again, until nothing gets smaller or
    /// enough was tried. Whatever takes its place differs in the same way.
    fn shrink(&mut self, mut smallest: Difference) -> Result<Difference, E> {
        let mut left = TRIES;
        loop {
            let mut is_smaller = false;
            loop {
                let fewer = fewer_calls(&smallest.calls);
                if !self.step(&mut smallest, &mut left, fewer)? {
                    break;
                }
                is_smaller = true;
            }
            // Later calls first: the last one is what differs.
            for call in (0..smallest.calls.len()).rev() {
                while call < smallest.calls.len() {
                    let simpler = simpler_calls(self.functions, &smallest.calls, call);
                    if !self.step(&mut smallest, &mut left, simpler)? {
                        break;
                    }
                    is_smaller = true;
                }
            }
            if left == 0 || !is_smaller {
                return Ok(smallest);
            }
        }
    }

    /// Takes the first candidate that differs in the same way; false if none does.
    fn step(
        &mut self,
        smallest: &mut Difference,
        left: &mut usize,
        candidates: impl Iterator<Item = Vec<Invocation>>,
    ) -> Result<bool, E> {
        let way = smallest.way();
        for mut candidate in candidates {
            if *left == 0 {
                return Ok(false);
            }
            let (tried, runs) = self.confirmed(&candidate)?;
            let exceeds = |answer: &Answer| matches!(answer, Answer::Exceeded(_));
            let is_dear = tried.answers.iter().flatten().any(exceeds);
            *left = left.saturating_sub(if is_dear { DEAR * runs } else { 1 });
            smallest.tries += 1;
            candidate.truncate(tried.answers.len());
            let Tried { answers, groups: Some(groups) } = tried else { continue };
            let smaller = Difference { calls: candidate, answers, groups, ..*smallest };
            if smaller.way() == way {
                *smallest = smaller;
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl Difference {
    /// The call that is answered otherwise, and the answers.
    pub(crate) fn last(&self) -> (&Invocation, &[Answer]) {
        let last = self.calls.last().zip(self.answers.last());
        last.map(|(call, answers)| (call, &answers[..])).expect("what differs was called")
    }

    /// In which way the answers differ.
    fn way(&self) -> Way {
        let (call, answers) = self.last();
        Way::of(call, answers, &self.groups)
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

/// Without some of the calls before the last one.
fn fewer_calls(calls: &[Invocation]) -> impl Iterator<Item = Vec<Invocation>> + use<> {
    let (last, before) = calls.split_last().expect("what differs was called");
    let last = last.clone();
    // Most differences need none of them.
    let none = (!before.is_empty()).then(Vec::new);
    let fewer = none.into_iter().chain(shorter(Rc::from(before)));
    fewer.map(move |mut before| {
        before.push(last.clone());
        before
    })
}

/// With one argument of one call simpler.
fn simpler_calls(
    functions: &[Function],
    calls: &[Invocation],
    call: usize,
) -> impl Iterator<Item = Vec<Invocation>> + use<> {
    let types = functions[calls[call].function].parameters.clone();
    let calls = calls.to_vec();
    (0..types.len()).flat_map(move |place| {
        let calls = calls.clone();
        smaller(&types[place], &calls[call].arguments[place]).map(move |value| {
            let mut calls = calls.clone();
            calls[call].arguments[place] = value;
            calls
        })
    })
}
