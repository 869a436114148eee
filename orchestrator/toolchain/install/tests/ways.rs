//! What each way to install runs, and what is known afterwards of where a tool is from.

use super::*;

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
