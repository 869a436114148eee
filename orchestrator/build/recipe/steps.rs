//! The steps of a recipe, one after the other, in a copy of the inputs and in an environment
//! that holds only what the toolchain's file lets in.

use std::fs;
use std::iter;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

use super::error::StepFailure;
use super::kit::overridden;
use super::output::{clear_output, matching_files};
use super::places::{Places, write_failed};
use super::{Recipe, RecipeError};
use crate::build::event::Event;
use crate::build::inputs::InputsError;
use crate::build::stage;
use crate::component::inspect::{self, Kind};
use crate::toolchain::{ExpandError, Produces, Step, Template, Values, process};

impl Recipe<'_> {
    /// Carries the steps out in a fresh copy of the inputs, and again, as often as the manifest
    /// allows, if they fail. Returns what they left, and how long they took. The files of the copy
    /// seem to be `written` at some time, if that is said.
    pub(in crate::build) fn carry_out(
        &self,
        tell: &dyn Fn(Event),
        written: Option<SystemTime>,
    ) -> Result<(Vec<u8>, Duration), RecipeError> {
        let retries = self.component.retries.get();
        let mut done = self.attempt(tell, written);
        for retry in 1..=retries {
            let Err(error) = &done else { break };
            if !error.may_pass() || process::interrupted() {
                break;
            }
            let failure = error.to_string();
            tell(Event::Retried { component: self.name.to_owned(), retry, retries, failure });
            done = self.attempt(tell, written);
        }
        done
    }

    fn attempt(
        &self,
        tell: &dyn Fn(Event),
        written: Option<SystemTime>,
    ) -> Result<(Vec<u8>, Duration), RecipeError> {
        let places = Places::of(self)?;
        let _alone = places.lock(|| {
            let text = format!(
                "another build of `{}` in this checkout goes on, or a tool that it has left; waiting for it",
                self.name
            );
            tell(Event::Warning { text });
        })?;
        places.make()?;
        places.clear_logs()?;
        stage::fill(&places.root, &self.project.root, &self.inputs, &self.added, written)?;
        let values = self.values(&places);
        let pattern =
            self.toolchain.output.expand_glob(&values).map_err(|error| self.no_value(error))?;
        clear_output(&pattern)?;

        let overrides = overridden(self.project, self.toolchain);
        let environment =
            self.toolchain.environment_of_steps(&self.kit.process, overrides, &values);
        let environment = environment.map_err(|error| self.no_value(error))?;
        let mut spent = Duration::ZERO;
        for (index, step) in self.steps.iter().enumerate() {
            let argv = step.run.iter().map(|part| self.expand(part, &values));
            let argv = argv.collect::<Result<Vec<_>, _>>()?;
            let (program, arguments) = argv.split_first().expect("a step has a program");
            let invocation = process::Invocation {
                program: Path::new(program),
                arguments,
                directory: &places.component,
                environment: &environment,
            };
            // `poly clean` may have taken it away.
            fs::create_dir_all(&places.logs).map_err(write_failed(&places.logs))?;
            let log = places.log(index, &step.name);
            let left = self.component.timeout.map(|all| all.duration().saturating_sub(spent));
            let started = Instant::now();
            self.run_step(step, &invocation, &log, left, tell)?;
            spent += started.elapsed();
        }
        let bytes = self.read_output(&pattern, &places)?;
        Ok((bytes, spent))
    }

    /// Runs a step for as long as is `left` of the build's time.
    fn run_step(
        &self,
        step: &Step,
        invocation: &process::Invocation<'_>,
        log: &Path,
        left: Option<Duration>,
        tell: &dyn Fn(Event),
    ) -> Result<(), RecipeError> {
        let finished = process::run(invocation, Some(log), left);
        let finished = finished.map_err(|source| RecipeError::Process {
            component: self.name.to_owned(),
            step: step.name.clone(),
            source,
        })?;
        let text = String::from_utf8_lossy(&finished.output);
        let late = self.component.timeout.filter(|_| finished.late);
        if late.is_some() || !finished.status.success() {
            return Err(RecipeError::from(Box::new(StepFailure {
                component: self.name.to_owned(),
                step: step.name.clone(),
                status: late.map_or_else(
                    || finished.status.to_string(),
                    |limit| format!("its `timeout` of {limit} was over, and it was killed"),
                ),
                hint: step.hint(&text).map(str::to_owned),
                output: told(&text, finished.dropped),
                command: command(invocation),
                directory: invocation.directory.display().to_string(),
                log: log.display().to_string(),
            })));
        }
        tell(Event::Output {
            component: self.name.to_owned(),
            step: step.name.clone(),
            text: text.into_owned(),
            elapsed: finished.elapsed,
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
        let kit = &self.kit;
        Values {
            name: self.name.to_owned(),
            world: self.component.world.as_ref().map(|world| world.get_ref().clone()),
            wit,
            profile: self.component.profile,
            root: places.root.clone(),
            component: places.component.clone(),
            build: places.build.clone(),
            output: places.output.clone(),
            user: kit.user.clone(),
            tools_path: kit.tools.search_path(kit.process.get("PATH").map(String::as_str)),
            tools: kit.tools.found.clone(),
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

/// How many bytes of what a failed step wrote are shown.
const SHOWN: usize = 64 << 10;

/// The end of what a step wrote, in whole lines where there are any.
fn told(text: &str, dropped: u64) -> String {
    let text = text.trim_end();
    let mut start = text.ceil_char_boundary(text.len().saturating_sub(SHOWN));
    if start > 0 {
        start += text[start..].find('\n').map_or(0, |end| end + 1);
    }
    let shown = &text[start..];
    match dropped + start as u64 {
        0 => shown.to_owned(),
        left_out => {
            format!("({left_out} bytes are left out here; all of it is in the log)\n{shown}")
        }
    }
}

/// A command as a shell would take it.
fn command(invocation: &process::Invocation<'_>) -> String {
    let program = invocation.program.to_string_lossy();
    let parts = iter::once(&*program).chain(invocation.arguments.iter().map(String::as_str));
    parts.map(quoted).collect::<Vec<_>>().join(" ")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_printed_so_that_a_shell_takes_it() {
        assert_eq!(quoted("-target=wasip1"), "-target=wasip1");
        assert_eq!(quoted("it's here"), r"'it'\''s here'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn of_much_output_the_last_whole_lines_are_told() {
        assert_eq!(told("one\ntwo\n", 0), "one\ntwo");
        let line = "ü".repeat(49) + "\n";
        let text = told(&line.repeat(1000), 5);
        let (note, shown) = text.split_once('\n').unwrap();
        assert_eq!(note, "(33566 bytes are left out here; all of it is in the log)");
        assert_eq!(shown, line.repeat(661).trim_end());
        let unbroken = told(&"ü".repeat(SHOWN), 0);
        assert_eq!(unbroken.lines().last().unwrap().len(), SHOWN);
    }
}
