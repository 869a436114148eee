//! What came of checks, and of implementations that were held against each other.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use super::{Console, Tone, VERB};
use crate::report::difference::Side;
use crate::report::service::Annotation;
use crate::report::{CheckPlace, Checked, Compared, Differing, human, interop};

impl Console {
    pub(in crate::report) fn checked(&self, checked: &Checked) {
        let took = human::time(Duration::from_millis(checked.milliseconds));
        let what = format!("{} ({took}{})", checked.title(), human::with_fuel(checked.fuel));
        if checked.passed {
            return self.line(Tone::Good, "passed", &what);
        }
        // A failure is told even where people asked for quiet.
        let paint = |side, text: &str| match side {
            Side::Expected => self.paint(Tone::Good, text),
            Side::Got => self.paint(Tone::Bad, text),
        };
        let mut text = self.verb(Tone::Bad, "failed", &what);
        // Why one cannot be judged is told as an error, with its place.
        if checked.error.is_none() {
            for line in checked.failure(self.look.verbose, &paint) {
                let _ = write!(text, "\n{:VERB$} {line}", "");
            }
        }
        self.print(&text);
        self.annotate(checked);
    }

    /// Shows a failure beside the check, and beside the line at which a component stopped.
    fn annotate(&self, checked: &Checked) {
        let Some(service) = self.look.service else { return };
        let title = format!("failed: {}", checked.title());
        let message = checked.failure(false, &|_, text| text.to_owned()).join("\n");
        let CheckPlace { file, line, column } = &checked.place;
        let annotate = |file: &Path, place, message: &str| {
            let annotation =
                Annotation { file: &self.in_repository(file), place, title: &title, message };
            if let Some(line) = service.annotated(&annotation) {
                self.write(&line);
            }
        };
        annotate(Path::new(file), (Some(*line as u64), Some(*column as u64)), &message);
        let frames = checked.trap.iter().flat_map(|trap| &trap.frames);
        let mut places = frames.filter(|frame| frame.is_own()).filter_map(|it| it.place.as_ref());
        if let Some(place) = places.next() {
            let file = Path::new(file).with_file_name(&place.file);
            let place = (place.line.map(u64::from), place.column.map(u64::from));
            annotate(&file, place, &checked.message());
        }
    }

    /// A file as the service knows it.
    fn in_repository(&self, file: &Path) -> String {
        let whole = file.canonicalize().unwrap_or_else(|_| file.to_owned());
        let below = self.workspace.as_ref().and_then(|it| whole.strip_prefix(it).ok());
        below.unwrap_or(file).display().to_string()
    }

    pub(in crate::report) fn all_checked(&self, all: &[Checked]) {
        let failed: Vec<&Checked> = all.iter().filter(|checked| !checked.passed).collect();
        let counted = format!("{} passed, {} failed", all.len() - failed.len(), failed.len());
        if failed.is_empty() {
            return self.line(Tone::Good, "checked", &counted);
        }
        let mut text = self.verb(Tone::Bad, "checked", &counted);
        for checked in failed {
            let CheckPlace { file, line, .. } = &checked.place;
            let _ = write!(text, "\n{:VERB$} {file}:{line}  {}", "", checked.title());
        }
        self.print(&text);
    }

    pub(in crate::report) fn differing(&self, differing: &Differing) {
        self.clear();
        // As a failed check is told even where people asked for quiet.
        let text =
            interop::text(differing, self.look.verbose).replace('\n', &format!("\n{:VERB$} ", ""));
        self.print(&self.verb(Tone::Bad, "differs", &text));
    }

    pub(in crate::report) fn compared(&self, compared: &Compared) {
        self.clear();
        let tone = if compared.differences == 0 { Tone::Good } else { Tone::Bad };
        self.line(tone, "compared", &interop::summary(compared));
    }
}
