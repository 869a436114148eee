mod wit;

use std::collections::BTreeMap;
use std::slice::from_ref;

use poly_cache::Digest;

use super::*;

fn package(name: &str, version: Option<&str>, origin: Origin) -> LockedPackage {
    let digest = Sha256(Digest::of(name.as_bytes()));
    let version = version.map(|version| version.parse().expect("a version"));
    LockedPackage { name: name.to_owned(), version, origin, digest, text: digest }
}

#[test]
fn text_and_back() {
    let lock = Lock::default().with_wit(vec![
        package("b:b", Some("0.2.0"), Origin::Registry("example.org/wit".into())),
        package("a:a", None, Origin::Path("shared/a".into())),
    ]);
    let text = lock.text();
    let digest = |name: &str| Digest::of(name.as_bytes());
    let (a, b) = (digest("a:a"), digest("b:b"));
    assert_eq!(
        text,
        format!(
            "{HEADER}version = 1\n\n[[wit]]\nname = \"a:a\"\npath = \"shared/a\"\n\
             digest = \"sha256:{a}\"\ntext = \"sha256:{a}\"\n\n[[wit]]\nname = \"b:b\"\n\
             version = \"0.2.0\"\nregistry = \"example.org/wit\"\ndigest = \"sha256:{b}\"\n\
             text = \"sha256:{b}\"\n"
        )
    );
    assert_eq!(Lock::parse(&text).expect("its own text"), lock);
    let (name, version) = ("b:b".parse().unwrap(), "0.2.0".parse().unwrap());
    assert!(lock.package(&name, Some(&version)).is_some());
    assert!(lock.package(&name, None).is_none());
}

#[test]
fn tables_of_newer_polys_are_kept() {
    let text = "version = 1\n\n[[signature]]\nname = \"tinygo\"\nby = \"somebody\"\n";
    let lock = Lock::parse(text).expect("a lock").with_wit(Vec::new());
    assert_eq!(lock.text(), format!("{HEADER}{text}"));
}

#[test]
fn what_is_no_lock_is_refused() {
    let said = |text: &str| Lock::parse(text).unwrap_err().to_string();
    assert!(said("version = ").starts_with("`poly.lock` cannot be read: "));
    assert_eq!(said("wit = 1"), "`poly.lock` cannot be read: missing field `version`");
    assert_eq!(
        said("version = 2\nwit = 3"),
        "`poly.lock` has the format 2, which this poly does not know"
    );
    let entry = "version = 1\n[[wit]]\nname = \"a:b\"\npath = \"x\"\ntext = \"\"\n";
    let wrong = format!("{entry}digest = \"md5:12\"");
    assert_eq!(said(&wrong), "`poly.lock` cannot be read: `` is not `sha256:` and 64 digits");
}

fn tool(
    name: &str,
    toolchain: &str,
    version: &str,
    from: &str,
    sums: &[(&str, &str)],
) -> LockedTool {
    let checksum =
        |(on, of): &(&str, &str)| ((*on).to_owned(), Checksum::from(Digest::of(of.as_bytes())));
    LockedTool {
        name: name.to_owned(),
        toolchains: vec![toolchain.to_owned()],
        version: version.to_owned(),
        from: from.to_owned(),
        url: BTreeMap::new(),
        checksum: sums.iter().map(checksum).collect(),
    }
}

fn library(name: &str, version: &str) -> LockedLibrary {
    LockedLibrary { name: name.to_owned(), version: version.to_owned(), checksum: None }
}

fn present(tools: &[LockedTool], libraries: &[LockedLibrary]) -> Present {
    Present {
        platform: "x86_64-linux".to_owned(),
        tools: tools.to_vec(),
        libraries: libraries.to_vec(),
        ..Present::default()
    }
}

fn nothing(_: &str) -> bool {
    false
}

fn said(differences: &[Difference]) -> Vec<String> {
    differences.iter().map(ToString::to_string).collect()
}

#[test]
fn the_file_as_it_is_written() {
    let mut archive = tool("go", "tinygo", "1.26.8", "archive", &[("x86_64-linux", "archive")]);
    archive.url.insert("x86_64-linux".into(), "https://example.org/go.tar.gz".into());
    let library = LockedLibrary {
        checksum: Some(Checksum::from(Digest::of(b"crate"))),
        ..library("wit-component", "0.254.0")
    };
    let (lock, _) = Lock::default().taking(&present(&[archive], &[library]), nothing);
    let text = lock.text();
    let (archive, library) = (Digest::of(b"archive"), Digest::of(b"crate"));
    assert_eq!(
        text,
        format!(
            "{HEADER}version = 1\n\n[[tool]]\nname = \"go\"\ntoolchains = [\"tinygo\"]\n\
             version = \"1.26.8\"\nfrom = \"archive\"\n\n[tool.url]\n\
             x86_64-linux = \"https://example.org/go.tar.gz\"\n\n[tool.checksum]\n\
             x86_64-linux = \"sha256:{archive}\"\n\n[[library]]\nname = \"wit-component\"\n\
             version = \"0.254.0\"\nchecksum = \"sha256:{library}\"\n"
        )
    );
    assert_eq!(Lock::parse(&text).expect("its own text"), lock);
}

