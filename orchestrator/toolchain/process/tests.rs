use super::output::KEPT;
use super::*;

/// A list of its own for each test: an interrupt must not reach the neighbours.
fn shell(running: &Running, script: &str, log: Option<&Path>) -> Result<Finished, ProcessError> {
    let environment = BTreeMap::from([("GREETING".to_owned(), "hello".to_owned())]);
    running.run(
        &Invocation {
            program: Path::new("/bin/sh"),
            arguments: &["-c".to_owned(), script.to_owned()],
            directory: Path::new("/"),
            environment: &environment,
        },
        log,
        None,
    )
}

#[test]
fn outputs_are_interleaved_and_the_status_is_kept() {
    let finished =
        shell(&Running::new(), "echo one; echo two >&2; echo three; exit 3", None).unwrap();
    assert_eq!(finished.output, b"one\ntwo\nthree\n");
    assert_eq!(finished.status.code(), Some(3));
    assert_eq!(finished.dropped, 0);
}

#[test]
fn the_environment_is_what_was_given_and_nothing_can_be_read() {
    let finished = shell(&Running::new(), "echo $GREETING $HOME; cat; pwd", None).unwrap();
    assert_eq!(finished.output, b"hello\n/\n");
}

#[test]
fn of_much_output_the_end_is_kept_and_the_log_has_all() {
    let directory = tempfile::tempdir().unwrap();
    let log = directory.path().join("log");
    let script = "i=0; while [ $i -lt 40000 ]; do echo 0123456789012345678901234567890; i=$((i+1)); done; echo end";
    let finished = shell(&Running::new(), script, Some(&log)).unwrap();
    let written = 40_000 * 32 + 4;
    assert_eq!(finished.output.len(), KEPT);
    assert_eq!(finished.dropped, written - KEPT as u64);
    assert!(finished.output.ends_with(b"end\n"));
    assert_eq!(std::fs::metadata(&log).unwrap().len(), written);
}

#[test]
fn an_executable_that_is_not_there() {
    let invocation = Invocation {
        program: Path::new("/nowhere/tinygo"),
        arguments: &[],
        directory: Path::new("/"),
        environment: &BTreeMap::new(),
    };
    let error = Running::new().run(&invocation, None, None).unwrap_err();
    assert_eq!(error.to_string(), "cannot start `/nowhere/tinygo` in `/`");
}

#[test]
fn what_a_process_leaves_behind_is_ended() {
    let started = Instant::now();
    let finished = shell(&Running::new(), "sleep 60 & echo $!", None).unwrap();
    assert!(started.elapsed() < Duration::from_secs(30), "the pipe was waited for");
    let text = String::from_utf8(finished.output).unwrap();
    let left = Pid::from_raw(text.trim().parse().unwrap()).unwrap();
    assert_ended(left);
}

/// Its time is over once the grandchild is known: the limit begins anew until then, so that the
/// machine may be as slow as it likes.
#[test]
fn one_that_takes_too_long_is_killed_with_all_it_started() {
    let directory = tempfile::tempdir().unwrap();
    let pid_file = directory.path().join("pid");
    let script = format!(
        "echo begun; sleep 600 & echo $! > {}.new; mv {0}.new {0}; wait",
        pid_file.display()
    );
    let environment = BTreeMap::new();
    let arguments = ["-c".to_owned(), script];
    let invocation = Invocation {
        program: Path::new("/bin/sh"),
        arguments: &arguments,
        directory: Path::new("/"),
        environment: &environment,
    };
    let mut limit = Duration::from_millis(50);
    let finished = loop {
        let _ = std::fs::remove_file(&pid_file);
        let finished = Running::new().run(&invocation, None, Some(limit)).unwrap();
        assert!(finished.late && finished.status.code().is_none(), "{finished:?}");
        if pid_file.exists() {
            break finished;
        }
        limit *= 2;
    };
    assert_eq!(finished.output, b"begun\n");
    let pid = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    assert_ended(Pid::from_raw(pid).unwrap());

    let environment = BTreeMap::new();
    let invocation = Invocation { arguments: &[], environment: &environment, ..invocation };
    let finished = Running::new().run(&invocation, None, Some(Duration::from_mins(10))).unwrap();
    assert!(finished.status.success() && !finished.late);
}

#[test]
fn an_interrupt_ends_all_of_a_group_and_lets_nothing_start() {
    let directory = tempfile::tempdir().unwrap();
    let pid_file = directory.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}.new; mv {0}.new {0}; wait", pid_file.display());
    let running = Running::new();
    thread::scope(|scope| {
        let child = scope.spawn(|| shell(&running, &script, None));
        while !pid_file.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        running.interrupt_all();
        let result = child.join().unwrap();
        assert!(matches!(result, Err(ProcessError::Interrupted)), "{result:?}");
    });
    let pid = std::fs::read_to_string(&pid_file).unwrap().trim().parse().unwrap();
    assert_ended(Pid::from_raw(pid).unwrap());
    assert!(matches!(shell(&running, "true", None), Err(ProcessError::Interrupted)));
}

#[test]
fn a_process_that_does_not_listen_is_killed() {
    let running = Running::new();
    let directory = tempfile::tempdir().unwrap();
    let ready = directory.path().join("ready");
    let script = format!("trap '' TERM; : > {}; while :; do sleep 1; done", ready.display());
    thread::scope(|scope| {
        let child = scope.spawn(|| shell(&running, &script, None));
        while !ready.exists() {
            thread::sleep(Duration::from_millis(5));
        }
        let started = Instant::now();
        running.interrupt_all();
        assert!(started.elapsed() >= GRACE);
        assert!(matches!(child.join().unwrap(), Err(ProcessError::Interrupted)));
    });
}

#[test]
fn an_answer_has_its_outputs_apart() {
    let environment = BTreeMap::new();
    let invocation = Invocation {
        program: Path::new("/bin/sh"),
        arguments: &["-c".to_owned(), "echo 1.2.3; echo careful >&2".to_owned()],
        directory: Path::new("/"),
        environment: &environment,
    };
    let answer = Running::new().ask(&invocation, Duration::from_mins(1));
    let answer = answer.unwrap();
    assert!(answer.status.success());
    assert_eq!((answer.stdout, answer.stderr), (b"1.2.3\n".to_vec(), b"careful\n".to_vec()));
}

/// That a process is gone, or only its entry is left for its new parent to collect.
fn assert_ended(pid: Pid) {
    let stat = format!("/proc/{}/stat", pid.as_raw_nonzero());
    for _ in 0..200 {
        match std::fs::read_to_string(&stat) {
            Ok(text) if !text.contains(") Z ") => thread::sleep(Duration::from_millis(10)),
            _ => return,
        }
    }
    panic!("process {pid:?} still runs");
}
