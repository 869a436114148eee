//! Amounts with a unit: [`Bytes`], [`Timeout`] and [`Age`].
//!
//! All are whole numbers within, so that equal amounts are equal whatever unit they were
//! written in, and are shown in the largest unit that says them without a fraction.
//! Fractions (`1.5s`) are refused: `1500ms` says the same without rounding.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Error, Visitor};
use serde::{Deserialize, Deserializer};
use thiserror::Error as ThisError;

/// Each unit of bytes and how many of them it holds, largest first; powers of two before
/// powers of ten, so that an amount that both can say is shown in the former.
const BYTE_UNITS: [(&str, u64); 7] = [
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];

/// Each unit of time and its milliseconds, largest first.
const TIME_UNITS: [(&str, u64); 4] = [("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

/// Each unit of age and its seconds, largest first.
const AGE_UNITS: [(&str, u64); 4] = [("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)];

/// An amount of memory or of output: `"256MiB"`, `"64 KiB"`, `"1GB"`, or a plain number of
/// bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(u64);

impl Bytes {
    /// So many kibibytes (2^10 bytes each).
    pub const fn kibibytes(count: u64) -> Self {
        Self(count << 10)
    }

    /// So many mebibytes (2^20 bytes each).
    pub const fn mebibytes(count: u64) -> Self {
        Self(count << 20)
    }

    /// The number of bytes.
    pub const fn get(self) -> u64 {
        self.0
    }
}

/// An amount of time, more than none, in whole milliseconds: `"500ms"`, `"10s"`, `"2m"`, `"1h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timeout(u64);

impl Timeout {
    /// So many seconds.
    pub const fn seconds(count: u64) -> Self {
        Self(count * 1_000)
    }

    /// The time as the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

/// How long ago something may be, in whole seconds: `"30d"`, `"12h"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Age(u64);

impl Age {
    /// So many days.
    pub const fn days(count: u64) -> Self {
        Self(count * 86_400)
    }

    /// The time as the standard library has it.
    pub const fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

/// Why a text is no amount.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
pub enum MalformedQuantity {
    /// It does not begin with a whole number.
    #[error("`{text}` does not begin with a whole number\nwrite an amount such as {examples}")]
    NoNumber {
        /// What was written.
        text: String,
        /// What could have been.
        examples: &'static str,
    },
    /// It has no unit although its kind asks for one.
    #[error("`{text}` has no unit\nwrite an amount such as {examples}")]
    NoUnit {
        /// What was written.
        text: String,
        /// What could have been.
        examples: &'static str,
    },
    /// Its unit is none of the known ones.
    #[error("`{unit}` is not a unit here\nthe units are {units}")]
    UnknownUnit {
        /// The unit.
        unit: String,
        /// The known ones.
        units: String,
    },
    /// It is more than can be counted.
    #[error("`{text}` is more than poly can count")]
    TooLarge {
        /// What was written.
        text: String,
    },
    /// It is nothing although nothing makes no sense.
    #[error("a timeout of nothing lets nothing run\nwrite an amount such as {TIME_EXAMPLES}")]
    Zero,
}

const BYTE_EXAMPLES: &str = "`\"256MiB\"`, `\"64 KiB\"` or `1048576`";
const TIME_EXAMPLES: &str = "`\"500ms\"`, `\"10s\"` or `\"2m\"`";
const AGE_EXAMPLES: &str = "`\"30d\"`, `\"12h\"` or `\"90m\"`";

/// Takes `text` apart into its number and its unit and multiplies them. `bare` is what a
/// number without a unit counts, if it may stand without one.
fn amount(
    text: &str,
    units: &[(&str, u64)],
    bare: Option<u64>,
    examples: &'static str,
) -> Result<u64, MalformedQuantity> {
    let trimmed = text.trim();
    let digits =
        trimmed.find(|character: char| !character.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(digits);
    let unit = unit.trim_start();
    if number.is_empty() || unit.starts_with('.') {
        return Err(MalformedQuantity::NoNumber { text: text.to_owned(), examples });
    }
    let size = match units.iter().find(|(name, _)| *name == unit) {
        Some((_, size)) => *size,
        None if unit.is_empty() => {
            bare.ok_or_else(|| MalformedQuantity::NoUnit { text: text.to_owned(), examples })?
        }
        None => {
            let units: Vec<_> = units.iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(MalformedQuantity::UnknownUnit {
                unit: unit.to_owned(),
                units: units.join(", "),
            });
        }
    };
    number
        .parse::<u64>()
        .ok()
        .and_then(|number| number.checked_mul(size))
        .ok_or_else(|| MalformedQuantity::TooLarge { text: text.to_owned() })
}

/// Writes `amount` in the largest unit that says it without a fraction.
fn write_amount(
    formatter: &mut fmt::Formatter<'_>,
    amount: u64,
    units: &[(&str, u64)],
) -> fmt::Result {
    let (unit, size) = units
        .iter()
        .find(|(_, size)| amount != 0 && amount.is_multiple_of(*size))
        .or(units.last())
        .expect("every kind of amount has units");
    write!(formatter, "{}{unit}", amount / size)
}

impl FromStr for Bytes {
    type Err = MalformedQuantity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        amount(text, &BYTE_UNITS, Some(1), BYTE_EXAMPLES).map(Self)
    }
}

impl FromStr for Timeout {
    type Err = MalformedQuantity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match amount(text, &TIME_UNITS, None, TIME_EXAMPLES)? {
            0 => Err(MalformedQuantity::Zero),
            milliseconds => Ok(Self(milliseconds)),
        }
    }
}

impl FromStr for Age {
    type Err = MalformedQuantity;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        amount(text, &AGE_UNITS, None, AGE_EXAMPLES).map(Self)
    }
}

impl fmt::Display for Age {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(formatter, self.0, &AGE_UNITS)
    }
}

impl fmt::Display for Bytes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(formatter, self.0, &BYTE_UNITS)
    }
}

impl fmt::Display for Timeout {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_amount(formatter, self.0, &TIME_UNITS)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = Bytes;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an amount such as {BYTE_EXAMPLES}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Bytes, E> {
                text.parse().map_err(E::custom)
            }

            fn visit_u64<E: Error>(self, bytes: u64) -> Result<Bytes, E> {
                Ok(Bytes(bytes))
            }

            fn visit_i64<E: Error>(self, bytes: i64) -> Result<Bytes, E> {
                u64::try_from(bytes)
                    .map(Bytes)
                    .map_err(|_| E::custom(format!("`{bytes}` bytes are fewer than none")))
            }
        }
        deserializer.deserialize_any(BytesVisitor)
    }
}

