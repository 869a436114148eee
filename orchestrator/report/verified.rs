//! Two builds of the same, compared: as text, and as data.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use super::human;
use crate::build::{Compared, Verdict, Verified};
use crate::component::difference::{Difference, Differences, What};

/// How much of a digest is shown.
const DIGITS: usize = 16;

/// What is said of one artifact, after the verdict.
pub(super) fn text(compared: &Compared) -> String {
    let Compared { action, digests, sizes, verdict } = compared;
    let mut text = format!("{:24} {:>10}", action.to_string(), human::size(sizes[0]));
    let [one, other] = digests.each_ref().map(|digest| digest.to_string()[..DIGITS].to_owned());
    match verdict {
        Verdict::Equal => {
            let _ = write!(text, "  sha256 {one}");
        }
        Verdict::Follows { from } => {
            let from: Vec<String> = from.iter().map(|action| format!("`{action}`")).collect();
            let _ = write!(text, "  because of {}", from.join(", "));
        }
        Verdict::Varies { reason, differences } => {
            let _ = write!(text, "  sha256 {one} and {other}\n{reason}");
            tell(differences, &mut text);
        }
        Verdict::Differs { differences } => {
            let _ = write!(text, "  sha256 {one} and {other}");
            tell(differences, &mut text);
        }
    }
    text
}

fn tell(differences: &Differences, text: &mut String) {
    for difference in &differences.first {
        let place = difference.within.iter().chain([&difference.part]);
        let place: Vec<&str> = place.map(String::as_str).collect();
        let _ = write!(text, "\n  {}: {}", place.join(" › "), what(difference));
    }
    let more = differences.total - differences.first.len();
    if more > 0 {
        let _ = write!(text, "\n  and {more} more");
    }
}

fn what(Difference { what, .. }: &Difference) -> String {
    match what {
        What::OnlyFirst { size } => format!("{size} bytes, in the first build only"),
        What::OnlySecond { size } => format!("{size} bytes, in the second build only"),
        What::Bytes { sizes: [one, other], at, offsets, count, read } => {
            let sizes = match count {
                Some(count) => format!("{count} of {one} bytes"),
                None => format!("{one} and {other} bytes"),
            };
            format!(
                "{sizes}, from byte {at} on (0x{:x} of the file)\n    first   {}\n    second  {}",
                offsets[0], read[0], read[1]
            )
        }
    }
}

/// The last line.
pub(super) fn summary(verified: &Verified) -> String {
    let (equal, all) = (verified.equal(), verified.compared.len());
    let [first, second] = verified.elapsed.map(human::time);
    let equal = if equal == all {
        format!("all {all} artifacts are equal")
    } else {
        format!("{equal} of {all} artifacts are equal")
    };
    format!("{equal} in two builds from nothing, which took {first} and {second}")
}

/// The same as data.
pub(super) fn data(verified: &Verified) -> Value {
    let milliseconds = |elapsed: Duration| u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    json!({
        "reproducible": verified.is_reproducible(),
        "artifacts": verified.compared.len(),
        "equal": verified.equal(),
        "milliseconds": verified.elapsed.map(milliseconds),
    })
}
