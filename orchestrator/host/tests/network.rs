//! What a component can reach over the network, and what it cannot.

use std::net::TcpListener;

use super::*;

/// The component that tries to reach out.
static REACHING: LazyLock<Program> = LazyLock::new(|| {
    program(&ENGINE, &encode(include_str!("network.wat"), include_str!("network.wit")))
});

/// WASI's `access-denied`, as the guest counts it.
const DENIED: &str = "2";

/// WASI's `HTTP-request-denied`, as the guest counts it.
const REQUEST_DENIED: &str = "16";

#[test]
fn no_socket_unless_an_address_is_granted() {
    let mut instance = start(&REACHING, &Grants::default(), &Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let reached = value(&mut instance, &format!("connect({port})"));
    assert!(reached != "0", "{reached}");
}

#[test]
fn a_granted_address_and_no_other() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [granted, other] = listeners.each_ref().map(|it| it.local_addr().unwrap().port());
    let grants = grants(&format!("network = [\"127.0.0.1:{granted}\"]"));
    let mut instance = start(&REACHING, &grants, &Limits::default());
    assert_eq!(value(&mut instance, &format!("connect({granted})")), "0");
    assert_eq!(value(&mut instance, &format!("connect({other})")), DENIED);
}

#[test]
fn no_request_is_ever_sent() {
    let granted = grants("network = [\"127.0.0.1:443\"]");
    for grants in [granted, Grants::default()] {
        let mut instance = start(&REACHING, &grants, &Limits::default());
        assert_eq!(value(&mut instance, "request()"), REQUEST_DENIED);
    }
}
