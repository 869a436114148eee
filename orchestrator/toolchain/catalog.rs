//! All toolchains that there are: those that poly brings, and a pipeline's own.

use std::collections::BTreeMap;
use std::io;
use std::path::{Component, Path};
use std::sync::OnceLock;

use super::definition::Toolchain;
use super::error::ToolchainError;
use super::parse;

/// The toolchains that are part of poly.
const EMBEDDED: [(&str, &str); 5] = [
    ("cargo-component.toml", include_str!("../../toolchains/cargo-component.toml")),
    ("cargo.toml", include_str!("../../toolchains/cargo.toml")),
    ("componentize-py.toml", include_str!("../../toolchains/componentize-py.toml")),
    ("componentize-py-pip.toml", include_str!("../../toolchains/componentize-py-pip.toml")),
    ("tinygo.toml", include_str!("../../toolchains/tinygo.toml")),
];

/// Their install scripts.
const SCRIPTS: [(&str, &str); 2] = [
    ("rust-wasip1.sh", include_str!("../../toolchains/install/rust-wasip1.sh")),
    ("tinygo.sh", include_str!("../../toolchains/install/tinygo.sh")),
];

/// Toolchains by name.
#[derive(Debug, Clone)]
pub struct Catalog {
    toolchains: BTreeMap<String, Source>,
}

/// Where a toolchain comes from.
#[derive(Debug, Clone)]
enum Source {
    /// It is the one in this place of [`EMBEDDED`].
    Embedded(usize),
    /// A file of the pipeline's.
    Own(Box<Toolchain>),
}

/// Those of [`EMBEDDED`] that somebody has asked for: most runs need one or two.
static PARSED: [OnceLock<Toolchain>; EMBEDDED.len()] = [const { OnceLock::new() }; EMBEDDED.len()];

/// One of [`EMBEDDED`].
fn embedded(place: usize) -> &'static Toolchain {
    PARSED[place].get_or_init(|| {
        let (file, text) = EMBEDDED[place];
        parse::toolchain(&format!("toolchains/{file}"), text, &embedded_script)
            .unwrap_or_else(|error| panic!("toolchains/{file}: {error}"))
    })
}

impl Catalog {
    /// The toolchains that are part of poly, each under the name of its file.
    pub fn embedded() -> Self {
        let names = EMBEDDED.iter().map(|(file, _)| file.trim_end_matches(".toml").to_owned());
        let sources = (0..).map(Source::Embedded);
        Self { toolchains: names.zip(sources).collect() }
    }

    /// The same, with those of a directory, which come before others of the same name. A
    /// directory that is not there has none.
    pub fn with_directory(mut self, directory: &Path) -> Result<Self, ToolchainError> {
        let unreadable = |path: &Path| {
            let path = path.to_owned();
            move |source| ToolchainError::Unreadable { path, source }
        };
        let entries = match std::fs::read_dir(directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            entries => entries.map_err(unreadable(directory))?,
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry.map_err(unreadable(directory))?.path();
            if path.extension().is_some_and(|extension| extension == "toml") {
                files.push(path);
            }
        }
        // Of two files with one name inside, the same one wins on every machine.
        files.sort();
        for path in files {
            let text = std::fs::read_to_string(&path).map_err(unreadable(&path))?;
            let script = |name: &str| script_beside(directory, name);
            let toolchain = parse::toolchain(&path.display().to_string(), &text, &script)?;
            let name = toolchain.name.clone();
            self.toolchains.insert(name, Source::Own(Box::new(toolchain)));
        }
        Ok(self)
    }

    /// The toolchain of a name.
    ///
    /// # Panics
    ///
    /// If it is part of poly and invalid, which a test keeps from being released.
    pub fn get(&self, name: &str) -> Option<&Toolchain> {
        self.toolchains.get(name).map(Source::toolchain)
    }

    /// All names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.toolchains.keys().map(String::as_str)
    }

    /// All toolchains, in the order of their names.
    pub fn iter(&self) -> impl Iterator<Item = &Toolchain> {
        self.toolchains.values().map(Source::toolchain)
    }
}

impl Source {
    fn toolchain(&self) -> &Toolchain {
        match self {
            Self::Embedded(place) => embedded(*place),
            Self::Own(toolchain) => toolchain,
        }
    }
}

fn embedded_script(name: &str) -> Option<String> {
    SCRIPTS.iter().find(|(file, _)| *file == name).map(|(_, text)| (*text).to_owned())
}

/// A script of a pipeline's own, or one of poly's.
fn script_beside(directory: &Path, name: &str) -> Option<String> {
    let mut components = Path::new(name).components();
    let plain =
        matches!(components.next(), Some(Component::Normal(_))) && components.next().is_none();
    if !plain {
        return None;
    }
    std::fs::read_to_string(directory.join("install").join(name))
        .ok()
        .or_else(|| embedded_script(name))
}

#[cfg(test)]
#[path = "catalog/tests.rs"]
mod tests;
