//! A component without what its functions do: all of its types, imports, exports and links, in a
//! hundredth of its bytes.
//!
//! Whoever asks what a component is, or whom it fits, may ask its outline; whoever composes
//! outlines and fills them in has composed the components. What is left out has no bearing on
//! any type: bodies of functions (each becomes a trap), the content of memories, and the custom
//! sections of modules.

use std::borrow::Cow;

use miette::Diagnostic;
use thiserror::Error;
use wasm_encoder::{Component, ComponentSection, CustomSection, Encode, RawSection};
use wasmparser::{BinaryReader, BinaryReaderError};

use super::inspect::{Kind, kind};

/// Numbers of sections. Those of a component and of a module are counted apart, but for custom
/// ones.
mod section {
    pub(super) const CUSTOM: u8 = 0;
    pub(super) const CORE_MODULE: u8 = 1;
    pub(super) const COMPONENT: u8 = 4;
    pub(super) const CODE: u8 = 10;
    pub(super) const DATA: u8 = 11;
    pub(super) const DATA_COUNT: u8 = 12;
}

/// Goes up when [`fill`] makes other bytes of equal ones.
pub(super) const SCHEMA: u32 = 1;

/// A function that traps: the size of its body, no locals, `unreachable`, `end`.
const TRAP: [u8; 4] = [3, 0, 0x00, 0x0b];

/// The custom section that tells an outline's number.
const MARK: &str = "poly:outline";

/// How many levels deep components may lie in one another. Each composition adds one, so that
/// nobody's have many; whoever reads them level by level needs a stack for all.
const LEVELS: usize = 100;

/// Why a component is not read: others lie in it too deep.
#[derive(Debug, Error, Diagnostic)]
#[error("components lie in one another more than {LEVELS} levels deep")]
#[diagnostic(help("each composition adds a level: compose in fewer steps"))]
pub struct TooDeep;

/// Refuses the component `bytes` if others lie in it deeper than [`LEVELS`]. What else is wrong
/// with it, whoever reads it says better.
pub(super) fn check_depth(bytes: &[u8]) -> Result<(), TooDeep> {
    let mut open = vec![(bytes, 0)];
    while let Some((bytes, depth)) = open.pop() {
        if kind(bytes) != Some(Kind::Component) {
            continue;
        }
        if depth > LEVELS {
            return Err(TooDeep);
        }
        let sections = sections(bytes).unwrap_or_default().into_iter();
        let components = sections.filter(|(id, _)| *id == section::COMPONENT);
        open.extend(components.map(|(_, data)| (data, depth + 1)));
    }
    Ok(())
}

/// The outline of the component `bytes`, which has passed [`check_depth`].
pub(super) fn outline(bytes: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let mut outline = Vec::new();
    write_outline(bytes, &mut outline)?;
    Ok(outline)
}

/// The same, with a number by which [`fill`] knows it again.
pub(super) fn numbered(bytes: &[u8], number: u32) -> Result<Vec<u8>, BinaryReaderError> {
    let mut outline = outline(bytes)?;
    let number = number.to_le_bytes();
    CustomSection { name: MARK.into(), data: number.as_slice().into() }
        .append_to_component(&mut outline);
    Ok(outline)
}

/// The component `bytes`, with each numbered outline that lies directly in it replaced by the
/// one of `components` that has its number.
pub(super) fn fill(bytes: &[u8], components: &[&[u8]]) -> Result<Vec<u8>, BinaryReaderError> {
    let size: usize = components.iter().map(|component| component.len()).sum();
    let mut filled = Vec::with_capacity(bytes.len() + size);
    filled.extend_from_slice(&Component::HEADER);
    for (id, data) in sections(bytes)? {
        let number = if id == section::COMPONENT { number(data)? } else { None };
        let component = number.and_then(|number| components.get(number as usize));
        let data = component.copied().unwrap_or(data);
        RawSection { id, data }.append_to_component(&mut filled);
    }
    Ok(filled)
}

/// The number of an outline.
fn number(outline: &[u8]) -> Result<Option<u32>, BinaryReaderError> {
    let Some((section::CUSTOM, data)) = sections(outline)?.pop() else { return Ok(None) };
    let mut reader = BinaryReader::new(data, 0);
    let marked = reader.read_string()? == MARK;
    marked.then(|| reader.read_u32()).transpose()
}

