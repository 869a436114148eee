//! Asking an executable what it is, once.
//!
//! The answers are noted in the memo beside the executable's digest, under a digest of all
//! that was asked and of the variables that could change the answer. They hold as long as the
//! executable, the one behind it, a version manager's choice, the tool's witnesses, and every
//! directory that a variant was looked for in are as they were. A failure is not noted: it may
//! have been a passing one.

use std::io;
use std::path::{Path, PathBuf};

use poly_cache::{Digest, Stat};
use semver::Version;
use serde::{Deserialize, Serialize};

use super::definition::{Tool, Toolchain};
use super::environment::{self, UserDirectories, Variables};
use super::find::{Finder, FoundTool, Refusal};
use super::identity::{self, MANAGERS};
use super::process::{Invocation, ProcessError};
use super::template::Template;

/// Goes up when other things are asked, or understood otherwise.
const SCHEMA: u32 = 2;

/// Why an executable was not accepted.
#[derive(Debug)]
pub(super) enum Unfit {
    /// It will not do.
    Refused(Refusal),
    /// poly was stopped before it had answered.
    Interrupted,
}

impl From<Refusal> for Unfit {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The questions to one tool.
pub(super) struct Probe<'a> {
    finder: &'a Finder,
    tool: &'a Tool,
    variables: Variables,
    directory: PathBuf,
    question: String,
}

/// What an executable answered.
#[derive(Debug, Serialize, Deserialize)]
struct Answers {
    version: Version,
    /// The executable behind it, or itself.
    path: PathBuf,
    variant: Option<String>,
    /// What must be as it was; `None` where nothing was.
    witnesses: Vec<(PathBuf, Option<Stat>)>,
}

impl<'a> Probe<'a> {
    pub(super) fn new(finder: &'a Finder, toolchain: &'a Toolchain, tool: &'a Tool) -> Self {
        let passes: Vec<&str> = toolchain.passes().collect();
        let mut variables = environment::passed(&finder.environment, passes.iter().copied());
        let mut asked: Variables = variables
            .iter()
            .filter(|(name, _)| passes.contains(&name.as_str()))
            .map(owned)
            .collect();
        // What a toolchain sets for its steps is set for the question as well, as far as it
        // does not depend on a build.
        for (name, template) in &toolchain.environment.set {
            if template.placeholders().next().is_none() {
                variables.insert(name.clone(), template.text().to_owned());
                asked.insert(name.clone(), template.text().to_owned());
            }
        }
        let home = finder.environment.get("HOME").map(PathBuf::from);
        let directory = home.filter(|home| home.is_dir()).unwrap_or_else(|| PathBuf::from("/"));
        let resolve = tool.resolve.as_ref().map(|resolve| (&resolve.run, &resolve.path));
        let variants: Vec<_> =
            tool.variants.iter().map(|variant| (&variant.name, &variant.directory)).collect();
        let witness: Vec<&str> = tool.witness.iter().map(Template::text).collect();
        let question = (SCHEMA, &tool.version, resolve, variants, witness, asked);
        let json = serde_json::to_vec(&question).expect("strings go into JSON");
        Self { finder, tool, variables, directory, question: Digest::of(&json).to_string() }
    }

    /// The tool, if the executable at `path` will do.
    pub(super) fn accept(&self, path: &Path) -> Result<FoundTool, Unfit> {
        let answers = match self.remembered(path) {
            Some(answers) => answers,
            None => self.ask(path)?,
        };
        // semver holds a pre-release for less than its release; for what a tool can do, it
        // is the same.
        let Version { major, minor, patch, .. } = answers.version;
        if !self.tool.accept.matches(&Version::new(major, minor, patch)) {
            return Err(Refusal::Version { version: answers.version.to_string() }.into());
        }
        if !self.tool.variants.is_empty() && answers.variant.is_none() {
            let variants = self.tool.variants.iter().map(|variant| variant.name.clone());
            return Err(Refusal::NoVariant { variants: variants.collect() }.into());
        }
        let digest = self.identity(&answers.path)?;
        let name = &self.tool.name;
        let cache = self.finder.caches.join(format!("{name}-{:.16}", digest.to_string()));
        Ok(FoundTool {
            name: name.clone(),
            cache,
            path: answers.path,
            version: answers.version.to_string(),
            digest,
            variant: answers.variant,
        })
    }

