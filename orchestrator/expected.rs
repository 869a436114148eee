//! What the TOML parser says of a value of a wrong type, in TOML's words.

/// What was found, and what belongs there: of "invalid type: integer `3`, expected a map", "invalid
/// type: integer `3`" and "a table".
pub(crate) fn found_and_expected(message: &str) -> Option<(&str, &str)> {
    let (found, expected) = message.split_once(", expected ")?;
    let expected = match expected {
        "a map" => "a table",
        "a sequence" => "an array",
        "u8" | "u16" | "u32" | "u64" => "a whole number, 0 or more",
        "f64" => "a number",
        "a boolean" => "`true` or `false`",
        _ if expected.starts_with("struct ") => "a table",
        _ => expected,
    };
    Some((found, expected))
}
