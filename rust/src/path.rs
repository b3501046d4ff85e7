//! Chooses a path: the portable one, or one for the vector instructions of this
//! processor.

use crate::count::{count, count_ascii};
use crate::portable::Portable;
use crate::whitespace::{Ascii, Character};

/// A path that this processor can take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Path(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Portable,
    #[cfg(target_arch = "x86_64")]
    Avx2(crate::avx2::Avx2),
}

impl Path {
    /// The fastest there is.
    #[inline]
    #[must_use]
    pub fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if let Some(avx2) = crate::avx2::Avx2::new() {
            return Self(Kind::Avx2(avx2));
        }
        Self(Kind::Portable)
    }

    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        let portable = Self(Kind::Portable);
        let best = Self::best();
        std::iter::once(portable).chain((best != portable).then_some(best))
    }

    /// `"portable"`, or the name of an instruction set.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Portable => "portable",
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(_) => "avx2",
        }
    }

    /// The number of words of `contents` that equal `needle`.
    ///
    /// Words are the longest runs of characters that are not whitespace. A needle
    /// that is empty or has whitespace in it equals none.
    ///
    /// ```
    /// # use textcount::Path;
    /// assert_eq!(Path::best().count(b"to be or not to be", b"be"), 2);
    /// ```
    #[must_use]
    pub fn count<C: Character>(self, contents: &[C], needle: &[C]) -> usize {
        match self.0 {
            Kind::Portable => count(Portable, contents, needle),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(avx2) => avx2.count(contents, needle),
        }
    }

    /// The same in bytes that are probably ASCII; or `None`, if some are not or it
    /// was not seen that all are.
    pub(crate) fn count_ascii(self, contents: &[Ascii], needle: &[Ascii]) -> Option<usize> {
        match self.0 {
            Kind::Portable => count_ascii(Portable, contents, needle),
            #[cfg(target_arch = "x86_64")]
            Kind::Avx2(avx2) => avx2.count_ascii(contents, needle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Kind, Path};
    use crate::lanes::{BLOCK, Lanes};
    use crate::portable::Portable;
    use crate::whitespace::{Ascii, is_whitespace};

    fn check<C: Copy>(lanes: impl Lanes<C>, block: [C; BLOCK], code: impl Fn(C) -> u32) {
        let expected = (0..BLOCK).fold(0, |bits, place| {
            bits | u64::from(is_whitespace(code(block[place]))) << place
        });
        let first = code(block[0]);
        assert_eq!(lanes.whitespace(&block), expected, "from U+{first:04X}");
    }

    #[allow(clippy::cast_possible_truncation)]
    fn every_character_in_every_lane<L>(lanes: L)
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
        for path in Path::all() {
            match path.0 {
                Kind::Portable => every_character_in_every_lane(Portable),
                #[cfg(target_arch = "x86_64")]
                Kind::Avx2(avx2) => every_character_in_every_lane(avx2),
            }
        }
    }
}
