//! Whether a module or component exports all that its world promises.

use std::collections::BTreeSet;

use wit_parser::{
    LiftLowerAbi, ManglingAndAbi, Resolve, WasmExport, WasmExportKind, WorldId, WorldItem, WorldKey,
};

use super::AdaptError;
use crate::component::world::{self, Item, World, compare_functions, compare_interfaces};
use crate::nearest::suggestion;

/// Checks that a core module's `exports` have a function for each one that `world` exports.
pub(super) fn module_keeps(
    exports: &BTreeSet<String>,
    resolve: &Resolve,
    world: WorldId,
) -> Result<(), AdaptError> {
    for (key, item) in &resolve.worlds[world].exports {
        let functions: Vec<(Option<&WorldKey>, &wit_parser::Function)> = match item {
            // A command's `_start` becomes this interface in the adapter.
            WorldItem::Interface { .. }
                if exports.contains("_start")
                    && resolve.name_world_key(key).starts_with("wasi:cli/run@") =>
            {
                continue;
            }
            WorldItem::Interface { id, .. } => resolve.interfaces[*id]
                .functions
                .values()
                .map(|function| (Some(key), function))
                .collect(),
            WorldItem::Function(function) => vec![(None, function)],
            WorldItem::Type { .. } => continue,
        };
        for (interface, function) in functions {
            let names = core_names(resolve, interface, function);
            if !names.iter().any(|name| exports.contains(name)) {
                let [expected, ..] = names;
                let own: Vec<&str> =
                    exports.iter().map(String::as_str).filter(|name| is_telling(name)).collect();
                return Err(AdaptError::MissingExport {
                    world: resolve.worlds[world].name.clone(),
                    help: suggestion(&expected, own, "the module exports"),
                    expected,
                });
            }
        }
    }
    Ok(())
}

/// The names under which the encoder accepts a function, the usual one first.
fn core_names(
    resolve: &Resolve,
    interface: Option<&WorldKey>,
    function: &wit_parser::Function,
) -> [String; 4] {
    [
        ManglingAndAbi::Legacy(LiftLowerAbi::Sync),
        ManglingAndAbi::Legacy(LiftLowerAbi::AsyncCallback),
        ManglingAndAbi::Legacy(LiftLowerAbi::AsyncStackful),
        ManglingAndAbi::Standard32,
    ]
    .map(|mangling| {
        resolve.wasm_export_name(
            mangling,
            WasmExport::Func { interface, func: function, kind: WasmExportKind::Normal },
        )
    })
}

/// Whether an export says anything to a person who looks for a missing one.
fn is_telling(name: &str) -> bool {
    !["cabi_", "memory", "__", "_initialize"].iter().any(|prefix| name.starts_with(prefix))
}

/// Checks that `component` exports what `promised` exports, with equal types.
pub(super) fn component_keeps(
    component: &[u8],
    promised: &World,
    name: &str,
) -> Result<(), AdaptError> {
    let found = world::decode(component)?;
    for (export, wanted) in &promised.exports {
        let mismatch = match (wanted, found.exports.get(export)) {
            // Types alone leave no trace that a tool would have to write.
            (wanted, _) if wanted.is_type_only() => continue,
            (Item::Interface(one), Some(Item::Interface(other))) => compare_interfaces(one, other),
            (Item::Function(one), Some(Item::Function(other))) => compare_functions(one, other),
            _ => {
                return Err(AdaptError::MissingComponentExport {
                    world: name.to_owned(),
                    expected: export.clone(),
                    help: suggestion(
                        export,
                        found.exports.keys().map(String::as_str),
                        "the component exports",
                    ),
                });
            }
        };
        mismatch.map_err(|mismatch| AdaptError::DifferentExport {
            world: name.to_owned(),
            export: export.clone(),
            mismatch,
        })?;
    }
    Ok(())
}
