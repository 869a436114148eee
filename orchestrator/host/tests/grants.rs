//! What a component can reach, and what it cannot.

use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn guest(grants: &Grants) -> Instance {
    start(&GUEST, grants, &Limits::default())
}

/// A directory with `granted/` in it, and next to it `secret`, which nobody may see.
fn yard() -> TempDir {
    let yard = TempDir::new().unwrap();
    fs::create_dir(yard.path().join("granted")).unwrap();
    fs::write(yard.path().join("secret"), "secret").unwrap();
    fs::write(yard.path().join("granted/file"), "file").unwrap();
    fs::write(yard.path().join("granted/other"), "other").unwrap();
    symlink("../secret", yard.path().join("granted/escape")).unwrap();
    symlink(yard.path().join("secret"), yard.path().join("granted/absolute")).unwrap();
    yard
}

fn with_directory(yard: &TempDir, access: &str) -> Instance {
    let text =
        format!("dirs = [{{ host = \"granted\", guest = \"/data\", access = \"{access}\" }}]");
    Instance::start(&GUEST, &grants(&text), &Limits::default(), yard.path()).unwrap()
}

#[test]
fn nothing_is_granted_by_itself() {
    let mut instance = guest(&Grants::default());
    for nothing in ["directories()", "variables()", "arguments()", "read()"] {
        assert_eq!(value(&mut instance, nothing), "0", "{nothing}");
    }
    assert_ne!(value(&mut instance, "open(\"file\", false, false, false)"), "0");
}

#[test]
fn clocks_and_randomness_are_the_same_in_every_run() {
    let run = || {
        let mut instance = guest(&Grants::default());
        ["wall-clock()", "monotonic-clock()", "wall-clock()", "random()", "random()"]
            .map(|asked| value(&mut instance, asked))
    };
    let first = run();
    assert_eq!(first, run());
    assert_ne!(first[3], first[4]);
    let wall: u64 = first[0].parse().unwrap();
    assert_eq!(wall / 1_000_000_000, 946_684_800);
    assert!(first[2].parse::<u64>().unwrap() > wall);
}

#[test]
fn a_sleep_moves_the_clock_by_what_was_slept() {
    let mut instance = guest(&Grants::default());
    let now =
        |instance: &mut Instance| -> u64 { value(instance, "monotonic-clock()").parse().unwrap() };
    let before = now(&mut instance);
    let really = std::time::Instant::now();
    assert_eq!(value(&mut instance, "sleep(30000000)"), "0");
    assert!(really.elapsed().as_millis() >= 30);
    let passed = now(&mut instance) - before;
    assert!((30_000_000..30_100_000).contains(&passed), "{passed}");
}

#[test]
fn granted_clocks_and_randomness_are_real() {
    let granted = grants("clocks = true\nrandom = true");
    let random = || value(&mut guest(&granted), "random()");
    assert_ne!(random(), random());
    let wall: u64 = value(&mut guest(&granted), "wall-clock()").parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!(now.as_secs().abs_diff(wall / 1_000_000_000) < 60);
}

#[test]
fn variables_and_arguments() {
    // PATH is set wherever cargo runs; the other name is not.
    let text = "args = [\"a\", \"b\"]\nenv = { FIXED = \"1\", HOME = \"/\" }\n\
                inherit-env = [\"PATH\", \"HOME\", \"POLY_TEST_NOT_SET\"]";
    let mut instance = guest(&grants(text));
    assert_eq!(value(&mut instance, "arguments()"), "2");
    assert_eq!(value(&mut instance, "variables()"), "3");
}

