//! What wasmtime says about a component that stopped, in words for a person.

use rustc_demangle::demangle;
use wasmtime::{FrameInfo, FrameSymbol, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::check::{Code, Frame, Place, Trap};

/// How many of the functions that were running are told.
const FRAMES: usize = 20;

/// The reason, and the functions that were running. Which component each belongs to is not known
/// here, nor which of the files are its own.
pub(super) fn describe(error: &wasmtime::Error) -> Trap {
    let frames = match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => backtrace.frames().iter().take(FRAMES).flat_map(frames).collect(),
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

/// A function of the program, as the functions that its compiler made it of: those that were
/// inlined first.
pub(super) fn frames(info: &FrameInfo) -> Vec<Frame> {
    let frame = |symbol: Option<&FrameSymbol>| {
        let name = symbol.and_then(FrameSymbol::name).or(info.func_name());
        let file = symbol.and_then(FrameSymbol::file);
        Frame {
            component: None,
            module: info.module().name().map(str::to_owned),
            function: name.map(|name| format!("{:#}", demangle(name))),
            place: symbol.zip(file).map(|(symbol, file)| Place {
                file: file.to_owned(),
                // Compilers write 0 for what they do not know.
                line: symbol.line().filter(|line| *line > 0),
                column: symbol.column().filter(|column| *column > 0),
                own: false,
                text: None,
            }),
            code: Some(Code { offset: info.module_offset(), function: info.func_index() }),
        }
    };
    match info.symbols() {
        [] => vec![frame(None)],
        symbols => symbols.iter().map(|symbol| frame(Some(symbol))).collect(),
    }
}
