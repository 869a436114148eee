//! Where a component stopped, as lines: its own functions, each with its place and the line of the
//! innermost ones, and of everybody else's how many there were.

use super::tail::visible;
use crate::check::{Frame, Trap};

/// How many functions are shown where none is known to be the component's own.
const FEW: usize = 8;
/// How much of a name is shown.
const WIDTH: usize = 120;

/// How names begin in the libraries and runtimes of languages, which are what a program stops in
/// and not why.
const RUNTIMES: [&str; 7] =
    ["std::", "core::", "alloc::", "__rustc::", "runtime.", "abort", "__cxa_"];

/// A title, and a line or two for each function that was running, the innermost first; nothing if
/// none is known. With `all`, also those of libraries, runtimes and of what joins components.
pub(crate) fn stopped(trap: &Trap, all: bool) -> Option<(String, Vec<String>)> {
    let frames = &trap.frames;
    if frames.is_empty() {
        return None;
    }
    let component = frames.iter().find_map(|frame| frame.component.as_deref());
    let title = component.map_or_else(
        || "it stopped".to_owned(),
        |component| format!("it stopped in {}", visible(component)),
    );
    let shown = if all { frames.iter().collect() } else { telling(frames) };
    let mut lines = Vec::new();
    for frame in &shown {
        lines.push(line(frame, component, all));
        let place = frame.place.as_ref();
        let text = place.and_then(|place| place.line.zip(place.text.as_deref()));
        lines
            .extend(text.map(|(number, text)| format!("  {number:>4} | {}", visible(text.trim()))));
    }
    match frames.len() - shown.len() {
        0 => {}
        _ if shown.is_empty() => {
            lines.push("its functions have no names (--verbose shows their numbers)".to_owned());
        }
        1 => lines.push("and 1 more function (--verbose shows it)".to_owned()),
        number => lines.push(format!("and {number} more functions (--verbose shows them)")),
    }
    Some((title, lines))
}

/// The frames that tell most: those of own sources, or else those that have a name.
fn telling(frames: &[Frame]) -> Vec<&Frame> {
    let own: Vec<_> = frames.iter().filter(|frame| frame.is_own()).collect();
    if !own.is_empty() {
        return own;
    }
    let is_known = frames.iter().any(|frame| frame.component.is_some());
    let named = frames.iter().filter(|frame| frame.component.is_some() || !is_known);
    let named: Vec<_> = named.filter(|frame| frame.function.is_some()).collect();
    let is_runtime = |frame: &Frame| {
        let name = frame.function.as_deref().unwrap_or_default();
        RUNTIMES.iter().any(|runtime| name.starts_with(runtime))
    };
    let others: Vec<_> = named.iter().copied().filter(|frame| !is_runtime(frame)).collect();
    (if others.is_empty() { named } else { others }).into_iter().take(FEW).collect()
}

fn line(frame: &Frame, component: Option<&str>, all: bool) -> String {
    let name: String = visible(&frame.name()).chars().take(WIDTH).collect();
    let of = match &frame.component {
        of if of.as_deref() == component => String::new(),
        Some(other) => format!("{other}: "),
        None => "between components: ".to_owned(),
    };
    match (&frame.place, &frame.module) {
        (Some(place), _) => format!("{of}{name}, {}", visible(&place.to_string())),
        (None, Some(module)) if all => format!("{of}{name} (module {})", visible(module)),
        _ => format!("{of}{name}"),
    }
}

#[cfg(test)]
#[allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]
mod tests {
    use snapbox::{assert_data_eq, str};

    use super::*;
    use crate::check::Place;

    fn frame(component: Option<&str>, function: &str, place: Option<(&str, bool)>) -> Frame {
        Frame {
            component: component.map(str::to_owned),
            module: Some("m".to_owned()),
            function: (!function.is_empty()).then(|| function.to_owned()),
            place: place.map(|(file, own)| Place {
                file: file.to_owned(),
                line: Some(14),
                column: Some(9),
                own,
                text: own.then(|| "        panic!(\"no\");".to_owned()),
            }),
            code: None,
        }
    }

    fn told(frames: Vec<Frame>, all: bool) -> String {
        let trap = Trap { message: "unreachable".to_owned(), frames, unread: None };
        let (title, lines) = stopped(&trap, all).unwrap();
        format!("{title}\n{}", lines.join("\n"))
    }

    #[test]
    fn a_components_own_functions_are_shown_with_their_lines() {
        let frames = || {
            vec![
                frame(Some("source"), "std::panic", Some(("/rust/library/std/panic.rs", false))),
                frame(Some("source"), "source::fetch", Some(("source/src/lib.rs", true))),
                frame(None, "shim", None),
                frame(Some("sink"), "sink::run", Some(("sink/src/lib.rs", true))),
            ]
        };
        assert_data_eq!(
            told(frames(), false),
            str![[r#"
it stopped in source
source::fetch, source/src/lib.rs:14:9
    14 | panic!("no");
sink: sink::run, sink/src/lib.rs:14:9
    14 | panic!("no");
and 2 more functions (--verbose shows them)
"#]]
        );
        assert_data_eq!(
            told(frames(), true),
            str![[r#"
it stopped in source
std::panic, /rust/library/std/panic.rs:14:9
source::fetch, source/src/lib.rs:14:9
    14 | panic!("no");
between components: shim (module m)
sink: sink::run, sink/src/lib.rs:14:9
    14 | panic!("no");
"#]]
        );
    }

    #[test]
    fn without_debug_information_there_are_names() {
        let frames = vec![
            frame(Some("source"), "abort", None),
            frame(Some("source"), "", None),
            frame(None, "shim", None),
            frame(Some("source"), "name\u{1b}[2J\nof mine", None),
        ];
        assert_data_eq!(
            told(frames, false),
            str![[r#"
it stopped in source
name/u{1b}[2J/nof mine
and 3 more functions (--verbose shows them)
"#]]
        );
        assert_data_eq!(
            told(vec![frame(Some("source"), "", None)], false),
            str![[r#"
it stopped in source
its functions have no names (--verbose shows their numbers)
"#]]
        );
        let nowhere = Trap { message: "x".to_owned(), frames: Vec::new(), unread: None };
        assert!(stopped(&nowhere, true).is_none());
    }
}
