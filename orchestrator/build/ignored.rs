//! What git ignores, and therefore is no input: build output, editors' files, secrets.
//!
//! The rules are those of `.gitignore` files from the top of the repository down to the directory in
//! question, and of the repository's `.git/info/exclude`; the one that is nearest decides, and in one
//! file the last. Without a `.git` above the pipeline, those from the pipeline's own directory
//! down. Not asked are:
//!
//! - the user's own excludes (`core.excludesFile`): what is built must not depend on who builds it;
//! - git itself: a file that is tracked although a rule ignores it counts as ignored.
//!
//! Nor does a rule count that ignores a component's own directory, or one above it: the manifest names
//! it. What the manifest names under `inputs` is asked of nobody here.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::inputs::InputsError;

/// The file with the rules of a directory.
pub(super) const FILE: &str = ".gitignore";

/// The rules that hold in a directory.
#[derive(Debug, Clone, Default)]
pub(super) struct Rules(Option<Arc<Layer>>);

#[derive(Debug)]
struct Layer {
    matcher: Gitignore,
    above: Rules,
}

impl Rules {
    /// Whether something below the directory, by its absolute path, is ignored.
    pub(super) fn ignore(&self, path: &Path, is_directory: bool) -> bool {
        let mut rules = self;
        while let Some(layer) = &rules.0 {
            match layer.matcher.matched(path, is_directory) {
                Match::None => rules = &layer.above,
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
            }
        }
        false
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// These, and before them what a file says of a directory, if it is there.
    pub(super) fn and(self, file: &Path, directory: &Path) -> Result<Self, InputsError> {
        // A link is none to git.
        if file.symlink_metadata().is_ok_and(|found| found.is_symlink()) {
            return Ok(self);
        }
        let bytes = match fs::read(file) {
            Ok(bytes) => bytes,
            Err(error) if absent(&error) => return Ok(self),
            Err(source) => return Err(InputsError::Read { path: file.to_owned(), source }),
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut builder = GitignoreBuilder::new(directory);
        for line in text.trim_start_matches('\u{feff}').lines() {
            // What is no pattern ignores nothing; git says nothing of it either.
            let _ = builder.add_line(None, &without_braces(line));
        }
        match builder.build() {
            Ok(matcher) if !matcher.is_empty() => {
                Ok(Self(Some(Arc::new(Layer { matcher, above: self }))))
            }
            _ => Ok(self),
        }
    }
}

/// The same rule for a crate to which braces are alternatives. To git they are characters.
fn without_braces(rule: &str) -> Cow<'_, str> {
    if !rule.contains(['{', '}']) {
        return Cow::Borrowed(rule);
    }
    let mut same = String::with_capacity(rule.len() + 2);
    let mut characters = rule.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '\\' => {
                same.push('\\');
                same.extend(characters.next());
            }
            '[' => {
                // In a class nothing is special but its end, which may not come first.
                same.push('[');
                same.extend(characters.next_if(|next| ['!', '^'].contains(next)));
                same.extend(characters.next_if_eq(&']'));
                for next in characters.by_ref() {
                    same.push(next);
                    if next == ']' {
                        break;
                    }
                }
            }
            '{' | '}' => same.extend(['\\', character]),
            other => same.push(other),
        }
    }
    Cow::Owned(same)
}

fn absent(error: &io::Error) -> bool {
    // A directory of that name holds no rules.
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory
    )
}

/// The rules of a pipeline's directories.
#[derive(Debug)]
pub(super) struct Ignored {
    root: PathBuf,
    /// Those from above the pipeline's directory.
    above: OnceLock<Rules>,
    /// Those of directories that components lie in, by their path below the root.
    known: Mutex<HashMap<String, Rules>>,
}

impl Ignored {
    pub(super) fn of(root: &Path) -> Self {
        Self { root: root.to_owned(), above: OnceLock::new(), known: Mutex::default() }
    }

    /// The rules that hold in a directory, by its path below the root, without its own.
    pub(super) fn above(&self, directory: &str) -> Result<Rules, InputsError> {
        match directory {
            "" => self.above_root(),
            _ => self.down_to(directory.rsplit_once('/').map_or("", |(parent, _)| parent)),
        }
    }

    /// Its own too.
    fn down_to(&self, directory: &str) -> Result<Rules, InputsError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(rules) = known().get(directory) {
            return Ok(rules.clone());
        }
        let path = self.root.join(directory);
        let rules = self.above(directory)?.and(&path.join(FILE), &path)?;
        known().insert(directory.to_owned(), rules.clone());
        Ok(rules)
    }

    fn above_root(&self) -> Result<Rules, InputsError> {
        if let Some(rules) = self.above.get() {
            return Ok(rules.clone());
        }
        let mut above: Vec<&Path> = self.root.ancestors().skip(1).collect();
        let own = self.root.join(".git").exists();
        let top = above.iter().position(|directory| directory.join(".git").exists());
        above.truncate(if own { 0 } else { top.map_or(0, |top| top + 1) });
        let mut rules = Rules::default();
        if let Some(top) = above.last().copied().or_else(|| own.then_some(&*self.root)) {
            rules = rules.and(&administration(top).join("info/exclude"), top)?;
        }
        for directory in above.into_iter().rev() {
            rules = rules.and(&directory.join(FILE), directory)?;
        }
        Ok(self.above.get_or_init(|| rules).clone())
    }
}

/// Where git keeps what all working trees of a repository share: in `.git`, or where the file of that
/// name leads.
fn administration(top: &Path) -> PathBuf {
    let git = top.join(".git");
    let Some(own) = fs::read_to_string(&git)
        .ok()
        .and_then(|text| Some(top.join(text.strip_prefix("gitdir:")?.trim())))
    else {
        return git;
    };
    match fs::read_to_string(own.join("commondir")) {
        Ok(common) => own.join(common.trim()),
        Err(_) => own,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `git check-ignore` says it.
    #[test]
    fn braces_are_characters() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path();
        for (rule, path, is_ignored) in [
            ("f.{txt,log}", "f.txt", false),
            ("f.{txt,log}", "f.{txt,log}", true),
            ("{a,b}/*.rs", "a/x.rs", false),
            ("{a,b}/*.rs", "{a,b}/x.rs", true),
            (r"\{a\}", "{a}", true),
            ("[{]a", "{a", true),
            ("[]{]a", "{a", true),
            ("[!{]a", "{a", false),
            ("a}", "a}", true),
            ("*.{rs", "x.{rs", true),
        ] {
            let file = root.join(FILE);
            fs::write(&file, rule).unwrap();
            let rules = Rules::default().and(&file, root).unwrap();
            assert_eq!(rules.ignore(&root.join(path), false), is_ignored, "{rule}: {path}");
        }
    }
}
