//! From a byte of a component to the function that it belongs to, and to what that function lies
//! in: the runtime tells where a program stopped as such a byte.

use std::ops::Range;

use wasmparser::{Chunk, Parser, Payload, TypeRef};

/// What lies around a byte of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The component that lies directly in the outermost one, in bytes of that; none if there is
    /// none around the byte.
    pub nested: Option<Range<usize>>,
    /// The function's number in its core module.
    pub function: u32,
}

/// Finds the function whose body holds the byte `offset` of `component`; none if no function's
/// does, or the bytes cannot be read.
pub fn locate(component: &[u8], offset: usize) -> Option<Located> {
    let (mut nested, mut around) = (None, 0..component.len());
    loop {
        match step(component, around.clone(), offset)? {
            Found::Function(function) => return Some(Located { nested, function }),
            Found::Component(range) => {
                nested.get_or_insert_with(|| range.clone());
                around = range;
            }
            Found::Module(range) => around = range,
        }
    }
}

enum Found {
    Component(Range<usize>),
    Module(Range<usize>),
    Function(u32),
}

/// What lies directly in `around` and holds the byte.
fn step(bytes: &[u8], around: Range<usize>, offset: usize) -> Option<Found> {
    let mut parser = Parser::new(around.start as u64);
    let (mut at, mut next_function) = (around.start, 0);
    while at < around.end {
        let Chunk::Parsed { consumed, payload } =
            parser.parse(bytes.get(at..around.end)?, true).ok()?
        else {
            return None;
        };
        at += consumed;
        // What holds the byte is looked into by the next step; the rest is passed over.
        match payload {
            Payload::ModuleSection { unchecked_range: range, .. } => {
                if range.contains(&offset) {
                    return Some(Found::Module(range));
                }
                at = range.end;
            }
            Payload::ComponentSection { unchecked_range: range, .. } => {
                if range.contains(&offset) {
                    return Some(Found::Component(range));
                }
                at = range.end;
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let of = import.ok()?.ty;
                    next_function +=
                        u32::from(matches!(of, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                }
            }
            Payload::CodeSectionEntry(body) => {
                if body.range().contains(&offset) {
                    return Some(Found::Function(next_function));
                }
                next_function += 1;
            }
            Payload::End(_) => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_found_in_its_function_and_in_the_component_around_it() {
        let inner = |value: u8| {
            format!(
                "(component (core module (import \"a\" \"f\" (func)) (import \"a\" \"m\" (memory 1))
                    (func nop) (func (result i32) i32.const {value})))"
            )
        };
        let parts = [100, 101].map(|value| wat::parse_str(inner(value)).unwrap());
        let whole = format!(
            "(component (core module (func (result i32) i32.const 99)) {} (component {}))",
            inner(100),
            inner(101)
        );
        let whole = wat::parse_str(whole).unwrap();
        // `i32.const`, and the value as a signed LEB128.
        let at = |value: u8| {
            let code = [0x41, value | 0x80, 0x00];
            whole.windows(3).position(|bytes| bytes == code).unwrap()
        };
        assert_eq!(locate(&whole, at(99)), Some(Located { nested: None, function: 0 }));
        let found = locate(&whole, at(100)).unwrap();
        assert_eq!((found.function, &whole[found.nested.unwrap()]), (2, &parts[0][..]));
        let deeper = locate(&whole, at(101)).unwrap();
        let around = deeper.nested.unwrap();
        assert_eq!(deeper.function, 2);
        assert!(around.len() > parts[1].len() && whole[around].ends_with(&parts[1]));
    }

    #[test]
    fn what_is_no_code_is_in_no_function() {
        let whole = wat::parse_str("(component (core module (func nop)))").unwrap();
        assert_eq!(locate(&whole, 0), None);
        assert_eq!(locate(&whole, whole.len() + 10), None);
        for length in 0..whole.len() {
            locate(&whole[..length], length.saturating_sub(1));
        }
    }
}
