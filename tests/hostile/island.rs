//! A machine of its own for each run of attempts: a namespace of the system's, with servers at
//! addresses of every kind, and a resolver that leads there. All that comes is counted.
//!
//! Nobody else is there, so that its ports are always the same.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write};
use std::net::{IpAddr, TcpListener, TcpStream, UdpSocket};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

/// The servers, and where they listen.
pub(super) const SERVERS: [(&str, &str); 6] = [
    ("granted", "127.0.0.1:8001"),
    ("another", "127.0.0.1:8002"),
    ("public", "192.31.196.1:8003"),
    ("this machine", "127.0.0.1:8003"),
    ("private", "10.77.0.1:8003"),
    ("metadata", "169.254.169.254:8003"),
];

/// What counts the questions that the resolver was asked.
const RESOLVER: &str = "resolver";

/// Where names of `named.test` lead: each time to the next of these, and to the last for ever. All
/// addresses of one time are joined by `+`.
const NAMES: &[(&str, &[&str])] = &[
    ("public", &["192.31.196.1"]),
    ("rebind", &["192.31.196.1", "127.0.0.1"]),
    ("loopback", &["127.0.0.1"]),
    ("mapped", &["::ffff:127.0.0.1"]),
    ("private", &["10.77.0.1"]),
    ("metadata", &["169.254.169.254"]),
    ("both", &["127.0.0.1+192.31.196.1"]),
];

/// A program, about to run there; files that it needs to find names are written to `directory`.
pub(super) fn command(directory: &Path, program: &Path) -> Command {
    const SET_UP: &str = "ip link set lo up
        for address in 192.31.196.1 10.77.0.1 169.254.169.254; do
            ip address add $address/32 dev lo
        done
        for file in resolv.conf nsswitch.conf hosts; do
            mount --bind \"$1/$file\" /etc/$file
        done
        shift
        exec \"$@\"";
    for (file, text) in [
        ("resolv.conf", "nameserver 127.0.0.1\n"),
        ("nsswitch.conf", "hosts: files dns\n"),
        ("hosts", "127.0.0.1 localhost\n"),
    ] {
        fs::write(directory.join(file), text).unwrap();
    }
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "--mount", "sh", "-e", "-c", SET_UP, "sh"]);
    command.arg(directory).arg(program);
    command
}

/// What is there; clones share it.
#[derive(Clone, Default)]
pub(super) struct Island {
    seen: Arc<Mutex<BTreeMap<&'static str, usize>>>,
    gone_on: Arc<(Mutex<bool>, Condvar)>,
}

impl Island {
    /// Starts the servers and the resolver, on a machine of their own.
    pub(super) fn start() -> Self {
        let island = Self::default();
        for (name, address) in SERVERS {
            let listener = TcpListener::bind(address).unwrap();
            let island = island.clone();
            thread::spawn(move || {
                for stream in listener.incoming() {
                    island.count(name);
                    let island = island.clone();
                    // Whoever breaks off has had enough.
                    thread::spawn(move || island.answer(stream.unwrap()));
                }
            });
        }
        let resolver = UdpSocket::bind("127.0.0.1:53").unwrap();
        let answers = island.clone();
        thread::spawn(move || answers.resolve(&resolver));
        island
    }

    /// Who has seen how many connections, or questions, since this was asked last.
    pub(super) fn take_seen(&self) -> String {
        // Until whoever has accepted has counted.
        thread::sleep(Duration::from_millis(30));
        let seen = std::mem::take(&mut *self.seen.lock().unwrap());
        let seen: Vec<_> = seen.iter().map(|(name, times)| format!("{name} {times}")).collect();
        seen.join(", ")
    }

    fn count(&self, name: &'static str) {
        *self.seen.lock().unwrap().entry(name).or_default() += 1;
    }

