//! Where two WebAssembly binaries differ that ought to be equal: in which section, function or data
//! segment, of which of the modules and components nested in them, and how the bytes there read.
//!
//! The binaries are cut into **parts**: a function, a data segment, or any other section as a whole.
//! Parts with the same place are compared; a part that only one has is a difference too. What is no
//! WebAssembly is one part. Nothing is said of headers and lengths: they differ only where what they
//! are about does.

mod parts;

use std::collections::BTreeMap;

use serde::Serialize;

use parts::Part;

/// How many bytes of each binary are shown before the first that differs, and from it on.
const SHOWN: (usize, usize) = (24, 40);

/// What differs between two binaries.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Differences {
    /// How many parts differ.
    pub total: usize,
    /// The first of them, in the order of the first binary.
    pub first: Vec<Difference>,
}

/// A part that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The modules and components that it is in, from the outside.
    pub within: Vec<String>,
    /// The part, such as "function 12 `spin`" or "custom section `producers`".
    pub part: String,
    /// What is different about it.
    #[serde(flatten)]
    pub what: What,
}

/// What is different about a part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// Only the first binary has it.
    OnlyFirst {
        /// Bytes.
        size: usize,
    },
    /// Only the second has it.
    OnlySecond {
        /// Bytes.
        size: usize,
    },
    /// It is not the same bytes. Of pairs, the one of the first binary comes first.
    Bytes {
        /// How long it is.
        sizes: [usize; 2],
        /// The first byte that differs, counted from the beginning of the part.
        at: usize,
        /// The same, counted from the beginning of the binary.
        offsets: [usize; 2],
        /// How many bytes differ, where the lengths are equal.
        #[serde(skip_serializing_if = "Option::is_none")]
        count: Option<usize>,
        /// The bytes around it: as text where they are text, else in hexadecimal.
        read: [String; 2],
    },
}

/// The parts that differ between two binaries, at most `most` of them told. `None` if the binaries
/// are equal.
pub fn differences(first: &[u8], second: &[u8], most: usize) -> Option<Differences> {
    if first == second {
        return None;
    }
    let parts = [first, second].map(|bytes| parts::parts(bytes).unwrap_or_default());
    let mut found = compare([first, second], &parts);
    if found.is_empty() {
        // Something between the parts, or no WebAssembly at all.
        found.extend(compare([first, second], &[first, second].map(Part::whole)));
    }
    let total = found.len();
    found.truncate(most);
    Some(Differences { total, first: found })
}

fn compare(binaries: [&[u8]; 2], [ones, others]: &[Vec<Part>; 2]) -> Vec<Difference> {
    let by_place = |parts: &[Part]| -> BTreeMap<String, usize> {
        parts.iter().enumerate().map(|(index, part)| (part.place.clone(), index)).collect()
    };
    let (first, second) = (by_place(ones), by_place(others));
    let mut found = Vec::new();
    for one in ones {
        let what = match second.get(&one.place) {
            Some(index) => bytes(binaries, [one, &others[*index]]),
            None => Some(What::OnlyFirst { size: one.range.len() }),
        };
        found.extend(what.map(|what| one.differs(what)));
    }
    for other in others.iter().filter(|other| !first.contains_key(&other.place)) {
        found.push(other.differs(What::OnlySecond { size: other.range.len() }));
    }
    found
}

fn bytes(binaries: [&[u8]; 2], parts: [&Part; 2]) -> Option<What> {
    let [one, other] = [0, 1].map(|index| &binaries[index][parts[index].range.clone()]);
    if one == other {
        return None;
    }
    let mut pairs = one.iter().zip(other);
    let at = pairs.position(|(one, other)| one != other);
    let at = at.unwrap_or_else(|| one.len().min(other.len()));
    let count = one.iter().zip(other).filter(|(one, other)| one != other).count();
    Some(What::Bytes {
        sizes: [one.len(), other.len()],
        at,
        offsets: parts.map(|part| part.range.start + at),
        count: (one.len() == other.len()).then_some(count),
        read: read([one, other], at),
    })
}

/// The bytes of both around `at`, in the same way.
fn read(both: [&[u8]; 2], at: usize) -> [String; 2] {
    let around = |bytes: &[u8], before: usize, after: usize| {
        let start = at.saturating_sub(before).min(bytes.len());
        let end = at.saturating_add(after).min(bytes.len());
        (start, end)
    };
    let is_text = |bytes: &[u8]| {
        let (start, end) = around(bytes, 4, 12);
        let printable = bytes[start..end].iter().filter(|byte| matches!(byte, b' '..=b'~')).count();
        printable * 4 >= (end - start) * 3
    };
    let text = both.iter().all(|bytes| is_text(bytes));
    both.map(|bytes| {
        if text {
            let (start, end) = around(bytes, SHOWN.0, SHOWN.1);
            format!("\"{}\"", bytes[start..end].escape_ascii())
        } else {
            let (start, end) = around(bytes, 4, 12);
            let pairs: Vec<String> =
                bytes[start..end].iter().map(|byte| format!("{byte:02x}")).collect();
            pairs.join(" ")
        }
    })
}

