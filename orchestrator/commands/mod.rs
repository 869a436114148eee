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
mod hand_over;
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
use crate::cli::{BuildOptions, Cli, Command, Global};
use crate::report::Report;
use crate::toolchain::{interrupt, jobserver, process};
use context::Context;
pub use error::CommandError;
pub use hand_over::hand_over;

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
        Command::Build(options) => run_build(&cli.global, *options),
        Command::Precompile(options) => alone(&|report| precompile::run(report, options)),
        Command::Lines(options) => alone(&|report| lines::run(report, options)),
        // Started by another tool with no environment, so without a home: it needs none.
        Command::Wizer(options) => take_part(&cli.global, true, |_, _| wizer::run(options)),
        command => take_part(&cli.global, true, |jobs, report| {
            dispatch(command, &cli.global, jobs, report)
        }),
    }
}

/// The same of `poly build`. Nothing here reaches what runs components, so that an executable that does no
/// more is linked without it.
pub fn run_build(global: &Global, options: BuildOptions) -> ExitCode {
    // It may find nothing to do, and watches as soon as it finds something.
    take_part(global, options.verify, |jobs, report| {
        let keep_going = options.failure.keep_going;
        let context = Context::new(global, jobs, keep_going, None, report)?;
        let ended = build::run(&context, options);
        cache::collect_if_due(&context);
        ended
    })
}

/// Has a command do its `work`, which shares job slots, and which Ctrl-C ends: it is watched for from the
/// beginning if `watched`.
fn take_part(
    global: &Global,
    watched: bool,
    work: impl FnOnce(Jobs, &Report) -> Result<Ending, CommandError>,
) -> ExitCode {
    // Before any file is opened, see there.
    let jobs = global.jobs.map_or(Jobs::Usual, Jobs::Asked);
    jobserver::start(move || jobs.count());
    if watched {
        interrupt::watch();
    }
    let report = Report::new(global);
    let ended = match work(jobs, &report) {
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

/// Does what has a runtime at hand, and job slots.
fn dispatch(
    command: &Command,
    global: &Global,
    jobs: Jobs,
    report: &Report,
) -> Result<Ending, CommandError> {
    let keep_going = match command {
        Command::Run(options) => options.failure.keep_going,
        Command::Check(options) => options.failure.keep_going,
        _ => false,
    };
    let runtime = Some(context::runtime()?);
    let context = Context::new(global, jobs, keep_going, runtime, report)?;
    let ended = match command {
        Command::Run(options) => run::run(&context, options),
        Command::Check(options) => check::run(&context, options),
        Command::Interop(options) => interop::run(&context, options),
        Command::Bench(options) => bench::run(&context, options),
        Command::Plan => plan::run(&context),
        Command::Why { what } => why::run(&context, what.as_deref()),
        Command::Graph { format } => graph::run(&context, *format),
        Command::Inspect { what } => inspect::run(&context, what),
        Command::Lock(options) => lock::run(&context, options),
        Command::Wit(command) => wit::run(&context, command),
        Command::Toolchain(command) => toolchain::run(&context, command),
        Command::Doctor => doctor::run(&context),
        Command::Schema => Ok(schema::run(&context)),
        Command::Clean => clean::run(&context),
        Command::Cache(command) => cache::run(&context, command),
        Command::Build(_) | Command::Precompile(_) | Command::Lines(_) | Command::Wizer(_) => {
            unreachable!("done before")
        }
    };
    cache::collect_if_due(&context);
    ended
}
