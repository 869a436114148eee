//! A directory of its own for each test, with a pipeline in it, a cache and tools beside it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use poly::host::{Engine, EngineOptions, Instance, Program};
use poly::manifest::{Bytes, Grants, Limits};
use serde_json::Value;

/// A pipeline's directory, thrown away with the test.
pub(crate) struct Place {
    /// Keeps the directory.
    _top: tempfile::TempDir,
    /// The pipeline's directory.
    pub(crate) root: PathBuf,
    /// `POLY_CACHE_DIR`.
    pub(crate) cache: PathBuf,
    /// `POLY_HOME`.
    pub(crate) home: PathBuf,
    /// One line for each start of a fake tool.
    pub(crate) log: PathBuf,
}

/// What a run of poly did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Poly's own repository.
pub(crate) fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The executable that people start, and the one beside it.
pub(crate) const EXECUTABLES: [&str; 2] =
    [env!("CARGO_BIN_EXE_poly"), env!("CARGO_BIN_EXE_poly-host")];

/// Copies executables into a directory, by another process: while this one had them open for writing, one
/// that another test starts could inherit that, and what somebody writes to cannot be started.
pub(crate) fn install(executables: &[&str], directory: &Path) {
    let copied = Command::new("cp").args(executables).arg(directory).status();
    assert!(copied.expect("cp starts").success());
}

impl Place {
    pub(crate) fn new() -> Self {
        Self::new_in(&std::env::temp_dir())
    }

    /// Below a directory, for its file system.
    pub(crate) fn new_in(directory: &Path) -> Self {
        let top = tempfile::tempdir_in(directory).expect("a temporary directory");
        let path = fs::canonicalize(top.path()).expect("it is there");
        let place = Self {
            root: path.join("pipeline"),
            cache: path.join("cache"),
            home: path.join("home"),
            log: path.join("tool-starts"),
            _top: top,
        };
        fs::create_dir(&place.root).expect("a writable temporary directory");
        fs::write(&place.log, "").expect("a writable temporary directory");
        place
    }

    /// With a copy of a directory; `.wat` files in it become `.wasm` files.
    pub(crate) fn with(from: &Path) -> Self {
        let place = Self::new();
        copy(from, &place.root);
        place
    }

    /// Adds the toolchain `fake`, whose compiler copies `source.wasm`.
    pub(crate) fn with_fake_tools(self) -> Self {
        copy(&repository().join("tests/tools/toolchains"), &self.root.join("toolchains"));
        self
    }

    /// Adds a copy of a directory.
    pub(crate) fn add(&self, from: &Path, name: &str) {
        copy(from, &self.root.join(name));
    }

    /// Uses the tools that a person's poly uses, and installs there what is missing.
    pub(crate) fn real_home(&mut self) {
        self.home = std::env::var_os("POLY_HOME").map_or_else(default_home, PathBuf::from);
    }

    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.root.join(name);
        fs::create_dir_all(path.parent().expect("a file in the pipeline")).expect("writable");
        fs::write(path, text).expect("writable");
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.root.join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// The same of a program: a script, say.
    pub(crate) fn write_executable(&self, name: &str, text: impl AsRef<[u8]>) {
        self.write(name, text);
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.root.join(name), executable).expect("it was just written");
    }

    /// What is in a file of text.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8(self.read(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Poly, about to run in the pipeline's directory.
    pub(crate) fn poly(&self, arguments: &[&str]) -> Command {
        self.poly_at(Path::new(env!("CARGO_BIN_EXE_poly")), arguments)
    }

    /// The same of an executable that lies elsewhere.
    pub(crate) fn poly_at(&self, executable: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(executable);
        let tools = repository().join("tests/tools/bin");
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .args(arguments)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .env("PATH", format!("{}:{path}", tools.display()))
            .env("POLY_CACHE_DIR", &self.cache)
            .env("POLY_HOME", &self.home)
            .env("POLY_CONFIG", "/dev/null")
            .env("FAKE_LOG", &self.log)
            .env("CI", "true");
        // What would come of whoever runs the tests, and of where.
        for name in [
            "POLY_JOBS",
            "CARGO_MAKEFLAGS",
            "MAKEFLAGS",
            "MFLAGS",
            "GITHUB_ACTIONS",
            "GITLAB_CI",
            "BUILDKITE",
        ] {
            command.env_remove(name);
        }
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.finish(&mut self.poly(arguments))
    }

    /// Runs to the end; what depends on the machine or the moment is blotted out.
    pub(crate) fn finish(&self, command: &mut Command) -> Ran {
        let output = command.output().expect("poly starts");
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: self.blot(&String::from_utf8_lossy(&output.stdout)),
            stderr: self.blot(&String::from_utf8_lossy(&output.stderr)),
        }
    }

    /// Compiles what was composed, through the library.
    pub(crate) fn program(&self, composed: &str) -> Program {
        let engine = Engine::new(&EngineOptions::default()).unwrap();
        let machine_code = engine.precompile(&self.read(composed)).unwrap();
        let mut compiled = tempfile::NamedTempFile::new_in(&self.root).unwrap();
        compiled.write_all(&machine_code).unwrap();
        Program::load(&engine, compiled.path()).unwrap()
    }

    /// Starts it with nothing granted and this much memory, in MiB, for all parts together.
    pub(crate) fn start(&self, program: &Program, memory: u64) -> Instance {
        let limits = Limits { memory: Bytes::mebibytes(memory), ..Limits::default() };
        Instance::start(program, &Grants::default(), &limits, &self.root).unwrap()
    }

    /// Starts of fake tools so far.
    pub(crate) fn starts(&self) -> usize {
        fs::read_to_string(&self.log).expect("the log is there").lines().count()
    }

    /// Removes a part of the cache, by the beginning of its name.
    pub(crate) fn forget(&self, part: &str) {
        let named = fs::read_dir(&self.cache).expect("the cache is there").map(Result::unwrap);
        for entry in named.filter(|entry| entry.file_name().to_string_lossy().starts_with(part)) {
            fs::remove_dir_all(entry.path()).expect("writable");
        }
    }

    fn blot(&self, text: &str) -> String {
        let top = self.root.parent().expect("the pipeline is in a directory");
        let text = text.replace(&*top.to_string_lossy(), "[TOP]");
        let text = text.replace(&*repository().to_string_lossy(), "[POLY]");
        let text = blot_checkout(&text);
        text.lines().map(blot_times).map(|line| blot_machine_code(line) + "\n").collect()
    }
}

