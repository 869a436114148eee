//! Job slots, which poly shares with what its tools start.

use super::*;

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
