//! Damage to each file and directory of the cache and of the output, of each kind.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::Duration;

use super::pipeline::{Pipeline, command};
use super::{Dice, Outcomes};
use crate::place::Ran;

/// Damages a file. What a link leads to is another, to which nothing may be written.
type Spoil = fn(&Path, &mut Dice, &Path);

const OF_FILES: [(&str, Spoil); 10] = [
    ("bit flip", |path, dice, _| {
        change(path, |bytes| {
            if !bytes.is_empty() {
                let bit = dice.below(bytes.len() as u64 * 8);
                bytes[usize::try_from(bit / 8).expect("small")] ^= 1 << (bit % 8);
            }
        });
    }),
    ("truncation", |path, dice, _| {
        change(path, |bytes| {
            bytes.truncate(usize::try_from(dice.below(bytes.len() as u64)).expect("small"));
        });
    }),
    ("empty", |path, _, _| change(path, Vec::clear)),
    ("missing", |path, _, _| fs::remove_file(path).expect("it is there")),
    ("no permissions", |path, _, _| mode(path, 0)),
    ("read-only", |path, _, _| mode(path, 0o444)),
    ("for others to write", |path, _, _| mode(path, 0o666)),
    ("a directory", |path, _, _| {
        fs::remove_file(path).expect("it is there");
        fs::create_dir_all(path.join("deep")).expect("nothing is there");
    }),
    ("a link to another file", |path, _, decoy| {
        fs::remove_file(path).expect("it is there");
        symlink(decoy, path).expect("nothing is there");
    }),
    ("a link to nowhere", |path, _, _| {
        fs::remove_file(path).expect("it is there");
        symlink("/nowhere/at/all", path).expect("nothing is there");
    }),
];

const OF_DIRECTORIES: [(&str, Spoil); 4] = [
    ("directory: missing", |path, _, _| fs::remove_dir_all(path).expect("it is there")),
    ("directory: no permissions", |path, _, _| mode(path, 0)),
    ("directory: read-only", |path, _, _| mode(path, 0o555)),
    ("directory: a file", |path, _, _| {
        fs::remove_dir_all(path).expect("it is there");
        fs::write(path, "").expect("nothing is there");
    }),
];

/// Damages each `stride`th file and directory, in each way.
pub(crate) fn damages(stride: usize) -> Vec<Outcomes> {
    let pipeline = Pipeline::new();
    pipeline.write(2);
    let mut dice = Dice::new(7);
    // Files that changed just now are not remembered by their times.
    let settle = || {
        pipeline.forget();
        run(&pipeline).expect(0);
        thread::sleep(Duration::from_secs(2));
        run(&pipeline).expect(0);
    };
    settle();
    let decoy = pipeline.place.root.join("decoy");
    fs::write(&decoy, "decoy").expect("writable");
    let mut done = Vec::new();
    let mut turn = 0_usize;
    for (of_files, kinds) in [(true, &OF_FILES[..]), (false, &OF_DIRECTORIES[..])] {
        let victims = below(&pipeline, of_files);
        for (kind, spoil) in kinds {
            let mut outcomes = Outcomes::of(*kind);
            for victim in &victims {
                turn += 1;
                if !turn.is_multiple_of(stride) {
                    continue;
                }
                // What was damaged before may have taken it along.
                if !victim.exists() {
                    settle();
                }
                assert!(victim.exists(), "{}: no build makes it", victim.display());
                let what = format!("{kind} of {}", victim.display());
                spoil(victim, &mut dice, &decoy);
                // Half of the builds have to fetch the composed component from the cache.
                if dice.below(2) == 0 && !victim.starts_with(pipeline.place.root.join("target")) {
                    let _ = fs::remove_file(pipeline.place.root.join("target/poly/faults.wasm"));
                }
                let ran = run(&pipeline);
                let right = ran.stdout == Pipeline::answer(2) && pipeline.is_right(2);
                outcomes.count(&what, &ran, right);
                if fs::read(&decoy).ok() != Some(b"decoy".to_vec()) {
                    outcomes.wrong.push(format!("{what}: written through"));
                }
                if ran.code != 0 {
                    settle();
                }
            }
            done.push(outcomes);
        }
    }
    done
}

/// `poly run` by a user who may not do everything, as root may.
fn run(pipeline: &Pipeline) -> Ran {
    let mut plain = command(&pipeline.place, &["run", "run(1)"]);
    if !is_root() {
        return pipeline.place.finish(&mut plain);
    }
    let mut bound = Command::new("setpriv");
    bound.arg("--bounding-set=-dac_override,-dac_read_search,-fowner").arg(plain.get_program());
    bound.args(plain.get_args()).current_dir(&pipeline.place.root);
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => bound.env(name, value),
            None => bound.env_remove(name),
        };
    }
    pipeline.place.finish(&mut bound)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// The files, or the directories, of the cache and of the output.
fn below(pipeline: &Pipeline, of_files: bool) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for top in [pipeline.place.cache.clone(), pipeline.place.root.join("target")] {
        let mut todo = vec![top];
        while let Some(directory) = todo.pop() {
            for entry in fs::read_dir(&directory).expect("readable") {
                let path = entry.expect("readable").path();
                if path.is_dir() {
                    todo.push(path.clone());
                }
                if path.is_dir() != of_files {
                    found.push(path);
                }
            }
        }
    }
    found.sort();
    found
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).expect("readable");
    change(&mut bytes);
    mode(path, 0o644);
    fs::write(path, bytes).expect("writable");
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("it is there");
}
