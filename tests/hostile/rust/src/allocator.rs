//! Memory that is refused with a trap: where the host asks for room for a value, and where it gives
//! one back.

use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering};

/// How large a piece is of which the allocator may be told to trap. There are no others like it.
pub const SIZE: usize = 251;

/// The allocator of all that the guest has.
struct Allocator;

#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

static REFUSED: AtomicUsize = AtomicUsize::new(0);
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// From now on, whoever asks for a piece of that size ends the guest.
pub fn refuse() {
    REFUSED.store(SIZE, Ordering::Relaxed);
}

/// From now on, whoever gives back a piece of that size ends the guest.
pub fn keep() {
    KEPT.store(SIZE, Ordering::Relaxed);
}

// SAFETY: it is the system's, or it does not come back.
unsafe impl GlobalAlloc for Allocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        end_if(layout.size() == REFUSED.load(Ordering::Relaxed));
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, piece: *mut u8, layout: Layout) {
        end_if(layout.size() == KEPT.load(Ordering::Relaxed));
        System.dealloc(piece, layout);
    }

    unsafe fn realloc(&self, piece: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        System.realloc(piece, layout, size)
    }
}

fn end_if(asked: bool) {
    if asked {
        // A panic would ask for memory itself.
        core::arch::wasm32::unreachable();
    }
}
