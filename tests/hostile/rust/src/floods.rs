//! Ways to use up what there is. None of them ends by itself.

use std::hint::black_box;
use std::mem::forget;

use crate::bindings::exports::poly::hostile::floods::Guest;
use crate::bindings::wasi::cli::stderr::get_stderr;
use crate::bindings::wasi::cli::stdout::get_stdout;
use crate::bindings::wasi::clocks::monotonic_clock::{now, subscribe_duration};
use crate::bindings::wasi::http::types::{Fields, Method, OutgoingBody, OutgoingRequest};
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

    fn listings() -> Answer {
        let work = work();
        for number in 0..200 {
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

    fn more_than_is_permitted() -> Answer {
        let file = create(&work(), "large").map_err(said)?;
        let stream = file.append_via_stream().map_err(said)?;
        stream.write(&vec![1; 1 << 20]).map_err(|error| format!("{error:?}"))?;
        Ok("it was let".to_owned())
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

    fn bodies_that_are_not_sent() -> Answer {
        let bytes = vec![1; 1 << 20];
        loop {
            let request = OutgoingRequest::new(Fields::new());
            let body = request.body().map_err(|()| "no body")?;
            let stream = body.write().map_err(|()| "no stream")?;
            let mut kept = 0;
            loop {
                let permitted = stream.check_write().map_err(|error| format!("{error:?}"))?;
                if permitted == 0 {
                    break;
                }
                let piece = &bytes[..(permitted as usize).min(bytes.len())];
                stream.write(piece).map_err(|error| format!("{error:?}"))?;
                kept += piece.len();
                if kept >= bytes.len() {
                    return Ok("a megabyte is kept of each".to_owned());
                }
            }
            drop(stream);
            OutgoingBody::finish(body, None).map_err(|error| format!("{error:?}"))?;
            forget(request);
        }
    }

    fn long_methods() -> Answer {
        requests(|request, text| request.set_method(&Method::Other(text.to_owned())))
    }

    fn long_authorities() -> Answer {
        requests(|request, text| request.set_authority(Some(text)))
    }

    fn long_paths() -> Answer {
        requests(|request, text| request.set_path_with_query(Some(&format!("/{text}"))))
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

/// Leaves requests behind in which there is a text of two megabytes.
fn requests(put: impl Fn(&OutgoingRequest, &str) -> Result<(), ()>) -> Answer {
    let text = "x".repeat(2 << 20);
    loop {
        let request = OutgoingRequest::new(Fields::new());
        put(&request, &text).map_err(|()| "refused")?;
        forget(request);
    }
}

fn deeper(level: u64) -> u64 {
    black_box(deeper(level + 1)) + 1
}

pub(crate) fn flood(stream: &OutputStream) -> Answer {
    let line = [b'x'; 4096];
    loop {
        stream.blocking_write_and_flush(&line).map_err(|error| format!("{error:?}"))?;
    }
}