#[test]
fn clocks_and_numbers_that_are_set_are_as_they_are_set() {
    let set = "clocks = { fixed = '2026-01-01T00:00:00Z' }\nrandom = { seed = 7 }";
    let run = |text: &str| {
        let mut instance = guest(&grants(text));
        ["wall-clock()", "random()"].map(|asked| value(&mut instance, asked))
    };
    assert_eq!(run(set)[0], "1767225600000000000");
    assert_eq!(run(set), run(set));
    assert_ne!(run(set)[1], run("")[1]);
    assert_ne!(run(set)[1], run("random = { seed = 8 }")[1]);
    // Ten seconds of its own, in a tenth of one.
    let mut instance = guest(&grants("clocks = { scale = 100 }"));
    let really = std::time::Instant::now();
    assert_eq!(value(&mut instance, "sleep(10000000000)"), "0");
    let really = really.elapsed().as_millis();
    assert!((100..9_000).contains(&really), "{really}");
}

/// A variable that cargo sets for its tests.
const SECRET: &str = "CARGO_MANIFEST_DIR";

#[test]
fn a_secret_is_passed_on_and_not_shown() {
    let value_of_it = std::env::var(SECRET).unwrap();
    let yard = yard();
    let text = format!(
        "secrets = ['{SECRET}']\nenv = {{ OPEN = 'open' }}\n\
         stdout = true\nstderr = {{ file = 'granted/err.txt' }}"
    );
    let start =
        || Instance::start(&GUEST, &grants(&text), &Limits::default(), yard.path()).unwrap();
    let outcome = call(&mut start(), "tell-variables(1)");
    let expected = format!("OPEN=open\0{SECRET}=[secret {SECRET}]\0");
    assert_eq!(outcome.stdout.as_ref(), Some(&expected));
    assert_eq!(outcome.stderr, None, "what goes into a file is not kept");
    call(&mut start(), "tell-variables(2)");
    let written = fs::read_to_string(yard.path().join("granted/err.txt")).unwrap();
    assert_eq!(written, expected);
    let told = serde_json::to_string(&outcome).unwrap();
    assert!(!told.contains(&value_of_it), "{told}");
    assert_eq!(value(&mut start(), "variables()"), "2");
}

#[test]
fn a_secret_that_is_not_there_is_an_error() {
    let text = "secrets = ['POLY_TEST_NOT_SET']";
    let started = Instance::start(&GUEST, &grants(text), &Limits::default(), Path::new("/nowhere"));
    let error = started.unwrap_err();
    assert_eq!(error.to_string(), "`grants.secrets` names `POLY_TEST_NOT_SET`, which is not set");
    let label = miette::Diagnostic::labels(&error).unwrap().next().unwrap();
    assert_eq!(text[label.offset()..][..label.len()], *"'POLY_TEST_NOT_SET'");
}

#[test]
fn the_whole_environment_is_what_it_says() {
    let mut instance = guest(&grants("inherit-env = ['*']\nenv = { PATH = '/' }"));
    let variables: usize = value(&mut instance, "variables()").parse().unwrap();
    let text = |text: std::ffi::OsString| text.into_string().ok();
    let expected = std::env::vars_os().filter_map(|(name, value)| text(name).zip(text(value)));
    assert_eq!(variables, expected.count());
}

#[test]
fn streams_can_be_files() {
    let yard = yard();
    let text = "stdin = { file = 'secret' }\nstdout = { file = 'granted/out.txt' }";
    let start = || Instance::start(&GUEST, &grants(text), &Limits::default(), yard.path()).unwrap();
    assert_eq!(value(&mut start(), "read()"), "6");
    let outcome = call(&mut start(), "print(\"out\\n\", 2)");
    assert_eq!((&outcome.stdout, &outcome.refusals[..]), (&None, &[][..]));
    let out = yard.path().join("granted/out.txt");
    assert_eq!(fs::read_to_string(&out).unwrap(), "out\nout\n");
    let limited = limits("output = 8");
    let mut instance = Instance::start(&GUEST, &grants(text), &limited, yard.path()).unwrap();
    let outcome = call(&mut instance, "print(\"123456\", 2)");
    assert_eq!(exceeded(&outcome), Some(crate::manifest::Limit::Output));
    assert_eq!(fs::read_to_string(&out).unwrap(), "12345612");
}

/// What was refused in a call: the function, what it was for, and how often.
fn refused(instance: &mut Instance, text: &str) -> Vec<(String, String, String, u64)> {
    let told = call(instance, text).refusals.into_iter();
    told.map(|it| (it.function, it.wanted.unwrap_or_default(), it.grant, it.times)).collect()
}

