//! Numbers, characters and texts at which implementations have been seen to differ.

/// Whole numbers, the simplest first: around zero, and around each width of an integer and of what
/// a float can count. Those that a type does not have are left out for it.
pub(super) fn whole_numbers() -> Vec<i128> {
    let mut numbers = vec![0, 1, -1];
    for bits in [7, 8, 15, 16, 24, 31, 32, 53, 63, 64] {
        let power = 1_i128 << bits;
        numbers.extend([power - 1, power, power + 1, 1 - power, -power, -power - 1]);
    }
    numbers
}

/// Numbers for `f64`, without those that every float has.
pub(super) const F64: &[f64] = &[
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    f64::EPSILON,
    5e-324, // the smallest subnormal
    -5e-324,
    2.225_073_858_507_201e-308, // the largest subnormal
    9_007_199_254_740_991.0,    // the last whole number before gaps
    9_007_199_254_740_992.0,
    9_223_372_036_854_775_808.0, // one more than an `s64` has
    18_446_744_073_709_551_616.0,
    1e21, // from here on JavaScript writes exponents
    1e-7,
    1e300,
];

/// Numbers for `f32`, without those that every float has.
pub(super) const F32: &[f32] = &[
    f32::MAX,
    f32::MIN,
    f32::MIN_POSITIVE,
    f32::EPSILON,
    1e-45, // the smallest subnormal
    -1e-45,
    1.175_494_2e-38, // the largest subnormal
    16_777_215.0,    // the last whole number before gaps
    16_777_216.0,
    2_147_483_648.0, // one more than an `s32` has
    4_294_967_296.0,
    1e38,
];

/// Numbers that both kinds of float have, the simplest first.
pub(super) const FLOATS: &[f32] = &[
    0.0,
    1.0,
    -1.0,
    -0.0,
    f32::NAN,
    f32::INFINITY,
    f32::NEG_INFINITY,
    0.5, // halves are rounded in three ways
    1.5,
    2.5,
    -0.5,
    0.1,
    -2.5,
    255.0,
    256.0,
    65_536.0,
];

/// Characters, the simplest first.
pub(super) const CHARACTERS: &[char] = &[
    'a',
    'Z',
    '0',
    ' ',
    '\0',
    '\n',
    '\t',
    '"',
    '\'',
    '\\',
    '\u{7f}',
    '\u{80}',
    '\u{a0}',
    '\u{ad}',
    'ä',
    'ß',
    'ÿ',
    'ı',
    'İ',
    'ŉ',
    'Σ',
    'ς',
    'ﬁ',
    'ǅ',
    '\u{301}',
    '\u{5d0}',
    '\u{200b}',
    '\u{200d}',
    '\u{2028}',
    '\u{202e}',
    '€',
    '\u{7ff}',
    '\u{800}',
    '\u{d7ff}', // beside the surrogates
    '\u{e000}',
    '\u{feff}',
    '\u{fdd0}', // not characters, but allowed
    '\u{fffe}',
    '\u{ffff}',
    '\u{fffd}',
    '\u{10000}',
    '😀',
    '\u{1fffe}',
    '\u{10ffff}',
];

/// Texts, the simplest first.
pub(super) const TEXTS: &[&str] = &[
    "",
    "a",
    "Z",
    "Hello, world",
    " ",
    " a ",
    "0",
    "-0",
    "1e400",
    "NaN",
    "null",
    "\0",
    "a\0b",
    "\n",
    "\r\n",
    "a\tb",
    "\"'\\",
    "{}%s$(a)",
    "\u{7f}",
    "\u{85}",
    "\u{a0}\u{3000}",
    "\u{2028}\u{2029}",
    // Beyond ASCII, of two, three and four bytes.
    "ä",
    "é\u{7ff}",
    "€\u{800}",
    "😀",
    "日本語",
    "\u{d7ff}\u{e000}",
    "\u{ffff}\u{10000}", // as UTF-16 they stand in the other order
    "\u{10ffff}",
    "\u{fdd0}\u{fffe}",
    "\u{fffd}",
    "\u{feff}a",
    // Letters that become several in the other case, or other ones, or depend on their place.
    "ß",
    "ẞ",
    "Straße",
    "ŉ",
    "ǰ",
    "ΐ",
    "և",
    "ﬁ",
    "ﬃ",
    "ﬅ",
    "ᾳ",
    "ᾼ",
    "ὒ",
    "İ",
    "ı",
    "I",
    "i\u{307}",
    "ſ",
    "µ",
    "ÿ",
    "\u{212a}", // the kelvin sign
    "\u{212b}", // the ångström sign
    "Σ",
    "ς",
    "ΑΣ",
    "ΟΔΥΣΣΕΥΣ ΣΑΣ",
    "ǆ",
    "ǅ",
    "\u{345}",
    "ⅷ",
    "ⓐ",
    // Letters that got another case late: in Unicode 8, 11, 14, 16 and 17.
    "ꭰ",
    "ა",
    "ⱟ",
    "\u{264}",
    "\u{19b}",
    "\u{1c8a}",
    "\u{10d70}",
    "\u{a7cf}",
    "\u{16ebb}",
    // Characters of several code points, and equal ones that are written otherwise.
    "e\u{301}",
    "q\u{307}\u{323}",
    "\u{301}",
    "각",
    "\u{1100}\u{1161}\u{11a8}",
    "👍🏽",
    "🇩🇪",
    "👩\u{200d}👩\u{200d}👧\u{200d}👦",
    "🏳\u{fe0f}\u{200d}🌈",
    "\u{200b}a\u{ad}",
    // Written from right to left.
    "שלום",
    "مرحبا",
    "a\u{202e}bc",
    // Digits that are not 0 to 9.
    "٣½²Ⅷ",
];

/// Bytes that are not UTF-8, each in a way of its own.
pub(super) const NOT_UTF8: &[&[u8]] = &[
    b"\xff",
    b"\x80",
    b"\xc3",
    b"\xc3\x28",
    b"a\xffb",
    b"\xe2\x82",     // cut off after two of three bytes
    b"\xf0\x9f\x98", // and after three of four
    b"\xf0\x9f\x98a",
    b"\xc0\x80", // longer than need be
    b"\xe0\x80\x80",
    b"\xed\xa0\x80",             // a surrogate
    b"\xed\xa0\xbd\xed\xb8\x80", // a pair of them
    b"\xf4\x90\x80\x80",         // beyond U+10FFFF
    b"\xf8\x88\x80\x80\x80",
    b"a\0b\0", // UTF-16
    b"\xff\xfea\0",
];
