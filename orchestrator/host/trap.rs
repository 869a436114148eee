//! What wasmtime says about a component that stopped, in words for a person.

use rustc_demangle::demangle;
use wasmtime::{FrameInfo, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::check::{Frame, Trap};

/// The reason, and the functions that were running.
pub(super) fn describe(error: &wasmtime::Error) -> Trap {
    let frames = match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => backtrace.frames().iter().map(frame).collect(),
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
    let symbol = info.symbols().first();
    let name = symbol.and_then(|symbol| symbol.name()).or(info.func_name());
    let function = match name {
        Some(name) => format!("{:#}", demangle(name)),
        None => format!("function {}", info.func_index()),
    };
    let place = symbol.and_then(|symbol| {
        let file = symbol.file()?;
        Some(symbol.line().map_or(file.to_owned(), |line| format!("{file}:{line}")))
    });
    Frame { module: info.module().name().map(str::to_owned), function, place }
}
