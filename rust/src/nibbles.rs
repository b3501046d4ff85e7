//! Whitespace by nibble tables: for instruction sets that can look up 16 entries.
//!
//! The lower half of a byte, its nibble, chooses one of the 16 entries of a table. The
//! idea is that of W. Muła and D. Lemire, "Faster Base64 Encoding and Decoding Using
//! AVX2 Instructions", 2018.
#![allow(unsafe_code)]
// One reason makes all instructions of a block sound.
#![allow(clippy::multiple_unsafe_ops_per_block)]

use crate::vector::{FindWhitespace, Vector};
use crate::whitespace::is_whitespace;

/// The operations that nibble tables need.
///
/// # Safety
///
/// As for `Vector`.
pub(crate) trait Nibbles: Vector {
    /// Repeats a table of 16 bytes to fill a register.
    unsafe fn table(self, table: &[u8; 16]) -> Self::Register;

    /// Returns for each byte the entry of its lower half; 0 for a byte that is not ASCII.
    unsafe fn lookup(self, table: Self::Register, bytes: Self::Register) -> Self::Register;

    /// Adds the lanes, and wraps around.
    unsafe fn add_u8(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Subtracts the lanes of `b` from those of `a`, and wraps around.
    unsafe fn sub_u16(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Converts the `u16` lanes of two registers, signed or unsigned, to `u8`. A number that
    /// does not fit becomes 0 or 255.
    unsafe fn narrow_u16(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Returns the flags that are set in either mask.
    unsafe fn either(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
}

impl<V: Nibbles> FindWhitespace for V {
    #[inline(always)]
    unsafe fn ascii_whitespace(self, bytes: V::Register) -> V::Mask {
        // SAFETY: the caller's.
        unsafe {
            // A byte that is not ASCII looks up 0, and stays negative.
            let moved = self.add_u8(bytes, self.lookup(self.table(&OFFSETS), bytes));
            self.greater_i8(moved, self.splat_u8(THRESHOLD))
        }
    }

    #[inline(always)]
    unsafe fn latin1_whitespace(self, bytes: V::Register) -> V::Mask {
        // SAFETY: the caller's.
        unsafe { LATIN1.find(self, bytes) }
    }

    #[inline(always)]
    unsafe fn wide_whitespace(self, a: V::Register, b: V::Register) -> V::Mask {
        // SAFETY: the caller's.
        unsafe {
            // On both pages, 0 and 255 are no whitespace.
            let latin1 = LATIN1.find(self, self.narrow_u16(a, b));
            let first = self.splat_u16(GENERAL.first);
            let general = self.narrow_u16(self.sub_u16(a, first), self.sub_u16(b, first));
            let general = GENERAL.find(self, general);
            let ogham = self.splat_u16(SINGLE[0]);
            let ideographic = self.splat_u16(SINGLE[1]);
            let single = self.join_u16(
                self.either(self.equal_u16(a, ogham), self.equal_u16(a, ideographic)),
                self.either(self.equal_u16(b, ogham), self.equal_u16(b, ideographic)),
            );
            self.either(self.either(latin1, general), single)
        }
    }
}

/// For each nibble, the number that moves ASCII whitespace above `THRESHOLD` and moves
/// every other ASCII byte elsewhere.
///
/// 17 numbers are above. That is enough for two whitespace bytes with the same nibble,
/// which are 16 apart, such as 0C and 1C. If a nibble has only one, it takes the middle
/// of the 17, and no other byte with that nibble is above.
const OFFSETS: [u8; 16] = offsets();

/// The greatest number, as a signed byte, that is not whitespace.
const THRESHOLD: u8 = 127 - 17;

const fn offsets() -> [u8; 16] {
    // A nibble without whitespace makes every ASCII byte negative.
    let mut offsets = [0x80; 16];
    let mut byte: u8 = 0x80;
    while byte > 0 {
        byte -= 1;
        if is_whitespace(byte as u32) {
            let is_one_of_two = is_whitespace(byte as u32 + 16);
            let above = if is_one_of_two { 1 } else { 9 };
            offsets[byte as usize % 16] = THRESHOLD + above - byte;
        }
    }
    offsets
}

/// The whitespace among 256 characters.
///
/// At most two of them have the same nibble, such as 0C and 1C. So a byte is whitespace
/// if it equals one of the two that its nibble looks up.
struct Page {
    /// The character that is 0 on this page.
    first: u16,
    one: [u8; 16],
    other: [u8; 16],
}

/// The page of all 1-byte characters.
const LATIN1: Page = Page::new(0);

/// The page of U+2000 to U+205F. It begins earlier, so that 0 is no whitespace.
const GENERAL: Page = Page::new(0x1FF0);

/// The whitespace that is on neither page.
const SINGLE: [u16; 2] = [0x1680, 0x3000];

impl Page {
    const fn new(first: u16) -> Self {
        // An entry without whitespace is a byte with another nibble: 1, or else 0.
        let mut one = [0; 16];
        one[0] = 1;
        let mut other = one;
        let mut byte: u8 = 255;
        while byte > 0 {
            let nibble = (byte % 16) as usize;
            if is_whitespace(first as u32 + byte as u32) {
                assert!(
                    other[nibble] == (nibble == 0) as u8,
                    "no three share a nibble"
                );
                other[nibble] = one[nibble];
                one[nibble] = byte;
            }
            byte -= 1;
        }
        Self { first, one, other }
    }

    /// Flags the bytes that are whitespace on the page.
    ///
    /// # Safety
    ///
    /// As for `Vector`.
    #[inline(always)]
    unsafe fn find<V: Nibbles>(&self, vector: V, bytes: V::Register) -> V::Mask {
        // SAFETY: the caller's.
        unsafe {
            let nibbles = vector.and(bytes, vector.splat_u8(0x0F));
            let one = vector.lookup(vector.table(&self.one), nibbles);
            let other = vector.lookup(vector.table(&self.other), nibbles);
            vector.either(vector.equal_u8(bytes, one), vector.equal_u8(bytes, other))
        }
    }
}
