//! The build action of one component: what it depends on, and its steps carried out.
//!
//! The tools are found (or installed) first, for they are part of what it depends on. The
//! steps then run one after the other in a copy of the inputs, in an environment that holds
//! only what the toolchain's file lets in.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use miette::Diagnostic;
use poly_cache::Digest;
use thiserror::Error;

use super::event::Event;
use super::generate;
use super::inputs::{self, Globs, InputsError};
use super::project::Project;
use super::stage::{self, StageError};
use crate::component::core_export;
use crate::component::inspect::{self, Kind};
use crate::manifest::Component;
use crate::plan::{Fingerprint, ToolIdentity};
use crate::toolchain::environment::{self, Variables};
use crate::toolchain::{
    ExpandError, OptionError, Produces, Step, Template, Toolchain, Tools, Values, process,
    profile_name,
};

/// Why a component could not be built.
#[derive(Debug, Error, Diagnostic)]
pub enum RecipeError {
    /// Its inputs cannot be read.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Inputs(#[from] InputsError),
    /// Nothing to build.
    #[error(
        "component `{component}` has no sources: no file in `{path}` matches the inputs of toolchain `{toolchain}`"
    )]
    #[diagnostic(help("the toolchain looks for {globs}"))]
    NoInputs {
        /// The component.
        component: String,
        /// Its directory.
        path: String,
        /// Its toolchain.
        toolchain: String,
        /// What the toolchain looks for.
        globs: String,
    },
    /// They cannot be copied.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Stage(#[from] StageError),
    /// A placeholder of the toolchain's file has no value here.
    #[error("toolchain `{toolchain}` cannot build `{component}`")]
    Expand {
        /// The component.
        component: String,
        /// Its toolchain.
        toolchain: String,
        /// Which.
        #[source]
        #[diagnostic_source]
        source: ExpandError,
    },
    /// An option is missing or not known.
    #[error("component `{component}` has a wrong option")]
    Options {
        /// The component.
        component: String,
        /// Which.
        #[source]
        #[diagnostic_source]
        source: OptionError,
    },
    /// A directory or file of poly's own cannot be written.
    #[error("cannot write `{}`", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A step's process could not be started, or was interrupted.
    #[error("step `{step}` of `{component}` did not run")]
    Process {
        /// The component.
        component: String,
        /// The step.
        step: String,
        /// Why.
        #[source]
        #[diagnostic_source]
        source: process::ProcessError,
    },
    /// A step ended with an error.
    #[error("step `{step}` of `{component}` failed: {status}\n\n{output}")]
    #[diagnostic(help("it ran `{command}`\nin `{directory}`; all it wrote is in `{log}`"))]
    Failed {
        /// The component.
        component: String,
        /// The step.
        step: String,
        /// How it ended: `exit code 1`, `killed by signal 9`.
        status: String,
        /// The end of what it wrote, in its own words.
        output: String,
        /// The command, as a person can paste it.
        command: String,
        /// Where it ran.
        directory: String,
        /// Where all its output is.
        log: String,
    },
    /// All steps ended well and left nothing.
    #[error("toolchain `{toolchain}` left no output for `{component}`: {problem}")]
    #[diagnostic(help("its steps ended without an error; what they wrote is in `{log}`"))]
    Output {
        /// The component.
        component: String,
        /// Its toolchain.
        toolchain: String,
        /// Nothing at the path, more than one file, an empty one, not WebAssembly, ...
        problem: String,
        /// Where all its output is.
        log: String,
    },
}

/// One component's build action, with all that it depends on known.
pub(super) struct Recipe<'a> {
    project: &'a Project,
    name: &'a str,
    component: &'a Component,
    toolchain: &'a Toolchain,
    tools: Tools,
    steps: Vec<Step>,
    options: BTreeMap<String, String>,
    inputs: BTreeMap<String, Digest>,
    /// poly's own environment.
    process: Variables,
}

/// What the steps left, and how long they took.
pub(super) struct Product {
    pub(super) bytes: Vec<u8>,
    pub(super) tools: Duration,
}

impl<'a> Recipe<'a> {
    /// Reads the inputs of a component whose tools are there.
    pub(super) fn new(
        project: &'a Project,
        name: &'a str,
        tools: Tools,
    ) -> Result<Self, RecipeError> {
        let (component, toolchain) = project.component(name);
        let files = input_files(project, name, component, toolchain)?;
        let inputs = inputs::digests(&project.root, &files)?;
        let given = component.options.iter();
        let given = given.map(|(name, value)| (name.get_ref().clone(), value.get_ref().clone()));
        let options = toolchain
            .option_values(&given.collect())
            .map_err(|source| RecipeError::Options { component: name.to_owned(), source })?;
        Ok(Self {
            project,
            name,
            component,
            toolchain,
            tools,
            steps: toolchain.steps(component.profile),
            options,
            inputs,
            process: environment::of_process(),
        })
    }

