//! Disks that are full: small ones, in memory, that hold the cache, or the pipeline and its output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::Outcomes;
use super::pipeline::Pipeline;

/// A file system of some size, at a path, as long as this is there.
struct Disk {
    path: PathBuf,
}

impl Disk {
    fn mount(path: &Path, kibibytes: u64) -> Self {
        fs::create_dir_all(path).expect("writable");
        let disk = Self { path: path.to_owned() };
        disk.run(&["-t", "tmpfs", "-o", &format!("size={kibibytes}k"), "tmpfs"]);
        disk
    }

    fn grow(&self) {
        self.run(&["-o", "remount,size=64m"]);
    }

    fn run(&self, arguments: &[&str]) {
        let mounted = Command::new("mount").args(arguments).arg(&self.path).output();
        let mounted = mounted.expect("mount starts");
        let said = String::from_utf8_lossy(&mounted.stderr);
        assert!(mounted.status.success(), "this test mounts a small disk, as root: {said}");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.path).status();
    }
}

/// Tries so many sizes, from next to nothing to more than enough.
pub(crate) fn full_disks(count: u64) -> Vec<Outcomes> {
    let pipeline = Pipeline::new();
    pipeline.write(1);
    let places =
        [("cache", pipeline.place.cache.clone()), ("output", pipeline.place.root.join("target"))];
    let faults = places.map(|(name, path)| {
        let mut full = Outcomes::of(format!("a full disk for the {name}"));
        let mut room = Outcomes::of(format!("  then a build with room for the {name}"));
        for step in 0..count {
            pipeline.forget();
            // A page is 4 KiB.
            let disk = Disk::mount(&path, 4 + step * 160 / count.max(1));
            let ran = pipeline.poly(&["build"]);
            let said = ran.stderr.contains("No space left") || ran.stderr.contains("no space left");
            if ran.code != 0 && !said {
                full.wrong.push(format!("step {step}: {}", ran.stderr));
            } else {
                full.count(&format!("step {step}"), &ran, pipeline.is_right(1));
            }
            disk.grow();
            let ran = pipeline.poly(&["build"]);
            room.count_right(&format!("step {step}"), &ran, pipeline.is_right(1));
        }
        assert!(count < 2 || full.told > 0, "no disk was too small");
        [full, room]
    });
    faults.into_iter().flatten().collect()
}
