//! What is called: the composed component, one of the pipeline's by itself, or a file.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use crate::build::{Event, Origin, Project};
use crate::check::{Call, Outcome};
use crate::commands::CommandError;
use crate::commands::context::{Context, shown};
use crate::commands::sandbox::{self, Sandbox};
use crate::component::inspect::{self, Kind};
use crate::host::{Engine, EngineOptions, Program};
use crate::nearest::suggestion;

/// Something that is called, ready for it.
pub(super) struct Side<'p> {
    pub(super) call: &'p Call,
    pub(super) subject: &'p Subject,
    /// Compiled as for `poly run`.
    pub(super) timed: &'p Sandbox<'p>,
    /// Compiled so that fuel is counted; none where `timed` is.
    pub(super) counted: Option<&'p Sandbox<'p>>,
}

impl Side<'_> {
    /// A call that did not return, after so many that did.
    pub(super) fn ended(&self, done: usize, mut outcome: Outcome) -> CommandError {
        self.timed.locate(&mut outcome);
        CommandError::BenchEnded {
            call: sandbox::short(self.call),
            to: self.subject.to_string(),
            done,
            ending: outcome.ending.to_string(),
            help: self.timed.remedy(&outcome),
        }
    }
}

/// What a call is made to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Subject {
    /// What the pipeline is composed to.
    Composed,
    /// A component of the pipeline, by itself.
    Component(String),
    /// A component that lies somewhere.
    File(PathBuf),
}

impl Subject {
    /// The component of this name, or the composed one.
    pub(super) fn named(project: &Project, name: Option<&str>) -> Result<Self, CommandError> {
        let Some(name) = name else { return Ok(Self::Composed) };
        if project.manifest.components.contains_key(name) {
            return Ok(Self::Component(name.to_owned()));
        }
        Err(CommandError::UnknownComponent {
            name: name.to_owned(),
            nearest: suggestion(name, names(project), "the components of this pipeline are"),
        })
    }

    /// What is no call: a component of the pipeline, or a file.
    pub(super) fn other(project: &Project, what: &str) -> Result<Self, CommandError> {
        let path = Path::new(what);
        if !project.manifest.components.contains_key(what) && path.is_file() {
            return Ok(Self::File(path.to_owned()));
        }
        Self::named(project, Some(what)).map_err(|_| CommandError::NothingToCompare {
            what: what.to_owned(),
            nearest: suggestion(what, names(project), "the components of this pipeline are"),
        })
    }

    /// Builds and loads it, as the limits of `project` want it compiled, and tells what was not in
    /// the cache; `to_count` if that is once more, to count fuel.
    pub(super) fn open<'p>(
        &self,
        context: &'p Context<'p>,
        project: &'p Project,
        to_count: bool,
    ) -> Result<Sandbox<'p>, CommandError> {
        let tell = |event: Event| match &event {
            Event::Begun { .. } | Event::Finished { cached: true, .. } => {}
            Event::Finished { .. } if to_count => {
                context.report.done("precompiled", "once more, to count fuel");
            }
            _ => context.report.event(&event),
        };
        match self {
            Self::Composed => {
                let built = context.drive(project, &tell, |driver| driver.build(true))?;
                Sandbox::open(context, project, &built)
            }
            Self::Component(name) => {
                let built = context.drive(project, &tell, |it| it.build_alone(&[name]))?;
                let known = project.manifest.components.get_key_value(name.as_str());
                let (component, _) = known.expect("the name of one that is there");
                Sandbox::alone(context, project, component, &built[name])
            }
            Self::File(path) => {
                let component = component_at(path)?;
                let what = format!("`{self}`");
                let code = context
                    .drive(project, &tell, |driver| driver.machine_code(&component, &what))?;
                let engine = Engine::new(&EngineOptions::of(&project.manifest))?;
                let program = Program::load(&engine, code.path())?;
                Ok(Sandbox::of(context, project, &program, Origin::File(component)))
            }
        }
    }
}

/// Where a file is, if there is a component in it.
fn component_at(path: &Path) -> Result<PathBuf, CommandError> {
    let failed =
        |doing| move |source| CommandError::System { doing, path: path.to_owned(), source };
    let bytes = fs::read(path).map_err(failed("read"))?;
    if inspect::kind(&bytes) != Some(Kind::Component) {
        return Err(CommandError::NoComponent { path: path.to_owned() });
    }
    fs::canonicalize(path).map_err(failed("find"))
}

fn names(project: &Project) -> impl Iterator<Item = &str> + Clone {
    project.manifest.components.keys().map(|name| name.get_ref().as_str())
}

impl fmt::Display for Subject {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Composed => formatter.write_str("composed"),
            Self::Component(name) => formatter.write_str(name),
            Self::File(path) => formatter.write_str(&shown(path)),
        }
    }
}
