//! What it can know of where it runs.

use crate::bindings::exports::poly::hostile::surroundings::Guest;
use crate::bindings::wasi::cli::environment::{get_arguments, get_environment, initial_cwd};
use crate::bindings::wasi::cli::stdin::get_stdin;
use crate::bindings::wasi::clocks::{monotonic_clock, wall_clock};
use crate::bindings::wasi::io::streams::StreamError;
use crate::bindings::wasi::random::random::get_random_u64;
use crate::Answer;

/// In September 2001, seconds since 1970 became ten digits.
const TEN_DIGITS: u64 = 1_000_000_000;

impl Guest for crate::Guest {
    fn variables() -> Answer {
        some(get_environment(), "no variable")
    }

    fn arguments() -> Answer {
        some(get_arguments(), "no argument")
    }

    fn directory() -> Answer {
        initial_cwd().ok_or("no directory".to_owned())
    }

    fn input() -> Answer {
        match get_stdin().blocking_read(64) {
            Ok(bytes) => some(bytes, "nothing"),
            Err(StreamError::Closed) => Err("closed".to_owned()),
            Err(error) => Err(format!("{error:?}")),
        }
    }

    fn wall_clock() -> Answer {
        let now = wall_clock::now().seconds;
        if now < TEN_DIGITS { Err("the year 2000".to_owned()) } else { Ok(now.to_string()) }
    }

    fn monotonic_clock() -> Answer {
        let now = monotonic_clock::now();
        // The machine has run for longer than a call.
        if now < 2_000_000_000 { Err("a clock of its own".to_owned()) } else { Ok(now.to_string()) }
    }

    fn random() -> Answer {
        Err(get_random_u64().to_string())
    }
}

fn some<T: std::fmt::Debug>(all: Vec<T>, none: &str) -> Answer {
    if all.is_empty() { Err(none.to_owned()) } else { Ok(format!("{all:?}")) }
}
