//! On what is measured.

use std::fs;

/// A line about the machine.
pub(crate) fn machine() -> String {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let cpus = read("/proc/cpuinfo");
    let model = cpus.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let load = read("/proc/loadavg");
    format!(
        "{processors} processors ({}), load {}",
        model.map_or("unknown", |(_, model)| model),
        load.split(' ').next().unwrap_or_default()
    )
}
