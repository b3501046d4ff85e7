//! Chooses the kernel: the portable one, or one for an instruction set of this processor.

use std::sync::OnceLock;

use crate::count::{count, count_ascii};
use crate::portable::Portable;
use crate::whitespace::{Ascii, Character};

/// Declares the instruction sets, from the slowest to the fastest.
macro_rules! instruction_sets {
    ($($(#[$attribute:meta])* $set:ident = $name:literal in $module:ident,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Kind {
            Portable,
            $($(#[$attribute])* $set(crate::$module::$set),)*
        }

        impl Kind {
            /// Returns the kinds that this processor can run.
            fn all() -> impl DoubleEndedIterator<Item = Self> {
                let kinds: &[fn() -> Option<Self>] = &[
                    || Some(Self::Portable),
                    $($(#[$attribute])* || crate::$module::$set::new().map(Self::$set),)*
                ];
                kinds.iter().filter_map(|kind| kind())
            }

            fn name(self) -> &'static str {
                match self {
                    Self::Portable => "portable",
                    $($(#[$attribute])* Self::$set(_) => $name,)*
                }
            }

            fn count<C: Character>(self, contents: &[C], needle: &[C]) -> usize {
                match self {
                    Self::Portable => count(Portable, contents, needle),
                    $($(#[$attribute])* Self::$set(set) => set.count(contents, needle),)*
                }
            }

            fn count_ascii(self, contents: &[Ascii], needle: &[Ascii]) -> Option<usize> {
                match self {
                    Self::Portable => count_ascii(Portable, contents, needle),
                    $($(#[$attribute])* Self::$set(set) => set.count_ascii(contents, needle),)*
                }
            }

            #[cfg(test)]
            fn check_whitespace(self) {
                match self {
                    Self::Portable => tests::every_character_in_every_lane(Portable),
                    $($(#[$attribute])*
                    Self::$set(set) => tests::every_character_in_every_lane(set),)*
                }
            }
        }
    };
}

instruction_sets! {
    #[cfg(all(target_arch = "aarch64", target_endian = "little", target_feature = "neon"))]
    Neon = "neon" in neon,
    #[cfg(target_arch = "x86_64")]
    Avx2 = "avx2" in avx2,
    #[cfg(avx512)]
    Avx512 = "avx512" in avx512,
}

/// A kernel that this processor can run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Kind);

impl Kernel {
    /// Returns the fastest kernel.
    #[inline]
    #[must_use]
    pub fn best() -> Self {
        // Asking the processor for each feature takes longer than counting a short text.
        static BEST: OnceLock<Kernel> = OnceLock::new();
        *BEST.get_or_init(|| Self(Kind::all().next_back().unwrap_or(Kind::Portable)))
    }

    /// Returns all kernels, from the slowest to the fastest.
    pub fn all() -> impl Iterator<Item = Self> {
        Kind::all().map(Self)
    }

    /// Returns `"portable"` or the name of an instruction set.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.0.name()
    }

    /// Counts the words of `contents` that equal `needle`.
    ///
    /// Words are the longest runs of characters that are not whitespace. A needle
    /// that is empty or contains whitespace equals none.
    ///
    /// ```
    /// # use textcount::Kernel;
    /// assert_eq!(Kernel::best().count(b"to be or not to be", b"be"), 2);
    /// ```
    #[must_use]
    pub fn count<C: Character>(self, contents: &[C], needle: &[C]) -> usize {
        // Entering the code of an instruction set takes longer than this.
        if needle.len() > contents.len() {
            return 0;
        }
        self.0.count(contents, needle)
    }

    /// Counts like `count`, or returns `None` if `contents` is not all ASCII or was not
    /// read.
    pub(crate) fn count_ascii(self, contents: &[Ascii], needle: &[Ascii]) -> Option<usize> {
        self.0.count_ascii(contents, needle)
    }
}

#[cfg(test)]
mod tests {
    use super::Kind;
    use crate::lanes::{BLOCK, Lanes};
    use crate::whitespace::{Ascii, is_whitespace};

    fn check<C: Copy>(lanes: impl Lanes<C>, block: [C; BLOCK], code: impl Fn(C) -> u32) {
        let expected = (0..BLOCK).fold(0, |bits, place| {
            bits | u64::from(is_whitespace(code(block[place]))) << place
        });
        let first = code(block[0]);
        assert_eq!(lanes.whitespace(&block), expected, "from U+{first:04X}");
    }

    #[allow(clippy::cast_possible_truncation)]
    pub(super) fn every_character_in_every_lane<L>(lanes: L)
    where
        L: Lanes<Ascii> + Lanes<u8> + Lanes<u16> + Lanes<u32>,
    {
        let lane = |place: usize| u32::try_from(place).unwrap_or(0);
        for first in (0..0x11_0000).step_by(BLOCK).chain([u32::MAX - 63]) {
            for turn in 0..lane(BLOCK) {
                let block: [u32; BLOCK] =
                    std::array::from_fn(|place| first + (lane(place) + turn) % lane(BLOCK));
                check(lanes, block, u32::from);
                if first <= 0xFFFF {
                    check(lanes, block.map(|code| code as u16), u32::from);
                }
                if first <= 0xFF {
                    let bytes = block.map(|code| code as u8);
                    check(lanes, bytes, u32::from);
                    // Bytes that are not ASCII are no whitespace to these.
                    let ascii = |byte| Some(u32::from(byte)).filter(|code| *code < 0x80);
                    check(lanes, bytes.map(Ascii::from), |byte| {
                        ascii(byte).unwrap_or(u32::MAX)
                    });
                }
            }
        }
    }

    #[test]
    fn whitespace_is_found_in_every_lane() {
        Kind::all().for_each(Kind::check_whitespace);
    }
}
