//! What it costs to cross into a component 100,000 times: call by call, as one batch of lists, as one
//! text of so many lines, and the same Rust natively; one component, and three in a row, in Rust, Go,
//! Python and all three. Run with
//! `cargo bench --bench crossing`; the toolchains must be there (`poly toolchain install`).
//! `cargo bench --bench crossing -- Rust` measures those with that in their name.
//!
//! Each is called in three ways: through poly's own host, as `poly bench` does, which watches over each
//! call; and by wasmtime's typed calls, of a caller that was compiled against this one interface,
//! whose code can be stopped when its time is up, or cannot (see `side.rs`). What the work alone takes
//! in there shows a column of its own: one call that does it so many times, with nothing crossed in
//! between. Rounds are interleaved; the medians are shown, as a table in Markdown.
//!
//! What the components do is that of the example's transformer: 26 bytes in upper case and in
//! reverse order. Three in a row are a flow of poly's, which does it three times; so does the
//! native code that it is held against.

#[path = "../shared/checkout.rs"]
mod checkout;
#[path = "../shared/driver.rs"]
mod driver;
#[path = "../shared/machine.rs"]
mod machine;
#[path = "rust/src/transform.rs"]
mod native;
#[path = "../shared/side.rs"]
mod side;
mod subject;

use std::hint::black_box;
use std::time::{Duration, Instant};

use subject::{Inputs, Subject};

/// How many transforms there are.
const TRANSFORMS: usize = 100_000;

/// How often each is measured, at most.
const ROUNDS: usize = 11;

/// After so long no further round of a component begins.
const ENOUGH: Duration = Duration::from_secs(5);

/// What the article says, in milliseconds.
const ARTICLE: [f64; 3] = [800.0, 50.0, 5.0];

/// Milliseconds of one way to do all transforms, round by round.
#[derive(Default)]
struct Times(Vec<f64>);

impl Times {
    fn take(&mut self, work: impl FnOnce() -> Duration) {
        self.0.push(work().as_secs_f64() * 1e3);
    }

    fn median(&self) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    }
}

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let lines: Vec<String> =
        (0..TRANSFORMS).map(|at| format!("Data for query: {at:010}")).collect();
    let inputs =
        Inputs { text: lines.join("\n"), lines: lines.into_iter().map(String::into).collect() };
    println!("{}\n", machine::machine());
    println!(
        "| {TRANSFORMS} transforms of {} bytes | call by call | one batch | one text | all inside | \
         native |",
        inputs.lines[0].len()
    );
    println!("|---|---|---|---|---|---|");
    let mut goals = Vec::new();
    let mut subjects = Subject::all(&checkout::Checkout::of(&["benches/crossing"]));
    if let Some(part) = std::env::args().skip(1).find(|argument| !argument.starts_with("--")) {
        subjects.retain(|subject| subject.name.contains(&part));
    }
    for subject in subjects {
        let row = measure(&subject, &inputs);
        let native = row.native.each_ref().map(Times::median);
        for (way, [each, batch, text, inside]) in WAYS.iter().zip(&row.ways) {
            let cell = |times: &Times, native: f64| {
                if times.0.is_empty() {
                    return String::new();
                }
                format!("{:.1} ms (×{:.2})", times.median(), times.median() / native)
            };
            println!(
                "| {}, {way} | {} | {} | {} | {} | {:.1} / {:.1} / {:.1} ms |",
                row.name,
                cell(each, native[0]),
                cell(batch, native[1]),
                cell(text, native[2]),
                cell(inside, native[0]),
                native[0],
                native[1],
                native[2]
            );
            if row.rust {
                let measured = [each, batch, text].map(Times::median);
                let ratios: [f64; 3] = std::array::from_fn(|at| measured[at] / native[at]);
                goals.push((format!("{}, {way}", row.name), ratios));
            }
        }
    }
    let [each, batch, native] = ARTICLE;
    println!(
        "| the article | {each} ms (×{}) | {batch} ms (×{}) | | | {native} ms |\n",
        each / native,
        batch / native
    );
    for (what, [each, batch, text]) in goals {
        let met = |is: bool| if is { "met" } else { "missed" };
        println!(
            "- {what}: call by call at most 10 × native: {}; at most 2 × native as one batch of \
             lists: {}, as one text: {}",
            met(each <= 10.0),
            met(batch <= 2.0),
            met(text <= 2.0)
        );
    }
}

/// How calls are made.
const WAYS: [&str; 3] = ["poly's host", "typed calls", "typed calls, no time limit"];

struct Row {
    name: String,
    rust: bool,
    /// Call by call, as one batch, and as one text.
    native: [Times; 3],
    /// For each way: call by call, as one batch, as one text, and all inside, which poly's host does
    /// not do.
    ways: [[Times; 4]; 3],
}

fn measure(subject: &Subject, inputs: &Inputs) -> Row {
    let mut native: [Times; 3] = <_>::default();
    let mut ways: [[Times; 4]; 3] = <_>::default();
    let mut running = subject.start(inputs);
    running.check(subject.interface, &native_batch(&inputs.lines, subject.times));
    let begun = Instant::now();
    while native[0].0.len() < ROUNDS && (native[0].0.is_empty() || begun.elapsed() < ENOUGH) {
        native[0].take(|| {
            timed(|| {
                for line in &inputs.lines {
                    black_box(native_each(black_box(line), subject.times));
                }
            })
        });
        native[1].take(|| {
            timed(|| {
                black_box(native_batch(black_box(&inputs.lines), subject.times));
            })
        });
        native[2].take(|| {
            timed(|| {
                black_box(native_text(black_box(&inputs.text), subject.times));
            })
        });
        let [poly, typed @ ..] = &mut ways;
        poly[0].take(|| running.poly_each());
        poly[1].take(|| running.poly_batch());
        poly[2].take(|| running.poly_text());
        for (typed, calls) in typed.iter_mut().zip([&mut running.timed, &mut running.untimed]) {
            typed[0].take(|| timed(|| calls.each(inputs)));
            typed[1].take(|| {
                timed(|| {
                    black_box(calls.batch(inputs));
                })
            });
            typed[2].take(|| {
                timed(|| {
                    black_box(calls.text(inputs));
                })
            });
            let begun = Instant::now();
            if calls.inside(inputs).is_some() {
                typed[3].take(|| begun.elapsed());
            }
        }
    }
    Row { name: subject.name.clone(), rust: subject.rust, native, ways }
}

/// As many times as there are components in a row.
fn native_each(input: &[u8], times: usize) -> Vec<u8> {
    (1..times).fold(native::transform(input), |input, _| native::transform(&input))
}

fn native_batch(inputs: &[Vec<u8>], times: usize) -> Vec<Vec<u8>> {
    (1..times).fold(native::batch(inputs), |inputs, _| native::batch(&inputs))
}

fn native_text(text: &str, times: usize) -> String {
    (1..times).fold(native::lines(text), |text, _| native::lines(&text))
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
