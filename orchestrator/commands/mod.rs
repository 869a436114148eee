//! One thin file for each subcommand: options → driver → report.

mod bench;
mod build;
mod cache;
mod check;
mod clean;
mod context;
mod doctor;
mod error;
mod graph;
mod inspect;
mod interop;
mod lines;
mod lock;
mod perform;
mod plan;
mod precompile;
mod profile;
mod run;
mod sandbox;
mod schema;
mod toolchain;
mod trace;
mod turns;
mod typed;
mod why;
mod wit;
mod wizer;

use std::process::ExitCode;

use crate::build::Jobs;
use crate::cli::{self, BuildOptions, CheckOptions, Cli, Command};
use crate::report::Report;
use crate::toolchain::{interrupt, jobserver, process};
use context::Context;
pub use error::CommandError;

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// All is well.
    Well,
    /// It found what a person must mend: a failed check, a missing tool.
    Failed,
    /// The manifest is wrong, as has been told.
    Wrong,
}

/// Does what was typed. The exit code is 0 if all is well, 1 if a build or a check failed,
/// 2 if the command line or the manifest is wrong or poly itself could not work, and 130
/// after Ctrl-C. (A build that has begun nothing yet is ended by the signal itself.)
pub fn run(cli: &Cli) -> ExitCode {
    // Started by another poly, which stops it and has job slots of its own: it takes part in nothing.
    let alone = |work: &dyn Fn(&Report) -> Result<Ending, CommandError>| {
        let report = Report::new(&cli.global);
        exit_code(&work(&report), &report)
    };
    match &cli.command {
        Command::Precompile(options) => return alone(&|report| precompile::run(report, options)),
        Command::Lines(options) => return alone(&|report| lines::run(report, options)),
        _ => {}
    }
    // Before any file is opened, see there.
    let jobs = cli.global.jobs.map_or(Jobs::Usual, Jobs::Asked);
    jobserver::start(move || jobs.count());
    // A build may find nothing to do, and watches as soon as it finds something.
    if !matches!(&cli.command, Command::Build(options) if !options.verify) {
        interrupt::watch();
    }
    let report = Report::new(&cli.global);
    let ended = match dispatch(cli, jobs, &report) {
        // What the end of its tools led to is no news.
        Err(_) if process::interrupted() => Err(CommandError::Interrupted),
        ended => ended,
    };
    exit_code(&ended, &report)
}

/// The exit code of a command that ended so, after its error has been told.
fn exit_code(ended: &Result<Ending, CommandError>, report: &Report) -> ExitCode {
    if let Err(error) = ended {
        report.error(error);
    }
    let written = report.is_all_written();
    match ended {
        _ if process::interrupted() => ExitCode::from(interrupt::EXIT_CODE),
        _ if !written => ExitCode::from(2),
        Ok(Ending::Well) => ExitCode::SUCCESS,
        Ok(Ending::Failed) => ExitCode::from(1),
        Ok(Ending::Wrong) => ExitCode::from(2),
        Err(error) => ExitCode::from(error.exit_code()),
    }
}

fn dispatch(cli: &Cli, jobs: Jobs, report: &Report) -> Result<Ending, CommandError> {
    if let Command::Wizer(options) = &cli.command {
        // Started by another tool with no environment, so without a home: it needs none.
        return wizer::run(options);
    }
    let keep_going = match &cli.command {
        Command::Build(BuildOptions { failure, .. })
        | Command::Run(cli::RunOptions { failure, .. })
        | Command::Check(CheckOptions { failure, .. }) => failure.keep_going,
        _ => false,
    };
    let context = Context::new(&cli.global, jobs, keep_going, report)?;
    let ended = match &cli.command {
        Command::Build(options) => build::run(&context, *options),
        Command::Run(options) => run::run(&context, options),
        Command::Check(options) => check::run(&context, options),
        Command::Interop(options) => interop::run(&context, options),
        Command::Bench(options) => bench::run(&context, options),
        Command::Plan => plan::run(&context),
        Command::Why { component } => why::run(&context, component.as_deref()),
        Command::Graph { format } => graph::run(&context, *format),
        Command::Inspect { what } => inspect::run(&context, what),
        Command::Lock(options) => lock::run(&context, options),
        Command::Wit(command) => wit::run(&context, command),
        Command::Toolchain(command) => toolchain::run(&context, command),
        Command::Doctor => doctor::run(&context),
        Command::Schema => Ok(schema::run(&context)),
        Command::Clean => clean::run(&context),
        Command::Cache(command) => cache::run(&context, command),
        Command::Precompile(_) | Command::Lines(_) | Command::Wizer(_) => {
            unreachable!("done above")
        }
    };
    cache::collect_if_due(&context);
    ended
}
