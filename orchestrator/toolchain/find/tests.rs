use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use super::super::parse;
use super::*;

/// A machine with a home, a PATH and a `POLY_HOME` of its own.
struct Machine {
    directory: tempfile::TempDir,
}

const COMPILER: &str = r#"
name = "fake"
about = "a compiler that is a shell script"
language = "shell"
produces = "module"
reproducible = true
inputs = []
[tool.compiler]
accept = ">=1.2, <2"
install-version = "1.5.0"
witness = ["{home}/settings"]
resolve = { run = ["root"], path = "bin/compiler" }
[[tool.compiler.variant]]
name = "new"
directory = ["target", "new"]
[[tool.compiler.variant]]
name = "old"
directory = ["target", "old"]
[tool.linker]
from = "compiler"
accept = "*"
[[step]]
name = "compile"
run = ["{tool:compiler}"]
"#;

impl Machine {
    fn new() -> Self {
        let machine = Self { directory: tempfile::tempdir().unwrap() };
        for directory in ["home", "path", "other", "poly"] {
            std::fs::create_dir(machine.at(directory)).unwrap();
        }
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }

    fn finder(&self) -> Finder {
        let path = format!("{}:{}", self.at("path").display(), self.at("other").display());
        let environment = [
            ("HOME".to_owned(), self.at("home").to_str().unwrap().to_owned()),
            ("PATH".to_owned(), path),
        ];
        let memo = StatMemo::open(&self.at("poly/memo.json"));
        Finder::new(self.at("poly"), self.at("caches"), environment.into(), memo)
    }

