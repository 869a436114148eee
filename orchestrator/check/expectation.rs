//! What a check wants to see.

use std::collections::BTreeMap;

use crate::manifest::{CheckStep, Limit, Pattern};

/// What a check wants to see. One that wants nothing is content when the call returns.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Expectation {
    /// The value returned, in WAVE.
    pub returns: Option<String>,
    /// How far floats in it may be from those expected, as a part of the larger one or of 1.
    pub approx: Option<f64>,
    /// What is found in the value returned.
    pub matches: Option<Pattern>,
    /// Part of a trap's message.
    pub traps: Option<String>,
    /// The limit that stops it.
    pub exceeds: Option<Limit>,
    /// Part of what was refused; then only what else is wanted says how the call ends.
    pub denied: Option<String>,
    /// All of its standard output.
    pub stdout: Option<String>,
    /// All of its standard error.
    pub stderr: Option<String>,
    /// Files that it writes, by the guest's path, and all that is in them.
    pub files: BTreeMap<String, String>,
}

impl From<&CheckStep> for Expectation {
    fn from(step: &CheckStep) -> Self {
        let files = step.files.iter();
        Self {
            returns: step.returns.as_ref().map(|text| text.get_ref().clone()),
            approx: step.approx.as_ref().map(|part| *part.get_ref()),
            matches: step.matches.clone(),
            traps: step.traps.clone(),
            exceeds: step.exceeds,
            denied: step.denied.as_ref().map(|text| text.get_ref().clone()),
            stdout: step.stdout.clone(),
            stderr: step.stderr.clone(),
            files: files.map(|(path, text)| (path.get_ref().clone(), text.clone())).collect(),
        }
    }
}
