//! What it costs to cross into a component 100,000 times: call by call, as one batch, and the same
//! Rust natively; one component, and three in a row, in Rust, Go, Python and all three. Run with
//! `cargo bench --bench crossing`; the toolchains must be there (`poly toolchain install`).
//!
//! Each is called in two ways: through poly's own host, as `poly bench` does, whose values are
//! dynamic and which watches over each call; and by wasmtime's typed calls, whose types are known
//! when the caller is compiled (see `side.rs`). Rounds are interleaved; the medians are shown, as a
//! table in Markdown.
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
    let inputs: Inputs =
        (0..TRANSFORMS).map(|at| format!("Data for query: {at:010}").into()).collect();
    println!("{}\n", machine::machine());
    println!(
        "| {TRANSFORMS} transforms of {} bytes | call by call | one batch | native |",
        inputs[0].len()
    );
    println!("|---|---|---|---|");
    let mut goals = Vec::new();
    for subject in Subject::all(&checkout::Checkout::of(&["benches/crossing"])) {
        let row = measure(&subject, &inputs);
        for (way, [each, batch]) in [("poly's host", &row.poly), ("typed calls", &row.typed)] {
            let native = row.native.each_ref().map(Times::median);
            let cell = |times: &Times, native: f64| {
                format!("{:.1} ms (×{:.2})", times.median(), times.median() / native)
            };
            let cells = [cell(each, native[0]), cell(batch, native[1])];
            println!(
                "| {}, {way} | {} | {} | {:.1} / {:.1} ms |",
                row.name, cells[0], cells[1], native[0], native[1]
            );
            if row.rust {
                let ratios = [each.median() / native[0], batch.median() / native[1]];
                goals.push((format!("{}, {way}", row.name), ratios));
            }
        }
    }
    let [each, batch, native] = ARTICLE;
    println!(
        "| the article | {each} ms (×{}) | {batch} ms (×{}) | {native} ms |\n",
        each / native,
        batch / native
    );
    for (what, [each, batch]) in goals {
        let met = |is: bool| if is { "met" } else { "missed" };
        println!(
            "- {what}: call by call at most 10 × native: {}; as one batch at most 2 × native: {}",
            met(each <= 10.0),
            met(batch <= 2.0)
        );
    }
}

struct Row {
    name: String,
    rust: bool,
    native: [Times; 2],
    poly: [Times; 2],
    typed: [Times; 2],
}

fn measure(subject: &Subject, inputs: &Inputs) -> Row {
    let mut row = Row {
        name: subject.name.clone(),
        rust: subject.rust,
        native: <_>::default(),
        poly: <_>::default(),
        typed: <_>::default(),
    };
    let mut running = subject.start(inputs);
    running.check(subject.interface, &native_batch(inputs, subject.times));
    let begun = Instant::now();
    while row.native[0].0.len() < ROUNDS && (row.native[0].0.is_empty() || begun.elapsed() < ENOUGH)
    {
        row.native[0].take(|| {
            timed(|| {
                for input in inputs {
                    black_box(native_each(black_box(input), subject.times));
                }
            })
        });
        row.native[1].take(|| {
            timed(|| {
                black_box(native_batch(black_box(inputs), subject.times));
            })
        });
        row.poly[0].take(|| running.poly_each());
        row.poly[1].take(|| running.poly_batch());
        row.typed[0].take(|| timed(|| running.typed_each()));
        row.typed[1].take(|| {
            timed(|| {
                black_box(running.typed_batch());
            })
        });
    }
    row
}

/// As many times as there are components in a row.
fn native_each(input: &[u8], times: usize) -> Vec<u8> {
    (1..times).fold(native::transform(input), |input, _| native::transform(&input))
}

fn native_batch(inputs: &[Vec<u8>], times: usize) -> Vec<Vec<u8>> {
    (1..times).fold(native::batch(inputs), |inputs, _| native::batch(&inputs))
}

fn timed(work: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    work();
    begun.elapsed()
}
