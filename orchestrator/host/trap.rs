//! What wasmtime says about a component that stopped, in words for a person.
//!
//! Parts that the host links are programs of their own, each with bytes of its own: which one a
//! function is of is known by where its machine code lies.

use wasmtime::{FrameInfo, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use super::link::Parts;
use crate::check::{Code, Frame, Trap};
use crate::cut;

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
/// here, nor where in its sources it was.
pub(super) fn describe(error: &wasmtime::Error, images: &Images) -> Trap {
    let frames = match error.downcast_ref::<WasmBacktrace>() {
        Some(backtrace) => {
            let running = backtrace.frames().iter().take(Trap::FRAMES);
            running.map(|info| frame(info, images.part(info))).collect()
        }
        None => Vec::new(),
    };
    Trap { message: reason(error), frames, unread: None }
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

/// A function of a part of the program.
pub(super) fn frame(info: &FrameInfo, part: usize) -> Frame {
    Frame {
        component: None,
        module: info.module().name().map(cut::name),
        function: info.func_name().map(cut::function),
        place: None,
        code: Some(Code { part, offset: info.module_offset(), function: info.func_index() }),
    }
}
