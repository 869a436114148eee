//! What is wrong with a check before anything is built.

use super::{Bound, Check, CheckStep, writable};
use crate::manifest::error::Fault;
use crate::manifest::{Grants, Limit, Limits, Manifest, Spanned, grants, validate};

/// Everything that is wrong with `check`.
pub(in crate::manifest) fn faults(check: &Check, manifest: &Manifest, faults: &mut Vec<Fault>) {
    if let Some(name) = check.name.as_ref().filter(|name| name.get_ref().trim().is_empty()) {
        let help = "write what it shows, or leave `name` out";
        faults.push(Fault::at(name.span(), "the check's name is empty", "empty").advise(help));
    }
    faults.extend(check.component.as_ref().and_then(|name| validate::no_component(name, manifest)));
    if let Some(own) = &check.grants {
        grants::faults(own, manifest, faults);
    }
    what_is_called(check, faults);
    for bound in [&check.fuel, &check.time].into_iter().flatten() {
        self::bound(bound, faults);
    }
    let grants = check.grants.as_ref().unwrap_or(&manifest.grants);
    let limits = check.limits.as_ref().unwrap_or(&manifest.limits);
    let calls = check.calls();
    for (index, step) in calls.iter().enumerate() {
        if step.call.get_ref().trim().is_empty() {
            let help = "write the call as in `call = 'run(\"text\")'`";
            let fault = Fault::at(step.call.span(), "the check calls nothing", "empty");
            faults.push(fault.advise(help));
        }
        ends(step, index + 1 == calls.len(), faults);
        values(step, faults);
        surroundings(step, check, grants, limits, faults);
        name(step, &calls[..index], faults);
    }
}

/// One call, with what is expected of it, or steps that say so themselves.
fn what_is_called(check: &Check, faults: &mut Vec<Fault>) {
    let Some(steps) = &check.steps else {
        if check.call.is_none() {
            let help = "add `call`, as in `call = 'run(\"text\")'`, or `steps`";
            let message = "`[[check]]` has no `call`";
            faults.push(Fault::at(check.span(), message, "`call` is missing").advise(help));
        }
        return;
    };
    if let Some(call) = &check.call {
        let help = "make the call the first of the steps";
        let message = "the check has both a `call` and `steps`";
        let fault = Fault::at(call.span(), message, "this call");
        faults.push(fault.and_at(steps.span(), "and these steps").advise(help));
        return;
    }
    if steps.get_ref().is_empty() {
        let help = "write the calls, as in `steps = [{ call = 'run(\"text\")' }]`";
        faults.push(Fault::at(steps.span(), "the check has no steps", "empty").advise(help));
    }
    let beside = said([
        ("returns", check.returns.is_some()),
        ("approx", check.approx.is_some()),
        ("matches", check.matches.is_some()),
        ("traps", check.traps.is_some()),
        ("exceeds", check.exceeds.is_some()),
        ("denied", check.denied.is_some()),
        ("stdout", check.stdout.is_some()),
        ("stderr", check.stderr.is_some()),
        ("files", !check.files.is_empty()),
        ("fuel", check.fuel.is_some()),
        ("time", check.time.is_some()),
    ]);
    if !beside.is_empty() {
        let message = format!("the check says {} beside `steps`", beside.join(", "));
        let help =
            "say it in the step that it is about; `fuel` and `time` are for a check of one call";
        faults.push(Fault::at(steps.span(), message, "these steps").advise(help));
    }
}

/// The keys that are said, for people.
fn said<const N: usize>(keys: [(&str, bool); N]) -> Vec<String> {
    let said = keys.into_iter().filter(|(_, said)| *said);
    said.map(|(key, _)| format!("`{key}`")).collect()
}

