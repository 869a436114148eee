//! A manifest together with what it names on disk: its directory, its toolchains, its WIT.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use miette::Diagnostic;
use poly_cache::{Ahead, Digest, Root};
use thiserror::Error;
use wit_parser::PackageName;

use super::inputs::prefixes;
use super::lock::read_lock;
use super::paths::state_file;
use super::state::State;
use super::wit_files::read_wit;
use crate::component::inventory::inventory;
use crate::component::wit;
use crate::lock::{Lock, LockError};
use crate::manifest::{Component, Manifest, ManifestError, PackageRef, Spanned, TOOLCHAINS};
use crate::nearest::suggestion;
use crate::toolchain::{Catalog, Toolchain, ToolchainError};

/// A pipeline on disk.
#[derive(Debug)]
pub struct Project {
    /// The manifest's directory, absolute.
    pub root: PathBuf,
    /// The manifest's file, in that directory.
    pub(super) file: String,
    /// The directory that paths of tools in the manifest are relative to: `root`, unless this is a
    /// copy of another checkout.
    pub(super) tools_from: PathBuf,
    /// The manifest.
    pub manifest: Manifest,
    /// The toolchains of poly and of the pipeline's own `toolchains/`.
    pub catalog: Catalog,
    /// The lock file beside the manifest, if there is one.
    pub lock: Option<Lock>,
    /// The WIT directories that components name, resolved, by their path in the manifest.
    wits: BTreeMap<String, WitDirectory>,
    /// The directories that several components lie in.
    shared: BTreeSet<String>,
    /// What the last build here left, read while the manifest was: for the first that asks.
    last: Mutex<Option<Ahead<Option<State>>>>,
}

/// A directory of WIT, with what it says.
#[derive(Debug)]
pub struct WitDirectory {
    /// Its files.
    pub source: wit::Source,
    /// Their digests, by their path below the manifest's directory.
    pub digests: BTreeMap<String, Digest>,
    /// What they mean.
    pub wit: wit::Wit,
}

/// Why a pipeline cannot be opened.
#[derive(Debug, Error, Diagnostic)]
pub enum ProjectError {
    /// There is no manifest.
    #[error("no pipeline here: `{}` does not exist", path.display())]
    #[diagnostic(help(
        "run poly where a `pipeline.toml` is, or name one with `--manifest FILE` or its directory with `-C DIR`"
    ))]
    NoManifest {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// A file that cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A symbolic link among WIT: what it leads to may lie anywhere.
    #[error("`{}` is a symbolic link, which poly does not follow", path.display())]
    #[diagnostic(help("put the WIT itself there, or say under `[wit-dependencies]` where it is"))]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// The manifest is wrong, or names what is not there.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Manifest(#[from] ManifestError),
    /// The lock file cannot be used.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Lock(#[from] LockError),
    /// A toolchain file of the pipeline's own is wrong.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Toolchain(#[from] ToolchainError),
    /// The WIT is wrong.
    #[error("the WIT in `{directory}` cannot be used")]
    Wit {
        /// Its directory, as the manifest names it.
        directory: String,
        /// What is wrong.
        #[source]
        #[diagnostic_source]
        source: wit::WitError,
    },
}

impl Project {
    /// Reads a manifest and checks all that it names, with poly's own toolchains.
    pub fn open(path: &Path) -> Result<Self, ProjectError> {
        Self::open_with(path, Catalog::embedded())
    }

    /// Reads a manifest and checks all that it names. The pipeline's own `toolchains/` add to
    /// those of `catalog`.
    pub fn open_with(path: &Path, catalog: Catalog) -> Result<Self, ProjectError> {
        let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let last = State::ahead(&state_file(path.parent().unwrap_or(path), &file));
        let (root, manifest) = Self::manifest_at(path)?;
        let catalog = catalog.with_directory(&root.join(TOOLCHAINS))?;
        let tools_from = root.clone();
        let shared = shared(&manifest);
        let lock = read_lock(&root)?;
        let wits = BTreeMap::new();
        let last = Mutex::new(Some(last));
        let mut project =
            Self { root, file, tools_from, manifest, catalog, lock, wits, shared, last };
        project.check_toolchains()?;
        project.wits = project.read_wits()?;
        project.check_worlds()?;
        Ok(project)
    }

    /// A copy of this pipeline in another directory, which uses the same tools.
    pub(super) fn at(&self, directory: &Path) -> Result<Self, ProjectError> {
        let copy = Self::open_with(&directory.join(&self.file), self.catalog.clone())?;
        Ok(Self { tools_from: self.tools_from.clone(), ..copy })
    }

