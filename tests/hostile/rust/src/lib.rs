//! A guest that tries everything, in Rust. `wit/world.wit` says what each attempt is.

mod allocator;
/// Made from the world `guest` by cargo-component at build time.
#[allow(warnings)]
mod bindings;
mod disk;
mod floods;
mod network;
mod origins;
mod paths;
mod surroundings;
mod values;
mod writes;

use bindings::wasi::filesystem::preopens::get_directories;
use bindings::wasi::filesystem::types::{
    Descriptor, DescriptorFlags, ErrorCode, OpenFlags, PathFlags,
};

/// What was got, or what was told instead.
type Answer = Result<String, String>;

struct Guest;

/// The directory that is granted under a name.
fn directory(name: &str) -> Descriptor {
    let granted = get_directories().into_iter().find(|(_, granted)| granted == name);
    granted.unwrap_or_else(|| panic!("{name} is granted")).0
}

fn data() -> Descriptor {
    directory("/data")
}

fn work() -> Descriptor {
    directory("/work")
}

/// Opens a file to read, following links.
fn open(at: &Descriptor, path: &str) -> Result<Descriptor, ErrorCode> {
    at.open_at(PathFlags::SYMLINK_FOLLOW, path, OpenFlags::empty(), DescriptorFlags::READ)
}

/// Makes a file to write to.
fn create(at: &Descriptor, path: &str) -> Result<Descriptor, ErrorCode> {
    at.open_at(PathFlags::empty(), path, OpenFlags::CREATE, DescriptorFlags::WRITE)
}

/// What is in a file.
fn read(file: &Descriptor) -> Answer {
    let (bytes, _) = file.read(64, 0).map_err(said)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What is in a file that should be out of reach.
fn steal(at: &Descriptor, path: &str) -> Answer {
    read(&open(at, path).map_err(said)?)
}

fn said(code: ErrorCode) -> String {
    code.name().to_owned()
}

bindings::export!(Guest with_types_in bindings);
