//! CI services, whose log viewers fold lines away, and take orders from lines.
//!
//! What a step wrote that succeeded is folded; a failure never is. A service that reads orders in
//! its log (GitHub above all, where a line can set outputs and hide others) must not take them
//! from the output of tools: a compiler prints what strangers wrote. So GitHub is told to stop
//! listening for as long as such text lasts, and what would end that is a word which the text
//! cannot hold. At GitLab and Buildkite lines can only fold each other, and are changed so that
//! they do not. A tool that means harm has better ways, for it runs as the user; this keeps an
//! honest one from being abused.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use poly_cache::Digest;

/// Whose log it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Service {
    /// GitHub Actions: [workflow commands](https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions).
    GitHub,
    /// GitLab: [sections](https://docs.gitlab.com/ci/jobs/job_logs/#custom-collapsible-sections).
    GitLab,
    /// Buildkite: [groups](https://buildkite.com/docs/pipelines/configure/managing-log-output).
    Buildkite,
}

/// Something to be shown beside a line of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Annotation<'a> {
    /// The file, relative to the repository.
    pub(super) file: &'a str,
    /// The line and the column, from 1, as far as they are known.
    pub(super) place: (Option<u64>, Option<u64>),
    pub(super) title: &'a str,
    pub(super) message: &'a str,
}

impl Service {
    /// As variables say, each of which is `true` at its service and nowhere else.
    pub(super) fn of(is_true: impl Fn(&str) -> bool) -> Option<Self> {
        let services = [
            ("GITHUB_ACTIONS", Self::GitHub),
            ("GITLAB_CI", Self::GitLab),
            ("BUILDKITE", Self::Buildkite),
        ];
        services.into_iter().find(|(name, _)| is_true(name)).map(|(_, service)| service)
    }

    /// Text under a title, folded away. `name` is of letters, digits and `-`; `elapsed` is how long
    /// it took to come, up to now.
    pub(super) fn folded(self, name: &str, title: &str, text: &str, elapsed: Duration) -> String {
        let text = self.harmless(text);
        match self {
            Self::GitHub => format!("::group::{}\n{text}\n::endgroup::", title.trim_start()),
            Self::GitLab => {
                let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                let begun = now.saturating_sub(elapsed).as_secs();
                format!(
                    "\u{1b}[0Ksection_start:{begun}:{name}[collapsed=true]\r\u{1b}[0K{title}\n{text}\n\
                     \u{1b}[0Ksection_end:{}:{name}\r\u{1b}[0K",
                    now.as_secs()
                )
            }
            Self::Buildkite => format!("--- {}\n{text}", title.trim_start()),
        }
    }

    /// The line that must stand between what is folded and what is not.
    pub(super) fn after_folded(self) -> Option<&'static str> {
        // A group goes on to the next one.
        (self == Self::Buildkite).then_some("+++ poly")
    }

    /// The line that shows an error beside the code, where the service has such. What is not poly's
    /// own in it is escaped, and gives no orders.
    pub(super) fn annotated(self, annotation: &Annotation<'_>) -> Option<String> {
        if self != Self::GitHub {
            return None;
        }
        // As the runner's own toolkit escapes them.
        let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
        let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
        let (line, column) = annotation.place;
        let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
        let column = column.map(|column| format!(",col={column}")).unwrap_or_default();
        Some(format!(
            "::error file={}{line}{column},title={}::{}",
            property(annotation.file),
            property(annotation.title),
            data(annotation.message)
        ))
    }

    /// What must stand before and after a text that is shown as it is, so that the service takes no
    /// orders from it, where it can be told so.
    pub(super) fn around(self, text: &str) -> Option<[String; 2]> {
        let orders = text.contains("::") || text.contains("##[");
        (self == Self::GitHub && orders).then(|| {
            // No text holds its own digest.
            let word = Digest::of(text.as_bytes());
            [format!("::stop-commands::{word}"), format!("::{word}::")]
        })
    }

    /// Text in which the service sees no orders.
    pub(super) fn harmless(self, text: &str) -> String {
        match self {
            Self::GitHub => match self.around(text) {
                Some([before, after]) => format!("{before}\n{text}\n{after}"),
                None => text.to_owned(),
            },
            Self::GitLab => text
                .replace("section_start:", "section_start ")
                .replace("section_end:", "section_end "),
            Self::Buildkite => {
                let line = |line: &str| {
                    let header =
                        ["---", "+++", "~~~", "^^^"].iter().any(|mark| line.starts_with(mark));
                    if header { format!(" {line}") } else { line.to_owned() }
                };
                text.split('\n').map(line).collect::<Vec<_>>().join("\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_known_by_its_variable() {
        assert_eq!(Service::of(|name| name == "GITLAB_CI"), Some(Service::GitLab));
        assert_eq!(Service::of(|_| false), None);
    }

    #[test]
    fn output_of_tools_gives_no_orders() {
        let harmless = Service::GitHub.harmless("use std::fs;\n ::set-output name=a::b");
        let lines: Vec<&str> = harmless.lines().collect();
        let word = lines[0].strip_prefix("::stop-commands::").unwrap();
        assert_eq!(lines[1..], ["use std::fs;", " ::set-output name=a::b", &format!("::{word}::")]);
        // Text that must stay as it is has the same around it.
        let around = Service::GitHub.around("use std::fs;\n ::set-output name=a::b").unwrap();
        assert_eq!(around, [lines[0], lines[3]]);
        assert_eq!(Service::GitHub.around("42"), None);
        assert_eq!(Service::GitLab.around("::warning::"), None);
        // Another text, another word: what was seen of one is of no use in the next.
        assert!(!Service::GitHub.harmless("::stop-commands::x").contains(word));
        assert!(Service::GitHub.harmless("##[add-matcher]x").starts_with("::stop-commands::"));
        assert_eq!(Service::GitHub.harmless("built a"), "built a");

        let section = "\u{1b}[0Ksection_end:1:poly-a-compile\r\u{1b}[0K";
        assert!(!Service::GitLab.harmless(section).contains("section_end:"));
        assert_eq!(
            Service::Buildkite.harmless("--- a/file\n-- b\n^^^ +++"),
            " --- a/file\n-- b\n ^^^ +++"
        );
    }

    #[test]
    fn an_error_is_shown_beside_its_line() {
        let annotation = Annotation {
            file: "a,b/pipeline.toml",
            place: (Some(7), None),
            title: "check: 100%",
            message: "expected 1,\r\ngot: 2%\n::set-output name=a::b",
        };
        assert_eq!(
            Service::GitHub.annotated(&annotation).unwrap(),
            "::error file=a%2Cb/pipeline.toml,line=7,title=check%3A 100%25::\
             expected 1,%0D%0Agot: 2%25%0A::set-output name=a::b"
        );
        assert!(Service::GitLab.annotated(&annotation).is_none());
    }

    #[test]
    fn each_service_is_told_in_its_own_way() {
        let folded =
            |service: Service| service.folded("poly-a-b", "  output a", "text", Duration::ZERO);
        assert_eq!(folded(Service::GitHub), "::group::output a\ntext\n::endgroup::");
        assert_eq!(folded(Service::Buildkite), "--- output a\ntext");
        let section = folded(Service::GitLab);
        assert!(
            section.starts_with("\u{1b}[0Ksection_start:")
                && section.contains("  output a\ntext\n")
        );
        assert_eq!(section.matches(":poly-a-b").count(), 2);
    }
}