fn told(
    function: &str,
    wanted: &str,
    grant: &str,
    times: u64,
) -> Vec<(String, String, String, u64)> {
    vec![(function.to_owned(), wanted.to_owned(), grant.to_owned(), times)]
}

#[test]
fn what_is_used_and_not_granted_is_told_once() {
    let mut instance = guest(&Grants::default());
    let out = told("wasi:cli/stdout.get-stdout", "", "stdout = true", 3);
    assert_eq!(refused(&mut instance, "print(\"text\", 3)"), out);
    let err = told("wasi:cli/stderr.get-stderr", "", "stderr = true", 1);
    assert_eq!(refused(&mut instance, "complain(\"text\")"), err);
    let input = told("wasi:cli/stdin.get-stdin", "", "stdin = true", 1);
    assert_eq!(refused(&mut instance, "read()"), input);
    // What every program does at its start is no attempt.
    for quiet in ["variables()", "arguments()", "directories()", "wall-clock()", "random()"] {
        assert_eq!(refused(&mut instance, quiet), [], "{quiet}");
    }
}

#[test]
fn what_was_tried_with_files_is_told() {
    let yard = yard();
    let writable = "dirs = [{ host = \"granted\", guest = \"/data\", access = \"read-write\" }]";
    let mut instance = with_directory(&yard, "read");
    for (attempt, function, path) in [
        ("open(\"new\", true, true, false)", "open-at", "/data/new"),
        ("open(\"file\", false, false, true)", "open-at", "/data/file"),
        ("remove(\"file\")", "unlink-file-at", "/data/file"),
        ("rename(\"file\", \"other\")", "rename-at", "/data/file"),
    ] {
        let function = format!("wasi:filesystem/types.{function}");
        assert_eq!(
            refused(&mut instance, attempt),
            told(&function, path, writable, 1),
            "{attempt}"
        );
    }
    assert_eq!(refused(&mut instance, "open(\"file\", false, false, false)"), []);
    assert_eq!(refused(&mut instance, "open(\"gone\", false, false, false)"), []);
    let another = "dirs = [{ host = \"...\", guest = \"...\" }]";
    // To be let write to this directory would help nobody who wants another.
    let above = told("wasi:filesystem/types.open-at", "/data/../new", another, 1);
    assert_eq!(refused(&mut instance, "open(\"../new\", true, true, false)"), above);
    let mut writing = with_directory(&yard, "read-write");
    for (attempt, function, path) in [
        ("rename(\"file\", \"../file\")", "rename-at", "/data/../file"),
        ("rename(\"../secret\", \"file\")", "rename-at", "/data/../secret"),
        ("link(\"file\", \"../file\")", "link-at", "/data/../file"),
    ] {
        let function = format!("wasi:filesystem/types.{function}");
        assert_eq!(refused(&mut writing, attempt), told(&function, path, another, 1), "{attempt}");
    }
    let out = told("wasi:filesystem/types.open-at", "/data/../secret", another, 1);
    assert_eq!(refused(&mut instance, "open(\"../secret\", false, false, false)"), out);
}

#[test]
fn output_is_kept_call_by_call() {
    let mut instance = guest(&grants("stdout = true\nstderr = true"));
    let outcome = call(&mut instance, "print(\"out\\n\", 2)");
    assert_eq!(outcome.stdout.as_deref(), Some("out\nout\n"));
    assert_eq!(outcome.stderr.as_deref(), Some(""));
    let outcome = call(&mut instance, "complain(\"oh\")");
    assert_eq!((outcome.stdout.as_deref(), outcome.stderr.as_deref()), (Some(""), Some("oh")));
}

