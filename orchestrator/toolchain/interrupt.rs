//! Ctrl-C, and whatever else asks poly to end: a signal to terminate, a terminal that is closed.
//!
//! As long as poly only reads and looks up, the system's own way holds: poly ends at once. Before
//! the first job, process or file that it leaves, the signals are **watched** for, by a thread: a
//! build with nothing to do is over before one would have started.

use std::sync::Once;
use std::thread;
use std::time::Duration;

use super::{jobserver, process};

/// The exit code after Ctrl-C, as shells have it.
pub const EXIT_CODE: u8 = 130;

/// How long poly has, after Ctrl-C, to say where it was.
const GRACE: Duration = Duration::from_secs(1);

/// Watches from now on, if nobody does yet.
pub fn watch() {
    static WATCHED: Once = Once::new();
    // A handler that cannot be set leaves the system's: poly ends, its children go on.
    WATCHED.call_once(|| drop(ctrlc::set_handler(interrupt)));
}

/// Every child is in a process group of its own, so that Ctrl-C reaches poly alone.
fn interrupt() {
    process::interrupt_all();
    // Whoever waited for a child comes to its end by itself. Whoever waits for anything else,
    // or computes, does not; nothing is lost with it, for records are written last.
    thread::sleep(GRACE);
    jobserver::give_back();
    std::process::exit(i32::from(EXIT_CODE));
}
