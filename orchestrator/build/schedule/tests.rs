use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::*;

type Graph = IndexMap<&'static str, Vec<&'static str>>;

fn graph(edges: &[(&'static str, &[&'static str])]) -> Graph {
    edges.iter().map(|(job, needs)| (*job, needs.to_vec())).collect()
}

/// Light, with nothing exclusive, and so many seconds long.
fn light(seconds: u64) -> Demand<'static> {
    let expected = Duration::from_secs(seconds);
    Demand { weight: NonZeroUsize::MIN, exclusive: None, expected }
}

fn slots(count: usize) -> NonZeroUsize {
    NonZeroUsize::new(count).unwrap()
}

/// With jobs of one length, and nothing begun after a failure.
fn plain<E: Send>(graph: &Graph, count: usize) -> Schedule<'_, &'static str, E> {
    let demands = vec![light(1); graph.len()];
    let slots = Box::leak(Box::new(move || slots(count)));
    Schedule { needs: graph, slots, demands, goes_on: &|_| false, alone: false }
}

/// The names of the jobs in the order of their starts, one after the other.
fn order(graph: &Graph, demands: Vec<Demand<'_>>) -> Vec<&'static str> {
    let started = Mutex::new(Vec::new());
    let schedule =
        Schedule { needs: graph, slots: &|| slots(1), demands, goes_on: &|()| false, alone: false };
    let ended = schedule.run(|job, _: &[()], _| {
        started.lock().unwrap().push(*job);
        Ok(())
    });
    ended.unwrap();
    started.into_inner().unwrap()
}

#[test]
fn a_job_gets_the_results_of_its_needs_in_their_order() {
    let graph = graph(&[("a", &[]), ("b", &[]), ("c", &["b", "a"])]);

    let done = plain(&graph, 4)
        .run(|job, taken: &[String], _| Ok::<_, ()>(format!("{job}({})", taken.join(","))));

    assert_eq!(done.unwrap()["c"], "c(b(),a())");
}

#[test]
fn independent_jobs_run_at_the_same_time() {
    let graph = graph(&[("a", &[]), ("b", &[]), ("c", &["a"]), ("d", &["a"])]);
    // Would never return if one waited for the other.
    let (first, second) = (Barrier::new(2), Barrier::new(2));

    let done = plain(&graph, 2).run(|job, _: &[()], _| {
        let meet = if ["a", "b"].contains(job) { &first } else { &second };
        meet.wait();
        Ok::<_, ()>(())
    });

    assert_eq!(done.unwrap().len(), 4);
}

/// The first two are over at once. The third takes long, and so does what waits behind it: it would
/// never end if they did not meet.
#[test]
fn one_thread_begins_alone_until_a_job_takes_long() {
    let graph = graph(&[("a", &[]), ("b", &[]), ("c", &[]), ("d", &[])]);
    let here = thread::current().id();
    let meet = Barrier::new(2);

    let done = Schedule { alone: true, ..plain(&graph, 2) }.run(|job, _: &[()], takes_long| {
        if ["a", "b"].contains(job) {
            assert_eq!(thread::current().id(), here);
        } else {
            takes_long();
            meet.wait();
        }
        Ok::<_, ()>(())
    });

    assert_eq!(done.unwrap().len(), 4);
}

#[test]
fn the_longest_path_goes_first_and_equals_go_in_the_order_of_the_graph() {
    let graph =
        graph(&[("a", &[]), ("b", &[]), ("c", &["b"]), ("d", &[]), ("e", &["c"]), ("f", &["d"])]);
    let lengths = |lengths: [u64; 6]| lengths.map(light).to_vec();

    assert_eq!(order(&graph, lengths([0; 6])), ["a", "b", "c", "d", "e", "f"]);
    // Alone each is short, yet three in a row are longer than `a`, and two than `c` and `e`.
    assert_eq!(order(&graph, lengths([5, 2, 2, 1, 2, 4])), ["b", "a", "d", "c", "f", "e"]);
    assert_eq!(order(&graph, lengths([1, 0, 0, 1, 9, 0])), ["b", "c", "e", "a", "d", "f"]);
}

#[test]
fn of_those_that_share_a_name_one_runs_at_a_time_and_others_pass() {
    let names: [&str; 6] = ["a", "b", "c", "d", "e", "f"];
    let graph = names.iter().map(|name| (*name, Vec::new())).collect::<Graph>();
    let demand = |(place, _)| Demand { exclusive: (place < 4).then_some("port"), ..light(1) };
    let demands: Vec<_> = names.iter().enumerate().map(demand).collect();
    let inside = Mutex::new(());
    // `e` and `f` only meet while one of the others runs.
    let meet = Barrier::new(3);
    let first = std::sync::Once::new();

    let schedule = Schedule {
        needs: &graph,
        slots: &|| slots(6),
        demands,
        goes_on: &|()| false,
        alone: false,
    };
    let done = schedule.run(|job, _: &[()], _| {
        if ["e", "f"].contains(job) {
            meet.wait();
        } else {
            let _alone = inside.try_lock().expect("two of one name run at once");
            first.call_once(|| {
                meet.wait();
            });
        }
        Ok(())
    });

    assert_eq!(done.unwrap().len(), 6);
}

/// Drives the queue by hand: no thread can make the order another one.
#[test]
fn a_weight_takes_its_slots_and_nothing_overtakes_it_for_ever() {
    let heavy = |weight| Demand { weight: slots(weight), ..light(1) };
    let demands = vec![heavy(1), heavy(3), heavy(1), heavy(9)];
    let mut queue = Queue::new(&[vec![], vec![], vec![], vec![]], demands);

    assert_eq!(queue.take(), Some(0));
    queue.widen(slots(3));
    // The second needs all three slots: what is free is kept for it.
    assert_eq!(queue.take(), None);
    queue.ended(0, true);
    assert_eq!(queue.take(), Some(1));
    assert_eq!(queue.take(), None);
    queue.ended(1, true);
    assert_eq!(queue.take(), Some(2));
    // The last asks for more than there are: it runs, and alone.
    assert_eq!(queue.take(), None);
    queue.ended(2, true);
    assert_eq!(queue.take(), Some(3));
    queue.ended(3, true);
    assert!(queue.is_finished());
}

/// Begun in the only slot, it takes as many as it asks for as soon as there are more.
#[test]
fn what_runs_while_slots_are_added_takes_its_weight_of_them() {
    let heavy = |weight| Demand { weight: slots(weight), ..light(1) };
    let mut queue = Queue::new(&[vec![], vec![], vec![]], vec![heavy(2), heavy(1), heavy(1)]);
    assert_eq!((queue.take(), queue.take()), (Some(0), None));
    queue.widen(slots(3));
    assert_eq!((queue.take(), queue.take()), (Some(1), None));
    queue.ended(0, true);
    assert_eq!(queue.take(), Some(2));
    queue.ended(1, true);
    queue.ended(2, true);
    assert!(queue.is_finished());
}

#[test]
fn a_name_that_is_free_again_goes_to_the_longest_path() {
    let named = |seconds| Demand { exclusive: Some("port"), ..light(seconds) };
    let needs = [vec![], vec![], vec![], vec![0]];
    let mut queue = Queue::new(&needs, vec![named(9), named(1), named(2), named(5)]);
    queue.widen(slots(4));

    assert_eq!(queue.take(), Some(0));
    assert_eq!(queue.take(), None);
    queue.ended(0, true);
    // It became ready just now, and is longer than those that were passed over.
    assert_eq!((queue.take(), queue.take()), (Some(3), None));
    queue.ended(3, true);
    assert_eq!((queue.take(), queue.take()), (Some(2), None));
    queue.ended(2, false);
    assert_eq!(queue.take(), Some(1));
    queue.ended(1, true);
    assert!(queue.is_finished());
}

#[test]
fn after_a_failure_nothing_new_starts() {
    let graph = graph(&[("a", &[]), ("b", &["a"]), ("z", &[])]);
    let started = Mutex::new(Vec::new());

    let failures = plain(&graph, 1).run(|job, _: &[()], _| {
        started.lock().unwrap().push(*job);
        Err::<(), _>(format!("{job} failed"))
    });

    assert_eq!(failures.unwrap_err(), ["a failed"]);
    assert_eq!(*started.lock().unwrap(), ["a"]);
}

#[test]
fn where_the_build_goes_on_all_is_done_that_needs_nothing_that_failed() {
    let graph = graph(&[
        ("a", &[]),
        ("b", &["a"]),
        ("c", &[]),
        ("d", &["c"]),
        ("e", &[]),
        ("f", &["d", "e", "b"]),
    ]);
    for (slots, alone) in [(1, false), (2, false), (3, false), (1, true), (3, true)] {
        let started = Mutex::new(std::collections::BTreeSet::new());
        let schedule = Schedule { goes_on: &|_| true, alone, ..plain(&graph, slots) };
        let failures = schedule.run(|job, _: &[()], takes_long| {
            started.lock().unwrap().insert(*job);
            takes_long();
            if ["a", "e"].contains(job) { Err(format!("{job} failed")) } else { Ok(()) }
        });
        // In the order of the graph, whoever failed first.
        assert_eq!(failures.unwrap_err(), ["a failed", "e failed"]);
        assert_eq!(started.into_inner().unwrap().into_iter().collect::<String>(), "acde");
    }
}

#[test]
fn a_failure_that_the_build_does_not_survive_ends_one_that_goes_on() {
    let graph = graph(&[("a", &[]), ("b", &[]), ("c", &[])]);
    let schedule = Schedule { goes_on: &|job: &&str| *job != "b", ..plain(&graph, 1) };
    assert_eq!(schedule.run(|job, _: &[()], _| Err(*job)).unwrap_err(), ["a", "b"]);
}

#[test]
fn a_panic_is_passed_on_and_keeps_nobody_waiting() {
    let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &[])]);
    for late in [false, true] {
        let work = |job: &&str, _: &[()], takes_long: &dyn Fn()| {
            if late {
                takes_long();
            }
            assert_ne!(*job, "a", "this panic is meant");
            Ok::<_, ()>(())
        };
        for (goes_on, alone) in [(false, false), (true, false), (false, true), (true, true)] {
            let schedule = Schedule { goes_on: &|()| goes_on, alone, ..plain(&graph, 2) };
            assert!(panic::catch_unwind(AssertUnwindSafe(|| schedule.run(work))).is_err());
        }
    }
}

