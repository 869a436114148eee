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

/// A stand-in for rustup, which makes the tool on `PATH` able to do what it could not.
#[test]
fn a_target_is_added_to_the_users_own_rust() {
    let sandbox = Sandbox::new();
    let path = only_bash(&sandbox);
    let lib = sandbox.directory.path().join("lib");
    let executable = |name: &str, script: &str| {
        let file = Path::new(&path).join(name);
        std::fs::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    let tool =
        format!("case $1 in --version) echo tool 1.1.0;; *) echo {}/$1;; esac", lib.display());
    executable("tool", &tool);
    executable("rustup", &format!("echo \"$@\"; mkdir -p {}/wasm32-wasip1", lib.display()));
    let mut finder = sandbox.finder();
    finder.environment.insert("PATH".into(), path);
    let ways = "[[tool.tool.variant]]\nname = 'wasm32-wasip1'\ndirectory = ['wasm32-wasip1']\n\
                [[tool.tool.install]]\nway = 'rustup-target'\ntarget = 'wasm32-wasip1'\n";

    let tools = provide(&finder, &toolchain(ways, &[])).unwrap();

    assert_eq!(tools.found["tool"].version, "1.1.0");
    assert_eq!(tools.found["tool"].variant.as_deref(), Some("wasm32-wasip1"));
    let log = sandbox.home().join("logs/tool-1.5.0-rustup-target.log");
    assert_eq!(std::fs::read_to_string(log).unwrap(), "target add wasm32-wasip1\n");
    assert!(!sandbox.prefix().exists());
}

/// Stand-ins for the installers, which note what they were asked and leave a tool behind; and what
/// is known afterwards of where it is from.
#[test]
fn each_way_runs_its_commands() {
    let go = "[[tool.tool.install]]\nway = 'go'\npackage = 'example.com/cmd/tool'\n";
    let crate_sum = format!("sha256:{}", Digest::of(b"a crate"));
    let helper = "[[tool.tool.install]]\nway = 'helper'\nhelper = 'componentize-py'\n";
    let recipe = toolchain(helper, &[]).tools["tool"].installs[0].recipe();
    let helper_sum = format!("sha256:{recipe}");
    for (way, expected, from, sum) in [
        (
            "[[tool.tool.install]]\nway = 'cargo'\ncrate = 'a-tool'\n",
            "cargo install a-tool --version 1.5.0 --root PREFIX --locked\n",
            "cargo install a-tool",
            Some(crate_sum.as_str()),
        ),
        (
            go,
            "go install example.com/cmd/tool@v1.5.0\n",
            "go install example.com/cmd/tool",
            Some("h1:sum"),
        ),
        (
            &format!("{go}module = 'example.com'\n"),
            "go mod tidy\ngo build -trimpath -o PREFIX/bin/ example.com/cmd/tool\n",
            "go install example.com/cmd/tool",
            Some("h1:sum"),
        ),
        (
            "[[tool.tool.install]]\nway = 'python'\npackages = ['a-tool==1.5.0', 'b==2']\n",
            "python3 -m venv PREFIX\npython -m pip install --quiet a-tool==1.5.0 b==2\n",
            "pip a-tool b",
            None,
        ),
        (
            helper,
            "cargo install --locked --path . --root PREFIX\n",
            "helper componentize-py",
            Some(helper_sum.as_str()),
        ),
    ] {
        let sandbox = Sandbox::new();
        let path = only_bash(&sandbox);
        let calls = sandbox.directory.path().join("calls");
        let installer = format!(
            "#!/bin/bash\n\
             [ $1 = version ] && {{ echo mod example.com v1.5.0 h1:sum; exit; }}\n\
             echo \"${{0##*/}} $*\" >> {}\n{INSTALL}\n[ -e $POLY_PREFIX/bin/python ] || cp $0 $POLY_PREFIX/bin/python\n",
            calls.display()
        );
        for name in ["cargo", "go", "python3"] {
            let file = Path::new(&path).join(name);
            std::fs::write(&file, &installer).unwrap();
            std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        let cp = which::which("cp").unwrap();
        std::os::unix::fs::symlink(cp, Path::new(&path).join("cp")).unwrap();
        let mut finder = sandbox.finder();
        finder.environment.insert("PATH".into(), path);
        let registry = sandbox.directory.path().join("registry/cache/example.org-1");
        std::fs::create_dir_all(&registry).unwrap();
        std::fs::write(registry.join("a-tool-1.5.0.crate"), "a crate").unwrap();
        let cargo_home = sandbox.directory.path().to_str().unwrap().to_owned();
        finder.environment.insert("CARGO_HOME".into(), cargo_home);
        let toolchain = toolchain(way, &[]);

        let tools = provide(&finder, &toolchain).unwrap();

        let origin = finder.origin(&toolchain.tools["tool"], &tools.found["tool"], false);
        assert_eq!(
            (origin.from.as_str(), origin.checksums.get("any").map(String::as_str)),
            (from, sum)
        );
        let calls = std::fs::read_to_string(calls).unwrap();
        assert_eq!(calls.replace(sandbox.prefix().to_str().unwrap(), "PREFIX"), expected);
    }
}

#[test]
fn a_helper_is_built_of_its_sources_and_no_path_gets_into_it() {
    let sandbox = Sandbox::new();
    let path = only_bash(&sandbox);
    let seen = sandbox.directory.path().join("seen");
    let cargo = format!(
        "#!/bin/bash\n[ -e Cargo.lock ] && [ -e src/main.rs ] && echo $CARGO_ENCODED_RUSTFLAGS > {}\n{INSTALL}",
        seen.display()
    );
    let file = Path::new(&path).join("cargo");
    std::fs::write(&file, cargo).unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut finder = sandbox.finder();
    finder.environment.insert("PATH".into(), path);
    finder.environment.insert("CARGO_HOME".into(), "/somewhere/cargo".into());
    let helper = "[[tool.tool.install]]\nway = 'helper'\nhelper = 'componentize-py'\n";

    provide(&finder, &toolchain(helper, &[])).unwrap();

    let flags = std::fs::read_to_string(seen).unwrap();
    let work = sandbox.home().join("work/tool-1.5.0/componentize-py");
    let [sources, cargo] =
        [format!("{}=/source", work.display()), "/somewhere/cargo=/cargo".into()]
            .map(|remapped| format!("--remap-path-prefix={remapped}"));
    assert_eq!(flags.trim_end(), format!("{sources}\u{1f}{cargo}"));
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

#[test]
fn an_interrupted_install_is_done_again() {
    let sandbox = Sandbox::new();
    let bin = sandbox.prefix().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("half"), "").unwrap();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    assert!(!bin.join("half").exists());
}

/// An interrupted question was once taken for a tool that will not do, and the tool removed.
#[test]
fn an_interrupted_question_leaves_the_tool_alone() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    sandbox.break_tool(&sandbox.hanging());
    let error = sandbox.provide_and_interrupt(&toolchain);
    assert!(matches!(error, ToolError::Interrupted), "{error}");
    sandbox.assert_complete();
}

#[test]
fn nothing_is_installed_any_more_after_an_interrupt() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    sandbox.break_tool("exit 1");
    let finder = sandbox.finder();
    finder.running.interrupt_all();
    let tool = &toolchain.tools["tool"];
    let error = finder.install(&toolchain, tool, &Tools::default(), &|_| {}).unwrap_err();
    assert!(matches!(error, InstallError::Interrupted { .. }), "{error}");
    sandbox.assert_complete();
}

