//! What a build costs that has nothing, or little, to do: poly beside ninja, turbo, moon and nx, on
//! the same graph. Run with `cargo bench --bench peers`; options say how much of it:
//!
//! ```text
//! cargo bench --bench peers -- [--peers ninja,turbo,moon,nx,nx-no-daemon] [--runs 11]
//!                              [--what nothing:3,nothing:1000,one:1000,cold:100,own:100]
//! ```
//!
//! The workspace has N components of 20 files each, and one product of them all. Every component is
//! built by a tool that does next to nothing (`tiny.c`), so that what is left is the cost of whoever calls
//! it. All peers see the same files, each in a directory of its own; `peers.rs` has how each is told of the
//! graph. Rounds are interleaved: each peer once, then each again; a cell is a median, and behind it the
//! median of poly's time divided by it, pair by pair. Peak memory is that of the largest process that
//! was waited for; a daemon's is not in it.
//!
//! What is not quite the same: **ninja compares times, the others content**. poly composes for
//! real (what [`workspace::STAGES`] of the components say, because no validator accepts more than 1,000
//! components in one), where the others run `tiny link`; and poly has an action more for each component, which
//! adapts it. For turbo, `npm run` is played by `tiny` too: npm's half second for each script is not turbo's.
//!
//! poly is the one of this project, or the one that `POLY_BENCH_POLY` names, copied as installers do.
//! ninja comes from the system; the others from npm, into `POLY_BENCH_PEERS` or the cache directory.
//! Where a peer cannot do it, its cell shows what it said.

mod goals;
#[path = "../shared/installed.rs"]
mod installed;
#[path = "../shared/machine.rs"]
mod machine;
mod measure;
mod peers;
mod table;
mod workspace;

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use measure::{Sample, Stopwatch};
use peers::Peer;
use table::Row;
use workspace::Workspace;

/// How long a tool takes whose caller's own part is measured: as long as the quickest compiler of
/// real components, that for C.
const TOOL: Duration = Duration::from_millis(500);

/// A peer that needs longer than this for one run is run twice, and no more.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Case {
    /// A build after which nothing has changed.
    Nothing,
    /// A build after one file has changed.
    One,
    /// The first build, with no cache.
    Cold,
    /// The same with a tool that takes [`TOOL`], beside the shortest time in which that can be done.
    Own,
}

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let options = Options::of(std::env::args().skip(1));
    let top = tempfile::tempdir().expect("a temporary directory");
    let stopwatch = Stopwatch::compile(top.path());
    let peers_at = peers::place(&options.peers);
    println!("{}; {}", machine::machine(), peers::versions());
    let mut by_workspace: BTreeMap<(usize, bool), Vec<Case>> = BTreeMap::new();
    for (case, components) in &options.what {
        by_workspace.entry((*components, *case == Case::Own)).or_default().push(*case);
    }
    let mut rows: Vec<Row> = Vec::new();
    for ((components, slow), mut cases) in by_workspace {
        cases.sort();
        let take = if slow { TOOL } else { Duration::ZERO };
        let place = top.path().join(format!("{components}-{slow}"));
        let workspaces: Vec<Workspace> = options
            .peers
            .iter()
            .map(|peer| {
                let workspace = Workspace {
                    root: place.join(peer.name()),
                    components,
                    tool: stopwatch.tool().to_owned(),
                    take,
                };
                workspace.write();
                peer.write(&workspace, &peers_at);
                workspace
            })
            .collect();
        for case in cases {
            let samples = run(case, &options, &stopwatch, &workspaces);
            rows.push(Row::new(case, components, &options.peers, samples));
            // All of it so far: a long benchmark may be stopped.
            println!("\n{}", table::markdown(&options.peers, &rows));
            println!("\nninja compares times, the others content.\n");
            for goal in goals::of(&options.peers, &rows) {
                println!("{goal}");
            }
        }
        for (peer, workspace) in options.peers.iter().zip(&workspaces) {
            peer.stop(workspace);
        }
    }
}

/// Rounds of one case: for each peer its samples, or what it said.
fn run(
    case: Case,
    options: &Options,
    stopwatch: &Stopwatch,
    workspaces: &[Workspace],
) -> Vec<Result<Vec<Sample>, String>> {
    let mut results: Vec<Result<Vec<Sample>, String>> = vec![Ok(Vec::new()); workspaces.len()];
    // The first rounds leave everything built, and every file older than what is known of it.
    let settling = if matches!(case, Case::Cold | Case::Own) { 0 } else { 3 };
    for round in 0..settling + options.runs {
        if (1..settling).contains(&round) {
            std::thread::sleep(Duration::from_secs(2));
        }
        for ((peer, workspace), result) in options.peers.iter().zip(workspaces).zip(&mut results) {
            let Ok(samples) = result else { continue };
            if samples.len() >= 2 && samples.iter().all(|sample| sample.wall > PATIENCE) {
                continue;
            }
            match case {
                Case::One if round >= settling => workspace.edit(round),
                Case::Nothing | Case::One => {}
                Case::Cold | Case::Own => peer.forget(workspace),
            }
            match stopwatch.time(&mut peer.command(workspace)) {
                Ok(sample) if round >= settling => samples.push(sample),
                Ok(_) => {}
                Err(said) => *result = Err(said),
            }
        }
    }
    results
}

/// What the command line says.
struct Options {
    peers: Vec<Peer>,
    what: Vec<(Case, usize)>,
    runs: usize,
}

impl Options {
    fn of(arguments: impl Iterator<Item = String>) -> Self {
        let mut options = Self { peers: vec![Peer::Poly], what: Vec::new(), runs: 11 };
        let mut peers = "ninja,turbo,moon,nx,nx-no-daemon".to_owned();
        let mut what =
            "nothing:3,nothing:100,nothing:1000,nothing:10000,one:1000,cold:100,own:100".to_owned();
        // cargo adds `--bench`.
        let mut arguments = arguments.filter(|argument| argument != "--bench");
        while let Some(name) = arguments.next() {
            let value = arguments.next().unwrap_or_else(|| panic!("`{name}` wants a value"));
            match name.as_str() {
                "--peers" => peers = value,
                "--what" => what = value,
                "--runs" => options.runs = value.parse().expect("a number of runs"),
                _ => panic!("`{name}` is not known"),
            }
        }
        options.peers.extend(peers.split(',').filter(|name| !name.is_empty()).map(Peer::of_name));
        for one in what.split(',') {
            let (case, components) = one.split_once(':').expect("CASE:COMPONENTS");
            let case = match case {
                "nothing" => Case::Nothing,
                "one" => Case::One,
                "cold" => Case::Cold,
                "own" => Case::Own,
                _ => panic!("`{case}` is not known"),
            };
            options.what.push((case, components.parse().expect("a number of components")));
        }
        options
    }
}

/// Runs a command that must succeed.
fn must(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}