#[test]
fn where_nothing_takes_long_nobody_asks_how_many_may_run() {
    let graph = graph(&[("a", &[]), ("b", &["a"]), ("c", &[])]);
    let slots = &|| panic!("nothing takes long");
    let schedule = Schedule { slots, alone: true, ..plain::<()>(&graph, 2) };
    assert_eq!(schedule.run(|_, _: &[()], _| Ok(())).unwrap().len(), 3);
}

/// Begun as the only one, it is over before others begin, as long as it takes all slots.
#[test]
fn a_weight_holds_for_what_began_alone() {
    let graph = graph(&[("a", &[]), ("b", &[]), ("c", &[])]);
    let demands = vec![Demand { weight: slots(9), ..light(9) }, light(1), light(1)];
    let running = AtomicUsize::new(0);
    let schedule = Schedule { alone: true, demands, ..plain::<()>(&graph, 3) };
    let done = schedule.run(|job, _: &[()], takes_long| {
        takes_long();
        running.fetch_add(1, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(20));
        let beside = running.fetch_sub(1, Ordering::SeqCst) - 1;
        assert!(*job != "a" || beside == 0, "it takes all slots");
        Ok(())
    });
    assert_eq!(done.unwrap().len(), 3);
}

/// As many as a pipeline of 10,000 components has. What is quadratic takes minutes for them; the
/// bound is far above what it takes, and far below that.
#[test]
fn twenty_thousand_jobs_are_scheduled_at_once() {
    let count = 10_000_u64;
    let mut needs: IndexMap<u64, Vec<u64>> = IndexMap::new();
    for job in 0..count {
        needs.insert(job, Vec::new());
    }
    for job in 0..count {
        needs.insert(count + job, vec![job]);
    }
    needs.insert(2 * count, (count..2 * count).collect());
    for exclusive in [None, Some("port")] {
        let demand = |job: &u64| Demand { exclusive, ..light(job * 7919 % 101) };
        let schedule = Schedule {
            needs: &needs,
            slots: &|| slots(4),
            demands: needs.keys().map(demand).collect(),
            goes_on: &|()| false,
            alone: false,
        };
        let started = Instant::now();
        let done = schedule.run(|job, taken: &[u64], _| Ok(taken.iter().sum::<u64>() + job));
        assert_eq!(done.unwrap().len(), 20_001);
        assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    }
}
