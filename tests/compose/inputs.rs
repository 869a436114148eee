//! The inputs of a case of composition, as poly is given them.
//!
//! Beside what a case's directory holds, there are made: a module whose functions trap for each
//! component without a source, the composed component for each that is a pipeline of its own, and the
//! many components of a case that says `generate`.

use std::fmt::Write as _;
use std::fs;
use std::ops::Range;
use std::path::Path;

use poly::component::wit::{self, Wit};
use poly::manifest::Manifest;
use wit_parser::{LiftLowerAbi, ManglingAndAbi};

use crate::place::Place;

/// The case, ready to be built.
pub(crate) fn place(case: &Path) -> Place {
    let place = Place::with(case).with_fake_tools();
    if let Ok(what) = fs::read_to_string(case.join("generate")) {
        generate(&place, what.trim());
    }
    compose_inner(case, &place);
    fill(&place);
    place
}

/// Components that are pipelines themselves: what each composes to becomes its source.
fn compose_inner(case: &Path, place: &Place) {
    for entry in fs::read_dir(case).expect("readable") {
        let path = entry.expect("readable").path();
        if path.join("pipeline.toml").is_file() {
            let inner = self::place(&path);
            inner.run(&["--quiet", "build"]).expect(0);
            let name = path.file_name().expect("a directory has a name").to_string_lossy();
            place.write(&format!("{name}/source.wasm"), inner.read("target/poly/case.wasm"));
        }
    }
}

/// A module whose functions trap for each component of a world that has no source.
pub(crate) fn fill(place: &Place) {
    let text = place.text("pipeline.toml");
    let Ok(manifest) = Manifest::parse("pipeline.toml", &text) else { return };
    for component in manifest.components.values() {
        let source = format!("{}/source.wasm", component.path.get_ref());
        let wit = component.wit.as_ref().or(manifest.pipeline.wit.as_ref());
        if let (Some(wit), Some(world), false) =
            (wit, &component.world, place.root.join(&source).exists())
        {
            let wit = self::wit(&place.root.join(wit.get_ref()));
            let world = wit.select(world.get_ref()).expect("a world");
            let abi = ManglingAndAbi::Legacy(LiftLowerAbi::Sync);
            place.write(&source, wit_component::dummy_module(&wit.resolve, world, abi));
        }
    }
}

/// The package in a directory.
pub(crate) fn wit(directory: &Path) -> Wit {
    let entries = fs::read_dir(directory).expect("a directory of WIT");
    let paths = entries.map(|entry| entry.expect("readable").path());
    let files = paths.filter(|path| path.extension().is_some_and(|end| end == "wit"));
    let name = |path: &Path| path.file_name().expect("a name").to_string_lossy().into_owned();
    let texts = files.map(|path| (name(&path), fs::read_to_string(&path).expect("text")));
    wit::resolve(&texts.collect()).expect("WIT")
}

/// Writes components and adds them to the manifest: `chain N`, each of which needs the next, or
/// `imports N M`, which one component has from M others.
fn generate(place: &Place, what: &str) {
    let words: Vec<_> = what.split_whitespace().collect();
    let number = |index: usize| words[index].parse::<usize>().expect("a number");
    // By name: what is imported and what is exported, each by its number.
    let components: Vec<(String, Range<usize>, Range<usize>)> = match words[0] {
        "chain" => {
            let steps = (1..=number(1))
                .map(|step| (format!("step-{step}"), step + 1..step + 2, step..step + 1));
            let mut steps: Vec<_> = steps.collect();
            steps[number(1) - 1].1 = 0..0;
            std::iter::once(("root".to_owned(), 1..2, 0..0)).chain(steps).collect()
        }
        "imports" => {
            let each = number(1) / number(2);
            let part = |part: usize| (format!("part-{part}"), 0..0, (part - 1) * each..part * each);
            let root = ("root".to_owned(), 0..number(1), 0..0);
            std::iter::once(root).chain((1..=number(2)).map(part)).collect()
        }
        other => panic!("nothing of the kind `{other}` can be generated"),
    };
    let mut manifest = place.text("pipeline.toml");
    let mut wit = "package demo:case;\n".to_owned();
    for (name, imports, exports) in components {
        let _ = write!(
            manifest,
            "\n[component.{name}]\npath = \"{name}\"\ntoolchain = \"fake\"\nworld = \"{name}\"\n"
        );
        let _ = writeln!(wit, "world {name} {{");
        let ends = [("import", imports.clone()), ("export", exports.clone())];
        for (verb, number) in ends.into_iter().flat_map(|(verb, of)| of.map(move |of| (verb, of))) {
            let _ = writeln!(wit, "  {verb} number-{number};");
        }
        let run = if exports.is_empty() { "export run: func() -> u32;" } else { "" };
        let _ = writeln!(wit, "  {run}\n}}");
        for export in exports.clone() {
            let _ = writeln!(wit, "interface number-{export} {{ get: func() -> u32; }}");
        }
        place.write(&format!("{name}/source.wasm"), one_and_sum(imports, exports));
    }
    place.write("pipeline.toml", manifest);
    place.write("wit/world.wit", wit);
}

/// A module that returns one more than its imports do together: as `run`, or from each interface that
/// it exports.
fn one_and_sum(imports: Range<usize>, exports: Range<usize>) -> Vec<u8> {
    let mut text = "(module\n".to_owned();
    for import in imports.clone() {
        let _ =
            writeln!(text, "(import \"demo:case/number-{import}\" \"get\" (func (result i32)))");
    }
    text += "(func";
    if exports.is_empty() {
        text += " (export \"run\")";
    }
    for export in exports {
        let _ = writeln!(text, " (export \"demo:case/number-{export}#get\")");
    }
    text += " (result i32) i32.const 1\n";
    for index in 0..imports.len() {
        let _ = writeln!(text, "call {index} i32.add");
    }
    wat::parse_str(text + "))").expect("a module")
}
