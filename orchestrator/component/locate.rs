//! From bytes of a component to the functions that they belong to, and to what these lie in: the
//! runtime tells where a program stopped as such a byte.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasmparser::{BinaryReaderError, Chunk, Parser, Payload, TypeRef};

/// What lies around a byte of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The component that lies directly in the outermost one, in bytes of that; none if there is
    /// none around the byte.
    pub nested: Option<Range<usize>>,
    /// The core module, in bytes of the outermost component.
    pub module: Range<usize>,
    /// The function's number in it.
    pub function: u32,
}

/// Finds the functions whose bodies hold these bytes of `component`. What no function holds, or
/// cannot be read, is left out.
pub fn locate(component: &[u8], offsets: &BTreeSet<usize>) -> BTreeMap<usize, Located> {
    let within = vec![(None, 0..component.len())];
    let mut search = Search { bytes: component, offsets, found: BTreeMap::new(), within };
    while let Some((nested, around)) = search.within.pop() {
        // What was found before an error stays.
        let _ = search.look(nested.as_ref(), &around);
    }
    search.found
}

/// A component that is being looked through.
struct Search<'c> {
    bytes: &'c [u8],
    offsets: &'c BTreeSet<usize>,
    found: BTreeMap<usize, Located>,
    /// Components and modules that hold some of the bytes, with the nested component that each is or
    /// lies in; still to be looked through.
    within: Vec<(Option<Range<usize>>, Range<usize>)>,
}

impl Search<'_> {
    /// Looks at what lies directly in `around`.
    fn look(
        &mut self,
        nested: Option<&Range<usize>>,
        around: &Range<usize>,
    ) -> Result<(), BinaryReaderError> {
        let mut parser = Parser::new(around.start as u64);
        let (mut at, mut function) = (around.start, 0);
        while at < around.end {
            let Some(rest) = self.bytes.get(at..around.end) else { break };
            let Chunk::Parsed { consumed, payload } = parser.parse(rest, true)? else { break };
            at += consumed;
            match payload {
                Payload::ModuleSection { unchecked_range: range, .. } => {
                    at = range.end;
                    self.enter(nested.cloned(), range);
                }
                Payload::ComponentSection { unchecked_range: range, .. } => {
                    at = range.end;
                    self.enter(Some(nested.unwrap_or(&range).clone()), range);
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let of = import?.ty;
                        function +=
                            u32::from(matches!(of, TypeRef::Func(_) | TypeRef::FuncExact(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => {
                    for offset in self.offsets.range(body.range()) {
                        let (nested, module) = (nested.cloned(), around.clone());
                        self.found.insert(*offset, Located { nested, module, function });
                    }
                    function += 1;
                }
                Payload::End(_) => break,
                _ => {}
            }
        }
        Ok(())
    }

    /// Has what lies here looked through, if some of the bytes are there.
    fn enter(&mut self, nested: Option<Range<usize>>, range: Range<usize>) {
        if self.offsets.range(range.clone()).next().is_some() {
            self.within.push((nested, range));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn located(component: &[u8], offset: usize) -> Option<Located> {
        locate(component, &[offset].into()).remove(&offset)
    }

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
        let outermost = located(&whole, at(99)).unwrap();
        assert_eq!((outermost.nested, outermost.function), (None, 0));
        assert!(whole[outermost.module].starts_with(b"\0asm\x01\0\0\0"));
        let found = located(&whole, at(100)).unwrap();
        assert_eq!((found.function, &whole[found.nested.unwrap()]), (2, &parts[0][..]));
        let deeper = located(&whole, at(101)).unwrap();
        let around = deeper.nested.unwrap();
        assert_eq!(deeper.function, 2);
        let all = locate(&whole, &[99, 100, 101].map(at).into());
        let functions: Vec<_> = all.into_values().map(|found| found.function).collect();
        assert_eq!(functions, [0, 2, 2]);
        assert!(around.len() > parts[1].len() && whole[around].ends_with(&parts[1]));
    }

    #[test]
    fn what_is_no_code_is_in_no_function() {
        let whole = wat::parse_str("(component (core module (func nop)))").unwrap();
        assert_eq!(located(&whole, 0), None);
        assert_eq!(located(&whole, whole.len() + 10), None);
        for length in 0..whole.len() {
            located(&whole[..length], length.saturating_sub(1));
        }
    }
}
