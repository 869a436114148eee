//! `poly interop`: builds the components of `[interop]` tables by themselves and holds them against
//! each other. What differs is told on standard error, and written to standard output as checks for
//! the manifest. Exits with 1 if anything does.

use std::time::Instant;

use miette::Diagnostic as _;

use super::context::Context;
use super::sandbox::{Sandbox, short};
use super::{CommandError, Ending};
use crate::build::Project;
use crate::check::{self, Call, Outcome};
use crate::cli::InteropOptions;
use crate::interop::{
    self, Agreed, Answer, Answers, Conditions, Difference, Disagreement, Export, Found, Invocation,
    Settings, Stopped, agree, checks,
};
use crate::manifest::{Interop, Limits, Manifest, Spanned};
use crate::nearest::suggestion;
use crate::report::{Compared, Differing, Seen};

/// A table of the manifest, by its name.
type Table<'m> = (&'m Spanned<String>, &'m Interop);

pub(super) fn run(context: &Context<'_>, options: &InteropOptions) -> Result<Ending, CommandError> {
    let project = context.project()?;
    let tables = tables(&project.manifest, &options.names)?;
    let components = tables.iter().flat_map(|(_, interop)| &interop.components);
    let loaded = Sandbox::all_alone(context, &project, components)?;
    let mut differences = 0;
    for (name, interop) in tables {
        let sandboxes = interop.components.iter().map(|it| &loaded[it.get_ref().as_str()]);
        let compared = Comparison {
            context,
            project: &project,
            name,
            interop,
            sandboxes: sandboxes.collect(),
            settings: settings(interop, &project.manifest.limits, options),
        };
        differences += compared.run()?;
    }
    Ok(if differences == 0 { Ending::Well } else { Ending::Failed })
}

/// The tables of these names, or all.
fn tables<'m>(manifest: &'m Manifest, names: &[String]) -> Result<Vec<Table<'m>>, CommandError> {
    let all = &manifest.interop;
    if all.is_empty() {
        return Err(CommandError::NoInterop);
    }
    if names.is_empty() {
        return Ok(all.iter().collect());
    }
    let found = |name: &String| {
        all.get_key_value(name.as_str()).ok_or_else(|| {
            let known = all.keys().map(|name| name.get_ref().as_str());
            let nearest = suggestion(name, known, "there are");
            CommandError::UnknownInterop { name: name.clone(), nearest }
        })
    };
    names.iter().map(found).collect()
}

fn settings(interop: &Interop, limits: &Limits, options: &InteropOptions) -> Settings {
    Settings {
        seed: options.seed.map_or(interop.seed(), u64::from),
        calls: options.calls.map_or(interop.calls(), |count| count as usize),
        sequence: interop.sequence(),
        approx: interop.approx.as_ref().map(|approx| *approx.get_ref()),
        echo: interop.echo,
        timeout: limits.timeout.duration(),
    }
}

/// The implementations of one table.
struct Comparison<'c> {
    context: &'c Context<'c>,
    project: &'c Project,
    name: &'c Spanned<String>,
    interop: &'c Interop,
    sandboxes: Vec<&'c Sandbox<'c>>,
    settings: Settings,
}