impl Part {
    fn differs(&self, what: What) -> Difference {
        Difference { within: self.within.clone(), part: self.label.clone(), what }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compared(first: &str, second: &str) -> Vec<Difference> {
        let [first, second] = [first, second].map(|text| wat::parse_str(text).unwrap());
        let differences = differences(&first, &second, 10).expect("they differ");
        assert_eq!(differences.total, differences.first.len());
        differences.first
    }

    const MODULE: &str = r#"(module $app
        (import "env" "log" (func))
        (memory 1)
        (func $idle)
        (func $spin (result i32) i32.const 1)
        (data $greeting (i32.const 0) "built in /home/one/source at noon")
        (data (i32.const 99) "\00\01\02\03")
        (@custom "note" "first"))"#;

    #[test]
    fn equal_binaries_have_none() {
        let bytes = wat::parse_str(MODULE).unwrap();
        assert_eq!(differences(&bytes, &bytes, 10), None);
    }

    #[test]
    fn a_function_is_told_by_its_index_and_name() {
        let [found] = &compared(MODULE, &MODULE.replace("i32.const 1)", "i32.const 2)"))[..] else {
            panic!("one function differs")
        };
        assert_eq!((&found.within[..], found.part.as_str()), (&[][..], "function 2 `spin`"));
        let What::Bytes { sizes: [4, 4], at: 2, count: Some(1), read, .. } = &found.what else {
            panic!("{found:?}")
        };
        assert_eq!(read, &["00 41 01 0b", "00 41 02 0b"]);
    }

    #[test]
    fn a_path_in_a_data_segment_is_told_as_text() {
        let [found] = &compared(MODULE, &MODULE.replace("/home/one", "/home/another"))[..] else {
            panic!("one segment differs")
        };
        assert_eq!(found.part, "data segment 0 `greeting`");
        let What::Bytes { count: None, offsets, read, .. } = &found.what else {
            panic!("{found:?}")
        };
        assert!(read[0].contains("built in /home/one/source"), "{read:?}");
        assert!(read[1].contains("built in /home/another/source"), "{read:?}");
        let bytes = wat::parse_str(MODULE).unwrap();
        assert_eq!(&bytes[offsets[0]..offsets[0] + 3], b"one");
    }

    #[test]
    fn a_custom_section_is_told_by_its_name() {
        let [found] = &compared(MODULE, &MODULE.replace("\"first\"", "\"then\""))[..] else {
            panic!("one section differs")
        };
        assert_eq!(found.part, "custom section `note`");
    }

    #[test]
    fn what_only_one_has_is_told() {
        let longer = MODULE.replace("(@custom", "(func $more)(@custom");
        let found = compared(MODULE, &longer);
        let parts: Vec<_> = found.iter().map(|found| (&*found.part, &found.what)).collect();
        assert!(parts.contains(&("function 3 `more`", &What::OnlySecond { size: 2 })), "{found:?}");
        let found = compared(&longer, MODULE);
        assert!(found.iter().any(|found| found.what == What::OnlyFirst { size: 2 }), "{found:?}");
    }

    #[test]
    fn nested_components_are_walked() {
        let around = |module: &str| {
            format!(
                "(component (core module $first) (component $inner (component $deep {module})))"
            )
        };
        let module = MODULE.replacen("(module", "(core module", 1);
        let [found] = &compared(&around(&module), &around(&module.replace("noon", "nine")))[..]
        else {
            panic!("one segment differs")
        };
        let within = ["component 0 `inner`", "component 0 `deep`", "core module 0 `app`"];
        assert_eq!(found.within, within);
        assert_eq!(found.part, "data segment 0 `greeting`");
    }

    #[test]
    fn of_many_the_first_are_told() {
        let module = |byte: u8| {
            let functions: Vec<String> =
                (0..50).map(|_| format!("(func (result i32) i32.const {byte})")).collect();
            wat::parse_str(format!("(module {})", functions.join(" "))).unwrap()
        };
        let found = differences(&module(1), &module(2), 3).unwrap();
        assert_eq!((found.total, found.first.len()), (50, 3));
        assert_eq!(found.first[2].part, "function 2");
    }

    #[test]
    fn what_is_no_webassembly_is_one_part() {
        let found = differences(b"one", b"two", 10).unwrap();
        assert_eq!((found.total, found.first[0].part.as_str()), (1, "the file"));
        // Cut off in the middle.
        let bytes = wat::parse_str(MODULE).unwrap();
        let found = differences(&bytes, &bytes[..bytes.len() - 3], 10).unwrap();
        assert!(found.total > 0, "{found:?}");
    }
}
