//! `poly wit`, from outside: what is checked, and what is fetched from a registry that really runs.

mod check;
mod deps;
mod registry;
