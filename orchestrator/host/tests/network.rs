//! What a component can reach over the network, and what it cannot.

use std::io::{Read as _, Write as _};
use std::net::{IpAddr, TcpListener, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::host::names::Resolve;
use crate::manifest::Limit;

/// The component that tries to reach out.
pub(super) static REACHING: LazyLock<Program> = LazyLock::new(|| {
    program(&ENGINE, &encode(include_str!("network.wat"), include_str!("network.wit")))
});

/// WASI's `access-denied`, as the guest counts it; and where a socket was told so at the beginning.
const DENIED: &str = "2";
const DENIED_AT_ONCE: &str = "202";

/// WASI's codes of requests, as the guest counts them.
const PROHIBITED: &str = "5";
const REFUSED: &str = "7";
const REQUEST_DENIED: &str = "16";

/// A server of HTTP on this machine, and how many connections it has seen.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request with this status line and these headers.
    fn start(answer: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let (seen, answer) = (Arc::clone(&connections), format!("HTTP/1.1 {answer}\r\n\r\n"));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                seen.fetch_add(1, Ordering::SeqCst);
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    let mut byte = [0];
                    if stream.read(&mut byte).unwrap_or(0) == 0 {
                        break;
                    }
                    request.extend(byte);
                }
                let _ = stream.write_all(answer.as_bytes());
            }
        });
        Self { port, connections }
    }

    fn seen(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Answers each question about a name with the next of these addresses, and with the last of them
/// for ever; and counts the questions.
fn names(answers: &'static [&'static str]) -> (Resolve, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let resolve: Resolve = Arc::new(move |_| {
        let number = count.fetch_add(1, Ordering::SeqCst);
        let answer: IpAddr = answers[number.min(answers.len() - 1)].parse().unwrap();
        Box::pin(async move { Ok(vec![answer]) })
    });
    (resolve, asked)
}

fn reaching(text: &str) -> Instance {
    start(&REACHING, &grants(text), &limits("timeout = '20s'"))
}

fn request(instance: &mut Instance, authority: &str) -> String {
    value(instance, &format!("request(false, {authority:?})"))
}

/// What was refused, with the grant that would allow it.
fn refused(outcome: &Outcome) -> Vec<(&str, &str, &str)> {
    let told = outcome.refusals.iter();
    told.map(|it| (&*it.function, it.wanted.as_deref().unwrap_or_default(), &*it.grant)).collect()
}

#[test]
fn no_socket_unless_an_address_is_granted() {
    let mut instance = start(&REACHING, &Grants::default(), &Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    assert_eq!(value(&mut instance, &format!("connect({port})")), DENIED_AT_ONCE);
    for (udp, scheme) in [(false, "tcp"), (true, "udp")] {
        let mut instance = start(&REACHING, &Grants::default(), &Limits::default());
        let outcome = call(&mut instance, &format!("bind({udp})"));
        assert_eq!(outcome.ending.to_string(), DENIED_AT_ONCE);
        let function = format!("wasi:sockets/{scheme}.start-bind");
        let grant = format!("network = [\"{scheme}://...\"]");
        assert_eq!(refused(&outcome), [(function.as_str(), "0.0.0.0:0", grant.as_str())]);
        let mut instance = reaching(&format!("network = ['{scheme}://10.0.0.1:80']"));
        assert_eq!(value(&mut instance, &format!("bind({udp})")), "0");
        assert_eq!(value(&mut instance, &format!("bind({})", !udp)), DENIED_AT_ONCE);
    }
}

#[test]
fn datagrams_of_strangers_do_not_get_in() {
    let exchange = |others: bool| {
        let [granted, stranger] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
        let [port, other] = [&granted, &stranger].map(|it| it.local_addr().unwrap().port());
        let mut list = vec![format!("udp://127.0.0.1:{port}")];
        list.extend(others.then(|| format!("udp://127.0.0.1:{other}")));
        let answers = std::thread::spawn(move || {
            let (_, guest) = granted.recv_from(&mut [0; 16]).unwrap();
            for _ in 0..3 {
                stranger.send_to(&[100], guest).unwrap();
            }
            granted.send_to(&[7], guest).unwrap();
        });
        let mut instance = reaching(&format!("network = {list:?}"));
        let got = value(&mut instance, &format!("exchange({port})"));
        answers.join().unwrap();
        got
    };
    assert_eq!(exchange(false), "1007");
    let seen: u32 = exchange(true).parse().unwrap();
    assert!(seen >= 1100, "what is granted comes in: {seen}");
}

#[test]
fn a_datagram_goes_nowhere_else() {
    let [granted, other] = [(); 2].map(|()| UdpSocket::bind("127.0.0.1:0").unwrap());
    let [port, elsewhere] = [&granted, &other].map(|it| it.local_addr().unwrap().port());
    let mut instance = reaching(&format!("network = ['udp://127.0.0.1:{port}']"));
    let outcome = call(&mut instance, &format!("exchange({elsewhere})"));
    assert_eq!(outcome.ending.to_string(), DENIED);
    let wanted = format!("127.0.0.1:{elsewhere}");
    let grant = format!("network = [\"udp://{wanted}\"]");
    assert_eq!(refused(&outcome), [("wasi:sockets/udp.send", wanted.as_str(), grant.as_str())]);
    other.set_nonblocking(true).unwrap();
    assert!(other.recv_from(&mut [0; 16]).is_err());
}

#[test]
fn a_granted_address_and_no_other() {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    let [granted, other] = listeners.each_ref().map(|it| it.local_addr().unwrap().port());
    let grants = grants(&format!("network = [\"127.0.0.1:{granted}\"]"));
    let mut instance = start(&REACHING, &grants, &Limits::default());
    assert_eq!(value(&mut instance, &format!("connect({granted})")), "0");
    assert_eq!(value(&mut instance, &format!("connect({other})")), DENIED_AT_ONCE);
}

#[test]
fn what_was_tried_with_sockets_is_told() {
    let mut instance = start(&REACHING, &Grants::default(), &Limits::default());
    let outcome = call(&mut instance, "connect(4242)");
    assert_eq!(
        refused(&outcome),
        [(
            "wasi:sockets/tcp.start-connect",
            "127.0.0.1:4242",
            "network = [\"tcp://127.0.0.1:4242\"]"
        )]
    );
}

#[test]
fn an_address_for_udp_is_none_for_tcp() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    for (scheme, expected) in [("udp", DENIED_AT_ONCE), ("tcp", "0")] {
        let mut instance = reaching(&format!("network = [\"{scheme}://127.0.0.1:{port}\"]"));
        assert_eq!(value(&mut instance, &format!("connect({port})")), expected, "{scheme}");
    }
}

