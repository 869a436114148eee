//! Everything that can only be seen from outside: the `poly` executable, on real files, with
//! fake tools where speed or failure is wanted and real ones where the proof is.

#![allow(clippy::needless_raw_string_hashes, reason = "snapbox writes its snapshots so")]

mod bench;
mod cache;
mod calculator;
mod cases;
mod check;
mod compile;
mod compilers;
mod compose;
mod executables;
mod fake;
mod fault_sample;
mod faults;
mod hostile;
mod interop;
mod keys;
mod links;
mod lock;
mod mishaps;
mod noticed;
mod outputs;
mod place;
mod provenance;
mod real;
mod report;
mod run;
mod sandbox;
mod schedule;
mod stall;
mod traps;
mod types;
mod unread;
mod verify;
mod why;
mod wit;
mod wizer;
