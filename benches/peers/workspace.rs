//! The files that all peers see: N components of 20 files each.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

/// Files in a component.
pub(crate) const FILES: usize = 20;

/// How many of the components the composed one consists of: wasmparser's limit for components in
/// one is 1,000.
pub(crate) const STAGES: usize = 100;

/// A workspace on disk.
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) components: usize,
    /// `tiny`.
    pub(crate) tool: PathBuf,
    /// How long it takes for a component.
    pub(crate) take: Duration,
}

/// What `tiny` writes for each component: it returns what it is given.
pub(crate) fn template() -> Vec<u8> {
    wat::parse_str(
        r#"(component
             (core module $m (func (export "step") (param i32) (result i32) local.get 0))
             (core instance $i (instantiate $m))
             (func (export "step") (param "x" u32) (result u32)
               (canon lift (core func $i "step"))))"#,
    )
    .expect("valid text")
}

impl Workspace {
    /// The components' names, which are those of their directories in `parts/`.
    pub(crate) fn names(&self) -> impl Iterator<Item = String> {
        (0..self.components).map(|number| format!("c{number:05}"))
    }

    /// How `tiny` is called in a component's directory.
    pub(crate) fn compile(&self, out: &str) -> String {
        format!("{} compile {out} src {}", self.tool.display(), self.take.as_millis())
    }

    /// How `tiny` is called in the product's directory, `product/`.
    pub(crate) fn link(&self) -> String {
        format!("{} link out/product.wasm parts", self.tool.display())
    }

    /// Writes a file.
    pub(crate) fn file(&self, name: &str, text: &str) {
        let path = self.root.join(name);
        let directory = path.parent().expect("a file of the workspace");
        fs::create_dir_all(directory).expect("a writable temporary directory");
        fs::write(path, text).expect("a writable temporary directory");
    }

    /// Writes the sources.
    pub(crate) fn write(&self) {
        let mut parts = String::new();
        for name in self.names() {
            for file in 0..FILES {
                self.file(&format!("parts/{name}/src/f{file:02}.txt"), &source(&name, file, 0));
            }
            let _ = writeln!(parts, "../parts/{name}/out/{name}.wasm");
        }
        self.file("product/parts", &parts);
    }

    /// Changes one file in the middle, to something that it never was.
    pub(crate) fn edit(&self, round: usize) {
        let name = self.names().nth(self.components / 2).expect("there is one");
        self.file(&format!("parts/{name}/src/f07.txt"), &source(&name, 7, round + 1));
    }

    /// Takes a file or directory away, if it is there. It is not removed before the end: ext4
    /// without a journal passes over the inodes of the last minutes' removed files one by one,
    /// and those who make files next would be measured with that.
    pub(crate) fn take_away(&self, name: &str) {
        let aside = self.root.with_extension("aside");
        fs::create_dir_all(&aside).expect("a writable temporary directory");
        let place = tempfile::tempdir_in(&aside).expect("a writable temporary directory").keep();
        let taken = fs::rename(self.root.join(name), place.join("it"));
        assert!(taken.is_ok() || !self.root.join(name).exists(), "{name}: {taken:?}");
    }
}

/// About a kilobyte.
fn source(component: &str, file: usize, edition: usize) -> String {
    format!("{component}, file {file}, edition {edition}\n").repeat(32)
}