    /// The digest that changes when the tool does, and nowhere else.
    fn identity(&self, executable: &Path) -> Result<Digest, Refusal> {
        let memo = &self.finder.memo;
        let globs = &self.tool.identity;
        if globs.is_empty() {
            return memo.digest(executable).map_err(|error| unreadable(&error));
        }
        let prefix = identity::prefix(executable).map_err(|error| unreadable(&error))?;
        let digest = identity::digest(memo, &prefix, globs).map_err(|error| unreadable(&error))?;
        digest.ok_or(Refusal::Launcher { prefix, globs: globs.clone() })
    }

    /// What was answered before, if it still holds.
    fn remembered(&self, path: &Path) -> Option<Answers> {
        let note = self.finder.memo.note(path, &self.question)?;
        let answers: Answers = serde_json::from_str(&note).ok()?;
        let holds = |(path, stat): &(PathBuf, Option<Stat>)| Stat::of(path).ok() == *stat;
        answers.witnesses.iter().all(holds).then_some(answers)
    }

    /// Asks, and notes the answers.
    fn ask(&self, path: &Path) -> Result<Answers, Unfit> {
        if which::which_in(path, None::<&str>, "/").is_err() {
            return Err(Refusal::Absent.into());
        }
        // Before anything is asked: a note goes beside a digest that is older than it.
        self.finder.memo.digest(path).map_err(|error| unreadable(&error))?;
        let user = UserDirectories::of(&self.finder.environment);
        let witness = self.tool.witness.iter();
        let mut watched: Vec<PathBuf> =
            witness.filter_map(|template| template.expand_for_user(&user)).collect();
        let mut executable = path.to_owned();
        if let Some(shims) = identity::shims(path) {
            executable = self.behind(path)?;
            watched.extend(identity::choices(shims, &self.directory));
            watched.push(executable.clone());
        }
        let version = self.version(&executable)?;
        if let Some(resolve) = &self.tool.resolve {
            executable = Path::new(&self.line(&executable, &resolve.run)?).join(&resolve.path);
            watched.push(executable.clone());
            if !executable.is_file() {
                return Err(Refusal::Absent.into());
            }
        }
        let mut variant = None;
        for candidate in &self.tool.variants {
            let directory = PathBuf::from(self.line(&executable, &candidate.directory)?);
            let there = directory.is_dir();
            watched.push(directory);
            if there {
                variant = Some(candidate.name.clone());
                break;
            }
        }
        let witnesses = watched.into_iter().map(|path| (path.clone(), Stat::of(&path).ok()));
        let answers =
            Answers { version, path: executable, variant, witnesses: witnesses.collect() };
        if let Ok(note) = serde_json::to_string(&answers) {
            self.finder.memo.set_note(path, &self.question, note);
        }
        Ok(answers)
    }

    /// What is behind a shim.
    fn behind(&self, shim: &Path) -> Result<PathBuf, Unfit> {
        let path = self.variables.get("PATH");
        let name = shim.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let question = ["which".to_owned(), name];
        for manager in MANAGERS {
            let Ok(manager) = which::which_in(manager, path, "/") else { continue };
            match self.line(&manager, &question) {
                Ok(line) => {
                    let behind = PathBuf::from(line);
                    if behind.is_absolute() && identity::shims(&behind).is_none() {
                        return Ok(behind);
                    }
                }
                Err(Unfit::Interrupted) => return Err(Unfit::Interrupted),
                // Another manager's shim.
                Err(Unfit::Refused(_)) => {}
            }
        }
        Err(Refusal::Shim.into())
    }

    fn version(&self, path: &Path) -> Result<Version, Unfit> {
        let (stdout, stderr) = self.run(path, &self.tool.version)?;
        // Some tools tell their version on standard error.
        version_in(&stdout).or_else(|| version_in(&stderr)).ok_or_else(|| {
            Refusal::NoVersion { said: last_line(&[stderr, stdout].concat()) }.into()
        })
    }

