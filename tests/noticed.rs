//! What composing notices is told by each build, whether it composed or found that in the cache.

use std::fs;

use crate::fake::{MANIFEST, one};
use crate::place::{Place, Ran};

const LEFT_OUT: &str = "no flow and no link needs component `other`; it is left out";

/// A pipeline of which half is left out, and that is granted what it cannot use, in this line.
fn wasteful(grant: &str) -> String {
    let other = "[component.other]\npath = \"answer\"\ntoolchain = \"fake\"\n";
    let (before, _) = MANIFEST.split_once("[[check]]").unwrap();
    format!("{before}{other}[flow.run]\nsteps = [\"answer/answer\"]\n[grants]\n{grant}\n")
}

fn place(grant: &str) -> Place {
    let place = one();
    place.write("pipeline.toml", wasteful(grant));
    place
}

fn unused(line: usize) -> String {
    format!(
        "pipeline.toml:{line} grants `http`, and no component imports `wasi:http/outgoing-handler`"
    )
}

/// What a run warned of.
fn warned(ran: Ran) -> Vec<String> {
    let said = ran.expect(0).stderr;
    let warnings = said.lines().filter_map(|line| line.trim().strip_prefix("warning "));
    warnings.map(str::to_owned).collect()
}

/// Once, only the build that composed said anything: a machine with a warm cache was content.
#[test]
fn a_build_with_nothing_to_do_warns_as_the_first_did() {
    let grant = "http = [\"h.org\"]";
    let place = place(grant);
    let line = wasteful("").lines().count();
    let all = vec![LEFT_OUT.to_owned(), unused(line)];
    assert_eq!(warned(place.run(&["build"])), all);
    assert_eq!(warned(place.run(&["build"])), all);
    let told = place.run(&["build", "--json"]).expect(0);
    let told: Vec<_> = told.events("warning").iter().map(|event| event["text"].clone()).collect();
    assert_eq!(told, *all);

    // Where nothing but the cache knows.
    let mut fresh = self::place(grant);
    fresh.cache.clone_from(&place.cache);
    assert_eq!(warned(fresh.run(&["build"])), all);
    assert_eq!(fresh.starts(), 0);
    place.forget("builds");
    fs::remove_dir_all(place.root.join("target")).unwrap();
    assert_eq!(warned(place.run(&["build"])), all);

    // Grants are in no fingerprint: what is told of them is of the manifest as it is.
    place.write("pipeline.toml", format!("# What we sell.\n{}", wasteful(grant)));
    assert_eq!(warned(place.run(&["build"])), [LEFT_OUT, &unused(line + 1)]);
    place.write("pipeline.toml", wasteful(""));
    assert_eq!(warned(place.run(&["build"])), [LEFT_OUT]);
    place.write("pipeline.toml", wasteful(grant));
    let last = place.run(&["build"]);
    assert!(last.stderr.contains("all 5 actions were cached"), "{}", last.stderr);
    assert_eq!(warned(last), all);
    assert_eq!(place.starts(), 2);

    // What is left out follows from the links, which are.
    let alone = wasteful(grant).replace("\"answer/answer\"", "\"other/answer\"");
    place.write("pipeline.toml", alone);
    let other = LEFT_OUT.replace("`other`", "`answer`");
    assert_eq!(warned(place.run(&["build"])), [other.as_str(), &unused(line)]);
    place.write("pipeline.toml", wasteful(grant));
    assert_eq!(warned(place.run(&["build"])), all, "as when that was the last");
}

/// A bench builds what it times, and once more what it counts.
#[test]
fn a_command_that_builds_twice_warns_once() {
    let place = place("http = [\"h.org\"]");
    let all = warned(place.run(&["build"]));
    assert_eq!(warned(place.run(&["bench", "run()", "--n", "1"])), all);
}

#[test]
fn what_was_noticed_and_is_damaged_is_noticed_again() {
    let place = place("http = [\"h.org\"]");
    let all = warned(place.run(&["build"]));
    for half in fs::read_dir(place.cache.join("records-3")).unwrap() {
        for record in fs::read_dir(half.unwrap().path()).unwrap() {
            let path = record.unwrap().path();
            let text = fs::read_to_string(&path).unwrap();
            fs::write(path, text.replace("\"left-out\"", "\"left-in_\"")).unwrap();
        }
    }
    // The last build here is enough to go by, as long as what it knew is there.
    assert_eq!(warned(place.run(&["build"])), all);
    fs::remove_dir_all(place.root.join("target")).unwrap();
    let again = place.run(&["build"]);
    assert!(again.stderr.contains("1 of 5 actions ran"), "{}", again.stderr);
    let told = warned(again);
    assert_eq!(told[..2], all);
    assert!(told[2].ends_with("was damaged; it was made again"), "{told:?}");
}
