use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use super::*;
use crate::random::SplitMix64;

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn sources(root: &Path) -> Sources {
    Sources::new(
        root,
        Left::default(),
        Arc::new(StatCache::open(&root.join("no/stat.cache"), root)),
    )
}

/// What globs name in a directory.
fn files(root: &Path, directory: &str, globs: &Globs) -> Result<Vec<String>, InputsError> {
    let found = sources(root).of_component(directory, "tiny", globs, false)?;
    Ok(found.keys().cloned().collect())
}

#[test]
fn globs_are_relative_to_the_component_and_names_to_the_root() {
    let root = tempfile::tempdir().unwrap();
    for name in
        ["c/go.mod", "c/a/main.go", "c/gen/x.go", "c/target/y.go", "c/.git/z.go", "other/z.go"]
    {
        write(root.path(), name, name);
    }
    let globs = Globs::new(["**/*.go", "go.mod"], ["gen/**"]).unwrap();

    // A directory of the person's own may be called `target`.
    let expected = ["c/a/main.go", "c/go.mod", "c/target/y.go"];
    assert_eq!(files(root.path(), "c", &globs).unwrap(), expected);
    assert_eq!(files(root.path(), "./c/", &globs).unwrap(), expected);
}

#[test]
fn what_poly_wrote_is_no_input() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "target/poly/log/x.json", "");
    write(root.path(), "target/x.json", "");
    let globs = Globs::new(["**/*.json"], []).unwrap();

    assert_eq!(files(root.path(), ".", &globs).unwrap(), ["target/x.json"]);
    let named = |glob| sources(root.path()).named(glob).unwrap().len();
    assert_eq!(named("target/poly/log/*.json"), 0);
    assert_eq!(named("target/*.json"), 1);
}

#[test]
fn an_exclusion_of_one_level_leaves_the_next_in() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "docs/a.md", "");
    write(root.path(), "docs/deep/b.md", "");
    write(root.path(), "docs/deep/deeper/c.md", "");
    for (excluded, left) in [
        ("docs/*", &["docs/deep/b.md", "docs/deep/deeper/c.md"][..]),
        ("docs/*/*", &["docs/a.md", "docs/deep/deeper/c.md"]),
        ("**/a*", &["docs/deep/b.md", "docs/deep/deeper/c.md"]),
        ("docs/deep/**", &["docs/a.md"]),
        ("**/deeper/**", &["docs/a.md", "docs/deep/b.md"]),
        ("**", &[]),
    ] {
        let globs = Globs::new(["**/*.md"], [excluded]).unwrap();
        assert_eq!(files(root.path(), ".", &globs).unwrap(), left, "{excluded}");
    }
}

#[test]
fn a_glob_reaches_as_deep_as_it_says() {
    let root = tempfile::tempdir().unwrap();
    for name in ["a.py", "one/a.py", "one/two/a.py"] {
        write(root.path(), name, "");
    }
    for (glob, expected) in [
        ("*.py", &["a.py"][..]),
        ("*/*.py", &["one/a.py"]),
        ("{a,one/two/a}.py", &["a.py", "one/two/a.py"]),
        ("**/*.py", &["a.py", "one/a.py", "one/two/a.py"]),
    ] {
        let globs = Globs::new([glob], []).unwrap();
        assert_eq!(files(root.path(), ".", &globs).unwrap(), expected, "{glob}");
        let named = sources(root.path()).named(glob).unwrap();
        assert_eq!(named.keys().collect::<Vec<_>>(), expected, "{glob}");
    }
}

