//! The core functions that a module of a world exports, by the names of the canonical ABI.

use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Resolve, WorldItem, WorldKey};

use super::wit::{UnknownWorld, Wit};

/// An exported core function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoreExport {
    /// Its name, such as `demo:pipeline/data-sink@0.1.0#store`.
    pub name: String,
    /// What it returns.
    pub results: Vec<CoreType>,
}

/// The type of a core value in 32-bit memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoreType {
    /// 32-bit integers, pointers and lengths.
    I32,
    /// 64-bit integers.
    I64,
    /// 32-bit floats.
    F32,
    /// 64-bit floats.
    F64,
}

/// What a module of `world` exports: its own functions, then those of its interfaces.
pub fn core_exports(wit: &Wit, world: &str) -> Result<Vec<CoreExport>, UnknownWorld> {
    let resolve = &wit.resolve;
    let mut exports = Vec::new();
    for (key, item) in &resolve.worlds[wit.select(world)?].exports {
        match item {
            WorldItem::Interface { id, .. } => {
                let functions = resolve.interfaces[*id].functions.values();
                exports.extend(functions.map(|function| export(resolve, Some(key), function)));
            }
            WorldItem::Function(function) => exports.push(export(resolve, None, function)),
            WorldItem::Type { .. } => {}
        }
    }
    Ok(exports)
}

fn export(resolve: &Resolve, interface: Option<&WorldKey>, function: &Function) -> CoreExport {
    let signature = resolve.wasm_signature(AbiVariant::GuestExport, function);
    let name = match interface {
        Some(key) => format!("{}#{}", resolve.name_world_key(key), function.name),
        None => function.name.clone(),
    };
    CoreExport { name, results: signature.results.into_iter().map(core_type).collect() }
}

fn core_type(of: WasmType) -> CoreType {
    match of {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => CoreType::I32,
        WasmType::I64 | WasmType::PointerOrI64 => CoreType::I64,
        WasmType::F32 => CoreType::F32,
        WasmType::F64 => CoreType::F64,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::wit::{Source, resolve};

    #[test]
    fn functions_of_interfaces_and_of_the_world_are_there_with_their_core_results() {
        let text = "package demo:p@0.1.0;\n\
            interface q { a: func() -> string; b: func(); c: func() -> u64; }\n\
            world w { export q; export d: func() -> f32; }";
        let wit = resolve(&Source::from([("w.wit".to_owned(), text.to_owned())])).unwrap();

        let exports = core_exports(&wit, "w").unwrap();

        let exports: Vec<_> =
            exports.into_iter().map(|export| (export.name, export.results)).collect();
        assert_eq!(
            exports,
            [
                ("d".to_owned(), vec![CoreType::F32]),
                ("demo:p/q@0.1.0#a".to_owned(), vec![CoreType::I32]),
                ("demo:p/q@0.1.0#b".to_owned(), vec![]),
                ("demo:p/q@0.1.0#c".to_owned(), vec![CoreType::I64]),
            ]
        );
    }
}
