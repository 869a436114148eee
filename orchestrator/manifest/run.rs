//! `[run]`: how the composed component is compiled and run.
//!
//! What it may touch and use up is said elsewhere (`[grants]`, `[limits]`). None of this changes
//! the composed file, which other hosts run as they like.

use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use clap::ValueEnum;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use toml::Spanned;

use super::error::Fault;
use super::{Bytes, Grants, MalformedQuantity, Manifest, ManifestError, Switch};

/// `[run]`: how the composed component is compiled and run.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Run {
    /// What the compiler takes time for.
    pub opt_level: OptLevel,
    /// Whether a float that is no number has the same bits on every machine.
    pub nan_canonicalization: bool,
    /// Stack for the component's own calls; to recurse deeper ends the call.
    pub stack: Stack,
    /// Whether fuel is counted and told even where `[limits]` has no bound for it.
    pub fuel: bool,
    /// Whether a run does the same on every machine and every time: `nan-canonicalization`, relaxed
    /// SIMD as everywhere, and no real clocks and no real randomness, which it refuses.
    #[schemars(with = "bool")]
    pub deterministic: Spanned<bool>,
}

impl Default for Run {
    fn default() -> Self {
        Self {
            opt_level: OptLevel::default(),
            nan_canonicalization: false,
            stack: Stack::default(),
            fuel: false,
            deterministic: Spanned::new(0..0, false),
        }
    }
}

/// What the compiler takes time for.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum OptLevel {
    /// Nothing: it compiles fast, and what it compiles is slow
    None,
    /// Fast code
    #[default]
    Speed,
    /// Fast code, and small where that costs no speed
    SpeedAndSize,
}

/// Bytes of stack for a component's own calls, within bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Bytes", into = "u64")]
pub struct Stack(Bytes);

/// Why an amount is no stack.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum MalformedStack {
    /// It is no amount.
    #[error(transparent)]
    Quantity(#[from] MalformedQuantity),
    /// It is too small for anything to run, or larger than anything needs.
    #[error(
        "a stack of {stack} is not from {} to {}\nthe default is {}",
        Stack::SMALLEST, Stack::LARGEST, Stack::default().0
    )]
    OutOfBounds {
        /// What was written.
        stack: Bytes,
    },
}

impl Stack {
    /// Less than this, and a function with a large frame may not be entered at all.
    const SMALLEST: Bytes = Bytes::kibibytes(64);
    /// As much as the host has room for several times over.
    const LARGEST: Bytes = Bytes::mebibytes(256);

    /// The number of bytes.
    ///
    /// # Panics
    ///
    /// Never: the largest fits every machine.
    pub fn bytes(self) -> usize {
        usize::try_from(self.0.get()).expect("the largest fits")
    }
}

impl Default for Stack {
    fn default() -> Self {
        Self(Bytes::mebibytes(1))
    }
}

impl TryFrom<Bytes> for Stack {
    type Error = MalformedStack;

    fn try_from(stack: Bytes) -> Result<Self, Self::Error> {
        if (Self::SMALLEST..=Self::LARGEST).contains(&stack) {
            Ok(Self(stack))
        } else {
            Err(MalformedStack::OutOfBounds { stack })
        }
    }
}

impl From<Stack> for u64 {
    fn from(stack: Stack) -> Self {
        stack.0.get()
    }
}

impl FromStr for Stack {
    type Err = MalformedStack;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<Bytes>()?.try_into()
    }
}

impl fmt::Display for Stack {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl JsonSchema for Stack {
    fn schema_name() -> Cow<'static, str> {
        Bytes::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Bytes::json_schema(generator)
    }
}

impl Manifest {
    /// Refuses what cannot be together in how it is run: for those who have changed that since it
    /// was parsed.
    pub fn check_run(&self) -> Result<(), ManifestError> {
        match chance(self) {
            // The line of `[run]` is not the one that says so.
            Some(Chance { grant, place }) => {
                let places = place.map(|place| (place, GRANTED.to_owned()));
                let (message, help) = (not_deterministic(grant), without(grant));
                Err(self.error_at_all(places.into_iter().collect(), message, Some(help)))
            }
            None => Ok(()),
        }
    }
}

/// Something that is granted, and is another thing in every run by itself.
struct Chance {
    grant: &'static str,
    /// The check or the table of `[interop]` that is granted it; none for `[grants]`.
    place: Option<Range<usize>>,
}

/// What is said of the place of a [`Chance`].
const GRANTED: &str = "granted here";

/// What cannot be together in how a component is run, with what it is granted.
pub(super) fn fault(manifest: &Manifest) -> Option<Fault> {
    let Chance { grant, place } = chance(manifest)?;
    let asked = manifest.run.deterministic.span();
    let fault = Fault::at(asked, not_deterministic(grant), "asked for here").advise(without(grant));
    Some(match place {
        Some(place) => fault.and_at(place, GRANTED),
        None => fault,
    })
}

fn not_deterministic(grant: &str) -> String {
    format!("a run with real `{grant}` is not deterministic")
}

fn without(grant: &str) -> String {
    format!("leave `{grant}` out of the grants: what stands in for it is the same in every run")
}

/// What is granted by chance where a run is to be deterministic, if anything is.
fn chance(manifest: &Manifest) -> Option<Chance> {
    let checks = manifest.checks.iter();
    let checks = checks.filter_map(|check| Some((check.grants.as_ref()?, Some(check.span()))));
    let interop = manifest.interop.iter();
    let interop = interop.map(|(name, interop)| (&interop.grants, Some(name.span())));
    let mut all = std::iter::once((&manifest.grants, None)).chain(checks).chain(interop);
    let found = all.find_map(|(grants, place)| Some(Chance { grant: real(grants)?, place }));
    found.filter(|_| *manifest.run.deterministic.get_ref())
}

/// The first of `grants` that is another thing in every run by itself.
fn real(grants: &Grants) -> Option<&'static str> {
    let clocks = match &grants.clocks {
        Switch::Off => false,
        Switch::On => true,
        Switch::As(clocks) => clocks.fixed.is_none() || clocks.scale.is_some(),
    };
    let random = matches!(grants.random, Switch::On);
    clocks.then_some("clocks").or(random.then_some("random"))
}
