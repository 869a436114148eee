//! The bits of a NaN.
//!
//! The component model has one NaN. Its [canonical ABI] lets whoever lowers a float hand over any bits
//! that are a NaN, and has whoever lifts one take all of them for the same. WAVE writes `nan`. So bits
//! are nothing that a value has; a call says with which its NaNs are handed over, and wasmtime passes
//! them on as they are.
//!
//! [canonical ABI]: https://github.com/WebAssembly/component-model/blob/main/design/mvp/CanonicalABI.md

use std::fmt;

/// One way to write a NaN in bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Nan {
    /// The one that the canonical ABI writes: positive, quiet, without a payload.
    #[default]
    Canonical,
    /// The same with the sign of a negative number.
    Negative,
    /// Quiet, with every bit of the payload set.
    Payload,
    /// Negative, with every bit of the payload set: all bits are ones.
    NegativePayload,
    /// Signalling: arithmetic makes it quiet.
    Signalling,
}

impl Nan {
    /// All but the canonical one.
    pub const OTHERS: [Self; 4] =
        [Self::Negative, Self::Payload, Self::NegativePayload, Self::Signalling];

    /// As an `f32`.
    pub fn f32(self) -> f32 {
        f32::from_bits(match self {
            Self::Canonical => 0x7fc0_0000,
            Self::Negative => 0xffc0_0000,
            Self::Payload => 0x7fff_ffff,
            Self::NegativePayload => 0xffff_ffff,
            Self::Signalling => 0x7f80_0001,
        })
    }

    /// As an `f64`.
    pub fn f64(self) -> f64 {
        f64::from_bits(match self {
            Self::Canonical => 0x7ff8_0000_0000_0000,
            Self::Negative => 0xfff8_0000_0000_0000,
            Self::Payload => 0x7fff_ffff_ffff_ffff,
            Self::NegativePayload => 0xffff_ffff_ffff_ffff,
            Self::Signalling => 0x7ff0_0000_0000_0001,
        })
    }
}

impl fmt::Display for Nan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Canonical => "the canonical NaN",
            Self::Negative => "a negative NaN",
            Self::Payload => "a NaN with a payload",
            Self::NegativePayload => "a negative NaN with a payload",
            Self::Signalling => "a signalling NaN",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_nan_of_its_own() {
        let mut bits: Vec<(u32, u64)> = Vec::new();
        for nan in [Nan::Canonical].into_iter().chain(Nan::OTHERS) {
            assert!(nan.f32().is_nan() && nan.f64().is_nan(), "{nan}");
            bits.push((nan.f32().to_bits(), nan.f64().to_bits()));
        }
        bits.sort_unstable();
        assert!(bits.windows(2).all(|pair| pair[0].0 != pair[1].0 && pair[0].1 != pair[1].1));
    }
}
