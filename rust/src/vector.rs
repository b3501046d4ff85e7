//! Bitmaps of a block, made from vectors: stated once for every instruction set.
//!
//! A vector register has 16, 32 or 64 bytes, so the 64 characters of a block are loaded
//! in several parts. A part has as many characters as a register has bytes. So it fills
//! one register if a character has one byte, two registers if it has two, four if it has
//! four. For 2-byte characters and 16-byte registers:
//!
//! ```text
//! contents   t o   b e   o r   n o t   t o   b e      16 characters: one part
//! registers  [t o   b e   o ] [r   n o t   t ] ...     8 characters each
//! equal 'o'   . X . . . . X .   . . . X . . . .        a mask: a flag for each lane
//! joined      .X....X....X....                         one flag for each character
//! bitmap      a bit for each flag, from all parts of the block
//! ```
//!
//! Some sets join two masks in an order of their own, because their registers have
//! halves that do not mix. `in_order_of_2` and `in_order_of_4` repair the order at the
//! end, once for a part.
#![allow(unsafe_code)]
// One reason makes all instructions of a block sound.
#![allow(clippy::multiple_unsafe_ops_per_block)]

use crate::lanes::{BLOCK, KEY, Lanes, Window, block};
use crate::whitespace::{Character, WHITESPACE_BITS, WHITESPACE_END};

/// A proof that this processor has an instruction set, and the set's operations.
///
/// `u8`, `u16` and `u32` in a name tell the width of a lane. An operation of lanes takes
/// and returns all lanes of a register. All operations are `#[inline(always)]`, so they
/// become instructions of the function that `kernel!` compiles for the set. In any other
/// function they would become slow calls.
///
/// # Safety
///
/// A value must exist only if the processor has the set. `BYTES` must be the size of a
/// register. An operation is sound if there is a value, and if the bytes at its pointers
/// can be read: `BYTES` of them for `load`, and for `equal_16`, `equal_32` and
/// `equal_64` as many as the name says.
pub(crate) unsafe trait Vector: Copy {
    /// A vector register.
    type Register: Copy;

    /// The result of a comparison: a flag for each lane.
    type Mask: Copy;

    /// The number of bytes in a register: 16, 32 or 64.
    const BYTES: usize;

    /// Loads `BYTES` bytes, which may begin anywhere.
    unsafe fn load(self, bytes: *const u8) -> Self::Register;

    /// Puts a number in every lane.
    unsafe fn splat_u8(self, value: u8) -> Self::Register;
    unsafe fn splat_u16(self, value: u16) -> Self::Register;
    unsafe fn splat_u32(self, value: u32) -> Self::Register;

    /// Flags the lanes that are equal.
    unsafe fn equal_u8(self, a: Self::Register, b: Self::Register) -> Self::Mask;
    unsafe fn equal_u16(self, a: Self::Register, b: Self::Register) -> Self::Mask;
    unsafe fn equal_u32(self, a: Self::Register, b: Self::Register) -> Self::Mask;

    /// Returns a bit for each of 16 bytes that are equal.
    unsafe fn equal_16(self, a: *const u8, b: *const u8) -> u64;

