//! Ways to use up what there is. None of them ends by itself.

use std::hint::black_box;
use std::mem::forget;

use crate::bindings::exports::poly::hostile::floods::Guest;
use crate::bindings::wasi::cli::stderr::get_stderr;
use crate::bindings::wasi::cli::stdout::get_stdout;
use crate::bindings::wasi::clocks::monotonic_clock::{now, subscribe_duration};
use crate::bindings::wasi::http::types::Fields;
use crate::bindings::wasi::io::poll::poll;
use crate::bindings::wasi::io::streams::OutputStream;
use crate::bindings::wasi::random::random::get_random_bytes;
use crate::bindings::wasi::sockets::network::IpAddressFamily;
use crate::bindings::wasi::sockets::tcp_create_socket::create_tcp_socket;
use crate::{create, data, open, said, work, Answer};

impl Guest for crate::Guest {
    fn endless_loop() -> Answer {
        let mut turns = 0_u64;
        loop {
            turns = black_box(turns.wrapping_add(1));
        }
    }

    fn endless_recursion() -> Answer {
        Ok(deeper(0).to_string())
    }

    fn endless_sleep() -> Answer {
        subscribe_duration(u64::MAX).block();
        Ok("it is over".to_owned())
    }

    fn memory() -> Answer {
        let mut all = Vec::new();
        loop {
            all.push(black_box(vec![1_u8; 1 << 20]));
        }
    }

    fn standard_output() -> Answer {
        flood(&get_stdout())
    }

    fn standard_error() -> Answer {
        flood(&get_stderr())
    }

    fn a_file() -> Answer {
        let file = create(&work(), "flood").map_err(said)?;
        let bytes = vec![1; 1 << 20];
        let mut at = 0;
        loop {
            at += file.write(&bytes, at).map_err(said)?;
        }
    }

    fn a_file_of_holes() -> Answer {
        let file = create(&work(), "holes").map_err(said)?;
        file.set_size(1 << 40).map_err(said)?;
        Ok("a terabyte".to_owned())
    }

    fn many_files() -> Answer {
        let work = work();
        for number in 0_u64.. {
            create(&work, &format!("flood-{number}")).map_err(said)?;
        }
        unreachable!()
    }

    fn listings() -> Answer {
        let work = work();
        for number in 0..1000 {
            create(&work, &format!("{number:0200}")).map_err(said)?;
        }
        loop {
            forget(work.read_directory().map_err(said)?);
        }
    }

    fn open_files() -> Answer {
        let data = data();
        loop {
            forget(open(&data, "file.txt").map_err(said)?);
        }
    }

    fn streams() -> Answer {
        let file = open(&data(), "file.txt").map_err(said)?;
        loop {
            forget(file.read_via_stream(0).map_err(said)?);
        }
    }

    fn pollables() -> Answer {
        loop {
            forget(subscribe_duration(1));
        }
    }

    fn sockets() -> Answer {
        loop {
            let socket = create_tcp_socket(IpAddressFamily::Ipv4);
            forget(socket.map_err(|code| format!("no socket: {}", code.name()))?);
        }
    }

    fn header_fields() -> Answer {
        let value = vec![b'x'; 100_000];
        loop {
            let fields = Fields::new();
            fields.append("x", &value).map_err(|error| format!("{error:?}"))?;
            forget(fields);
        }
    }

    fn one_large_header() -> Answer {
        let fields = Fields::new();
        let value = vec![b'x'; 1 << 20];
        loop {
            fields.append("x", &value).map_err(|error| format!("{error:?}"))?;
        }
    }

    fn random_bytes() -> Answer {
        loop {
            black_box(get_random_bytes(1 << 20));
        }
    }

    fn all_random_bytes_at_once() -> Answer {
        Ok(format!("{} bytes", get_random_bytes(u64::MAX).len()))
    }

    fn clock_readings() -> Answer {
        loop {
            black_box(now());
        }
    }

    fn one_pollable_many_times() -> Answer {
        let pollable = subscribe_duration(1);
        let many = vec![&pollable; 1_000_000];
        loop {
            black_box(poll(&many));
        }
    }

    fn leak() -> Answer {
        for _ in 0..10 {
            forget(subscribe_duration(1));
        }
        Err("left behind".to_owned())
    }
}

fn deeper(level: u64) -> u64 {
    black_box(deeper(level + 1)) + 1
}

fn flood(stream: &OutputStream) -> Answer {
    let line = [b'x'; 4096];
    loop {
        stream.blocking_write_and_flush(&line).map_err(|error| format!("{error:?}"))?;
    }
}
