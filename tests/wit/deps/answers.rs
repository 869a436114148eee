//! What registries answer: that something is not there, or elsewhere, and what must not be believed.

use std::fmt::Write as _;
use std::fs;

use snapbox::{assert_data_eq, str};

use super::{LEVELS, LOGGING, manifest, pipeline, published, said, written};
use crate::wit::registry::serve;

#[test]
fn what_is_not_there_is_told_with_what_is() {
    let (mut registry, place) = published();
    registry.push("packages/demo/logging", "0.1.1", &LOGGING.replace("@0.1.0", "@0.1.1"));
    registry.push_bytes("packages/demo/other", "1.0.0", vec![1, 2, 3], "application/octet-stream");
    registry.push_bytes("packages/demo/bytes", "1.0.0", vec![1, 2, 3], "application/wasm");
    registry.push("packages/demo/renamed", "1.0.0", "package demo:original@1.0.0; interface i {}");
    let component = wat::parse_str("(component)").expect("valid text");
    registry.push_bytes("packages/demo/component", "1.0.0", component, "application/wasm");
    let at = format!("http://{}/packages", registry.address);
    let mut all = String::new();
    for dependency in [
        "\"demo:logging\" = \"0.2.0\"",
        "\"demo:nothing\" = \"0.1.0\"",
        "\"demo:other\" = \"1.0.0\"",
        "\"demo:bytes\" = \"1.0.0\"",
        "\"demo:component\" = \"1.0.0\"",
        "\"demo:renamed\" = \"1.0.0\"",
    ] {
        place.write("pipeline.toml", manifest(&at, dependency));
        let ran = place.run(&["wit", "deps"]).expect(2);
        let _ = write!(all, "# {dependency}\n{}\n", said(&ran, &registry));
    }
    registry.stop();
    place.write("pipeline.toml", manifest(&at, "\"demo:logging\" = \"0.1.0\""));
    let ran = place.run(&["wit", "deps"]).expect(2);
    let _ = write!(all, "# nobody answers\n{}", said(&ran, &registry));
    assert_data_eq!(
        all,
        str![[r##"
# "demo:logging" = "0.2.0"
error: the registry `http://[REGISTRY]/packages` has no version 0.2.0 of `demo:logging`
  help: it has `0.1.0`, `0.1.1`

# "demo:nothing" = "0.1.0"
error: the registry `http://[REGISTRY]/packages` has no package `demo:nothing`
  help: its repository would be `[REGISTRY]/packages/demo/nothing`

# "demo:other" = "1.0.0"
error: `demo:other@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:bytes" = "1.0.0"
     fetched demo:bytes@1.0.0 from registry `http://[REGISTRY]/packages`
error: `demo:bytes@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  ╰─▶ this is not WebAssembly: it is text that begins with "/u{1}/u{2}/u{3}"
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:component" = "1.0.0"
     fetched demo:component@1.0.0 from registry `http://[REGISTRY]/packages`
error: `demo:component@1.0.0` from registry `http://[REGISTRY]/packages` is not a WIT package
  help: publish the WIT itself (`wkg wit build`, `wkg publish`), not a component

# "demo:renamed" = "1.0.0"
     fetched demo:renamed@1.0.0 from registry `http://[REGISTRY]/packages`
error: what registry `http://[REGISTRY]/packages` has as `demo:renamed@1.0.0` is `demo:original@1.0.0`

# nobody answers
error: cannot reach the registry `http://[REGISTRY]/packages` for `demo:logging@0.1.0`
  ├─▶ error sending request for url (http://[REGISTRY]/v2/)
  ├─▶ client error (Connect)
  ├─▶ tcp connect error
  ╰─▶ Connection refused (os error 111)
  help: what is in poly.lock and in the cache needs no network; is the registry's name right under `[wit-registries]`?

"##]]
    );
    assert!(!place.root.join("wit/deps").exists(), "nothing was written");
    assert!(!place.root.join("poly.lock").exists());
}

#[test]
fn tampered_content_is_refused() {
    let (registry, place) = published();
    registry.tamper("unused");
    let fresh = place.run(&["wit", "deps"]).expect(1);
    assert_data_eq!(
        said(&fresh, &registry),
        str![[r#"
     fetched demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`
error: the content of `demo:levels@0.2.0` from `http://[REGISTRY]/packages` is sha256:[DIGEST], and should be sha256:[DIGEST]
  help: nothing was written: the registry, or somebody on the way, changed it

"#]]
    );
    assert!(!place.root.join("wit/deps").exists(), "nothing was written");
}

#[test]
fn a_version_that_was_published_again_is_noticed_only_on_request() {
    let (registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let before = written(&place);
    registry.push("packages/demo/levels", "0.2.0", &LEVELS.replace("unused", "renamed"));

    place.run(&["wit", "deps"]).expect(0);
    assert_eq!(written(&place), before, "what is locked stays");
    let ran = place.run(&["wit", "deps", "--update"]).expect(0);
    assert_data_eq!(
        said(&ran, &registry),
        str![[r#"
     fetched demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`
       wrote wit/deps/demo_levels-0.2.0
      locked poly.lock, 2 in it

"#]]
    );
    let after = written(&place);
    assert!(after[1].1.contains("renamed: func();"), "{}", after[1].1);
    assert_ne!(after[0], before[0]);
}

#[test]
fn a_registry_may_say_that_its_packages_are_elsewhere() {
    let (registry, place) = published();
    let address = &registry.address;
    let dependency = "\"demo:logging\" = \"0.1.0\"";
    for oci in [
        format!("{{\"registry\":\"{address}\",\"namespacePrefix\":\"packages/\"}}"),
        format!("{{\"registry\":\"{address}/packages\"}}"),
    ] {
        let home = well_known(&format!("{{\"preferredProtocol\":\"oci\",\"oci\":{oci}}}"));
        place.write("pipeline.toml", manifest(&format!("http://{home}"), dependency));
        place.run(&["wit", "deps"]).expect(0);
        let written = place.root.join("wit/deps/demo_levels-0.2.0/package.wit");
        assert!(written.exists(), "{oci}");
        fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
        fs::remove_file(place.root.join("poly.lock")).expect("it is there");
    }
}

/// What is said of a registry at an address that has not what it is asked for.
fn told_of(address: &str) -> String {
    let place = pipeline(&format!("http://{address}"));
    place.run(&["wit", "deps"]).expect(2).stderr.replace(address, "[REGISTRY]")
}

/// A server that says this of where its packages are.
fn well_known(text: &str) -> String {
    let answer = format!("200 OK\r\ncontent-length: {}\r\n\r\n{text}", text.len());
    serve(vec![("/.well-known/wasm-pkg/registry.json", answer)])
}

#[test]
fn a_registry_that_says_where_its_packages_are_must_say_it_properly() {
    let mut all = String::new();
    for address in [
        serve(vec![("/.well-known/", "503 Busy\r\ncontent-length: 0\r\n\r\n".to_owned())]),
        well_known("{\"oci\":{\"registry\":"),
        well_known("{\"oci\":{\"registry\":\"localhost:1\",\"namespacePrefix\":\"../up\"}}"),
        // Whoever tells nothing, or has a page for people, is asked itself.
        serve(vec![("/.well-known/", "403 No\r\ncontent-length: 0\r\n\r\n".to_owned())]),
        well_known("<html>"),
    ] {
        all += &told_of(&address);
    }
    assert_data_eq!(
        all,
        str![[r#"
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ it answers 503 to http://[REGISTRY]/.well-known/wasm-pkg/registry.json
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ EOF while parsing a value at line 1 column 19
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ `localhost:1/../up` is not a registry
      write `host`, `host:port` or `host/prefix`
error: the registry `http://[REGISTRY]` has no package `demo:logging`
  help: its repository would be `[REGISTRY]/demo/logging`
error: the registry `http://[REGISTRY]` has no package `demo:logging`
  help: its repository would be `[REGISTRY]/demo/logging`

"#]]
    );
}

#[test]
fn nobody_sends_more_than_a_package_may_have() {
    let answer =
        |size: usize| format!("200 OK\r\ncontent-length: {size}\r\n\r\n{}", " ".repeat(size));
    let address = serve(vec![
        ("/v2/demo/logging/manifests/", answer((4 << 20) + 1)),
        ("/v2/demo/logging/blobs/", answer((64 << 20) + 1)),
    ]);
    let place = pipeline(&format!("http://{address}"));
    let mut all = place.run(&["wit", "deps"]).expect(2).stderr;
    let digest = "0".repeat(64);
    place.write(
        "poly.lock",
        format!(
            "version = 1\n\n[[wit]]\nname = \"demo:logging\"\nversion = \"0.1.0\"\n\
             registry = \"http://{address}\"\ndigest = \"sha256:{digest}\"\n\
             text = \"sha256:{digest}\"\n"
        ),
    );
    all += &place.run(&["wit", "deps", "--locked"]).expect(2).stderr;
    assert_data_eq!(
        all.replace(&address, "[REGISTRY]"),
        str![[r#"
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ the response body is larger than request limit: 4194304
error: `demo:logging@0.1.0` from registry `http://[REGISTRY]` has more than 67108864 bytes, which no package of WIT needs

"#]]
    );
}

#[test]
fn a_registry_that_wants_to_know_who_asks_is_told_apart() {
    let answer = "401 Unauthorized\r\ncontent-length: 0\r\n\r\n".to_owned();
    let broken = "500 Oh No\r\ncontent-length: 0\r\n\r\n".to_owned();
    let mut all = String::new();
    for answer in [answer, broken] {
        let address = serve(vec![("/v2/", answer)]);
        all += &told_of(&address);
    }
    assert_data_eq!(
        all,
        str![[r#"
error: the registry `http://[REGISTRY]` does not let everybody read `demo:logging@0.1.0`
  help: poly asks without credentials: fetch the package by other means, and name its directory as `path`
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ it answers 500 to http://[REGISTRY]/v2/demo/logging/manifests/0.1.0

"#]]
    );
}