    /// The one line that the executable answers with.
    fn line(&self, path: &Path, arguments: &[String]) -> Result<String, Unfit> {
        let (stdout, _) = self.run(path, arguments)?;
        Ok(stdout.trim().to_owned())
    }

    fn run(&self, path: &Path, arguments: &[String]) -> Result<(String, String), Unfit> {
        let fails =
            |said: String| Unfit::Refused(Refusal::Fails { arguments: arguments.join(" "), said });
        let invocation = Invocation {
            program: path,
            arguments,
            directory: &self.directory,
            environment: &self.variables,
        };
        let answer = self.finder.running.ask(&invocation, self.finder.patience);
        let answer = answer.map_err(|error| match error {
            ProcessError::NotStarted { source, .. } | ProcessError::Output { source, .. } => {
                fails(source.to_string())
            }
            ProcessError::Late { limit, .. } => fails(format!("no answer within {limit:?}")),
            ProcessError::Interrupted => Unfit::Interrupted,
        })?;
        let stdout = String::from_utf8_lossy(&answer.stdout).into_owned();
        let stderr = String::from_utf8_lossy(&answer.stderr).into_owned();
        if answer.status.success() {
            return Ok((stdout, stderr));
        }
        let said = last_line(&[stdout, stderr].concat());
        Err(fails(if said.is_empty() { answer.status.to_string() } else { said }))
    }
}

fn owned((name, value): (&String, &String)) -> (String, String) {
    (name.clone(), value.clone())
}

fn unreadable(error: &io::Error) -> Refusal {
    Refusal::Fails { arguments: String::new(), said: error.to_string() }
}

fn last_line(text: &str) -> String {
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default().trim().to_owned()
}

/// The first thing in a text that looks like a version: two or three numbers with dots
/// between, and perhaps a pre-release after the third.
fn version_in(text: &str) -> Option<Version> {
    let bytes = text.as_bytes();
    let starts = (0..bytes.len()).filter(|index| {
        let before = index.checked_sub(1).map(|before| bytes[before]);
        bytes[*index].is_ascii_digit()
            && !before.is_some_and(|before| before.is_ascii_digit() || before == b'.')
    });
    starts.into_iter().find_map(|start| version_at(&text[start..]))
}

fn version_at(text: &str) -> Option<Version> {
    let (major, rest) = number(text)?;
    let (minor, rest) = number(rest.strip_prefix('.')?)?;
    let Some((patch, rest)) = rest.strip_prefix('.').and_then(number) else {
        return Some(Version::new(major, minor, 0));
    };
    let mut version = Version::new(major, minor, patch);
    if let Some(rest) = rest.strip_prefix('-') {
        let allowed = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        let end = rest.find(|c| !allowed(c)).unwrap_or(rest.len());
        version.pre = semver::Prerelease::new(&rest[..end]).unwrap_or(semver::Prerelease::EMPTY);
    }
    Some(version)
}

fn number(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_as_tools_print_them() {
        for (text, expected) in [
            ("rustc 1.95.0 (59807616e 2026-04-14)", "1.95.0"),
            ("rustc 1.97.0-nightly (abc 2026-05-01)", "1.97.0-nightly"),
            ("go version go1.26.8 linux/amd64", "1.26.8"),
            ("go version go1.27 linux/amd64", "1.27.0"),
            ("go version go1.27rc1 linux/amd64", "1.27.0"),
            (
                "tinygo version 0.41.1 linux/amd64 (using go version go1.26.8 and LLVM version 19.1.7)",
                "0.41.1",
            ),
            ("wit-bindgen-go version v0.7.0", "0.7.0"),
            ("cargo-component-component 0.21.1", "0.21.1"),
            ("2024.05", "2024.5.0"),
            ("Python 3.11.7\n", "3.11.7"),
        ] {
            assert_eq!(version_in(text).unwrap().to_string(), expected, "{text}");
        }
        for text in ["", "no version here", "built 2026-04-14", "7"] {
            assert_eq!(version_in(text), None, "{text}");
        }
    }
}