/// A call ends in one way, and nothing follows a call that was stopped.
fn ends(step: &CheckStep, is_last: bool, faults: &mut Vec<Fault>) {
    let ends = said([
        ("returns", step.returns.is_some()),
        ("matches", step.matches.is_some()),
        ("traps", step.traps.is_some()),
        ("exceeds", step.exceeds.is_some()),
    ]);
    if ends.len() > 1 {
        let message = format!("the check expects {} of one call", ends.join(" and "));
        let help =
            "a call ends in one way: keep one of them, and write another check for the other";
        faults.push(Fault::at(step.call.span(), message, "this call").advise(help));
    }
    let stopped = step.traps.is_some() || step.exceeds.is_some();
    if stopped && !is_last {
        let help = "make it the last step: what a call that was stopped left half-done is unknown";
        let message = "no step can follow a call that is expected to be stopped";
        faults.push(Fault::at(step.call.span(), message, "this call").advise(help));
    } else if let Some(name) = step.name.as_ref().filter(|_| stopped) {
        let help = "leave `as` out";
        let message = "a call that is expected to be stopped returns nothing";
        faults.push(Fault::at(name.span(), message, "named in vain").advise(help));
    }
}

fn values(step: &CheckStep, faults: &mut Vec<Fault>) {
    if let Some(approx) = &step.approx {
        if step.returns.is_none() {
            let help = "write the value under `returns`, or leave `approx` out";
            let message = "`approx` says how near to `returns`, and there is no `returns`";
            faults.push(Fault::at(approx.span(), message, "near to what?").advise(help));
        } else {
            faults.extend(validate::not_a_part(approx));
        }
    }
    if let Some(denied) = step.denied.as_ref().filter(|part| part.get_ref().is_empty()) {
        let help = "write part of what is refused, such as `denied = \"wasi:sockets\"`";
        let message = "`denied` is empty, which is part of everything";
        faults.push(Fault::at(denied.span(), message, "empty").advise(help));
    }
}

/// What it expects of its grants and limits.
fn surroundings(
    step: &CheckStep,
    check: &Check,
    grants: &Grants,
    limits: &Limits,
    faults: &mut Vec<Fault>,
) {
    let table = |own: bool, table: &str| {
        if own { format!("the check's `{table}`") } else { format!("`[{table}]`") }
    };
    let span = step.call.span();
    let granted = table(check.grants.is_some(), "grants");
    for (stream, expected, is_captured) in [
        ("stdout", &step.stdout, grants.stdout.is_captured()),
        ("stderr", &step.stderr, grants.stderr.is_captured()),
    ] {
        if expected.is_some() && !is_captured {
            let message = format!("the check compares `{stream}`, which is not kept");
            let help = format!("write `{stream} = true` in {granted}");
            faults.push(Fault::at(span.clone(), message, "this call").advise(help));
        }
    }
    for path in step.files.keys() {
        if writable(grants, path.get_ref()).is_none() {
            let path_text = path.get_ref();
            let message = format!("`{path_text}` is no file of a directory granted `read-write`");
            let help = format!(
                "write the path that the component knows, such as `/out/result.txt` with `dirs = \
                 [{{ host = \"out\", guest = \"/out\", access = \"read-write\" }}]` in {granted}"
            );
            faults.push(Fault::at(path.span(), message, "cannot be written").advise(help));
        }
    }
    if step.exceeds == Some(Limit::Fuel) && limits.fuel.is_none() {
        let table = table(check.limits.is_some(), "limits");
        let help = format!("write `fuel = NUMBER` in {table}");
        let message = "the check expects the fuel to run out, which has no limit";
        faults.push(Fault::at(span, message, "this call").advise(help));
    }
}

fn name(step: &CheckStep, before: &[CheckStep], faults: &mut Vec<Fault>) {
    let Some(name) = &step.name else { return };
    let text = name.get_ref();
    validate::identifier("a value", name, faults);
    let same = |other: &&Spanned<String>| other.get_ref() == text;
    if let Some(first) = before.iter().filter_map(|step| step.name.as_ref()).find(same) {
        let message = format!("two values are called `{text}`");
        faults
            .push(Fault::at(name.span(), message, "this one").and_at(first.span(), "and this one"));
    }
}

fn bound(bound: &Bound, faults: &mut Vec<Fault>) {
    let most = *bound.at_most.get_ref();
    if !(most > 0.0 && most.is_finite()) {
        let help = "write a number above 0, such as `at-most = 1.5`";
        let message = format!("nothing is `{most}` times as much as something");
        faults.push(Fault::at(bound.at_most.span(), message, "not above 0").advise(help));
    }
    if bound.of.get_ref().trim().is_empty() {
        let help = "write the call as in `of = 'run(\"text\")'`";
        faults.push(Fault::at(bound.of.span(), "the bound calls nothing", "empty").advise(help));
    }
}
