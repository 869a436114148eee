//! `poly wit`, from outside: what is shown, compared, checked and fetched, against a registry that
//! really runs.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use oci_client::client::{ClientConfig, ClientProtocol, Config, ImageLayer};
use oci_client::secrets::RegistryAuth;
use oci_client::{Client, Reference};
use snapbox::{assert_data_eq, str};
use tempfile::TempDir;

use crate::place::{Place, Ran};

/// A registry on this machine, gone with the test. Debian's package `docker-registry` has it.
struct Registry {
    server: Child,
    address: String,
    storage: TempDir,
}

impl Registry {
    fn start() -> Self {
        let storage = tempfile::tempdir().expect("a temporary directory");
        // The system says which port is free; somebody else may take it meanwhile.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
            let address = free.expect("a free port").to_string();
            let configuration = storage.path().join("config.yml");
            let text = format!(
                "version: 0.1\nlog: {{ level: error }}\nhttp: {{ addr: '{address}' }}\nstorage: \
                 {{ filesystem: {{ rootdirectory: '{}' }}, cache: {{ }} }}\n",
                storage.path().display()
            );
            fs::write(&configuration, text).expect("writable");
            let mut server = Command::new("docker-registry")
                .arg("serve")
                .arg(&configuration)
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("docker-registry is installed (apt-get install docker-registry)");
            let begun = Instant::now();
            while begun.elapsed() < Duration::from_secs(30) {
                if TcpStream::connect(&address).is_ok() {
                    return Self { server, address, storage };
                }
                if server.try_wait().expect("a child").is_some() {
                    break;
                }
                thread::sleep(Duration::from_millis(20));
            }
            let _ = server.kill();
            let _ = server.wait();
        }
        panic!("docker-registry does not start");
    }

    /// Publishes a package of WIT as `wkg` does.
    fn push(&self, repository: &str, tag: &str, wit: &str) {
        let source = [("w.wit".to_owned(), wit.to_owned())].into();
        let wit = poly::component::wit::resolve(&source).expect("valid WIT");
        let bytes = wit_component::encode(&wit.resolve, wit.package).expect("a package");
        self.push_bytes(repository, tag, bytes, "application/wasm");
    }

    fn push_bytes(&self, repository: &str, tag: &str, bytes: Vec<u8>, media_type: &str) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let protocol = ClientProtocol::Http;
        let client = Client::try_from(ClientConfig { protocol, ..ClientConfig::default() });
        let client = client.expect("a client");
        let at = Reference::with_tag(self.address.clone(), repository.to_owned(), tag.to_owned());
        let layers = [ImageLayer::new(bytes, media_type.to_owned(), None)];
        let config = Config::new("{}", "application/vnd.wasm.config.v0+json".to_owned(), None);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime
            .expect("a runtime")
            .block_on(client.push(&at, &layers, config, &RegistryAuth::Anonymous, None))
            .expect("pushed");
    }

    /// Damages every blob of this content.
    fn tamper(&self, with: &str) {
        let mut damaged = 0;
        for entry in walk(self.storage.path()) {
            let bytes = fs::read(&entry).expect("readable");
            if entry.ends_with("data") && bytes.windows(with.len()).any(|at| at == with.as_bytes())
            {
                let text = String::from_utf8_lossy(&bytes).into_owned();
                assert!(bytes.starts_with(b"\0asm"), "{text}");
                let place = bytes.windows(with.len()).position(|at| at == with.as_bytes());
                let mut bytes = bytes;
                bytes[place.expect("found above")] ^= 1;
                fs::write(&entry, bytes).expect("writable");
                damaged += 1;
            }
        }
        assert_eq!(damaged, 1);
    }

    fn stop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

fn walk(directory: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).expect("readable") {
        let path = entry.expect("readable").path();
        if path.is_dir() { files.extend(walk(&path)) } else { files.push(path) }
    }
    files
}

const LOGGING: &str = "package demo:logging@0.1.0;\n\n/// Where words go.\ninterface log {\n  \
                       use demo:levels/types@0.2.0.{level};\n  log: func(level: level, text: string);\n}\n\
                       package demo:levels@0.2.0 {\n  interface types {\n    enum level { low, high }\n  }\n}\n";
const LEVELS: &str = "package demo:levels@0.2.0;\n\ninterface types {\n  enum level {\n    low,\n    high,\n  }\n  unused: func();\n}\n";

