//! Hostile guests: real components in Rust and Go, and what no compiler makes as text, that try
//! everything there is against a few grants and limits. Nothing gets through, and poly neither
//! dies nor hangs nor grows beyond a bound.
//!
//! `tests/hostile/wit/world.wit` says what each attempt is. What became of each stands as a table in
//! docs/sandbox.md, between two marks; `SNAPSHOTS=overwrite cargo test` rewrites it. The components
//! are built as in [`crate::real`], in a cache that is kept beside the tests' own files. Attempts
//! against a network of which a part is granted are in [`origins`], and those by debug information in
//! [`debugging`].

mod attempts;
mod debugging;
mod ground;
mod island;
mod origins;
mod table;

use std::net::TcpListener;
use std::sync::OnceLock;
use std::time::Duration;

use poly::check::{Call, Ending};
use poly::host::Program;
use poly::manifest::Limit;

use attempts::Attempt;
use ground::{Ground, Guest, expected};

/// What became of every attempt of a guest, in the order of the attempts.
fn endings(guest: Guest) -> &'static [(Attempt, Ending)] {
    static ENDINGS: [OnceLock<Vec<(Attempt, Ending)>>; 3] = [const { OnceLock::new() }; 3];
    ENDINGS[guest as usize].get_or_init(|| {
        let ground = Ground::of(guest);
        attempts::all(guest, |attempt| ground.run(program(guest), attempt))
    })
}

/// A guest in machine code.
fn program(guest: Guest) -> &'static Program {
    static PROGRAMS: [OnceLock<Program>; 3] = [const { OnceLock::new() }; 3];
    PROGRAMS[guest as usize].get_or_init(|| Ground::of(guest).program())
}

#[test]
fn nothing_gets_through() {
    for guest in Guest::ALL {
        for (attempt, ending) in endings(guest) {
            let told = ending.to_string();
            assert!(!told.starts_with("ok("), "{guest:?}: `{}` got {told:.200}", attempt.call);
            // Values that go over a limit never come; a text is never half of one.
            let returned = matches!(ending, Ending::Returned(_));
            assert!(
                !returned || told.starts_with("err("),
                "{guest:?}: {} {told:.200}",
                attempt.call
            );
        }
    }
}

#[test]
fn the_table_says_what_happened() {
    table::hold(&Guest::ALL.map(|guest| (guest, endings(guest))));
}

/// Poly itself: each attempt is a check of what became of it above, all in one process.
#[test]
fn poly_lives_through_all_of_them_in_bounded_memory() {
    // Its own code and data, two copies of what one call may transfer as values, the text of it,
    // and the guest's memory. Linux gives back late what was freed, so there is room.
    const MOST: u64 = 512 << 20;
    for guest in Guest::ALL {
        let ground = Ground::of(guest);
        // Those that end by time alone take as long as the time is.
        let (endless, others): (Vec<_>, Vec<_>) = endings(guest)
            .iter()
            .partition(|(_, ending)| matches!(ending, Ending::Exceeded(Limit::Timeout)));
        for (attempts, timeout) in [(others, "20s"), (endless, "500ms")] {
            let all = format!("{} passed, 0 failed", attempts.len());
            let attempts = attempts.into_iter();
            let (ran, peak) =
                ground.check(attempts.map(|(it, ending)| (it.clone(), expected(ending))), timeout);
            assert!(ran.stderr.contains(&all), "{guest:?}:\n{}", ran.stderr);
            assert!((1..MOST).contains(&peak), "{guest:?}: {} MiB", peak >> 20);
        }
    }
}

/// Where the host asks for room and where it gives a value back, it enters functions that no programmer
/// calls.
#[test]
fn traps_in_allocators_and_after_a_return_are_told_with_their_place() {
    let places = [
        (
            Guest::Rust,
            ["cabi_realloc", "cabi_realloc", "post_return_finish_and_trap"],
            "rust/src/allocator.rs:",
        ),
        (
            Guest::Go,
            ["main.polyExportRealloc", "main.polyRealloc", "main.polyPostReturn"],
            "module main",
        ),
    ];
    for (guest, functions, within) in places {
        let ground = Ground::of(guest);
        for (name, function) in
            ["allocate-and-trap(", "allocate-and-trap-in-a-call(", "finish-and-trap("]
                .into_iter()
                .zip(functions)
        {
            let made = endings(guest).iter().map(|(attempt, _)| attempt);
            let attempt = made.into_iter().find(|it| it.call.contains(&format!("values.{name}")));
            let (ran, _) = ground.check([(attempt.unwrap().clone(), String::new())], "20s");
            let told = ran.expect(1).stderr;
            for what in ["it stopped in guest\n", function, within] {
                assert!(told.contains(what), "{guest:?}: no {what} in {told}");
            }
        }
    }
}

/// A call that leaves a few handles behind is harmless; the instance that is called for ever is not.
#[test]
fn handles_that_are_left_behind_add_up() {
    for guest in [Guest::Rust, Guest::Go] {
        let ground = Ground::of(guest);
        let mut instance = ground.start(program(guest), "");
        let leak = Call::parse("floods.leak()").unwrap();
        // Ten in each call, two hundred are allowed, and some are the guest's runtime's.
        let calls = (0..30).take_while(|_| instance.call(&leak).unwrap().is_return()).count();
        assert!((5..20).contains(&calls), "{guest:?}: {calls}");
        assert!(instance.call(&leak).is_err());
    }
}

#[test]
fn a_value_larger_than_the_guest_does_not_get_in() {
    let bytes = format!("values.take([{}])", vec!["7"; 4_400_000].join(", "));
    for guest in [Guest::Rust, Guest::Go] {
        let ground = Ground::of(guest);
        let ending = |limits: &str| {
            let mut instance = ground.start(program(guest), limits);
            instance.call(&Call::parse(&bytes).unwrap()).unwrap().ending.to_string()
        };
        assert_eq!(ending(""), "4400000", "{guest:?}");
        assert_eq!(ending("memory = \"4MiB\""), "stopped: over the limit `memory`", "{guest:?}");
    }
}

/// The server of the attempts: whoever connects to it got through.
#[test]
fn nobody_connects() {
    let server = ground::server();
    for guest in Guest::ALL {
        let _ = endings(guest);
    }
    assert!(is_alone(server), "somebody connected");
    // What would have been seen:
    let _connected = std::net::TcpStream::connect(server.local_addr().unwrap()).unwrap();
    assert!(!is_alone(server));
}

fn is_alone(server: &TcpListener) -> bool {
    std::thread::sleep(Duration::from_millis(50));
    server.accept().is_err_and(|error| error.kind() == std::io::ErrorKind::WouldBlock)
}
