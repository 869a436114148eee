//! Every attempt, and that all are made side by side.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use poly::check::Ending;

use super::ground::{Guest, server};

/// How many are made at once.
const SIDE_BY_SIDE: usize = 4;

/// An attempt, as a call.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// What is called before, if anything is.
    pub(super) before: Option<String>,
    /// With the port of the server.
    pub(super) call: String,
}

/// Attempts of the guests in Rust and Go, by interface; before a `+` stands what is called first.
const COMPILED: &[(&str, &str)] = &[
    (
        "paths",
        "dot-dot dot-dot-below dot-dot-through-a-file dot-dot-as-a-directory absolute planted-link \
         planted-link-to-a-directory planted-link-with-a-slash slash-at-the-end own-link \
         own-absolute-link own-link-in-two-steps hard-link-from-above hard-link-of-a-link \
         rename-out rename-from-above look-above where-a-link-leads a-nul-in-the-path \
         a-very-long-path a-pipe-that-nobody-writes",
    ),
    (
        "writes",
        "open-to-write truncate truncate-and-read create write-what-was-opened-to-read \
         write-by-a-stream append-by-a-stream set-size set-times remove make-a-directory \
         make-a-link rename rename-into-the-other hard-link-into-the-other replace-from-the-other \
         open-a-directory-to-change-it",
    ),
    (
        "disk",
        "a-file by-a-stream by-appending by-zeroes onto-itself a-byte-far-out a-stream-far-out \
         a-file-of-holes the-largest-file files directories symbolic-links hard-links renames \
         removed-and-written-again",
    ),
    ("surroundings", "variables arguments directory input wall-clock monotonic-clock random"),
    (
        "network",
        "connect(PORT) connect-by-ipv6(PORT) listen send-a-datagram(PORT) look-up-a-name \
         request(PORT) request-metadata",
    ),
    (
        "floods",
        "endless-loop endless-recursion endless-sleep memory standard-output standard-error \
         listings open-files streams more-than-is-permitted pollables sockets header-fields \
         one-large-header bodies-that-are-not-sent long-methods long-authorities long-paths \
         random-bytes all-random-bytes-at-once clock-readings one-pollable-many-times",
    ),
    (
        "values",
        "huge-text huge-bytes long-numbers many-empty-lists huge-path give-up \
         arm+allocate-and-trap(TEXT) allocate-and-trap-in-a-call finish-and-trap",
    ),
];

/// Attempts of the guest that is text.
const TEXT: &str = r#"allocate-and-trap("text") allocate-for-ever("text")
    allocate-beyond-memory("text") allocate-out-of-step([1]) text-beyond-memory
    text-of-four-gigabytes list-of-four-gigabytes text-that-is-none result-beyond-memory
    no-character no-case finish-and-trap finish-for-ever grow-tables grow-a-table-at-once
    grow-memory-at-once handles no-handle drop-twice drop-as-another"#;

/// Makes all attempts of a guest.
pub(super) fn all(guest: Guest, run: impl Fn(&Attempt) -> Ending + Sync) -> Vec<(Attempt, Ending)> {
    let attempts = of(guest);
    let next = AtomicUsize::new(0);
    let endings = Mutex::new(vec![None; attempts.len()]);
    thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                while let Some((at, attempt)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    attempts.get(at).map(|attempt| (at, attempt))
                } {
                    let ending = run(attempt);
                    endings.lock().unwrap()[at] = Some(ending);
                }
            });
        }
    });
    let endings = endings.into_inner().unwrap();
    attempts.into_iter().zip(endings.into_iter().map(Option::unwrap)).collect()
}

fn of(guest: Guest) -> Vec<Attempt> {
    let groups = match guest {
        Guest::Rust | Guest::Go => COMPILED,
        Guest::Text => &[("", TEXT)],
    };
    let port = server().local_addr().expect("it listens").port().to_string();
    let attempts = groups.iter().flat_map(|(interface, names)| {
        names.split_whitespace().map(move |name| (*interface, name))
    });
    let text = format!("\"{}\"", "x".repeat(251));
    let call = |interface: &str, call: &str| {
        let (name, arguments) = call.split_once('(').unwrap_or((call, ")"));
        let dot = if interface.is_empty() { "" } else { "." };
        let arguments = arguments.replace("PORT", &port).replace("TEXT", &text);
        format!("{interface}{dot}{name}({arguments}")
    };
    attempts
        .map(|(interface, calls)| {
            let (before, last) =
                calls.split_once('+').map_or((None, calls), |(before, last)| (Some(before), last));
            let before = before.map(|before| call(interface, before));
            Attempt { before, call: call(interface, last) }
        })
        .collect()
}
