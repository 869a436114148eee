//! When builds run, how often and for how long, seen from outside: a compiler that is a shell script
//! does what the file `behaviour` of each component says, and then copies its source.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
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
        place.write("bin/fakec", COMPILER);
        let executable = fs::Permissions::from_mode(0o755);
        fs::set_permissions(place.root.join("bin/fakec"), executable).unwrap();
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
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]/a/output/a.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]/a/copy/a`; all it wrote is in `[TOP]/pipeline/target/poly/log/a/1-compile.log`

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

Error:
  × step `compile` of `a` failed: exit status: 1
  │
  │ first
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]/a/output/a.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]/a/copy/a`; all it wrote is in `[TOP]/pipeline/target/poly/log/a/1-compile.log`

Error:
  × step `compile` of `c` failed: exit status: 2
  │
  │ second
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]/c/output/c.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]/c/copy/c`; all it wrote is in `[TOP]/pipeline/target/poly/log/c/1-compile.log`

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

/// Counts how many of it run at once. Each goes on when as many ran at once as `$want` says, or all
/// `$of` of them were started, so that what is counted does not depend on the machine's speed.
const JOB: &str = r#"
exec 9> $top/lock
number() { cat $top/$1 2> /dev/null || echo 0; }
add() {
    flock 9
    sum=$(($(number running) + $1))
    echo $sum > $top/running
    [ $1 = 1 ] && echo . >> $top/begun
    [ $sum -gt $(number most) ] && echo $sum > $top/most
    flock -u 9
}
add 1
tries=0 # A bound, for the case that the others never come.
while [ $(number most) -lt $want ] && [ $(wc -l < $top/begun) -lt $of ] && [ $tries -lt 6000 ]; do
    tries=$((tries + 1))
    sleep 0.01
done
# One too many has the time to come.
sleep 0.05
add -1
"#;

impl Pipeline {
    /// With the script `$top/job`.
    fn with_job(self) -> Self {
        fs::write(self.top("job"), JOB).unwrap();
        self
    }

    /// How many of it ran at once.
    fn most(&self) -> String {
        fs::read_to_string(self.top("most")).unwrap().trim().to_owned()
    }
}

/// Four jobs of a make that is not told how many to run at once.
const FOUR_JOBS: &str = "export top want=4 of=12\n\
    printf 'all: 1 2 3 4\\n1 2 3 4:; @sh $(top)/job\\n' > Makefile\n\
    make --no-print-directory";

#[test]
fn makes_share_the_job_slots_of_poly() {
    let pipeline = Pipeline::new(&["a", "b", "c"].map(|name| (name, FOUR_JOBS))).with_job();
    pipeline.run(&["build", "--jobs", "4"]).expect(0);
    // Three actions, and one more job of one of their makes.
    assert_eq!(pipeline.most(), "4");

    let alone = FOUR_JOBS.replace("want=4", "want=1");
    let pipeline = Pipeline::new(&["a", "b", "c"].map(|name| (name, &*alone))).with_job();
    pipeline.run(&["build", "--jobs", "1"]).expect(0);
    assert_eq!(pipeline.most(), "1");
}

/// `weight` is for tools that know nothing of a jobserver: their slots are nobody else's.
#[test]
fn a_weight_keeps_job_slots_from_other_tools() {
    let behaviours = ["a", "b"].map(|name| (name, FOUR_JOBS.replace("want=4", "want=2")));
    let behaviours = behaviours.each_ref().map(|(name, behaviour)| (*name, behaviour.as_str()));
    let pipeline = Pipeline::new(&behaviours).with_job().with("weight = 2");
    pipeline.run(&["build", "--jobs", "4"]).expect(0);
    assert_eq!(pipeline.most(), "2");
}

#[test]
fn cargo_shares_the_job_slots_of_poly() {
    let cargo = format!(
        "export top want=3 of=10 RUSTC_WRAPPER=$PWD/wrapper {}\n\
         cat > wrapper <<'END'\n\
         #!/bin/sh\n\
         case \"$*\" in *'--crate-name part'*) sh $top/job;; esac\n\
         exec \"$@\"\n\
         END\n\
         chmod +x wrapper\n\
         echo '[workspace]\nmembers = [\"part*\"]\nresolver = \"3\"' > Cargo.toml\n\
         for part in part1 part2 part3 part4 part5; do\n\
             mkdir -p $part/src\n\
             : > $part/src/lib.rs\n\
             echo \"[package]\nname = \\\"$part\\\"\" > $part/Cargo.toml\n\
         done\n\
         cargo check --offline --quiet",
        ["CARGO_HOME", "RUSTUP_HOME"]
            .iter()
            .filter_map(|name| Some(format!("{name}='{}' ", std::env::var(name).ok()?)))
            .collect::<String>()
    );
    let pipeline = Pipeline::new(&["a", "b"].map(|name| (name, &*cargo))).with_job();
    pipeline.run(&["build", "--jobs", "3"]).expect(0);
    assert_eq!(pipeline.most(), "3");
}

#[test]
fn in_a_recipe_poly_takes_part_in_the_jobs_of_make() {
    let job = "export top want=2 of=4; sh $top/job";
    let pipeline = Pipeline::new(&["a", "b", "c", "d"].map(|name| (name, job))).with_job();
    let built = pipeline.make("+$(POLY) build --jobs 8", &["-j2"]).expect(0);
    assert_eq!(pipeline.most(), "2");
    assert!(!built.stderr.contains("job slots"), "{}", built.stderr);

    // Not a word of it is in a key. A make that keeps its jobs to itself is told of.
    let again = pipeline.make("$(POLY) build --jobs 8", &["-j2"]).expect(0);
    assert_data_eq!(
        again.stderr,
        str![[r#"
     warning the make that started poly does not share its job slots, so poly has its own; put `+` before the command in the recipe
...
       ready target/poly/p.wasm (724 B); all 9 actions were cached; [TIME]

"#]]
    );
    for quiet in [pipeline.make("$(POLY) build", &[]), pipeline.run(&["build"])] {
        assert!(!quiet.stderr.contains("job slots"), "{}", quiet.stderr);
        assert!(quiet.stderr.contains("all 9 actions were cached"), "{}", quiet.stderr);
    }
}

#[test]
fn a_tool_that_dies_with_tokens_of_others_stops_nobody() {
    // One is always to be had, for at most one of the two in the pool is its own.
    let thief = "end=/dev/fd/$(echo $MAKEFLAGS | sed 's/.*auth=\\([0-9]*\\),.*/\\1/')\n\
        head -c 1 $end > /dev/null\n\
        dd if=$end iflag=nonblock bs=1 count=1 of=/dev/null 2> /dev/null\n\
        kill -9 $$";
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    let pipeline = Pipeline::new(&names.map(|name| (name, if name == "a" { thief } else { "" })));
    let failed = pipeline.run(&["build", "--jobs", "3", "--keep-going"]).expect(1);
    assert!(failed.stderr.contains("`a` failed: signal: 9 (SIGKILL)"), "{}", failed.stderr);
    let mut started = pipeline.started();
    started.sort();
    assert_eq!(started, names);
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
  help: it ran `[TOP]/pipeline/bin/fakec source.wasm [TOP]/cache/builds/[CHECKOUT]/b/output/b.wasm`
        in `[TOP]/cache/builds/[CHECKOUT]/b/copy/b`; all it wrote is in `[TOP]/pipeline/target/poly/log/b/1-compile.log`
::[..]::

"#]]
    );
    let ran = pipeline.run(&arguments).expect(1).stderr;
    assert!(ran.contains("cached a                    fake\n"), "{ran}");
    assert!(!ran.contains("stop-commands"), "{ran}");
}