#[test]
fn what_is_taken_over_differs_in_nothing() {
    let here = present(
        &[
            tool("rustc", "cargo", "1.96.0", "PATH", &[("x86_64-linux", "rustc")]),
            tool("rustc", "cargo-component", "1.96.0", "PATH", &[("x86_64-linux", "rustc")]),
            tool("go", "tinygo", "1.26.8", "PATH", &[]),
        ],
        &[library("flow", "3"), library("wasmparser", "0.254.0"), library("wasmparser", "0.258.0")],
    );
    let (lock, changes) = Lock::default().taking(&here, nothing);
    // One entry where two toolchains have one tool.
    let names: Vec<(&str, usize)> =
        lock.tools.iter().map(|tool| (tool.name.as_str(), tool.toolchains.len())).collect();
    assert_eq!(names, [("go", 1), ("rustc", 2)]);
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "tool go 1.26.8 (PATH)",
            "tool rustc 1.96.0 (PATH), its checksum for x86_64-linux (sha256:6fcd3518)",
            "library flow 3",
            "library wasmparser 0.254.0, 0.258.0",
        ]
    );
    assert_eq!(lock.differences(&here), []);
    assert_eq!(lock.taking(&here, |_| true), (lock.clone(), Vec::new()));
}

/// One row for each kind of difference.
#[test]
fn every_difference_is_named() {
    let linux = [("x86_64-linux", "tool")];
    let locked = tool("tool", "fake", "1.2.3", "archive", &linux);
    let (lock, _) =
        Lock::default().taking(&present(from_ref(&locked), &[library("flow", "3")]), nothing);
    let flow = [library("flow", "3")];
    let (was, is) = (Digest::of(b"tool"), Digest::of(b"patched"));
    let checksum =
        format!("the checksum of tool `tool` is `sha256:{was}` in it, and `sha256:{is}` here");
    let rows: Vec<(Present, Vec<&str>)> = vec![
        (present(from_ref(&locked), &flow), vec![]),
        (
            present(&[tool("tool", "fake", "1.2.4", "PATH", &linux)], &flow),
            vec!["the version of tool `tool` is `1.2.3` in it, and `1.2.4` here"],
        ),
        (
            present(&[tool("tool", "fake", "1.2.3", "PATH", &linux)], &flow),
            vec!["the origin of tool `tool` is `archive` in it, and `PATH` here"],
        ),
        (
            present(
                &[tool("tool", "fake", "1.2.3", "archive", &[("x86_64-linux", "patched")])],
                &flow,
            ),
            vec![&checksum],
        ),
        (
            Present {
                platform: "aarch64-linux".into(),
                ..present(
                    &[tool("tool", "fake", "1.2.3", "archive", &[("aarch64-linux", "tool")])],
                    &flow,
                )
            },
            vec!["tool `tool` has no checksum for `aarch64-linux` in it"],
        ),
        (
            // Its crate was pruned, say, before anybody took its digest.
            present(&[tool("tool", "fake", "1.2.3", "archive", &[])], &flow),
            vec!["tool `tool` has a checksum in it, and its checksum is not known here"],
        ),
        (
            present(&[locked.clone(), tool("other", "fake", "1.0.0", "PATH", &[])], &flow),
            vec!["tool `other` is not in it"],
        ),
        (
            present(&[locked.clone(), tool("tool", "second", "1.2.3", "archive", &linux)], &flow),
            vec!["tool `tool` is not in it"],
        ),
        (present(&[], &flow), vec!["tool `tool` is in it, and nothing needs it"]),
        (
            Present {
                absent: [("tool".to_owned(), "fake".to_owned())].into(),
                ..present(&[], &flow)
            },
            vec!["tool `tool` is in it, and not on this machine"],
        ),
        (
            Present {
                absent: [("new".to_owned(), "fake".to_owned())].into(),
                ..present(from_ref(&locked), &flow)
            },
            vec!["tool `new` is not in it"],
        ),
        (
            present(from_ref(&locked), &[library("flow", "4"), library("wiring", "1")]),
            vec![
                "the version of library `flow` is `3` in it, and `4` here",
                "library `wiring` is not in it",
            ],
        ),
        (present(from_ref(&locked), &[]), vec!["library `flow` is in it, and nothing needs it"]),
    ];
    for (here, expected) in rows {
        assert_eq!(said(&lock.differences(&here)), expected);
    }
}