fn write_outline(bytes: &[u8], outline: &mut Vec<u8>) -> Result<(), BinaryReaderError> {
    let component = kind(bytes) == Some(Kind::Component);
    outline.extend_from_slice(&bytes[..bytes.len().min(Component::HEADER.len())]);
    for (id, data) in sections(bytes)? {
        let data = match id {
            section::CORE_MODULE | section::COMPONENT if component => {
                let mut inner = Vec::new();
                write_outline(data, &mut inner)?;
                Cow::Owned(inner)
            }
            section::CUSTOM | section::DATA | section::DATA_COUNT if !component => continue,
            section::CODE if !component => Cow::Owned(traps(data)?),
            _ => Cow::Borrowed(data),
        };
        RawSection { id, data: &data }.append_to_component(outline);
    }
    Ok(())
}

/// A code section of as many functions as `code` has.
fn traps(code: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let count = BinaryReader::new(code, 0).read_var_u32()?;
    let mut traps = Vec::new();
    count.encode(&mut traps);
    traps.extend(TRAP.repeat(count as usize));
    Ok(traps)
}

/// The sections that lie directly in a module or a component, by number.
fn sections(bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, BinaryReaderError> {
    let mut reader = BinaryReader::new(bytes, 0);
    reader.read_bytes(Component::HEADER.len())?;
    let mut sections = Vec::new();
    while !reader.eof() {
        let id = reader.read_u8()?;
        let size = reader.read_var_u32()? as usize;
        sections.push((id, reader.read_bytes(size)?));
    }
    Ok(sections)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::{adapt, inspect, world};

    const WHOLE: &str = r#"(component
        (import "a:b/types" (instance (export "r" (type (sub resource)))))
        (core module $m
            (memory (export "memory") 1) (data (i32.const 0) "some text")
            (func (export "f") (result i32) (local i64) i32.const 7)
            (func $start) (start $start)
            (table 2 funcref) (elem (i32.const 0) $start $start)
            (@custom "name of mine" "some bytes"))
        (core instance $c (instantiate $m))
        (component $inner (core module (func (result i32) i32.const 1) (data "more")))
        (func (export "run") (result u32) (canon lift (core func $c "f"))))"#;

    #[test]
    fn an_outline_is_valid_smaller_and_of_the_same_world() {
        let whole = wat::parse_str(WHOLE).unwrap();
        let outline = outline(&whole).unwrap();
        wasmparser::Validator::new().validate_all(&outline).expect("valid");
        assert!(outline.len() < whole.len() - 50, "{} {}", outline.len(), whole.len());
        assert_eq!(world::decode(&outline).unwrap(), world::decode(&whole).unwrap());
        assert_eq!(
            super::outline(&outline).unwrap(),
            outline,
            "there is nothing left to leave out"
        );
    }

    #[test]
    fn filling_in_outlines_gives_what_composing_the_components_would() {
        let parts = [WHOLE, "(component)"].map(|text| wat::parse_str(text).unwrap());
        let around = |parts: &[Vec<u8>]| {
            let mut outer = Component::new();
            for data in parts {
                outer.section(&RawSection { id: section::COMPONENT, data });
            }
            outer.section(&CustomSection { name: "end".into(), data: (&[]).into() });
            outer.finish()
        };
        let outlines = [1, 0, 1].map(|number| numbered(&parts[number as usize], number).unwrap());
        let filled = fill(&around(&outlines), &[&parts[0], &parts[1]]).unwrap();
        assert_eq!(filled, around(&[parts[1].clone(), parts[0].clone(), parts[1].clone()]));
    }

    /// Components, each in the one before: so many levels of them.
    fn chain(levels: usize) -> Vec<u8> {
        // From the innermost outwards, each in front of what it holds: written backwards.
        let mut backwards: Vec<u8> = Component::HEADER.into_iter().rev().collect();
        for _ in 0..levels {
            let mut head = Component::HEADER.to_vec();
            head.push(section::COMPONENT);
            backwards.len().encode(&mut head);
            backwards.extend(head.into_iter().rev());
        }
        backwards.reverse();
        backwards
    }

    /// These once ended the process: there was no stack for so many levels.
    #[test]
    fn components_lie_in_one_another_a_hundred_levels_deep_and_no_deeper() {
        let deep = chain(LEVELS);
        world::decode(&deep).unwrap();
        inspect::inspect(&deep).unwrap();
        adapt::adapt(&deep, None).unwrap();
        let said = "components lie in one another more than 100 levels deep";
        for too_deep in [chain(LEVELS + 1), chain(20_000)] {
            assert_eq!(world::decode(&too_deep).unwrap_err().to_string(), said);
            assert_eq!(inspect::inspect(&too_deep).unwrap_err().to_string(), said);
            assert_eq!(adapt::adapt(&too_deep, None).unwrap_err().to_string(), said);
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error() {
        let whole = wat::parse_str(WHOLE).unwrap();
        for length in [0, 4, 9, whole.len() - 1] {
            outline(&whole[..length]).expect_err("cut off");
        }
    }
}
