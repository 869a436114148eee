//! What all parts of a composed component may hold in memory together.
//!
//! wasmtime asks before each memory or table grows; the answer here depends on the sum over
//! all of them, so many small memories are no way around the limit. Nothing is given back
//! before the instance ends, because no WebAssembly memory shrinks.

use thiserror::Error;
use wasmtime::ResourceLimiter;

/// Bytes that one element of a table is counted with: a pointer's worth.
const TABLE_ELEMENT: usize = 8;

/// Core instances, memories and tables, each, of one composed component. Real components
/// have a few dozen; the bound keeps hostile ones from eating up the host's address space.
const PARTS: usize = 1_000;

/// The memory that is left.
pub(super) struct Budget {
    limit: usize,
    used: usize,
    /// What the growth that is under way has been promised.
    promised: usize,
    over: bool,
}

/// Raised inside the component where it asks for more than the limit.
#[derive(Debug, Error)]
#[error("the component asked for more memory than its limit")]
pub(super) struct OverBudget;

impl Budget {
    /// Room for `limit` bytes.
    pub(super) fn new(limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { limit, used: 0, promised: 0, over: false }
    }

    /// Whether more was asked for than there is.
    pub(super) fn is_over(&self) -> bool {
        self.over
    }

    /// How many bytes have been asked for and given.
    pub(super) fn used(&self) -> u64 {
        self.used as u64
    }

    fn promise(&mut self, bytes: usize) -> wasmtime::Result<bool> {
        match self.used.checked_add(bytes) {
            Some(used) if used <= self.limit => {
                self.used = used;
                self.promised = bytes;
                Ok(true)
            }
            _ => {
                self.over = true;
                Err(OverBudget.into())
            }
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
        // Past a maximum that the component set itself: an ordinary failure of its own.
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.promise(desired.saturating_sub(current))
    }

    fn memory_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.promise(desired.saturating_sub(current).saturating_mul(TABLE_ELEMENT))
    }

    fn table_grow_failed(&mut self, _error: wasmtime::Error) -> wasmtime::Result<()> {
        self.take_back();
        Ok(())
    }

    fn instances(&self) -> usize {
        PARTS
    }

    fn tables(&self) -> usize {
        PARTS
    }

    fn memories(&self) -> usize {
        PARTS
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_counts() {
        let mut budget = Budget::new(10 * 65536);
        assert!(budget.memory_growing(0, 6 * 65536, None).unwrap());
        assert!(budget.memory_growing(0, 4 * 65536, None).unwrap());
        assert!(!budget.is_over());
        assert!(budget.table_growing(0, 1, None).is_err());
        assert!(budget.is_over());
    }

    #[test]
    fn a_growth_that_failed_is_given_back() {
        let mut budget = Budget::new(65536);
        assert!(budget.memory_growing(0, 65536, None).unwrap());
        budget.memory_grow_failed(wasmtime::Error::msg("no more")).unwrap();
        assert!(budget.memory_growing(0, 65536, None).unwrap());
    }

    #[test]
    fn a_maximum_of_its_own_is_no_matter_of_ours() {
        let mut budget = Budget::new(10);
        assert!(!budget.memory_growing(0, 1 << 30, Some(65536)).unwrap());
        assert!(!budget.is_over());
    }
}
