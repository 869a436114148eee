//! Where attempts are made: what is granted, what is out of reach beside it, and the limits.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

use poly::check::{Call, Ending};
use poly::host::{Instance, Program, StartError};
use poly::manifest::{Grants, Limits, Manifest};
use rustix::fs::{CWD, FileType, Mode, mknodat};

use super::attempts::Attempt;
use crate::place::{Place, Ran, repository};

/// A guest, by its language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guest {
    Rust,
    Go,
    Text,
}

impl Guest {
    pub(super) const ALL: [Self; 3] = [Self::Rust, Self::Go, Self::Text];

    fn component(self) -> &'static str {
        match self {
            Self::Rust => "path = \"rust\"\ntoolchain = \"cargo-component\"\nworld = \"guest\"",
            Self::Go => "path = \"go\"\ntoolchain = \"tinygo\"\nworld = \"guest\"",
            Self::Text => "path = \"text\"\ntoolchain = \"fake\"",
        }
    }
}

/// What every attempt is granted, and how far it may go.
const GRANTED: &str = r#"
[grants]
dirs = [
    { host = "data", guest = "/data" },
    { host = "work", guest = "/work", access = "read-write" },
]
stdout = true
stderr = true

[limits]
memory = "64MiB"
tables = 100000
instances = 100
handles = 10000
host-resources = 200
transfer = "16MiB"
output = "64KiB"
written = "2MiB"
"#;

/// Longer than any attempt takes that ends by itself, however busy the machine.
const PATIENCE: &str = "timeout = \"20s\"";

/// The name of a guest's file.
pub(super) const COMPONENT: &str = "guest.wasm";

/// What lies above the granted directories.
const SECRET: &str = "the secret";

/// A pipeline that consists of one guest.
pub(super) struct Ground {
    place: Place,
    guest: Guest,
}

impl Ground {
    pub(super) fn of(guest: Guest) -> Self {
        let place = Place::new();
        let sources = repository().join("tests/hostile");
        for name in ["rust", "go", "text", "wit"] {
            place.add(&sources.join(name), name);
        }
        let mut place = place.with_fake_tools();
        place.real_home();
        place.cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("hostile-cache");
        plant(&place.root);
        Self { place, guest }
    }

    fn manifest(&self, timeout: &str) -> String {
        let component = self.guest.component();
        format!(
            "[pipeline]\nname = \"hostile\"\nwit = \"wit\"\n\n[component.guest]\n{component}\n\
             {GRANTED}{timeout}\n"
        )
    }

    /// Builds the guest with its own tools, and compiles it.
    pub(super) fn program(&self) -> Program {
        self.place.program(self.build())
    }

    /// Builds the guest with its own tools, and copies it to a directory.
    pub(super) fn build_into(&self, directory: &Path) {
        fs::write(directory.join(COMPONENT), self.place.read(self.build())).unwrap();
    }

    /// Where it is afterwards.
    fn build(&self) -> &'static str {
        self.place.write("pipeline.toml", self.manifest(PATIENCE));
        self.place.run(&["build"]).expect(0);
        "target/poly/hostile.wasm"
    }

    /// Starts it with other limits than usual, as far as they are said.
    pub(super) fn start(&self, program: &Program, limits: &str) -> Instance {
        let (grants, limits) = self.sandbox(limits);
        Instance::start(program, &grants, &limits, &self.place.root).unwrap()
    }

    /// Makes an attempt on ground of its own, which must be as before afterwards.
    pub(super) fn run(&self, program: &Program, attempt: &Attempt) -> Ending {
        let root = tempfile::tempdir_in(&self.place.root).unwrap();
        plant(root.path());
        let (grants, limits) = self.sandbox("timeout = \"3s\"");
        let ending = match Instance::start(program, &grants, &limits, root.path()) {
            Ok(mut instance) => {
                let mut call = |text| instance.call(&Call::parse(text).unwrap()).unwrap();
                if let Some(before) = &attempt.before {
                    assert!(call(before).is_return(), "`{before}`");
                }
                call(&attempt.call).ending
            }
            Err(StartError::Stopped(outcome)) => outcome.ending,
            Err(error) => panic!("{error:?}"),
        };
        assert_eq!(outside(root.path()).unwrap(), untouched(), "`{}` left this", attempt.call);
        ending
    }

    fn sandbox(&self, limits: &str) -> (Grants, Limits) {
        let mut table: toml::Table = toml::from_str(&self.manifest(PATIENCE)).unwrap();
        let said: toml::Table = toml::from_str(limits).unwrap();
        table["limits"].as_table_mut().unwrap().extend(said);
        let text = toml::to_string(&table).unwrap();
        let manifest = Manifest::parse("pipeline.toml", &text).unwrap();
        (manifest.grants, manifest.limits)
    }

    /// Lets poly check what becomes of attempts, and says how much memory it took at most. Beside each
    /// stands what is expected of it, as keys of a check.
    pub(super) fn check(
        &self,
        attempts: impl IntoIterator<Item = (Attempt, String)>,
        timeout: &str,
    ) -> (Ran, u64) {
        let mut manifest = self.manifest(&format!("timeout = \"{timeout}\""));
        for (Attempt { before, call }, expected) in attempts {
            manifest.push_str("\n[[check]]\n");
            if let Some(before) = before {
                let _ = write!(manifest, "[[check.steps]]\ncall = '{before}'\n[[check.steps]]\n");
            }
            let _ = write!(manifest, "call = '{call}'\n{expected}\n");
        }
        self.place.write("pipeline.toml", manifest);
        watched(self.place.poly(&["check", "--verbose"]).env("SECRET", SECRET))
    }
}

