//! What wasmtime says about a component that stopped, in words for a person.
//!
//! Parts that the host links are programs of their own, each with bytes of its own: which one a
//! function is of is known by where its machine code lies.

use rustc_demangle::demangle;
use wasmtime::{FrameInfo, FrameSymbol, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::link::Parts;
use crate::check::{Code, Frame, Place, Trap};
use crate::cut;

/// How many of the functions that were running are told.
const FRAMES: usize = 20;

/// How many functions one is told to have been made of by its compiler.
const INLINED: usize = 32;

/// How many characters of a name are told.
const LONGEST: usize = 1024;

/// Where the machine code of each part lies, in the order of the parts.
pub(super) struct Images(Vec<usize>);

impl Images {
    pub(super) fn of(parts: &Parts) -> Self {
        let images = parts.parts.iter().map(|(_, part)| part.component().image_range());
        Self(images.map(|image| image.start.addr()).collect())
    }

    /// The place of the part that a function is of.
    fn part(&self, info: &FrameInfo) -> usize {
        let image = info.module().image_range().start.addr();
        self.0.iter().position(|part| *part == image).unwrap_or_default()
    }
}

/// The reason, and the functions that were running. Which component each belongs to is not known
/// here, nor which of the files are its own.
pub(super) fn describe(error: &wasmtime::Error, images: &Images) -> Trap {
    let frames = match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => {
            let running = backtrace.frames().iter();
            running.flat_map(|info| frames(info, images.part(info))).take(FRAMES).collect()
        }
        None => Vec::new(),
    };
    Trap { message: reason(error), frames }
}

fn reason(error: &wasmtime::Error) -> String {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return format!("the component called `exit` with status {}", exit.0);
    }
    if let Some(trap) = error.downcast_ref::<wasmtime::Trap>() {
        // `Ending` says already that it is a trap.
        return trap.to_string().replace("wasm trap: ", "");
    }
    // Between the reason and us stands the backtrace, which is told apart from it.
    error.root_cause().to_string()
}

/// A function of a part of the program, as the functions that its compiler made it of: those that
/// were inlined first.
pub(super) fn frames(info: &FrameInfo, part: usize) -> Vec<Frame> {
    let frame = |symbol: Option<&FrameSymbol>| {
        let name = symbol.and_then(FrameSymbol::name).or(info.func_name());
        let file = symbol.and_then(FrameSymbol::file);
        Frame {
            component: None,
            module: info.module().name().map(beginning),
            function: name.map(|name| beginning(&format!("{:#}", demangle(&beginning(name))))),
            place: symbol.zip(file).map(|(symbol, file)| Place {
                file: beginning(file),
                // Compilers write 0 for what they do not know.
                line: symbol.line().filter(|line| *line > 0),
                column: symbol.column().filter(|column| *column > 0),
                own: false,
                text: None,
            }),
            code: Some(Code { part, offset: info.module_offset(), function: info.func_index() }),
        }
    };
    match info.symbols() {
        [] => vec![frame(None)],
        symbols => symbols.iter().take(INLINED).map(|symbol| frame(Some(symbol))).collect(),
    }
}

/// As much of a name as anybody reads: whoever wrote the component made it as long as they liked.
fn beginning(name: &str) -> String {
    cut::beginning(name, LONGEST).unwrap_or(name).to_owned()
}
