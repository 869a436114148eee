use super::*;

/// What a lock file names, as package URLs, with digests behind them.
fn read(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    let (packages, unreadable) = packages(&files.collect());
    let packages = packages.into_iter().map(|package| {
        let hashes: Vec<String> =
            package.hashes.iter().map(|(alg, digest)| format!(" {alg} {digest}")).collect();
        let sum = package.sum.map(|sum| format!(" {sum}")).unwrap_or_default();
        format!("{}{}{sum}", package.purl, hashes.concat())
    });
    packages.chain(unreadable.iter().map(ToString::to_string)).collect()
}

#[test]
fn crates_from_registries_and_from_git_and_not_the_component_itself() {
    let text = r#"
version = 4
[[package]]
name = "greeter"
version = "0.1.0"
dependencies = ["bitflags"]
[[package]]
name = "bitflags"
version = "2.13.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "3ded"
[[package]]
name = "mine"
version = "1.0.0+x"
source = "sparse+https://crates.example.org/index/"
checksum = "00"
[[package]]
name = "other"
version = "0.1.0"
source = "git+https://example.org/other?rev=1#abc"
"#;
    assert_eq!(
        read(&[("a/Cargo.lock", text)]),
        [
            "pkg:cargo/bitflags@2.13.2 SHA-256 3ded",
            "pkg:cargo/mine@1.0.0%2Bx?repository_url=https:%2F%2Fcrates.example.org%2Findex%2F \
             SHA-256 00",
            "pkg:cargo/other@0.1.0?vcs_url=git%2Bhttps:%2F%2Fexample.org%2Fother%3Frev%3D1%23abc",
        ]
    );
}

#[test]
fn modules_that_a_go_mod_requires_with_their_sums() {
    let module = r"
module example.org/me // a comment

go 1.24

require go.bytecodealliance.org/cm v0.2.2
require (
	example.org/A/b v1.0.0 // indirect
	example.org/local v1.0.0
	example.org/old v1.0.0
)
exclude example.org/bad v0.1.0
replace (
	example.org/local => ../local
	example.org/old v1.0.0 => example.org/new v1.1.0
	example.org/old v0.9.0 => ../nothing
)
tool go.bytecodealliance.org/cmd/x
";
    let sums = "go.bytecodealliance.org/cm v0.2.2 h1:one=\n\
                go.bytecodealliance.org/cm v0.2.2/go.mod h1:two=\n\
                go.bytecodealliance.org/cm v0.2.1 h1:three=\n";
    assert_eq!(
        read(&[("a/go.mod", module), ("a/go.sum", sums), ("go.sum", "another's")]),
        [
            "pkg:golang/example.org/a/b@v1.0.0",
            "pkg:golang/example.org/new@v1.1.0",
            "pkg:golang/go.bytecodealliance.org/cm@v0.2.2 h1:one=",
        ]
    );
}

#[test]
fn packages_of_python_by_each_of_its_lock_files() {
    let requirements = "# comment\n-r other.txt\n--index-url https://example.org\n\
        Foo_Bar[extra] == 1.2.3 ; python_version > '3' \\\n    --hash=sha256:00\n\
        plain==2.0 # why\nloose>=1\nwild==1.*\n";
    assert_eq!(
        read(&[("requirements-dev.txt", requirements)]),
        ["pkg:pypi/foo-bar@1.2.3", "pkg:pypi/plain@2.0"]
    );
    let uv = "version = 1\n[[package]]\nname = 'me'\nversion = '0.1.0'\nsource = { virtual = '.' }\n\
              [[package]]\nname = 'foo'\nversion = '1.0'\nsource = { registry = 'https://e.org' }\n";
    assert_eq!(read(&[("uv.lock", uv)]), ["pkg:pypi/foo@1.0"]);
    let poetry = "[[package]]\nname = 'foo'\nversion = '1.1'\nfiles = []\n[metadata]\n";
    assert_eq!(read(&[("x/poetry.lock", poetry)]), ["pkg:pypi/foo@1.1"]);
    let pylock = "lock-version = '1.0'\n[[packages]]\nname = 'foo'\nversion = '1.2'\n\
                  [[packages]]\nname = 'me'\ndirectory = { path = '.' }\n";
    assert_eq!(read(&[("pylock.toml", pylock)]), ["pkg:pypi/foo@1.2"]);
}

#[test]
fn packages_of_npm_with_their_integrity_in_hexadecimal() {
    let text = r#"{ "name": "me", "lockfileVersion": 3, "packages": {
        "": { "name": "me", "version": "1.0.0" },
        "lib": { "name": "lib", "version": "1.0.0" },
        "node_modules/lib": { "resolved": "lib", "link": true },
        "node_modules/@a/b": { "version": "2.0.0", "integrity": "sha512-AAEC sha1-/w==" },
        "node_modules/@a/b/node_modules/c": { "version": "3.0.0" },
        "node_modules/alias": { "name": "real", "version": "4.0.0" } } }"#;
    assert_eq!(
        read(&[("package-lock.json", text)]),
        ["pkg:npm/%40a/b@2.0.0 SHA-1 ff SHA-512 000102", "pkg:npm/c@3.0.0", "pkg:npm/real@4.0.0",]
    );
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_is_read() {
    let good = "plain==2.0\n";
    let rows = [
        ("Cargo.lock", "version = ", "`Cargo.lock` cannot be read for the bill of materials: "),
        (
            "a/go.mod",
            "go 1.24\n",
            "`a/go.mod` cannot be read for the bill of materials: it names no module",
        ),
        (
            "go.mod",
            "module x\nrequire y\n",
            "`go.mod` cannot be read for the bill of materials: line 2 is not understood",
        ),
        (
            "uv.lock",
            "[[package]]\n",
            "`uv.lock` cannot be read for the bill of materials: missing field `name`",
        ),
        (
            "package-lock.json",
            r#"{ "lockfileVersion": 1, "dependencies": {} }"#,
            "`package-lock.json` cannot be read for the bill of materials: it is of an npm before 7, \
             which had no `packages` in it",
        ),
    ];
    for (path, text, said) in rows {
        let told = read(&[(path, text), ("requirements.txt", good)]);
        assert_eq!(told[0], "pkg:pypi/plain@2.0");
        assert!(told[1].starts_with(said), "{told:?}");
    }
    // Which files are looked at at all.
    assert!(is_lock_file("a/requirements-test.txt") && is_lock_file("go.sum"));
    assert!(!is_lock_file("Cargo.toml") && !is_lock_file("a/go.mod.bak"));
}
