//! Values that are passed on to a component and shown to nobody.
//!
//! Wherever such a value turns up in what the component wrote, returned or stopped with,
//! `[secret NAME]` is shown in its place: as it is, and as the text forms of values (WAVE, Rust's
//! `{:?}`) escape it. A component that changes it first (in base64, letter by letter) is not seen
//! through: what must not get out must not be granted.

use std::collections::BTreeMap;
use std::sync::Arc;

use wasmtime::component::Val;
use wasmtime::component::wasm_wave;

use crate::check::{Ending, Outcome, WatchedFile};

/// The secrets of one instance; clones share them.
#[derive(Clone, Default)]
pub(super) struct Secrets(Arc<[Secret]>);

/// One way to write one value.
#[derive(Clone)]
struct Secret {
    form: String,
    shown: String,
}

impl Secrets {
    /// Those with these names and values.
    pub(super) fn new(variables: &[(String, String)]) -> Self {
        let mut secrets = Vec::new();
        for (name, value) in variables {
            let wave = wasm_wave::to_string(&Val::String(value.clone())).unwrap_or_default();
            let rust = format!("{value:?}");
            let unquoted = |text: &str| text.trim_matches('"').to_owned();
            let mut forms = vec![value.clone(), unquoted(&wave), unquoted(&rust)];
            forms.dedup();
            let shown = format!("[secret {name}]");
            secrets.extend(
                forms
                    .into_iter()
                    .filter(|form| !form.is_empty())
                    .map(|form| Secret { form, shown: shown.clone() }),
            );
        }
        // One that is part of another would leave the rest of it.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.form.len()));
        Self(secrets.into())
    }

    /// The same text without their values.
    pub(super) fn hide(&self, text: &mut String) {
        for Secret { form, shown } in &*self.0 {
            if text.contains(form.as_str()) {
                *text = text.replace(form.as_str(), shown);
            }
        }
    }

    /// A text without their values, as a name of a host would be written too.
    pub(super) fn hidden_in_any_case(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for Secret { form, shown } in &*self.0 {
            let (low, form) = (text.to_ascii_lowercase(), form.to_ascii_lowercase());
            let mut end = 0;
            let mut hidden = String::new();
            for (at, found) in low.match_indices(&form) {
                hidden.push_str(&text[end..at]);
                hidden.push_str(shown);
                end = at + found.len();
            }
            hidden.push_str(&text[end..]);
            text = hidden;
        }
        text
    }

    /// Takes their values out of what is in files.
    pub(super) fn hide_in_files(&self, files: &mut BTreeMap<String, WatchedFile>) {
        for file in files.values_mut() {
            if let WatchedFile::Written(text) | WatchedFile::NoText(text) = file {
                self.hide(text);
            }
        }
    }

    /// Takes their values out of what an outcome says; refusals and streams have them no more.
    pub(super) fn hide_in(&self, outcome: &mut Outcome) {
        if self.0.is_empty() {
            return;
        }
        match &mut outcome.ending {
            Ending::Returned(Some(returned)) => self.hide(&mut returned.text),
            Ending::Returned(None) | Ending::Exceeded(_) => {}
            // The names of functions are the component's own, from before it was told a secret.
            Ending::Trapped(trap) => self.hide(&mut trap.message),
        }
    }

    /// A stream from which their values are taken.
    pub(super) fn veil(&self) -> Veil {
        Veil { secrets: self.clone(), held: Vec::new() }
    }
}

/// Takes secrets out of bytes that come in pieces, and holds back what may be the beginning of
/// one.
pub(super) struct Veil {
    secrets: Secrets,
    held: Vec<u8>,
}

impl Veil {
    /// What can be shown now that these bytes have come.
    pub(super) fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        if self.secrets.0.is_empty() {
            return bytes.to_vec();
        }
        self.held.extend_from_slice(bytes);
        self.show(true)
    }

    /// Gives up what is held back, when more would have come and does not.
    pub(super) fn forget(&mut self) {
        self.held.clear();
    }

    /// What is left, when nothing more comes.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        self.show(false)
    }

    fn show(&mut self, more_may_come: bool) -> Vec<u8> {
        let mut shown = Vec::with_capacity(self.held.len());
        let mut at = 0;
        while let Some(&first) = self.held.get(at) {
            let rest = &self.held[at..];
            let secrets = || self.secrets.0.iter();
            let begins = |secret: &Secret| {
                secret.form.len() > rest.len() && secret.form.as_bytes().starts_with(rest)
            };
            if more_may_come && secrets().any(begins) {
                break;
            }
            if let Some(secret) = secrets().find(|it| rest.starts_with(it.form.as_bytes())) {
                shown.extend_from_slice(secret.shown.as_bytes());
                at += secret.form.len();
            } else {
                shown.push(first);
                at += 1;
            }
        }
        self.held.drain(..at);
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets(variables: &[(&str, &str)]) -> Secrets {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Secrets::new(&variables)
    }

    #[test]
    fn no_form_of_a_value_is_shown() {
        let secrets = secrets(&[("SHORT", "abc"), ("LONG", "abcdef"), ("ODD", "a\"b\n\u{1}")]);
        for (text, expected) in [
            ("abcdef and abc", "[secret LONG] and [secret SHORT]"),
            ("a\"b\n\u{1}", "[secret ODD]"),
            (r#"err("a\"b\n\u{1}")"#, r#"err("[secret ODD]")"#),
            ("nothing", "nothing"),
        ] {
            let mut text = text.to_owned();
            secrets.hide(&mut text);
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn no_value_is_shown_of_a_file() {
        let secrets = secrets(&[("A", "aba")]);
        let files = |text: &str| {
            BTreeMap::from([
                ("text".to_owned(), WatchedFile::Written(text.to_owned())),
                ("bytes".to_owned(), WatchedFile::NoText(format!("{text}\u{fffd}"))),
            ])
        };
        let mut written = files("xaba!");
        secrets.hide_in_files(&mut written);
        assert!(written == files("x[secret A]!"));
    }

    #[test]
    fn a_value_in_pieces_is_seen_too() {
        let secrets = secrets(&[("A", "secret"), ("B", "secretive")]);
        let text = b"my secret, secretive secre, sesecret secret";
        let expected = "my [secret A], [secret B] secre, se[secret A] [secret A]";
        for size in 1..text.len() {
            let mut veil = secrets.veil();
            let mut shown: Vec<u8> = text.chunks(size).flat_map(|piece| veil.pass(piece)).collect();
            shown.extend(veil.rest());
            assert_eq!(String::from_utf8(shown).unwrap(), expected, "{size} at once");
        }
        // Nothing waits that is no beginning of a secret.
        assert_eq!(secrets.veil().pass(b"plain\n"), b"plain\n");
    }
}
