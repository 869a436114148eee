//! Archives, from a server of the test's own.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use super::*;

/// An archive as releases have them: one directory with `bin/tool` in it.
fn archive() -> Vec<u8> {
    let mut archive =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let text = b"#!/bin/sh\necho tool 1.5.0\n";
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o755);
    archive.append_data(&mut header, "tool-1.5.0/bin/tool", &text[..]).unwrap();
    archive.into_inner().unwrap().finish().unwrap()
}

/// A server that answers one request with a status and a body.
fn serve(status: &'static str, body: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = Vec::<u8>::new();
        let mut buffer = [0; 1024];
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            let length = stream.read(&mut buffer).unwrap();
            request.extend(&buffer[..length]);
        }
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
        )
        .unwrap();
        stream.write_all(&body).unwrap();
    });
    format!("http://{address}/tool.tar.gz")
}

fn archive_way(url: &str, digest: Digest, rest: &str) -> String {
    let platform = format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS);
    format!(
        "[[tool.tool.install]]\nway = 'archive'\n{rest}\n\
         platforms.{platform} = {{ url = '{url}', sha256 = '{digest}' }}\n"
    )
}

#[test]
fn an_archive_is_downloaded_and_unpacked() {
    let sandbox = Sandbox::new();
    let bytes = archive();
    let digest = Digest::of(&bytes);
    let way = archive_way(&serve("200 OK", bytes), digest, "strip = 1");
    let (finder, toolchain) = (sandbox.finder(), toolchain(&way, &[]));
    let tools = provide(&finder, &toolchain).unwrap();
    assert!(sandbox.prefix().join("bin/tool").exists());
    let origin = finder.origin(&toolchain.tools["tool"], &tools.found["tool"], false);
    assert_eq!(origin.from, "archive");
    assert_eq!(
        origin.checksums.values().cloned().collect::<Vec<_>>(),
        [format!("sha256:{digest}")]
    );
    assert_eq!(origin.urls.len(), 1);
}

#[test]
fn an_archive_whose_executables_are_elsewhere() {
    let sandbox = Sandbox::new();
    let bytes = archive();
    let digest = Digest::of(&bytes);
    let way = archive_way(&serve("200 OK", bytes), digest, "bin = 'tool-1.5.0/bin'");
    provide(&sandbox.finder(), &toolchain(&way, &[])).unwrap();
    assert!(sandbox.prefix().join("bin/tool").exists());
}

#[test]
fn an_archive_with_another_checksum_is_not_unpacked() {
    let sandbox = Sandbox::new();
    let bytes = archive();
    let (right, wrong) = (Digest::of(&bytes), Digest::of(b"another"));
    let url = serve("200 OK", bytes);
    let way = archive_way(&url, wrong, "strip = 1");
    let error = provide(&sandbox.finder(), &toolchain(&way, &[])).unwrap_err();
    let attempts = attempts(error);
    assert_eq!(attempts[0].said, format!("{url} has the SHA-256 {right}, not {wrong}"));
    assert_eq!(attempts[0].by_hand, Some(format!("unpack {url}")));
}

#[test]
fn an_archive_that_is_not_there() {
    let sandbox = Sandbox::new();
    let url = serve("404 Not Found", Vec::new());
    let way = archive_way(&url, Digest::of(b""), "");
    let attempts = attempts(provide(&sandbox.finder(), &toolchain(&way, &[])).unwrap_err());
    assert_eq!(attempts[0].said, format!("cannot download {url}: http status: 404"));
}

#[test]
fn an_archive_for_other_machines_only() {
    let sandbox = Sandbox::new();
    let way = "[[tool.tool.install]]\nway = 'archive'\nplatforms = {}\n";
    let attempts = attempts(provide(&sandbox.finder(), &toolchain(way, &[])).unwrap_err());
    assert!(attempts[0].said.starts_with("there is no archive for "), "{attempts:?}");
    assert_eq!(attempts[0].by_hand, None);
}
