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

pub use firefox::profile;
pub use flame::picture;

use crate::check::Frame;

/// The component that a frame is of, or else what else is known of where it belongs.
fn part_of(frame: &Frame) -> &str {
    frame.component.as_deref().or(frame.module.as_deref()).unwrap_or("component")
}