#[test]
fn no_path_leads_out_of_a_granted_directory() {
    let yard = yard();
    let mut instance = with_directory(&yard, "read-write");
    let outside = yard.path().join("secret");
    let read = |path: &str| format!("open({path:?}, false, false, false)");
    assert_eq!(value(&mut instance, &read("file")), "0");
    for path in [
        "../secret",
        "escape",
        "absolute",
        outside.to_str().unwrap(),
        "/secret",
        "../granted/../secret",
        "./../secret",
        "escape/",
        "file/../../secret",
    ] {
        assert_ne!(value(&mut instance, &read(path)), "0", "{path}");
    }
    assert_ne!(value(&mut instance, "open(\"../new\", true, true, false)"), "0");
    assert_ne!(value(&mut instance, "rename(\"file\", \"../file\")"), "0");
    assert_ne!(value(&mut instance, "link(\"../secret\", \"hard\")"), "0");
    // It may make a link that leads out; it cannot follow it.
    value(&mut instance, "symlink(\"../secret\", \"made\")");
    assert_ne!(value(&mut instance, &read("made")), "0");
    assert_ne!(value(&mut instance, "remove(\"../secret\")"), "0");
    assert_eq!(fs::read_to_string(outside).unwrap(), "secret");
    assert!(!yard.path().join("new").exists() && !yard.path().join("file").exists());
}

