use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use super::*;

fn own(size: usize) -> Jobserver {
    Jobserver::new(Pool::of(size).unwrap(), Some(size))
}

fn never() -> bool {
    false
}

/// Takes part in the pool of another, as a poly in the recipe of a make does.
fn guest(of: &Jobserver) -> Jobserver {
    Jobserver::new(Pool::named_in(&of.flags()).unwrap().unwrap(), None)
}

#[test]
fn no_more_run_at_once_than_there_are_tokens_and_one() {
    let jobserver = own(2);
    let (running, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..20 {
                    let held = jobserver.acquire(1, &never).unwrap();
                    most.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::yield_now();
                    running.fetch_sub(1, Ordering::SeqCst);
                    drop(held);
                }
            });
        }
    });
    assert!(most.into_inner() <= 3);
    assert_eq!(jobserver.pool.count(), 2);
}

#[test]
fn a_weight_takes_as_many_and_no_more_than_there_are() {
    let jobserver = own(3);
    let held = jobserver.acquire(3, &never).unwrap();
    assert_eq!((held.count(), jobserver.pool.count()), (3, 1));
    drop(held);
    let all = jobserver.acquire(100, &never).unwrap();
    assert_eq!((all.count(), jobserver.pool.count()), (4, 0));
    // There is nothing left to be had, and whoever waits can be told to stop.
    let asked = AtomicBool::new(false);
    assert!(jobserver.acquire(1, &|| asked.swap(true, Ordering::SeqCst)).is_none());
    drop(all);
    assert_eq!(jobserver.pool.count(), 3);
}

/// The first action's tool takes all tokens and is killed: the next action has the implicit token
/// of the first, and the pool is whole again.
#[test]
fn tokens_that_a_tool_took_with_it_stop_nobody() {
    let jobserver = own(3);
    for weight in [1, 4] {
        let first = jobserver.acquire(1, &never).unwrap();
        while jobserver.pool.take().is_some() {}
        thread::scope(|scope| {
            let next = scope.spawn(|| jobserver.acquire(weight, &never).unwrap().count());
            drop(first);
            assert_eq!(next.join().unwrap(), weight);
        });
        drop(jobserver.acquire(1, &never));
        assert_eq!(jobserver.pool.count(), 3);
    }
    // What comes back late is too much.
    jobserver.pool.put(b"++");
    drop(jobserver.acquire(1, &never));
    assert_eq!(jobserver.pool.count(), 3);
}

#[test]
fn a_guest_takes_what_there_is_and_makes_no_tokens() {
    let host = own(2);
    let guest = guest(&host);
    let held = guest.acquire(100, &never).unwrap();
    assert_eq!((held.count(), host.pool.count()), (3, 0));
    drop(held);
    assert_eq!(host.pool.count(), 2);
    host.pool.take();
    drop(guest.acquire(1, &never).unwrap());
    assert_eq!(host.pool.count(), 1);
    assert_eq!(guest.flags(), host.flags().replace("-j3", "-j"));
}

#[test]
fn flags_tell_of_a_pool_or_of_none() {
    assert!(Pool::named_in("").is_none());
    assert!(Pool::named_in("-j4 -k -- VARIABLE=1").is_none());
    // Not open, no pipe, no number.
    for unshared in ["-j --jobserver-auth=1000,1001", "--jobserver-auth=-2,-2"] {
        assert!(Pool::named_in(unshared).unwrap().is_err(), "{unshared}");
    }
    let file = tempfile::NamedTempFile::new().unwrap();
    let descriptor = file.as_file().as_raw_fd();
    assert!(
        Pool::named_in(&format!("--jobserver-fds={descriptor},{descriptor}")).unwrap().is_err()
    );

    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
    let flags = format!("-j4 --jobserver-auth=fifo:{}", path.display());
    let named = Jobserver::new(Pool::named_in(&flags).unwrap().unwrap(), None);
    assert_eq!(named.flags(), flags.replace("-j4", "-j"));
    named.pool.put(b"ab");
    assert_eq!((named.pool.take(), named.pool.count()), (Some(b'a'), 1));
}

#[test]
fn a_pool_is_made_once_and_only_where_none_is_joined() {
    let asked = std::sync::Arc::new(AtomicUsize::new(0));
    let jobs = {
        let asked = std::sync::Arc::clone(&asked);
        move || {
            asked.fetch_add(1, Ordering::SeqCst);
            NonZeroUsize::new(3).unwrap()
        }
    };
    let shared =
        Shared { unshared: false, jobs: Box::new(jobs.clone()), jobserver: OnceLock::new() };
    let auths: Vec<String> = thread::scope(|scope| {
        let auth = || shared.jobserver().unwrap().pool.auth.clone();
        let threads = [0; 4].map(|_| scope.spawn(auth));
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(auths.iter().all(|auth| *auth == auths[0]), "{auths:?}");
    assert_eq!(shared.jobserver().unwrap().pool.count(), 2);
    assert_eq!(asked.load(Ordering::SeqCst), 1);

    let joined = OnceLock::from(Some(guest(shared.jobserver().unwrap())));
    let shared = Shared { unshared: false, jobs: Box::new(jobs), jobserver: joined };
    assert!(shared.jobserver().unwrap().size.is_none());
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}
