//! What a call returned, as text.

use std::fmt;

use wasmtime::component::Val;
use wasmtime::component::wasm_wave::writer::Writer;

use super::excess::Over;
use super::handles::speak;
use super::program::Returns;
use crate::check::Returned;
use crate::manifest::Limit;

/// What a call returned, as text of at most `most` bytes: a number or a character can be some
/// hundred times as long in it as it is in memory.
pub(super) fn returned(
    of: Option<&Returns>,
    value: Option<&Val>,
    most: usize,
) -> Result<Option<Returned>, Over> {
    let (Some(returns), Some(value)) = (of, value) else { return Ok(None) };
    let Some(of) = returns.spoken.clone() else { return Ok(None) };
    let mut text = Text { text: String::new(), most };
    let mut writer = Writer::new(&mut text);
    let written = if returns.has_handles {
        writer.write_value(&speak(value, &of))
    } else {
        writer.write_value(value)
    };
    written.map_err(|_| Over(Limit::Transfer))?;
    Ok(Some(Returned { text: text.text, of }))
}

/// A text that takes no more than so many bytes.
struct Text {
    text: String,
    most: usize,
}

impl fmt::Write for Text {
    fn write_str(&mut self, more: &str) -> fmt::Result {
        if more.len() > self.most - self.text.len() {
            return Err(fmt::Error);
        }
        self.text.push_str(more);
        Ok(())
    }
}
