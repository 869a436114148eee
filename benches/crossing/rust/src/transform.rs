//! The work itself: this file is a part of the component, and of the bench that does the same without one.

pub(crate) fn transform(input: &[u8]) -> Vec<u8> {
    let upper = String::from_utf8_lossy(input).to_uppercase();
    upper.chars().rev().collect::<String>().into_bytes()
}

pub(crate) fn batch(inputs: &[Vec<u8>]) -> Vec<Vec<u8>> {
    inputs.iter().map(|input| transform(input)).collect()
}
