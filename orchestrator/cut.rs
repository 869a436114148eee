//! Texts that are too long to be shown whole.

/// The first `most` characters of a text, if it has more.
pub(crate) fn beginning(text: &str, most: usize) -> Option<&str> {
    text.char_indices().nth(most).map(|(end, _)| &text[..end])
}