    /// Reads a manifest alone, and says in which directory it is: for what has to do with a
    /// pipeline that may not be whole yet.
    pub fn manifest_at(path: &Path) -> Result<(PathBuf, Manifest), ProjectError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => ProjectError::NoManifest { path: path.to_owned() },
            _ => ProjectError::Read { path: path.to_owned(), source },
        })?;
        let manifest = Manifest::parse(&path.display().to_string(), &text)?;
        // Absolute, for tools run elsewhere, and what is remembered of files is shared by all.
        let path = std::path::absolute(path)
            .map_err(|source| ProjectError::Read { path: path.to_owned(), source })?;
        let root = path.parent().unwrap_or(Path::new("/")).to_owned();
        Ok((root, manifest))
    }

    /// A component and its toolchain.
    ///
    /// # Panics
    ///
    /// If the manifest has no component of that name.
    pub fn component(&self, name: &str) -> (&Component, &Toolchain) {
        let component = self.manifest.components.get(name).expect("a component of this manifest");
        let toolchain = self.catalog.get(component.toolchain.get_ref());
        (component, toolchain.expect("toolchains are checked when a project is opened"))
    }

    /// What the last build here left; `elsewhere` is what one left in another checkout.
    pub(super) fn last(&self, elsewhere: &Path) -> State {
        let read = self.last.lock().unwrap_or_else(PoisonError::into_inner).take();
        let here = read.unwrap_or_else(|| State::ahead(&state_file(&self.root, &self.file)));
        State::of(here, elsewhere)
    }

    /// Whether other components lie in the same directory.
    pub(super) fn lies_beside_others(&self, component: &Component) -> bool {
        self.shared.contains(component.path.get_ref())
    }

    /// The WIT directory of a component, its own or the pipeline's.
    pub fn wit<'p>(&'p self, component: &'p Component) -> Option<(&'p str, &'p WitDirectory)> {
        let path = self.wit_path(component)?.get_ref();
        self.wits.get(path).map(|directory| (path.as_str(), directory))
    }

    /// Each WIT directory that components name, by its path in the manifest.
    pub fn wits(&self) -> impl Iterator<Item = (&str, &WitDirectory)> {
        self.wits.iter().map(|(path, directory)| (path.as_str(), directory))
    }

    fn wit_path<'a>(&'a self, component: &'a Component) -> Option<&'a Spanned<String>> {
        component.wit.as_ref().or(self.manifest.pipeline.wit.as_ref())
    }

    fn check_toolchains(&self) -> Result<(), ManifestError> {
        let known: Vec<&str> = self.catalog.names().collect();
        let unknown = |name: &Spanned<String>| {
            self.manifest.error_at(
                name.span(),
                format!("no toolchain is called `{}`", name.get_ref()),
                "not known",
                suggestion(name.get_ref(), known.clone(), "the toolchains are"),
            )
        };
        let mut followed = Followed::below(&self.root);
        for component in self.manifest.components.values() {
            let Some(toolchain) = self.catalog.get(component.toolchain.get_ref()) else {
                return Err(unknown(&component.toolchain));
            };
            self.check_path(&component.path, &mut followed)?;
            let options: Vec<&str> = toolchain.options.keys().map(String::as_str).collect();
            let mut given = component.options.keys();
            if let Some(option) = given.find(|name| !options.contains(&name.get_ref().as_str())) {
                return Err(self.manifest.error_at(
                    option.span(),
                    format!("toolchain `{}` has no option `{}`", toolchain.name, option.get_ref()),
                    "not known",
                    suggestion(option.get_ref(), options.clone(), "its options are"),
                ));
            }
        }
        for name in self.manifest.toolchains.keys() {
            let Some(toolchain) = self.catalog.get(name.get_ref()) else {
                return Err(unknown(name));
            };
            let tools: Vec<&str> = toolchain.tools.keys().map(String::as_str).collect();
            for tool in self.manifest.toolchains[name].tools.keys() {
                if !tools.contains(&tool.get_ref().as_str()) {
                    return Err(self.manifest.error_at(
                        tool.span(),
                        format!("toolchain `{}` uses no tool `{}`", toolchain.name, tool.get_ref()),
                        "not known",
                        suggestion(tool.get_ref(), tools.clone(), "its tools are"),
                    ));
                }
            }
        }
        Ok(())
    }

    /// Whether a path of the manifest's is a directory of the pipeline.
    fn check_path<'p>(
        &self,
        path: &'p Spanned<String>,
        followed: &mut Followed<'p>,
    ) -> Result<(), ManifestError> {
        let refused = |what: String, label: &str, help: &str| {
            Err(self.manifest.error_at(path.span(), what, label, help.to_owned()))
        };
        let Followed { root, parts } = followed;
        for part in prefixes(path.get_ref()).filter(|part| parts.insert(part)) {
            if !part.ends_with("..") && root.has_directory(part) {
                continue;
            }
            match self.root.join(part).canonicalize().ok().filter(|to| to.is_dir()) {
                None => {
                    return refused(
                        format!("there is no directory `{}`", path.get_ref()),
                        "not there",
                        "paths are relative to the manifest's directory",
                    );
                }
                Some(to) if !self.root.canonicalize().is_ok_and(|root| to.starts_with(root)) => {
                    return refused(
                        format!("`{part}` leads out of the pipeline by a symbolic link"),
                        "not within",
                        "put the directory itself there, or the manifest where both are below it",
                    );
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn read_wits(&self) -> Result<BTreeMap<String, WitDirectory>, ProjectError> {
        let mut wits = BTreeMap::new();
        let mut followed = Followed::below(&self.root);
        for component in self.manifest.components.values() {
            let Some(path) = self.wit_path(component) else { continue };
            if wits.contains_key(path.get_ref()) {
                continue;
            }
            self.check_path(path, &mut followed)?;
            let source = read_wit(&self.root.join(path.get_ref()))?;
            self.check_fetched(path.get_ref(), &source)?;
            let wit = wit::resolve(&source).map_err(|source| ProjectError::Wit {
                directory: path.get_ref().clone(),
                source,
            })?;
            let digest = |(file, text): (&String, &String)| {
                (format!("{}/{file}", path.get_ref()), Digest::of(text.as_bytes()))
            };
            let digests = source.iter().map(digest).collect();
            wits.insert(path.get_ref().clone(), WitDirectory { source, digests, wit });
        }
        Ok(wits)
    }

    /// Whether each package that comes from elsewhere lies where it is used. A build does not
    /// fetch it.
    fn check_fetched(&self, path: &str, source: &wit::Source) -> Result<(), ManifestError> {
        if self.manifest.wit_dependencies.is_empty() {
            return Ok(());
        }
        // What cannot be read is told by whoever resolves it.
        let Ok(entries) = inventory(source) else { return Ok(()) };
        let defined: Vec<_> = entries.iter().flat_map(|entry| &entry.defines).collect();
        let dependency = |name: &PackageName| {
            let PackageName { namespace, name, .. } = name;
            let of = PackageRef { namespace: namespace.clone(), name: name.clone() };
            self.manifest.wit_dependencies.keys().find(move |key| *key.get_ref() == of)
        };
        for entry in &entries {
            for missing in entry.uses.iter().filter(|used| !defined.contains(used)) {
                // It is a dependency itself, or one that is uses it.
                let by = entry.defines.iter().find_map(dependency);
                let Some(key) = dependency(missing).or(by) else { continue };
                return Err(self.manifest.error_at(
                    key.span(),
                    format!("`{missing}` is used in `{path}` and is not there"),
                    "not fetched",
                    "run `poly wit deps`: a build asks no network".to_owned(),
                ));
            }
        }
        Ok(())
    }

    fn check_worlds(&self) -> Result<(), ManifestError> {
        let mut found = BTreeSet::new();
        for component in self.manifest.components.values() {
            let Some(world) = &component.world else { continue };
            let path = self.wit_path(component).map(Spanned::get_ref);
            if !found.insert((path, world.get_ref())) {
                continue;
            }
            let Some((path, directory)) = self.wit(component) else {
                return Err(self.manifest.error_at(
                    world.span(),
                    format!("world `{}` is named, but no WIT", world.get_ref()),
                    "defined where?",
                    "say `wit = \"DIRECTORY\"` here or under `[pipeline]`".to_owned(),
                ));
            };
            if directory.wit.select(world.get_ref()).is_err() {
                let worlds: Vec<&str> = directory.wit.worlds().collect();
                return Err(self.manifest.error_at(
                    world.span(),
                    format!("there is no world `{}` in `{path}`", world.get_ref()),
                    "not there",
                    suggestion(world.get_ref(), worlds, "its worlds are"),
                ));
            }
        }
        Ok(())
    }
}

/// The directories of a pipeline that were looked at: many components lie in the same one.
struct Followed<'p> {
    root: Root,
    parts: HashSet<&'p str>,
}

impl Followed<'_> {
    fn below(root: &Path) -> Self {
        Self { root: Root::open(root), parts: HashSet::new() }
    }
}

/// The directories that several components lie in.
fn shared(manifest: &Manifest) -> BTreeSet<String> {
    let mut seen = BTreeSet::new();
    let paths = manifest.components.values().map(|component| component.path.get_ref());
    paths.filter(|path| !seen.insert(*path)).cloned().collect()
}