impl<'de> Deserialize<'de> for Timeout {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TimeoutVisitor;
        impl Visitor<'_> for TimeoutVisitor {
            type Value = Timeout;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an amount such as {TIME_EXAMPLES}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Timeout, E> {
                text.parse().map_err(E::custom)
            }
        }
        // Not `deserialize_str`: a bare number must be told that it lacks a unit.
        deserializer.deserialize_any(TimeoutVisitor)
    }
}

impl<'de> Deserialize<'de> for Age {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct AgeVisitor;
        impl Visitor<'_> for AgeVisitor {
            type Value = Age;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(formatter, "an amount such as {AGE_EXAMPLES}")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Age, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(AgeVisitor)
    }
}

impl JsonSchema for Bytes {
    fn schema_name() -> Cow<'static, str> {
        "Bytes".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount of bytes: `\"256MiB\"`, `\"64 KiB\"`, `\"1GB\"`, or a number of bytes.",
            "anyOf": [
                { "type": "string", "pattern": "^\\s*[0-9]+\\s*(GiB|MiB|KiB|GB|MB|kB|B)?\\s*$" },
                { "type": "integer", "minimum": 0 },
            ],
        })
    }
}

impl JsonSchema for Timeout {
    fn schema_name() -> Cow<'static, str> {
        "Timeout".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "An amount of time, more than none: `\"500ms\"`, `\"10s\"`, `\"2m\"`, `\"1h\"`.",
            "type": "string",
            "pattern": "^\\s*[0-9]+\\s*(h|m|s|ms)\\s*$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_in_every_unit_and_shown_in_the_largest_that_fits() {
        for (text, bytes, shown) in [
            ("256MiB", 256 << 20, "256MiB"),
            ("64 KiB", 64 << 10, "64KiB"),
            ("1GB", 1_000_000_000, "1GB"),
            ("1024MiB", 1 << 30, "1GiB"),
            ("1500", 1500, "1500B"),
            ("2kB", 2000, "2kB"),
            ("0", 0, "0B"),
        ] {
            let parsed: Bytes = text.parse().unwrap();
            assert_eq!((parsed.get(), parsed.to_string().as_str()), (bytes, shown), "{text}");
            assert_eq!(shown.parse(), Ok(parsed), "{text} survives being shown");
        }
    }

    #[test]
    fn timeouts_are_read_in_every_unit_and_shown_in_the_largest_that_fits() {
        for (text, milliseconds, shown) in [
            ("10s", 10_000, "10s"),
            ("500ms", 500, "500ms"),
            ("2 m", 120_000, "2m"),
            ("60m", 3_600_000, "1h"),
            ("1500ms", 1500, "1500ms"),
        ] {
            let parsed: Timeout = text.parse().unwrap();
            assert_eq!(parsed.duration(), Duration::from_millis(milliseconds), "{text}");
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(shown.parse(), Ok(parsed), "{text} survives being shown");
        }
    }

    #[test]
    fn ages_are_read_in_every_unit_and_shown_in_the_largest_that_fits() {
        for (text, seconds, shown) in [
            ("30d", 2_592_000, "30d"),
            ("48 h", 172_800, "2d"),
            ("90m", 5_400, "90m"),
            ("0s", 0, "0s"),
        ] {
            let parsed: Age = text.parse().unwrap();
            assert_eq!(parsed.duration(), Duration::from_secs(seconds), "{text}");
            assert_eq!(parsed.to_string(), shown);
            assert_eq!(shown.parse(), Ok(parsed), "{text} survives being shown");
        }
    }

    #[test]
    fn what_is_no_amount_says_why() {
        let refused = |text: &str| text.parse::<Bytes>().unwrap_err().to_string();
        assert!(refused("lots").starts_with("`lots` does not begin with a whole number"));
        assert!(refused("1.5MiB").starts_with("`1.5MiB` does not begin with a whole number"));
        assert!(refused("").starts_with("`` does not begin"));
        assert!(refused("-1").starts_with("`-1` does not begin"));
        assert!(refused("1mb").starts_with("`mb` is not a unit here"));
        assert_eq!(refused("99999999999GiB"), "`99999999999GiB` is more than poly can count");
        let refused = |text: &str| text.parse::<Timeout>().unwrap_err().to_string();
        assert!(refused("10").starts_with("`10` has no unit"));
        assert!(refused("0s").starts_with("a timeout of nothing"));
    }
}
