use std::cell::RefCell;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use poly_cache::{Digest, StatMemo};

use super::super::find::RECEIPT;
use super::super::parse;
use super::super::process::Running;
use super::*;

#[path = "tests/archive.rs"]
mod archive;
#[path = "tests/interrupted.rs"]
mod interrupted;
#[path = "tests/ways.rs"]
mod ways;

/// A `POLY_HOME` and a machine that has what every machine has.
struct Sandbox {
    directory: tempfile::TempDir,
}

/// What a script runs that installs a tool well.
const INSTALL: &str = r#"
mkdir -p "$POLY_PREFIX/bin"
printf '#!/bin/sh\necho tool %s\n' "$POLY_VERSION" > "$POLY_PREFIX/bin/tool"
chmod +x "$POLY_PREFIX/bin/tool"
"#;

impl Sandbox {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn home(&self) -> PathBuf {
        self.directory.path().join("poly")
    }

    fn prefix(&self) -> PathBuf {
        self.home().join("tools/tool/1.5.0")
    }

    fn finder(&self) -> Finder {
        let environment = [("PATH", "/usr/bin:/bin"), ("HOME", "/")];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let memo = StatMemo::open(&self.directory.path().join("memo.json"));
        let caches = self.directory.path().join("caches");
        let finder = Finder::new(self.home(), caches, environment.into(), memo);
        // A list of its own: an interrupt must not reach the neighbours.
        Finder { running: Box::leak(Box::new(Running::new())), ..finder }
    }

    /// Replaces the installed tool.
    fn break_tool(&self, script: &str) {
        std::fs::write(self.prefix().join("bin/tool"), format!("#!/bin/sh\n{script}\n")).unwrap();
    }

    /// Provides in another thread, and interrupts it as soon as `ready` is there.
    fn provide_and_interrupt(&self, toolchain: &Toolchain) -> ToolError {
        let finder = self.finder();
        thread::scope(|scope| {
            let provided = scope.spawn(|| provide(&finder, toolchain));
            while !self.ready().exists() {
                thread::sleep(Duration::from_millis(5));
            }
            finder.running.interrupt_all();
            provided.join().unwrap().unwrap_err()
        })
    }

    fn ready(&self) -> PathBuf {
        self.directory.path().join("ready")
    }

    /// A script that says that it runs, and then does so for long.
    fn hanging(&self) -> String {
        format!("echo x > {}; sleep 60", self.ready().display())
    }

    fn assert_complete(&self) {
        assert!(self.prefix().join(RECEIPT).exists());
        assert!(self.prefix().join("bin/tool").exists());
        assert!(!self.home().join("aside/tool-1.5.0").exists());
    }
}

/// A toolchain of one tool, with ways to install it, and what the script `NAME` says.
fn toolchain(ways: &str, scripts: &[(&str, &str)]) -> Toolchain {
    let text = format!(
        "name = 'fake'\nabout = ''\nlanguage = ''\nproduces = 'module'\nreproducible = true\n\
         inputs = []\n[tool.tool]\naccept = '>=1, <2'\ninstall-version = '1.5.0'\n{ways}\n\
         [[step]]\nname = 'compile'\nrun = ['{{tool:tool}}']\n"
    );
    let script = |name: &str| {
        let script = scripts.iter().find(|(script, _)| *script == name);
        script.map(|(_, text)| (*text).to_owned())
    };
    parse::toolchain("fake.toml", &text, &script).unwrap()
}

fn script(name: &str) -> String {
    format!("[[tool.tool.install]]\nway = 'script'\nscript = '{name}'\n")
}

fn provide(finder: &Finder, toolchain: &Toolchain) -> Result<Tools, ToolError> {
    finder.provide(toolchain, &BTreeMap::new(), true, &|_| {})
}

fn attempts(error: ToolError) -> Vec<Attempt> {
    let ToolError::Install(error) = error else { panic!("{error}") };
    let InstallError::Failed { attempts, .. } = *error else { panic!("{error}") };
    attempts
}

/// A `PATH` with no more than the scripts of these tests need.
fn only_bash(sandbox: &Sandbox) -> String {
    let directory = sandbox.directory.path().join("path");
    std::fs::create_dir(&directory).unwrap();
    for name in ["bash", "sh", "mkdir", "chmod", "seq"] {
        let program = which::which(name).unwrap();
        std::os::unix::fs::symlink(program, directory.join(name)).unwrap();
    }
    directory.to_str().unwrap().to_owned()
}

#[test]
fn a_script_installs_once_and_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    let events = RefCell::new(Vec::new());
    let progress = |event: InstallEvent<'_>| events.borrow_mut().push(format!("{event:?}"));
    let finder = sandbox.finder();

    let tools = finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap();

    assert_eq!(tools.found["tool"].version, "1.5.0");
    assert_eq!(tools.found["tool"].path, sandbox.prefix().join("bin/tool"));
    let receipt = std::fs::read(sandbox.prefix().join(RECEIPT)).unwrap();
    let receipt: Receipt = serde_json::from_slice(&receipt).unwrap();
    assert_eq!((receipt.way.as_str(), receipt.version.as_str()), ("script", "1.5.0"));
    let origin = finder.origin(&toolchain.tools["tool"], &tools.found["tool"], false);
    assert_eq!(origin.from, "script good.sh");
    let text = format!("sha256:{}", Digest::of(INSTALL.as_bytes()));
    assert_eq!(origin.checksums, [("any".to_owned(), text)].into());
    assert!(!sandbox.home().join("work/tool-1.5.0").exists());
    assert_eq!(events.borrow().len(), 2, "{events:?}");

    let again = finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap();
    assert_eq!(again.found, tools.found);
    assert_eq!(events.borrow().len(), 2, "{events:?}");
}