    fn executable(&self, path: &str, script: &str) -> PathBuf {
        let path = self.at(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// A compiler with a linker beside it, which counts how often it is asked.
    fn compiler(&self, root: &str, version: &str) -> PathBuf {
        let here = self.at(root);
        let script = format!(
            "echo asked >> {log}\ncase $1 in --version) echo \"compiler {version} (2026-01-01)\";; root) echo {root};; target) echo {root}/lib/$2;; esac",
            log = self.at("asked").display(),
            root = here.display(),
        );
        self.executable(&format!("{root}/bin/linker"), "echo linker 7.0");
        self.executable(&format!("{root}/bin/compiler"), &script)
    }

    fn target(&self, root: &str, name: &str) {
        std::fs::create_dir_all(self.at(root).join("lib").join(name)).unwrap();
    }

    fn asked(&self) -> usize {
        std::fs::read_to_string(self.at("asked")).unwrap_or_default().lines().count()
    }

    fn link(&self, target: &Path, path: &str) {
        std::os::unix::fs::symlink(target, self.at(path)).unwrap();
    }
}

fn toolchain(text: &str) -> Toolchain {
    parse::toolchain("fake.toml", text, &|_| None).unwrap()
}

fn find(finder: &Finder) -> Tools {
    finder.find(&toolchain(COMPILER), &BTreeMap::new()).unwrap()
}

fn refusals(tools: &Tools) -> Vec<&Refusal> {
    tools.missing[0].candidates.iter().map(|candidate| &candidate.refusal).collect()
}

#[test]
fn a_proxy_is_looked_through_and_a_tool_found_beside() {
    let machine = Machine::new();
    let real = machine.compiler("real", "1.3.0");
    machine.target("real", "old");
    machine.link(&real, "path/compiler");

    let tools = find(&machine.finder());

    assert_eq!(tools.missing, []);
    let compiler = &tools.found["compiler"];
    assert_eq!(compiler.path, real);
    assert_eq!(compiler.version, "1.3.0");
    assert_eq!(compiler.variant.as_deref(), Some("old"));
    assert_eq!(compiler.digest, Digest::of_file(&real).unwrap());
    let cache = format!("caches/compiler-{}", &compiler.digest.to_string()[..16]);
    assert_eq!(compiler.cache, machine.at(&cache), "another compiler has another");
    assert_eq!(tools.found["linker"].path, machine.at("real/bin/linker"));
    let bin = machine.at("real/bin");
    let bin = bin.to_str().unwrap();
    assert_eq!(tools.search_path(Some(&format!("/usr/bin:{bin}"))), format!("{bin}:/usr/bin"));
}

#[test]
fn the_first_that_will_do_is_taken_and_the_others_have_reasons() {
    let machine = Machine::new();
    let old = machine.compiler("path", "1.0.0");
    machine.link(&old, "path/compiler");
    let tools = find(&machine.finder());
    assert_eq!(refusals(&tools), [&Refusal::Version { version: "1.0.0".into() }]);
    assert_eq!(
        tools.missing[0].to_string(),
        format!(
            "tool `compiler` was not found: `{}` is version 1.0.0",
            machine.at("path/compiler").display()
        )
    );
    assert_eq!(
        tools.missing[1].to_string(),
        "tool `linker` lies beside `compiler`, which was not found"
    );

    let without = machine.compiler("without", "1.4.0");
    machine.link(&without, "other/compiler");
    let tools = find(&machine.finder());
    let variants = vec!["new".to_owned(), "old".to_owned()];
    assert_eq!(
        refusals(&tools),
        [&Refusal::Version { version: "1.0.0".into() }, &Refusal::NoVariant { variants }]
    );
    let help = tools.missing[0].help().unwrap().to_string();
    assert!(help.contains("other/compiler` has no support for `new` or `old`"), "{help}");
    assert!(help.contains("\nneeded is a version that is >=1.2, <2; "), "{help}");

    let installed = machine.compiler("poly/tools/compiler/1.5.0", "1.5.0");
    machine.target("poly/tools/compiler/1.5.0", "new");
    assert_eq!(
        find(&machine.finder()).missing.len(),
        2,
        "a prefix without a receipt is no install"
    );
    std::fs::write(machine.at("poly/tools/compiler/1.5.0/receipt.json"), "{}").unwrap();
    assert_eq!(find(&machine.finder()).found["compiler"].path, installed);
}

/// A place that is searched twice is looked at once, and where nothing more is needed, no further.
#[test]
fn a_place_is_looked_at_once() {
    let machine = Machine::new();
    let old = machine.compiler("path", "1.0.0");
    machine.link(&old, "path/compiler");
    let mut finder = machine.finder();
    let path = format!("{0}:{0}", machine.at("path").display());
    finder.environment.insert("PATH".to_owned(), path);
    let tools = find(&finder);
    assert_eq!(refusals(&tools), [&Refusal::Version { version: "1.0.0".into() }]);

    let installed = machine.compiler("poly/tools/compiler/1.5.0", "1.9.0");
    std::fs::write(machine.at("poly/tools/compiler/1.5.0/receipt.json"), "{}").unwrap();
    let path =
        format!("{}:{}", machine.at("path").display(), installed.parent().unwrap().display());
    finder.environment.insert("PATH".to_owned(), path);
    let tools = find(&finder);
    assert_eq!(refusals(&tools).len(), 2, "poly's own lies on PATH: {:?}", refusals(&tools));
}

#[test]
fn what_fails_or_says_nothing_is_refused() {
    let machine = Machine::new();
    machine.executable("path/compiler", "echo no such command >&2; exit 127");
    machine.executable("other/compiler", "echo hello");
    let tools = find(&machine.finder());
    assert_eq!(
        refusals(&tools),
        [
            &Refusal::Fails { arguments: "--version".into(), said: "no such command".into() },
            &Refusal::NoVersion { said: "hello".into() },
        ]
    );
}

#[test]
fn a_tool_that_hangs_is_refused() {
    let machine = Machine::new();
    machine.executable("path/compiler", "/bin/sleep 60");
    let finder = Finder { patience: Duration::from_millis(200), ..machine.finder() };
    let expected =
        Refusal::Fails { arguments: "--version".into(), said: "no answer within 200ms".into() };
    assert_eq!(refusals(&find(&finder)), [&expected]);
}

/// `poly toolchain install` was once offered for tools that it has no way to install.
#[test]
fn a_remedy_is_one_that_works() {
    let machine = Machine::new();
    let help = |tools: &Tools, index: usize| tools.missing[index].help().unwrap().to_string();
    let tools = find(&machine.finder());
    assert_eq!(
        help(&tools, 0),
        "needed is a version that is >=1.2, <2; poly has no way to install one: do it yourself, \
         where `PATH` leads to it, or name it in the manifest: `[toolchain.NAME.tools]`"
    );
    assert_eq!(help(&tools, 1), "needed is a version that is *; it comes with `compiler`");
    let way = "[[tool.compiler.install]]\nway = 'cargo'\ncrate = 'compiler'\n[tool.linker]";
    let text = COMPILER.replace("[tool.linker]", way);
    let tools = machine.finder().find(&toolchain(&text), &BTreeMap::new()).unwrap();
    assert_eq!(
        help(&tools, 0),
        "needed is a version that is >=1.2, <2; `poly toolchain install` can get one"
    );
}

#[test]
fn an_override_is_the_only_place() {
    let machine = Machine::new();
    let good = machine.compiler("path", "1.3.0");
    machine.target("path", "new");
    machine.link(&good, "path/compiler");
    let finder = machine.finder();
    let with = |path: PathBuf| {
        let overrides = BTreeMap::from([("compiler".to_owned(), path)]);
        finder.find(&toolchain(COMPILER), &overrides).unwrap()
    };
    let mine = machine.compiler("mine", "1.9.0");
    machine.target("mine", "new");
    assert_eq!(with(mine).found["compiler"].version, "1.9.0");

    let tools = with(machine.at("nowhere"));
    assert_eq!(refusals(&tools), [&Refusal::Absent]);
    assert!(tools.missing[0].overridden);
    assert_eq!(
        tools.missing[0].help().unwrap().to_string(),
        "the manifest names this executable: correct it there, or leave it away"
    );
}

#[test]
fn a_nightly_counts_as_its_release() {
    let machine = Machine::new();
    let nightly = machine.compiler("real", "1.3.0-nightly");
    machine.target("real", "new");
    machine.link(&nightly, "path/compiler");
    assert_eq!(find(&machine.finder()).found["compiler"].version, "1.3.0-nightly");
}

/// The one test that waits: files must have settled before anything is remembered.
#[test]
fn answers_are_remembered_until_something_they_rest_on_changes() {
    let machine = Machine::new();
    let real = machine.compiler("real", "1.3.0");
    machine.target("real", "old");
    machine.link(&real, "path/compiler");
    let refused = machine.compiler("refused", "1.0.0");
    machine.link(&refused, "other/compiler");
    std::fs::rename(machine.at("path"), machine.at("later")).unwrap();
    std::fs::rename(machine.at("other"), machine.at("path")).unwrap();
    std::fs::rename(machine.at("later"), machine.at("other")).unwrap();
    std::thread::sleep(Duration::from_millis(2100));

    let finder = machine.finder();
    let first = find(&finder).found["compiler"].clone();
    finder.save().unwrap();
    let asked = machine.asked();
    assert!(asked > 0);

    assert_eq!(find(&machine.finder()).found["compiler"], first);
    assert_eq!(machine.asked(), asked, "no process is started, not even for the refused one");

    std::fs::write(machine.at("home/settings"), "changed").unwrap();
    find(&machine.finder());
    assert!(machine.asked() > asked, "a witness appeared");
    let asked = machine.asked();

    // The memo was not saved since, so this is about the directory alone.
    std::fs::remove_file(machine.at("home/settings")).unwrap();
    find(&machine.finder());
    assert_eq!(machine.asked(), asked);
    machine.target("real", "new");
    let found = find(&machine.finder()).found["compiler"].clone();
    assert_eq!(found.variant.as_deref(), Some("new"));
    let asked = machine.asked();

    machine.compiler("real", "1.4.0");
    assert_eq!(find(&machine.finder()).found["compiler"].version, "1.4.0");
    assert!(machine.asked() > asked);
}

#[test]
fn a_variable_that_the_toolchain_passes_is_part_of_the_question() {
    let machine = Machine::new();
    let script = "case $1 in --version) echo compiler ${COMPILER_VERSION:-1.2.0};; esac";
    machine.executable("path/compiler", script);
    let text = COMPILER
        .replace("resolve = { run = [\"root\"], path = \"bin/compiler\" }\n", "")
        .replace("[[step]]", "[environment]\npass = [\"COMPILER_VERSION\"]\n[[step]]");
    let start = text.find("[[tool.compiler.variant]]").unwrap();
    let end = text.find("[tool.linker]").unwrap();
    let text = format!("{}{}", &text[..start], &text[end..]);
    std::thread::sleep(Duration::from_millis(2100));
    let mut finder = machine.finder();
    let version = |finder: &Finder| {
        let tools = finder.find(&toolchain(&text), &BTreeMap::new()).unwrap();
        tools.found["compiler"].version.clone()
    };
    assert_eq!(version(&finder), "1.2.0");
    finder.environment.insert("COMPILER_VERSION".into(), "1.7.0".into());
    assert_eq!(version(&finder), "1.7.0");
}

/// A virtual environment with componentize-py in it, as pip leaves it.
fn python_package(machine: &Machine, prefix: &str, code: &str) -> PathBuf {
    let path = machine.at(prefix);
    let script = format!("# {}/bin/python\necho componentize-py 0.25.1", path.display());
    let packages = path.join("lib/python3.11/site-packages/componentize_py");
    std::fs::create_dir_all(packages.join("__pycache__")).unwrap();
    std::fs::write(packages.join("__pycache__/x.py"), path.to_str().unwrap()).unwrap();
    std::fs::write(packages.join("__init__.py"), "").unwrap();
    std::fs::write(packages.join("componentize_py.abi3.so"), code).unwrap();
    machine.executable(&format!("{prefix}/bin/componentize-py"), &script)
}

fn find_componentize_py(finder: &Finder) -> Tools {
    let catalog = super::super::Catalog::embedded();
    finder.find(catalog.get("componentize-py-pip").unwrap(), &BTreeMap::new()).unwrap()
}

/// The digest of its launcher stayed the same when the package changed, and changed with the
/// directory that it was installed in.
#[test]
fn componentize_py_is_its_package_and_not_its_launcher() {
    let identity = |code: &str| {
        let machine = Machine::new();
        let prefix = "poly/tools/componentize-py/0.25.1";
        python_package(&machine, prefix, code);
        std::fs::write(machine.at(prefix).join("receipt.json"), "{}").unwrap();
        find_componentize_py(&machine.finder()).found["componentize-py"].digest
    };
    assert_eq!(identity("code"), identity("code"), "in two homes");
    assert_ne!(identity("code"), identity("other code"));
}

#[test]
fn a_launcher_of_who_knows_what_is_refused() {
    let machine = Machine::new();
    machine.executable("path/componentize-py", "echo componentize-py 0.25.1");
    let tools = find_componentize_py(&machine.finder());
    let [Refusal::Launcher { prefix, globs }] = refusals(&tools)[..] else { panic!("{tools:?}") };
    assert_eq!(*prefix, machine.directory.path().canonicalize().unwrap());
    assert_eq!(globs.len(), 1);
}

#[test]
fn a_shim_is_looked_behind() {
    let machine = Machine::new();
    let one = python_package(&machine, "versions/one", "code");
    let two = python_package(&machine, "versions/two", "other code");
    machine.executable("shims/componentize-py", "echo componentize-py 0.25.1");
    let choice = machine.at("version");
    let pyenv = format!("[ $1 $2 = 'which componentize-py' ] && cat {}", choice.display());
    machine.executable("path/pyenv", &pyenv.replace("$1 $2", "\"$1 $2\""));
    std::fs::write(&choice, one.to_str().unwrap()).unwrap();
    std::thread::sleep(Duration::from_millis(2100));
    let path = format!("{}:{}:/bin", machine.at("shims").display(), machine.at("path").display());
    let fresh = || {
        let mut finder = machine.finder();
        finder.environment.insert("PATH".into(), path.clone());
        finder
    };
    let finder = fresh();

    let first = find_componentize_py(&finder).found["componentize-py"].clone();
    assert_eq!(first.path, one);
    // Another version is chosen; the shim is as it was.
    std::fs::write(&choice, two.to_str().unwrap()).unwrap();
    let second = find_componentize_py(&finder).found["componentize-py"].clone();
    assert_eq!(second.path, two);
    assert_ne!(first.digest, second.digest);

    machine.executable("path/pyenv", "exit 127");
    assert_eq!(refusals(&find_componentize_py(&fresh())), [&Refusal::Shim]);
}
