//! The fingerprint of an action: everything its artifact depends on, as plain data.
//!
//! It is stored beside the artifact, so that two can be compared and the difference named.
//!
//! | value | in the key? | why |
//! |---|---|---|
//! | content and relative path of each input file | yes | it is what is compiled |
//! | whether its owner may execute an input file | yes | so may a tool its copy; who else may do what is no business of a build |
//! | content of the user's settings that a toolchain names | yes | tools read them unasked; by their name, not their path |
//! | version and digest of each tool, its variant | yes | another compiler, other bytes |
//! | argv of each step, placeholders unexpanded | yes | flags change the artifact; where the checkout lies does not |
//! | variables a toolchain sets or hashes | yes | `RUSTFLAGS` and its like |
//! | variables a toolchain only passes on | no | `HOME`, proxies: where, not what |
//! | job slots, weights, retries, timeouts, and the variables that share job slots | no | when it is built, not what comes of it |
//! | name, path, world, profile, options of the component | yes | steps may name them |
//! | versions of encoder and composer, digests of adapters | yes | they are the tools of our own actions |
//! | digest of each artifact taken from another action | yes | content, not key: equal bytes stop a rebuild |
//! | absolute paths, times, user, directory order | no | a moved or fresh checkout must hit |
//! | [`SCHEMA`] | yes | when what is hashed changes its meaning |

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use poly_cache::Digest;
use serde::{Deserialize, Serialize};

use super::action::Action;
use super::reason::{Change, Reason};

/// Goes up when a field is added or changes its meaning, or when an action of our own makes
/// other bytes of the same inputs.
pub const SCHEMA: u32 = 3;

/// Everything that an action depends on. What a kind of action does not use is empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint {
    /// [`SCHEMA`] when it was taken.
    pub schema: u32,
    /// The action's verb.
    pub action: String,
    /// Content of files, by relative path (`/`-separated), and of the user's settings by name.
    pub inputs: BTreeMap<String, Digest>,
    /// Those files among them that may be executed.
    #[serde(default)]
    pub executable: BTreeSet<String>,
    /// The artifacts that it takes, by the action that each comes from.
    pub artifacts: BTreeMap<Action, Digest>,
    /// The tools, by name.
    pub tools: BTreeMap<String, ToolIdentity>,
    /// The argv of each step, placeholders unexpanded.
    pub steps: Vec<Vec<String>>,
    /// Environment variables that count, placeholders unexpanded.
    pub environment: BTreeMap<String, String>,
    /// What the manifest and the toolchain's file say beside the steps.
    pub settings: BTreeMap<String, String>,
    /// Versions of the libraries that do the work in-process.
    pub libraries: BTreeMap<String, String>,
}

/// Which executable a tool is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolIdentity {
    /// What it says its version is.
    pub version: String,
    /// The digest of its binary.
    pub digest: Digest,
    /// Which of the toolchain's variants it offers, where it has such.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub variant: Option<String>,
}

/// `0.41.1`, or `0.41.1 (wasip2)` where it has a variant.
impl fmt::Display for ToolIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.version)?;
        self.variant.iter().try_for_each(|variant| write!(formatter, " ({variant})"))
    }
}

impl Fingerprint {
    /// A fingerprint of nothing yet.
    pub fn new(action: &str) -> Self {
        Self {
            schema: SCHEMA,
            action: action.to_owned(),
            inputs: BTreeMap::new(),
            executable: BTreeSet::new(),
            artifacts: BTreeMap::new(),
            tools: BTreeMap::new(),
            steps: Vec::new(),
            environment: BTreeMap::new(),
            settings: BTreeMap::new(),
            libraries: BTreeMap::new(),
        }
    }

    /// The key: the digest of the fingerprint's canonical JSON (every map is ordered).
    ///
    /// # Panics
    ///
    /// Never: everything in a fingerprint can be written as JSON.
    pub fn key(&self) -> Digest {
        let json = serde_json::to_vec(self).expect("a fingerprint holds nothing that JSON cannot");
        Digest::of(&json)
    }

