//! Each way to install a tool, as the commands that it runs.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use super::super::definition::{Tool, Way};
use super::super::environment::{INSTALL_PASS, UserDirectories, Variables, passed};
use super::super::find::{Finder, Tools};
use super::super::origin::platform;
use super::super::process::{Invocation, ProcessError, Running};
use super::archive;
use super::place::Place;

/// How many lines are told of what a way that failed has said.
const TOLD: usize = 12;

/// Why a way did not work.
pub(super) enum Failure {
    /// In its own words, or in ours about what it left behind.
    Said(String),
    /// A command could not be run.
    Process(ProcessError),
    /// poly's own directory cannot be written.
    Home(io::Error),
}

/// Runs a way in a prepared place. `before` are tools that it may use.
pub(super) fn run(
    finder: &Finder,
    way: &Way,
    place: &Place,
    before: &Tools,
) -> Result<(), Failure> {
    let runner = Runner::new(finder, way, place, before);
    match way {
        Way::RustupTarget { target } => runner.run("rustup", &["target", "add", target]),
        Way::Python { packages } => runner.python(packages),
        Way::Cargo { package, locked } => {
            let root = text(&place.prefix)?;
            let mut arguments = vec!["install", package, "--version", &place.version];
            arguments.extend(["--root", root]);
            arguments.extend(locked.then_some("--locked"));
            runner.run("cargo", &arguments)
        }
        Way::Go { package, module: None } => {
            runner.run("go", &["install", &format!("{package}@v{}", place.version)])
        }
        Way::Go { package, module: Some(module) } => runner.go_in_own_module(package, module),
        Way::Archive { platforms, strip, bin } => {
            let archive = platforms
                .get(&platform())
                .ok_or_else(|| Failure::Said(format!("there is no archive for {}", platform())))?;
            archive::install(archive, *strip, bin, place, finder.running)
        }
        Way::Helper { name, sources } => runner.helper(name, sources),
        Way::Script { name, text: script } => {
            let file = place.work.join(name);
            std::fs::write(&file, script).map_err(Failure::Home)?;
            runner.run("bash", &[text(&file)?])
        }
    }
}

/// The line that a person can run instead of a way.
pub(super) fn by_hand(way: &Way, tool: &Tool) -> Option<String> {
    let version = tool.install_version.as_deref().unwrap_or_default();
    match way {
        Way::RustupTarget { target } => Some(format!("rustup target add {target}")),
        // Not into the system's Python, which many a system keeps to itself (PEP 668).
        Way::Python { packages } => Some(format!(
            "python3 -m venv ~/{name} && ~/{name}/bin/python -m pip install {packages} && \
             export PATH=~/{name}/bin:$PATH",
            name = tool.name,
            packages = packages.join(" ")
        )),
        Way::Cargo { package, locked } => {
            let locked = if *locked { " --locked" } else { "" };
            Some(format!("cargo install {package} --version {version}{locked}"))
        }
        Way::Go { package, .. } => Some(format!("go install {package}@v{version}")),
        Way::Archive { platforms, .. } => {
            Some(format!("unpack {}", platforms.get(&platform())?.url))
        }
        Way::Helper { .. } | Way::Script { .. } => None,
    }
}

/// The commands of one way: all in one environment, with one log.
struct Runner<'a> {
    place: &'a Place,
    log: PathBuf,
    variables: Variables,
    running: &'static Running,
}

