//! Hostile guests against a network of which a part is granted.
//!
//! The guest makes its attempts on an [`island`], in a process of its own: this very program,
//! asked for this very test, which then plays the other part. What came of each attempt, and who saw
//! something of it, stands as a table in docs/sandbox.md.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::net::TcpStream;
use std::path::Path;
use std::thread;

use poly::check::{Call, Ending};
use poly::host::{Engine, EngineOptions, Instance, Program};
use poly::manifest::{Grants, Limits};

use super::ground::{COMPONENT, Ground, Guest, high_water};
use super::island::{self, Island, SERVERS};
use super::table;

/// The test's name.
const THIS: &str = "hostile::origins::what_is_granted_of_a_network_is_reached_and_nothing_else";

/// The variable that tells the other process where its files are.
const DIRECTORY: &str = "POLY_TEST_DIRECTORY";

/// The file of that directory to which it writes what became of the attempts, a line each.
const ENDINGS: &str = "endings";

/// What is granted of the network.
const GRANTED: &str = r#"http = ["http://127.0.0.1:8001", "http://*.named.test:8003"]"#;

const LIMITS: &str = "timeout = \"20s\"\nmemory = \"64MiB\"\nbodies = \"1MiB\"";

/// The most memory that the other process may have had: the compiler, the guest, a few bodies.
const MOST: u64 = 128 << 20;

/// Whether an attempt should succeed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Aim {
    Granted,
    NotGranted,
}

use Aim::{Granted, NotGranted};

