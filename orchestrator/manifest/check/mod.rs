//! `[[check]]`: calls and what must come of them.
//!
//! A check makes one call or several *steps* on one instance. What is expected of a call stands
//! beside it, so the keys of a check with one call are those of a step and some more;
//! [`Check::calls`] shows both as steps.

mod faults;
mod files;
mod pattern;

use std::borrow::Cow;
use std::ops::Range;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use super::{Grants, Limit, Limits};

pub(super) use faults::faults;
pub use files::{Writable, writable};
pub use pattern::Pattern;

/// `[[check]]`: a call, or several on one instance, and what is expected of them.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Check {
    /// What people call it; without it, its call.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub name: Option<Spanned<String>>,
    /// The component that is called, by itself and before it is composed; without it, the
    /// composed component is.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub component: Option<Spanned<String>>,
    /// The call, in WAVE: `function(arguments)` or `interface.function(arguments)`. A check has
    /// either this or `steps`.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub call: Option<Spanned<String>>,
    /// Several calls on one instance, in order, each with what is expected of it. The first that
    /// fails ends the check.
    #[serde(default)]
    #[schemars(with = "Option<Vec<CheckStep>>")]
    pub steps: Option<Spanned<Vec<CheckStep>>>,
    /// The value it returns, in WAVE.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub returns: Option<Spanned<String>>,
    /// How far floats within the returned value may be from those of `returns`: the part of the
    /// larger one of both, or of 1 where both are smaller. Without it they are equal.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub approx: Option<Spanned<f64>>,
    /// A regular expression that is found in what it returns: in the characters of a string, in
    /// the WAVE of any other value. `^` and `$` hold it to the ends.
    #[serde(default)]
    pub matches: Option<Pattern>,
    /// It traps, and this is part of the trap's message.
    #[serde(default)]
    pub traps: Option<String>,
    /// It goes over this limit.
    #[serde(default)]
    pub exceeds: Option<Limit>,
    /// It tries to use what is not granted, and this is part of the function refused, of what was
    /// wanted or of the grant that would allow it. How it ends then is another matter.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub denied: Option<Spanned<String>>,
    /// All that it writes to standard output (which must be granted).
    #[serde(default)]
    pub stdout: Option<String>,
    /// All that it writes to standard error (which must be granted).
    #[serde(default)]
    pub stderr: Option<String>,
    /// Files that it writes, by the path that it knows in a directory granted `read-write`, each
    /// with all that is in it then.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub files: IndexMap<Spanned<String>, String>,
    /// The most fuel that it may use, as a multiple of what another call uses.
    #[serde(default)]
    pub fuel: Option<Bound>,
    /// The most time that it may take, as a multiple of what another call takes.
    #[serde(default)]
    pub time: Option<Bound>,
    /// What it is granted, in place of `[grants]`.
    #[serde(default)]
    pub grants: Option<Grants>,
    /// What it may use up, in place of `[limits]`.
    #[serde(default)]
    pub limits: Option<Limits>,
    /// Where its table is.
    #[serde(skip)]
    place: Range<usize>,
}

/// One call of several on one instance, and what is expected of it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct CheckStep {
    /// The call, in WAVE. `$NAME` in it is what an earlier step returned, `$NAME.ok.field[0]` a
    /// part of that.
    #[schemars(with = "String")]
    pub call: Spanned<String>,
    /// The name by which later steps refer to what it returns.
    #[serde(default, rename = "as")]
    #[schemars(with = "Option<String>")]
    pub name: Option<Spanned<String>>,
    /// The value it returns, in WAVE; the name of its resource for a handle.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub returns: Option<Spanned<String>>,
    /// How far floats within the returned value may be from those of `returns`, as in a check.
    #[serde(default)]
    #[schemars(with = "Option<f64>")]
    pub approx: Option<Spanned<f64>>,
    /// A regular expression that is found in what it returns, as in a check.
    #[serde(default)]
    pub matches: Option<Pattern>,
    /// It traps, and this is part of the trap's message. No step can follow.
    #[serde(default)]
    pub traps: Option<String>,
    /// It goes over this limit. No step can follow.
    #[serde(default)]
    pub exceeds: Option<Limit>,
    /// It tries to use what is not granted, as in a check.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub denied: Option<Spanned<String>>,
    /// All that it writes to standard output (which must be granted).
    #[serde(default)]
    pub stdout: Option<String>,
    /// All that it writes to standard error (which must be granted).
    #[serde(default)]
    pub stderr: Option<String>,
    /// Files that it writes, as in a check.
    #[serde(default)]
    #[schemars(with = "IndexMap<String, String>")]
    pub files: IndexMap<Spanned<String>, String>,
}

/// How much of something a call may use beside another one.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Bound {
    /// So many times as much as the other call, at most.
    #[schemars(with = "f64")]
    pub at_most: Spanned<f64>,
    /// The other call, in WAVE.
    #[schemars(with = "String")]
    pub of: Spanned<String>,
}

impl Check {
    /// Its calls, in order: its steps, or the one call as a step.
    pub fn calls(&self) -> Cow<'_, [CheckStep]> {
        let Some(call) = &self.call else {
            return Cow::Borrowed(self.steps.as_ref().map_or(&[], |steps| steps.get_ref()));
        };
        Cow::Owned(vec![CheckStep {
            call: call.clone(),
            name: None,
            returns: self.returns.clone(),
            approx: self.approx.clone(),
            matches: self.matches.clone(),
            traps: self.traps.clone(),
            exceeds: self.exceeds,
            denied: self.denied.clone(),
            stdout: self.stdout.clone(),
            stderr: self.stderr.clone(),
            files: self.files.clone(),
        }])
    }

    /// What its calls are, in order, without what is expected of them.
    pub fn texts(&self) -> impl Iterator<Item = &Spanned<String>> {
        let steps = self.steps.iter().flat_map(Spanned::get_ref);
        self.call.iter().chain(steps.map(|step| &step.call))
    }

    /// What people call it: its name, or else its call or the first of them.
    pub fn title(&self) -> Cow<'_, str> {
        if let Some(name) = &self.name {
            return Cow::Borrowed(name.get_ref());
        }
        let mut texts = self.texts();
        let first = texts.next().map_or("", |call| call.get_ref().as_str());
        match texts.count() {
            0 => Cow::Borrowed(first),
            1 => Cow::Owned(format!("{first} and 1 more step")),
            more => Cow::Owned(format!("{first} and {more} more steps")),
        }
    }

    /// Where it is: its call, its steps, or else its table.
    pub fn span(&self) -> Range<usize> {
        let steps = || self.steps.as_ref().map(Spanned::span);
        self.call.as_ref().map(Spanned::span).or_else(steps).unwrap_or_else(|| self.place.clone())
    }

    /// Whether fuel must be counted for it.
    pub fn counts_fuel(&self) -> bool {
        self.fuel.is_some() || self.limits.as_ref().is_some_and(|limits| limits.fuel.is_some())
    }
}

/// Reads checks that know where their tables are.
pub(super) fn placed<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<Check>, D::Error> {
    let checks = Vec::<Spanned<Check>>::deserialize(from)?.into_iter();
    Ok(checks.map(|check| Check { place: check.span(), ..check.into_inner() }).collect())
}