    /// Returns a bit for each of 32 bytes that are equal.
    #[inline(always)]
    unsafe fn equal_32(self, a: *const u8, b: *const u8) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.equal_16(a, b) | self.equal_16(a.add(16), b.add(16)) << 16 }
    }

    /// Returns a bit for each of 64 bytes that are equal.
    #[inline(always)]
    unsafe fn equal_64(self, a: *const u8, b: *const u8) -> u64 {
        // SAFETY: the caller's.
        unsafe { self.equal_32(a, b) | self.equal_32(a.add(32), b.add(32)) << 32 }
    }

    /// Flags the lanes in which `a`, as a signed number, is greater than `b`.
    unsafe fn greater_i8(self, a: Self::Register, b: Self::Register) -> Self::Mask;

    /// Returns the bits that are set in both registers.
    unsafe fn and(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Returns the bits that are set in either register.
    unsafe fn union(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Returns true if no byte has its highest bit set.
    unsafe fn is_ascii(self, bytes: Self::Register) -> bool;

    /// Converts the lanes of two registers to `u16`. A number too large becomes 0 or 0xFFFF,
    /// and neither is whitespace.
    unsafe fn narrow_u32(self, a: Self::Register, b: Self::Register) -> Self::Register;

    /// Returns a mask with all flags set.
    unsafe fn all(self) -> Self::Mask;

    /// Returns the flags that are set in both masks.
    unsafe fn both(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;

    /// Joins two masks of `u16` lanes to one of `u8` lanes.
    unsafe fn join_u16(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;

    /// Joins two masks of `u32` lanes to one of `u16` lanes.
    unsafe fn join_u32(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;

    /// Restores the order of characters in a mask that was joined from two registers.
    unsafe fn in_order_of_2(self, mask: Self::Mask) -> Self::Mask;

    /// Restores the order of characters in a mask that was joined from four registers, or
    /// from two registers that `narrow_u32` returned.
    unsafe fn in_order_of_4(self, mask: Self::Mask) -> Self::Mask;

    /// Returns the bitmap of the parts of a block. Of the four masks, the first
    /// `64 / BYTES` count.
    unsafe fn bitmap(self, parts: [Self::Mask; 4]) -> u64;
}

/// Finds whitespace with the instructions of a set.
pub(crate) trait FindWhitespace: Vector {
    /// Flags the bytes that are ASCII whitespace.
    unsafe fn ascii_whitespace(self, bytes: Self::Register) -> Self::Mask;

    /// Flags the bytes that are whitespace in Latin-1.
    unsafe fn latin1_whitespace(self, bytes: Self::Register) -> Self::Mask;

    /// Flags the `u16` lanes of two registers that are whitespace, joined by `join_u16`.
    unsafe fn wide_whitespace(self, a: Self::Register, b: Self::Register) -> Self::Mask;
}

/// The first characters of a needle, at most `KEY`, in bytes.
#[derive(Clone, Copy)]
pub(crate) struct Key {
    bytes: [u8; 4 * KEY],
    /// A bit for each byte of these characters.
    mask: u64,
}

impl<C: Character, V: FindWhitespace> Lanes<C> for V {
    type Splat = V::Register;
    type Key = Key;

    #[inline(always)]
    fn splat(self, character: C) -> V::Register {
        let code: u32 = character.into();
        let [first, second, ..] = code.to_le_bytes();
        // SAFETY: self proves that the processor has the set.
        unsafe {
            match size_of::<C>() {
                1 => self.splat_u8(first),
                2 => self.splat_u16(u16::from_le_bytes([first, second])),
                _ => self.splat_u32(code),
            }
        }
    }

    #[inline(always)]
    fn key(self, needle: &[C]) -> Key {
        let length = needle.len().min(KEY);
        let mut bytes = [0; 4 * KEY];
        for (place, &character) in bytes
            .chunks_exact_mut(size_of::<C>())
            .zip(&needle[..length])
        {
            let code: u32 = character.into();
            place.copy_from_slice(&code.to_ne_bytes()[..size_of::<C>()]);
        }
        let mask = u64::MAX >> (64 - length * size_of::<C>());
        Key { bytes, mask }
    }

    #[inline(always)]
    fn whitespace(self, block: &[C; BLOCK]) -> u64 {
        // SAFETY: self proves that the processor has the set.
        unsafe {
            let mut parts = [self.all(); 4];
            // The compiler would not unroll a loop with so many instructions.
            parts[0] = whitespace(self, block, 0);
            if V::BYTES < BLOCK {
                parts[1] = whitespace(self, block, 1);
            }
            if V::BYTES < BLOCK / 2 {
                parts[2] = whitespace(self, block, 2);
                parts[3] = whitespace(self, block, 3);
            }
            self.bitmap(parts)
        }
    }

    #[inline(always)]
    fn possible_whitespace(self, block: &[C; BLOCK]) -> u64 {
        // SAFETY: self proves that the processor has the set.
        unsafe {
            let (bits, end) = (
                self.splat_u8(WHITESPACE_BITS),
                self.splat_u8(WHITESPACE_END),
            );
            let mut parts = [self.all(); 4];
            for (part, mask) in parts.iter_mut().enumerate().take(BLOCK / V::BYTES) {
                let bytes = register(self, block, part * V::BYTES);
                *mask = self.greater_i8(end, self.and(bytes, bits));
            }
            self.bitmap(parts)
        }
    }

    #[inline(always)]
    fn union(self, mut seen: V::Register, block: &[C; BLOCK]) -> V::Register {
        for part in 0..BLOCK / V::BYTES {
            // SAFETY: self proves that the processor has the set.
            seen = unsafe { self.union(seen, register(self, block, part * V::BYTES)) };
        }
        seen
    }

    #[inline(always)]
    fn all_ascii(self, seen: V::Register) -> bool {
        // SAFETY: self proves that the processor has the set.
        unsafe { self.is_ascii(seen) }
    }

    #[inline(always)]
    fn matches<const PROBES: usize>(
        self,
        window: &Window<C>,
        probes: &[(usize, V::Register); PROBES],
    ) -> u64 {
        // SAFETY: self proves that the processor has the set.
        unsafe {
            let mut parts = [self.all(); 4];
            // The compiler would not unroll a loop with so many instructions.
            parts[0] = matches(self, window, probes, 0);
            if V::BYTES < BLOCK {
                parts[1] = matches(self, window, probes, 1);
            }
            if V::BYTES < BLOCK / 2 {
                parts[2] = matches(self, window, probes, 2);
                parts[3] = matches(self, window, probes, 3);
            }
            self.bitmap(parts)
        }
    }

    #[inline(always)]
    fn equals(self, window: &Window<C>, place: usize, key: &Key) -> bool {
        assert!(place <= BLOCK);
        let start = window[place..].as_ptr().cast::<u8>();
        let key_start = key.bytes.as_ptr();
        // SAFETY: self proves that the processor has the set. The window has `KEY`
        // characters after the place, and the key has as many bytes as they have.
        let equal = unsafe {
            match size_of::<C>() {
                1 => self.equal_16(start, key_start),
                2 => self.equal_32(start, key_start),
                _ => self.equal_64(start, key_start),
            }
        };
        equal & key.mask == key.mask
    }
}

/// Loads the register that begins at a byte of an array of characters.
///
/// # Safety
///
/// As for `Vector`.
#[inline(always)]
unsafe fn register<C, V: Vector, const LENGTH: usize>(
    vector: V,
    characters: &[C; LENGTH],
    byte: usize,
) -> V::Register {
    assert!(byte + V::BYTES <= size_of_val(characters));
    // SAFETY: the assertion keeps the load within the array. A load needs no alignment.
    unsafe { vector.load(characters.as_ptr().cast::<u8>().add(byte)) }
}

/// Flags the characters of a part at which every probe matches.
///
/// # Safety
///
/// As for `Vector`.
#[inline(always)]
unsafe fn matches<C, V: Vector, const PROBES: usize>(
    vector: V,
    window: &Window<C>,
    probes: &[(usize, V::Register); PROBES],
    part: usize,
) -> V::Mask {
    // SAFETY: the caller's.
    unsafe {
        let mut masks = [vector.all(); 4];
        for &(offset, probe) in probes {
            let block = block(window, offset);
            for (number, mask) in masks.iter_mut().enumerate().take(size_of::<C>()) {
                let lanes = register(vector, block, (part * size_of::<C>() + number) * V::BYTES);
                let equal = match size_of::<C>() {
                    1 => vector.equal_u8(lanes, probe),
                    2 => vector.equal_u16(lanes, probe),
                    _ => vector.equal_u32(lanes, probe),
                };
                *mask = vector.both(*mask, equal);
            }
        }
        match size_of::<C>() {
            1 => masks[0],
            2 => vector.in_order_of_2(vector.join_u16(masks[0], masks[1])),
            _ => vector.in_order_of_4(vector.join_u16(
                vector.join_u32(masks[0], masks[1]),
                vector.join_u32(masks[2], masks[3]),
            )),
        }
    }
}

/// Flags the characters of a part that are whitespace.
///
/// # Safety
///
/// As for `Vector`.
#[inline(always)]
unsafe fn whitespace<C: Character, V: FindWhitespace>(
    vector: V,
    block: &[C; BLOCK],
    part: usize,
) -> V::Mask {
    // SAFETY: the caller's.
    unsafe {
        let lanes = |number: usize| (part * size_of::<C>() + number) * V::BYTES;
        let first = register(vector, block, lanes(0));
        match size_of::<C>() {
            1 if C::LAST < 0x80 => vector.ascii_whitespace(first),
            1 => vector.latin1_whitespace(first),
            2 => {
                let second = register(vector, block, lanes(1));
                vector.in_order_of_2(vector.wide_whitespace(first, second))
            }
            // Characters above U+FFFF become numbers that are not whitespace.
            _ => vector.in_order_of_4(vector.wide_whitespace(
                vector.narrow_u32(first, register(vector, block, lanes(1))),
                vector.narrow_u32(
                    register(vector, block, lanes(2)),
                    register(vector, block, lanes(3)),
                ),
            )),
        }
    }
}

/// Declares the proof of an instruction set, and compiles the algorithm for the set.
///
/// `$has` is a macro that returns whether the processor has a feature.
macro_rules! kernel {
    ($name:ident, $has:ident, $($feature:tt),+) => {
        /// A proof that this processor has the instruction set.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) struct $name(());

        impl $name {
            /// Asks the processor for the set.
            pub(crate) fn new() -> Option<Self> {
                ($($has!($feature))&&+).then_some(Self(()))
            }

            /// Counts the words of `contents` that equal `needle`.
            pub(crate) fn count<C: crate::whitespace::Character>(
                self,
                contents: &[C],
                needle: &[C],
            ) -> usize {
                // Only this function may contain the instructions of the set, so the
                // whole algorithm is inlined in it. Closures would not be inlined.
                $(#[target_feature(enable = $feature)])+
                unsafe fn compiled<C: crate::whitespace::Character>(
                    set: $name,
                    contents: &[C],
                    needle: &[C],
                ) -> usize {
                    crate::count::count(set, contents, needle)
                }
                // SAFETY: self proves that the processor has these features.
                unsafe { compiled(self, contents, needle) }
            }

            /// Counts like `count`, or returns `None` if `contents` is not all ASCII.
            pub(crate) fn count_ascii(
                self,
                contents: &[crate::whitespace::Ascii],
                needle: &[crate::whitespace::Ascii],
            ) -> Option<usize> {
                $(#[target_feature(enable = $feature)])+
                unsafe fn compiled(
                    set: $name,
                    contents: &[crate::whitespace::Ascii],
                    needle: &[crate::whitespace::Ascii],
                ) -> Option<usize> {
                    crate::count::count_ascii(set, contents, needle)
                }
                // SAFETY: self proves that the processor has these features.
                unsafe { compiled(self, contents, needle) }
            }
        }
    };
}
pub(crate) use kernel;

/// Writes the operations of a `Vector`, each of an instruction or a few.
macro_rules! operations {
    ($(fn $name:ident($($argument:ident: $type:ty),*) -> $result:ty $body:block)*) => {
        $(
            #[inline(always)]
            unsafe fn $name(self, $($argument: $type),*) -> $result {
                // Newer compilers call most instructions safe.
                #[allow(unused_unsafe)]
                // SAFETY: self proves that the processor has the set.
                unsafe { $body }
            }
        )*
    };
}
pub(crate) use operations;