const WORLD: &str = "package demo:app@1.0.0;\n\nworld app {\n  import demo:logging/log@0.1.0;\n  export run: func();\n}\n";

/// A pipeline that wants `demo:logging` of this registry.
fn pipeline(registry: &str) -> Place {
    let place = Place::new().with_fake_tools();
    place.write("pipeline.toml", manifest(registry, "\"demo:logging\" = \"0.1.0\""));
    place.write("wit/world.wit", WORLD);
    place.write("app/source.wasm", wat::parse_str("(component)").expect("valid text"));
    place
}

fn manifest(registry: &str, dependencies: &str) -> String {
    format!(
        "[pipeline]\nname = \"one\"\nwit = \"wit\"\n\n[component.app]\npath = \"app\"\n\
         toolchain = \"fake\"\n\n[wit-dependencies]\n{dependencies}\n\n\
         [wit-registries]\ndemo = \"{registry}\"\n"
    )
}

/// What was said, without the port.
fn said(ran: &Ran, registry: &Registry) -> String {
    blot(&ran.stderr, registry)
}

/// Every file below the pipeline's `wit/` and the lock file, with its text.
fn written(place: &Place) -> Vec<(String, String)> {
    let mut files = walk(&place.root.join("wit"));
    files.push(place.root.join("poly.lock"));
    files.sort();
    let read = |path: std::path::PathBuf| {
        let name = path.strip_prefix(&place.root).expect("below").display().to_string();
        (name, fs::read_to_string(&path).unwrap_or_default())
    };
    files.into_iter().map(read).collect()
}

fn published() -> (Registry, Place) {
    let registry = Registry::start();
    registry.push("packages/demo/logging", "0.1.0", LOGGING);
    registry.push("packages/demo/levels", "0.2.0", LEVELS);
    let place = pipeline(&format!("http://{}/packages", registry.address));
    (registry, place)
}