    /// Everything that the artifact depends on.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let mut fingerprint = Fingerprint::new("build");
        fingerprint.inputs = self.inputs.clone();
        for (name, tool) in &self.tools.found {
            let identity = ToolIdentity {
                version: tool.version.clone(),
                digest: tool.digest,
                variant: tool.variant.clone(),
            };
            fingerprint.tools.insert(name.clone(), identity);
        }
        for step in &self.steps {
            fingerprint.steps.push(step.run.iter().map(|part| part.text().to_owned()).collect());
        }
        fingerprint.environment = self
            .toolchain
            .environment_of_key(&self.process, overridden(self.project, self.toolchain));
        fingerprint.settings = self.settings();
        fingerprint
    }

    fn settings(&self) -> BTreeMap<String, String> {
        let component = self.component;
        let mut settings = BTreeMap::from([
            ("name".to_owned(), self.name.to_owned()),
            ("path".to_owned(), component.path.get_ref().to_string()),
            ("profile".to_owned(), profile_name(component.profile).to_owned()),
            ("toolchain".to_owned(), self.toolchain.name.clone()),
            ("output".to_owned(), self.toolchain.output.text().to_owned()),
        ]);
        if let Some(world) = &component.world {
            settings.insert("world".to_owned(), world.get_ref().to_string());
        }
        if let Some((path, _)) = self.project.wit(component) {
            settings.insert("wit".to_owned(), path.to_owned());
        }
        for (name, value) in &self.options {
            settings.insert(format!("option {name}"), value.clone());
        }
        for (name, text) in self.added_files() {
            settings.insert(format!("file {name}"), Digest::of(text.as_bytes()).to_string());
        }
        settings
    }

    /// The files that the toolchain adds to the component's directory.
    fn added_files(&self) -> BTreeMap<String, String> {
        let world = self.component.world.as_ref().map(|world| world.get_ref().as_str());
        let exports = self
            .project
            .wit(self.component)
            .zip(world)
            .and_then(|((_, wit), world)| core_export::core_exports(&wit.wit, world).ok());
        let mut files = generate::files(self.toolchain, &exports.unwrap_or_default());
        files.extend(self.toolchain.files.clone());
        files
    }

    /// Carries the steps out in a fresh copy of the inputs.
    pub(super) fn carry_out(&self, tell: &dyn Fn(Event)) -> Result<Product, RecipeError> {
        let places = Places::of(self.project, self.name, self.component)?;
        let _alone = places.lock()?;
        let in_component = |name: String| match self.component.path.get_ref().as_str() {
            "." => name,
            path => format!("{path}/{name}"),
        };
        let added = self.added_files().into_iter();
        let added = added.map(|(name, text)| (in_component(name), text)).collect();
        stage::fill(&places.root, &self.project.root, &self.inputs, &added)?;
        let values = self.values(&places);
        let pattern =
            self.toolchain.output.expand_glob(&values).map_err(|error| self.no_value(error))?;
        clear_output(&pattern)?;

        let overrides = overridden(self.project, self.toolchain);
        let environment = self.toolchain.environment_of_steps(&self.process, overrides, &values);
        let environment = environment.map_err(|error| self.no_value(error))?;
        let mut spent = Duration::ZERO;
        for (index, step) in self.steps.iter().enumerate() {
            let argv = step.run.iter().map(|part| self.expand(part, &values));
            let argv = argv.collect::<Result<Vec<_>, _>>()?;
            let started = Instant::now();
            self.run_step(&step.name, &argv, &environment, &places, index, tell)?;
            spent += started.elapsed();
        }
        let bytes = self.read_output(&pattern, &places)?;
        Ok(Product { bytes, tools: spent })
    }

    fn run_step(
        &self,
        step: &str,
        argv: &[String],
        environment: &BTreeMap<String, String>,
        places: &Places,
        index: usize,
        tell: &dyn Fn(Event),
    ) -> Result<(), RecipeError> {
        let (program, arguments) = argv.split_first().expect("a step has a program");
        let invocation = process::Invocation {
            program: Path::new(program),
            arguments,
            directory: &places.component,
            environment,
        };
        let log = places.log(index, step);
        let finished = process::run(&invocation, Some(&log)).map_err(|source| {
            RecipeError::Process { component: self.name.to_owned(), step: step.to_owned(), source }
        })?;
        let text = String::from_utf8_lossy(&finished.output);
        if !finished.status.success() {
            return Err(RecipeError::Failed {
                component: self.name.to_owned(),
                step: step.to_owned(),
                status: finished.status.to_string(),
                output: text.trim_end().to_owned(),
                command: argv.iter().map(|part| quoted(part)).collect::<Vec<_>>().join(" "),
                directory: places.component.display().to_string(),
                log: log.display().to_string(),
            });
        }
        tell(Event::Output {
            component: self.name.to_owned(),
            step: step.to_owned(),
            text: text.into_owned(),
        });
        Ok(())
    }

    /// The one file that the toolchain's output glob names, if it is what the file promises.
    fn read_output(&self, pattern: &str, places: &Places) -> Result<Vec<u8>, RecipeError> {
        let wrong = |problem: String| RecipeError::Output {
            component: self.name.to_owned(),
            toolchain: self.toolchain.name.clone(),
            problem,
            log: places.logs.display().to_string(),
        };
        let path = match &matching_files(pattern)?[..] {
            [] => return Err(wrong(format!("there is no `{pattern}`"))),
            [one] => one.clone(),
            several => {
                let several: Vec<_> =
                    several.iter().map(|path| format!("`{}`", path.display())).collect();
                return Err(wrong(format!("`{pattern}` is several files: {}", several.join(", "))));
            }
        };
        let bytes = fs::read(&path).map_err(|source| {
            RecipeError::Inputs(InputsError::Read { path: path.clone(), source })
        })?;
        let named = path.display();
        match (inspect::kind(&bytes), self.toolchain.produces) {
            _ if bytes.is_empty() => Err(wrong(format!("`{named}` is empty"))),
            (None, _) => Err(wrong(format!("`{named}` is not WebAssembly"))),
            (Some(Kind::Module), Produces::Component) => {
                Err(wrong(format!("`{named}` is a core module where a component was promised")))
            }
            (Some(Kind::Component), Produces::Module) => {
                Err(wrong(format!("`{named}` is a component where a core module was promised")))
            }
            (Some(_), _) => Ok(bytes),
        }
    }

    fn values(&self, places: &Places) -> Values {
        let wit = self.project.wit(self.component).map(|(path, _)| places.root.join(path));
        Values {
            name: self.name.to_owned(),
            world: self.component.world.as_ref().map(|world| world.get_ref().clone()),
            wit,
            profile: self.component.profile,
            root: places.root.clone(),
            component: places.component.clone(),
            build: places.build.clone(),
            output: places.output.clone(),
            home: self.process.get("HOME").map(PathBuf::from).unwrap_or_default(),
            tools_path: self.tools.search_path(self.process.get("PATH").map(String::as_str)),
            tools: self.tools.found.clone(),
            options: self.options.clone(),
        }
    }

    fn expand(&self, template: &Template, values: &Values) -> Result<String, RecipeError> {
        template.expand(values).map_err(|error| self.no_value(error))
    }

    fn no_value(&self, source: ExpandError) -> RecipeError {
        RecipeError::Expand {
            component: self.name.to_owned(),
            toolchain: self.toolchain.name.clone(),
            source,
        }
    }
}

