//! `poly wit check`, `show` and `compat` on components that were built.

use std::fs;
use std::process::Command;

use snapbox::{assert_data_eq, str};

use crate::place::{Place, repository};

#[test]
fn a_component_is_held_against_its_world() {
    let place = Place::with(&repository().join("tests/cases/wit/held")).with_fake_tools();
    place.run(&["build"]).expect(0);
    let well = place.run(&["wit", "check"]).expect(0);
    assert_data_eq!(
        well.stderr,
        str![[r#"
     checked 0 wrong, 0 worth knowing

"#]]
    );
    let shown = place.run(&["wit", "show", "app"]).expect(0);
    assert_data_eq!(
        shown.stdout,
        str![[r#"
package root:component;

world root {
  import demo:log/log;
  import demo:more/more;
  import wasi:cli/exit@0.2.0;

  export answer: func() -> u32;
  export other: func() -> u32;
}
package demo:log {
  interface log {
    log: func(text: string);
  }
}


package demo:more {
  interface more {
    f: func();
  }
}


package wasi:cli@0.2.0 {
  interface exit {
    exit: func(status: result);
  }
}

"#]]
    );
    place.run(&["wit", "show"]).expect(0);
    place.run(&["wit", "compat", "app", "--against", "target/poly/one.wasm"]).expect(1);

    // The WIT goes on; what was built stays.
    let world = place.text("wit/app.wit");
    let world = world
        .replace("  import demo:more/more;\n", "")
        .replace("  export other: func() -> u32;\n", "  export later: func();\n")
        .replace("answer: func() -> u32", "answer: func() -> string");
    place.write("wit/app.wit", world);
    place.write(
        "wit/deps/log.wit",
        "package demo:log;\n\ninterface log {\n  log: func(text: list<string>);\n}\n",
    );
    let found = place.run(&["wit", "check"]).expect(1);
    assert_data_eq!(
        found.stderr,
        str![[r#"
     warning wit/deps/more.wit:1: nothing uses package `demo:more`
             help: the patch on standard output removes it
       error wit/app.wit:5: the export `answer` of component `app` is not what its world says: result: the component has u32, the WIT string
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:6: component `app` lacks the export `later` of its world
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:3: the import `demo:log/log` of component `app` is not what its world says: function "log" → parameter 1: the component has string, the WIT list<string>
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:3: component `app` imports `demo:more/more`, which its world does not name
             help: name it in the world, or build the component without it
     warning wit/app.wit:3: component `app` exports `other`, which its world does not name
             help: name it in the world, or build the component without it
     checked 4 wrong, 2 worth knowing

"#]]
    );
}

#[test]
fn components_are_held_against_each_other() {
    let place = Place::new().with_fake_tools();
    place.write(
        "pipeline.toml",
        "[pipeline]\nname = \"two\"\n\n[component.a]\npath = \"a\"\ntoolchain = \"fake\"\n\n\
         [component.b]\npath = \"b\"\ntoolchain = \"fake\"\n",
    );
    let import = "(component (import \"x:y/i@0.1.0\" (instance \
                  (export \"f\" (func (param \"a\" u32))))))";
    let export = |parameter: &str| {
        let component = format!(
            "(component (core module $m (memory (export \"memory\") 1) \
             (func (export \"f\") {}) (func (export \"realloc\") \
             (param i32 i32 i32 i32) (result i32) i32.const 0)) \
             (core instance $i (instantiate $m)) \
             (func $f (param \"a\" {parameter}) (canon lift (core func $i \"f\") \
             (memory $i \"memory\") (realloc (func $i \"realloc\")))) \
             (instance $e (export \"f\" (func $f))) (export \"x:y/i@0.1.1\" (instance $e)))",
            if parameter == "u32" { "(param i32)" } else { "(param i32 i32)" }
        );
        wat::parse_str(component).expect("valid text")
    };
    place.write("a/source.wasm", wat::parse_str(import).expect("valid text"));
    place.write("b/source.wasm", export("string"));
    let mut all = place.run(&["wit", "check"]).expect(0).stderr;
    place.run(&["build"]).expect(1);
    all += &place.run(&["wit", "check"]).expect(1).stderr;
    place.write("b/source.wasm", export("u32"));
    place.run(&["build"]).expect(0);
    all += &place.run(&["wit", "check"]).expect(0).stderr;
    assert_data_eq!(
        all,
        str![[r#"
     warning `a` is not built, and not looked at: run `poly build`
     warning `b` is not built, and not looked at: run `poly build`
     checked 0 wrong, 0 worth knowing, 2 not looked at
       error pipeline.toml:4: component `a` imports `x:y/i@0.1.0`, but the `x:y/i@0.1.1` of component `b` differs: x:y/i@0.1.0/f → parameter 1: expected u32, found string
             help: build both components from the same version of the WIT
     checked 1 wrong, 0 worth knowing
     checked 0 wrong, 0 worth knowing

"#]]
    );
}

#[test]
fn what_is_offered_is_a_patch_that_applies() {
    let cases = repository().join("tests/cases/cli");
    for case in ["wit-check-differs", "wit-check-unused", "wit-check-json"] {
        let place = Place::with(&cases.join(case)).with_fake_tools();
        let patch = poly_says(&place, &["wit", "check"]);
        assert!(patch.contains("--- a/"), "{patch}");
        fs::write(place.root.join("fix.patch"), &patch).expect("writable");
        let mut git = Command::new("git");
        let applied = git.args(["apply", "fix.patch"]).current_dir(&place.root).output();
        let applied = applied.expect("git");
        assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
        let after = place.run(&["wit", "check"]).expect(0);
        assert!(after.stderr.contains(" 0 wrong, 0 worth knowing"), "{case}: {}", after.stderr);
    }
}

/// Standard output as it is, byte by byte.
fn poly_says(place: &Place, arguments: &[&str]) -> String {
    let output = place.poly(arguments).output().expect("poly starts");
    String::from_utf8(output.stdout).expect("text")
}
