//! The user's own settings, which hold for all pipelines: text to [`Config`].
//!
//! They say how poly behaves on this machine, and never what is built: nothing of them is part
//! of a key. Like the manifest's room, this one is handed text and opens no file.

#![deny(clippy::disallowed_methods)]

use std::ops::Range;

use miette::{Diagnostic, NamedSource, SourceSpan};
use serde::Deserialize;
use thiserror::Error;

use crate::manifest::{Age, Bytes};
use crate::nearest::suggestion;

/// A whole `config.toml`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How much is kept of what was made.
    #[serde(default)]
    pub cache: CacheBounds,
}

/// `[cache]`: what was not used for longest is removed until both hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct CacheBounds {
    /// The size of all that is kept.
    pub size: Bytes,
    /// How long it may be unused.
    pub age: Age,
}

impl Default for CacheBounds {
    fn default() -> Self {
        Self { size: Bytes::mebibytes(10 * 1024), age: Age::days(30) }
    }
}

/// What is wrong with a `config.toml`, at its line.
#[derive(Debug, Error, Diagnostic)]
#[error("{message}")]
pub struct ConfigError {
    message: String,
    #[source_code]
    source_code: NamedSource<String>,
    #[label("{label}")]
    at: SourceSpan,
    label: String,
    #[help]
    help: Option<String>,
}

impl Config {
    /// Reads the settings. `name` is what diagnostics call them: the file's path.
    pub fn parse(name: &str, text: &str) -> Result<Self, Box<ConfigError>> {
        toml::from_str(text).map_err(|error| Box::new(ConfigError::of(name, text, &error)))
    }
}

impl ConfigError {
    /// The same about a file that is read because a variable names it.
    pub fn named_by(mut self: Box<Self>, variable: &str) -> Box<Self> {
        self.message = format!("{}, in the file that `{variable}` names", self.message);
        self
    }

    fn of(name: &str, text: &str, error: &toml::de::Error) -> Self {
        let at: Range<usize> = error.span().unwrap_or_default();
        let said = error.message().trim();
        // serde's own words: unknown field `x`, expected one of `a`, `b`.
        let quoted: Vec<&str> = said.split('`').skip(1).step_by(2).collect();
        let (message, label, help) = match quoted.split_first() {
            Some((key, known)) if said.starts_with("unknown field") => {
                let known = known.iter().copied();
                let help = suggestion(key, known, "the keys here are");
                (format!("unknown key `{key}`"), "not known".to_owned(), Some(help))
            }
            // A second line is advice.
            _ => match (said.split_once('\n'), said.split_once(", expected ")) {
                (Some((message, help)), _) => {
                    (message.to_owned(), "here".to_owned(), Some(help.to_owned()))
                }
                (None, Some((found, expected))) => {
                    (found.to_owned(), format!("expected {expected}"), None)
                }
                (None, None) => (said.to_owned(), "here".to_owned(), None),
            },
        };
        let source_code = NamedSource::new(name, text.to_owned()).with_language("toml");
        Self { message, source_code, at: at.into(), label, help }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_said_is_as_usual() {
        let usual = Config::parse("config.toml", "").unwrap();
        assert_eq!(usual, Config::default());
        let text = |bounds: CacheBounds| (bounds.size.to_string(), bounds.age.to_string());
        assert_eq!(text(usual.cache), ("10GiB".to_owned(), "30d".to_owned()));
        let set = Config::parse("config.toml", "[cache]\nsize = \"2GiB\"").unwrap();
        assert_eq!(text(set.cache), ("2GiB".to_owned(), "30d".to_owned()));
        let set = Config::parse("config.toml", "[cache]\nage = \"12h\"").unwrap();
        assert_eq!(text(set.cache), ("10GiB".to_owned(), "12h".to_owned()));
    }

    #[test]
    fn what_is_wrong_is_told_at_its_place() {
        let refused = |text: &str| {
            let error = Config::parse("config.toml", text).unwrap_err();
            let at = &text[error.at.offset()..error.at.offset() + error.at.len()];
            format!(
                "{} | {at} | {} | {}",
                error.message,
                error.label,
                error.help.as_deref().unwrap_or("")
            )
        };
        for (text, said) in [
            ("[cahce]", "unknown key `cahce` | cahce | not known | did you mean `cache`?"),
            (
                "[cache]\nlifetime = 1",
                "unknown key `lifetime` | lifetime | not known | the keys here are: `size`, `age`",
            ),
            (
                "[cache]\nsize = \"1mb\"",
                "`mb` is not a unit here | \"1mb\" | here | the units are `GiB`, `MiB`, `KiB`, `GB`, \
                 `MB`, `kB`, `B`",
            ),
            (
                "[cache]\nage = \"30\"",
                "`30` has no unit | \"30\" | here | write an amount such as `\"30d\"`, `\"12h\"` or \
                 `\"90m\"`",
            ),
            (
                "[cache]\nage = 30",
                "invalid type: integer `30` | 30 | expected an amount such as `\"30d\"`, `\"12h\"` \
                 or `\"90m\"` | ",
            ),
        ] {
            assert_eq!(refused(text), said);
        }
        assert!(Config::parse("config.toml", "[cache").is_err());
    }
}