#[test]
fn a_read_only_directory_stays_as_it_is() {
    let yard = yard();
    let mut instance = with_directory(&yard, "read");
    assert_eq!(value(&mut instance, "open(\"file\", false, false, false)"), "0");
    for attempt in [
        "open(\"file\", true, false, false)",
        "open(\"file\", false, false, true)",
        "open(\"file/\", false, false, true)",
        "open(\"file\", true, true, true)",
        "open(\"new\", false, true, false)",
        "link(\"file\", \"linked\")",
        "symlink(\"file\", \"linked\")",
        "rename(\"file\", \"other\")",
        "rename(\"file\", \"moved/\")",
        "remove(\"file\")",
    ] {
        assert_ne!(value(&mut instance, attempt), "0", "{attempt}");
    }
    let mut names: Vec<_> = fs::read_dir(yard.path().join("granted"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, ["absolute", "escape", "file", "other"]);
    assert_eq!(fs::read_to_string(yard.path().join("granted/file")).unwrap(), "file");
    assert_eq!(fs::read_to_string(yard.path().join("granted/other")).unwrap(), "other");
}

#[test]
fn a_read_write_directory_can_be_changed() {
    let yard = yard();
    let mut instance = with_directory(&yard, "read-write");
    assert_eq!(value(&mut instance, "directories()"), "1");
    assert_eq!(value(&mut instance, "open(\"new\", true, true, false)"), "0");
    assert_eq!(value(&mut instance, "rename(\"new\", \"newer\")"), "0");
    assert_eq!(value(&mut instance, "remove(\"file\")"), "0");
    assert!(yard.path().join("granted/newer").exists());
    assert!(!yard.path().join("granted/file").exists());
}

#[test]
fn a_grant_that_cannot_be_given_points_at_the_manifest() {
    let yard = yard();
    let fails = |text: &str| {
        let started = Instance::start(&GUEST, &grants(text), &Limits::default(), yard.path());
        let error = started.unwrap_err();
        let labels = miette::Diagnostic::labels(&error).unwrap().collect::<Vec<_>>();
        let label = labels[0].inner();
        (error.to_string(), text[label.offset()..label.offset() + label.len()].to_owned())
    };
    let (message, place) = fails("dirs = [{ host = \"gone\", guest = \"/data\" }]");
    assert!(message.contains("`grants.dirs` grants the directory `gone`"), "{message}");
    assert_eq!(place, "\"gone\"");
    assert_eq!(fails("dirs = [{ host = \"secret\", guest = \"/data\" }]").1, "\"secret\"");
    assert_eq!(fails("network = [\"localhost:80\"]").1, "\"localhost:80\"");
    let (message, place) = fails("stdin = { file = \"../in\" }");
    assert_eq!(message, "`grants.stdin` names the file `../in`, which cannot be opened");
    assert_eq!(place, "\"../in\"");
    assert_eq!(fails("stdout = { file = \"granted/escape\" }").1, "\"granted/escape\"");
    assert_eq!(
        fails("http = [\"http://a/b\"]").0,
        "`grants.http`: `http://a/b` has a path, of which nothing can be granted"
    );
    for text in ["http = ['http://a/b']", "network = ['a:1']", "stdin = { file = 'gone' }"] {
        let started = Instance::start(&GUEST, &grants(text), &Limits::default(), yard.path());
        assert!(miette::Diagnostic::help(&started.unwrap_err()).is_some(), "{text}");
    }
}

/// Only the text was looked at once, so that these passed.
#[test]
fn neither_the_file_system_nor_a_home_is_granted_by_a_detour() {
    let yard = yard();
    let home = std::env::home_dir().filter(|home| home.is_dir());
    let up = "../".repeat(yard.path().components().count() + 3);
    let hosts = [Some(up), Some("/usr/..".to_owned())];
    let home = home.map(|home| home.to_str().unwrap().to_owned());
    for host in hosts.into_iter().chain([home]).flatten() {
        let text = format!("dirs = [{{ host = {host:?}, guest = \"/data\" }}]");
        let started = Instance::start(&GUEST, &grants(&text), &Limits::default(), yard.path());
        let error = started.unwrap_err();
        assert!(error.to_string().contains(" whole "), "{error}");
        let broad = grants(&format!("{text}\nallow-broad = true"));
        Instance::start(&GUEST, &broad, &Limits::default(), yard.path()).unwrap();
        let label = miette::Diagnostic::labels(&error).unwrap().next().unwrap();
        assert_eq!(text[label.offset()..][..label.len()], format!("{host:?}"));
    }
}

/// A component that may write above a granted directory could put a link in its place, and would
/// be granted at the next start what that leads to.
#[test]
fn no_directory_is_granted_through_a_link() {
    let yard = yard();
    fs::create_dir_all(yard.path().join("granted/below")).unwrap();
    fs::create_dir(yard.path().join("private")).unwrap();
    symlink("granted", yard.path().join("link")).unwrap();
    let read = |host: &str| format!("dirs = [{{ host = {host:?}, guest = \"/data\" }}]");
    let started =
        |text: &str| Instance::start(&GUEST, &grants(text), &Limits::default(), yard.path());
    let work = "{ host = 'granted', guest = '/work', access = 'read-write' }";
    let both = format!("dirs = [{work}, {{ host = 'granted/below', guest = '/below' }}]");
    started(&both).unwrap();
    fs::remove_dir(yard.path().join("granted/below")).unwrap();
    symlink("../private", yard.path().join("granted/below")).unwrap();
    let error = started(&both).unwrap_err();
    assert!(error.to_string().ends_with("granted/below` is a symbolic link"), "{error}");
    let absolute = yard.path().join("link");
    for host in ["granted/below", "link", "link/..", absolute.to_str().unwrap()] {
        let error = started(&format!("{}\nallow-broad = true", read(host))).unwrap_err();
        assert!(error.to_string().contains("` is a symbolic link"), "{host}: {error}");
        assert!(miette::Diagnostic::help(&error).is_some());
    }
}

#[test]
fn the_pipeline_itself_is_not_granted_to_be_written() {
    let yard = yard();
    let base = yard.path().join("granted");
    for host in [".", "..", "../granted", base.to_str().unwrap()] {
        let text = |rest: &str| format!("dirs = [{{ host = {host:?}, guest = \"/d\"{rest}");
        let start = |text: &str| Instance::start(&GUEST, &grants(text), &Limits::default(), &base);
        start(&text(" }]")).unwrap();
        let error = start(&text(", access = 'read-write' }]")).unwrap_err();
        assert!(error.to_string().contains("change the manifest's directory"), "{error}");
        start(&text(", access = 'read-write' }]\nallow-broad = true")).unwrap();
    }
}

#[test]
fn an_exit_is_a_trap_that_says_so() {
    let outcome = call(&mut guest(&Grants::default()), "exit(1)");
    assert_eq!(outcome.ending.to_string(), "a trap: the component called `exit` with status 1");
}
