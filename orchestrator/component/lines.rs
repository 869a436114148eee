//! From a byte of a core module to the lines of the sources that it was made of, by the debug
//! information that the module carries: DWARF, as "DWARF for WebAssembly" puts it into custom sections.
//!
//! Nothing here is bounded but the length of what is told. Whoever wrote the information can make
//! reading it take all memory, any time, or more stack than there is: it is for a process that may
//! die of it.

use std::collections::BTreeMap;
use std::ops::Range;

use addr2line::Context;
use addr2line::gimli::{Dwarf, EndianSlice, Error, LittleEndian};
use serde::{Deserialize, Serialize};
use wasmparser::{Parser, Payload};

use crate::cut;

/// How many functions one is told to have been made of by its compiler: the innermost, and last itself.
const INLINED: usize = 32;

/// A function of the sources, and where in it a byte is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Line {
    /// Its name as its programmer wrote it, if that is known.
    pub function: Option<String>,
    /// The file, as its compiler called it.
    pub file: Option<String>,
    /// The line, from 1.
    pub line: Option<u32>,
    /// The column, from 1.
    pub column: Option<u32>,
}

/// The debug information of a core module.
pub struct DebugInfo<'c> {
    context: Context<EndianSlice<'c, LittleEndian>>,
    /// Where the contents of the code section begin, from which DWARF counts.
    code: usize,
}

impl<'c> DebugInfo<'c> {
    /// That of a module, which lies here in a component; none if there is none that can be read.
    pub fn of(component: &'c [u8], module: Range<usize>) -> Option<Self> {
        let (mut sections, mut code) = (BTreeMap::new(), None);
        let parser = Parser::new(module.start as u64);
        for payload in parser.parse_all(component.get(module)?) {
            match payload.ok()? {
                Payload::CodeSectionStart { range, .. } => code = Some(range.start),
                Payload::CustomSection(section) if section.name().starts_with(".debug_") => {
                    sections.insert(section.name(), section.data());
                }
                _ => {}
            }
        }
        let section = |name| sections.get(name).copied().unwrap_or_default();
        let dwarf =
            Dwarf::load(|id| Ok::<_, Error>(EndianSlice::new(section(id.name()), LittleEndian)));
        let context = Context::from_dwarf(dwarf.ok()?).ok()?;
        Some(Self { context, code: code? })
    }

    /// What a byte of the component was made of: the functions that were inlined first, and last the
    /// one that the module has. Nothing if nothing is known.
    pub fn at(&self, offset: usize) -> Vec<Line> {
        let Some(address) = offset.checked_sub(self.code) else { return Vec::new() };
        let found = self.context.find_frames(address as u64).skip_all_loads();
        let Ok(mut found) = found else { return Vec::new() };
        let mut lines = Vec::new();
        while let Ok(Some(frame)) = found.next() {
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
            let location = frame.location.as_ref();
            // Compilers write 0 for what they do not know.
            let known = |number: Option<u32>| number.filter(|number| *number > 0);
            lines.truncate(INLINED - 1);
            lines.push(Line {
                function: name.as_deref().map(cut::function),
                file: location.and_then(|location| location.file).map(cut::name),
                line: known(location.and_then(|location| location.line)),
                column: known(location.and_then(|location| location.column)),
            });
        }
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::locate::locate;

    /// DWARF of version 4 that says one function `outer`, of which all is an inlined `inner`.
    fn debugged() -> Vec<u8> {
        let abbreviations = [
            &[1, 0x11, 1, 0x11, 1, 0x12, 6, 0, 0][..],
            &[2, 0x2e, 1, 0x03, 8, 0x11, 1, 0x12, 6, 0, 0],
            &[3, 0x1d, 0, 0x03, 8, 0x59, 11, 0x11, 1, 0x12, 6, 0, 0, 0],
        ]
        .concat();
        let range = [&1_u32.to_le_bytes()[..], &100_u32.to_le_bytes()].concat();
        let entries = [
            &4_u16.to_le_bytes()[..],
            &0_u32.to_le_bytes(),
            &[4, 1],
            &range,
            b"\x02outer\0",
            &range,
            b"\x03inner\0\x07",
            &range,
            &[0, 0],
        ]
        .concat();
        let length = u32::try_from(entries.len()).unwrap().to_le_bytes();
        let text = |bytes: &[u8]| {
            bytes.iter().fold(String::new(), |text, byte| text + &format!("\\{byte:02x}"))
        };
        let module = format!(
            r#"(component (core module (func (result i32) i32.const 99)
                (@custom ".debug_abbrev" (after data) "{}")
                (@custom ".debug_info" (after data) "{}")))"#,
            text(&abbreviations),
            text(&[&length[..], &entries].concat())
        );
        wat::parse_str(module).unwrap()
    }

    #[test]
    fn a_byte_is_of_the_functions_that_were_inlined_there() {
        let component = debugged();
        // `i32.const 99`
        let code = [0x41, 0xe3, 0x00];
        let at = component.windows(3).position(|bytes| bytes == code).unwrap();
        let module = locate(&component, &[at].into())[&at].module.clone();
        let info = DebugInfo::of(&component, module.clone()).unwrap();
        let lines = info.at(at);
        let told: Vec<_> = lines.iter().map(|it| (it.function.as_deref(), it.line)).collect();
        assert_eq!(told, [(Some("inner"), None), (Some("outer"), Some(7))]);
        assert_eq!(info.at(module.start), []);
    }

    #[test]
    fn what_is_cut_off_is_not_read() {
        let component = debugged();
        for end in 8..component.len() {
            let module = 8..end;
            let _ = DebugInfo::of(&component, module).map(|info| info.at(60));
        }
        assert!(DebugInfo::of(b"", 0..9).is_none());
    }
}
