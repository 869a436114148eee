//! What a tool wrote → a validated component that implements its world.
//!
//! A component is checked and handed back as it is. A core module gets its WIT embedded if its
//! tool did not do so, the preview1 adapter that fits if it speaks WASI preview1, and is then
//! encoded as a component. In both cases the result is validated and its exports are compared
//! with the world: the encoder alone lets a module pass that exports nothing.
//!
//! Which adapter fits is read from the module: one with `_start` is a command, one that
//! exports `wasi:http/incoming-handler` is a proxy, any other is a reactor.

mod error;
mod promise;

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use wasi_preview1_component_adapter_provider as provider;
use wasmparser::{Parser, Payload, Validator};
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::{Resolve, WorldId};

pub use error::AdaptError;

use super::inspect::{self, Kind};
use super::locked;
use super::outline;
use super::wit::Wit;
use super::world::World;

/// The part of a core module's interface that adapting depends on.
#[derive(Debug, Default)]
struct Module {
    imported_modules: BTreeSet<String>,
    exports: BTreeSet<String>,
    carries_wit: bool,
}

/// Makes a validated component of `bytes`, which a tool wrote, and checks that it implements
/// `world` (a WIT package and the name of a world in it) if one is given. What is a component
/// already stays as it is.
pub fn adapt<'b>(
    bytes: &'b [u8],
    world: Option<(&Wit, &str)>,
) -> Result<Cow<'b, [u8]>, AdaptError> {
    let world = match world {
        Some((wit, name)) => Some((wit, name, wit.select(name)?)),
        None => None,
    };
    let component = match inspect::kind(bytes) {
        None => {
            return Err(AdaptError::NotWebAssembly { found: inspect::describe_other(bytes) });
        }
        Some(Kind::Component) => {
            outline::check_depth(bytes)?;
            validate(bytes)?;
            Cow::Borrowed(bytes)
        }
        Some(Kind::Module) => {
            let component = encode(bytes, world)?;
            validate(&component)?;
            Cow::Owned(component)
        }
    };
    if let Some((wit, name, id)) = world {
        promise::component_keeps(&component, &World::new(&wit.resolve, id), name)?;
    }
    Ok(component)
}

/// The crates that decide which bytes [`adapt`] writes, with version and checksum, for
/// fingerprints. The adapters' bytes are part of the last one's checksum.
pub fn versions() -> BTreeMap<String, String> {
    static VERSIONS: LazyLock<BTreeMap<String, String>> = LazyLock::new(|| {
        ["wit-component", "wit-parser", "wasm-encoder", "wasi-preview1-component-adapter-provider"]
            .into_iter()
            .map(|name| (name.to_owned(), locked::version(name)))
            .collect()
    });
    VERSIONS.clone()
}

fn validate(bytes: &[u8]) -> Result<(), AdaptError> {
    match Validator::new().validate_all(bytes) {
        Ok(_) => Ok(()),
        Err(error) => Err(AdaptError::Invalid { cause: error.into() }),
    }
}

fn encode(bytes: &[u8], world: Option<(&Wit, &str, WorldId)>) -> Result<Vec<u8>, AdaptError> {
    validate(bytes)?;
    let module =
        Module::read(bytes).map_err(|error| AdaptError::Invalid { cause: error.into() })?;
    let embedded;
    let bytes = if module.carries_wit {
        let (_, bindings) = wit_component::metadata::decode(bytes)
            .map_err(|error| AdaptError::DamagedMetadata { cause: error.into() })?;
        check_exports(&module, &bindings.resolve, bindings.world)?;
        bytes
    } else {
        let Some((wit, _, id)) = world else {
            return Err(AdaptError::NoWorld);
        };
        check_exports(&module, &wit.resolve, id)?;
        let mut with_wit = bytes.to_vec();
        wit_component::embed_component_metadata(
            &mut with_wit,
            &wit.resolve,
            id,
            StringEncoding::UTF8,
        )
        .map_err(AdaptError::encoding)?;
        embedded = with_wit;
        &embedded
    };
    let mut encoder =
        ComponentEncoder::default().module(bytes).map_err(AdaptError::encoding)?.validate(false);
    if let Some(adapter) = module.adapter()? {
        encoder = encoder
            .adapter(provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME, adapter)
            .map_err(AdaptError::encoding)?;
    }
    encoder.encode().map_err(AdaptError::encoding)
}

fn check_exports(module: &Module, resolve: &Resolve, world: WorldId) -> Result<(), AdaptError> {
    promise::module_keeps(&module.exports, resolve, world)
}

impl Module {
    fn read(bytes: &[u8]) -> Result<Self, wasmparser::BinaryReaderError> {
        let mut module = Self::default();
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::ImportSection(reader) => {
                    for import in reader.into_imports() {
                        module.imported_modules.insert(import?.module.to_owned());
                    }
                }
                Payload::ExportSection(reader) => {
                    for export in reader {
                        module.exports.insert(export?.name.to_owned());
                    }
                }
                Payload::CustomSection(custom) => {
                    module.carries_wit |= custom.name().starts_with("component-type");
                }
                _ => {}
            }
        }
        Ok(module)
    }

    /// The adapter that the module needs, if it speaks preview1 at all.
    fn adapter(&self) -> Result<Option<&'static [u8]>, AdaptError> {
        if self.imported_modules.contains("wasi_unstable") {
            return Err(AdaptError::TooOldWasi);
        }
        if !self.imported_modules.contains(provider::WASI_SNAPSHOT_PREVIEW1_ADAPTER_NAME) {
            return Ok(None);
        }
        let is_proxy = self.exports.iter().any(|name| {
            name.trim_start_matches("cm32p2|").starts_with("wasi:http/incoming-handler@")
        });
        Ok(Some(if self.exports.contains("_start") {
            provider::WASI_SNAPSHOT_PREVIEW1_COMMAND_ADAPTER
        } else if is_proxy {
            provider::WASI_SNAPSHOT_PREVIEW1_PROXY_ADAPTER
        } else {
            provider::WASI_SNAPSHOT_PREVIEW1_REACTOR_ADAPTER
        }))
    }
}

#[cfg(test)]
mod tests;