#[test]
fn granted_names_are_looked_up_and_no_others() {
    let mut instance = reaching("names = ['localhost']");
    assert_eq!(value(&mut instance, "lookup(\"localhost\")"), "0");
    let outcome = call(&mut instance, "lookup(\"evil.com\")");
    assert_eq!(outcome.ending.to_string(), DENIED);
    assert_eq!(
        refused(&outcome),
        [("wasi:sockets/ip-name-lookup.resolve-addresses", "evil.com", "names = [\"evil.com\"]")]
    );
    assert_eq!(value(&mut reaching(""), "lookup(\"localhost\")"), DENIED);
}

#[test]
fn no_request_is_sent_unless_its_origin_is_granted() {
    let server = Server::start("200 OK");
    let authority = format!("127.0.0.1:{}", server.port);
    let socket = format!("network = [\"{authority}\"]");
    let secure = format!("http = [\"https://{authority}\"]");
    for text in ["", &socket, &secure, "http = ['http://localhost:*', 'http://127.0.0.1']"] {
        assert_eq!(request(&mut reaching(text), &authority), REQUEST_DENIED, "{text}");
    }
    assert_eq!(server.seen(), 0);
}

#[test]
fn a_granted_server_answers_and_another_is_not_reached() {
    let [granted, other] = [(); 2].map(|()| Server::start("200 OK\r\ncontent-length: 0"));
    let mut instance = reaching(&format!("http = ['http://127.0.0.1:{}']", granted.port));
    assert_eq!(request(&mut instance, &format!("127.0.0.1:{}", granted.port)), "200");
    assert_eq!(granted.seen(), 1);
    let wanted = format!("http://127.0.0.1:{}", other.port);
    let outcome = call(&mut instance, &format!("request(false, \"127.0.0.1:{}\")", other.port));
    assert_eq!(outcome.ending.to_string(), REQUEST_DENIED);
    let grant = format!("http = [\"{wanted}\"]");
    assert_eq!(
        refused(&outcome),
        [("wasi:http/outgoing-handler.handle", wanted.as_str(), grant.as_str())]
    );
    assert_eq!(other.seen(), 0);
}

