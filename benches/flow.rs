//! What a generated flow costs beside a hand-written Rust component that makes the same calls:
//! bytes, and time for each hop. Run with `cargo bench --bench flow`; cargo-component must be
//! there (`poly toolchain install cargo-component`).
//!
//! `benches/hops` holds a part, a driver that calls its functions, and flows that do. Both are
//! built and composed by poly with the same part, and run by turns in this process, with the
//! settings that poly's own host has. A hop is a call that is made nine times less one that is
//! made once, divided by eight: what the caller outside costs falls out.

#[path = "shared/checkout.rs"]
mod checkout;
#[path = "shared/driver.rs"]
mod driver;
#[path = "shared/side.rs"]
mod side;

use std::time::Instant;

use checkout::Checkout;
use side::{Side, engine};
use wasmtime::component::{ComponentNamedList, Lift, Lower, TypedFunc};

/// How often each function is called in a round.
const CALLS: u32 = 1_000;
/// How many rounds there are; the fastest counts, which others on the machine disturb least.
const ROUNDS: usize = 301;
/// How many more calls `often` makes than `once`.
const HOPS: f64 = 8.0;

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let checkout = Checkout::of(&["benches/hops"]);
    let [part, flow, driver] = ["part", "flow", "driver"].map(|name| built(&checkout, name));

    let engine = engine(true);
    let mut sides = [&flow, &driver].map(|bytes| Side::start(&engine, bytes));
    println!("{:<28} {:>10} {:>10} {:>8}", "a hop", "flow ns", "driver ns", "ratio");
    let short = "x".repeat(26);
    let long = "x".repeat(4096);
    row::<(u32,), (u32,)>("u32", &mut sides, "add", (1,));
    for (size, text) in [("26 bytes", &short), ("4 KiB", &long)] {
        let (echo, check) = (format!("string, {size}"), format!("result<string>, {size}"));
        row::<(&str,), (String,)>(&echo, &mut sides, "echo", (text,));
        row::<(&str,), (Result<String, String>,)>(&check, &mut sides, "check", (text,));
    }
    let beside = |bytes: &[u8]| bytes.len() - part.len();
    println!("\n{:<28} {:>10} {:>10}", "bytes beside the part", beside(&flow), beside(&driver));
}

/// The composed component of a manifest in `hops`.
fn built(checkout: &Checkout, name: &str) -> Vec<u8> {
    let manifest = format!("benches/hops/{name}.toml");
    let built = checkout.driver(&manifest, |driver| driver.build(false).expect("a build"));
    std::fs::read(built.composed).expect("the composed component")
}

/// Nanoseconds for a call of `function`.
fn time<P, R>(side: &mut Side, function: &TypedFunc<P, R>, arguments: P) -> f64
where
    P: ComponentNamedList + Lower + Copy,
    R: ComponentNamedList + Lift + 'static,
{
    let started = Instant::now();
    for _ in 0..CALLS {
        function.call(&mut side.store, arguments).expect("runs");
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(CALLS)
}

/// Measures one function by turns on both sides, and prints what a hop takes.
fn row<P, R>(what: &str, sides: &mut [Side; 2], name: &str, arguments: P)
where
    P: ComponentNamedList + Lower + Copy,
    R: ComponentNamedList + Lift + 'static,
{
    let functions: Vec<[TypedFunc<P, R>; 2]> = sides
        .iter_mut()
        .map(|side| ["once", "often"].map(|often| side.function(None, &format!("{name}-{often}"))))
        .collect();
    let mut fastest = [[f64::INFINITY; 2]; 2];
    for _ in 0..ROUNDS {
        for (index, side) in sides.iter_mut().enumerate() {
            for (which, function) in functions[index].iter().enumerate() {
                let time = time(side, function, arguments);
                fastest[index][which] = time.min(fastest[index][which]);
            }
        }
    }
    let [flow, driver] = fastest.map(|[once, often]| (often - once) / HOPS);
    println!("{what:<28} {flow:>10.1} {driver:>10.1} {:>8.2}", flow / driver);
}
