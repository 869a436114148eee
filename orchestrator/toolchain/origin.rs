//! Where a tool is from: how it came to the machine, in words that mean the same on every other,
//! and the checksums that must be the same there.
//!
//! | from | checksum of | the same for |
//! |---|---|---|
//! | `archive` | the release archive, as the toolchain's file has it | everybody on a platform; all platforms are known |
//! | `pip NAME` | the files that the toolchain names as the tool's `identity` | everybody on a platform |
//! | `cargo install NAME` | the crate that was compiled | everybody |
//! | `go install NAME` | the module that was compiled, as Go's checksum database has it | everybody |
//! | `script NAME` | the script's text, and nothing of what it fetches | everybody |
//! | `PATH`, `manifest` | the executable, or the tool's `identity` | who has the same build of it |
//! | `with NAME` | nothing: it comes with another tool | |
//!
//! The binary of a tool that was compiled here is like no other, so that its digest would say
//! nothing to anybody else; what it was compiled from does.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use poly_cache::Digest;

use super::definition::{Tool, Way};
use super::environment::UserDirectories;
use super::find::{Finder, FoundTool};
use super::install::Receipt;
use super::process::Invocation;

/// The key of a checksum that is the same on every platform.
const ANY: &str = "any";

/// What is said of a tool that was found on `PATH`.
const PATH: &str = "PATH";

/// What is said of a tool that the manifest names.
const MANIFEST: &str = "manifest";

/// What is said, with the name of the other, of a tool that comes with another.
const WITH: &str = "with ";

/// Where a tool is from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// How it came to the machine.
    pub from: String,
    /// Its release archive, by platform.
    pub urls: BTreeMap<String, String>,
    /// What must be the same everywhere, by platform or under `any`: `sha256:…` or `h1:…`.
    pub checksums: BTreeMap<String, String>,
}

impl Origin {
    /// Whether what is said of a tool is that poly installs it.
    pub fn is_own(from: &str) -> bool {
        from != PATH && from != MANIFEST && !from.starts_with(WITH)
    }
}

/// What this machine is called in toolchains' files and in the lock file, such as `x86_64-linux`.
pub fn platform() -> String {
    format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS)
}

impl Finder {
    /// Where a tool that was found is from. `named` says whether the manifest named it.
    pub fn origin(&self, tool: &Tool, found: &FoundTool, named: bool) -> Origin {
        if named {
            return here(MANIFEST, found);
        }
        if let Some(other) = &tool.from {
            return Origin { from: format!("{WITH}{other}"), ..Origin::default() };
        }
        let receipt = self.prefix(tool).filter(|prefix| is_below(&found.path, prefix));
        let Some(receipt) = receipt.and_then(|prefix| Receipt::read(&prefix)) else {
            return here(PATH, found);
        };
        let made = |way: &&Way| receipt.recipe == Some(way.recipe());
        let like = |way: &&Way| receipt.way == way.name();
        let way = tool.installs.iter().find(made).or_else(|| tool.installs.iter().find(like));
        match way {
            Some(way) => of_way(way, tool, found, receipt.fetched),
            None => Origin { from: receipt.way, ..Origin::default() },
        }
    }

    /// The checksum of what a way fetched to compile, where others can know it too.
    pub(super) fn fetched(&self, way: &Way, version: &str, executable: &Path) -> Option<String> {
        match way {
            Way::Cargo { package, .. } => self.crate_checksum(package, version),
            Way::Go { package, .. } => self.module_sum(package, version, executable),
            _ => None,
        }
    }

    /// The digest of a crate's file, which is what the registry's index has of it.
    fn crate_checksum(&self, package: &str, version: &str) -> Option<String> {
        let cargo_home = UserDirectories::of(&self.environment).cargo_home;
        let file = format!("{package}-{version}.crate");
        let registries = fs::read_dir(cargo_home.join("registry/cache")).ok()?;
        let mut files: Vec<_> =
            registries.filter_map(|registry| Some(registry.ok()?.path().join(&file))).collect();
        files.sort();
        let file = files.into_iter().find(|file| file.is_file())?;
        Digest::of_file(&file).ok().map(sha256)
    }