/// That something ends so, as a key of a check.
pub(super) fn expected(ending: &Ending) -> String {
    match ending {
        Ending::Returned(value) => {
            format!("returns = '{}'", value.as_ref().map_or("", |value| &value.text))
        }
        Ending::Trapped(trap) => format!("traps = '''{}'''", trap.message),
        Ending::Exceeded(limit) => format!("exceeds = \"{}\"", limit.name()),
    }
}

/// Runs a poly to its end, and says how much memory it took at most.
pub(super) fn watched(poly: &mut Command) -> (Ran, u64) {
    let child = poly.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let status = format!("/proc/{}/status", child.id());
    thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut peak = 0;
            while let Some(now) = high_water(&status) {
                peak = now;
                thread::sleep(Duration::from_millis(5));
            }
            peak
        });
        let output = child.wait_with_output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let code = output.status.code().unwrap_or(-1);
        let ran = Ran { code, stdout: text(&output.stdout), stderr: text(&output.stderr) };
        (ran, watch.join().unwrap())
    })
}

/// The most memory that a process had so far, in bytes; none when it has ended.
pub(super) fn high_water(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? << 10)
}

/// A server that nobody is granted.
pub(super) fn server() -> &'static TcpListener {
    static SERVER: OnceLock<TcpListener> = OnceLock::new();
    SERVER.get_or_init(|| {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        server.set_nonblocking(true).unwrap();
        server
    })
}

/// Two directories to be granted, a secret above them, and links to it.
fn plant(root: &Path) {
    let make = || -> io::Result<()> {
        fs::write(root.join("secret.txt"), SECRET)?;
        fs::create_dir_all(root.join("data/inner"))?;
        fs::create_dir_all(root.join("work"))?;
        fs::write(root.join("data/file.txt"), "to be read")?;
        for place in ["data", "work"] {
            symlink("../secret.txt", root.join(place).join("planted"))?;
            symlink("..", root.join(place).join("planted-directory"))?;
            symlink(root.join("secret.txt"), root.join(place).join("planted-absolute"))?;
        }
        let pipe = root.join("data/pipe");
        Ok(mknodat(CWD, pipe, FileType::Fifo, Mode::from(0o600), 0)?)
    };
    make().unwrap();
}

/// All that lies outside of what may be written to, but for links: name and text, in order.
fn outside(root: &Path) -> io::Result<Vec<(String, String)>> {
    let mut found = Vec::new();
    for place in ["", "data", "data/inner"] {
        for entry in fs::read_dir(root.join(place))? {
            let path = entry?.path();
            let name = path.strip_prefix(root).expect("it is below").display().to_string();
            let text = if path.is_file() { fs::read_to_string(&path)? } else { String::new() };
            found.push((name, text));
        }
    }
    found.sort();
    Ok(found)
}

fn untouched() -> Vec<(String, String)> {
    let root = tempfile::tempdir().unwrap();
    plant(root.path());
    outside(root.path()).unwrap()
}