    /// In what it differs from an `old` one; empty if in nothing.
    pub fn differences(&self, old: &Self) -> Vec<Reason> {
        if self.schema != old.schema {
            return vec![Reason::Schema { old: old.schema, new: self.schema }];
        }
        let mut reasons = Vec::new();
        for (path, change) in changes(&old.inputs, &self.inputs) {
            reasons.push(Reason::Input { path, change: change.map(|digest| *digest) });
        }
        // Of one that came or went, that is all there is to say.
        let stayed = |path: &&String| {
            [old, self].iter().all(|fingerprint| fingerprint.inputs.contains_key(*path))
        };
        for path in old.executable.symmetric_difference(&self.executable).filter(stayed) {
            let now = self.executable.contains(path);
            reasons.push(Reason::Executable { path: path.clone(), now });
        }
        for (action, change) in changes(&old.artifacts, &self.artifacts) {
            reasons.push(Reason::Artifact { action, change: change.map(|digest| *digest) });
        }
        for (name, change) in changes(&old.tools, &self.tools) {
            reasons.push(Reason::Tool { name, change: change.map(Clone::clone) });
        }
        let (steps, before) = (numbered(&self.steps), numbered(&old.steps));
        for (number, change) in changes(&before, &steps) {
            reasons.push(Reason::Step { number, change: change.map(|argv| argv.to_vec()) });
        }
        for (name, change) in changes(&old.environment, &self.environment) {
            reasons.push(Reason::Environment { name, change: change.map(Clone::clone) });
        }
        for (name, change) in changes(&old.settings, &self.settings) {
            reasons.push(Reason::Setting { name, change: change.map(Clone::clone) });
        }
        for (name, change) in changes(&old.libraries, &self.libraries) {
            reasons.push(Reason::Library { name, change: change.map(Clone::clone) });
        }
        reasons
    }
}

/// Steps by their number, as people count.
fn numbered(steps: &[Vec<String>]) -> BTreeMap<usize, &[String]> {
    (1..).zip(steps.iter().map(Vec::as_slice)).collect()
}

