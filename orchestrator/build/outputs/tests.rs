use super::*;

fn publish(outputs: &mut Outputs, at: &str, name: &str) -> Result<(), OutputError> {
    let artifact = Artifact { digest: Digest::of(name.as_bytes()), size: name.len() as u64 };
    let is = |path: &Path| Digest::of_file(path).is_ok_and(|found| found == artifact.digest);
    outputs.publish(at, name, &artifact, is, || {
        Ok::<_, OutputError>(Arc::new(name.as_bytes().to_vec()))
    })
}

fn build(root: &Path, outputs: &[(&str, &str)]) {
    let mut left = Outputs::open(root, WORK_DIRECTORY).unwrap();
    for (at, name) in outputs {
        publish(&mut left, at, name).unwrap();
    }
    left.finish().unwrap();
}

#[test]
fn what_is_not_made_any_more_is_gone() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    build(root, &[("target/poly", "one"), ("dist/deep", "two"), ("dist", "three")]);
    fs::write(root.join("dist/mine"), "a person's own").unwrap();
    fs::write(root.join("dist/three"), "changed by a person").unwrap();

    build(root, &[("target/poly", "four")]);
    let there = |name: &str| root.join(name).exists();
    assert!(there("target/poly/four") && there("dist/mine") && there("dist/three"));
    assert!(!there("target/poly/one") && !there("dist/deep/two"));

    build(root, &[("dist", "one")]);
    let removed = clean(root).unwrap();
    assert_eq!(removed, [root.join("dist/one"), root.join(WORK_DIRECTORY)]);
    assert!(!there("dist/one") && !there("target/poly") && there("target") && there("dist/mine"));
    assert_eq!(clean(root).unwrap(), Vec::<PathBuf>::new());
}

/// Once, the second removed what the first had left.
#[test]
fn each_manifest_has_a_list_of_its_own() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let second = &format!("{WORK_DIRECTORY}/{MANIFESTS}/second.toml");
    build(root, &[("dist", "one")]);
    let mut left = Outputs::open(root, second).unwrap();
    publish(&mut left, "dist", "two").unwrap();
    left.finish().unwrap();
    build(root, &[("dist", "three")]);
    let there = |name: &str| root.join(name).exists();
    assert!(!there("dist/one") && there("dist/two") && there("dist/three"));
    clean(root).unwrap();
    assert!(!there("dist/two") && !there("dist/three") && !there(WORK_DIRECTORY));
}

#[test]
fn a_remedy_for_a_link_helps() {
    let top = tempfile::tempdir().unwrap();
    let root = &top.path().join("pipeline");
    fs::create_dir(root).unwrap();
    for link in ["dist", "target"] {
        std::os::unix::fs::symlink(top.path(), root.join(link)).unwrap();
    }
    let help = |relative| directory(root, relative).unwrap_err().help().unwrap().to_string();
    let there = "poly writes nothing outside: put a directory there";
    let or = "or name another one with `output` under `[pipeline]`";
    assert_eq!(help("dist"), format!("{there}, {or}"));
    let own = format!("{there}; `target/poly` is poly's own, whatever `output` says");
    assert_eq!(help(WORK_DIRECTORY), own);
}

#[test]
fn no_link_is_followed_out_of_the_pipeline() {
    let (top, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let root = &top.path().join("pipeline");
    fs::create_dir(root).unwrap();
    let link = |to: &Path, name: &str| std::os::unix::fs::symlink(to, root.join(name)).unwrap();
    fs::write(outside.path().join("one"), "precious").unwrap();
    fs::create_dir_all(root.join("within")).unwrap();

    link(outside.path(), "dist");
    link(Path::new("within"), "bin");
    link(Path::new("nowhere"), "dangling");
    let mut outputs = Outputs::open(root, WORK_DIRECTORY).unwrap();
    for refused in ["dist", "dist/below", "bin/../dist", "dangling"] {
        let error = publish(&mut outputs, refused, "one").unwrap_err();
        assert!(matches!(error, OutputError::Link { .. }), "{refused}: {error}");
    }
    publish(&mut outputs, "bin", "one").unwrap();
    assert!(root.join("within/one").is_file());

    // A list that names what lies outside.
    fs::write(root.join("../precious"), "one").unwrap();
    let list = root.join(WORK_DIRECTORY).join("outputs.json");
    let names = ["../precious", "/etc/one", "bin/../../precious"];
    let listed: BTreeMap<_, _> = names.map(|name| (name, Digest::of(b"one"))).into();
    fs::write(list, serde_json::to_vec(&listed).unwrap()).unwrap();
    Outputs::open(root, WORK_DIRECTORY).unwrap().finish().unwrap();
    assert!(root.join("../precious").exists() && !root.join("etc").exists());
    assert!(directory(root, "bin/../..").is_err());
    let mut outputs = Outputs::open(root, WORK_DIRECTORY).unwrap();
    publish(&mut outputs, "bin", "one").unwrap();

    // A link in the very place of an output is replaced.
    link(&outside.path().join("one"), "within/two");
    publish(&mut outputs, "within", "two").unwrap();
    outputs.finish().unwrap();
    assert!(root.join("within/two").symlink_metadata().unwrap().is_file());
    assert_eq!(fs::read(outside.path().join("one")).unwrap(), b"precious");

    fs::create_dir_all(root.join("target/poly/log/gone")).unwrap();
    link(outside.path(), "target/poly/log/linked");
    clear_logs(root, WORK_DIRECTORY, |name| name != "gone").unwrap();
    clear_logs(root, WORK_DIRECTORY, |_| false).unwrap();
    assert_eq!(fs::read_dir(root.join("target/poly/log")).unwrap().count(), 0);
    assert_eq!(fs::read(outside.path().join("one")).unwrap(), b"precious");

    fs::remove_dir_all(root.join("target")).unwrap();
    link(outside.path(), "target");
    fs::create_dir(outside.path().join("poly")).unwrap();
    assert!(matches!(Outputs::open(root, WORK_DIRECTORY), Err(OutputError::Link { .. })));
    assert!(clean(root).is_err());
    assert!(outside.path().join("poly").exists());
}
