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

/// The part of the component that a frame is in.
fn part_of(frame: &Frame) -> &str {
    frame.module.as_deref().unwrap_or("component")
}