/// What was added, removed or changed between two ordered maps, by key.
fn changes<'a, K: Ord + Clone, V: PartialEq>(
    old: &'a BTreeMap<K, V>,
    new: &'a BTreeMap<K, V>,
) -> BTreeMap<K, Change<&'a V>> {
    let removed = old.iter().filter(|(key, _)| !new.contains_key(*key));
    let mut found: BTreeMap<_, _> =
        removed.map(|(key, value)| (key.clone(), Change::Removed(value))).collect();
    for (key, value) in new {
        match old.get(key) {
            None => found.insert(key.clone(), Change::Added(value)),
            Some(before) if before != value => {
                found.insert(key.clone(), Change::Changed { old: before, new: value })
            }
            Some(_) => None,
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity(version: &str) -> ToolIdentity {
        ToolIdentity {
            version: version.into(),
            digest: Digest::of(version.as_bytes()),
            variant: None,
        }
    }

    fn sample() -> Fingerprint {
        let mut fingerprint = Fingerprint::new("build");
        // A field that is added needs a value here and rows below.
        let Fingerprint {
            schema: _,
            action: _,
            inputs: _,
            executable: _,
            artifacts: _,
            tools: _,
            steps: _,
            environment: _,
            settings: _,
            libraries: _,
        } = &fingerprint;
        fingerprint.inputs.insert("src/main.go".into(), Digest::of(b"package main"));
        fingerprint.inputs.insert("src/made".into(), Digest::of(b"#!/bin/sh"));
        fingerprint.executable.insert("src/made".into());
        fingerprint.artifacts.insert(Action::Build("a".into()), Digest::of(b"artifact"));
        fingerprint.tools.insert("tinygo".into(), identity("0.41.1"));
        fingerprint.steps.push(vec!["{tool:tinygo}".into(), "build".into()]);
        fingerprint.environment.insert("GOFLAGS".into(), "-mod=mod".into());
        fingerprint.settings.insert("world".into(), "transformer".into());
        fingerprint.libraries.insert("wit-component".into(), "0.254.2".into());
        fingerprint
    }

    /// One row for each hashed field: the key moves, and the reason names what moved it.
    #[test]
    fn every_field_moves_the_key_and_is_named() {
        type Edit = fn(&mut Fingerprint);
        let edits: [(&str, Edit); 19] = [
            ("fingerprints of schema 3 became schema 4", |f| f.schema = 4),
            ("`src/main.go` changed (512843855fcc → e00c7e5008e7)", |f| {
                f.inputs.insert("src/main.go".into(), Digest::of(b"package other"));
            }),
            ("`src/new.go` is new", |f| {
                f.inputs.insert("src/new.go".into(), Digest::of(b""));
            }),
            ("`src/main.go` is gone", |f| {
                f.inputs.remove("src/main.go");
            }),
            ("`src/main.go` may be executed now", |f| {
                f.executable.insert("src/main.go".into());
            }),
            ("`src/made` may not be executed any more", |f| f.executable.clear()),
            ("tool `tinygo` changed from 0.41.1 to 0.42.0", |f| {
                f.tools.insert("tinygo".into(), identity("0.42.0"));
            }),
            ("tool `tinygo` changed from 0.41.1 to 0.41.1 (wasip2)", |f| {
                f.tools.get_mut("tinygo").unwrap().variant = Some("wasip2".into());
            }),
            (
                "tool `tinygo` changed: another binary that calls itself 0.41.1 (17ef3b2f2d0f → d7017ebcd654)",
                |f| {
                    f.tools.get_mut("tinygo").unwrap().digest = Digest::of(b"patched");
                },
            ),
            ("`build a` made another artifact (c7c5c1d70c5d → ae448ac86c4e)", |f| {
                f.artifacts.insert(Action::Build("a".into()), Digest::of(b"another"));
            }),
            ("it takes the artifact of `build b` now", |f| {
                f.artifacts.insert(Action::Build("b".into()), Digest::of(b"b"));
            }),
            ("it does not take the artifact of `build a` any more", |f| f.artifacts.clear()),
            ("step 1 of the toolchain changed: `-opt=z` is new", |f| {
                f.steps[0].push("-opt=z".into());
            }),
            ("step 1 of the toolchain changed: `build` is gone, `test` is new", |f| {
                f.steps[0][1] = "test".into();
            }),
            ("step 2 of the toolchain is new: `true`", |f| f.steps.push(vec!["true".into()])),
            ("variable `GOFLAGS` changed from `-mod=mod` to ``", |f| {
                f.environment.insert("GOFLAGS".into(), String::new());
            }),
            ("variable `RUSTFLAGS` is new: `-g`", |f| {
                f.environment.insert("RUSTFLAGS".into(), "-g".into());
            }),
            ("`world` changed from `transformer` to `sink`", |f| {
                f.settings.insert("world".into(), "sink".into());
            }),
            ("poly's own `wit-component` changed from 0.254.2 to 0.255.0", |f| {
                f.libraries.insert("wit-component".into(), "0.255.0".into());
            }),
        ];
        let old = sample();
        for (expected, edit) in edits {
            let mut new = sample();
            edit(&mut new);
            let reasons: Vec<String> =
                new.differences(&old).iter().map(ToString::to_string).collect();
            assert_eq!(reasons, [expected]);
            assert_ne!(new.key(), old.key(), "{expected}: the key must move");
        }
    }

    #[test]
    fn equal_fingerprints_have_one_key_and_no_reasons() {
        assert_eq!(sample().key(), sample().key());
        assert_eq!(sample().differences(&sample()), []);
    }

    #[test]
    fn the_action_moves_the_key() {
        let mut other = sample();
        other.action = "adapt".into();
        assert_ne!(other.key(), sample().key());
    }

    #[test]
    fn it_survives_being_stored() {
        let json = serde_json::to_string(&sample()).unwrap();
        assert_eq!(serde_json::from_str::<Fingerprint>(&json).unwrap(), sample());
    }
}
