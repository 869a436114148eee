//! What the TOML parser says of a toolchain's file, in poly's words: which key it does not know, and
//! what one that is missing would say.

use std::ops::Range;

use super::error::Fault;
use crate::expected::found_and_expected;
use crate::nearest::suggestion;

/// The keys that a table must have, and what each says.
const REQUIRED: [(&str, &str); 15] = [
    ("name", "what it is called, as in `name = \"tinygo\"`"),
    ("about", "what it is, in a few words, as in `about = \"Go, through TinyGo\"`"),
    ("language", "what the sources are written in, as in `language = \"go\"`"),
    ("produces", "what the steps leave: `produces = \"component\"`, or `produces = \"module\"`"),
    (
        "reproducible",
        "whether two builds of the same sources are the same bytes: `reproducible = true`, or \
         `reproducible = false`",
    ),
    ("inputs", "globs of what is read of a component, as in `inputs = [\"src/**/*.rs\"]`"),
    (
        "step",
        "what is run, as in a table `[[step]]` with `name = \"compile\"` and \
         `run = [\"{tool:NAME}\", \"-o\", \"{output}\"]`",
    ),
    ("run", "the tool and its arguments, as in `run = [\"{tool:NAME}\", \"-o\", \"{output}\"]`"),
    (
        "files",
        "the sources of a component that answers `hello, NAME`, by their paths, as in a table \
         `[self-test.files]` with `\"main.go\" = \"…\"`",
    ),
    ("accept", "which versions will do, as in `accept = \">=1.2, <2\"`"),
    ("way", "how it is installed, as in `way = \"cargo\"`"),
    ("path", "where the executable is, as in `path = \"bin/tinygo\"`"),
    ("directory", "what prints where it lies, as in `directory = [\"env\", \"GOROOT\"]`"),
    ("url", "where it is downloaded from, as in `url = \"https://example.org/tool.tar.gz\"`"),
    ("sha256", "the digest of what is there, 64 hexadecimal digits, as `sha256sum` prints it"),
];

/// The fault that the parser found.
pub(super) fn fault(error: &toml::de::Error, text: &str) -> Fault {
    let at = error.span().unwrap_or(0..0);
    let message = error.message().trim();
    // serde's own words: missing field `x`; unknown field `x`, expected one of `a`, `b`.
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    match quoted.split_first() {
        _ if text.trim().is_empty() => {
            Fault::at(0..0, "the toolchain's file is empty", "here").help(WHOLE)
        }
        Some((key, known)) if message.starts_with("unknown field") => {
            let help = suggestion(key, known.iter().copied(), "the keys here are");
            Fault::at(at, format!("unknown key `{key}`"), "not a key of this table").help(help)
        }
        Some((key, _)) if message.starts_with("missing field") => {
            Fault::at(beginning(at, text), format!("`{key}` is missing"), "in this table")
                .help(says(key))
        }
        _ => match found_and_expected(message) {
            Some((found, expected)) => {
                let help = says(key_before(at.start, text));
                Fault::at(at, found, format!("expected {expected}")).help(help)
            }
            None => Fault::at(at, message.replace('\n', ", "), "here"),
        },
    }
}

/// What a key says.
fn says(key: &str) -> String {
    let said = REQUIRED.iter().find(|(name, _)| *name == key);
    said.map_or(WHOLE.to_owned(), |(_, says)| format!("`{key}` says {says}"))
}

/// The key of the value at a place: what stands before its `=`, in a line or in a table within one.
fn key_before(at: usize, text: &str) -> &str {
    let before = text.get(..at).unwrap_or_default().trim_end().trim_end_matches('=');
    before.rsplit(['\n', '{', ',']).next().unwrap_or_default().trim()
}

const WHOLE: &str = "CONTRIBUTING.md shows a whole file, and says what each key means";

/// The first line of a place that has something in it, for a table can be long. The whole file has no
/// place.
fn beginning(at: Range<usize>, text: &str) -> Range<usize> {
    let inside = text.get(at.clone()).filter(|inside| !inside.is_empty()).unwrap_or(text);
    let blank = inside.len() - inside.trim_start().len();
    let line = inside.trim_start().lines().next().unwrap_or_default().len();
    at.start + blank..at.start + blank + line
}
