//! Panics in a library below: caught, and kept off the terminal.

use std::any::Any;
use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    static GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does `work`. If that panics, nothing is written, and what it said at the end is the error.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    silence_guarded_threads();
    GUARDED.set(true);
    // Nothing that the work could leave half-done outlives it.
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    GUARDED.set(false);
    done.map_err(|said| words(&*said))
}

/// Panics of other threads, and outside of [`guarded`], are told as ever.
fn silence_guarded_threads() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !GUARDED.get() {
                usual(panic);
            }
        }));
    });
}

/// What a panic said, on one line.
fn words(said: &(dyn Any + Send)) -> String {
    let text = said.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| said.downcast_ref::<&str>().copied()).unwrap_or("it panicked");
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_becomes_an_error_in_its_own_words() {
        let said = guarded::<()>(|| panic!("a {}\n  is missing", "node"));
        assert_eq!(said.unwrap_err(), "a node is missing");
        assert_eq!(guarded(|| 1), Ok(1));
    }
}