    /// The sum of the module of a package, which Go writes into every executable.
    fn module_sum(&self, package: &str, version: &str, executable: &Path) -> Option<String> {
        let path = self.environment.get("PATH");
        let go = which::which_in("go", path, "/").ok()?;
        let arguments = ["version", "-m", executable.to_str()?].map(str::to_owned);
        let invocation = Invocation {
            program: &go,
            arguments: &arguments,
            directory: Path::new("/"),
            environment: &self.environment,
        };
        let answer = self.running.ask(&invocation, self.patience).ok()?;
        sum_in(&String::from_utf8_lossy(&answer.stdout), package, version)
    }
}

/// The sum of the module of a package in what `go version -m` says.
fn sum_in(said: &str, package: &str, version: &str) -> Option<String> {
    let version = format!("v{version}");
    said.lines().find_map(|line| match line.split_whitespace().collect::<Vec<_>>()[..] {
        ["mod" | "dep", module, of, sum] if of == version && is_in(package, module) => {
            Some(sum.to_owned())
        }
        _ => None,
    })
}

fn is_in(package: &str, module: &str) -> bool {
    package.strip_prefix(module).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn of_way(way: &Way, tool: &Tool, found: &FoundTool, fetched: Option<String>) -> Origin {
    let everywhere = |sum: String| BTreeMap::from([(ANY.to_owned(), sum)]);
    let fetched = || fetched.map(everywhere).unwrap_or_default();
    let of = |from: String, checksums| Origin { from, checksums, ..Origin::default() };
    match way {
        Way::Archive { platforms, .. } => Origin {
            from: "archive".to_owned(),
            urls: platforms.iter().map(|(on, archive)| (on.clone(), archive.url.clone())).collect(),
            checksums: platforms
                .iter()
                .map(|(on, archive)| (on.clone(), sha256(archive.sha256)))
                .collect(),
        },
        Way::Python { packages } => {
            let names: Vec<&str> =
                packages.iter().filter_map(|package| package.split("==").next()).collect();
            // Without an identity it would be the digest of a launcher, which names its place.
            let checksums = match tool.identity.as_slice() {
                [] => BTreeMap::new(),
                _ => BTreeMap::from([(platform(), sha256(found.digest))]),
            };
            of(format!("pip {}", names.join(" ")), checksums)
        }
        Way::Cargo { package, .. } => of(format!("cargo install {package}"), fetched()),
        Way::Go { package, .. } => of(format!("go install {package}"), fetched()),
        Way::Helper { name, .. } => of(format!("helper {name}"), everywhere(sha256(way.recipe()))),
        Way::Script { name, text } => {
            of(format!("script {name}"), everywhere(sha256(Digest::of(text.as_bytes()))))
        }
        // What it adds to is on PATH.
        Way::RustupTarget { .. } => here(PATH, found),
    }
}

fn here(from: &str, found: &FoundTool) -> Origin {
    let checksums = BTreeMap::from([(platform(), sha256(found.digest))]);
    Origin { from: from.to_owned(), checksums, ..Origin::default() }
}

fn is_below(path: &Path, prefix: &Path) -> bool {
    let real = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    path.starts_with(prefix) || real(path).starts_with(real(prefix))
}

fn sha256(digest: Digest) -> String {
    format!("sha256:{digest}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_of_a_module_is_found_in_a_program_of_it_and_in_one_that_requires_it() {
        let own = "/bin/tool: go1.26.8\n\tpath\texample.org/tools/cmd/tool\n\
                   \tmod\texample.org/tools\tv1.2.0\th1:one=\n\tdep\texample.org/tools/other\tv1.2.0\th1:two=\n";
        let sum = |said: &str, package: &str| sum_in(said, package, "1.2.0");
        assert_eq!(sum(own, "example.org/tools/cmd/tool").as_deref(), Some("h1:one="));
        let required =
            "\tmod\tpoly.invalid/tool\t(devel)\t\n\tdep\texample.org/tools\tv1.2.0\th1:one=\n";
        assert_eq!(sum(required, "example.org/tools/cmd/tool").as_deref(), Some("h1:one="));
        assert_eq!(sum(required, "example.org/toolsmith"), None);
        assert_eq!(sum_in(required, "example.org/tools", "1.3.0"), None);
    }
}
