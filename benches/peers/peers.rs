//! Who is measured: how each is told of the graph, run, and made to forget.

use std::env;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;

use crate::must;
use crate::workspace::{self, Workspace};

/// How many tools run side by side, for everyone.
pub(crate) const JOBS: usize = 2;

/// What is fetched from npm.
const PACKAGES: [&str; 3] =
    ["@turbo/linux-64@2.11.11", "@moonrepo/core-linux-x64-gnu@2.5.5", "nx@24.0.6"];

/// Somebody who builds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Peer {
    Poly,
    Ninja,
    Turbo,
    Moon,
    Nx,
    NxNoDaemon,
}

/// The directory of the peers from npm, fetched if they are not there and anyone wants them.
pub(crate) fn place(peers: &[Peer]) -> PathBuf {
    let usual = || {
        let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
        let home = || PathBuf::from(env::var_os("HOME").expect("a home")).join(".cache");
        cache.unwrap_or_else(home).join("poly-bench-peers")
    };
    let place = env::var_os("POLY_BENCH_PEERS").map_or_else(usual, PathBuf::from);
    let wanted = peers.iter().any(|peer| !matches!(peer, Peer::Poly | Peer::Ninja));
    let (list, there) = (PACKAGES.join("\n"), place.join("packages"));
    if wanted && fs::read_to_string(&there).ok().as_ref() != Some(&list) {
        fs::create_dir_all(&place).expect("a writable directory for peers");
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--prefix"]).arg(&place);
        must(npm.args(PACKAGES));
        fs::write(there, list).expect("a writable directory for peers");
    }
    place
}

/// Which they are: what is fetched from npm, and the ninja on `PATH`.
pub(crate) fn versions() -> String {
    let ninja = Command::new("ninja").arg("--version").output();
    let ninja = ninja
        .map_or_else(|_| "none".into(), |said| String::from_utf8_lossy(&said.stdout).into_owned());
    format!("ninja {}, {}", ninja.trim(), PACKAGES.join(", "))
}

impl Peer {
    const ALL: [Self; 6] =
        [Self::Poly, Self::Ninja, Self::Turbo, Self::Moon, Self::Nx, Self::NxNoDaemon];

