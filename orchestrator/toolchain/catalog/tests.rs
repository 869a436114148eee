use super::super::definition::Way;
use super::super::template::Template;
use super::*;

#[test]
fn every_embedded_toolchain_is_valid_and_can_be_tried() {
    let catalog = Catalog::embedded();
    let names: Vec<&str> = catalog.names().collect();
    assert_eq!(
        names,
        ["cargo", "cargo-component", "componentize-py", "componentize-py-pip", "tinygo"]
    );
    let told: Vec<&str> = catalog.iter().map(|toolchain| &*toolchain.name).collect();
    assert_eq!(told, names, "each is in a file of its name");
    for toolchain in catalog.iter() {
        assert!(toolchain.self_test.is_some(), "{}", toolchain.name);
        for tool in toolchain.tools.values() {
            let version = tool.install_version.as_ref().map(|version| version.parse().unwrap());
            assert!(
                version.is_none_or(|version| tool.accept.matches(&version)),
                "{}: poly would install a `{}` that it refuses",
                toolchain.name,
                tool.name
            );
            let last = tool.installs.last();
            assert!(!matches!(last, Some(Way::RustupTarget { .. })), "{}", tool.name);
        }
    }
}

/// Without the lock file's versions, the registry of the day would decide what is built, and
/// the key would not tell.
#[test]
fn cargo_is_held_to_the_lock_file() {
    let catalog = Catalog::embedded();
    for name in ["cargo", "cargo-component"] {
        let toolchain = catalog.get(name).unwrap();
        let steps = toolchain.steps(crate::manifest::Profile::Release);
        let mut arguments = steps[0].run.iter().map(Template::text);
        assert!(arguments.any(|argument| argument == "--locked"), "{name}");
        assert!(toolchain.self_test.as_ref().unwrap().files.contains_key("Cargo.lock"), "{name}");
        // In the words of cargo 1.95.
        let said = "error: cannot create the lock file /copy/Cargo.lock because --locked was passed to prevent this";
        assert!(steps[0].hint(said).unwrap().contains("`cargo fetch`"), "{name}");
    }
}

/// The libraries there have names that another one of them uses for its own.
#[test]
fn tinygo_has_a_cache_that_no_other_one_has() {
    let catalog = Catalog::embedded();
    let set = &catalog.get("tinygo").unwrap().environment.set;
    assert_eq!(set["XDG_CACHE_HOME"].text(), "{cache:tinygo}");
}

const MINIMAL: &str = "
name = 'tinygo'
about = 'a stand-in'
language = 'go'
produces = 'module'
reproducible = true
inputs = []
[tool.tinygo]
accept = '*'
install-version = '1.0.0'
[[tool.tinygo.install]]
way = 'script'
script = 'own.sh'
[[step]]
name = 'compile'
run = ['{tool:tinygo}']
";

#[test]
fn a_directory_overrides_and_brings_its_scripts() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("install")).unwrap();
    std::fs::write(directory.path().join("install/own.sh"), "echo own").unwrap();
    std::fs::write(directory.path().join("mine.toml"), MINIMAL).unwrap();
    let other = MINIMAL.replace("'tinygo'\nabout", "'other'\nabout").replace("own.sh", "tinygo.sh");
    std::fs::write(directory.path().join("other.toml"), other).unwrap();
    std::fs::write(directory.path().join("README.md"), "not a toolchain").unwrap();

    let catalog = Catalog::embedded().with_directory(directory.path()).unwrap();

    assert_eq!(catalog.get("tinygo").unwrap().about, "a stand-in");
    let install = &catalog.get("tinygo").unwrap().tools["tinygo"].installs[0];
    assert!(matches!(install, Way::Script { text, .. } if text == "echo own"));
    assert!(catalog.get("other").is_some(), "a script of poly's own is found as well");
    assert!(catalog.get("cargo").is_some());
}

#[test]
fn a_fault_in_a_directory_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("mine.toml");
    std::fs::write(&path, MINIMAL).unwrap();
    let error = Catalog::embedded().with_directory(directory.path()).unwrap_err();
    let ToolchainError::Invalid(error) = error else { panic!("{error}") };
    assert_eq!(error.source_code.name(), path.to_str().unwrap());
    assert_eq!(error.message, "there is no script `own.sh`");

    std::fs::write(&path, [0xff, 0xfe]).unwrap();
    let error = Catalog::embedded().with_directory(directory.path()).unwrap_err();
    assert!(matches!(error, ToolchainError::Unreadable { path: at, .. } if at == path));
}

#[test]
fn a_directory_that_is_not_there_has_none() {
    let catalog = Catalog::embedded().with_directory(Path::new("/nowhere/toolchains")).unwrap();
    assert_eq!(catalog.names().count(), 5);
}

#[test]
fn a_script_lies_in_its_directory() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("outside.sh"), "").unwrap();
    assert_eq!(script_beside(directory.path(), "../outside.sh"), None);
    assert_eq!(script_beside(directory.path(), "/etc/passwd"), None);
}
