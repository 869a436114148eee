//! The figures for people: a row for each, a column for each side.

use std::fmt::Write as _;

use super::measure::{Figures, Measured};
use crate::bench::{Distribution, Ratio};
use crate::cut::beginning;
use crate::report::human;
use crate::report::tree::columns;

/// How much of a call is shown above its column.
const SHOWN: usize = 40;

pub(super) fn text(measured: &Measured) -> String {
    let Measured { calls, before, clock, sides, ratio } = measured;
    let row = |title: &str, cell: &dyn Fn(&Figures) -> String| {
        let mut cells = sides.iter().map(cell);
        [title.to_owned(), cells.next().unwrap_or_default(), cells.next().unwrap_or_default()]
    };
    let time = |nanoseconds| human::nanoseconds(nanoseconds);
    let rows = [
        row("call", &|side| short(&side.call)),
        row("to", &|side| side.to.clone()),
        row("median", &|side| time(side.nanoseconds.median)),
        row("90 of 100", &|side| time(side.nanoseconds.p90)),
        row("99 of 100", &|side| time(side.nanoseconds.p99)),
        row("least", &|side| time(side.nanoseconds.min)),
        row("most", &|side| time(side.nanoseconds.max)),
        row("mean", &|side| mean(&side.nanoseconds)),
        row("fuel", &|side| fuel(&side.fuel)),
        row("copied in", &|side| copied(side.copied_in)),
        row("copied out", &|side| copied(side.copied_out)),
        row("memory", &memory),
        row("the first", &|side| time(side.first)),
    ];
    let mut text = columns(&rows).join("\n");
    if let Some(Ratio { median, p10, p90, rounds }) = ratio {
        let _ = write!(
            text,
            "\n\nthe first takes {median:.2} times as long as the second \
             ({p10:.2} to {p90:.2} in eight of ten rounds; {rounds} rounds, by turns)"
        );
    }
    let _ = write!(
        text,
        "\n\n{calls} calls after {before} others on one instance, each timed by itself; reading the clock \
         takes {} of each.\nThe first has the start of the instance in it. What is copied crosses the \
         host's boundary; other boundaries are not counted.",
        human::nanoseconds(*clock)
    );
    if sides.iter().any(|side| side.fuel_apart) {
        text += "\nFuel was counted in other calls, of code compiled for it, which is slower.";
    }
    text
}

fn mean(spread: &Distribution) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "whole nanoseconds"
    )]
    human::nanoseconds(spread.mean.round() as u64)
}

/// One number, where all calls use the same.
fn fuel(spread: &Distribution) -> String {
    let [median, min, max] = [spread.median, spread.min, spread.max].map(human::count);
    if min == max { median } else { format!("{median} ({min} to {max})") }
}

fn copied(bytes: Option<u64>) -> String {
    bytes.map_or("not known".to_owned(), human::size)
}

fn memory(side: &Figures) -> String {
    let grown = match side.grown {
        0 => "did not grow".to_owned(),
        grown => format!("grew by {}", human::size(grown)),
    };
    format!("{}, {grown}", human::size(side.memory))
}

fn short(call: &str) -> String {
    beginning(call, SHOWN).map_or_else(|| call.to_owned(), |beginning| format!("{beginning}..."))
}
