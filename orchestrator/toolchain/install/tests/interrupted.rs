//! Installing that is stopped half-way, or that two begin at once.

use super::*;

#[test]
fn an_interrupted_install_is_done_again() {
    let sandbox = Sandbox::new();
    let bin = sandbox.prefix().join("bin");
    std::fs::create_dir_all(&bin).unwrap();
    std::fs::write(bin.join("half"), "").unwrap();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    assert!(!bin.join("half").exists());
}

/// An interrupted question was once taken for a tool that will not do, and the tool removed.
#[test]
fn an_interrupted_question_leaves_the_tool_alone() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    sandbox.break_tool(&sandbox.hanging());
    let error = sandbox.provide_and_interrupt(&toolchain);
    assert!(matches!(error, ToolError::Interrupted), "{error}");
    sandbox.assert_complete();
}

#[test]
fn nothing_is_installed_any_more_after_an_interrupt() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    provide(&sandbox.finder(), &toolchain).unwrap();
    sandbox.break_tool("exit 1");
    let finder = sandbox.finder();
    finder.running.interrupt_all();
    let tool = &toolchain.tools["tool"];
    let error = finder.install(&toolchain, tool, &Tools::default(), &|_| {}).unwrap_err();
    assert!(matches!(error, InstallError::Interrupted { .. }), "{error}");
    sandbox.assert_complete();
}

#[test]
fn a_prefix_is_put_back_if_no_way_works_or_poly_is_stopped() {
    let sandbox = Sandbox::new();
    let hanging = sandbox.hanging();
    let scripts = [("good.sh", INSTALL), ("bad.sh", "exit 1"), ("hanging.sh", &*hanging)];
    let with = |name: &str| toolchain(&script(name), &scripts);
    provide(&sandbox.finder(), &with("good.sh")).unwrap();
    sandbox.break_tool("exit 1");

    attempts(provide(&sandbox.finder(), &with("bad.sh")).unwrap_err());
    sandbox.assert_complete();

    let error = sandbox.provide_and_interrupt(&with("hanging.sh"));
    assert!(error.to_string().starts_with("interrupted"), "{error}");
    sandbox.assert_complete();

    // As a poly leaves it that is killed in the middle of an install.
    let aside = sandbox.home().join("aside");
    std::fs::create_dir_all(&aside).unwrap();
    std::fs::rename(sandbox.prefix(), aside.join("tool-1.5.0")).unwrap();
    std::fs::create_dir_all(sandbox.prefix().join("bin/half")).unwrap();
    attempts(provide(&sandbox.finder(), &with("bad.sh")).unwrap_err());
    sandbox.assert_complete();

    provide(&sandbox.finder(), &with("good.sh")).unwrap();
    sandbox.assert_complete();
}

#[test]
fn two_at_once_install_once() {
    let sandbox = Sandbox::new();
    let slow =
        format!("echo x >> {}/count; sleep 0.3\n{INSTALL}", sandbox.directory.path().display());
    let toolchain = toolchain(&script("slow.sh"), &[("slow.sh", &slow)]);
    let events = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let progress = |event: InstallEvent<'_>| {
                    events.lock().unwrap().push(format!("{event:?}"));
                };
                let finder = sandbox.finder();
                finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap();
            });
        }
    });
    let count = std::fs::read_to_string(sandbox.directory.path().join("count")).unwrap();
    assert_eq!(count, "x\n");
    let events = events.into_inner().unwrap();
    assert!(events.iter().any(|event| event.starts_with("Waiting")), "{events:?}");
}

#[test]
fn an_interrupt_ends_the_wait_for_another_install() {
    let sandbox = Sandbox::new();
    let toolchain = toolchain(&script("good.sh"), &[("good.sh", INSTALL)]);
    std::fs::create_dir_all(sandbox.home().join("locks")).unwrap();
    let lock = File::create(sandbox.home().join("locks/tool-1.5.0.lock")).unwrap();
    lock.lock().unwrap();
    let finder = sandbox.finder();
    let running = finder.running;
    let progress = |event: InstallEvent<'_>| {
        assert!(matches!(event, InstallEvent::Waiting { .. }), "{event:?}");
        running.interrupt_all();
    };
    let error = finder.provide(&toolchain, &BTreeMap::new(), true, &progress).unwrap_err();
    assert!(error.to_string().starts_with("interrupted"), "{error}");
}
