//! The calculator example: its checks, its state, its two versions. The tools are real.

use std::sync::OnceLock;

use poly::check::Call;
use poly::host::{Instance, Program};

use crate::place::{Place, Ran, repository};

const FIRST: &str = "demo:calculator/calculator@1.0.0";
const SECOND: &str = "demo:calculator/calculator@2.0.0";

/// The example, built and checked by whichever test comes first.
fn checked() -> &'static (Place, Ran) {
    static CHECKED: OnceLock<(Place, Ran)> = OnceLock::new();
    CHECKED.get_or_init(|| {
        let mut place = Place::with(&repository().join("examples/calculator"));
        place.real_home();
        let ran = place.run(&["check"]).expect(0);
        (place, ran)
    })
}

/// A new instance of it.
fn started() -> Instance {
    static PROGRAM: OnceLock<Program> = OnceLock::new();
    let (place, _) = checked();
    place.start(PROGRAM.get_or_init(|| place.program("target/poly/calculator.wasm")), 4)
}

#[test]
fn its_checks_pass() {
    let (place, ran) = checked();
    let manifest = place.text("pipeline.toml");
    let checks = manifest.matches("\n[[check]]\n").count();
    assert!(ran.stderr.contains(&format!("{checks} passed, 0 failed")), "{}", ran.stderr);
}

#[test]
fn what_one_version_calculates_the_other_remembers() {
    let mut instance = started();
    let mut answer =
        |call: String| instance.call(&Call::parse(&call).unwrap()).unwrap().ending.to_string();
    answer(format!("{FIRST}.calculate(divide, 1, 0)"));
    answer(format!("{SECOND}.calculate(power, 2, 10)"));
    assert_eq!(
        answer(format!("{FIRST}.history()")),
        "[{value: nan, op: divide, error: some(\"division by zero\")}]",
        "the first version has no word for powers"
    );
    let all = answer(format!("{SECOND}.history()"));
    assert!(all.contains("op: divide, left: 1, right: 0") && all.contains("value: 1024"), "{all}");
    answer(format!("{SECOND}.clear()"));
    assert_eq!(answer(format!("{FIRST}.history()")), "[]");
}

/// Its memory is small, and what it remembers is bounded.
#[test]
fn a_hundred_thousand_calculations_leave_the_last_thousand() {
    let mut instance = started();
    let batch = format!("[{}]", vec!["{op: divide, left: 1, right: 0}"; 1_000].join(", "));
    let batch = Call::parse(&format!("{FIRST}.batch({batch})")).unwrap();
    for _ in 0..100 {
        assert!(instance.call(&batch).unwrap().is_return());
    }
    let history = Call::parse(&format!("{FIRST}.history()")).unwrap();
    let history = instance.call(&history).unwrap().ending.to_string();
    assert_eq!(history.matches("division by zero").count(), 1_000);
}

#[test]
fn the_second_version_is_said_to_break_the_first() {
    let (place, _) = checked();
    let old = "wit/deps/demo_calculator-1.0.0";
    let compared = place.run(&["wit", "compat", "wit", "--against", old]).expect(0).stdout;
    assert!(compared.contains("breaking"), "{compared}");
    // Of what the component exports, nothing is gone.
    let inspected = place.run(&["inspect", "calculator"]).expect(0).stdout;
    for version in [FIRST, SECOND] {
        assert!(inspected.contains(&format!("export {version};")), "{inspected}");
    }
}