impl Comparison<'_> {
    /// Compares, tells, and gives the number of differences.
    fn run(&self) -> Result<usize, CommandError> {
        let report = self.context.report;
        let Settings { seed, echo, .. } = self.settings;
        let agreed = self.agree()?;
        for skipped in &agreed.skipped {
            let name = self.name.get_ref();
            let interop::Skipped { function, why } = skipped;
            report.note(&format!("{name}: `{function}` is not called: {why}"));
        }
        let components: Vec<&str> =
            self.interop.components.iter().map(|name| name.get_ref().as_str()).collect();
        let calls = self.settings.calls * agreed.functions.len();
        let what = format!("{}: {calls} calls of {}", self.name.get_ref(), components.join(", "));
        report.done("comparing", &what);
        let begun = Instant::now();
        let mut make = |sequence: &[Invocation]| self.make(&agreed, sequence);
        let found = interop::search(&agreed.functions, &self.settings, &mut make)?;

        self.tell_what_was_left_out(&agreed, &found);

        let argument = echo.then_some("the argument");
        let names: Vec<&str> = components.iter().copied().chain(argument).collect();
        let grants = self.project.manifest.grants_of_interop(self.name.get_ref());
        let conditions = Conditions {
            interface: self.interop.interface.as_ref().map(|name| name.get_ref().as_str()),
            approx: self.settings.approx,
            grants: grants.as_deref(),
        };
        for difference in &found.differences {
            let checks = checks(difference, &agreed.functions, &components, &conditions);
            let seen = self.traps(&agreed, difference)?;
            report.differing(&Differing::new(
                self.name.get_ref(),
                difference,
                &agreed.functions,
                &names,
                seen,
                checks,
            ));
        }
        report.compared(&Compared {
            interop: self.name.get_ref().clone(),
            components: components.into_iter().map(str::to_owned).collect(),
            functions: agreed.functions.into_iter().map(|function| function.name).collect(),
            seed,
            calls: found.compared,
            differences: found.differences.len(),
            milliseconds: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
        Ok(found.differences.len())
    }

    /// What was not called although it might have been.
    fn tell_what_was_left_out(&self, agreed: &Agreed, found: &Found) {
        let (report, table) = (self.context.report, self.name.get_ref());
        let calls = self.settings.calls;
        for (function, edges) in agreed.functions.iter().zip(&found.edges_left_out) {
            if *edges > 0 {
                let (name, all) = (&function.name, calls + edges);
                report.note(&format!(
                    "{table}: {edges} of the {all} edge cases of `{name}` are left out: `calls` is \
                     {calls}"
                ));
            }
        }
        for Stopped { function, limit, by_all, times, calls } in &found.stopped {
            let (name, limit) = (&agreed.functions[*function].name, limit.name());
            let who = if *by_all { "all" } else { "some" };
            report.note(&format!(
                "{table}: `{name}` was called no more after {who} had gone over a limit {times} \
                 times, at last `{limit}`: {calls} of its calls are left out"
            ));
        }
    }

    /// The functions that all of them have; an error stands at its line of the manifest.
    fn agree(&self) -> Result<Agreed, CommandError> {
        let exports = |sandbox: &&Sandbox<'_>| {
            let typed = sandbox.program().typed_functions();
            typed.map(|(signature, types)| Export { signature, types }).collect::<Vec<_>>()
        };
        let names = self.interop.components.iter().map(|name| name.get_ref().as_str());
        let components: Vec<_> = names.zip(self.sandboxes.iter().map(exports)).collect();
        let interface = self.interop.interface.as_ref().map(|name| name.get_ref().as_str());
        let skip: Vec<&str> =
            self.interop.skip.iter().map(|name| name.get_ref().as_str()).collect();
        agree(&components, interface, &skip, self.settings.echo)
            .map_err(|disagreement| self.at_its_place(&disagreement))
    }

    fn at_its_place(&self, disagreement: &Disagreement) -> CommandError {
        let Interop { components, interface, skip, .. } = self.interop;
        let component = disagreement.component();
        let component = components.iter().find(|it| Some(it.get_ref().as_str()) == component);
        let skipped = match disagreement {
            Disagreement::Skip { function, .. } => {
                skip.iter().find(|name| name.get_ref() == function)
            }
            _ => None,
        };
        let place = component.or(skipped).or(interface.as_ref()).unwrap_or(self.name);
        let help = disagreement.help().map(|help| help.to_string());
        let manifest = &self.project.manifest;
        manifest.error_at(place.span(), disagreement.to_string(), "this one", help).into()
    }

    /// Makes the calls of a sequence on a new instance of each.
    fn make(&self, agreed: &Agreed, sequence: &[Invocation]) -> Result<Vec<Answers>, CommandError> {
        let each = (0..self.sandboxes.len()).map(|place| {
            let calls = calls(agreed, place, sequence)?;
            let outcomes = self.outcomes(place, &calls)?;
            calls.iter().zip(&outcomes).map(|(call, outcome)| answer(call, outcome)).collect()
        });
        each.collect()
    }

    /// Makes calls on a new instance of one component, up to the first that does not return.
    fn outcomes(&self, place: usize, calls: &[Call]) -> Result<Vec<Outcome>, CommandError> {
        let mut instance = match self.sandboxes[place].start_with(&self.interop.grants)? {
            Ok(instance) => instance,
            // One that does not even start answers so to the first call.
            Err(outcome) => return Ok(vec![outcome]),
        };
        let mut outcomes = Vec::with_capacity(calls.len());
        for call in calls {
            let outcome = instance.call(call)?;
            let goes_on = outcome.is_return();
            outcomes.push(outcome);
            if !goes_on {
                break;
            }
        }
        Ok(outcomes)
    }

    /// Where each component had come to that answered the last call of a difference with a trap.
    /// The calls are made once more for it, because a search keeps no frames.
    fn traps(
        &self,
        agreed: &Agreed,
        difference: &Difference,
    ) -> Result<Vec<Option<Seen>>, CommandError> {
        let (_, answers) = difference.last();
        let each = self.sandboxes.iter().zip(answers).enumerate();
        each.map(|(place, (sandbox, answer))| {
            if !matches!(answer, Answer::Trapped(_)) {
                return Ok(None);
            }
            let calls = calls(agreed, place, &difference.calls)?;
            let Some(mut outcome) = self.outcomes(place, &calls)?.pop() else { return Ok(None) };
            sandbox.locate(&mut outcome);
            let help = sandbox.unseen(&self.interop.grants, &outcome);
            Ok(match outcome.ending {
                check::Ending::Trapped(trap) => Some(Seen { trap, help }),
                _ => None,
            })
        })
        .collect()
    }
}