fn input_files(
    project: &Project,
    name: &str,
    component: &Component,
    toolchain: &Toolchain,
) -> Result<BTreeSet<String>, RecipeError> {
    let path = component.path.get_ref();
    let globs = Globs::new(
        toolchain.inputs.iter().map(String::as_str),
        toolchain.exclude.iter().map(String::as_str),
    )?;
    let mut files = inputs::files(&project.root, path, &globs)?;
    if files.is_empty() {
        let globs: Vec<_> = toolchain.inputs.iter().map(|glob| format!("`{glob}`")).collect();
        return Err(RecipeError::NoInputs {
            component: name.to_owned(),
            path: path.to_string(),
            toolchain: toolchain.name.clone(),
            globs: globs.join(", "),
        });
    }
    if let Some((path, directory)) = project.wit(component) {
        files.extend(directory.source.keys().map(|name| format!("{path}/{name}")));
    }
    if !component.inputs.is_empty() {
        let globs = Globs::new(component.inputs.iter().map(|glob| glob.get_ref().as_str()), [])?;
        files.extend(inputs::files(&project.root, ".", &globs)?);
    }
    Ok(files)
}

/// What the manifest sets in the environment of a toolchain's steps.
fn overridden<'p>(project: &'p Project, toolchain: &Toolchain) -> &'p IndexMap<String, String> {
    static NOTHING: LazyLock<IndexMap<String, String>> = LazyLock::new(IndexMap::new);
    let overrides = project.manifest.toolchains.get(toolchain.name.as_str());
    overrides.map_or(&NOTHING, |overrides| &overrides.env)
}

