//! Times and sizes as people read them.

use std::time::Duration;

/// `4 ms`, `1.3 s`, `2 m 05 s`.
pub(crate) fn time(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match elapsed.as_millis() {
        milliseconds @ ..1000 => format!("{milliseconds} ms"),
        ..60_000 => format!("{:.1} s", elapsed.as_secs_f64()),
        _ => format!("{} m {:02} s", seconds / 60, seconds % 60),
    }
}

/// `840 ns`, `8.24 µs`, `1.31 ms`, `2.05 s`: what one call takes.
pub(crate) fn nanoseconds(nanoseconds: u64) -> String {
    let units = [(1_000_000_000_u32, "s"), (1_000_000, "ms"), (1_000, "µs")];
    match units.into_iter().find(|(unit, _)| nanoseconds >= u64::from(*unit)) {
        #[expect(clippy::cast_precision_loss, reason = "two decimal places are shown")]
        Some((unit, name)) => format!("{:.2} {name}", nanoseconds as f64 / f64::from(unit)),
        None => format!("{nanoseconds} ns"),
    }
}

/// `8.24 µs, 1,569 fuel`: what one call took, and used where that was counted.
pub(crate) fn spent(elapsed: Duration, fuel: Option<u64>) -> String {
    let elapsed = u64::try_from(elapsed.as_nanos()).unwrap_or(u64::MAX);
    format!("{}{}", nanoseconds(elapsed), with_fuel(fuel))
}

/// `, 1,569 fuel`, or nothing where it was not counted.
pub(crate) fn with_fuel(fuel: Option<u64>) -> String {
    fuel.map(|fuel| format!(", {} fuel", count(fuel))).unwrap_or_default()
}

/// `40 s`, `5 m`, `3 h`, `12 d`: how long ago something was.
pub(crate) fn age(since: Duration) -> String {
    let seconds = since.as_secs();
    let units = [(86_400, "d"), (3_600, "h"), (60, "m")];
    let fits = units.into_iter().find(|(unit, _)| seconds >= *unit);
    fits.map_or_else(|| format!("{seconds} s"), |(unit, name)| format!("{} {name}", seconds / unit))
}

/// `812 B`, `51.2 KB`, `18.3 MB`: decimal, as registries and download pages count.
pub(crate) fn size(bytes: u64) -> String {
    let units = [(1_000_000_000_u32, "GB"), (1_000_000, "MB"), (1_000, "KB")];
    match units.into_iter().find(|(unit, _)| bytes >= u64::from(*unit)) {
        #[expect(clippy::cast_precision_loss, reason = "one decimal place is shown")]
        Some((unit, name)) => format!("{:.1} {name}", bytes as f64 / f64::from(unit)),
        None => format!("{bytes} B"),
    }
}

/// `12`, `1,234`, `10,000,000`.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let places = digits.char_indices().map(|(index, digit)| (digits.len() - index, digit));
    let mut text = String::new();
    for (place, digit) in places {
        if place % 3 == 0 && place < digits.len() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_and_sizes_read_well() {
        assert_eq!(time(Duration::from_millis(4)), "4 ms");
        assert_eq!(time(Duration::from_millis(1340)), "1.3 s");
        assert_eq!(time(Duration::from_secs(125)), "2 m 05 s");
        let ages = [40, 300, 7_200, 86_400 * 12].map(|seconds| age(Duration::from_secs(seconds)));
        assert_eq!(ages, ["40 s", "5 m", "2 h", "12 d"]);
        let times = [840, 8_240, 1_310_000, 2_050_000_000].map(nanoseconds);
        assert_eq!(times, ["840 ns", "8.24 µs", "1.31 ms", "2.05 s"]);
        assert_eq!(spent(Duration::from_micros(8), Some(1_569)), "8.00 µs, 1,569 fuel");
        assert_eq!(spent(Duration::from_millis(8), None), "8.00 ms");
        assert_eq!(size(812), "812 B");
        assert_eq!(size(51_234), "51.2 KB");
        assert_eq!(size(18_300_000), "18.3 MB");
        let counts = [0, 999, 1_000, 1_234_567].map(count);
        assert_eq!(counts, ["0", "999", "1,000", "1,234,567"]);
    }
}
