//! A binary, cut into the parts that are compared.

use std::collections::BTreeMap;
use std::ops::Range;

use wasmparser::{
    BinaryReaderError, ComponentName, Encoding, KnownCustom, Name, NameMap, Parser, Payload,
    TypeRef,
};

/// A part of a binary.
pub(super) struct Part {
    /// Where it stands: equal in two binaries for what is to be compared.
    pub(super) place: String,
    /// The modules and components around it, for people.
    pub(super) within: Vec<String>,
    /// What it is, for people.
    pub(super) label: String,
    /// Its bytes.
    pub(super) range: Range<usize>,
}

impl Part {
    /// A binary as one part.
    pub(super) fn whole(bytes: &[u8]) -> Vec<Self> {
        let (place, label) = (String::new(), "the file".to_owned());
        vec![Self { place, within: Vec::new(), label, range: 0..bytes.len() }]
    }
}

/// The parts of a binary, in their order.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<Part>, BinaryReaderError> {
    let mut open: Vec<Level> = Vec::new();
    for payload in Parser::new(0).parse_all(bytes) {
        match payload? {
            Payload::Version { encoding, .. } => {
                let level = Level::new(encoding, open.last_mut());
                open.push(level);
            }
            Payload::End(_) => {
                let Some(done) = open.pop() else { break };
                let Some(around) = open.last_mut() else {
                    let mut parts = Vec::new();
                    done.flatten("", &[], &mut parts);
                    return Ok(parts);
                };
                around.items.push(Item::Nested(done));
            }
            payload => {
                if let Some(level) = open.last_mut() {
                    level.read(&payload)?;
                }
            }
        }
    }
    Ok(Vec::new())
}

/// A module or component that is being read.
struct Level {
    /// What it is, with its number among those of its kind in what is around it.
    place: String,
    index: u32,
    name: Option<String>,
    items: Vec<Item>,
    /// How many of each kind of part there were.
    counts: BTreeMap<String, u32>,
    functions: BTreeMap<u32, String>,
    segments: BTreeMap<u32, String>,
    modules: BTreeMap<u32, String>,
    components: BTreeMap<u32, String>,
}

enum Item {
    Part { kind: String, index: u32, range: Range<usize> },
    Nested(Level),
}

const FUNCTION: &str = "function";
const SEGMENT: &str = "data segment";
const MODULE: &str = "core module";
const COMPONENT: &str = "component";

impl Level {
    fn new(encoding: Encoding, around: Option<&mut Self>) -> Self {
        let kind = match encoding {
            Encoding::Module => MODULE,
            Encoding::Component => COMPONENT,
        };
        let index = around.map_or(0, |around| around.next(kind));
        Self {
            place: format!("{kind} {index}"),
            index,
            name: None,
            items: Vec::new(),
            counts: BTreeMap::new(),
            functions: BTreeMap::new(),
            segments: BTreeMap::new(),
            modules: BTreeMap::new(),
            components: BTreeMap::new(),
        }
    }

    /// The number of the next part of a kind.
    fn next(&mut self, kind: &str) -> u32 {
        let count = self.counts.entry(kind.to_owned()).or_default();
        *count += 1;
        *count - 1
    }

    fn part(&mut self, kind: impl Into<String>, range: Range<usize>) {
        let kind = kind.into();
        let index = self.next(&kind);
        self.items.push(Item::Part { kind, index, range });
    }

    fn read(&mut self, payload: &Payload<'_>) -> Result<(), BinaryReaderError> {
        match payload {
            // What is in them follows.
            Payload::ModuleSection { .. }
            | Payload::ComponentSection { .. }
            | Payload::CodeSectionStart { .. } => {}
            Payload::CodeSectionEntry(body) => self.part(FUNCTION, body.range()),
            Payload::DataSection(reader) => {
                for segment in reader.clone() {
                    let segment = segment?;
                    let end = segment.range.end;
                    self.part(SEGMENT, end - segment.data.len()..end);
                }
            }
            Payload::CustomSection(custom) => {
                self.names(&custom.as_known());
                self.part(format!("custom section `{}`", custom.name()), custom.range());
            }
            payload => {
                if let Payload::ImportSection(reader) = payload {
                    // Functions that are imported have the first numbers.
                    for import in reader.clone().into_imports() {
                        if matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                            self.next(FUNCTION);
                        }
                    }
                }
                if let Some((name, _)) = super::super::inspect::section(payload)
                    && let Some((_, range)) = payload.as_section()
                {
                    self.part(format!("section `{name}`"), range);
                }
            }
        }
        Ok(())
    }

    /// Names are a courtesy: those that cannot be read are left out.
    fn names(&mut self, custom: &KnownCustom<'_>) {
        match custom {
            KnownCustom::Name(names) => {
                for name in names.clone().map_while(Result::ok) {
                    match name {
                        Name::Module { name, .. } => self.name = Some(name.to_owned()),
                        Name::Function(map) => self.functions = by_index(map),
                        Name::Data(map) => self.segments = by_index(map),
                        _ => {}
                    }
                }
            }
            KnownCustom::ComponentName(names) => {
                for name in names.clone().map_while(Result::ok) {
                    match name {
                        ComponentName::Component { name, .. } => self.name = Some(name.to_owned()),
                        ComponentName::CoreModules(map) => self.modules = by_index(map),
                        ComponentName::Components(map) => self.components = by_index(map),
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }

    fn flatten(self, above: &str, within: &[String], parts: &mut Vec<Part>) {
        for item in self.items {
            match item {
                Item::Part { kind, index, range } => {
                    let name = match kind.as_str() {
                        FUNCTION => self.functions.get(&index),
                        SEGMENT => self.segments.get(&index),
                        _ => None,
                    };
                    let many = kind == FUNCTION || kind == SEGMENT || self.counts[&kind] > 1;
                    let number = if many { format!(" {index}") } else { String::new() };
                    parts.push(Part {
                        place: format!("{above}{kind} {index}"),
                        within: within.to_vec(),
                        label: named(&format!("{kind}{number}"), name),
                        range,
                    });
                }
                Item::Nested(nested) => {
                    let names = if nested.place.starts_with(MODULE) {
                        &self.modules
                    } else {
                        &self.components
                    };
                    let name = names.get(&nested.index).or(nested.name.as_ref());
                    let within = [within, &[named(&nested.place, name)]].concat();
                    let above = format!("{above}{}/", nested.place);
                    nested.flatten(&above, &within, parts);
                }
            }
        }
    }
}

fn named(what: &str, name: Option<&String>) -> String {
    name.map_or_else(|| what.to_owned(), |name| format!("{what} `{name}`"))
}

fn by_index(map: NameMap<'_>) -> BTreeMap<u32, String> {
    let names = map.into_iter().map_while(Result::ok);
    names.map(|naming| (naming.index, naming.name.to_owned())).collect()
}
