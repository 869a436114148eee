//! The module that owns the flow's memory.
//!
//! Memory begins with the constants and the places of the stages' results. Behind them everything is allocated
//! by moving a mark forward, and given back by moving it to its start. A module of its own,
//! because the imports need a memory before the flow's code can be linked to them.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, DataSection, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, Instruction, MemorySection, MemoryType, Module,
    TypeSection, ValType,
};

use super::constants::FIRST;

/// The export that the canonical ABI calls to allocate.
pub(super) const REALLOC: &str = "cabi_realloc";
/// The export that gives everything back.
pub(super) const RESET: &str = "reset";
/// The memory.
pub(super) const MEMORY: &str = "memory";

const PAGE: u32 = 65_536;
const MARK: u32 = 0;

/// The module, with `reserved` bytes at the start that are never given out, and `constants` among
/// them at [`FIRST`].
pub(super) fn module(reserved: u32, constants: &[u8]) -> Module {
    let mut types = TypeSection::new();
    types.ty().function([ValType::I32; 4], [ValType::I32]);
    types.ty().function([], []);
    let mut functions = FunctionSection::new();
    functions.function(0).function(1);
    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: u64::from(reserved.div_ceil(PAGE).max(1)),
        maximum: None,
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    let mut globals = GlobalSection::new();
    let mutable = GlobalType { val_type: ValType::I32, mutable: true, shared: false };
    globals.global(mutable, &ConstExpr::i32_const(reserved.cast_signed()));
    let mut exports = ExportSection::new();
    exports.export(MEMORY, ExportKind::Memory, 0).export(REALLOC, ExportKind::Func, 0).export(
        RESET,
        ExportKind::Func,
        1,
    );
    let mut code = CodeSection::new();
    code.function(&realloc()).function(&reset(reserved));

    let mut module = Module::new();
    module
        .section(&types)
        .section(&functions)
        .section(&memories)
        .section(&globals)
        .section(&exports)
        .section(&code);
    if !constants.is_empty() {
        let mut data = DataSection::new();
        data.active(0, &ConstExpr::i32_const(FIRST.cast_signed()), constants.iter().copied());
        module.section(&data);
    }
    module
}

fn reset(reserved: u32) -> Function {
    let mut function = Function::new([]);
    function
        .instruction(&Instruction::I32Const(reserved.cast_signed()))
        .instruction(&Instruction::GlobalSet(MARK))
        .instruction(&Instruction::End);
    function
}

/// `realloc(old address, old size, alignment, new size) -> address`. Traps when memory cannot
/// grow, as the canonical ABI has no other answer.
fn realloc() -> Function {
    const OLD: u32 = 0;
    const OLD_SIZE: u32 = 1;
    const ALIGNMENT: u32 = 2;
    const SIZE: u32 = 3;
    // Sums are made with 64 bits, so that they cannot wrap.
    const START: u32 = 4;
    const END: u32 = 5;
    let mut function = Function::new([(2, ValType::I64)]);
    let mut code = function.instructions();
    // What shrinks stays where it is.
    code.local_get(OLD_SIZE).if_(BlockType::Empty);
    code.local_get(SIZE).local_get(OLD_SIZE).i32_le_u().if_(BlockType::Empty);
    code.local_get(OLD).return_();
    code.end().end();
    // start = (mark + alignment - 1) & -alignment
    code.global_get(MARK).i64_extend_i32_u();
    code.local_get(ALIGNMENT).i64_extend_i32_u().i64_add().i64_const(1).i64_sub();
    code.i64_const(0).local_get(ALIGNMENT).i64_extend_i32_u().i64_sub().i64_and();
    code.local_tee(START);
    code.local_get(SIZE).i64_extend_i32_u().i64_add().local_tee(END);
    // The mark itself must fit into 32 bits.
    code.i64_const(i64::from(u32::MAX)).i64_gt_u().if_(BlockType::Empty).unreachable().end();
    // Grow by the pages that are missing.
    code.local_get(END).memory_size(0).i64_extend_i32_u().i64_const(16).i64_shl();
    code.i64_gt_u().if_(BlockType::Empty);
    code.local_get(END).i64_const(i64::from(PAGE) - 1).i64_add().i64_const(16).i64_shr_u();
    code.i32_wrap_i64().memory_size(0).i32_sub().memory_grow(0);
    code.i32_const(-1).i32_eq().if_(BlockType::Empty).unreachable().end();
    code.end();
    code.local_get(END).i32_wrap_i64().global_set(MARK);
    // What grows takes its bytes along.
    code.local_get(OLD_SIZE).if_(BlockType::Empty);
    code.local_get(START).i32_wrap_i64().local_get(OLD).local_get(OLD_SIZE).memory_copy(0, 0);
    code.end();
    code.local_get(START).i32_wrap_i64().end();
    function
}