#[test]
fn what_a_glob_names_is_looked_for_where_it_is() {
    assert_eq!(literal("shared/*.json"), ("shared", "*.json"));
    assert_eq!(literal("shared/deep/**/*.json"), ("shared/deep", "**/*.json"));
    assert_eq!(literal("shared/one"), ("shared", "one"));
    assert_eq!(literal("**/one"), ("", "**/one"));
    assert_eq!(literal("one"), ("", "one"));
    // What leads out of the pipeline leads nowhere.
    for glob in ["../one", "/one", "./one"] {
        assert_eq!(literal(glob), ("", glob));
    }
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "pipeline/a", "");
    write(root.path(), "secret", "");
    let pipeline = root.path().join("pipeline");
    assert!(sources(&pipeline).named("../secret").unwrap().is_empty());
    std::os::unix::fs::symlink("..", pipeline.join("up")).unwrap();
    let refused = sources(&pipeline).named("up/secret").unwrap_err();
    assert!(matches!(refused, InputsError::DirectoryLink { .. }), "{refused}");
    assert!(sources(&pipeline).named("nowhere/*").unwrap().is_empty());
}

#[test]
fn only_what_can_hold_an_input_is_walked_through() {
    let passed = |include: &[&str], exclude: &[&str], directory: &str| {
        let globs = Globs::new(include.iter().copied(), exclude.iter().copied()).unwrap();
        !globs.excludes_all_below(directory)
    };
    assert!(passed(&["src/**", "a/b/*.c"], &[], "src"));
    assert!(passed(&["src/**", "a/b/*.c"], &[], "src/deep"));
    assert!(passed(&["src/**", "a/b/*.c"], &[], "a"));
    assert!(!passed(&["src/**", "a/b/*.c"], &[], "source"));
    assert!(!passed(&["src/**", "a/b/*.c"], &[], "sr"));
    assert!(!passed(&["src/**", "a/b/*.c"], &[], "a/c"));
    assert!(!passed(&["a/b/*.c"], &[], "a/b/d"));
    assert!(passed(&["**/*.c"], &["out/*"], "out"));
    assert!(!passed(&["**/*.c"], &["out/**"], "out"));
}

#[test]
fn a_walk_for_several_is_made_once() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "shared/a", "a");
    let sources = sources(root.path());
    let globs = Globs::new(["*"], []).unwrap();
    let ask = || {
        let named = sources.named("shared/*").unwrap();
        let own = sources.of_component("shared", "tiny", &globs, true).unwrap();
        (named.len(), own.len())
    };
    assert_eq!(ask(), (1, 1));
    // A second walk would find it.
    write(root.path(), "shared/b", "b");
    assert_eq!(ask(), (1, 1));
    assert_eq!(sources.of_component("shared", "other", &globs, true).unwrap().len(), 2);
}

#[test]
fn a_component_at_the_root_has_plain_names() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "app.py", "");
    let globs = Globs::new(["*.py"], []).unwrap();

    assert_eq!(files(root.path(), ".", &globs).unwrap(), ["app.py"]);
}

#[test]
fn touching_or_moving_changes_no_digest_and_editing_does() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write(one.path(), "a.py", "x = 1");
    write(two.path(), "a.py", "x = 1");
    let digests = |root: &tempfile::TempDir| sources(root.path()).named("a.py").unwrap();

    let before = digests(&one);
    assert_eq!(before, digests(&two));
    write(two.path(), "a.py", "x = 2");
    assert_ne!(before, digests(&two));
}

#[test]
fn a_link_is_not_followed_and_none_may_stand_for_an_input() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), "outside/secret.py", "");
    fs::create_dir(root.path().join("c")).unwrap();
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(to, root.path().join(name)).unwrap();
    };
    let globs = Globs::new(["**/*.py"], []).unwrap();

    link("../outside/secret.py", "c/app.py");
    let error = files(root.path(), "c", &globs).unwrap_err();
    assert!(
        error.to_string().ends_with("c/app.py` is a symbolic link, which poly does not follow")
    );
}

