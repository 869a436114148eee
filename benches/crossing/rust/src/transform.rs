//! The work itself: this file is a part of the component, and of the bench that does the same without one.

pub(crate) fn transform(input: &[u8]) -> Vec<u8> {
    turned(&String::from_utf8_lossy(input)).into_bytes()
}

pub(crate) fn batch(inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    inputs.iter().map(|input| transform(input)).collect()
}

pub(crate) fn lines(text: &str) -> String {
    let mut output = String::with_capacity(text.len());
    for line in text.split('\n') {
        output.push_str(&turned(line));
        output.push('\n');
    }
    output.pop();
    output
}

fn turned(text: &str) -> String {
    text.to_uppercase().chars().rev().collect()
}
