//! What machines read: one JSON object a line on standard output, each with an `event`.

use std::fmt::Write as _;

use miette::{Diagnostic, JSONReportHandler};
use serde::Serialize;
use serde_json::{Value, json};

use super::{Checked, GuestStream, data};
use crate::build::Event;
use crate::check::Outcome;

/// A value with its kind under `event`.
pub(super) fn line(kind: &str, value: &impl Serialize) {
    let mut value = serde_json::to_value(value).expect("what poly says is made of plain data");
    match &mut value {
        Value::Object(fields) => {
            fields.insert("event".to_owned(), kind.into());
        }
        other => value = json!({ "event": kind, "value": other.take() }),
    }
    data(&value.to_string());
}

pub(super) fn event(event: &Event) {
    let value = match event {
        Event::Round { number, about } => {
            json!({ "event": "round", "number": number, "about": about })
        }
        Event::Begun { actions } => json!({ "event": "begun", "actions": actions }),
        Event::Installing { tool, version, way } => {
            json!({ "event": "installing", "tool": tool, "version": version, "way": way })
        }
        Event::Installed { tool, version, elapsed } => json!({
            "event": "installed", "tool": tool, "version": version, "milliseconds": elapsed.as_millis(),
        }),
        Event::InstallFailed { tool, way, said } => {
            json!({ "event": "install-failed", "tool": tool, "way": way, "said": said })
        }
        Event::Started { action, by, because } => {
            json!({ "event": "started", "action": action, "by": by, "because": because })
        }
        Event::Output { component, step, text, elapsed } => json!({
            "event": "output", "component": component, "step": step, "text": text,
            "milliseconds": elapsed.as_millis(),
        }),
        Event::Retried { component, retry, retries, failure } => json!({
            "event": "retried", "component": component, "retry": retry, "retries": retries,
            "failure": failure,
        }),
        Event::Finished { action, by, cached, elapsed, tools, ended, size } => json!({
            "event": "finished", "action": action, "by": by, "cached": cached, "size": size,
            "milliseconds": elapsed.as_millis(), "tool-milliseconds": tools.as_millis(),
            "ended-at": ended.as_millis(),
        }),
        Event::Failed { action } => json!({ "event": "failed", "action": action }),
        Event::Warning { text } => json!({ "event": "warning", "text": text }),
    };
    data(&value.to_string());
}

pub(super) fn all_checked(all: &[Checked]) {
    let failed = all.iter().filter(|checked| !checked.passed).count();
    let passed = all.len() - failed;
    data(&json!({ "event": "all-checked", "passed": passed, "failed": failed }).to_string());
}

pub(super) fn returned(call: &str, value: Option<&str>, outcome: &Outcome) {
    let mut event = json!({
        "event": "returned", "call": call, "value": value,
        "milliseconds": outcome.elapsed.as_millis(),
    });
    if let Some(fuel) = outcome.fuel {
        event["fuel"] = fuel.into();
    }
    data(&event.to_string());
}

pub(super) fn guest_output(stream: GuestStream, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    data(&json!({ "event": "guest-output", "stream": stream, "text": text }).to_string());
}

pub(super) fn note(text: &str) {
    data(&json!({ "event": "warning", "text": text }).to_string());
}

pub(super) fn error(error: &dyn Diagnostic) {
    let mut rendered = String::new();
    let told = JSONReportHandler::new().render_report(&mut rendered, error);
    let diagnostic = told.ok().and_then(|()| serde_json::from_str::<Value>(&rendered).ok());
    let mut message = String::new();
    let _ = write!(message, "{error}");
    data(&json!({ "event": "error", "message": message, "diagnostic": diagnostic }).to_string());
}
