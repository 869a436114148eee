//! Everything that can only be seen from outside: the `poly` executable, on real files, with
//! fake tools where speed or failure is wanted and real ones where the proof is.

mod cases;
mod fake;
mod place;
mod real;