#[test]
fn a_prefix_is_put_back_if_no_way_works_or_poly_is_stopped() {
    let sandbox = Sandbox::new();
    let hanging = sandbox.hanging();
    let scripts = [("good.sh", INSTALL), ("bad.sh", "exit 1"), ("hanging.sh", &*hanging)];
    let with = |name: &str| toolchain(&script(name), &scripts);
    provide(&sandbox.finder(), &with("good.sh")).unwrap();
    sandbox.break_tool("exit 1");

    attempts(provide(&sandbox.finder(), &with("bad.sh")).unwrap_err());
    sandbox.assert_complete();

    let error = sandbox.provide_and_interrupt(&with("hanging.sh"));
    assert!(error.to_string().starts_with("interrupted"), "{error}");
    sandbox.assert_complete();

    // As a poly leaves it that is killed in the middle of an install.
    let aside = sandbox.home().join("aside");
    std::fs::create_dir_all(&aside).unwrap();
    std::fs::rename(sandbox.prefix(), aside.join("tool-1.5.0")).unwrap();
    std::fs::create_dir_all(sandbox.prefix().join("bin/half")).unwrap();
    attempts(provide(&sandbox.finder(), &with("bad.sh")).unwrap_err());
    sandbox.assert_complete();

    provide(&sandbox.finder(), &with("good.sh")).unwrap();
    sandbox.assert_complete();
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
fn two_at_once_install_once() {
    let sandbox = Sandbox::new();
    let slow =
        format!("echo x >> {}/count; sleep 0.3\n{INSTALL}", sandbox.directory.path().display());
    let toolchain = toolchain(&script("slow.sh"), &[("slow.sh", &slow)]);
    let events = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let progress = |event: InstallEvent<'_>| {
                    events.lock().unwrap().push(format!("{event:?}"));
                };
                let finder = sandbox.finder();
                finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap();
            });
        }
    });
    let count = std::fs::read_to_string(sandbox.directory.path().join("count")).unwrap();
    assert_eq!(count, "x\n");
    let events = events.into_inner().unwrap();
    assert!(events.iter().any(|event| event.starts_with("Waiting")), "{events:?}");
}

#[test]
fn an_interrupt_ends_the_wait_for_another_install() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    std::fs::create_dir_all(sandbox.home().join("locks")).unwrap();
    let lock = File::create(sandbox.home().join("locks/tool-1.5.0.lock")).unwrap();
    lock.lock().unwrap();
    let finder = sandbox.finder();
    let running = finder.running;
    let progress = |event: InstallEvent<'_>| {
        assert!(matches!(event, InstallEvent::Waiting { .. }), "{event:?}");
        running.interrupt_all();
    };
    let error = finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap_err();
    assert!(error.to_string().starts_with("interrupted"), "{error}");
}

#[test]
fn a_home_that_cannot_be_written() {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.home(), "a file").unwrap();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    let error = provide(&sandbox.finder(), &toolchain).unwrap_err();
    assert!(error.to_string().starts_with("cannot write to `"), "{error}");
}