    fn answer(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut lines = reader.by_ref().lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        while lines.next().transpose()?.is_some_and(|line| !line.is_empty()) {}
        let piece = vec![b'x'; 1 << 16];
        let mut say = |text: &str| stream.write_all(format!("HTTP/1.1 {text}").as_bytes());
        match first.split(' ').nth(1).unwrap_or_default() {
            "/redirect" => say("302 Found\r\nlocation: http://127.0.0.1:8002/\r\n\
                                content-length: 0\r\n\r\n"),
            "/length-said" => {
                say("200 OK\r\ncontent-length: 1099511627776\r\n\r\n")?;
                for_ever(|| stream.write_all(&piece))
            }
            "/length-not-said" => {
                say("200 OK\r\ntransfer-encoding: chunked\r\n\r\n")?;
                for_ever(|| {
                    stream.write_all(b"10000\r\n")?;
                    stream.write_all(&piece)?;
                    stream.write_all(b"\r\n")
                })
            }
            "/slowly" => {
                say("200 OK\r\nconnection: close\r\n\r\n")?;
                for_ever(|| {
                    thread::sleep(Duration::from_millis(5));
                    stream.write_all(&piece[..1 << 14])
                })
            }
            "/headers" => {
                say("200 OK\r\n")?;
                for_ever(|| stream.write_all(b"x: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\r\n"))
            }
            "/take" => std::io::copy(&mut reader, &mut std::io::sink()).map(|_| ()),
            "/take-to-the-end" => {
                // That of a body in chunks.
                let mut lines = reader.lines();
                while lines.next().transpose()?.is_some_and(|line| line != "0") {}
                say("200 OK\r\ncontent-length: 0\r\n\r\n")
            }
            "/two-pieces" => {
                say("200 OK\r\ncontent-length: 2\r\n\r\n1")?;
                let (gone_on, changed) = &*self.gone_on;
                drop(changed.wait_while(gone_on.lock().unwrap(), |gone_on| !*gone_on));
                stream.write_all(b"2")
            }
            "/go-on" => {
                say("200 OK\r\ncontent-length: 0\r\n\r\n")?;
                *self.gone_on.0.lock().unwrap() = true;
                self.gone_on.1.notify_all();
                Ok(())
            }
            _ => say("200 OK\r\ncontent-length: 0\r\n\r\n"),
        }
    }

    /// Answers questions as RFC 1035 has them.
    fn resolve(&self, socket: &UdpSocket) {
        let mut asked = BTreeMap::<String, usize>::new();
        let mut message = [0; 512];
        loop {
            let (length, from) = socket.recv_from(&mut message).unwrap();
            let question = &message[12..length];
            let mut labels = Vec::new();
            let mut at = 0;
            while question[at] != 0 {
                let next = at + 1 + usize::from(question[at]);
                labels.push(String::from_utf8_lossy(&question[at + 1..next]).into_owned());
                at = next;
            }
            // Each name is asked for twice: with addresses of IPv4 (1), and of IPv6 (28).
            let kind = question[at + 2];
            let name = labels.join(".");
            let times = asked.entry(name.clone()).or_default();
            let answers = NAMES.iter().find(|(of, _)| name == format!("{of}.named.test"));
            let answers = answers.map_or(&[][..], |(_, answers)| answers);
            let now = answers.get((*times).min(answers.len().saturating_sub(1)));
            if kind == 1 {
                self.count(RESOLVER);
                *times += 1;
            }
            let mut answer = message[..2].to_vec();
            let found: Vec<IpAddr> =
                now.iter().flat_map(|all| all.split('+')).map(|it| it.parse().unwrap()).collect();
            let found = found.iter().filter(|it| it.is_ipv4() == (kind == 1));
            let count = u8::try_from(found.clone().count()).unwrap();
            answer.extend([0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0]);
            answer.extend(&question[..at + 5]);
            for address in found {
                let bytes = match address {
                    IpAddr::V4(address) => address.octets().to_vec(),
                    IpAddr::V6(address) => address.octets().to_vec(),
                };
                let length = u8::try_from(bytes.len()).unwrap();
                answer.extend([0xc0, 12, 0, kind, 0, 1, 0, 0, 0, 0, 0, length]);
                answer.extend(bytes);
            }
            socket.send_to(&answer, from).unwrap();
        }
    }
}

/// Until it cannot be done any more.
fn for_ever(mut step: impl FnMut() -> std::io::Result<()>) -> std::io::Result<()> {
    loop {
        step()?;
    }
}
