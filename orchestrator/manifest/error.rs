//! [`ManifestError`]: what is wrong with a manifest, each fault at its line.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};
use thiserror::Error;

use super::Manifest;

/// A manifest's text and the name it goes by in diagnostics.
#[derive(Clone)]
pub(super) struct Source(Arc<NamedSource<String>>);

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Self {
        Self(Arc::new(NamedSource::new(name, text.to_owned()).with_language("toml")))
    }

    pub(super) fn name(&self) -> &str {
        self.0.name()
    }

    pub(super) fn text(&self) -> &str {
        self.0.inner()
    }
}

/// What a field that serde skips begins as; [`Manifest::parse`] puts the real one there.
impl Default for Source {
    fn default() -> Self {
        Self::new("", "")
    }
}

/// The name alone: a manifest that is printed for debugging need not show its text again.
impl fmt::Debug for Source {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// One thing that is wrong with a manifest, and where.
#[derive(Debug, Error)]
#[error("{message}")]
pub(super) struct Fault {
    /// What is wrong: lower case, no final period.
    pub(super) message: String,
    /// The places that show it, each with a few words; the first is where to look.
    pub(super) places: Vec<(Range<usize>, String)>,
    /// What to do about it.
    pub(super) help: Option<String>,
}

impl Fault {
    /// A fault at one place.
    pub(super) fn at(
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), places: vec![(span, label.into())], help: None }
    }

    /// A fault whose message was made where only text can be handed on, as inside serde: a
    /// second line in it is advice.
    pub(super) fn told(span: Range<usize>, text: &str, label: impl Into<String>) -> Self {
        match text.split_once('\n') {
            Some((message, help)) => Self::at(span, message, label).advise(help),
            None => Self::at(span, text, label),
        }
    }

    /// The same, with advice.
    pub(super) fn advise(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with one more place to look at.
    pub(super) fn and_at(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.places.push((span, label.into()));
        self
    }

    /// Where it is in the text, for putting faults in the order of the file.
    pub(super) fn start(&self) -> usize {
        self.places.first().map_or(0, |(span, _)| span.start)
    }
}

impl Diagnostic for Fault {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        self.help.as_ref().map(|help| Box::new(help) as _)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let mut places = self.places.iter();
        let primary = places.next()?;
        let primary =
            LabeledSpan::new_primary_with_span(Some(primary.1.clone()), primary.0.clone());
        let others = places
            .map(|(span, label)| LabeledSpan::new_with_span(Some(label.clone()), span.clone()));
        Some(Box::new(std::iter::once(primary).chain(others)))
    }
}

/// What is wrong with a manifest: one fault, and any others that were found with it.
///
/// It carries the manifest's text, so that it can be rendered wherever it ends up; the other
/// faults are its related diagnostics.
#[derive(Debug, Error)]
#[error("{}", .0.first)]
pub struct ManifestError(Box<Faults>);

/// Boxed away: an error that is seldom made must not widen every `Result`.
#[derive(Debug)]
struct Faults {
    source: Source,
    first: Fault,
    others: Vec<Fault>,
}

impl ManifestError {
    /// The error that says all of `faults`, of which there is at least one, in the order of
    /// the file.
    pub(super) fn of(source: Source, mut faults: Vec<Fault>) -> Self {
        faults.sort_by_key(Fault::start);
        let mut faults = faults.into_iter();
        let first = faults.next().expect("nobody makes an error of no faults");
        Self(Box::new(Faults { source, first, others: faults.collect() }))
    }
}

impl Diagnostic for ManifestError {
    fn help(&self) -> Option<Box<dyn fmt::Display + '_>> {
        Diagnostic::help(&self.0.first)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Diagnostic::labels(&self.0.first)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.0.source.0)
    }

    fn related(&self) -> Option<Box<dyn Iterator<Item = &dyn Diagnostic> + '_>> {
        if self.0.others.is_empty() {
            return None;
        }
        Some(Box::new(self.0.others.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

impl Manifest {
    /// The text that it was parsed from.
    pub fn text(&self) -> &str {
        self.source.text()
    }

    /// The line and the column of a byte of its text, both from 1.
    pub fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.source.text().get(..at).unwrap_or_default();
        let line_begins = before.rfind('\n').map_or(0, |feed| feed + 1);
        (before.matches('\n').count() + 1, before[line_begins..].chars().count() + 1)
    }

    /// An error about what stands at `span`, found by someone who sees more than the text: a
    /// toolchain that is not known, a path or a world that is not there.
    ///
    /// `message` says what is wrong (lower case, no final period), `label` stands at the
    /// caret in a few words, `help` says what to do.
    pub fn error_at(
        &self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> ManifestError {
        self.error_at_all(vec![(span, label.into())], message, help)
    }

    /// The same about several places, each with its label; the first is where to look. Without
    /// any, it is about the manifest as a whole.
    pub fn error_at_all(
        &self,
        places: Vec<(Range<usize>, String)>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) -> ManifestError {
        let first = Fault { message: message.into(), places, help: help.into() };
        ManifestError::of(self.source.clone(), vec![first])
    }
}