impl<'a> Runner<'a> {
    fn new(finder: &Finder, way: &Way, place: &'a Place, before: &Tools) -> Self {
        let mut variables = passed(&finder.environment, INSTALL_PASS);
        // The user's own first: what poly installed is for compiling components, and may be
        // less of a toolchain than what is there for the machine itself.
        let own = before.search_path(None);
        let path = variables.get("PATH").filter(|path| !path.is_empty());
        let path = path.map_or_else(|| own.clone(), |path| format!("{path}:{own}"));
        for (name, value) in [
            ("PATH", path.trim_end_matches(':')),
            ("POLY_PREFIX", &place.prefix.to_string_lossy()),
            ("POLY_WORK", &place.work.to_string_lossy()),
            ("POLY_VERSION", &place.version),
            ("GOBIN", &place.prefix.join("bin").to_string_lossy()),
            // Not another compiler, not somebody else's workspace, no version control.
            ("GOTOOLCHAIN", "local"),
            ("GOWORK", "off"),
            ("GOFLAGS", "-mod=mod -buildvcs=false"),
            // Asked at a terminal, these would wait for an answer that nobody gives.
            ("PIP_NO_INPUT", "1"),
            ("PIP_DISABLE_PIP_VERSION_CHECK", "1"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        Self { place, log: place.log(way.name()), variables, running: finder.running }
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        self.run_in(&self.place.work, program, arguments)
    }

    fn run_in(&self, directory: &Path, program: &str, arguments: &[&str]) -> Result<(), Failure> {
        let path = self.variables.get("PATH");
        let executable = which::which_in(program, path, directory)
            .map_err(|_| Failure::Said(format!("`{program}` is not on `PATH`")))?;
        let arguments: Vec<String> =
            arguments.iter().map(|&argument| argument.to_owned()).collect();
        let invocation = Invocation {
            program: &executable,
            arguments: &arguments,
            directory,
            environment: &self.variables,
        };
        let finished = self.running.run(&invocation, Some(&self.log), None);
        let finished = finished.map_err(Failure::Process)?;
        if finished.status.success() {
            return Ok(());
        }
        let output = String::from_utf8_lossy(&finished.output).into_owned();
        let lines: Vec<&str> = output.lines().filter(|line| !line.trim().is_empty()).collect();
        let told = lines[lines.len().saturating_sub(TOLD)..].join("\n");
        Err(Failure::Said(if told.is_empty() { finished.status.to_string() } else { told }))
    }

    fn python(&self, packages: &[String]) -> Result<(), Failure> {
        let prefix = text(&self.place.prefix)?;
        self.run("python3", &["-m", "venv", prefix])?;
        let python = self.place.prefix.join("bin/python");
        let mut arguments = vec!["-m", "pip", "install", "--quiet"];
        arguments.extend(packages.iter().map(String::as_str));
        self.run(text(&python)?, &arguments)
    }

    /// Builds a program from the sources that poly carries. No path of this machine gets into it, so that
    /// equal compilers make equal programs: that is what keys hold of it.
    fn helper(mut self, name: &str, sources: &BTreeMap<String, String>) -> Result<(), Failure> {
        let directory = self.place.work.join(name);
        for (file, source) in sources {
            let path = directory.join(file);
            std::fs::create_dir_all(path.parent().unwrap_or(&directory)).map_err(Failure::Home)?;
            std::fs::write(&path, source).map_err(Failure::Home)?;
        }
        let cargo_home = UserDirectories::of(&self.variables).cargo_home;
        let flags = [(&directory, "/source"), (&cargo_home, "/cargo")]
            .map(|(path, name)| format!("--remap-path-prefix={}={name}", path.display()));
        self.variables.insert("CARGO_ENCODED_RUSTFLAGS".to_owned(), flags.join("\u{1f}"));
        let root = text(&self.place.prefix)?;
        self.run_in(&directory, "cargo", &["install", "--locked", "--path", ".", "--root", root])
    }

    /// Builds a Go program in a module that requires the program's: that asks the proxy for
    /// one version, not for a list of all.
    fn go_in_own_module(&self, package: &str, module: &str) -> Result<(), Failure> {
        let directory = self.place.work.join("module");
        let go_mod = format!(
            "module poly.invalid/tool\n\ngo 1.24\n\ntool {package}\n\nrequire {module} v{}\n",
            self.place.version
        );
        std::fs::create_dir_all(&directory).map_err(Failure::Home)?;
        std::fs::write(directory.join("go.mod"), go_mod).map_err(Failure::Home)?;
        self.run_in(&directory, "go", &["mod", "tidy"])?;
        let output = format!("{}/", text(&self.place.prefix.join("bin"))?);
        std::fs::create_dir_all(&output).map_err(Failure::Home)?;
        self.run_in(&directory, "go", &["build", "-trimpath", "-o", &output, package])
    }
}

fn text(path: &Path) -> Result<&str, Failure> {
    path.to_str().ok_or_else(|| {
        Failure::Said(format!("`{}` cannot be passed to a tool: it is not Unicode", path.display()))
    })
}
