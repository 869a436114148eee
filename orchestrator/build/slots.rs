//! How many jobs run side by side if nobody says: as many as the processors can take, and no more
//! than there is memory for.
//!
//! A slot stands for one processor and [`MEMORY`]: a compiler such as `tinygo` or
//! `componentize-py` takes 300 to 670 MB at its peak. A component whose build takes more has a `weight`.

use std::fs;
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::LazyLock;
use std::thread;

/// How much memory a job is counted with.
const MEMORY: u64 = 512 << 20;

/// How many jobs run side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Jobs {
    /// As many as somebody asked for.
    Asked(NonZeroUsize),
    /// As many as this machine can take.
    Usual,
}

impl Jobs {
    /// How many that is. What the machine can take is looked up when it is asked for first: a build with
    /// nothing to do does not.
    pub fn count(self) -> NonZeroUsize {
        static USUAL: LazyLock<NonZeroUsize> = LazyLock::new(usual);
        match self {
            Self::Asked(count) => count,
            Self::Usual => *USUAL,
        }
    }
}

/// How many jobs run side by side if nobody says.
fn usual() -> NonZeroUsize {
    let processors = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let read = |path: &str| fs::read_to_string(path).ok();
    let machine = read("/proc/meminfo").and_then(|text| available(&text));
    let group = read("/proc/self/cgroup")
        .and_then(|text| left_to_group(Path::new("/sys/fs/cgroup"), group_of(&text)?));
    slots(processors, machine.into_iter().chain(group).min())
}

/// One more than there are processors: now and then one of them waits for the disk.
fn slots(processors: usize, memory: Option<u64>) -> NonZeroUsize {
    let fits = |memory| usize::try_from(memory / MEMORY).unwrap_or(usize::MAX);
    let slots = memory.map_or(usize::MAX, fits).min(processors + 1);
    NonZeroUsize::new(slots).unwrap_or(NonZeroUsize::MIN)
}

/// `MemAvailable` of `/proc/meminfo`, in bytes.
fn available(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim_end().parse::<u64>().ok()? * 1024)
}

/// The path of this process in the one hierarchy of cgroup v2.
fn group_of(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| line.strip_prefix("0::/"))
}

/// What a group, or one above it that is nearer to its limit, may still take.
fn left_to_group(root: &Path, group: &str) -> Option<u64> {
    let group = root.join(group);
    let groups = group.ancestors().take_while(|path| path.starts_with(root));
    groups.filter_map(left).min()
}

fn left(group: &Path) -> Option<u64> {
    let read = |name: &str| fs::read_to_string(group.join(name)).ok();
    let most = read("memory.max")?.trim().parse::<u64>().ok()?;
    let used = read("memory.current")?.trim().parse::<u64>().ok()?;
    // Files that were read count as used, and make room when it is needed.
    let cached = read("memory.stat").and_then(|text| {
        text.lines().find_map(|line| line.strip_prefix("inactive_file "))?.parse::<u64>().ok()
    });
    Some(most.saturating_sub(used.saturating_sub(cached.unwrap_or(0))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn processors_and_memory_both_bound_the_slots() {
        for (processors, memory, expected) in
            [(4, None, 5), (4, Some(64 << 30), 5), (16, Some(2 << 30), 4), (16, Some(100 << 20), 1)]
        {
            assert_eq!(slots(processors, memory).get(), expected, "{processors}, {memory:?}");
        }
        assert!(Jobs::Usual.count() <= slots(thread::available_parallelism().unwrap().get(), None));
    }

    #[test]
    fn memory_is_what_the_kernel_says() {
        let meminfo = "MemTotal:       24683520 kB\nMemFree:  16385 kB\nMemAvailable:   2048 kB\n";
        assert_eq!(available(meminfo), Some(2 << 20));
        assert_eq!(available("MemTotal: 1 kB\n"), None);
        assert_eq!(group_of("12:memory:/old\n0::/user.slice/poly\n"), Some("user.slice/poly"));

        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(left_to_group(root.path(), "a/b"), None);
        write("a/b/memory.max", "max\n");
        write("a/b/memory.current", "70\n");
        write("a/memory.max", "100\n");
        write("a/memory.current", "90\n");
        assert_eq!(left_to_group(root.path(), "a/b"), Some(10));
        write("a/memory.stat", "anon 5\ninactive_file 30\n");
        assert_eq!(left_to_group(root.path(), "a/b"), Some(40));
        write("memory.max", "20");
        write("memory.current", "15");
        assert_eq!(left_to_group(root.path(), ""), Some(5));
        assert_eq!(left_to_group(root.path(), "a/b"), Some(5));
    }
}
