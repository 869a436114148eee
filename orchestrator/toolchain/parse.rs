//! From a toolchain's text to a [`Toolchain`] in which every name points at something.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Component, Path};

use globset::GlobBuilder;
use indexmap::IndexMap;
use toml::Spanned;

use super::definition::{Environment, Flags, Search, SelfTest, Step, Tool, Toolchain};
use super::error::{Fault, ToolchainError};
use super::file::{EnvironmentFile, FlagsFile, StepFile, Text, ToolFile, ToolchainFile};
use super::syntax;
use super::template::{Placeholder, Template};
use super::way;
use crate::nearest::nearest;

/// The text of an install script, by its file name.
pub(super) type Scripts<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Reads a toolchain's file. `name` is what diagnostics call it.
pub(super) fn toolchain(
    name: &str,
    text: &str,
    scripts: Scripts<'_>,
) -> Result<Toolchain, ToolchainError> {
    toml::from_str::<ToolchainFile>(text)
        .map_err(|error| syntax::fault(&error, text))
        .and_then(|file| Parser { text, scripts }.toolchain(file))
        .map_err(|fault| fault.within(name, text))
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) scripts: Scripts<'a>,
}

impl Parser<'_> {
    fn toolchain(&self, file: ToolchainFile) -> Result<Toolchain, Fault> {
        let name = file.name.get_ref();
        let letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        if name.is_empty() || !name.chars().all(letter) {
            return Err(Fault::at(file.name.span(), format!("`{name}` is no name"), "here")
                .help("use lower-case letters, digits and `-`"));
        }
        let mut toolchain = Toolchain {
            name: file.name.into_inner(),
            about: file.about,
            language: file.language,
            produces: file.produces,
            reproducible: file.reproducible,
            varies: file.varies,
            debug_varies: file.debug_varies,
            inputs: globs(file.inputs)?,
            exclude: globs(file.exclude)?,
            sources: file.sources,
            settings: self.of_user("a settings file", &file.settings)?,
            tools: self.tools(file.tool)?,
            environment: Environment::default(),
            options: file.options.into_iter().collect(),
            files: paths(file.files)?,
            generate: paths(file.generate)?,
            steps: Vec::new(),
            flags: BTreeMap::new(),
            output: self.template(&file.output.path)?,
            self_test: None,
        };
        self.closed(&toolchain, &toolchain.output, &file.output.path)?;
        toolchain.environment = self.environment(&toolchain, file.environment)?;
        toolchain.flags = self.flags(&toolchain, file.flags)?;
        toolchain.steps = self.steps(&toolchain, file.step)?;
        if let Some(test) = file.self_test {
            let options = test.options.into_iter();
            let options = options
                .map(|(option, value)| {
                    known("option", &option, toolchain.options.keys())?;
                    Ok((option.into_inner(), value))
                })
                .collect::<Result<_, _>>()?;
            toolchain.self_test = Some(SelfTest { files: paths(test.files)?, options });
        }
        Ok(toolchain)
    }

    fn tools(&self, files: IndexMap<Text, ToolFile>) -> Result<IndexMap<String, Tool>, Fault> {
        let mut tools = IndexMap::new();
        for (name, file) in files {
            let tool = self.tool(name.get_ref(), file, &tools)?;
            tools.insert(name.into_inner(), tool);
        }
        Ok(tools)
    }

    fn tool(
        &self,
        name: &str,
        file: ToolFile,
        before: &IndexMap<String, Tool>,
    ) -> Result<Tool, Fault> {
        let accept = file.accept.get_ref();
        let accept = accept.parse().map_err(|error| {
            let message = format!("`{accept}` is no requirement of versions: {error}");
            Fault::at(file.accept.span(), message, "here").help("such as `>=1.2, <2`")
        })?;
        if let Some(from) = &file.from {
            known("tool before this one", from, before.keys())?;
        }
        let version = file.install_version.as_deref();
        let ways = file.install.into_iter();
        Ok(Tool {
            name: name.to_owned(),
            find: if file.find.is_empty() { vec![name.to_owned()] } else { file.find },
            version: file.version.unwrap_or_else(|| vec!["--version".to_owned()]),
            accept,
            installs: ways.map(|file| way::way(self, file, version)).collect::<Result<_, _>>()?,
            install_version: file.install_version,
            otherwise: file.otherwise,
            resolve: file.resolve,
            from: file.from.map(Spanned::into_inner),
            variants: file.variant,
            witness: self.of_user("a witness", &file.witness)?,
            identity: globs(file.identity)?,
            search: Search::default(),
        })
    }

    /// Paths that are looked at outside of a build.
    fn of_user(&self, what: &str, texts: &[Text]) -> Result<Vec<Template>, Fault> {
        let mut templates = Vec::new();
        for text in texts {
            let template = self.template(text)?;
            if !template.placeholders().all(Placeholder::is_of_user) {
                let message = format!(
                    "{what} may use no placeholder but `{{home}}`, `{{cargo-home}}`, \
                     `{{rustup-home}}` and `{{config-home}}`"
                );
                return Err(Fault::at(text.span(), message, "here"));
            }
            templates.push(template);
        }
        Ok(templates)
    }

    fn environment(
        &self,
        toolchain: &Toolchain,
        file: EnvironmentFile,
    ) -> Result<Environment, Fault> {
        let mut set = BTreeMap::new();
        for (name, text) in file.set {
            let template = self.template(&text)?;
            self.closed(toolchain, &template, &text)?;
            set.insert(name, template);
        }
        Ok(Environment { hash: file.hash, pass: file.pass, set })
    }

    fn flags(
        &self,
        toolchain: &Toolchain,
        file: FlagsFile,
    ) -> Result<BTreeMap<String, Flags>, Fault> {
        for (one, other, profile) in
            [(&file.release, &file.debug, "debug"), (&file.debug, &file.release, "release")]
        {
            if let Some(name) = one.keys().find(|name| !other.contains_key(*name)) {
                let message = format!("`{}` is not in `[flags.{profile}]`", name.get_ref());
                return Err(Fault::at(name.span(), message, "only here")
                    .help("a list that is empty for one profile is written `[]`"));
            }
        }
        let mut flags = BTreeMap::<String, Flags>::new();
        for (name, texts) in file.release {
            flags.entry(name.into_inner()).or_default().release = self.list(toolchain, &texts)?;
        }
        for (name, texts) in file.debug {
            flags.entry(name.into_inner()).or_default().debug = self.list(toolchain, &texts)?;
        }
        Ok(flags)
    }

    /// A list of flags, which holds no list of flags.
    fn list(&self, toolchain: &Toolchain, texts: &[Text]) -> Result<Vec<Template>, Fault> {
        let mut templates = Vec::new();
        for text in texts {
            let template = self.template(text)?;
            self.closed(toolchain, &template, text)?;
            templates.push(template);
        }
        Ok(templates)
    }

    fn steps(&self, toolchain: &Toolchain, files: Vec<StepFile>) -> Result<Vec<Step>, Fault> {
        let mut steps = Vec::new();
        for file in files {
            let span = file.run.span();
            let mut run = Vec::new();
            for text in file.run.get_ref() {
                let template = self.template(text)?;
                for placeholder in template.placeholders() {
                    self.resolves(toolchain, placeholder, text)?;
                }
                run.push(template);
            }
            let first = run.first().and_then(|template| template.placeholders().next());
            if !matches!(first, Some(Placeholder::Tool(_))) {
                let message = format!("step `{}` does not start with a tool", file.name);
                return Err(Fault::at(span, message, "here").help(
                    "the first of `run` is `{tool:NAME}`: what a step starts is part of its key",
                ));
            }
            steps.push(Step { name: file.name, run, hints: file.hints });
        }
        Ok(steps)
    }

    /// A template, or a fault at the very placeholder.
    fn template(&self, text: &Text) -> Result<Template, Fault> {
        Template::parse(text.get_ref()).map_err(|error| Fault {
            at: self.within(text, error.at),
            message: error.message,
            label: "here".to_owned(),
            help: error.help,
        })
    }

    /// Where a part of a string is in the file: exactly, if the string has no escapes.
    fn within(&self, text: &Text, part: Range<usize>) -> Range<usize> {
        let span = text.span();
        let inside = self.text.get(span.start + 1..).unwrap_or_default();
        if !inside.starts_with(text.get_ref().as_str()) {
            return span;
        }
        span.start + 1 + part.start..span.start + 1 + part.end
    }

    /// That a template outside the steps points only at what is there, and is one text.
    fn closed(&self, toolchain: &Toolchain, template: &Template, text: &Text) -> Result<(), Fault> {
        for placeholder in template.placeholders() {
            if let Placeholder::Flags(_) = placeholder {
                let message = "`{flags:NAME}` stands for several arguments, not for one text";
                return Err(Fault::at(text.span(), message, "here")
                    .help("it may be used in the `run` of a step"));
            }
            self.resolves(toolchain, placeholder, text)?;
        }
        Ok(())
    }

    fn resolves(
        &self,
        toolchain: &Toolchain,
        placeholder: &Placeholder,
        text: &Text,
    ) -> Result<(), Fault> {
        let name = |name: &String| {
            let start = text.get_ref().find(&format!(":{name}}}")).map_or(0, |index| index + 1);
            Spanned::new(self.within(text, start..start + name.len()), name.clone())
        };
        match placeholder {
            Placeholder::Tool(tool) | Placeholder::Prefix(tool) | Placeholder::Cache(tool) => {
                known("tool", &name(tool), toolchain.tools.keys())
            }
            Placeholder::Variant(tool) => {
                let tools = toolchain.tools.values().filter(|tool| !tool.variants.is_empty());
                known("tool with variants", &name(tool), tools.map(|tool| &tool.name))
            }
            Placeholder::Option(option) => known("option", &name(option), toolchain.options.keys()),
            Placeholder::Flags(flags) => {
                known("list of flags", &name(flags), toolchain.flags.keys())
            }
            _ => Ok(()),
        }
    }
}

