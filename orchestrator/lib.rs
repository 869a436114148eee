//! poly turns a repository of several languages into one WebAssembly component.
//!
//! # The way of a manifest to a report
//!
//! ```text
//! pipeline.toml ─ manifest ─→ Manifest
//!                    build::Project adds what lies on disk: toolchains, WIT, directories
//! Manifest ─ plan ─→ Plan: actions, and what each waits for
//!                    build::Driver takes each action through the same gate:
//!    fingerprint ─→ key ─→ store? ── hit ──────────────────────→ artifact
//!                            └ miss ─→ build │ adapt │ compose │ precompile ─→ artifact
//!                                       │        └────────┴─ component: pure, in-process
//!                                       └─ toolchain: find, install, run tools
//! artifact ─ host ─→ Outcome of a call, with nothing but what is granted
//! Outcome  ─ check ─→ Verdict ─ report ─→ a person or a machine
//! ```
//!
//! `bin/poly.rs` has `poly build` alone, which may reach nothing that uses wasmtime; `bin/poly-host.rs` has all
//! commands.
//!
//! # Rooms
//!
//! | room | owns |
//! |---|---|
//! | [`cli`] | what may be typed |
//! | [`commands`] | one file for each subcommand: options → driver → report |
//! | [`config`] | the user's own settings, text → [`config::Config`] |
//! | [`manifest`] | text → [`manifest::Manifest`], with places for diagnostics |
//! | [`toolchain`] | toolchain files; finding, probing, installing and running tools |
//! | [`plan`] | [`plan::Plan`], [`plan::Fingerprint`], and why an action runs |
//! | [`build`] | inputs, steps, schedule, and [`build::Driver`], which knows all stages |
//! | [`component`] | inspect, adapt, wiring, flow, compose, audit, graph |
//! | [`contract`] | WIT as a promise: what changed, how grave it is, what does not fit |
//! | [`dependencies`] | WIT packages from directories and registries, as the lock file has them |
//! | [`lock`] | `poly.lock`, text ↔ value; what is present against what is locked |
//! | [`provenance`] | what a build was made of, as CycloneDX and in-toto have it |
//! | [`host`] | engine, grants, limits, calls; the only user of wasmtime |
//! | [`check`] | calls, outcomes, and what is expected of them |
//! | [`interop`] | implementations of one interface held against each other |
//! | [`mod@bench`] | figures from measurements |
//! | [`nearest`] | what a mistyped name may have meant |
//! | `expected` | values of a wrong type, in TOML's words |
//! | `cut` | texts that are too long to be shown whole |
//! | [`report`] | the console, JSON and pictures; nothing else prints |
//! | [`poly_cache`] | digests, the store, records of actions; knows nothing of ours |
//!
//! `config`, `manifest`, `plan`, `component`, `contract`, `lock`, `provenance`, `check`, `interop` and `bench` are pure:
//! text or bytes in, values out. Arrows point one way: commands → build, dependencies, contract, interop, report;
//! dependencies → build, contract, lock; build → toolchain, plan, component, host, lock,
//! provenance, the cache; provenance → plan, lock; interop → component, check; nothing points back.

pub mod bench;
pub mod build;
pub mod check;
pub mod cli;
pub mod commands;
pub mod component;
pub mod config;
pub mod contract;
mod cut;
pub mod dependencies;
mod expected;
pub mod host;
pub mod interop;
pub mod lock;
pub mod manifest;
pub mod nearest;
pub mod plan;
pub mod provenance;
mod random;
pub mod report;
pub mod toolchain;
