//! The manifest as its author meets it: every case of `tests/cases/manifest/` is a directory
//! with a `pipeline.toml` and the `error.txt` that it must lead to, rendered as on a terminal
//! without colours. `SNAPSHOTS=overwrite` rewrites the latter.

#![allow(clippy::disallowed_methods, reason = "the cases lie on disk")]

mod schema;

use std::collections::BTreeSet;
use std::path::Path;
use std::{env, fs};

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use serde_json::Value;

use super::*;

/// A manifest that says everything that can be said, each key at least once.
const FULL: &str = r#"
[pipeline]
name = "full"
version = "0.1.0"
wit = "wit"
output = "dist"
install = false

[component.source]
path = "source"
toolchain = "cargo"
world = "source"
wit = "source/wit"
profile = "debug"
inputs = ["shared/**/*.json"]
options = { features = "fast" }
varies = "its compiler writes the time"

[component.sink]
path = "sink"
toolchain = "tinygo"
instances = ["sink", "second-sink"]
weight = 2
exclusive = "port"
retries = 1
timeout = "10m"

[compose]
engine = "wac-graph"

[flow.run]
steps = [
    "source/fetch",
    "sink/poly:sink/store@0.1.0.put",
    { call = "sink/convert", args = ["_", '"upper"'], otherwise = "sink/excuse" },
    ["sink/count", { call = "second-sink/store.log.write", args = ["_", "3"] }],
]

[link]
"source/poly:sink/store" = "sink"
"source/log" = "sink/log"

[wit-dependencies]
"a:logging" = "0.1.0"
"a:shapes" = { path = "shared/shapes" }
"b:units" = { version = "1.2.0-rc.1", registry = "http://localhost:5000/wit" }

[wit-registries]
a = "registry.example.org"

[grants]
dirs = [{ host = "data", guest = "/data", access = "read-write" }]
env = { LANG = "C" }
inherit-env = ["TZ"]
secrets = ["TOKEN"]
args = ["--fast"]
stdin = { file = "in.txt" }
stdout = true
stderr = true
clocks = { fixed = "2026-01-01T00:00:00Z", scale = 10 }
random = { seed = 7 }
http = ["https://api.example.com", "http://127.0.0.1:8080", "*.example.com", "*://h.org:*"]
names = ["db.example.com"]
network = ["127.0.0.1:8080", "udp://[::1]:53"]
private-addresses = true
allow-broad = false

[limits]
timeout = "10s"
memory = "256MiB"
tables = 1000
instances = 100
handles = 1000
host-resources = 50
transfer = "1MiB"
output = 65536
written = "1MiB"
bodies = "1MiB"
fuel = 1000
compile-time = "1m"
compile-memory = "1GiB"

[run]
opt-level = "speed-and-size"
nan-canonicalization = true
stack = "2MiB"
fuel = true
deterministic = false

[[check]]
call = 'run("query")'
returns = 'ok("stored")'
stdout = "stored\n"
stderr = ""

[[check]]
call = "run(\"\")"
traps = "unreachable"

[[check]]
call = "run(\"long\")"
exceeds = "fuel"

[[check]]
name = "the sink measures, by itself"
component = "sink"
call = "measure(3)"
returns = "{area: 28.274, sides: none}"
approx = 1e-4
denied = "wasi:sockets"

[check.grants]
stdout = true

[check.limits]
fuel = 2000

[[check]]
call = "name()"
matches = "^[a-z]+$"
files = { "/data/name" = "sink" }
fuel = { at-most = 1.5, of = "name()" }
time = { at-most = 10, of = "run(\"\")" }

[[check]]
name = "what is kept comes back"
steps = [
    { call = "store.open(\"a\")", as = "file" },
    { call = "store.file.read($file)", returns = "[]" },
]

[interop.store]
interface = "poly:sink/store@0.1.0"
components = ["source", "sink"]
echo = true
calls = 1000
sequence = 5
seed = 42
skip = ["put-all"]
approx = 1e-9
grants = { stderr = true }

