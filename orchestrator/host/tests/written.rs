//! What a component may write to granted directories, and what is in them.

use std::fs;

use super::*;
use crate::manifest::Limit;

/// An instance that may write so much to a directory of its own.
fn writer(written: u64) -> (TempDir, Instance) {
    let yard = TempDir::new().unwrap();
    fs::create_dir(yard.path().join("granted")).unwrap();
    let text = "dirs = [{ host = \"granted\", guest = \"/data\", access = \"read-write\" }]";
    let limits = limits(&format!("written = {written}"));
    let instance = Instance::start(&GUEST, &grants(text), &limits, yard.path()).unwrap();
    (yard, instance)
}

#[test]
fn so_much_may_be_written_and_no_more() {
    // Each call, and what it counts: 4096 for a name.
    let cases: &[&[(&str, u64)]] = &[
        &[("put(\"f\", 0, 0, 100)", 4196), ("put(\"f\", 0, 0, 100)", 100)],
        &[("put(\"f\", 0, 0, 100)", 4196), ("put(\"f\", 0, 100, 1)", 1)],
        // What lies before the bytes counts as if it were written.
        &[("put(\"f\", 0, 5000, 1)", 9097), ("put(\"f\", 0, 4999, 2)", 2)],
        &[("put(\"f\", 1, 5000, 6000)", 15096), ("put(\"f\", 1, 12000, 1)", 1001)],
        &[("put(\"f\", 2, 0, 6000)", 10096), ("put(\"f\", 2, 0, 6000)", 6000)],
        &[("put(\"f\", 3, 1000, 0)", 5096), ("put(\"f\", 3, 500, 0)", 0)],
        &[("put(\"f\", 3, 1000, 0)", 5096), ("put(\"f\", 3, 1500, 0)", 500)],
        &[("put(\"f\", 3, 1152921504606846976, 0)", (1 << 60) + 4096)],
        // What is removed is not given back.
        &[("put(\"f\", 0, 0, 100)", 4196), ("remove(\"f\")", 0), ("put(\"f\", 0, 0, 1)", 4097)],
        &[("make-directory(\"d\")", 4096), ("put(\"d/f\", 0, 0, 1)", 4097)],
        &[("symlink(\"12345\", \"l\")", 4101), ("remove(\"l\")", 0)],
        &[("put(\"f\", 2, 0, 0)", 4096), ("link(\"f\", \"g\")", 4096)],
        &[("put(\"f\", 2, 0, 0)", 4096), ("rename(\"f\", \"g\")", 4096)],
    ];
    for calls in cases {
        let whole: u64 = calls.iter().map(|(_, counted)| counted).sum();
        // There is a limit to what the system lets a file grow to, too.
        let (_yard, mut instance) = writer(whole.min(1 << 40));
        for (call, counted) in *calls {
            let expected =
                if *counted > 1 << 40 { "stopped: over the limit `written`" } else { "0" };
            assert_eq!(value(&mut instance, call), expected, "{calls:?}");
        }
        let (last, counted) = calls.last().unwrap();
        if *counted == 0 || *counted > 1 << 40 {
            continue;
        }
        let (yard, mut instance) = writer(whole - 1);
        for (call, _) in &calls[..calls.len() - 1] {
            assert_eq!(value(&mut instance, call), "0", "{calls:?}");
        }
        let before = size(&yard);
        assert_eq!(exceeded(&call(&mut instance, last)), Some(Limit::Written), "{calls:?}");
        // Of a stream, whole pieces were written.
        if !last.contains(", 2, 0, 6000)") {
            assert_eq!(size(&yard), before, "{calls:?}");
        }
    }
}

/// How large all files are together.
fn size(yard: &TempDir) -> u64 {
    let entries = fs::read_dir(yard.path().join("granted")).unwrap().map(Result::unwrap);
    let files = entries.map(|entry| entry.metadata().unwrap()).filter(fs::Metadata::is_file);
    files.map(|file| file.len()).sum()
}

#[test]
fn what_is_not_done_does_not_count() {
    let (yard, mut instance) = writer(5000);
    fs::create_dir(yard.path().join("granted/d")).unwrap();
    fs::write(yard.path().join("granted/f"), "there").unwrap();
    for _ in 0..100 {
        assert_eq!(value(&mut instance, "put(\"f\", 2, 0, 0)"), "0");
        for call in [
            "make-directory(\"d\")",
            "rename(\"gone\", \"g\")",
            "link(\"gone\", \"g\")",
            "symlink(\"f\", \"d\")",
            "put(\"d\", 3, 1000, 0)",
            "open(\"gone/f\", true, true, false)",
        ] {
            let errno: u32 = value(&mut instance, call).parse().unwrap();
            assert_ne!(errno, 0, "{call}");
        }
    }
    assert_eq!(value(&mut instance, "put(\"new\", 0, 0, 904)"), "0");
    assert_eq!(exceeded(&call(&mut instance, "put(\"f\", 0, 0, 1)")), Some(Limit::Written));
}

#[test]
fn nothing_is_counted_where_nothing_may_be_written() {
    let yard = TempDir::new().unwrap();
    fs::write(yard.path().join("f"), "there").unwrap();
    let granted = grants("dirs = [{ host = '.', guest = '/data' }]");
    let limits = limits("written = 0");
    let mut instance = Instance::start(&GUEST, &granted, &limits, yard.path()).unwrap();
    for call in ["put(\"f\", 0, 0, 1)", "put(\"g\", 0, 0, 1)", "rename(\"f\", \"g\")"] {
        let errno: u32 = value(&mut instance, call).parse().unwrap();
        assert_ne!(errno, 0, "{call}");
    }
}

#[test]
fn a_directory_can_be_read_while_it_is_changed() {
    let (yard, mut instance) = writer(1 << 20);
    let names = ["one", "two", "three"];
    for name in names {
        fs::write(yard.path().join("granted").join(name), "").unwrap();
    }
    // Preview 1 tells of the directory and of the one above, too.
    let told = |names: &[&str]| names.iter().map(|name| 24 + name.len()).sum::<usize>().to_string();
    assert_eq!(value(&mut instance, "entries()"), told(&["one", "two", "three", ".", ".."]));
    assert_eq!(value(&mut instance, "remove(\"two\")"), "0");
    assert_eq!(value(&mut instance, "entries()"), told(&["one", "three", ".", ".."]));
}

#[test]
fn a_pipe_is_not_opened() {
    let (yard, mut instance) = writer(1 << 20);
    let pipe = yard.path().join("granted/pipe");
    let kind = rustix::fs::FileType::Fifo;
    rustix::fs::mknodat(rustix::fs::CWD, pipe, kind, rustix::fs::Mode::from(0o600), 0).unwrap();
    for (write, create) in [(false, false), (true, false), (true, true)] {
        // ENOTSUP.
        assert_eq!(
            value(&mut instance, &format!("open(\"pipe\", {write}, {create}, false)")),
            "58"
        );
    }
}