    pub(crate) fn of_name(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|peer| peer.name() == name);
        found.unwrap_or_else(|| panic!("no peer is called `{name}`"))
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Poly => "poly",
            Self::Ninja => "ninja",
            Self::Turbo => "turbo",
            Self::Moon => "moon",
            Self::Nx => "nx",
            Self::NxNoDaemon => "nx-no-daemon",
        }
    }

    /// Tells it of the graph.
    pub(crate) fn write(self, workspace: &Workspace, peers: &Path) {
        match self {
            Self::Poly => write_poly(workspace),
            Self::Ninja => write_ninja(workspace),
            Self::Turbo => write_turbo(workspace),
            Self::Moon => write_moon(workspace),
            Self::Nx | Self::NxNoDaemon => write_nx(workspace),
        }
        let bin = workspace.root.join("node_modules");
        std::os::unix::fs::symlink(peers.join("node_modules"), bin).expect("writable");
        // Those that compare content ask git for it, and so does poly for what is ignored.
        workspace.file(".gitignore", "out/\n/target/\n.turbo/\n.nx/\n.moon/cache/\nnode_modules\n");
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            must(git.args(arguments).current_dir(&workspace.root));
        };
        git(&["init", "--quiet", "--initial-branch=main"]);
        git(&["add", "--all"]);
        let as_somebody = ["-c", "user.name=bench", "-c", "user.email=bench@example.org"];
        git(&[&as_somebody[..], &["commit", "--quiet", "--message=all"]].concat());
    }

    /// A build.
    pub(crate) fn command(self, workspace: &Workspace) -> Command {
        let modules = workspace.root.join("node_modules");
        let jobs = JOBS.to_string();
        let run = |program: PathBuf, arguments: &[&str]| {
            let mut command = Command::new(program);
            command.args(arguments).current_dir(&workspace.root);
            command
        };
        match self {
            Self::Poly => {
                let mut command = run(
                    workspace.tool.with_file_name("poly"),
                    &["build", "--no-install", "--jobs", &jobs],
                );
                let tools = workspace.tool.parent().expect("a directory of the tool");
                let path = env::var("PATH").unwrap_or_default();
                command
                    .env("POLY_CACHE_DIR", workspace.root.join("target/cache"))
                    .env("POLY_HOME", workspace.root.join("target/home"))
                    .env("PATH", format!("{}:{path}", tools.display()));
                command
            }
            Self::Ninja => run("ninja".into(), &["--quiet", "-j", &jobs]),
            Self::Turbo => {
                let arguments = [
                    "run",
                    "build",
                    "--filter=product",
                    "--output-logs=errors-only",
                    "--concurrency",
                    &jobs,
                ];
                let mut command = run(modules.join("@turbo/linux-64/bin/turbo"), &arguments);
                // `tiny` as npm, see the top of the benchmark.
                let tools = workspace.tool.parent().expect("a directory of the tool");
                let path = env::var("PATH").unwrap_or_default();
                command
                    .env("PATH", format!("{}:{path}", tools.display()))
                    .env("TURBO_TELEMETRY_DISABLED", "1")
                    .env("TURBO_NO_UPDATE_NOTIFIER", "1")
                    .env("CI", "1");
                command
            }
            Self::Moon => {
                let arguments =
                    ["run", "product:build", "--summary", "none", "--concurrency", &jobs];
                let mut command =
                    run(modules.join("@moonrepo/core-linux-x64-gnu/moon"), &arguments);
                command.env("MOON_TOOLCHAIN_FORCE_GLOBALS", "true");
                command
            }
            Self::Nx | Self::NxNoDaemon => {
                let mut command = run("node".into(), &[]);
                command
                    .arg(modules.join("nx/dist/bin/nx.js"))
                    .args(["run", "product:build", "--parallel", &jobs, "--output-style=static"])
                    .env("NX_DAEMON", if self == Self::Nx { "true" } else { "false" })
                    .env("NX_TUI", "false")
                    .env("NX_NO_CLOUD", "true");
                command
            }
        }
    }

    /// Takes away what was built, and what is known of it.
    pub(crate) fn forget(self, workspace: &Workspace) {
        self.stop(workspace);
        for name in ["target", ".turbo", ".moon/cache", ".nx", "product/out"] {
            workspace.take_away(name);
        }
        for name in [".ninja_log", ".ninja_deps"] {
            workspace.take_away(name);
        }
        for name in workspace.names() {
            workspace.take_away(&format!("parts/{name}/out"));
            workspace.take_away(&format!("parts/{name}/.turbo"));
        }
    }

    /// Stops its daemon.
    pub(crate) fn stop(self, workspace: &Workspace) {
        if self == Self::Nx {
            let nx = workspace.root.join("node_modules/nx/dist/bin/nx.js");
            must(Command::new("node").arg(nx).arg("reset").current_dir(&workspace.root));
        }
    }
}

fn write_poly(workspace: &Workspace) {
    let mut text = "[pipeline]\nname = \"product\"\nwit = \"wit\"\n\n".to_owned();
    for name in workspace.names() {
        let _ = writeln!(
            text,
            "[component.{name}]\npath = \"parts/{name}\"\ntoolchain = \"tiny\"\nworld = \"part\"\n"
        );
    }
    let steps: Vec<String> =
        workspace.names().take(workspace::STAGES).map(|name| format!("\"{name}/step\"")).collect();
    let _ = writeln!(text, "[flow.run]\nsteps = [{}]", steps.join(", "));
    workspace.file("pipeline.toml", &text);
    workspace.file(
        "wit/part.wit",
        "package bench:peers;\n\nworld part {\n  export step: func(x: u32) -> u32;\n}\n",
    );
    let take = workspace.take.as_millis();
    let toolchain = format!(
        "name = \"tiny\"\nabout = \"nothing, fast\"\nlanguage = \"none\"\nproduces = \"component\"\n\
         reproducible = true\ninputs = [\"src/**\"]\n\n[tool.tiny]\naccept = \">=1\"\n\n[[step]]\n\
         name = \"compile\"\nrun = [\"{{tool:tiny}}\", \"compile\", \"{{output}}\", \"src\", \"{take}\"]\n"
    );
    workspace.file("toolchains/tiny.toml", &toolchain);
}

