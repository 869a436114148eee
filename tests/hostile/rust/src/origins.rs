//! Ways round a list of origins.

use crate::bindings::exports::poly::hostile::origins::Guest;
use crate::bindings::wasi::clocks::monotonic_clock::subscribe_duration;
use crate::bindings::wasi::http::outgoing_handler::handle;
use crate::bindings::wasi::http::types::{
    ErrorCode, Fields, FutureIncomingResponse, HeaderError, IncomingResponse, Method,
    OutgoingBody, OutgoingRequest, RequestOptions, Scheme,
};
use crate::bindings::wasi::io::streams::StreamError;
use crate::Answer;

/// How long the server may be waited for, in nanoseconds.
const PATIENCE: u64 = 1_000_000_000;

impl Guest for crate::Guest {
    fn request(scheme: String, authority: String, path: String) -> Answer {
        let scheme = match scheme.as_str() {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            _ => Scheme::Other(scheme),
        };
        request(Some(scheme), &authority, &path)
    }

    fn request_as(authority: String, host: String) -> Answer {
        let fields = Fields::new();
        let appended = fields.append("Host", host.as_bytes());
        appended.map_err(|error| match error {
            HeaderError::Forbidden => "no header: forbidden".to_owned(),
            other => format!("no header: {other:?}"),
        })?;
        let asks = outgoing(Some(Scheme::Http), &authority, "/", fields)?;
        status(&answer(handle(asks, None))?)
    }

    fn follow(authority: String) -> Answer {
        let first = get(&authority, "/redirect", None)?;
        let place = first.headers().get("location");
        let place = String::from_utf8_lossy(place.first().ok_or("no place")?).into_owned();
        let place = place.strip_prefix("http://").ok_or("another scheme")?;
        let (authority, _) = place.split_once('/').ok_or("no path")?;
        then(&first, get(authority, "/", None))
    }

    fn request_twice(authority: String) -> Answer {
        let first = get(&authority, "/", None)?;
        then(&first, get(&authority, "/", None))
    }

    fn receive(authority: String, path: String) -> Answer {
        let answer = get(&authority, &path, None)?;
        let body = answer.consume().map_err(|()| "no body")?;
        let stream = body.stream().map_err(|()| "no stream")?;
        let mut length = 0;
        loop {
            match stream.blocking_read(1 << 16) {
                Ok(bytes) => length += bytes.len(),
                Err(StreamError::Closed) => return Ok(format!("{length} bytes")),
                Err(StreamError::LastOperationFailed(_)) => return Err("broken off".to_owned()),
            }
        }
    }

    fn send(authority: String, path: String) -> Answer {
        let asks = outgoing(Some(Scheme::Http), &authority, &path, Fields::new())?;
        asks.set_method(&Method::Post).map_err(|()| "no method")?;
        let body = asks.body().map_err(|()| "no body")?;
        let stream = body.write().map_err(|()| "no stream")?;
        let _answer = handle(asks, None).map_err(said)?;
        while stream.blocking_write_and_flush(&[b'x'; 4096]).is_ok() {}
        Err("broken off".to_owned())
    }

    fn read_slowly(authority: String) -> Answer {
        let options = RequestOptions::new();
        options.set_between_bytes_timeout(Some(PATIENCE)).map_err(|()| "no patience")?;
        let answer = get(&authority, "/two-pieces", Some(options))?;
        let body = answer.consume().map_err(|()| "no body")?;
        let stream = body.stream().map_err(|()| "no stream")?;
        stream.blocking_read(1).map_err(|_| "no first piece")?;
        subscribe_duration(PATIENCE * 3 / 2).block();
        get(&authority, "/go-on", None)?;
        stream.blocking_read(1).map_err(|_| "no second piece")?;
        Ok("both pieces".to_owned())
    }

    fn send_slowly(authority: String) -> Answer {
        let asks = outgoing(Some(Scheme::Http), &authority, "/take-to-the-end", Fields::new())?;
        asks.set_method(&Method::Post).map_err(|()| "no method")?;
        let options = RequestOptions::new();
        options.set_first_byte_timeout(Some(PATIENCE)).map_err(|()| "no patience")?;
        let body = asks.body().map_err(|()| "no body")?;
        let stream = body.write().map_err(|()| "no stream")?;
        let sent = handle(asks, Some(options));
        stream.blocking_write_and_flush(b"1").map_err(|_| "no first piece")?;
        subscribe_duration(PATIENCE * 3 / 2).block();
        stream.blocking_write_and_flush(b"2").map_err(|_| "no second piece")?;
        drop(stream);
        OutgoingBody::finish(body, None).map_err(|_| "no end")?;
        status(&answer(sent)?)
    }

    fn look_up(name: String) -> Answer {
        crate::network::look_up(&name)
    }
}

/// The status that a request is answered with.
pub fn request(scheme: Option<Scheme>, authority: &str, path: &str) -> Answer {
    status(&answer(handle(outgoing(scheme, authority, path, Fields::new())?, None))?)
}

fn get(
    authority: &str,
    path: &str,
    options: Option<RequestOptions>,
) -> Result<IncomingResponse, String> {
    answer(handle(outgoing(Some(Scheme::Http), authority, path, Fields::new())?, options))
}

fn outgoing(
    scheme: Option<Scheme>,
    authority: &str,
    path: &str,
    fields: Fields,
) -> Result<OutgoingRequest, String> {
    let request = OutgoingRequest::new(fields);
    request.set_scheme(scheme.as_ref()).map_err(|()| "no scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "no authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "no path")?;
    Ok(request)
}

fn answer(sent: Result<FutureIncomingResponse, ErrorCode>) -> Result<IncomingResponse, String> {
    let answer = sent.map_err(said)?;
    answer.subscribe().block();
    answer.get().expect("it is ready").expect("it is the first time").map_err(said)
}

fn status(answer: &IncomingResponse) -> Answer {
    Ok(format!("status {}", answer.status()))
}

fn then(first: &IncomingResponse, second: Result<IncomingResponse, String>) -> Answer {
    let before = format!("status {}, then", first.status());
    match second {
        Ok(second) => Ok(format!("{before} status {}", second.status())),
        Err(error) => Err(format!("{before} {error}")),
    }
}

/// The code as WIT has it, of those that come.
fn said(code: ErrorCode) -> String {
    match code {
        ErrorCode::HttpRequestDenied => "HTTP-request-denied".to_owned(),
        ErrorCode::HttpRequestUriInvalid => "HTTP-request-URI-invalid".to_owned(),
        ErrorCode::HttpProtocolError => "HTTP-protocol-error".to_owned(),
        ErrorCode::DestinationIpProhibited => "destination-IP-prohibited".to_owned(),
        other => format!("{other:?}"),
    }
}