/// Each attempt, as a call, and who sees how many connections or questions of it.
#[rustfmt::skip]
const ATTEMPTS: &[(Aim, &str, &str, &str)] = &[
    (Granted, "the server that is granted",
        r#"origins.request("http", "127.0.0.1:8001", "/")"#, "granted 1"),
    (NotGranted, "another port of its machine",
        r#"origins.request("http", "127.0.0.1:8002", "/")"#, ""),
    (NotGranted, "its port by another scheme",
        r#"origins.request("https", "127.0.0.1:8001", "/")"#, ""),
    (NotGranted, "a scheme that is none of HTTP's",
        r#"origins.request("ftp", "127.0.0.1:8001", "/")"#, ""),
    (NotGranted, "its address as a user of another",
        r#"origins.request("http", "127.0.0.1:8001@127.0.0.1:8002", "/")"#, ""),
    (NotGranted, "another's URL as its path",
        r#"origins.request("http", "127.0.0.1:8001", "http://127.0.0.1:8002/")"#, ""),
    (NotGranted, "another's name in the header `Host`",
        r#"origins.request-as("127.0.0.1:8001", "127.0.0.1:8002")"#, ""),
    (NotGranted, "an address written as a number",
        r#"origins.request("http", "2130706433:8002", "/")"#, ""),
    (NotGranted, "where a redirect leads",
        r#"origins.follow("127.0.0.1:8001")"#, "granted 1"),
    (NotGranted, "the server that is granted, by a socket",
        "network.connect(8001)", ""),
    (NotGranted, "the resolver, by a datagram",
        "network.send-a-datagram(53)", ""),
    (NotGranted, "a socket that listens",
        "network.listen()", ""),
    (Granted, "a name that is granted",
        r#"origins.request("http", "public.named.test:8003", "/")"#, "public 1, resolver 1"),
    (NotGranted, "the address of that name",
        r#"origins.look-up("public.named.test")"#, ""),
    (NotGranted, "a name that is not granted",
        r#"origins.request("http", "evil.test:8003", "/")"#, ""),
    (NotGranted, "a name that leads elsewhere the second time",
        r#"origins.request-twice("rebind.named.test:8003")"#, "public 1, resolver 2"),
    (NotGranted, "a name that leads to this machine",
        r#"origins.request("http", "loopback.named.test:8003", "/")"#, "resolver 1"),
    (NotGranted, "the same, as an address of IPv6",
        r#"origins.request("http", "mapped.named.test:8003", "/")"#, "resolver 1"),
    (NotGranted, "a name that leads to a private network",
        r#"origins.request("http", "private.named.test:8003", "/")"#, "resolver 1"),
    (NotGranted, "a name that leads to a cloud's metadata",
        r#"origins.request("http", "metadata.named.test:8003", "/")"#, "resolver 1"),
    (Granted, "a name that leads to this machine or to a public address",
        r#"origins.request("http", "both.named.test:8003", "/")"#, "public 1, resolver 1"),
    (NotGranted, "an answer's body beyond the limit, its length said before",
        r#"origins.receive("127.0.0.1:8001", "/length-said")"#, "granted 1"),
    (NotGranted, "the same, its length not said",
        r#"origins.receive("127.0.0.1:8001", "/length-not-said")"#, "granted 1"),
    (NotGranted, "the same, that comes slowly",
        r#"origins.receive("127.0.0.1:8001", "/slowly")"#, "granted 1"),
    (NotGranted, "headers without end",
        r#"origins.request("http", "127.0.0.1:8001", "/headers")"#, "granted 1"),
    (NotGranted, "a request's body without end",
        r#"origins.send("127.0.0.1:8001", "/take")"#, "granted 1"),
    (Granted, "a body of which the guest, and not the server, lets the rest wait",
        r#"origins.read-slowly("127.0.0.1:8001")"#, "granted 2"),
    (Granted, "a request of which the guest, and not the server, lets the rest of the body wait",
        r#"origins.send-slowly("127.0.0.1:8001")"#, "granted 1"),
];

#[test]
fn what_is_granted_of_a_network_is_reached_and_nothing_else() {
    if let Some(directory) = env::var_os(DIRECTORY) {
        return make_attempts(Path::new(&directory));
    }
    let [rust, go] = thread::scope(|scope| {
        [Guest::Rust, Guest::Go].map(|guest| scope.spawn(move || endings(guest))).map(|running| {
            let endings = running.join().unwrap();
            assert_eq!(endings.len(), ATTEMPTS.len());
            endings
        })
    });
    let mut table = String::from("\n| attempt | Rust | Go | seen by |\n|---|---|---|---|\n");
    for (((_, what, _, seen), rust), go) in ATTEMPTS.iter().zip(rust).zip(go) {
        let seen = if seen.is_empty() { "nobody" } else { seen };
        let _ = writeln!(table, "| {what} | {rust} | {go} | {seen} |");
    }
    table.push('\n');
    table::hold_text("hostile/origins.rs", &table);
}

/// What became of each attempt of a guest, on an island.
fn endings(guest: Guest) -> Vec<String> {
    let directory = tempfile::tempdir().unwrap();
    Ground::of(guest).build_into(directory.path());
    let output = island::command(directory.path(), &env::current_exe().unwrap())
        .args(["--exact", "--nocapture", THIS])
        .env(DIRECTORY, directory.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{guest:?}: {output:?}");
    let endings = fs::read_to_string(directory.path().join(ENDINGS)).unwrap();
    endings.lines().map(str::to_owned).collect()
}

/// What the other process does.
fn make_attempts(directory: &Path) {
    let engine = Engine::new(&EngineOptions::default()).unwrap();
    let component = fs::read(directory.join(COMPONENT)).unwrap();
    let program = Program::compile(&engine, &component).unwrap();
    let grants: Grants = toml::from_str(GRANTED).unwrap();
    let limits: Limits = toml::from_str(LIMITS).unwrap();
    let island = Island::start();
    let mut endings = String::new();
    for (aim, what, call, seen) in ATTEMPTS {
        let mut instance = Instance::start(&program, &grants, &limits, directory).unwrap();
        let ending = instance.call(&Call::parse(call).unwrap()).unwrap().ending;
        let got = got(&ending);
        assert_eq!(got.is_some(), *aim == Granted, "{what}: {ending}");
        assert_eq!(island.take_seen(), *seen, "{what}: {ending}");
        let _ = writeln!(endings, "{}", got.unwrap_or_else(|| table::cell(&ending)));
    }
    let peak = high_water("/proc/self/status").unwrap();
    assert!(peak < MOST, "{} MiB", peak >> 20);
    // What would have been seen:
    for (name, address) in SERVERS {
        let _connected = TcpStream::connect(address).unwrap();
        assert_eq!(island.take_seen(), format!("{name} 1"));
    }
    fs::write(directory.join(ENDINGS), endings).unwrap();
}

/// What the guest got, if it got something.
fn got(ending: &Ending) -> Option<String> {
    let told = ending.to_string();
    let got = told.strip_prefix("ok(\"")?.strip_suffix("\")")?;
    Some(format!("got: {got}"))
}
