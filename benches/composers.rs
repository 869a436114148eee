//! What other composers say to the cases of composition: the table in `docs/composing.md`, which
//! `cargo bench --bench composers` writes anew. `wac` (the crate wac-cli) and `wasm-tools` must be on
//! PATH; both get the adapted components that poly composes.
//!
//! The first component of a case is the root: `wac plug` gets it as socket and the others as plugs,
//! `wasm-tools compose` as the component and the others as definitions. What they write is looked at
//! with poly's own eyes: whether it is valid, what is left open, and whether the checks of the case
//! pass.

#[path = "../tests/compose/differences.rs"]
mod differences;
#[path = "../tests/compose/inputs.rs"]
mod inputs;
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../tests/place.rs"]
mod place;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use place::{Place, repository};
use poly::component::adapt::adapt;
use poly::component::inspect;
use poly::component::world::{decode, is_provided};
use poly::manifest::Manifest;

/// How many characters of a message are shown.
const SHOWN: usize = 180;

/// Where in the document the tables stand.
const MARKS: [&str; 2] = ["<!-- written by cargo bench --bench composers -->", "<!-- end -->"];

fn main() {
    // `cargo test --benches` and its like ask for a list of tests; there is none.
    if std::env::args().any(|argument| argument == "--list") {
        return;
    }
    let cases = repository().join("tests/cases/compose");
    let mut text = format!("\nMade with {} and {}.\n\n", version("wac"), version("wasm-tools"));
    let rows: Vec<Row> = directories(&cases)
        .iter()
        .map(|case| {
            let name = case.file_name().expect("a directory has a name").to_string_lossy();
            row(&name, &inputs::place(case))
        })
        .collect();
    text += "| case | poly | `wac plug` | `wasm-tools compose` |\n|---|---|---|---|\n";
    for Row { name, said: [poly, wac, tools] } in &rows {
        let _ = writeln!(text, "| {name} | {poly} | {wac} | {tools} |");
    }
    let open = |composer: usize| {
        rows.iter().filter(|row| row.said[composer].contains("**leaves open**")).count()
    };
    let _ = writeln!(
        text,
        "\nOf these {} cases, an import is left open, with exit code 0, by poly in {}, by `wac plug` in {}, by \
         `wasm-tools compose` in {}.\n",
        rows.len(),
        open(0),
        open(1),
        open(2)
    );
    text += &mismatches(&cases.join("mismatch"));
    let document = repository().join("docs/composing.md");
    let old = fs::read_to_string(&document).expect("the document");
    let (before, rest) = old.split_once(MARKS[0]).expect("where the tables begin");
    let (_, after) = rest.split_once(MARKS[1]).expect("where they end");
    let new = format!("{before}{}\n{text}\n{}{after}", MARKS[0], MARKS[1]);
    fs::write(document, new).expect("writable");
}

/// What is said to the differences in type.
fn mismatches(case: &Path) -> String {
    let rows: Vec<Row> = differences::differences(case)
        .iter()
        .map(|difference| row(&difference.name, &differences::place(case, difference)))
        .collect();
    let mut text = "The differences in type that `tests/cases/compose/mismatch` lists.".to_owned();
    for (composer, index) in [("wac plug", 1), ("wasm-tools compose", 2)] {
        let mut said = BTreeMap::<&str, usize>::new();
        for row in &rows {
            *said.entry(&row.said[index]).or_default() += 1;
        }
        for (words, times) in said {
            let _ =
                write!(text, "\n`{composer}` says to {times} of these {}: {words}.", rows.len());
        }
    }
    text += "\n\n| difference | poly |\n|---|---|\n";
    for Row { name, said: [poly, ..] } in &rows {
        let _ = writeln!(text, "| {name} | {poly} |");
    }
    text
}

fn directories(cases: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(cases).expect("the cases");
    let mut cases: Vec<_> = entries.map(|entry| entry.expect("a case").path()).collect();
    cases.retain(|case| case.join("pipeline.toml").is_file());
    cases.sort();
    cases
}

fn version(tool: &str) -> String {
    let said = Command::new(tool).arg("--version").output();
    let said = said.unwrap_or_else(|error| panic!("{tool} must be on PATH: {error}"));
    let said = String::from_utf8(said.stdout).expect("text");
    said.split_whitespace().take(2).collect::<Vec<_>>().join(" ")
}

/// A case, and what poly, wac and wasm-tools say to it.
struct Row {
    name: String,
    said: [String; 3],
}

fn row(name: &str, place: &Place) -> Row {
    let text = String::from_utf8(place.read("pipeline.toml")).expect("text");
    let manifest = Manifest::parse("pipeline.toml", &text).expect("a manifest");
    let verb = if manifest.checks.is_empty() { "build" } else { "check" };
    let built = place.run(&["--quiet", verb]);
    let poly = match built.code {
        0 => "composes".to_owned(),
        code => format!("exit {code}: {}", gist(&built.stderr, place)),
    };
    let files: Vec<PathBuf> =
        manifest.components.keys().map(|name| file(place, &manifest, name.get_ref())).collect();
    let (wac, tools) = if manifest.flows.is_empty() {
        let command = |tool: &str, first: &[&str], before: &str, root_first: bool| {
            let mut command = Command::new(tool);
            let parts = files[1..].iter().flat_map(|file| [before.as_ref(), file.as_os_str()]);
            let parts: Vec<_> = parts.collect();
            command.args(first).args(root_first.then_some(&files[0])).args(parts);
            command.args((!root_first).then_some(&files[0])).args(["-o", "out.wasm"]);
            command.current_dir(&place.root);
            said(&mut command, place, &manifest)
        };
        (
            command("wac", &["plug"], "--plug", false),
            command("wasm-tools", &["compose"], "-d", true),
        )
    } else {
        ("has no flows".to_owned(), "has no flows".to_owned())
    };
    Row { name: name.to_owned(), said: [poly, wac, tools] }
}

