use miette::Diagnostic as _;

use super::super::definition::{Produces, Way};
use super::*;
use crate::manifest::Profile;

/// A file with everything in it.
const WHOLE: &str = r#"
name = "tinygo"
about = "Go, through TinyGo"
language = "go"
produces = "module"
reproducible = true
inputs = ["**/*.go", "go.mod"]
exclude = ["gen/**"]

[tool.tinygo]
find = ["tinygo", "tinygo-0.41"]
version = ["version"]
accept = ">=0.39, <0.43"
install-version = "0.41.1"
resolve = { run = ["env", "TINYGOROOT"], path = "bin/tinygo" }
witness = ["{home}/.tinygo/settings"]

[[tool.tinygo.variant]]
name = "wasip1"
directory = ["directory", "wasip1"]

[[tool.tinygo.install]]
way = "archive"
strip = 1
platforms.x86_64-linux = { url = "https://example.com/a.tar.gz", sha256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" }

[[tool.tinygo.install]]
way = "script"
script = "tinygo.sh"

[tool.wasm-opt]
from = "tinygo"
accept = "*"

[environment]
hash = ["TINYGOFLAGS"]
pass = ["GOPROXY"]
set = { GOFLAGS = "-mod=mod", ROOT = "{root}" }

[options.scheduler]
default = "none"
about = "the scheduler"

[files]
"poly_cabi.go" = "package main"

[generate]
"poly_exports.go" = "go-post-return"

[flags.release]
build = ["-no-debug", "-opt=z"]
[flags.debug]
build = []

[[step]]
name = "compile"
run = ["{tool:tinygo}", "build", "{flags:build}", "-scheduler={option:scheduler}", "-target={variant:tinygo}", "-o", "{output}"]

[self-test]
options = { scheduler = "none" }
[self-test.files]
"main.go" = "package main"
"#;

fn parse(text: &str) -> Result<Toolchain, ToolchainError> {
    let script = |name: &str| (name == "tinygo.sh").then(|| "exit 0".to_owned());
    toolchain("toolchains/tinygo.toml", text, &script)
}

#[test]
fn everything_is_understood() {
    let toolchain = parse(WHOLE).unwrap();
    assert_eq!(toolchain.name, "tinygo");
    assert_eq!(toolchain.produces, Produces::Module);
    assert_eq!(toolchain.inputs, ["**/*.go", "go.mod"]);
    assert_eq!(toolchain.tools.keys().collect::<Vec<_>>(), ["tinygo", "wasm-opt"]);
    let tinygo = &toolchain.tools["tinygo"];
    assert_eq!(tinygo.find, ["tinygo", "tinygo-0.41"]);
    assert_eq!(tinygo.variants[0].name, "wasip1");
    assert!(matches!(&tinygo.installs[0], Way::Archive { strip: 1, bin, .. } if bin == "bin"));
    assert!(matches!(&tinygo.installs[1], Way::Script { text, .. } if text == "exit 0"));
    let wasm_opt = &toolchain.tools["wasm-opt"];
    assert_eq!(wasm_opt.from.as_deref(), Some("tinygo"));
    assert_eq!(
        (&wasm_opt.find[..], &wasm_opt.version[..]),
        (&["wasm-opt".into()][..], &["--version".into()][..])
    );
    assert_eq!(toolchain.output.text(), "{output}");
    assert_eq!(toolchain.environment.set["ROOT"].text(), "{root}");
    assert_eq!(toolchain.self_test.unwrap().options["scheduler"], "none");
}

#[test]
fn flags_are_spliced_by_profile() {
    let toolchain = parse(WHOLE).unwrap();
    let run = |profile| {
        let step = toolchain.steps(profile).remove(0);
        step.run.iter().map(|template| template.text().to_owned()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        run(Profile::Release),
        "{tool:tinygo} build -no-debug -opt=z -scheduler={option:scheduler} \
         -target={variant:tinygo} -o {output}"
    );
    assert_eq!(
        run(Profile::Debug),
        "{tool:tinygo} build -scheduler={option:scheduler} -target={variant:tinygo} -o {output}"
    );
}

#[test]
fn options_have_defaults_and_names() {
    let toolchain = parse(WHOLE).unwrap();
    let given = |name: &str| BTreeMap::from([(name.to_owned(), "asyncify".to_owned())]);
    assert_eq!(toolchain.option_values(&BTreeMap::new()).unwrap()["scheduler"], "none");
    assert_eq!(toolchain.option_values(&given("scheduler")).unwrap()["scheduler"], "asyncify");
    let error = toolchain.option_values(&given("schedular")).unwrap_err();
    assert_eq!(error.to_string(), "toolchain `tinygo` has no option `schedular`");
    assert_eq!(error.help().unwrap().to_string(), "did you mean `scheduler`?");

    let without = WHOLE.replace("default = \"none\"\n", "");
    let error = parse(&without).unwrap().option_values(&BTreeMap::new()).unwrap_err();
    assert_eq!(error.to_string(), "toolchain `tinygo` needs the option `scheduler`");
}

#[test]
fn the_key_sees_what_is_hashed_and_set_as_written() {
    let toolchain = parse(WHOLE).unwrap();
    let process = BTreeMap::from(
        ["TINYGOFLAGS", "GOPROXY", "OTHER"].map(|name| (name.to_owned(), "value".to_owned())),
    );
    let overrides = IndexMap::from([("GOFLAGS".to_owned(), "-mod=vendor".to_owned())]);
    let key = toolchain.environment_of_key(&process, &overrides);
    let expected = [("GOFLAGS", "-mod=vendor"), ("ROOT", "{root}"), ("TINYGOFLAGS", "value")];
    assert_eq!(key, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
}

/// What a person sees: the line, what the caret is under, the message, the advice.
fn fault(from: &str, to: &str) -> (String, String, String) {
    assert!(WHOLE.contains(from), "{from}");
    let text = WHOLE.replacen(from, to, 1);
    let ToolchainError::Invalid(error) = parse(&text).expect_err(to) else { panic!("{to}") };
    assert_eq!(error.source_code.name(), "toolchains/tinygo.toml");
    let (start, length) = (error.at.offset(), error.at.len());
    let help = error.help.unwrap_or_default();
    (text[start..start + length].to_owned(), error.message, help)
}

#[test]
fn each_fault_is_pointed_at() {
    let long = "there is no list of flags `bild`";
    for (from, to, caret, message, help) in [
        ("about =", "abuot =", "abuot", "unknown key `abuot`", "did you mean `about`?"),
        (
            "from = \"tinygo\"",
            "frm = \"tinygo\"",
            "frm",
            "unknown key `frm`",
            "did you mean `from`?",
        ),
        ("strip = 1", "stripe = 1", "stripe", "unknown key `stripe`", "did you mean `strip`?"),
        (
            "[flags.debug]\nbuild = []",
            "[flags.debug]",
            "build",
            "`build` is not in `[flags.debug]`",
            "a list that is empty for one profile is written `[]`",
        ),
        (
            "{tool:tinygo}",
            "{tool:tinigo}",
            "tinigo",
            "there is no tool `tinigo`",
            "did you mean `tinygo`?",
        ),
        ("{flags:build}", "{flags:bild}", "bild", long, "did you mean `build`?"),
        (
            "{option:scheduler}",
            "{option:sched}",
            "sched",
            "there is no option `sched`",
            "there is: `scheduler`",
        ),
        (
            "{variant:tinygo}",
            "{variant:wasm-opt}",
            "wasm-opt",
            "there is no tool with variants `wasm-opt`",
            "there is: `tinygo`",
        ),
        (
            "{output}",
            "{ouput}",
            "{ouput}",
            "unknown placeholder `{ouput}`",
            "did you mean `{output}`?",
        ),
        (
            "ROOT = \"{root}\"",
            "ROOT = \"{rot}\"",
            "{rot}",
            "unknown placeholder `{rot}`",
            "did you mean `{root}`?",
        ),
        (
            "from = \"tinygo\"",
            "from = \"wasm-opt\"",
            "\"wasm-opt\"",
            "there is no tool before this one `wasm-opt`",
            "there is: `tinygo`",
        ),
        (
            "\"{home}/.tinygo/settings\"",
            "\"{root}/x\"",
            "\"{root}/x\"",
            "a witness may use no placeholder but `{home}`, `{cargo-home}`, `{rustup-home}` and `{config-home}`",
            "",
        ),
        (
            "\"tinygo.sh\"",
            "\"tiny.sh\"",
            "\"tiny.sh\"",
            "there is no script `tiny.sh`",
            "scripts lie in the directory `install` beside the toolchain's file",
        ),
        (
            "way = \"script\"\nscript = \"tinygo.sh\"",
            "way = \"helper\"\nhelper = \"componentise\"",
            "\"componentise\"",
            "poly carries no helper `componentise`",
            "it carries: `componentize-py`",
        ),
        (
            "\"poly_cabi.go\"",
            "\"../x.go\"",
            "\"../x.go\"",
            "`../x.go` is no path below the component",
            "",
        ),
        (
            "options = { scheduler",
            "options = { schedule",
            "schedule",
            "there is no option `schedule`",
            "did you mean `scheduler`?",
        ),
        (
            "\"gen/**\"",
            "\"gen/[\"",
            "\"gen/[\"",
            "`gen/[` is no glob: unclosed character class; missing ']'",
            "",
        ),
        (
            "name = \"tinygo\"",
            "name = \"Tiny Go\"",
            "\"Tiny Go\"",
            "`Tiny Go` is no name",
            "use lower-case letters, digits and `-`",
        ),
        (
            "\"{tool:tinygo}\", \"build\"",
            "\"tinygo\"",
            "[\"tinygo\", \"{flags:build}\", \"-scheduler={option:scheduler}\", \"-target={variant:tinygo}\", \"-o\", \"{output}\"]",
            "step `compile` does not start with a tool",
            "the first of `run` is `{tool:NAME}`: what a step starts is part of its key",
        ),
    ] {
        let expected = (caret.to_owned(), message.to_owned(), help.to_owned());
        assert_eq!(fault(from, to), expected);
    }
}

#[test]
fn a_way_takes_its_own_keys_and_needs_some() {
    let (_, message, help) = fault("script = \"tinygo.sh\"", "script = \"tinygo.sh\"\nstrip = 1");
    assert_eq!(message, "way `script` does not take `strip`");
    assert_eq!(help, "it takes: `script`");
    let (_, message, _) = fault("script = \"tinygo.sh\"\n", "");
    assert_eq!(message, "way `script` needs `script`");
    let (_, message, _) = fault("install-version = \"0.41.1\"\n", "");
    assert_eq!(message, "a tool that can be installed needs an `install-version`");
    let python = "way = \"python\"\npackages = [\"componentize-py\"]";
    let (caret, message, help) = fault("way = \"script\"\nscript = \"tinygo.sh\"", python);
    assert_eq!(caret, "\"componentize-py\"");
    assert_eq!(message, "package `componentize-py` has no version");
    assert_eq!(help, "write `componentize-py==1.2.3`");
}

#[test]
fn wrong_types_versions_and_checksums_are_pointed_at() {
    let (caret, message, help) = fault("reproducible = true", "reproducible = \"yes\"");
    assert_eq!(caret, "\"yes\"");
    assert_eq!(message, "invalid type: string \"yes\"");
    assert!(help.starts_with("`reproducible` says whether two builds"), "{help}");
    let (caret, message, help) = fault("accept = \"*\"\n", "accept = [3]\n");
    assert_eq!((&*caret, &*message), ("[3]", "invalid type: sequence"));
    assert!(help.starts_with("`accept` says which versions will do"), "{help}");
    let (caret, message, help) = fault("\">=0.39, <0.43\"", "\"new\"");
    assert_eq!(caret, "\"new\"");
    assert!(message.starts_with("`new` is no requirement of versions: "), "{message}");
    assert_eq!(help, "such as `>=1.2, <2`");
    let (_, message, _) = fault("e3b0c442", "");
    assert!(message.ends_with("is not a SHA-256 digest of 64 hexadecimal digits"), "{message}");
    let (_, message, _) = fault("way = \"script\"", "way = \"magic\"");
    assert!(message.starts_with("unknown variant `magic`"), "{message}");
}

#[test]
fn an_escaped_string_is_pointed_at_as_a_whole() {
    let (caret, _, _) = fault("ROOT = \"{root}\"", "ROOT = \"\\u007brot}\"");
    assert_eq!(caret, "\"\\u007brot}\"");
}

/// Once, the parser's own words were all that was said: no file, no line, no remedy.
#[test]
fn what_is_missing_is_told_with_what_it_says() {
    let required = [
        ("name = \"tinygo\"\nabout", "about", "name"),
        ("about = \"Go, through TinyGo\"\n", "", "about"),
        ("language = \"go\"\n", "", "language"),
        ("produces = \"module\"\n", "", "produces"),
        ("reproducible = true\n", "", "reproducible"),
        ("inputs = [\"**/*.go\", \"go.mod\"]\n", "", "inputs"),
        ("accept = \"*\"\n", "", "accept"),
        ("way = \"script\"\n", "", "way"),
        (", path = \"bin/tinygo\"", "", "path"),
        ("run = [\"env\", \"TINYGOROOT\"], ", "", "run"),
        ("directory = [\"directory\", \"wasip1\"]\n", "", "directory"),
        ("url = \"https://example.com/a.tar.gz\", ", "", "url"),
        ("about = \"the scheduler\"\n", "", "about"),
        ("name = \"compile\"\n", "", "name"),
    ];
    for (from, to, key) in required {
        let (caret, message, help) = fault(from, to);
        assert_eq!(message, format!("`{key}` is missing"));
        assert!(help.starts_with(&format!("`{key}` says ")), "{key}: {help}");
        assert!(!caret.is_empty() && !caret.contains('\n'), "{key}: {caret:?}");
    }
    let (start, _) = WHOLE.split_once("[[step]]").unwrap();
    let ToolchainError::Invalid(error) = parse(start).unwrap_err() else { panic!() };
    assert_eq!(error.message, "`step` is missing");
}

#[test]
fn an_empty_file() {
    let ToolchainError::Invalid(error) = parse("").unwrap_err() else { panic!() };
    assert_eq!(error.message, "the toolchain's file is empty");
}
