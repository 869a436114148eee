//! When builds run, how often and for how long, seen from outside: a compiler that is a shell script
//! does what the file `behaviour` of each component says, and then copies its source.

mod jobserver;

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use snapbox::{assert_data_eq, str};

use crate::place::{Place, Ran};

const ANSWER: &str = "(component
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func (export \"NAME\") (result u32) (canon lift (core func $i \"answer\"))))";

const COMPILER: &str = "#!/bin/sh\n\
    [ \"$1\" = --version ] && { echo fakec 1.2.3; exit; }\n\
    source=$1 output=$2 top=$(dirname \"$FAKE_LOG\") name=$(basename \"$PWD\")\n\
    echo $name >> \"$FAKE_LOG\"\n\
    . ./behaviour\n\
    cp $source $output\n";

/// A pipeline of components with these names, behaviours and further lines of the manifest. Each
/// exports a function of its own name.
struct Pipeline {
    place: Place,
    components: Vec<(String, String)>,
}

impl Pipeline {
    fn new(components: &[(&str, &str)]) -> Self {
        let place = Place::new().with_fake_tools();
        place.write_executable("bin/fakec", COMPILER);
        for (name, behaviour) in components {
            let source = wat::parse_str(ANSWER.replace("NAME", name)).unwrap();
            place.write(&format!("{name}/source.wasm"), source);
            place.write(&format!("{name}/behaviour"), behaviour);
        }
        let named = |(name, _): &(&str, &str)| ((*name).to_owned(), String::new());
        let pipeline = Self { place, components: components.iter().map(named).collect() };
        pipeline.write_manifest();
        pipeline
    }

    /// With lines in the table of each component.
    fn with(mut self, lines: &str) -> Self {
        for (_, said) in &mut self.components {
            lines.clone_into(said);
        }
        self.write_manifest();
        self
    }

    fn write_manifest(&self) {
        let component = |(name, lines): &(String, String)| {
            format!("[component.{name}]\npath = \"{name}\"\ntoolchain = \"fake\"\n{lines}\n")
        };
        let components: String = self.components.iter().map(component).collect();
        let (first, _) = &self.components[0];
        let text = format!(
            "[pipeline]\nname = \"p\"\n{components}[flow.run]\nsteps = [\"{first}/{first}\"]\n"
        );
        self.place.write("pipeline.toml", text);
    }

    fn poly(&self, arguments: &[&str]) -> Command {
        let mut command = self.place.poly(arguments);
        let path = std::env::var("PATH").unwrap();
        let path = format!("{}:{path}", self.place.root.join("bin").display());
        command.env("PATH", path);
        command
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.place.finish(&mut self.poly(arguments))
    }

    /// A recipe of make's, with everything as poly would have it.
    fn make(&self, recipe: &str, arguments: &[&str]) -> Ran {
        let makefile = self.top("Makefile");
        fs::write(&makefile, format!("all:\n\t{recipe}\n")).unwrap();
        let like = self.poly(&[]);
        let mut make = Command::new("make");
        make.arg("-f").arg(makefile).args(arguments).current_dir(&self.place.root);
        for (name, value) in like.get_envs() {
            match value {
                Some(value) => make.env(name, value),
                None => make.env_remove(name),
            };
        }
        self.place.finish(make.env("POLY", env!("CARGO_BIN_EXE_poly")))
    }

    /// The components whose builds were started, in that order.
    fn started(&self) -> Vec<String> {
        let log = fs::read_to_string(&self.place.log).unwrap();
        log.lines().map(str::to_owned).collect()
    }

    /// A file that behaviours see as `$top/NAME`.
    fn top(&self, name: &str) -> PathBuf {
        self.place.log.with_file_name(name)
    }
}

/// Fails at the first and at the second try.
const THIRD_TIME: &str =
    "echo try >> $top/tries; [ $(wc -l < $top/tries) -ge 3 ] || { echo flaky; exit 1; }";

#[test]
fn a_build_that_fails_is_tried_again_as_often_as_the_manifest_says() {
    let once = Pipeline::new(&[("a", THIRD_TIME)]).with("retries = 1");
    let failed = once.run(&["build"]).expect(1);
    assert_data_eq!(
        failed.stderr,
        str![[r#"
    retrying a (1 of 1): step `compile` of `a` failed: exit status: 1
      failed build a
error: step `compile` of `a` failed: exit status: 1
  │
  │ flaky
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]-a/output/a.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]-a/copy/a`; all it wrote is in `[TOP]/pipeline/target/poly/log/a/1-compile.log`

"#]]
    );

    let twice = Pipeline::new(&[("a", THIRD_TIME)]).with("retries = 2");
    let built = twice.run(&["build"]).expect(0);
    let lines: Vec<_> = built.stderr.lines().take(3).collect();
    assert_eq!(
        lines,
        [
            "    retrying a (1 of 2): step `compile` of `a` failed: exit status: 1",
            "    retrying a (2 of 2): step `compile` of `a` failed: exit status: 1",
            "       built a                    fake [TIME]      137 B",
        ]
    );
    // What came of it does not tell how often it was tried.
    let plain = Pipeline::new(&[("a", "")]);
    plain.run(&["build"]).expect(0);
    assert_eq!(twice.place.read("target/poly/p.wasm"), plain.place.read("target/poly/p.wasm"));
    assert_eq!((once.started().len(), twice.started().len()), (2, 3));
}

#[test]
fn what_a_retry_cannot_mend_is_not_tried_again() {
    let pipeline = Pipeline::new(&[("a", "exit 1")]).with("retries = 5\ninputs = [\"none/*\"]");
    let failed = pipeline.run(&["build"]).expect(2);
    assert!(failed.stderr.contains("no file matches `none/*`"), "{}", failed.stderr);
    assert!(!failed.stderr.contains("retrying"), "{}", failed.stderr);
    assert_eq!(pipeline.started().len(), 0);

    let slow = "echo $$ > $top/pid.new; mv $top/pid.new $top/pid; exec sleep 600";
    let pipeline = Pipeline::new(&[("a", slow)]).with("retries = 5");
    let build = pipeline.poly(&["build"]).stderr(Stdio::piped()).process_group(0).spawn().unwrap();
    while !pipeline.top("pid").exists() {
        thread::sleep(Duration::from_millis(10));
    }
    Command::new("kill").args(["-INT", &build.id().to_string()]).status().unwrap();
    let ended = build.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "error: interrupted\n");
    assert_eq!((ended.status.code(), pipeline.started().len()), (Some(130), 1));
}

#[test]
fn a_step_that_takes_too_long_fails_by_that_name() {
    let pipeline =
        Pipeline::new(&[("a", "echo compiling; exec sleep 600")]).with("timeout = \"1500ms\"");
    let late = pipeline.run(&["build"]).expect(1).stderr;
    let named = "error: step `compile` of `a` failed: its `timeout` of 1500ms was over, and it was \
                 killed\n";
    assert!(late.contains(named), "{late}");
    assert!(late.contains("all it wrote is in `[TOP]/pipeline/target/poly/log/a/1-compile.log`"));
    // It is a failure like any other.
    let pipeline = pipeline.with("timeout = \"1ms\"\nretries = 1");
    let late = pipeline.run(&["build"]).expect(1).stderr;
    assert!(late.contains("retrying a (1 of 1): step `compile` of `a` failed: its `timeout`"));
}

#[test]
fn the_steps_of_a_build_have_one_timeout_together() {
    let pipeline = Pipeline::new(&[("a", "sleep 0.7")]).with("timeout = \"1s\"");
    let toolchain = pipeline.place.text("toolchains/fake.toml");
    let again = "name = \"again\"\nrun = [\"{tool:fakec}\", \"source.wasm\", \"{output}\"]";
    let two = toolchain.replace("[output]", &format!("[[step]]\n{again}\n\n[output]"));
    pipeline.place.write("toolchains/fake.toml", two);
    let late = pipeline.run(&["build"]).expect(1).stderr;
    assert!(late.contains("of `a` failed: its `timeout` of 1s was over"), "{late}");
}

#[test]
fn nothing_of_the_schedule_moves_a_key() {
    let pipeline = Pipeline::new(&[("a", ""), ("b", "")]);
    pipeline.run(&["build"]).expect(0);
    let lines = "weight = 2\nexclusive = \"port\"\nretries = 3\ntimeout = \"10m\"";
    let pipeline = pipeline.with(lines);
    let again = pipeline.run(&["build", "--keep-going", "--jobs", "7"]).expect(0);
    assert!(again.stderr.contains("all 5 actions were cached"), "{}", again.stderr);
}

/// One at a time of those that share a name; and a weight that nobody can have waits for nobody.
#[test]
fn exclusive_builds_do_not_meet_and_too_heavy_ones_run_alone() {
    let alone = "mkdir $top/inside || exit 9; sleep 0.02; rmdir $top/inside";
    let components = ["a", "b", "c", "d"].map(|name| (name, alone));
    for lines in ["exclusive = \"port\"", "weight = 1000"] {
        let pipeline = Pipeline::new(&components).with(lines);
        pipeline.run(&["build", "--jobs", "4"]).expect(0);
        assert_eq!(pipeline.started().len(), 4);
    }
}

#[test]
fn a_failure_lets_nothing_start_unless_it_is_to_keep_going() {
    let components = [("a", "echo first; exit 1"), ("b", ""), ("c", "echo second; exit 2")];
    let pipeline = Pipeline::new(&components);
    let one = pipeline.run(&["build", "--jobs", "1"]).expect(1);
    assert_eq!(pipeline.started(), ["a"]);
    assert!(one.stderr.contains("error: step `compile` of `a` failed"), "{}", one.stderr);

    let all = pipeline.run(&["check", "--jobs", "1", "-k"]).expect(1);
    assert_eq!(pipeline.started(), ["a", "a", "b", "c"]);
    assert_data_eq!(
        all.stderr,
        str![[r#"
    building a                    its last run failed
      failed build a
       built b                    fake [TIME]      137 B
     adapted b                    wit-component [TIME]      137 B
      failed build c
error: 2 actions failed

error: step `compile` of `a` failed: exit status: 1
  │
  │ first
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]-a/output/a.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]-a/copy/a`; all it wrote is in `[TOP]/pipeline/target/poly/log/a/1-compile.log`

error: step `compile` of `c` failed: exit status: 2
  │
  │ second
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]-c/output/c.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]-c/copy/c`; all it wrote is in `[TOP]/pipeline/target/poly/log/c/1-compile.log`

"#]]
    );
    // What was done is kept: only the failures are left to do.
    let again = pipeline.run(&["run", "--jobs", "1", "--keep-going"]).expect(1);
    assert_eq!(pipeline.started()[4..], ["a", "c"]);
    assert!(again.stderr.contains("2 actions failed"), "{}", again.stderr);
}

/// What took longest is begun first: the state of the checkout says what that is.
#[test]
fn the_longest_path_is_begun_first() {
    let pipeline = Pipeline::new(&["a", "b", "c", "d"].map(|name| (name, "")));
    let arguments = ["build", "--jobs", "1"];
    pipeline.run(&arguments).expect(0);
    let path = pipeline.place.root.join("target/poly/state.json");
    let mut state: serde_json::Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    for (name, build, adapt) in [("a", 20, 1), ("b", 10, 30), ("c", 99, 1), ("d", 90, 1)] {
        state["actions"][format!("build {name}")]["milliseconds"] = build.into();
        state["actions"][format!("adapt {name}")]["milliseconds"] = adapt.into();
    }
    for name in ["a", "b", "d"] {
        pipeline.place.write(&format!("{name}/behaviour"), ": again");
    }
    state["actions"].as_object_mut().unwrap().retain(|action, _| action != "build c");
    fs::write(&path, state.to_string()).unwrap();
    pipeline.place.write("c/behaviour", ": again");
    pipeline.run(&arguments).expect(0);
    // The third has never run, and is taken to be like the others: 20, the middle one.
    assert_eq!(pipeline.started(), ["a", "b", "c", "d", "d", "b", "a", "c"]);
}

#[test]
fn what_succeeds_is_folded_where_a_service_can_and_what_fails_is_not() {
    let components = [("a", "echo ::error::mine"), ("b", "echo ::error::yours; exit 1")];
    let pipeline = Pipeline::new(&components);
    let arguments = ["build", "--verbose", "--jobs", "1"];
    let ran = pipeline.place.finish(pipeline.poly(&arguments).env("GITHUB_ACTIONS", "true"));
    assert_data_eq!(
        ran.expect(1).stderr,
        str![[r#"
::group::output a, step compile
::stop-commands::63100a66d96fe346eb616ce090b5857dff3daaf7c19a5ff382aac2ea6d3a080f
::error::mine
::63100a66d96fe346eb616ce090b5857dff3daaf7c19a5ff382aac2ea6d3a080f::
::endgroup::
       built a                    fake [TIME]      137 B
     adapted a                    wit-component [TIME]      137 B
      failed build b
::stop-commands::[..]
error: step `compile` of `b` failed: exit status: 1
  │
  │ ::error::yours
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]-b/output/b.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]-b/copy/b`; all it wrote is in `[TOP]/pipeline/target/poly/log/b/1-compile.log`
::[..]::

"#]]
    );
    let as_service = |variable: &str| {
        let pipeline = Pipeline::new(&components);
        pipeline.place.finish(pipeline.poly(&arguments).env(variable, "true")).expect(1).stderr
    };
    let gitlab = as_service("GITLAB_CI");
    for order in [":poly-a-compile[collapsed=true]\r", "section_end:"] {
        assert!(gitlab.contains(order), "{gitlab:?}");
    }
    let folded = gitlab.split("section_end:").next().unwrap();
    assert!(folded.contains("mine") && !folded.contains("yours"), "{gitlab:?}");
    let buildkite = as_service("BUILDKITE");
    let (folded, open) =
        buildkite.split_once("+++ poly\n").unwrap_or_else(|| panic!("{buildkite}"));
    assert!(folded.starts_with("--- output a, step compile\n"), "{buildkite}");
    assert!(folded.contains("mine") && open.contains("yours"), "{buildkite}");
    let ran = pipeline.run(&arguments).expect(1).stderr;
    assert!(ran.contains("cached a                    fake\n"), "{ran}");
    assert!(!ran.contains("stop-commands"), "{ran}");
}
