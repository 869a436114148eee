//! Values that cost whoever takes them more than whoever gives them.

use crate::bindings::exports::poly::hostile::values::Guest;
use crate::bindings::wasi::random::random::get_random_bytes;
use crate::{allocator, data, steal, Answer};

impl Guest for crate::Guest {
    fn huge_text() -> String {
        "x".repeat(20 << 20)
    }

    fn huge_bytes() -> Vec<u8> {
        vec![7; 4 << 20]
    }

    fn long_numbers() -> Vec<f64> {
        vec![f64::MIN_POSITIVE; 200_000]
    }

    fn many_empty_lists() -> Vec<Vec<u8>> {
        vec![Vec::new(); 1 << 20]
    }

    fn huge_path() -> Answer {
        steal(&data(), &"x".repeat(20 << 20))
    }

    fn take(bytes: Vec<u8>) -> u32 {
        bytes.len() as u32
    }

    fn give_up() {
        panic!("it gives up")
    }

    fn arm() {
        allocator::refuse();
    }

    fn allocate_and_trap(_text: String) {}

    fn allocate_and_trap_in_a_call() {
        allocator::refuse();
        get_random_bytes(allocator::SIZE as u64);
    }

    fn finish_and_trap() -> Vec<u8> {
        allocator::keep();
        vec![7; allocator::SIZE]
    }
}