#[test]
fn an_entry_without_checksums_is_compared_without_them() {
    let (lock, _) = Lock::default()
        .taking(&present(&[tool("tool", "fake", "1.2.3", "PATH", &[])], &[]), nothing);
    let here = present(&[tool("tool", "fake", "1.2.3", "PATH", &[("x86_64-linux", "mine")])], &[]);
    assert_eq!(lock.differences(&here), []);
    assert_eq!(lock.taking(&here, nothing), (lock.clone(), Vec::new()), "and it stays so");
    let (upgraded, _) = lock.taking(&here, |name| name == "tool");
    assert_eq!(upgraded.tools, here.tools);
}

#[test]
fn a_checksum_that_holds_everywhere_is_compared_and_taken_as_soon_as_it_is_known() {
    let compiled = |sums: &[(&str, &str)]| {
        present(&[tool("tool", "fake", "1.2.3", "cargo install tool", sums)], &[])
    };
    let (unknown, known) = (compiled(&[]), compiled(&[(ANY, "crate")]));
    let (lock, _) = Lock::default().taking(&unknown, nothing);
    assert_eq!(lock.differences(&known), []);
    let (lock, changes) = lock.taking(&known, nothing);
    assert_eq!((lock.tools.clone(), changes.len()), (known.tools.clone(), 1));
    assert_eq!(
        said(&lock.differences(&unknown)),
        ["tool `tool` has a checksum in it, and its checksum is not known here"]
    );
    assert_eq!(lock.contradictions(&unknown), [], "nothing speaks against it");
    assert_eq!(lock.taking(&unknown, nothing).0, lock, "and it stays");
}

#[test]
fn what_is_locked_stays_unless_it_is_taken_anew() {
    let (mac, linux) = (("aarch64-macos", "mac"), ("x86_64-linux", "linux"));
    let there = present(&[tool("tool", "fake", "1.2.3", "PATH", &[mac])], &[library("flow", "3")]);
    let (lock, _) = Lock::default().taking(&there, nothing);

    // The same on another platform: its checksum comes beside.
    let same = present(&[tool("tool", "fake", "1.2.3", "PATH", &[linux])], &[library("flow", "3")]);
    let (both, changes) = lock.taking(&same, nothing);
    assert_eq!(both.tools, [tool("tool", "fake", "1.2.3", "PATH", &[mac, linux])]);
    assert_eq!(changes.len(), 1);

    let newer =
        present(&[tool("tool", "fake", "1.3.0", "PATH", &[linux])], &[library("flow", "4")]);
    assert_eq!(both.taking(&newer, nothing), (both.clone(), Vec::new()));
    let (tool_alone, changes) = both.taking(&newer, |name| name == "tool");
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    assert_eq!(
        changes,
        [
            "tool tool 1.3.0 (PATH), its checksum for x86_64-linux (sha256:caf90169); it was 1.2.3 (PATH), \
          its checksum for aarch64-macos (sha256:348a629f), x86_64-linux (sha256:caf90169)"
        ]
    );
    assert_eq!(tool_alone.tools, newer.tools, "other platforms' are of the old version");
    assert_eq!(tool_alone.libraries, both.libraries);
    let (all, _) = both.taking(&newer, |_| true);
    assert_eq!(all.differences(&newer), []);

    // What is not here now is locked all the same; what nothing needs is not.
    let absent = [("tool".to_owned(), "fake".to_owned())].into();
    let (kept, _) = both.taking(&Present { absent, ..present(&[], &[]) }, nothing);
    assert_eq!(kept.tools, both.tools);
    let (gone, changes) = both.taking(&present(&[], &[]), nothing);
    assert_eq!((gone.tools.len(), gone.libraries.len()), (0, 0));
    let verbs: Vec<&str> = changes.iter().map(Change::verb).collect();
    assert_eq!(verbs, ["removed", "removed"]);
}

#[test]
fn who_locked_wit_alone_does_not_hear_of_tools() {
    let here = present(&[tool("tool", "fake", "1.2.3", "PATH", &[])], &[library("flow", "3")]);
    let lock = Lock::default();
    assert_eq!(lock.contradictions(&here), []);
    assert_eq!(lock.differences(&here).len(), 2);
    let (lock, _) = lock.taking(&here, nothing);
    let more = present(
        &[here.tools[0].clone(), tool("new", "fake", "1.0.0", "PATH", &[])],
        &[library("flow", "4")],
    );
    assert_eq!(
        said(&lock.contradictions(&more)),
        ["tool `new` is not in it", "the version of library `flow` is `3` in it, and `4` here",]
    );
}

#[test]
fn a_checksum_is_one() {
    let sum = "h1:M9iHS6qs884mbQbIjtLX1OifgyPG9DuMs2iwz8G4WQA=";
    assert_eq!(Checksum::try_from(sum.to_owned()).expect("Go's").to_string(), sum);
    assert_eq!(Checksum::from(Digest::of(b"x")).sha256(), Some(Digest::of(b"x")));
    let refused = Checksum::try_from("md5:00".to_owned()).unwrap_err();
    assert_eq!(refused, "`md5:00` is neither `sha256:` and 64 digits nor `h1:` and a sum");
}
