//! What all parts of a composed component may hold in memories and tables together.
//!
//! wasmtime asks before each memory or table grows; the answer here depends on the sum over
//! all of them, so many small memories are no way around the limit. Nothing is given back
//! before the instance ends, because no WebAssembly memory shrinks.

use wasmtime::ResourceLimiter;

use super::excess::Excess;
use super::instance::size;
use crate::manifest::{Limit, Limits};

/// What is left.
pub(super) struct Budget {
    memory: Share,
    tables: Share,
    instances: usize,
    excess: Excess,
}

/// So much of something, of which a part is used.
struct Share {
    what: Limit,
    limit: usize,
    used: usize,
    /// What the growth that is under way has been promised.
    promised: usize,
}

impl Budget {
    /// What the limits allow. Going over them is noted in `excess`.
    pub(super) fn new(limits: &Limits, excess: Excess) -> Self {
        Self {
            memory: Share::new(Limit::Memory, limits.memory.get()),
            tables: Share::new(Limit::Tables, limits.tables.into()),
            instances: size(limits.instances.into()),
            excess,
        }
    }

    /// How many bytes of memory have been asked for and given.
    pub(super) fn used(&self) -> u64 {
        self.memory.used as u64
    }
}

impl Share {
    fn new(what: Limit, limit: u64) -> Self {
        Self { what, limit: size(limit), used: 0, promised: 0 }
    }

    /// Whether something may grow from `current` to `desired`.
    fn promise(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
        excess: &Excess,
    ) -> wasmtime::Result<bool> {
        // Past a maximum that the component set itself: an ordinary failure of its own.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current);
        match self.used.checked_add(more) {
            Some(used) if used <= self.limit => {
                self.used = used;
                self.promised = more;
                Ok(true)
            }
            _ => Err(excess.note(self.what).into()),
        }
    }

    fn take_back(&mut self) {
        self.used = self.used.saturating_sub(std::mem::take(&mut self.promised));
    }
}

impl ResourceLimiter for Budget {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.memory.promise(current, desired, maximum, &self.excess)
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.memory.take_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.tables.promise(current, desired, maximum, &self.excess)
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.tables.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.instances
    }

    fn memories(&self) -> usize {
        self.instances
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A budget, and what was gone over.
    fn budget(limits: &str) -> (Budget, Excess) {
        let excess = Excess::default();
        (Budget::new(&toml::from_str(limits).unwrap(), excess.clone()), excess)
    }

    #[test]
    fn the_sum_counts() {
        let (mut budget, excess) = budget("memory = 655360");
        assert!(budget.memory_growing(0, 6 * 65536, None).unwrap());
        assert!(budget.memory_growing(0, 4 * 65536, None).unwrap());
        assert_eq!(excess.limit(), None);
        assert!(budget.memory_growing(0, 1, None).is_err());
        assert_eq!(excess.limit(), Some(Limit::Memory));
    }

    #[test]
    fn tables_are_counted_by_themselves() {
        let (mut budget, excess) = budget("memory = 0\ntables = 10");
        assert!(budget.table_growing(0, 6, None).unwrap());
        assert!(budget.table_growing(6, 10, None).unwrap());
        assert_eq!(excess.limit(), None);
        assert!(budget.table_growing(0, 1, None).is_err());
        assert_eq!(excess.limit(), Some(Limit::Tables));
    }

    #[test]
    fn a_growth_that_failed_is_given_back() {
        let (mut budget, _) = budget("memory = 65536");
        assert!(budget.memory_growing(0, 65536, None).unwrap());
        budget.memory_grow_failed(wasmtime::Error::msg("no more")).unwrap();
        assert!(budget.memory_growing(0, 65536, None).unwrap());
    }

    #[test]
    fn a_maximum_of_its_own_is_no_matter_of_ours() {
        let (mut budget, excess) = budget("memory = 10");
        assert!(!budget.memory_growing(0, 1 << 30, Some(65536)).unwrap());
        assert_eq!(excess.limit(), None);
    }
}