/// Once, what such a link leads to was left out without a word.
#[test]
fn a_link_to_a_directory_is_refused_where_there_could_be_inputs() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, "outside/shared.py", "");
    write(root, "c/app.py", "");
    let link = |to: &str, name: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, path).unwrap();
    };
    let globs = Globs::new(["**/*.py"], ["**/.venv/**"]).unwrap();
    let walked = || files(root, "c", &globs);
    let named = |glob: &str| sources(root).named(glob);

    // Where nothing is read of, and what leads nowhere or to a file, is nobody's business.
    write(root, ".gitignore", "node_modules/\nout\n");
    for (to, name) in [
        ("../../outside", "c/.venv/lib64"),
        ("../../../outside", "c/node_modules/.store/package"),
        ("../outside", "c/out"),
        ("nowhere", "c/dangling"),
        ("app.py", "c/application"),
    ] {
        link(to, name);
    }
    assert_eq!(walked().unwrap().len(), 1);
    // Rules of git hold for no glob of the manifest's own, but for the links that it passes by.
    write(root, ".gitignore", "node_modules/\nout\n.venv/\n");
    assert_eq!(named("c/**/app.py").unwrap().len(), 1);
    assert_eq!(files(root, "c", &Globs::new(["*.py"], []).unwrap()).unwrap().len(), 1);

    link("../../outside", "c/src/shared");
    for error in [walked().unwrap_err(), named("c/src/**/*.py").unwrap_err()] {
        let said = "c/src/shared` is a symbolic link to a directory, which poly does not follow";
        assert!(error.to_string().ends_with(said), "{error}");
    }
    // The directory itself that a glob begins with.
    let globs = Globs::new(["src/**"], []).unwrap();
    fs::remove_dir_all(root.join("c/src")).unwrap();
    link("../outside", "c/src");
    let error = files(root, "c", &globs).unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("c/src` is a symbolic link to a directory, which poly does not follow")
    );
}

#[test]
fn what_has_no_name_everywhere_is_refused() {
    use std::os::unix::ffi::OsStrExt as _;
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(std::ffi::OsStr::from_bytes(b"\xff.py")), "").unwrap();
    let globs = |glob| Globs::new([glob], []).unwrap();

    let error = files(root.path(), ".", &globs("*.py")).unwrap_err();
    assert!(error.to_string().ends_with(".py` is not valid Unicode"), "{error}");
    assert!(files(root.path(), ".", &globs("*.go")).unwrap().is_empty());
}

