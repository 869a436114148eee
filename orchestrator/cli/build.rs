//! What is built, what is told of it, and what becomes of a failure.
//!
//! What is said of the options of a command is what its help begins with (see [`Command`](super::Command)).

use clap::{Args, ValueEnum};

/// Build every component and compose them into one file
#[derive(Debug, Clone, Copy, Args)]
pub struct BuildOptions {
    /// Tell what the component was made of, and how: a bill of materials (CycloneDX) and a
    /// statement of provenance (in-toto, SLSA)
    #[arg(
        long,
        value_name = "WHERE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "files"
    )]
    pub sbom: Option<Sbom>,
    /// Build everything twice, from nothing and in circumstances that must not count, and compare
    ///
    /// The two builds have directories, file times, homes, time zones, processors and caches of their
    /// own. Where an artifact differs, it is shown in which section, function or data segment. Nothing is
    /// left behind. Exits with 1 if something differs that is not said to (`varies`).
    #[arg(long, conflicts_with = "sbom")]
    pub verify: bool,
    /// What a failure leads to.
    #[command(flatten)]
    pub failure: FailureOptions,
}

/// Where the bill of materials and the statement of provenance go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Sbom {
    /// NAME.cdx.json and NAME.provenance.json, beside NAME.wasm
    Files,
    /// Custom sections of NAME.wasm
    Embed,
}

/// Note in poly.lock which tools and libraries the pipeline is built with
///
/// What is not in it is added, and what nothing needs any longer is removed; the rest stays as
/// it is. Tools that are missing are installed first. Builds never change poly.lock.
#[derive(Debug, Clone, Args)]
pub struct LockOptions {
    /// Take these tools and libraries as they are here, or as poly would install them, whatever
    /// poly.lock says [default: all]
    #[arg(long, value_name = "NAME", num_args = 0.., conflicts_with = "locked")]
    pub upgrade: Option<Vec<String>>,
}

/// What a failure leads to.
#[derive(Debug, Clone, Copy, Args)]
pub struct FailureOptions {
    /// After a failure, still do all that needs nothing that failed; the end says all failures
    #[arg(short, long)]
    pub keep_going: bool,
}

/// How `poly graph` shows a composition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum GraphFormat {
    /// Lines for a terminal
    Tree,
    /// For Graphviz
    Dot,
    /// A Mermaid flowchart, for Markdown
    Mermaid,
    /// Data
    Json,
    /// A picture for light and dark pages
    Svg,
}
