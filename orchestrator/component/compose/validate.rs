//! What is new in a composed component is valid.
//!
//! The functions of a part were validated when it was adapted, once, and make up nearly all of
//! the bytes. Types, links, and everything that an engine wrote are validated here; the bodies of
//! functions inside a part are passed over.

use std::ops::Range;

use wasmparser::{Chunk, Parser, Payload, ValidPayload, Validator};

use super::ComposeError;
use crate::component::Cause;

/// Checks that `bytes` are a valid component, provided that those of `vouched` are.
pub(super) fn what_is_new(bytes: &[u8], vouched: &[&[u8]]) -> Result<(), ComposeError> {
    validate(bytes, vouched).map_err(|cause| ComposeError::Invalid { cause })
}

fn validate(bytes: &[u8], vouched: &[&[u8]]) -> Result<(), Cause> {
    let mut validator = Validator::new();
    let mut allocations = wasmparser::FuncValidatorAllocations::default();
    let mut parsers = Vec::new();
    let mut parser = Parser::new(0);
    let mut known = 0..0;
    let mut at = 0;
    loop {
        let Chunk::Parsed { consumed, payload } = parser.parse(&bytes[at..], true)? else {
            return Err("the component is cut off".into());
        };
        if let Payload::ComponentSection { unchecked_range, .. } = &payload
            && parsers.is_empty()
        {
            known = vouched_for(bytes, unchecked_range, vouched);
        }
        let within_known = known.contains(&at);
        at += consumed;
        match validator.payload(&payload)? {
            ValidPayload::Ok => {}
            ValidPayload::Parser(inner) => parsers.push(std::mem::replace(&mut parser, inner)),
            ValidPayload::Func(_, _) if within_known => {}
            ValidPayload::Func(function, body) => {
                let mut function = function.into_validator(allocations);
                function.validate(&body)?;
                allocations = function.into_allocations();
            }
            ValidPayload::End(_) => match parsers.pop() {
                Some(outer) => parser = outer,
                None => return Ok(()),
            },
        }
    }
}

/// `range` if it holds one of the `vouched` components, else nothing.
fn vouched_for(bytes: &[u8], range: &Range<usize>, vouched: &[&[u8]]) -> Range<usize> {
    let known = bytes.get(range.clone()).is_some_and(|found| vouched.contains(&found));
    if known { range.clone() } else { 0..0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BAD_BODY: &str = r"(component (core module (func (result i32))))";

    /// A component round another one.
    fn around(inner: &[u8]) -> Vec<u8> {
        let mut outer = wasm_encoder::Component::new();
        outer.section(&wasm_encoder::RawSection { id: 4, data: inner });
        outer.finish()
    }

    #[test]
    fn only_what_is_vouched_for_is_passed_over() {
        let bad = wat::parse_str(BAD_BODY).unwrap();
        let composed = around(&bad);
        what_is_new(&composed, &[&bad]).expect("its parts are taken to be valid");
        let other = wat::parse_str("(component)").unwrap();
        let error = what_is_new(&composed, &[&other]).unwrap_err();
        let cause = std::error::Error::source(&error).unwrap().to_string();
        assert!(cause.contains("type mismatch"), "{cause}");
        what_is_new(&bad, &[&bad]).expect_err("the whole is no part of itself");
    }

    #[test]
    fn types_are_validated_in_parts_too() {
        let bad = wat::parse_str("(component (core module (func (type 7))))").unwrap();
        what_is_new(&around(&bad), &[&bad]).expect_err("no such type");
    }
}