/// That a name is among those that are known.
fn known<'a>(
    kind: &str,
    name: &Text,
    known: impl Iterator<Item = &'a String> + Clone,
) -> Result<(), Fault> {
    let written = name.get_ref();
    let known: Vec<&str> = known.map(String::as_str).collect();
    if known.contains(&written.as_str()) {
        return Ok(());
    }
    let fault = Fault::at(name.span(), format!("there is no {kind} `{written}`"), "here");
    Err(match nearest(written, known.iter().copied()) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None if known.is_empty() => fault,
        None => fault.help(format!("there is: `{}`", known.join("`, `"))),
    })
}

/// Globs that are well formed.
fn globs(texts: Vec<Text>) -> Result<Vec<String>, Fault> {
    let checked = texts.into_iter().map(|text| {
        GlobBuilder::new(text.get_ref()).literal_separator(true).build().map_err(|error| {
            let message = format!("`{}` is no glob: {}", text.get_ref(), error.kind());
            Fault::at(text.span(), message, "here")
        })?;
        Ok(text.into_inner())
    });
    checked.collect()
}

/// What is to be at paths, each of which must lie below the component.
fn paths<M: FromIterator<(String, T)>, T>(files: IndexMap<Text, T>) -> Result<M, Fault> {
    let checked = files.into_iter().map(|(path, file)| {
        let mut components = Path::new(path.get_ref()).components();
        if path.get_ref().is_empty() || !components.all(|c| matches!(c, Component::Normal(_))) {
            let message = format!("`{}` is no path below the component", path.get_ref());
            return Err(Fault::at(path.span(), message, "here"));
        }
        Ok((path.into_inner(), file))
    });
    checked.collect()
}

#[cfg(test)]
#[path = "parse/tests.rs"]
mod tests;
