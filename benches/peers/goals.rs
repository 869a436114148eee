//! What was to be reached, and whether it was.

use crate::Case;
use crate::peers::Peer;
use crate::table::{self, Row};

/// The most memory, in MiB, with 10,000 components and nothing to do: 100 MB.
const MEMORY: u64 = 95;

/// The most time over the shortest possible, in per cent.
const OWN: f64 = 2.0;

/// At most so many times as long as a peer, with nothing to do and so many components.
fn limit(peer: Peer, components: usize) -> Option<f64> {
    match (peer, components) {
        (Peer::Ninja, 3) => Some(1.5),
        (Peer::Ninja, 1_000 | 10_000) => Some(2.0),
        (Peer::Turbo, 3) => Some(1.0 / 3.0),
        (Peer::Turbo, 1_000 | 10_000) => Some(1.0 / 5.0),
        (Peer::Moon | Peer::Nx | Peer::NxNoDaemon, _) => Some(1.0 / 20.0),
        _ => None,
    }
}

/// A line for each goal of which there is a figure.
pub(crate) fn of(peers: &[Peer], rows: &[Row]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut say = |what: String, is_met: bool| {
        lines.push(format!("- {what}: {}", if is_met { "met" } else { "MISSED" }));
    };
    for row in rows {
        let Some(Ok(poly)) = row.samples.first() else { continue };
        let n = row.components;
        match (row.case, row.floor) {
            (Case::Nothing, _) => {
                for (peer, samples) in peers.iter().zip(&row.samples) {
                    let (Some(limit), Ok(samples)) = (limit(*peer, n), samples) else { continue };
                    let (name, ratio) = (peer.name(), table::ratio(poly, samples));
                    say(
                        format!("N = {n}: {name} ×{ratio:.3}, at most ×{limit:.3}"),
                        ratio <= limit,
                    );
                }
                if n == 10_000 {
                    let memory = table::median(poly.iter().map(|sample| sample.memory));
                    say(format!("N = {n}: {memory} MiB, at most {MEMORY}"), memory <= MEMORY);
                }
            }
            (_, Some(floor)) => {
                let own = table::own(poly, floor);
                say(format!("{own:.1} % over the shortest possible, at most {OWN} %"), own < OWN);
            }
            _ => {}
        }
    }
    lines
}