#[test]
fn without_leave_nothing_is_installed() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    let result = sandbox.finder().provide(&toolchain, &BTreeMap::new(), false, &|_| {});
    assert!(matches!(result, Err(ToolError::NotFound(_))));
    assert!(!sandbox.home().exists());
}

#[test]
fn the_next_way_is_tried_in_an_empty_prefix() {
    let sandbox = Sandbox::new();
    let ways = script("bad.sh") + &script("good.sh");
    let bad = "touch $POLY_PREFIX/rubbish; echo cannot do this >&2; exit 1";
    let toolchain = toolchain(&ways, &[("bad.sh", bad), ("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    assert!(!sandbox.prefix().join("rubbish").exists());
}

#[test]
fn when_all_ways_fail_each_says_why() {
    let sandbox = Sandbox::new();
    let ways = script("bad.sh")
        + &script("empty.sh")
        + &script("other.sh")
        + "[[tool.tool.install]]\nway = 'go'\npackage = 'example.com/tool'\n"
        + "[[tool.tool.install]]\nway = 'go'\npackage = 'example.com/tool'\nmodule = 'example.com'\n"
        + "[[tool.tool.install]]\nway = 'python'\npackages = ['tool==1.5.0']\n";
    let other = INSTALL.replace("$POLY_VERSION", "3.0.0");
    let bad = "for i in $(seq 100); do echo line $i; done; exit 1";
    let scripts = [("bad.sh", bad), ("empty.sh", "exit 0"), ("other.sh", &*other)];
    let mut finder = sandbox.finder();
    // No Go on this machine.
    finder.environment.insert("PATH".into(), only_bash(&sandbox));
    let error = provide(&finder, &toolchain(&ways, &scripts)).unwrap_err();

    assert_eq!(
        error.to_string(),
        "cannot install `tool` 1.5.0: the ways `script`, `script`, `script`, `go`, `go`, `python` failed"
    );
    let help = error.help().unwrap().to_string();
    assert!(
        help.ends_with(
            "install `tool` yourself, in one of these ways:\n  \
             go install example.com/tool@v1.5.0\n  \
             python3 -m venv ~/tool && ~/tool/bin/python -m pip install tool==1.5.0 && \
             export PATH=~/tool/bin:$PATH"
        ),
        "{help}"
    );
    let attempts = attempts(error);
    let lines: Vec<&str> = attempts[0].said.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[11]), (12, "line 89", "line 100"));
    assert!(attempts[1].said.ends_with("bin/tool` is not an executable file"), "{attempts:?}");
    assert!(attempts[2].said.ends_with("bin/tool` is version 3.0.0"), "{attempts:?}");
    assert_eq!(attempts[3].said, "`go` is not on `PATH`");
    assert!(!sandbox.prefix().exists());
}

#[test]
fn who_cannot_have_a_tool_is_told_what_else_to_do() {
    let sandbox = Sandbox::new();
    let mut finder = sandbox.finder();
    // No Rust on this machine.
    finder.environment.insert("PATH".into(), only_bash(&sandbox));
    let catalog = crate::toolchain::Catalog::embedded();
    let toolchain = catalog.get("componentize-py").unwrap();
    let error = provide(&finder, toolchain).unwrap_err();
    assert_eq!(
        error.help().unwrap().to_string(),
        "`helper` said:\n  `cargo` is not on `PATH`\n\
         install `poly-componentize-py` yourself, where `PATH` leads to it\n\
         or use the toolchain `componentize-py-pip`, which needs Python and no Rust, and whose builds \
         differ in their bytes"
    );
    let missing = finder.provide(toolchain, &BTreeMap::new(), false, &|_| {}).unwrap_err();
    let help = missing.help().unwrap().to_string();
    assert!(help.contains("\nor use the toolchain `componentize-py-pip`"), "{help}");
}

/// What a script made that has been mended since was once kept for ever.
#[test]
fn another_recipe_installs_again() {
    let sandbox = Sandbox::new();
    let good = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &good).unwrap();
    let mended = format!("{INSTALL}\ntouch $POLY_PREFIX/mended");
    let scripts =
        [("good.sh", INSTALL), ("mended.sh", &*mended), ("bad.sh", "exit 1"), ("new.sh", INSTALL)];
    let is_mended = || sandbox.prefix().join("mended").exists();

    // Another way before it, or a script of another name, changes nothing about how it was made.
    let ways = script("bad.sh") + &script("new.sh");
    provide(&sandbox.finder(), &toolchain(&ways, &scripts)).unwrap();
    sandbox.assert_complete();

    let mended = toolchain(&script("mended.sh"), &scripts);
    let refused = sandbox.finder().provide(&mended, &BTreeMap::new(), false, &|_| {}).unwrap_err();
    assert!(
        refused.to_string().ends_with("was installed in a way that has been changed since"),
        "{refused}"
    );
    attempts(provide(&sandbox.finder(), &toolchain(&script("bad.sh"), &scripts)).unwrap_err());
    sandbox.assert_complete();
    assert!(!is_mended());

    provide(&sandbox.finder(), &mended).unwrap();
    sandbox.assert_complete();
    assert!(is_mended());

    // As older polys wrote it.
    std::fs::write(
        sandbox.prefix().join(RECEIPT),
        r#"{"tool": "tool", "version": "1.5.0", "way": "script"}"#,
    )
    .unwrap();
    provide(&sandbox.finder(), &good).unwrap();
    assert!(is_mended(), "a receipt that does not tell is believed");
}

#[test]
fn a_home_that_cannot_be_written() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.home(), "a file").unwrap();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    let error = provide(&sandbox.finder(), &toolchain).unwrap_err();
    assert!(error.to_string().starts_with("cannot write to `"), "{error}");
}