/// Once, only its directory was named.
#[test]
fn a_file_that_cannot_be_read_is_named() {
    use miette::Diagnostic as _;
    // Nobody can read the memory of a process from its beginning, not even root.
    let globs = Globs::new(["mem"], []).unwrap();
    let error = files(Path::new("/proc"), "self/task/..", &globs).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/proc/self/task/../mem`");
    assert!(error.help().is_some());
    let error = files(Path::new("/proc"), "nowhere", &globs).unwrap_err();
    assert_eq!(error.to_string(), "cannot read `/proc/nowhere`");
}

/// What is left of these files by the rules of git, as poly reads them.
fn left(root: &Path, directory: &str) -> Vec<String> {
    let globs = Globs::new(["**/*.txt"], []).unwrap();
    files(&root.join(directory), ".", &globs).unwrap()
}

#[test]
fn what_git_ignores_is_no_input_wherever_the_rule_stands() {
    let top = tempfile::tempdir().unwrap();
    let top = top.path();
    for name in [
        "repository/pipeline/a.txt",
        "repository/pipeline/above.txt",
        "repository/pipeline/out/b.txt",
        "repository/pipeline/src/own.txt",
        "repository/pipeline/src/kept.txt",
        "repository/pipeline/src/private.txt",
        "repository/pipeline/src/out/kept.txt",
        "repository/pipeline/deep/out/er.txt",
        "repository/pipeline/deep/only.txt",
    ] {
        write(top, name, "");
    }
    write(top, "repository/.gitignore", "above.txt\n/only.txt\n# src\n");
    write(top, "repository/pipeline/.gitignore", "out/\nkept.txt\n[\n");
    write(top, "repository/pipeline/src/.gitignore", "own.txt\n!kept.txt\n");
    // Outside of the repository.
    write(top, ".gitignore", "*.txt\n");
    write(top, "repository/.git/info/exclude", "private.txt\n");

    let expected = ["a.txt", "deep/only.txt", "src/kept.txt"];
    assert_eq!(left(top, "repository/pipeline"), expected);

    // A working tree of the same repository.
    fs::create_dir_all(top.join("repository/.git/worktrees/other")).unwrap();
    write(top, "repository/.git/worktrees/other/commondir", "../..\n");
    write(top, "other/.git", "gitdir: ../repository/.git/worktrees/other\n");
    write(top, "other/private.txt", "");
    write(top, "other/public.txt", "");
    assert_eq!(left(top, "other"), ["public.txt"]);
}

#[test]
fn without_a_repository_the_rules_begin_at_the_pipeline() {
    let top = tempfile::tempdir().unwrap();
    write(top.path(), ".gitignore", "a.txt\n");
    write(top.path(), "pipeline/.gitignore", "b.txt\n");
    for name in ["a.txt", "b.txt", "c/b.txt", "c/d.txt"] {
        write(top.path(), &format!("pipeline/{name}"), "");
    }
    assert_eq!(left(top.path(), "pipeline"), ["a.txt", "c/d.txt"]);
}

#[test]
fn the_manifest_names_what_it_wants_ignored_or_not() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    write(root, ".gitignore", "/gen\n");
    write(root, "gen/c/a.txt", "");
    write(root, "gen/schema.txt", "");
    // A component's own directory is named by the manifest.
    let globs = Globs::new(["*.txt"], []).unwrap();
    assert_eq!(files(root, "gen/c", &globs).unwrap(), ["gen/c/a.txt"]);
    assert_eq!(sources(root).named("gen/*.txt").unwrap().len(), 1);
}

/// Rules of every kind, at random places of a tree: what is left is what git itself lists as not ignored.
#[test]
fn what_is_left_is_what_git_says() {
    const RULES: [&str; 30] = [
        "a",
        "/a",
        "a/",
        "/a/",
        "a/b",
        "a/**",
        "**/b",
        "**/b/",
        "a/**/x.txt",
        "*",
        "*/",
        "/*",
        "/*/",
        "*.txt",
        "?.txt",
        "[xy].txt",
        "[!x].txt",
        "x*",
        "!x.txt",
        "!a",
        "!a/",
        "!/b/",
        "!*/",
        "b/*",
        "!b/y.txt",
        "# x.txt",
        "\\#.txt",
        "a b.txt",
        "x.txt   ",
        "ü.txt",
    ];
    const DIRECTORIES: [&str; 7] = ["", "a", "a/b", "a/b/a", "b", "b/a", "c"];
    let mut random = SplitMix64(5);
    let mut all_left = 0;
    for round in 0..60 {
        let top = tempfile::tempdir().unwrap();
        let top = top.path();
        for directory in DIRECTORIES {
            for name in ["x.txt", "y.txt", "#.txt", "a b.txt", "ü.txt"] {
                write(top, format!("{directory}/{name}").trim_start_matches('/'), "");
            }
        }
        let mut rules = Vec::new();
        for directory in DIRECTORIES {
            if random.below(3) == 0 {
                let some = (0..=random.below(3)).map(|_| *random.one_of(&RULES));
                let text = some.collect::<Vec<_>>().join("\n");
                write(top, format!("{directory}/.gitignore").trim_start_matches('/'), &text);
                rules.push((directory, text));
            }
        }
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.args(["-c", "core.excludesFile=/dev/null"]).args(arguments).current_dir(top);
            let said = git.output().unwrap();
            assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
            String::from_utf8(said.stdout).unwrap()
        };
        git(&["init", "--quiet"]);
        let listed = git(&["ls-files", "-z", "--others", "--exclude-standard"]);
        let listed = listed.split('\0').filter(|name| name.contains(".txt")).map(str::to_owned);
        let listed: BTreeSet<String> = listed.collect();
        let left: BTreeSet<String> = left(top, "").into_iter().collect();
        assert_eq!(left, listed, "round {round}: {rules:?}");
        all_left += left.len();
    }
    // About half of them are ignored.
    let all = 60 * DIRECTORIES.len() * 5;
    assert!((all / 4..all * 3 / 4).contains(&all_left), "{all_left} of {all}");
}