#[test]
fn a_host_that_is_not_granted_is_not_even_looked_up() {
    let mut instance = reaching("http = ['http://api.example.com', '*.example.com']");
    let (resolve, asked) = names(&["127.0.0.1"]);
    instance.resolve_with(resolve);
    for authority in [
        "evil.com",
        "example.com.evil.com",
        "api.example.com:8080",
        "x.api.example.com",
        "127.0.0.1",
    ] {
        assert_eq!(request(&mut instance, authority), REQUEST_DENIED, "{authority}");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}

#[test]
fn a_redirect_is_an_answer_and_not_followed() {
    let aim = Server::start("200 OK");
    let location = format!("302 Found\r\nlocation: http://127.0.0.1:{}/", aim.port);
    let first = Server::start(&format!("{location}\r\ncontent-length: 0"));
    let mut instance = reaching(&format!("http = ['http://127.0.0.1:{}']", first.port));
    assert_eq!(request(&mut instance, &format!("127.0.0.1:{}", first.port)), "302");
    assert_eq!((first.seen(), aim.seen()), (1, 0));
}

#[test]
fn a_name_that_leads_elsewhere_the_second_time_does_not_get_there() {
    let server = Server::start("200 OK");
    let text = format!("http = ['http://rebind.test:{}']", server.port);
    let mut instance = start(&REACHING, &grants(&text), &limits("timeout = '500ms'"));
    // A public address at which nobody is, and then this machine.
    let (resolve, asked) = names(&["192.31.196.1", "127.0.0.1"]);
    instance.resolve_with(Arc::clone(&resolve));
    let authority = format!("rebind.test:{}", server.port);
    let asks = format!("request(false, {authority:?})");
    let outcome = call(&mut instance, &asks);
    assert!(exceeded(&outcome) == Some(Limit::Timeout) || outcome.is_return(), "{outcome:?}");
    assert_eq!((server.seen(), asked.load(Ordering::SeqCst)), (0, 1));

    let mut instance = start(&REACHING, &grants(&text), &limits("timeout = '20s'"));
    instance.resolve_with(resolve);
    let outcome = call(&mut instance, &asks);
    assert_eq!(outcome.ending.to_string(), PROHIBITED);
    let [(_, wanted, grant)] = refused(&outcome)[..] else { panic!("{outcome:?}") };
    assert_eq!(wanted, format!("http://{authority} at 127.0.0.1, which is this machine"));
    assert_eq!(grant, format!("http = [\"http://127.0.0.1:{}\"]", server.port));
    assert_eq!((server.seen(), asked.load(Ordering::SeqCst)), (0, 2));
}

#[test]
fn private_addresses_are_reached_by_name_if_that_is_granted() {
    let server = Server::start("204 No Content");
    let authority = format!("localhost:{}", server.port);
    let origin = format!("http = ['http://{authority}']");
    assert_eq!(request(&mut reaching(&origin), &authority), PROHIBITED);
    assert_eq!(server.seen(), 0);
    let private = format!("{origin}\nprivate-addresses = true");
    assert_eq!(request(&mut reaching(&private), &authority), "204");
    assert_eq!(server.seen(), 1);
    // This machine has one name of its own.
    let other = format!("http = ['http://other.test:{}']\nprivate-addresses = true", server.port);
    let mut instance = reaching(&other);
    instance.resolve_with(names(&["127.0.0.1"]).0);
    assert_eq!(request(&mut instance, &format!("other.test:{}", server.port)), PROHIBITED);
    assert_eq!(server.seen(), 1);
}

#[test]
fn a_clouds_metadata_is_reached_by_no_name() {
    for address in ["169.254.169.254", "fd00:ec2::254", "::ffff:169.254.169.254"] {
        let mut instance = reaching("http = ['http://*']\nprivate-addresses = true");
        let answer: &'static [&'static str] = Box::leak(Box::new([address]));
        instance.resolve_with(names(answer).0);
        assert_eq!(request(&mut instance, "metadata.test"), PROHIBITED, "{address}");
        let literal =
            if address.contains(':') { format!("[{address}]") } else { address.to_owned() };
        assert_eq!(request(&mut instance, &literal), PROHIBITED, "{address}");
    }
}

#[test]
fn what_cannot_be_reached_is_an_error_and_no_more() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut instance = reaching(&format!("http = ['http://127.0.0.1:{port}']"));
    assert_eq!(request(&mut instance, &format!("127.0.0.1:{port}")), REFUSED);
    let nonsense = Server::start("what");
    let mut instance = reaching(&format!("http = ['http://127.0.0.1:{}']", nonsense.port));
    let outcome = request(&mut instance, &format!("127.0.0.1:{}", nonsense.port));
    assert!(outcome.parse::<u32>().is_ok_and(|code| code > 0 && code < 100), "{outcome}");
}

#[test]
fn an_answer_that_does_not_come_is_stopped_with_the_rest() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let text = format!("http = ['http://127.0.0.1:{port}']");
    let mut instance = start(&REACHING, &grants(&text), &limits("timeout = '200ms'"));
    let outcome = call(&mut instance, &format!("request(false, \"127.0.0.1:{port}\")"));
    assert_eq!(exceeded(&outcome), Some(Limit::Timeout));
}