fn write_ninja(workspace: &Workspace) {
    let tool = workspace.tool.display();
    let take = workspace.take.as_millis();
    let mut text = format!(
        "rule compile\n  command = {tool} compile $out $in_directory {take}\n\
         rule link\n  command = cd product && {tool} link out/product.wasm parts\n"
    );
    let mut all = String::new();
    for name in workspace.names() {
        let _ = write!(text, "build parts/{name}/out/{name}.wasm: compile");
        for file in 0..workspace::FILES {
            let _ = write!(text, " parts/{name}/src/f{file:02}.txt");
        }
        let _ = write!(text, "\n  in_directory = parts/{name}/src\n");
        let _ = write!(all, " parts/{name}/out/{name}.wasm");
    }
    let _ = writeln!(text, "build product/out/product.wasm: link{all}");
    workspace.file("build.ninja", &text);
}

fn write_turbo(workspace: &Workspace) {
    let json = |name: &str, value: &serde_json::Value| {
        let text = serde_json::to_string_pretty(value).expect("JSON");
        workspace.file(name, &text);
    };
    json(
        "package.json",
        &json!({
            "name": "bench", "private": true, "packageManager": "npm@10.8.2",
            "workspaces": ["parts/*", "product"],
        }),
    );
    json(
        "turbo.json",
        &json!({"tasks": {"build": {
            "dependsOn": ["^build"], "inputs": ["src/**", "parts"], "outputs": ["out/**"],
        }}}),
    );
    let mut all = serde_json::Map::new();
    for name in workspace.names() {
        let out = format!("out/{name}.wasm");
        let script = workspace.compile(&out);
        json(
            &format!("parts/{name}/package.json"),
            &json!({"name": name, "version": "1.0.0", "scripts": {"build": script}}),
        );
        all.insert(name, json!("1.0.0"));
    }
    json(
        "product/package.json",
        &json!({
            "name": "product", "version": "1.0.0", "scripts": {"build": workspace.link()},
            "dependencies": all,
        }),
    );
}

/// With the quicker of its two ways to find files: that which it comes with asks git once for each
/// component, which takes four times as long for 1,000 and is quadratic.
fn write_moon(workspace: &Workspace) {
    workspace.file(
        ".moon/workspace.yml",
        "projects:\n  - 'parts/*'\n  - 'product'\nvcs:\n  client: 'git'\n  defaultBranch: 'main'\n\
         hasher:\n  walkStrategy: 'glob'\ntelemetry: false\n",
    );
    let mut all = String::new();
    for name in workspace.names() {
        let out = format!("out/{name}.wasm");
        let command = workspace.compile(&out);
        workspace.file(
            &format!("parts/{name}/moon.yml"),
            &format!(
                "tasks:\n  build:\n    command: '{command}'\n    inputs: ['src/**/*']\n    \
                 outputs: ['{out}']\n"
            ),
        );
        let _ = write!(all, "'{name}', ");
    }
    workspace.file(
        "product/moon.yml",
        &format!(
            "dependsOn: [{all}]\ntasks:\n  build:\n    command: '{}'\n    deps: ['^:build']\n    \
             inputs: ['parts']\n    outputs: ['out/product.wasm']\n",
            workspace.link()
        ),
    );
}

fn write_nx(workspace: &Workspace) {
    let json = |name: &str, value: &serde_json::Value| {
        workspace.file(name, &serde_json::to_string_pretty(value).expect("JSON"));
    };
    json("package.json", &json!({"name": "bench", "private": true}));
    json("nx.json", &json!({"analytics": false, "defaultBase": "main"}));
    let target = |command: String, inputs: &str, directory: &str| {
        json!({"build": {
            "executor": "nx:run-commands", "cache": true, "dependsOn": ["^build"],
            "inputs": [format!("{{projectRoot}}/{inputs}")], "outputs": ["{projectRoot}/out"],
            "options": {"command": command, "cwd": directory},
        }})
    };
    let names: Vec<String> = workspace.names().collect();
    for name in &names {
        let command = workspace.compile(&format!("out/{name}.wasm"));
        let targets = target(command, "src/**/*", &format!("parts/{name}"));
        json(&format!("parts/{name}/project.json"), &json!({"name": name, "targets": targets}));
    }
    let targets = target(workspace.link(), "parts", "product");
    json(
        "product/project.json",
        &json!({"name": "product", "implicitDependencies": names, "targets": targets}),
    );
}