/// The adapted component; what the tool left, where it cannot be adapted.
fn file(place: &Place, manifest: &Manifest, name: &str) -> PathBuf {
    let component = &manifest.components[name];
    let built = place.read(&format!("{}/source.wasm", component.path.get_ref()));
    let wit = component.wit.as_ref().or(manifest.pipeline.wit.as_ref());
    let wit = wit.map(|wit| inputs::wit(&place.root.join(wit.get_ref())));
    let world = component.world.as_ref().map(|world| world.get_ref().as_str());
    let adapted = adapt(&built, wit.as_ref().zip(world)).map(Cow::into_owned);
    let to = place.root.join(format!("{name}.wasm"));
    fs::write(&to, adapted.unwrap_or(built)).expect("writable");
    to
}

/// What another composer says, and what it left.
fn said(command: &mut Command, place: &Place, manifest: &Manifest) -> String {
    let _ = fs::remove_file(place.root.join("out.wasm"));
    let ran = command.env_remove("RUST_BACKTRACE").output().expect("it starts");
    let stderr = String::from_utf8_lossy(&ran.stderr);
    let Some(code) = ran.status.code() else { return "is killed".to_owned() };
    if code != 0 {
        return format!("exit {code}: {}", gist(&stderr, place));
    }
    let bytes = place.read("out.wasm");
    if let Err(error) = wasmparser::Validator::new().validate_all(&bytes) {
        return format!("exit 0, **invalid**: {}", shown(error.message()));
    }
    let world = decode(&bytes).expect("what is valid decodes");
    let open: Vec<_> = world
        .imports
        .iter()
        .filter(|(name, item)| !is_provided(name) && !item.is_type_only())
        .map(|(name, _)| format!("`{name}`"))
        .collect();
    if !open.is_empty() {
        return format!("exit 0, **leaves open** {}", shown(&open.join(", ")));
    }
    match answers(&bytes, manifest) {
        Ok(()) => format!("composes{}", lacks(&bytes, place)),
        Err(wrong) => format!("exit 0, and the **checks fail**: {wrong}"),
    }
}

/// The exports of poly's component that another lacks.
fn lacks(bytes: &[u8], place: &Place) -> String {
    let Ok(own) = fs::read(place.root.join("target/poly/case.wasm")) else {
        return String::new();
    };
    let exports = |bytes: &[u8]| inspect::inspect(bytes).expect("a component").exports;
    let theirs = exports(bytes);
    let lacking: Vec<_> = exports(&own).into_iter().filter(|name| !theirs.contains(name)).collect();
    if lacking.is_empty() { String::new() } else { format!(", without `{}`", lacking.join("`, `")) }
}

/// What poly says to the checks of the case, if it has any and they do not pass.
fn answers(bytes: &[u8], manifest: &Manifest) -> Result<(), String> {
    if manifest.checks.is_empty() {
        return Ok(());
    }
    let place = Place::new().with_fake_tools();
    let mut text = "[pipeline]\nname = \"case\"\n\n\
        [component.whole]\npath = \"whole\"\ntoolchain = \"fake\"\n"
        .to_owned();
    for step in manifest.checks.iter().flat_map(|check| check.calls().into_owned()) {
        let returns = step.returns.as_ref().expect("all cases say what is returned").get_ref();
        let call = step.call.get_ref();
        let _ = write!(text, "\n[[check]]\ncall = '{call}'\nreturns = '{returns}'\n");
    }
    place.write("pipeline.toml", text);
    place.write("whole/source.wasm", bytes);
    let ran = place.run(&["--quiet", "check"]);
    if ran.code == 0 { Ok(()) } else { Err(gist(&ran.stderr, &place)) }
}

/// The line of a message that says most, with no more of it than fits.
fn gist(said: &str, place: &Place) -> String {
    let top = place.root.parent().expect("the pipeline is in a directory");
    let said =
        said.replace(&*place.root.to_string_lossy(), "").replace(&*top.to_string_lossy(), "");
    let said = said.replace("[TOP]/cache/builds/[CHECKOUT]", "");
    let lines: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(at) = lines.iter().position(|line| line.contains("panicked at")) {
        return format!("**panics**: {}", shown(lines.get(at + 1).unwrap_or(&lines[at])));
    }
    let mut text = String::new();
    let says = |line: &&&str| !line.contains("help:") && !line.contains('╭');
    for line in lines.iter().take_while(says) {
        // One says of itself, at every start, that it is deprecated; what it warns of shows in the end.
        if line.contains("WARN") || line.starts_with("Please use") {
            continue;
        }
        let line = line.trim_start_matches(|letter: char| !letter.is_alphabetic() && letter != '`');
        let line = line.trim_start_matches("error: ").trim_start_matches("Error: ");
        if !line.is_empty() && !line.starts_with("Caused by") {
            let _ = write!(text, "{}{line}", if text.is_empty() { "" } else { "; " });
        }
    }
    shown(&text)
}

/// As much of a text as a cell of a table takes. What both parts of a mismatch are is the same in all.
fn shown(text: &str) -> String {
    let way = text.split_once("` differs: ").map(|(_, way)| format!("differs: {way}"));
    let text = way.as_deref().unwrap_or(text).replace('|', "\\|").replace('<', "&lt;");
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}
