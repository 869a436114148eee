//! The pipeline that the faults happen to: four components whose sources differ in a number, and
//! a compiler that takes its time between one half of its output and the other.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use crate::place::{Place, Ran};

/// How many sources of each component there are.
pub(super) const VARIANTS: u64 = 6;

const COMPONENTS: u64 = 4;

const COMPILER: &str = "#!/bin/sh
[ \"$1\" = --version ] && { echo fakec 1.2.3; exit; }
half=$(($(wc -c < \"$1\") / 2))
head -c $half \"$1\" > \"$2\" || exit 1
sleep 0.01
tail -c +$((half + 1)) \"$1\" >> \"$2\" || exit 1
";

/// A place with the pipeline, and what comes of it when nothing goes wrong.
pub(super) struct Pipeline {
    pub(super) place: Place,
    expected: BTreeMap<u64, Vec<u8>>,
}

impl Pipeline {
    /// Builds each variant undisturbed, with a cache of its own.
    pub(super) fn new() -> Self {
        let mut expected = BTreeMap::new();
        let calm = prepared("calm");
        for variant in 0..VARIANTS {
            write_sources(&calm, variant);
            poly(&calm, &["build"]).expect(0);
            expected.insert(variant, composed(&calm).expect("it was built"));
        }
        Self { place: prepared("faults"), expected }
    }

    /// Another checkout with the same cache.
    pub(super) fn another(&self, name: &str) -> Place {
        let mut place = prepared(name);
        place.cache.clone_from(&self.place.cache);
        place
    }

    pub(super) fn write(&self, variant: u64) {
        write_sources(&self.place, variant);
    }

    pub(super) fn poly(&self, arguments: &[&str]) -> Ran {
        poly(&self.place, arguments)
    }

    /// Whether what lies in the output directory is what is made of these sources.
    pub(super) fn is_right(&self, variant: u64) -> bool {
        self.is_right_at(&self.place, variant)
    }

    pub(super) fn is_right_at(&self, place: &Place, variant: u64) -> bool {
        composed(place).as_ref() == Some(&self.expected[&variant])
    }

    /// Whether what lies in the output directory is what is made of some source of each component.
    pub(super) fn is_some_mixture(&self) -> bool {
        let Some(composed) = composed(&self.place) else { return false };
        let has = |bytes: &[u8]| composed.windows(bytes.len()).any(|window| window == bytes);
        let mut mixture = self.expected[&0].clone();
        for component in 0..COMPONENTS {
            let found = (0..VARIANTS).map(|variant| source(variant, component)).find(|it| has(it));
            let usual = source(0, component);
            let place = mixture.windows(usual.len()).position(|window| *window == usual);
            let (Some(found), Some(place)) = (found, place) else { return false };
            mixture.splice(place..place + usual.len(), found);
        }
        mixture == composed
    }

    /// Forgets all that was made.
    pub(super) fn forget(&self) {
        for directory in [&self.place.cache, &self.place.root.join("target")] {
            if directory.exists() {
                let opened = Command::new("chmod").args(["-R", "u+rwx"]).arg(directory).status();
                assert!(opened.expect("chmod starts").success());
                fs::remove_dir_all(directory).expect("it can be removed");
            }
        }
    }

    /// What `run(1)` returns.
    pub(super) fn answer(variant: u64) -> String {
        let step = |value: u64, component| value * 3 + number(variant, component);
        format!("{}\n", (0..COMPONENTS).fold(1, step))
    }
}

fn number(variant: u64, component: u64) -> u64 {
    variant * 7 + component
}

/// Poly with the slow compiler first on its path.
pub(super) fn command(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.poly(arguments);
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("PATH", format!("{}:{path}", place.root.join("bin").display()));
    command
}

pub(super) fn poly(place: &Place, arguments: &[&str]) -> Ran {
    place.finish(&mut command(place, arguments))
}

pub(super) fn write_sources(place: &Place, variant: u64) {
    for component in 0..COMPONENTS {
        place.write(&format!("c{component}/source.wasm"), source(variant, component));
    }
}

/// One component's source.
pub(super) fn source(variant: u64, component: u64) -> Vec<u8> {
    let number = number(variant, component);
    let text = format!(
        "(component
          (core module $m
            (func (export \"step\") (param i32) (result i32)
              (i32.add (i32.mul (local.get 0) (i32.const 3)) (i32.const {number}))))
          (core instance $i (instantiate $m))
          (func (export \"step\") (param \"x\" u32) (result u32)
            (canon lift (core func $i \"step\"))))"
    );
    wat::parse_str(text).expect("valid text")
}

/// A number of a component that is there.
pub(super) fn component(number: u64) -> u64 {
    number % COMPONENTS
}

fn composed(place: &Place) -> Option<Vec<u8>> {
    fs::read(place.root.join("target/poly/faults.wasm")).ok()
}

fn prepared(name: &str) -> Place {
    let place = Place::new().with_fake_tools();
    let mut manifest = "[pipeline]\nname = \"faults\"\n".to_owned();
    let mut steps = Vec::new();
    for component in 0..COMPONENTS {
        let _ = writeln!(
            manifest,
            "\n[component.c{component}]\npath = \"c{component}\"\ntoolchain = \"fake\""
        );
        steps.push(format!("\"c{component}/step\""));
    }
    let _ = writeln!(manifest, "\n[flow.run]\nsteps = [{}]", steps.join(", "));
    place.write("pipeline.toml", manifest);
    place.write("name", name);
    place.write_executable("bin/fakec", COMPILER);
    place
}
