//! Registries: one that really runs, and servers that answer badly.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use tempfile::TempDir;

/// Sees that `docker-registry` is there, once, and installs it where that can be done unasked.
fn install() {
    static THERE: OnceLock<bool> = OnceLock::new();
    let done = |command: &str, arguments: &[&str]| {
        let mut command = Command::new(command);
        let ran = command.args(arguments).stdin(Stdio::null()).output();
        ran.is_ok_and(|ran| ran.status.success())
    };
    let there = THERE.get_or_init(|| {
        done("docker-registry", &["--version"])
            || done("apt-get", &["update"])
                && done("apt-get", &["install", "-y", "--no-install-recommends", "docker-registry"])
    });
    assert!(there, "docker-registry is needed: apt-get install docker-registry, as root");
}

/// A registry on this machine, gone with the test. Debian's package `docker-registry` has it.
pub(super) struct Registry {
    server: Child,
    pub(super) address: String,
    storage: TempDir,
}

impl Registry {
    pub(super) fn start() -> Self {
        install();
        let storage = tempfile::tempdir().expect("a temporary directory");
        // The system says which port is free; somebody else may take it meanwhile.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
            let address = free.expect("a free port").to_string();
            let configuration = storage.path().join("config.yml");
            let text = format!(
                "version: 0.1\nlog: {{ level: error }}\nhttp: {{ addr: '{address}' }}\nstorage: \
                 {{ filesystem: {{ rootdirectory: '{}' }}, cache: {{ }} }}\n",
                storage.path().display()
            );
            fs::write(&configuration, text).expect("writable");
            let mut server = Command::new("docker-registry")
                .arg("serve")
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("docker-registry starts");
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(30) {
                if TcpStream::connect(&address).is_ok() {
                    return Self { server, address, storage };
                }
                if server.try_wait().expect("a child").is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            let _ = server.kill();
            let _ = server.wait();
        }
        panic!("docker-registry does not start");
    }

    /// Publishes a package of WIT as `wkg` does.
    pub(super) fn push(&self, repository: &str, tag: &str, wit: &str) {
        let source = [("w.wit".to_owned(), wit.to_owned())].into();
        let wit = poly::component::wit::resolve(&source).expect("valid WIT");
        let bytes = wit_component::encode(&wit.resolve, wit.package).expect("a package");
        self.push_bytes(repository, tag, bytes, "application/wasm");
    }

    pub(super) fn push_bytes(&self, repository: &str, tag: &str, bytes: Vec<u8>, media_type: &str) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let protocol = ClientProtocol::Http;
        let client = Client::try_from(ClientConfig { protocol, ..ClientConfig::default() });
        let client = client.expect("a client");
        let at = Reference::with_tag(self.address.clone(), repository.to_owned(), tag.to_owned());
        let layers = [ImageLayer::new(bytes, media_type.to_owned(), None)];
        let config = Config::new("{}", "application/vnd.wasm.config.v0+json".to_owned(), None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .expect("a runtime")
            .block_on(client.push(&at, &layers, config, &RegistryAuth::Anonymous, None))
            .expect("pushed");
    }

    /// Damages every blob of this content.
    pub(super) fn tamper(&self, with: &str) {
        let mut damaged = 0;
        for entry in walk(self.storage.path()) {
            let bytes = fs::read(&entry).expect("readable");
            if entry.ends_with("data") && bytes.windows(with.len()).any(|at| at == with.as_bytes())
            {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                assert!(bytes.starts_with(b"\0asm"), "{text}");
                let place = bytes.windows(with.len()).position(|at| at == with.as_bytes());
                let mut bytes = bytes;
                bytes[place.expect("found above")] ^= 1;
                fs::write(&entry, bytes).expect("writable");
                damaged += 1;
            }
        }
        assert_eq!(damaged, 1);
    }

    pub(super) fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

pub(super) fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

/// A server that says the same to everybody who asks for a path, and else that it is not there.
pub(super) fn serve(answers: Vec<(&'static str, String)>) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for stream in socket.incoming() {
            let Ok(mut stream) = stream else { continue };
            // All of the request: what is closed with some of it unread loses the answer too.
            let lines = BufReader::new(&stream).lines().map_while(Result::ok);
            let lines: Vec<String> = lines.take_while(|line| !line.is_empty()).collect();
            let request = lines.first().map(String::as_str).unwrap_or_default();
            let path = request.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(prefix, _)| path.starts_with(prefix));
            let answer =
                found.map_or("404 Not Found\r\ncontent-length: 0\r\n\r\n", |(_, text)| text);
            // Said, or a client may ask for more where nobody listens any longer.
            let answer = answer.replacen("\r\n", "\r\nconnection: close\r\n", 1);
            let _ = write!(stream, "HTTP/1.1 {answer}");
        }
    });
    address
}

/// Text without what differs from run to run, or with the version of a library.
pub(super) fn blot(text: &str, registry: &Registry) -> String {
    let text = text.replace(&registry.address, "[REGISTRY]");
    let mut parts = text.split("sha256:");
    let mut blotted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        blotted += "sha256:[DIGEST]";
        blotted += part.get(64..).unwrap_or_default();
    }
    blotted
}
