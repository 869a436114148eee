//! What wasmtime says about a component that stopped, in words for a person.

use rustc_demangle::demangle;
use wasmtime::{FrameInfo, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::check::{Frame, Trap};

/// How many of the functions that were running are told.
const FRAMES: usize = 20;

/// The reason, and the functions that were running.
pub(super) fn describe(error: &wasmtime::Error) -> Trap {
    let frames = match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => backtrace.frames().iter().take(FRAMES).map(frame).collect(),
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

fn frame(info: &FrameInfo) -> Frame {
    // The innermost of several functions that the compiler made one.
    frames(info).swap_remove(0)
}

/// The functions that one frame stands for: several, the innermost first, where the compiler made
/// one of them.
pub(super) fn frames(info: &FrameInfo) -> Vec<Frame> {
    let module = || info.module().name().map(str::to_owned);
    let named = |name: Option<&str>| match name.or(info.func_name()) {
        Some(name) => format!("{:#}", demangle(name)),
        None => format!("function {}", info.func_index()),
    };
    if info.symbols().is_empty() {
        return vec![Frame { module: module(), function: named(None), place: None }];
    }
    let symbols = info.symbols().iter().map(|symbol| {
        let place = symbol
            .file()
            .map(|file| symbol.line().map_or(file.to_owned(), |line| format!("{file}:{line}")));
        Frame { module: module(), function: named(symbol.name()), place }
    });
    symbols.collect()
}