/// What a former build left must not pass for what this one makes.
fn clear_output(pattern: &str) -> Result<(), RecipeError> {
    for path in matching_files(pattern)? {
        fs::remove_file(&path).map_err(write_failed(&path))?;
    }
    Ok(())
}

/// The files that a path names whose last parts may be globs.
fn matching_files(pattern: &str) -> Result<Vec<PathBuf>, RecipeError> {
    let path = Path::new(pattern);
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let fixed: PathBuf = path
        .components()
        .take_while(|part| !is_glob(&part.as_os_str().to_string_lossy()))
        .collect();
    let below = path.strip_prefix(&fixed).unwrap_or(path).to_string_lossy().into_owned();
    if below.is_empty() || !fixed.is_dir() {
        return Ok(Vec::new());
    }
    let globs = Globs::new([below.as_str()], [])?;
    let names = inputs::output_files(&fixed, &globs)?;
    Ok(names.into_iter().map(|name| fixed.join(name)).collect())
}

fn is_glob(part: &str) -> bool {
    part.contains(['*', '?', '[', '{'])
}

/// An argument as a shell would take it, for people who want to run a command again.
fn quoted(argument: &str) -> String {
    let plain =
        |character: char| character.is_ascii_alphanumeric() || "-_./=:,@+%".contains(character);
    if !argument.is_empty() && argument.chars().all(plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

/// Where one component is built.
struct Places {
    /// The root of the copy.
    root: PathBuf,
    /// The component's directory in it.
    component: PathBuf,
    /// What tools keep between builds.
    build: PathBuf,
    /// Where the artifact should be written.
    output: PathBuf,
    /// What the steps wrote.
    logs: PathBuf,
    lock: PathBuf,
}

impl Places {
    fn of(project: &Project, name: &str, component: &Component) -> Result<Self, RecipeError> {
        let top = project.output().join("build").join(name);
        let make = |path: PathBuf| -> Result<PathBuf, RecipeError> {
            fs::create_dir_all(&path).map_err(write_failed(&path))?;
            Ok(path)
        };
        // Tools resolve relative paths against directories of their own.
        let top = make(top)?;
        let top = fs::canonicalize(&top).map_err(write_failed(&top))?;
        let root = make(top.join("copy"))?;
        Ok(Self {
            component: make(root.join(component.path.get_ref().as_str()).components().collect())?,
            root,
            build: make(top.join("state"))?,
            output: make(top.join("output"))?.join(format!("{name}.wasm")),
            logs: make(top.join("log"))?,
            lock: top.join("lock"),
        })
    }

    /// Two polys in one checkout take turns.
    fn lock(&self) -> Result<fs::File, RecipeError> {
        let file = fs::File::create(&self.lock).map_err(write_failed(&self.lock))?;
        file.lock().map_err(write_failed(&self.lock))?;
        Ok(file)
    }

    fn log(&self, index: usize, step: &str) -> PathBuf {
        self.logs.join(format!("{}-{step}.log", index + 1))
    }
}

fn write_failed(path: &Path) -> impl FnOnce(io::Error) -> RecipeError + '_ {
    move |source| RecipeError::Write { path: path.to_owned(), source }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_glob_finds_files_below_its_fixed_part() {
        let directory = tempfile::tempdir().unwrap();
        let top = directory.path().join("target/release");
        fs::create_dir_all(top.join("deps")).unwrap();
        fs::write(top.join("thing.wasm"), "").unwrap();
        fs::write(top.join("deps/thing.wasm"), "").unwrap();
        let find = |pattern: &str| matching_files(&format!("{}/{pattern}", top.display())).unwrap();

        assert_eq!(find("*.wasm"), [top.join("thing.wasm")]);
        assert_eq!(find("thing.wasm"), [top.join("thing.wasm")]);
        assert_eq!(find("other.wasm"), Vec::<PathBuf>::new());
        assert_eq!(find("**/*.wasm").len(), 2);
    }

    #[test]
    fn a_command_is_printed_so_that_a_shell_takes_it() {
        assert_eq!(quoted("-target=wasip1"), "-target=wasip1");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
        assert_eq!(quoted(""), "''");
    }
}