#[test]
fn dependencies_are_fetched_locked_and_then_need_no_network() {
    let (mut registry, place) = published();
    let build = place.run(&["build"]).expect(2);
    assert_data_eq!(
        build.stderr,
        str![[r#"
error: `demo:logging@0.1.0` is used in `wit` and is not there
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = "0.1.0"
    · ───────┬──────
    ·        ╰── not fetched
 11 │
    ╰────
  help: run `poly wit deps`: a build asks no network

"#]]
    );

    let first = place.run(&["wit", "deps"]).expect(0);
    assert_data_eq!(
        said(&first, &registry),
        str![[r#"
     fetched demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`
     fetched demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`
       wrote wit/deps/demo_levels-0.2.0
       wrote wit/deps/demo_logging-0.1.0
      locked poly.lock, 2 in it

"#]]
    );
    let after = written(&place);
    let names: Vec<&str> = after.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "poly.lock",
            "wit/deps/demo_levels-0.2.0/package.wit",
            "wit/deps/demo_logging-0.1.0/package.wit",
            "wit/world.wit"
        ]
    );
    // The package itself, not the part of it that another one used.
    assert!(after[1].1.contains("unused: func();"), "{}", after[1].1);
    assert!(after[2].1.contains("/// Where words go."), "{}", after[2].1);
    let lock = blot(&after[0].1, &registry);
    assert_data_eq!(
        lock,
        str![[r##"
# Written by poly: what was fetched for the manifest beside it. Commit it.

version = 1

[[wit]]
name = "demo:levels"
version = "0.2.0"
registry = "http://[REGISTRY]/packages"
digest = "sha256:[DIGEST]"
text = "sha256:[DIGEST]"

[[wit]]
name = "demo:logging"
version = "0.1.0"
registry = "http://[REGISTRY]/packages"
digest = "sha256:[DIGEST]"
text = "sha256:[DIGEST]"

"##]]
    );

    registry.stop();
    for arguments in [&["wit", "deps"][..], &["wit", "deps", "--locked"]] {
        place.run(arguments).expect(0);
        assert_eq!(written(&place), after, "what is on disk is enough");
    }
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    place.run(&["wit", "deps", "--locked"]).expect(0);
    assert_eq!(written(&place), after, "the cache is enough");
    fs::remove_dir_all(&place.cache).expect("it is there");
    place.run(&["wit", "deps", "--locked"]).expect(0);
    assert_eq!(written(&place), after, "what is on disk is enough without the cache");
    place.run(&["build"]).expect(0);

    // With neither, the registry is missed.
    fs::remove_dir_all(&place.cache).expect("it is there");
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    let missed = place.run(&["wit", "deps", "--locked"]).expect(2);
    assert_data_eq!(
        said(&missed, &registry),
        str![[r#"
error: cannot reach the registry `http://[REGISTRY]/packages` for `demo:logging@0.1.0`
  ├─▶ error sending request for url (http://[REGISTRY]/v2/)
  ├─▶ client error (Connect)
  ├─▶ tcp connect error
  ╰─▶ Connection refused (os error 111)
  help: what is in poly.lock and in the cache needs no network; is the registry's name right under `[wit-registries]`?

"#]]
    );
}

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
        all += &format!("# {dependency}\n{}\n", said(&ran, &registry));
    }
    registry.stop();
    place.write("pipeline.toml", manifest(&at, "\"demo:logging\" = \"0.1.0\""));
    let ran = place.run(&["wit", "deps"]).expect(2);
    all += &format!("# nobody answers\n{}", said(&ran, &registry));
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
  ├─▶ error sending request for url (http://[REGISTRY]/v2/packages/demo/logging/manifests/0.1.0)
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
fn what_was_changed_by_hand_is_shown_and_left() {
    let (_registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let file = "wit/deps/demo_levels-0.2.0/package.wit";
    let ours = String::from_utf8(place.read(file)).expect("text");
    let theirs = ours.replace("high,", "high,\n    higher,");
    place.write(file, &theirs);

    for arguments in [&["wit", "deps"][..], &["wit", "deps", "--locked"]] {
        let ran = place.run(arguments).expect(1);
        assert_data_eq!(
            ran.stdout,
            str![[r#"
--- a/wit/deps/demo_levels-0.2.0/package.wit
+++ b/wit/deps/demo_levels-0.2.0/package.wit
@@ -4,7 +4,6 @@
   enum level {
     low,
     high,
-    higher,
   }

   unused: func();

"#]]
        );
        assert_data_eq!(
            ran.stderr,
            str![[r#"
     warning somebody changed `wit/deps/demo_levels-0.2.0/package.wit`; nothing was written: `--write` takes their changes back as shown

"#]]
        );
        assert_eq!(String::from_utf8(place.read(file)).expect("text"), theirs);
    }
    let ran = place.run(&["wit", "deps", "--write"]).expect(0);
    assert_data_eq!(
        ran.stderr,
        str![[r#"
       wrote wit/deps/demo_levels-0.2.0

"#]]
    );
    assert_eq!(String::from_utf8(place.read(file)).expect("text"), ours);
}

#[test]
fn a_lock_file_that_does_not_fit_is_told() {
    let (registry, place) = published();
    place.run(&["wit", "deps"]).expect(0);
    let at = format!("http://{}/packages", registry.address);
    let lock = String::from_utf8(place.read("poly.lock")).expect("text");

    place.write("poly.lock", lock.replace("demo:levels", "demo:lvels"));
    let missing = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&missing, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ `demo:levels@0.2.0` from registry `http://[REGISTRY]/packages` is not in it
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );

    place.write("poly.lock", &lock);
    place.write("wit/world.wit", "package demo:app@1.0.0;\n\nworld app {}\n");
    place.write("shared/a/a.wit", "package demo:a@1.0.0;\n");
    place.write("pipeline.toml", manifest(&at, "\"demo:a\" = { path = \"shared/a\" }"));
    let other = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&other, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ `demo:a@1.0.0` is not in it
  │ nothing needs `demo:levels@0.2.0`, which is in it
  │ nothing needs `demo:logging@0.1.0`, which is in it
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );
    place.run(&["wit", "deps"]).expect(0);
    assert!(!place.root.join("wit/deps/demo_levels-0.2.0").exists(), "nobody needs it");
    assert!(place.root.join("wit/deps/demo_a-1.0.0/a.wit").exists());

    place.write("shared/a/a.wit", "package demo:a@1.0.0;\n\ninterface i {}\n");
    let changed = place.run(&["wit", "deps", "--locked"]).expect(1);
    assert_data_eq!(
        said(&changed, &registry),
        str![[r#"
error: poly.lock is not what the manifest asks for:
  │ the content of `demo:a@1.0.0` is sha256:[DIGEST], and not sha256:[DIGEST]
  help: run `poly wit deps` without `--locked`, and commit poly.lock

"#]]
    );
    place.run(&["wit", "deps"]).expect(0);
    place.run(&["wit", "deps", "--locked"]).expect(0);

    place.write("poly.lock", "version = 7\n");
    let newer = place.run(&["wit", "deps"]).expect(2);
    assert_data_eq!(
        said(&newer, &registry),
        str![[r#"
error: `poly.lock` has the format 7, which this poly does not know
  help: it was written by a newer poly: use that one

"#]]
    );
}

#[test]
fn directories_bring_their_own_dependencies_and_override_registries() {
    let place = pipeline("localhost:1");
    place.write(
        "shared/logging/a.wit",
        LOGGING.split("package demo:levels").next().expect("a first part"),
    );
    place.write("shared/logging/deps/levels/a.wit", LEVELS);
    place.write(
        "pipeline.toml",
        manifest(
            "localhost:1",
            "\"demo:logging\" = { version = \"0.1.0\", path = \"shared/logging\" }",
        ),
    );
    let ran = place.run(&["wit", "deps"]).expect(0);
    assert_data_eq!(
        ran.stdout,
        str![[r#"
demo:levels@0.2.0 from `shared/logging/deps/levels`
demo:logging@0.1.0 from `shared/logging`

"#]]
    );
    assert_data_eq!(
        ran.stderr,
        str![[r#"
       wrote wit/deps/demo_levels-0.2.0
       wrote wit/deps/demo_logging-0.1.0
      locked poly.lock, 2 in it

"#]]
    );
    place.run(&["build"]).expect(0);

    let mut all = String::new();
    for (dependency, wit) in [
        ("\"demo:logging\" = { version = \"0.1.1\", path = \"shared/logging\" }", WORLD.to_owned()),
        ("\"demo:logging\" = { path = \"shared/nothing\" }", WORLD.to_owned()),
        ("\"demo:logging\" = { path = \"shared/logging\" }", WORLD.replace("@0.1.0", "@0.1.1")),
        (
            "\"demo:logging\" = { path = \"shared/logging\" }",
            WORLD.replace("logging/log", "logs/log"),
        ),
    ] {
        place.write("pipeline.toml", manifest("localhost:1", dependency));
        place.write("wit/world.wit", wit);
        all += &place.run(&["wit", "deps"]).expect(2).stderr;
    }
    fs::remove_dir_all(place.root.join("shared/logging/deps")).expect("it is there");
    fs::remove_dir_all(place.root.join("wit/deps")).expect("it is there");
    let text = manifest("localhost:1", "\"demo:logging\" = { path = \"shared/logging\" }");
    place.write("pipeline.toml", text.replace("demo = ", "other = "));
    place.write("wit/world.wit", WORLD);
    all += &place.run(&["wit", "deps"]).expect(2).stderr;
    place.write("wit/deps/mine/a.wit", LOGGING);
    place.write("poly.lock", "version = 1\n");
    all += &place.run(&["wit", "deps"]).expect(2).stderr;
    assert_data_eq!(
        all,
        str![[r#"
error: `shared/logging` holds package `demo:logging@0.1.0`, not `demo:logging@0.1.1`
    ╭─[pipeline.toml:10:46]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { version = "0.1.1", path = "shared/logging" }
    ·                                              ────────┬───────
    ·                                                      ╰── another package
 11 │
    ╰────
error: the directory `shared/nothing` cannot be read
    ╭─[pipeline.toml:10:27]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/nothing" }
    ·                           ────────┬───────
    ·                                   ╰── not there
 11 │
    ╰────
error: `wit/world.wit:4` uses `demo:logging@0.1.1`, which is not this version
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/logging" }
    · ───────┬──────
    ·        ╰── another version
 11 │
    ╰────
  help: let both name the same version
error: `wit/world.wit:4` uses `demo:logs@0.1.0`, which is neither there nor a dependency
  help: add `"demo:logs" = "0.1.0"` under `[wit-dependencies]`
error: `demo:logging@0.1.0` uses `demo:levels@0.2.0`, and nothing says where that is
  help: name the registry of `demo` under `[wit-registries]`, or add `"demo:levels" = "0.2.0"` under `[wit-dependencies]`
error: `demo:logging@0.1.0` is in `wit/deps/mine/a.wit` already
    ╭─[pipeline.toml:10:1]
  9 │ [wit-dependencies]
 10 │ "demo:logging" = { path = "shared/logging" }
    · ───────┬──────
    ·        ╰── and here
 11 │
    ╰────
  help: remove it there, or the dependency here

"#]]
    );
}

const ANSWER: &str = "(component
  (import \"demo:log/log\" (instance (export \"log\" (func (param \"text\" string)))))
  (import \"demo:more/more\" (instance (export \"f\" (func))))
  (import \"wasi:cli/exit@0.2.0\" (instance (export \"exit\" (func (param \"status\" (result))))))
  (core module $m (func (export \"answer\") (result i32) i32.const 42))
  (core instance $i (instantiate $m))
  (func $answer (canon lift (core func $i \"answer\")))
  (func $typed (result u32) (canon lift (core func $i \"answer\")))
  (export \"answer\" (func $typed))
  (export \"other\" (func $typed)))";

#[test]
fn a_component_is_held_against_its_world() {
    let place = Place::new().with_fake_tools();
    let pipeline = "[pipeline]\nname = \"one\"\nwit = \"wit\"\n\n[component.app]\npath = \"app\"\n\
                    toolchain = \"fake\"\nworld = \"app\"\n\n[component.more]\npath = \"more\"\n\
                    toolchain = \"fake\"\n\n[component.log]\npath = \"log\"\ntoolchain = \"fake\"\n";
    let provider = |name: &str, function: &str, parameter: &str| {
        format!(
            "(component (core module $m (memory (export \"memory\") 1)
               (func (export \"f\")) (func (export \"g\") (param i32 i32))
               (func (export \"realloc\") (param i32 i32 i32 i32) (result i32) i32.const 0))
             (core instance $i (instantiate $m))
             (func $f {parameter} (canon lift (core func $i \"{}\") (memory $i \"memory\") (realloc (func $i \"realloc\"))))
             (instance $e (export \"{function}\" (func $f))) (export \"{name}\" (instance $e)))",
            if parameter.is_empty() { "f" } else { "g" }
        )
    };
    let wasm = |text: &str| wat::parse_str(text).unwrap_or_else(|error| panic!("{error}"));
    let log = provider("demo:log/log", "log", "(param \"text\" string)");
    place.write("pipeline.toml", pipeline);
    place.write(
        "app/source.wasm",
        wasm(&ANSWER.replace("  (func $answer (canon lift (core func $i \"answer\")))\n", "")),
    );
    place.write("more/source.wasm", wasm(&provider("demo:more/more", "f", "")));
    place.write("log/source.wasm", wasm(&log));
    let world = "package demo:app;\n\nworld app {\n  import demo:log/log;\n  import demo:more/more;\n  \
                 export answer: func() -> u32;\n  export other: func() -> u32;\n}\n";
    place.write("wit/app.wit", world);
    place.write(
        "wit/deps/log.wit",
        "package demo:log;\n\ninterface log {\n  log: func(text: string);\n}\n",
    );
    place.write("wit/deps/more.wit", "package demo:more;\n\ninterface more {\n  f: func();\n}\n");
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
    assert_data_eq!(found.stderr, str![[r#"
     warning wit/deps/more.wit:1: nothing uses package `demo:more`
             help: the patch on standard output removes it
       error wit/app.wit:5: the export `answer` of component `app` is not what its world says: result: the component has u32, the WIT string
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:6: component `app` lacks the export `later` of its world
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:3: the import `demo:log/log` of component `app` is not what its world says: function "log" → parameter 1: the component has string, the WIT list<string>
             help: if the WIT changed since the last build, build again: `poly build`
       error wit/app.wit:3: component `app` imports `demo:more/more`, which its world does not name
             help: add `import demo:more/more;` to the world, or build the component without
     warning wit/app.wit:3: component `app` exports `other`, which its world does not name
             help: add `export other;` to the world, or build the component without
     checked 4 wrong, 2 worth knowing

"#]]);

    // What is offered is a patch that applies.
    let patch = place.finish_raw(&mut place.poly(&["wit", "check"]));
    assert!(patch.contains("wit/deps/more.wit"), "{patch}");
    fs::write(place.root.join("fix.patch"), &patch).expect("writable");
    let mut git = Command::new("git");
    let applied = git.args(["apply", "fix.patch"]).current_dir(&place.root).output().expect("git");
    assert!(applied.status.success(), "{}", String::from_utf8_lossy(&applied.stderr));
    assert!(!place.root.join("wit/deps/more.wit").exists());
    assert_eq!(place.run(&["wit", "check"]).code, 1, "what only a person can mend is still there");
}

/// A server that says the same to everybody who asks for a path, and else that it is not there.
fn serve(answers: Vec<(&'static str, String)>) -> String {
    let socket = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = socket.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        for stream in socket.incoming() {
            let Ok(mut stream) = stream else { continue };
            let mut request = String::new();
            let _ = BufReader::new(&stream).read_line(&mut request);
            let path = request.split(' ').nth(1).unwrap_or_default();
            let found = answers.iter().find(|(prefix, _)| path.starts_with(prefix));
            let answer =
                found.map_or("404 Not Found\r\ncontent-length: 0\r\n\r\n", |(_, text)| text);
            let _ = write!(stream, "HTTP/1.1 {answer}");
        }
    });
    address
}

#[test]
fn a_registry_may_say_that_its_packages_are_elsewhere() {
    let (registry, place) = published();
    let home = format!(
        "{{\"preferredProtocol\":\"oci\",\"oci\":{{\"registry\":\"{}\",\"namespacePrefix\":\"packages/\"}}}}",
        registry.address
    );
    let answer = format!("200 OK\r\ncontent-length: {}\r\n\r\n{home}", home.len());
    let address = serve(vec![("/.well-known/wasm-pkg/registry.json", answer)]);
    let dependency = "\"demo:logging\" = \"0.1.0\"";
    place.write("pipeline.toml", manifest(&format!("http://{address}"), dependency));
    place.run(&["wit", "deps"]).expect(0);
    assert!(place.root.join("wit/deps/demo_levels-0.2.0/package.wit").exists());
}

#[test]
fn a_registry_that_wants_to_know_who_asks_is_told_apart() {
    let answer = "401 Unauthorized\r\ncontent-length: 0\r\n\r\n".to_owned();
    let broken = "500 Oh No\r\ncontent-length: 0\r\n\r\n".to_owned();
    let mut all = String::new();
    for answer in [answer, broken] {
        let address = serve(vec![("/v2/", answer)]);
        let place = pipeline(&format!("http://{address}"));
        let ran = place.run(&["wit", "deps"]).expect(2);
        all += &ran.stderr.replace(&address, "[REGISTRY]");
    }
    assert_data_eq!(
        all,
        str![[r#"
error: the registry `http://[REGISTRY]` does not let everybody read `demo:logging@0.1.0`
  help: poly asks without credentials: fetch the package by other means, and name its directory as `path`
error: the registry `http://[REGISTRY]` gives no proper answer about `demo:logging@0.1.0`
  ╰─▶ Server error: url http://[REGISTRY]/v2/demo/logging/manifests/0.1.0, code: 500, message:

"#]]
    );
}

#[test]
fn machines_are_told_the_same() {
    let (registry, place) = published();
    let ran = place.run(&["--json", "wit", "deps"]).expect(0);
    assert_data_eq!(
        blot(&ran.stdout, &registry),
        str![[r#"
{"event":"fetched","what":"demo:logging@0.1.0 from registry `http://[REGISTRY]/packages`"}
{"event":"fetched","what":"demo:levels@0.2.0 from registry `http://[REGISTRY]/packages`"}
{"event":"wrote","what":"wit/deps/demo_levels-0.2.0"}
{"event":"wrote","what":"wit/deps/demo_logging-0.1.0"}
{"event":"locked","what":"poly.lock, 2 in it"}
{"digest":"sha256:[DIGEST]","event":"package","name":"demo:levels","registry":"http://[REGISTRY]/packages","text":"sha256:[DIGEST]","version":"0.2.0"}
{"digest":"sha256:[DIGEST]","event":"package","name":"demo:logging","registry":"http://[REGISTRY]/packages","text":"sha256:[DIGEST]","version":"0.1.0"}

"#]]
    );
}

/// Text without what differs from run to run, or with the version of a library.
fn blot(text: &str, registry: &Registry) -> String {
    let text = text.replace(&registry.address, "[REGISTRY]");
    let mut parts = text.split("sha256:");
    let mut blotted = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        blotted += "sha256:[DIGEST]";
        blotted += part.get(64..).unwrap_or_default();
    }
    blotted
}
