//! What is kept for all pipelines.

use clap::{Args, Subcommand};

use crate::manifest::{Age, Bytes};

/// What to do with the cache.
#[derive(Debug, Subcommand)]
pub enum CacheCommand {
    /// Say how much is kept, and within which bounds
    Stats,
    /// Remove what was not used for longest, until the rest is within the bounds
    ///
    /// A build does this by itself, at most once a day. What a running build needs stays.
    Gc(GcOptions),
    /// Read all artifacts and records, and remove those that are damaged
    ///
    /// The exit code is 1 if there were any. What was removed is made again when it is needed.
    Verify,
    /// Remove all of it; refused while a build runs
    Clear,
}

/// How much `poly cache gc` leaves.
#[derive(Debug, Clone, Copy, Args)]
pub struct GcOptions {
    /// The size of all that is kept, such as 2GiB [default: the user's config, or 10GiB]
    #[arg(long, value_name = "SIZE")]
    pub size: Option<Bytes>,
    /// How long it may be unused, such as 7d [default: the user's config, or 30d]
    #[arg(long, value_name = "AGE")]
    pub age: Option<Age>,
    /// Only say what would be removed
    #[arg(long)]
    pub dry_run: bool,
}