impl Ran {
    /// Stops the test, with all that was said, unless poly exited with this code.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// What standard output tells machines: an object a line, of which those of one kind.
    pub(crate) fn events(&self, kind: &str) -> Vec<Value> {
        let all = self.stdout.lines().map(|line| serde_json::from_str::<Value>(line).expect(line));
        all.filter(|event| event["event"] == kind).collect()
    }
}

/// The processes that this one has started.
pub(crate) fn children(process: u32) -> Vec<u32> {
    let parent = format!("\nPPid:\t{process}\n");
    let processes = fs::read_dir("/proc").expect("there are processes").flatten();
    let numbers = processes.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let is_child = |process: &u32| {
        let status = fs::read_to_string(format!("/proc/{process}/status"));
        status.is_ok_and(|status| status.contains(&parent))
    };
    numbers.filter(is_child).collect()
}

/// Where poly keeps its tools if nobody says otherwise.
fn default_home() -> PathBuf {
    let said = Command::new(env!("CARGO_BIN_EXE_poly")).args(["toolchain", "path"]).output();
    let path = String::from_utf8(said.expect("poly starts").stdout).expect("a path");
    Path::new(path.trim()).parent().expect("tools are below the home").to_owned()
}

/// `12 ms`, `1.3 s` and the like become `[TIME]`, and the blanks before them one.
fn blot_times(line: &str) -> String {
    let words: Vec<&str> = line.split(' ').collect();
    let mut blotted: Vec<&str> = Vec::new();
    for word in &words {
        let unit = word.trim_end_matches([')', ',']);
        let number = blotted.last().is_some_and(|last| {
            let last = last.trim_start_matches('(');
            !last.is_empty() && last.chars().all(|digit| digit.is_ascii_digit() || digit == '.')
        });
        if number && ["ns", "µs", "ms", "s"].contains(&unit) {
            let open = blotted.pop().is_some_and(|last| last.starts_with('('));
            while blotted.last().is_some_and(|last| last.is_empty()) {
                blotted.pop();
            }
            blotted.push(match (open, word.ends_with(')')) {
                (true, true) => "([TIME])",
                (true, false) => "([TIME],",
                _ => "[TIME]",
            });
        } else {
            blotted.push(word);
        }
    }
    blotted.join(" ").trim_end().to_owned()
}

/// The directory of a checkout's builds has a name that depends on where it is.
fn blot_checkout(text: &str) -> String {
    let mut parts = text.split("/builds/");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + "/builds/[CHECKOUT]" + &part[part.len().min(16)..])
}

/// How large machine code is depends on the processor.
fn blot_machine_code(line: String) -> String {
    match line.split_once("[TIME]") {
        Some((before, _)) if before.contains("precompiled ") => format!("{before}[TIME] [SIZE]"),
        _ => line,
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("writable");
    for entry in fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display())) {
        let path = entry.expect("readable").path();
        let name = path.file_name().expect("a file has a name");
        if path.is_dir() {
            copy(&path, &to.join(name));
        } else if path.extension().is_some_and(|end| end == "wat") {
            let bytes = wat::parse_file(&path).unwrap_or_else(|error| panic!("{error}"));
            fs::write(to.join(name).with_extension("wasm"), bytes).expect("writable");
        } else {
            fs::copy(&path, to.join(name)).expect("writable");
        }
    }
}
