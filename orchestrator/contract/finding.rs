//! What does not fit among the WIT of a pipeline and its components, and what would mend it.

use std::fmt;

use serde::Serialize;

use super::unified;

/// One thing that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is.
    pub problem: Problem,
    /// Where to look.
    pub place: Place,
    /// What would mend it, file by file; nothing if a person has to choose.
    pub fix: Vec<Fix>,
}

/// A file, and a line of it (from 1) where one is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The file or directory, relative to the manifest.
    pub file: String,
    /// The line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
}

/// A file before and after; nothing on one side means that there is no file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// The file, relative to the manifest.
    pub file: String,
    /// What stands there.
    pub before: Option<String>,
    /// What should stand there.
    pub after: Option<String>,
}

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// A package is twice in one WIT directory, so that nothing there can be resolved.
    Twice {
        /// The package.
        package: String,
        /// Where it is as well.
        other: Place,
        /// In what the two differ, if they do.
        differences: Vec<String>,
    },
    /// Two WIT directories have a package of the same name and version with other contents.
    Differs {
        /// The package.
        package: String,
        /// Where it is as well.
        other: Place,
        /// In what.
        differences: Vec<String>,
    },
    /// A package below `deps/` that nothing uses.
    Unused {
        /// The package.
        package: String,
        /// Whether the manifest asks for it.
        is_dependency: bool,
    },
    /// A package that `poly wit deps` wrote is no longer what was written.
    Changed {
        /// The package.
        package: String,
    },
    /// A component lacks what its world exports.
    Lacks {
        /// The component.
        component: String,
        /// The export.
        export: String,
    },
    /// An import or export of a component is not what its world says.
    OtherType {
        /// The component.
        component: String,
        /// `import` or `export`.
        direction: &'static str,
        /// The name.
        name: String,
        /// The way to the difference, from outside in.
        path: Vec<String>,
        /// What the component has there.
        component_has: String,
        /// What the WIT has there.
        wit_has: String,
    },
    /// A component imports or exports what its world does not name.
    Beyond {
        /// The component.
        component: String,
        /// `import` or `export`.
        direction: &'static str,
        /// The name.
        name: String,
    },
    /// The components do not fit together.
    Unlinked {
        /// Which of them, and why.
        reason: String,
        /// What to do about it.
        help: String,
    },
}

impl Finding {
    /// Whether it is wrong, and not merely worth knowing.
    pub fn is_error(&self) -> bool {
        match &self.problem {
            Problem::Unused { .. } => false,
            // More exports than promised do no harm; an import that nobody promised is unmet.
            Problem::Beyond { direction, .. } => *direction == "import",
            _ => true,
        }
    }

    /// The kind of problem, in a word for machines.
    pub fn kind(&self) -> &'static str {
        match &self.problem {
            Problem::Twice { .. } => "twice",
            Problem::Differs { .. } => "differs",
            Problem::Unused { .. } => "unused",
            Problem::Changed { .. } => "changed",
            Problem::Lacks { .. } => "lacks",
            Problem::OtherType { .. } => "other-type",
            Problem::Beyond { .. } => "beyond",
            Problem::Unlinked { .. } => "unlinked",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> String {
        let patch = "the patch on standard output";
        match &self.problem {
            Problem::Twice { .. } if !self.fix.is_empty() => format!("{patch} removes this one"),
            Problem::Differs { .. } if !self.fix.is_empty() => {
                format!("{patch} makes this one the same")
            }
            Problem::Twice { .. } => "choose one, and remove the other".to_owned(),
            Problem::Differs { .. } => {
                "make them the same, or give one of them another version".to_owned()
            }
            Problem::Unused { is_dependency: true, package } => {
                format!("use it, or take `{package}` out of `[wit-dependencies]`")
            }
            Problem::Unused { .. } => format!("{patch} removes it"),
            Problem::Changed { .. } => {
                "`poly wit deps` shows the change; with `--write` it takes it back".to_owned()
            }
            Problem::Lacks { .. } | Problem::OtherType { .. } => {
                "if the WIT changed since the last build, build again: `poly build`".to_owned()
            }
            Problem::Unlinked { help, .. } => help.clone(),
            Problem::Beyond { .. } => {
                "name it in the world, or build the component without it".to_owned()
            }
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.file)?;
        self.line.map_or(Ok(()), |line| write!(out, ":{line}"))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |out: &mut fmt::Formatter<'_>, differences: &[String]| {
            differences.iter().try_for_each(|line| write!(out, "\n  {line}"))
        };
        match self {
            Self::Twice { package, other, differences } if differences.is_empty() => {
                write!(out, "package `{package}` is here and, the same, in `{other}`")
            }
            Self::Twice { package, other, differences } => {
                write!(out, "package `{package}` is here and, otherwise, in `{other}`")?;
                list(out, differences)
            }
            Self::Differs { package, other, differences } => {
                write!(out, "package `{package}` is not here what it is in `{other}`")?;
                list(out, differences)
            }
            Self::Unused { package, .. } => write!(out, "nothing uses package `{package}`"),
            Self::Changed { package } => {
                write!(out, "package `{package}` is not what poly.lock says")
            }
            Self::Lacks { component, export } => {
                write!(out, "component `{component}` lacks the export `{export}` of its world")
            }
            Self::OtherType { component, direction, name, path, component_has, wit_has } => {
                write!(
                    out,
                    "the {direction} `{name}` of component `{component}` is not what its world says: "
                )?;
                if !path.is_empty() {
                    write!(out, "{}: ", path.join(" → "))?;
                }
                write!(out, "the component has {component_has}, the WIT {wit_has}")
            }
            Self::Unlinked { reason, .. } => out.write_str(reason),
            Self::Beyond { component, direction, name } => {
                write!(
                    out,
                    "component `{component}` {direction}s `{name}`, which its world does not name"
                )
            }
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.place, self.problem)
    }
}

/// All that would mend `findings`, as one patch; each file once.
pub fn patch(findings: &[Finding]) -> String {
    let mut fixes: Vec<&Fix> = Vec::new();
    for fix in findings.iter().flat_map(|finding| &finding.fix) {
        if !fixes.iter().any(|other| other.file == fix.file) {
            fixes.push(fix);
        }
    }
    let diff = |fix: &&Fix| unified(&fix.file, fix.before.as_deref(), fix.after.as_deref());
    fixes.iter().map(diff).collect()
}
