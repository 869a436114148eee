//! Changes to files as text that a person reads and `git apply` takes.

use similar::TextDiff;

/// The change of one file from `before` to `after` as a unified diff; nothing on one side means
/// that there is no file.
pub fn unified(file: &str, before: Option<&str>, after: Option<&str>) -> String {
    let header = |prefix: &str, text: Option<&str>| match text {
        Some(_) => format!("{prefix}/{file}"),
        None => "/dev/null".to_owned(),
    };
    let (was, is) = (header("a", before), header("b", after));
    let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
    TextDiff::from_lines(before, after).unified_diff().header(&was, &is).to_string()
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[test]
    fn changes_additions_and_removals_have_their_headers() {
        assert_eq!(
            unified("wit/a.wit", Some("one\ntwo\n"), Some("one\nthree\n")),
            "--- a/wit/a.wit\n+++ b/wit/a.wit\n@@ -1,2 +1,2 @@\n one\n-two\n+three\n"
        );
        assert_eq!(
            unified("a.wit", Some("one\n"), None),
            "--- a/a.wit\n+++ /dev/null\n@@ -1 +0,0 @@\n-one\n"
        );
        assert_eq!(
            unified("a.wit", None, Some("one")),
            "--- /dev/null\n+++ b/a.wit\n@@ -0,0 +1 @@\n+one\n\\ No newline at end of file\n"
        );
    }
}
