//! A program whose code is looked at: what lies around bytes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use poly_cache::Digest;

use crate::check::Code;
use crate::component::locate::{Located, locate};

/// Components by the digests of their adapted files.
pub(super) type Components = BTreeMap<Digest, String>;

/// A program, and what was found in it.
pub(super) struct Program<'c> {
    bytes: Arc<Vec<u8>>,
    components: &'c Components,
    /// The component that all of it is, if it is one.
    whole: Option<String>,
    /// The digests that were taken, by where the bytes begin.
    known: BTreeMap<usize, Digest>,
    /// What lies around the bytes that were asked for.
    located: BTreeMap<usize, Located>,
}

impl<'c> Program<'c> {
    pub(super) fn new(
        bytes: Arc<Vec<u8>>,
        whole: Option<String>,
        components: &'c Components,
    ) -> Self {
        Self { bytes, components, whole, known: BTreeMap::new(), located: BTreeMap::new() }
    }

    /// Looks for what lies around these bytes.
    pub(super) fn look(&mut self, offsets: &BTreeSet<usize>) {
        self.located = locate(&self.bytes, offsets);
    }

    /// The byte of a function of the program; none if that is not its own.
    pub(super) fn byte(&self, code: Code) -> Option<usize> {
        // What the runtime puts between components has bytes of its own, which mean nothing here.
        code.offset.filter(|offset| {
            self.located.get(offset).is_some_and(|found| found.function == code.function)
        })
    }

    /// The component that the byte of a function is of; none for what joins components.
    pub(super) fn component_of(&mut self, byte: usize) -> Option<String> {
        if self.whole.is_some() {
            return self.whole.clone();
        }
        let part = self.located[&byte].nested.clone()?;
        let part = self.digest_of(part);
        self.components.get(&part).cloned()
    }

    fn digest_of(&mut self, part: Range<usize>) -> Digest {
        let begins = part.start;
        *self.known.entry(begins).or_insert_with(|| Digest::of(&self.bytes[part]))
    }
}