/// A sequence as calls of the component at this place.
fn calls(
    agreed: &Agreed,
    place: usize,
    sequence: &[Invocation],
) -> Result<Vec<Call>, CommandError> {
    let interface = &agreed.interfaces[place];
    let prefix = interface.as_ref().map(|name| format!("{name}.")).unwrap_or_default();
    let calls = sequence.iter().map(|invocation| {
        let text = format!("{prefix}{}", invocation.text(&agreed.functions));
        Ok(Call::parse(&text)?.with_nan(invocation.nan))
    });
    calls.collect()
}

/// Values are compared as they are shown: without secrets. What is no value then is an error, for
/// otherwise each component would answer as the others do.
fn answer(call: &Call, outcome: &Outcome) -> Result<Answer, CommandError> {
    Ok(match &outcome.ending {
        check::Ending::Returned(Some(returned)) => {
            let value = wasm_wave::from_str(&returned.of, &returned.text);
            let hidden = |_| CommandError::SecretReturned { call: short(call) };
            Answer::Returned(Some(value.map_err(hidden)?))
        }
        check::Ending::Returned(None) => Answer::Returned(None),
        check::Ending::Trapped(trap) => Answer::Trapped(trap.message.clone()),
        check::Ending::Exceeded(limit) => Answer::Exceeded(*limit),
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use wasm_wave::value::Type;

    use super::*;

    #[test]
    fn what_is_hidden_is_no_value_and_an_error() {
        let call = Call::parse("count()").unwrap();
        let mut outcome = Outcome {
            ending: check::Ending::Returned(Some(check::Returned {
                text: "42".to_owned(),
                of: Type::U32,
            })),
            stdout: None,
            stderr: None,
            refusals: Vec::new(),
            files: BTreeMap::new(),
            fuel: None,
            elapsed: Duration::ZERO,
        };
        assert!(answer(&call, &outcome).unwrap().is_return());
        let check::Ending::Returned(Some(returned)) = &mut outcome.ending else { panic!() };
        returned.text = "4[secret DIGIT]".to_owned();
        let error = answer(&call, &outcome).unwrap_err();
        assert_eq!(error.to_string(), "what `count()` returned has a secret in it");
        assert!(error.help().is_some());
    }
}
