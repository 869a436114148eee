//! Where a component was, as others show it.
//!
//! | file | format |
//! |---|---|
//! | `firefox` | a profile that <https://profiler.firefox.com> opens |
//! | `flame` | a flame graph as a picture |

mod firefox;
mod flame;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use firefox::profile;
pub use flame::picture;

use crate::check::Frame;

/// The component that a frame is of, or else what else is known of where it belongs.
fn part_of(frame: &Frame) -> &str {
    frame.component.as_deref().or(frame.module.as_deref()).unwrap_or("component")
}

/// The name of a frame's function, or its number.
fn function_of(frame: &Frame) -> Cow<'_, str> {
    match (&frame.function, frame.code) {
        (Some(name), _) => name.into(),
        (None, Some(code)) => format!("function {}", code.function).into(),
        (None, None) => "function".into(),
    }
}