[toolchain.tinygo]
tools = { tinygo = "/opt/tinygo/bin/tinygo" }
env = { GOFLAGS = "-mod=mod" }
"#;

fn render(error: &dyn Diagnostic) -> String {
    let mut text = String::new();
    GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor())
        .with_width(100)
        .render_report(&mut text, error)
        .expect("writing to a string does not fail");
    text.lines().map(|line| line.trim_end().to_owned() + "\n").collect()
}

fn error_of(text: &str) -> String {
    render(&Manifest::parse("pipeline.toml", text).expect_err("it must be refused"))
}

#[test]
fn cases_lead_to_their_errors() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/manifest");
    let update = env::var_os("SNAPSHOTS").is_some_and(|value| value == "overwrite");
    let mut seen = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(&cases).expect("the cases are there") {
        let case = entry.expect("a case can be listed").path();
        let text = fs::read_to_string(case.join("pipeline.toml")).expect("a case has a manifest");
        let got = match Manifest::parse("pipeline.toml", &text) {
            Ok(_) => "no error\n".to_owned(),
            Err(error) => render(&error),
        };
        let golden = case.join("error.txt");
        if update {
            fs::write(&golden, &got).expect("the golden can be written");
        } else if fs::read_to_string(&golden).ok().as_ref() != Some(&got) {
            wrong.push(format!("{}:\n{got}", case.display()));
        }
        assert_ne!(got, "no error\n", "{} must not be accepted", case.display());
        seen += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(seen > 20, "the cases were found");
}

#[test]
fn everything_that_can_be_said_is_read() {
    let manifest = Manifest::parse("pipeline.toml", FULL).unwrap();
    assert!(!manifest.pipeline.install);
    assert_eq!(manifest.components.get_index_of("sink"), Some(1), "in the order of the file");
    let source = &manifest.components["source"];
    assert_eq!(source.profile, Profile::Debug);
    assert_eq!(source.options["features"].get_ref(), "fast");
    let step = &manifest.flows["run"].steps[1];
    let Step::One(stage) = step.get_ref() else { panic!("{step:?}") };
    assert_eq!(stage.call.interface.as_deref(), Some("poly:sink/store@0.1.0"));
    assert_eq!(&FULL[step.span()], "\"sink/poly:sink/store@0.1.0.put\"");
    let functions: Vec<_> =
        manifest.flows["run"].functions().map(ToString::to_string).skip(2).collect();
    assert_eq!(
        functions,
        ["sink/convert", "sink/excuse", "sink/count", "second-sink/store.log.write"]
    );
    let steps: Vec<_> =
        manifest.flows["run"].steps.iter().map(|step| step.get_ref().to_string()).collect();
    assert_eq!(
        steps[2..],
        [
            r#"sink/convert("_", "\"upper\"") otherwise sink/excuse"#,
            r#"[sink/count, second-sink/store.log.write("_", "3")]"#
        ]
    );
    let (import, export) = manifest.links.get_index(1).unwrap();
    assert_eq!(
        (import.get_ref().import.as_str(), export.get_ref().export.as_deref()),
        ("log", Some("log"))
    );
    let sink = &manifest.components["sink"];
    assert_eq!((sink.weight.get(), sink.retries.get()), (2, 1));
    assert_eq!(sink.timeout, Some(Timeout::seconds(600)));
    assert_eq!(manifest.grants.dirs[0].access, Access::ReadWrite);
    assert_eq!(manifest.limits.output, "64KiB".parse().unwrap());
    assert_eq!(manifest.run.opt_level, OptLevel::SpeedAndSize);
    assert!(manifest.run.nan_canonicalization && manifest.run.fuel);
    assert_eq!(manifest.run.stack, "2MiB".parse().unwrap());
    assert_eq!(manifest.checks[2].exceeds, Some(Limit::Fuel));
    let own = &manifest.checks[3];
    assert_eq!(own.component.as_ref().map(Spanned::get_ref).unwrap(), "sink");
    let own_grants = own.grants.as_ref().unwrap();
    assert!(own_grants.stdout.is_captured() && own_grants.dirs.is_empty());
    assert!(own.counts_fuel() && manifest.counts_fuel());
    let bounded = &manifest.checks[4];
    assert!(bounded.matches.as_ref().unwrap().is_found_in("abc"));
    assert!((bounded.fuel.as_ref().unwrap().at_most.get_ref() - 1.5).abs() < f64::EPSILON);
    assert_eq!(manifest.checks[5].calls()[0].name.as_ref().unwrap().get_ref(), "file");
    assert_eq!(&FULL[manifest.checks[5].span()][..8], "[\n    { ");
    let store = &manifest.interop["store"];
    assert_eq!((store.calls(), store.sequence(), store.seed()), (1000, 5, 42));
    assert_eq!(&FULL[manifest.components.keys().next().unwrap().span()], "source");
}

