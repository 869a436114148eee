//! Which time clocks tell: a moment at which it begins, and how fast it passes.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use toml::value::{Datetime, Offset};

/// A time that is not the real one.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "ClockTable")]
pub struct ClockSettings {
    /// When time begins; without it, now.
    pub fixed: Option<Moment>,
    /// How many times as fast as real time it passes; without it, only by reading it and by
    /// sleeping.
    pub scale: Option<Scale>,
}

/// `clocks = { fixed = "...", scale = ... }`: a time that is not the real one, as it is written.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct ClockTable {
    /// When time begins, such as `2026-01-01T00:00:00Z`; without it, now.
    #[schemars(with = "Option<String>")]
    fixed: Option<Moment>,
    /// How many times as fast as real time it passes; without it, only by reading it and by
    /// sleeping.
    #[schemars(with = "Option<f64>")]
    scale: Option<Scale>,
}

/// A moment in nanoseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Moment(u64);

/// How many times as fast as real time another passes: from a thousandth to a million.
#[derive(Debug, Clone, Copy, PartialEq, Deserialize)]
#[serde(try_from = "f64")]
pub struct Scale(f64);

/// Why something says no time. A second line is advice.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum MalformedClock {
    /// It is not a moment.
    #[error(
        "`{0}` is not a moment between 1970 and 2500\nwrite date, time and `Z`, such as \
         `2026-01-01T00:00:00Z` (RFC 3339)"
    )]
    Moment(String),
    /// It is not a factor.
    #[error("clocks cannot run {0} times as fast\nwrite a number from 0.001 to 1000000")]
    Scale(f64),
    /// It says nothing.
    #[error(
        "this says of the clocks neither `fixed` nor `scale`\nfor real time, write `clocks = true`"
    )]
    Nothing,
}

impl TryFrom<ClockTable> for ClockSettings {
    type Error = MalformedClock;

    fn try_from(ClockTable { fixed, scale }: ClockTable) -> Result<Self, Self::Error> {
        if fixed.is_none() && scale.is_none() {
            return Err(MalformedClock::Nothing);
        }
        Ok(Self { fixed, scale })
    }
}

impl Moment {
    /// Nanoseconds since 1970-01-01T00:00:00Z.
    pub const fn nanoseconds(self) -> u64 {
        self.0
    }
}

impl Scale {
    /// The factor.
    pub const fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Scale {
    type Error = MalformedClock;

    fn try_from(factor: f64) -> Result<Self, Self::Error> {
        if (0.001..=1e6).contains(&factor) {
            Ok(Self(factor))
        } else {
            Err(MalformedClock::Scale(factor))
        }
    }
}

impl TryFrom<String> for Moment {
    type Error = MalformedClock;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for Moment {
    type Err = MalformedClock;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let read = text.parse::<Datetime>().ok().and_then(|moment| since_1970(&moment));
        read.map(Self).ok_or_else(|| MalformedClock::Moment(text.to_owned()))
    }
}

/// Nanoseconds since 1970-01-01T00:00:00Z, of what has a date, a time and an offset.
fn since_1970(moment: &Datetime) -> Option<u64> {
    let (date, time) = (moment.date?, moment.time?);
    let offset = match moment.offset? {
        Offset::Z => 0,
        Offset::Custom { minutes } => i64::from(minutes),
    };
    if !(1970..=2500).contains(&date.year) {
        return None;
    }
    let days = days_since_1970(date.year.into(), date.month.into(), date.day.into());
    let minutes = (days * 24 + i64::from(time.hour)) * 60 + i64::from(time.minute) - offset;
    let seconds = minutes * 60 + i64::from(time.second.unwrap_or_default());
    let nanoseconds = u64::try_from(seconds).ok()?.checked_mul(1_000_000_000)?;
    nanoseconds.checked_add(time.nanosecond.unwrap_or_default().into())
}

/// In the Gregorian calendar. A year begins in March here, so that a leap day is its last.
fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let leap_days = year / 4 - year / 100 + year / 400;
    let days_of_months = (month * 153 + 2) / 5;
    year * 365 + leap_days + days_of_months + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_those_of_the_calendar() {
        for (text, seconds) in [
            ("1970-01-01T00:00:00Z", 0),
            ("1970-03-01T00:00:00Z", 5_097_600),
            ("2000-01-01T00:00:00Z", 946_684_800),
            ("2000-02-29T23:59:59Z", 951_868_799),
            ("2024-03-01T00:00:00Z", 1_709_251_200),
            ("2026-01-01T01:30:00+01:30", 1_767_225_600),
            ("2100-03-01T00:00:00Z", 4_107_542_400),
        ] {
            let moment: Moment = text.parse().unwrap();
            assert_eq!(moment.nanoseconds(), seconds * 1_000_000_000, "{text}");
        }
        let moment: Moment = "1970-01-01T00:00:00.25Z".parse().unwrap();
        assert_eq!(moment.nanoseconds(), 250_000_000);
    }

    #[test]
    fn what_is_no_moment_is_refused() {
        for text in [
            "",
            "now",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "12:00:00",
            "2026-02-30T00:00:00Z",
            "1969-12-31T23:59:59Z",
            "1970-01-01T00:00:00+01:00",
            "9999-01-01T00:00:00Z",
        ] {
            assert!(text.parse::<Moment>().is_err(), "{text}");
        }
        for factor in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e7] {
            assert!(Scale::try_from(factor).is_err(), "{factor}");
        }
    }
}
