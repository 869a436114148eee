//! An error as people see it: what is wrong, where, and what to do; and below it the others that belong
//! to it, each begun as the first is.

use std::error::Error;
use std::fmt;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode};

/// The text of an error and of those that belong to it, each after `heading`.
pub(super) fn text(error: &dyn Diagnostic, heading: &str, color: bool) -> String {
    let theme = if color { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(100).with_wrap_lines(false);
    let mut all = Vec::new();
    flatten(error, None, &mut all);
    let told = all.iter().map(|alone| {
        let mut text = String::new();
        let rendered = handler.render_report(&mut text, alone);
        // In the place of the heading stands a cross, perhaps with colours round it.
        let after_cross = text.split_once('×').and_then(|(_, text)| text.split_once(' '));
        match after_cross.filter(|_| rendered.is_ok()) {
            Some((_, text)) => format!("{heading} {}", text.trim()),
            None => format!("{heading} {}", alone.error),
        }
    });
    told.collect::<Vec<_>>().join("\n\n")
}

/// An error without those that belong to it.
struct Alone<'e> {
    error: &'e dyn Diagnostic,
    /// The text that it is about, if that is of the one that it belongs to.
    source_code: Option<&'e dyn SourceCode>,
}

fn flatten<'e>(
    error: &'e dyn Diagnostic,
    around: Option<&'e dyn SourceCode>,
    all: &mut Vec<Alone<'e>>,
) {
    let source_code = error.source_code().or(around);
    all.push(Alone { error, source_code });
    for related in error.related().into_iter().flatten() {
        flatten(related, source_code, all);
    }
}

impl fmt::Debug for Alone<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.error, out)
    }
}

impl fmt::Display for Alone<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.error, out)
    }
}

impl Error for Alone<'_> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

impl Diagnostic for Alone<'_> {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.error.help()
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source_code
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.error.labels()
    }

    fn diagnostic_source(&self) -> Option<&dyn Diagnostic> {
        self.error.diagnostic_source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::manifest::Manifest;

    /// Once, the first of several was an `error:`, and the others an `Error:`.
    #[test]
    fn each_of_several_is_an_error_at_its_place() {
        let manifest = "[pipeline]\nname = \"p\"\nvesion = \"1\"\nouput = \"o\"\n";
        let error = Manifest::parse("pipeline.toml", manifest).unwrap_err();
        for color in [false, true] {
            let told = text(&error, "error:", color);
            let heads: Vec<&str> = told.lines().filter(|line| line.contains("rror:")).collect();
            assert_eq!(
                heads[..2],
                [
                    "error: unknown key `vesion` in `[pipeline]`",
                    "error: unknown key `ouput` in `[pipeline]`"
                ]
            );
            assert!(!told.contains('×') && told.contains("pipeline.toml:4:1"), "{told}");
        }
    }
}
