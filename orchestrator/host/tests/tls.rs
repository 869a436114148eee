//! Requests through TLS. Whom poly trusts is read once in a process, so that each case is a process
//! of its own: this very program, asked for this very test, which then plays the other part.

use std::env;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::process::Command;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::network::REACHING;
use super::*;

/// The test's name.
const THIS: &str = "host::tests::tls::whoever_answers_must_prove_to_be_the_granted_name";

/// The variable that tells the other process whom to ask.
const AUTHORITY: &str = "POLY_TEST_AUTHORITY";

/// WASI's `TLS-certificate-error`, as the guest counts it.
const CERTIFICATE_ERROR: &str = "14";

/// Two certificates for `localhost`, each signed by itself and good for a hundred years.
const OWN: &str = include_str!("tls/own.pem");
const FOREIGN: &str = include_str!("tls/foreign.pem");

/// Answers requests at a port of this machine, with the certificate [`OWN`].
fn serve() -> u16 {
    let own = CertificateDer::from_pem_slice(OWN.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/own.key")).unwrap();
    let config =
        ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    let config = Arc::new(config.with_single_cert(vec![own], key).unwrap());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            let mut stream = StreamOwned::new(connection, stream.unwrap());
            let mut request = [0; 4096];
            if stream.read(&mut request).is_ok_and(|read| read > 0) {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
                stream.conn.send_close_notify();
                let _ = stream.flush();
            }
        }
    });
    port
}

#[test]
fn whoever_answers_must_prove_to_be_the_granted_name() {
    if let Ok(authority) = env::var(AUTHORITY) {
        return one_request(&authority);
    }
    let port = serve();
    let directory = TempDir::new().unwrap();
    let trusted = directory.path().join("trusted.pem");
    for (authority, trust, expected) in [
        ("localhost", OWN, "200"),
        ("localhost", FOREIGN, CERTIFICATE_ERROR),
        ("127.0.0.1", OWN, CERTIFICATE_ERROR),
    ] {
        std::fs::write(&trusted, trust).unwrap();
        let output = Command::new(env::current_exe().unwrap())
            .args(["--exact", "--nocapture", THIS])
            .env("SSL_CERT_FILE", &trusted)
            .env_remove("SSL_CERT_DIR")
            .env(AUTHORITY, format!("{authority}:{port}"))
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains(&format!("the guest got {expected}\n")), "{authority}: {told}");
    }
}

/// What the other process does.
fn one_request(authority: &str) {
    let text = format!("http = ['https://{authority}']\nprivate-addresses = true");
    let mut instance = start(&REACHING, &grants(&text), &Limits::default());
    println!("the guest got {}", value(&mut instance, &format!("request(true, {authority:?})")));
}