#[test]
fn nothing_is_granted_and_everything_limited_unless_said() {
    let text = "[pipeline]\nname = 'p'\n[component.a]\npath = '.'\ntoolchain = 'cargo'\n";
    let manifest = Manifest::parse("pipeline.toml", text).unwrap();
    let grants = &manifest.grants;
    assert!(grants.dirs.is_empty() && grants.env.is_empty() && grants.inherit_env.is_empty());
    assert!(grants.args.is_empty() && grants.secrets.is_empty());
    assert!(grants.network.is_empty() && grants.http.is_empty() && grants.names.is_empty());
    assert!(!(grants.stdin.is_on() || grants.stdout.is_granted() || grants.stderr.is_granted()));
    assert!(!(grants.clocks.is_on() || grants.random.is_on()));
    assert!(!(grants.private_addresses || grants.allow_broad));
    assert_eq!(manifest.limits.timeout, Timeout::seconds(30));
    assert_eq!(manifest.limits.memory, Bytes::mebibytes(512));
    assert_eq!(manifest.limits.fuel, None);
    let run = &manifest.run;
    assert!(!(run.nan_canonicalization || run.fuel || *run.deterministic.get_ref()));
    assert_eq!((run.opt_level, run.stack), (OptLevel::Speed, "1MiB".parse().unwrap()));
    assert!(manifest.pipeline.install);
    let component = &manifest.components["a"];
    assert_eq!(component.profile, Profile::Release);
    assert_eq!((component.weight.get(), component.retries.get()), (1, 0));
    assert!(component.exclusive.is_none() && component.timeout.is_none());
}

#[test]
fn errors_found_later_point_into_the_text_too() {
    let manifest = Manifest::parse("some/pipeline.toml", FULL).unwrap();
    let toolchain = &manifest.components["sink"].toolchain;
    let error = manifest.error_at(
        toolchain.span(),
        "there is no toolchain `tinygo`",
        "not a toolchain",
        "see `poly toolchain list`".to_owned(),
    );
    let text = render(&error);
    assert!(text.contains("[some/pipeline.toml:21:13]"), "{text}");
    assert!(text.contains("help: see `poly toolchain list`"), "{text}");
}

/// Every place that a key of the manifest is refused at, under a name that is near to none.
#[test]
fn an_unknown_key_is_refused_in_every_table() {
    for line in FULL.lines().filter(|line| line.starts_with('[')) {
        // The keys of these are names that the author chooses.
        if ["[link]", "[wit-dependencies]", "[wit-registries]"].contains(&line) {
            continue;
        }
        let text = FULL.replacen(line, &format!("{line}\nqqqqqqqq = 1"), 1);
        let error = error_of(&text);
        assert!(error.contains("unknown key `qqqqqqqq`"), "{line}: {error}");
        assert!(error.contains("help: the keys here are"), "{line}: {error}");
    }
}