#[cfg(test)]
mod tests {
    use wasmtime::{Engine, Instance, Memory, Module, Store, TypedFunc};

    use super::{MEMORY, PAGE, REALLOC, RESET};

    struct Running {
        store: Store<()>,
        memory: Memory,
        realloc: TypedFunc<(u32, u32, u32, u32), u32>,
        reset: TypedFunc<(), ()>,
    }

    impl Running {
        fn start(reserved: u32) -> Self {
            let engine = Engine::default();
            let module =
                Module::new(&engine, super::module(reserved, &[]).finish()).expect("valid");
            let mut store = Store::new(&engine, ());
            let instance = Instance::new(&mut store, &module, &[]).expect("no imports");
            let memory = instance.get_memory(&mut store, MEMORY).expect("a memory");
            let realloc = instance.get_typed_func(&mut store, REALLOC).expect("realloc");
            let reset = instance.get_typed_func(&mut store, RESET).expect("reset");
            Self { store, memory, realloc, reset }
        }

        fn realloc(&mut self, old: u32, old_size: u32, alignment: u32, size: u32) -> u32 {
            self.realloc.call(&mut self.store, (old, old_size, alignment, size)).expect("memory")
        }
    }

    #[test]
    fn what_is_given_out_is_aligned_apart_and_given_back() {
        let mut running = Running::start(20);
        assert_eq!(running.realloc(0, 0, 1, 3), 20);
        assert_eq!(running.realloc(0, 0, 8, 8), 24);
        assert_eq!(running.realloc(0, 0, 4, 0), 32, "nothing is somewhere, too");
        assert_eq!(running.realloc(0, 0, 1, 1), 32);
        running.reset.call(&mut running.store, ()).unwrap();
        assert_eq!(running.realloc(0, 0, 1, 1), 20);
    }

    #[test]
    fn what_shrinks_stays_and_what_grows_takes_its_bytes_along() {
        let mut running = Running::start(16);
        let start = running.realloc(0, 0, 1, 4);
        running.memory.write(&mut running.store, start as usize, b"abcd").unwrap();
        assert_eq!(running.realloc(start, 4, 1, 2), start);
        let moved = running.realloc(start, 4, 1, 100);
        let mut bytes = [0; 4];
        running.memory.read(&running.store, moved as usize, &mut bytes).unwrap();
        assert_eq!((&bytes, moved == start), (b"abcd", false));
    }

    #[test]
    fn memory_grows_by_what_is_missing_and_traps_when_there_is_no_more() {
        let mut running = Running::start(3 * PAGE + 1);
        assert_eq!(running.memory.size(&running.store), 4);
        let rest = 4 * PAGE - (3 * PAGE + 1);
        running.realloc(0, 0, 1, rest);
        assert_eq!(running.memory.size(&running.store), 4, "it fits exactly");
        running.realloc(0, 0, 1, 1);
        assert_eq!(running.memory.size(&running.store), 5);
        running.realloc(0, 0, 1, 10 * PAGE);
        assert_eq!(running.memory.size(&running.store), 15);
        for (alignment, size) in [(1, u32::MAX), (8, u32::MAX - PAGE)] {
            let trapped = running.realloc.call(&mut running.store, (0, 0, alignment, size));
            assert!(trapped.is_err(), "{size}");
        }
    }
}
