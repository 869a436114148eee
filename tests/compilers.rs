//! Compilers that are missing, too old, elsewhere or loud, seen from outside.

use std::fs;

use snapbox::{assert_data_eq, str};

use crate::fake::{MANIFEST, one};
use crate::place::repository;

#[test]
fn a_toolchain_can_advise_on_what_its_tool_says() {
    let place = one();
    place.write("answer/behaviour", "fail");
    let file = place.text("toolchains/fake.toml");
    let hints = "name = \"compile\"\n\
        hints = { \"no such thing\" = \"not this\", \"no such instruction\" = \"look it up\" }";
    place.write("toolchains/fake.toml", file.replace("name = \"compile\"", hints));
    let failed = place.run(&["build"]).expect(1);
    assert!(failed.stderr.contains("help: look it up\n        it ran `"), "{}", failed.stderr);
}

/// Of a flood, the end is shown; that it is not all was once not said.
#[test]
fn output_that_is_left_out_is_counted() {
    let place = one();
    let flood = "#!/bin/sh\n[ \"$1\" = --version ] && { echo fakec 1.2.3; exit; }\n\
        head -c 1048586 /dev/zero | tr '\\0' x; exit 1\n";
    place.write_executable("bin/fakec", flood);
    let path = format!("{}:{}", place.root.join("bin").display(), std::env::var("PATH").unwrap());
    let failed = place.finish(place.poly(&["build"]).env("PATH", path)).expect(1);
    let said = "(983050 bytes are left out here; all of it is in the log)";
    assert!(failed.stderr.contains(said), "{}", &failed.stderr[..400]);
}

#[test]
fn a_tool_that_is_missing_or_too_old_is_named_with_a_remedy() {
    let place = one();
    let missing =
        place.finish(place.poly(&["build", "--no-install"]).env("PATH", "/usr/bin:/bin")).expect(1);
    assert_data_eq!(
        missing.stderr,
        str![[r#"
      failed build answer
error: tool `fakec` was not found
  help: needed is a version that is >=1.0, <2; poly has no way to install one: do it yourself, where `PATH` leads to it, or name it in the manifest: `[toolchain.NAME.tools]`

"#]]
    );

    let old =
        place.finish(place.poly(&["build", "--no-install"]).env("FAKE_VERSION", "0.9.1")).expect(1);
    assert_data_eq!(
        old.stderr,
        str![[r#"
      failed build answer
error: tool `fakec` was not found: `[POLY]/tests/tools/bin/fakec` is version 0.9.1
  help: needed is a version that is >=1.0, <2; poly has no way to install one: do it yourself, where `PATH` leads to it, or name it in the manifest: `[toolchain.NAME.tools]`

"#]]
    );
    assert_eq!(place.starts(), 0);
}

#[test]
fn a_tool_named_in_the_manifest_is_relative_to_it() {
    let place = one();
    place.write_executable(
        "mine/fakec",
        fs::read(repository().join("tests/tools/bin/fakec")).unwrap(),
    );
    place.write(
        "pipeline.toml",
        format!("{MANIFEST}\n[toolchain.fake.tools]\nfakec = \"mine/fakec\"\n"),
    );

    place.finish(place.poly(&["build", "--no-install"]).env("PATH", "/usr/bin:/bin")).expect(0);

    assert_eq!(place.starts(), 1);
}
