//! The toolchains that poly knows.

use clap::Subcommand;

/// What to do with toolchains.
#[derive(Debug, Subcommand)]
pub enum ToolchainCommand {
    /// The toolchains, and which tools of each are there
    List,
    /// Install the tools of these toolchains that are missing
    Install {
        /// Names of toolchains [default: those of the pipeline]
        names: Vec<String>,
    },
    /// Where poly keeps the tools that it installed
    Path,
    /// Build and run the self-test of these toolchains
    Test {
        /// Names of toolchains [default: those of the pipeline]
        names: Vec<String>,
    },
}
