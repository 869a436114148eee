//! The table.

use std::fmt::Write as _;
use std::time::Duration;

use crate::measure::Sample;
use crate::peers::Peer;
use crate::{Case, TOOL, peers};

/// One case with all peers.
pub(crate) struct Row {
    pub(crate) case: Case,
    /// How many components there were.
    pub(crate) components: usize,
    title: String,
    /// For each peer its samples, or what it said.
    pub(crate) samples: Vec<Result<Vec<Sample>, String>>,
    /// The shortest time in which it can be done.
    pub(crate) floor: Option<Duration>,
}

impl Row {
    pub(crate) fn new(
        case: Case,
        components: usize,
        peers: &[Peer],
        samples: Vec<Result<Vec<Sample>, String>>,
    ) -> Self {
        assert_eq!(peers.len(), samples.len());
        let rounds = components.div_ceil(peers::JOBS);
        let title = match case {
            Case::Nothing => format!("nothing to do, N = {components}"),
            Case::One => format!("one file changed, N = {components}"),
            Case::Cold => format!("cold, N = {components}"),
            Case::Own => format!("cold, N = {components}, tools of {TOOL:?}"),
        };
        let rounds = u32::try_from(rounds).unwrap_or(u32::MAX);
        let floor = (case == Case::Own).then(|| TOOL * rounds);
        Self { case, components, title, samples, floor }
    }
}

/// Everything so far.
pub(crate) fn markdown(peers: &[Peer], rows: &[Row]) -> String {
    let mut text = String::from("| milliseconds |");
    for peer in peers {
        let _ = write!(text, " {} |", peer.name());
    }
    text.push_str("\n|---|");
    text.push_str(&"---|".repeat(peers.len()));
    for row in rows {
        let _ = write!(text, "\n| {} |", row.title);
        let poly = row.samples[0].as_ref().ok();
        for (index, samples) in row.samples.iter().enumerate() {
            let cell = match samples {
                Ok(samples) => cell(samples, poly.filter(|_| index > 0), row.floor),
                Err(said) => format!("says: {}", said.replace('|', "/")),
            };
            let _ = write!(text, " {cell} |");
        }
        let _ = write!(text, "\n| … its memory, MiB |");
        for samples in &row.samples {
            let memory = samples.as_ref().map(|samples| median(samples.iter().map(|s| s.memory)));
            let _ = write!(text, " {} |", memory.map_or_else(|_| String::new(), |m| m.to_string()));
        }
    }
    text
}

/// `12.3 (poly 0.50)`, with the number of runs where that is not all of them.
fn cell(samples: &[Sample], poly: Option<&Vec<Sample>>, floor: Option<Duration>) -> String {
    let wall = median(samples.iter().map(|sample| sample.wall)).as_secs_f64();
    let mut text = format!("{:.1}", wall * 1e3);
    if let Some(poly) = poly {
        let _ = write!(text, " (×{:.3})", ratio(poly, samples));
        if samples.len() < poly.len() {
            let _ = write!(text, ", {} runs", samples.len());
        }
    }
    if let Some(floor) = floor {
        let own = own(samples, floor);
        let _ = write!(text, ", {own:.1} % over {:.0}", floor.as_secs_f64() * 1e3);
    }
    text
}

/// poly's time divided by a peer's, in the middle of all pairs.
pub(crate) fn ratio(poly: &[Sample], peer: &[Sample]) -> f64 {
    let pairs = peer.iter().zip(poly);
    let ratio = |(peer, poly): (&Sample, &Sample)| poly.wall.div_duration_f64(peer.wall);
    let mut ratios: Vec<f64> = pairs.map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    ratios[ratios.len() / 2]
}

/// How many per cent the time is over the shortest possible.
pub(crate) fn own(samples: &[Sample], floor: Duration) -> f64 {
    let wall = median(samples.iter().map(|sample| sample.wall)).as_secs_f64();
    100.0 * (wall / floor.as_secs_f64() - 1.0)
}

pub(crate) fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> T {
    let mut values: Vec<T> = values.collect();
    values.sort();
    values[values.len() / 2]
}
