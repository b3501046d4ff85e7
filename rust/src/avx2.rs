//! The path for x86-64 processors with AVX2: 32 bytes at a time.
//!
//! A block of 64 characters is two halves of 32, and a half is as many vectors as
//! a character has bytes. Of wider characters what a comparison has found is
//! narrowed to a byte each, and so are the characters themselves before they are
//! classified, as whitespace needs only a few of their values.
#![allow(unsafe_code)]
// What makes it sound is the same for all instructions of a block.
#![allow(clippy::multiple_unsafe_ops_per_block)]
// To the instructions a lane is signed; a character fits the lanes of its width.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss
)]

use std::arch::x86_64::{
    __m256i, _mm_loadu_si128, _mm256_add_epi8, _mm256_and_si256, _mm256_broadcastsi128_si256,
    _mm256_cmpeq_epi8, _mm256_cmpeq_epi16, _mm256_cmpeq_epi32, _mm256_cmpgt_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256, _mm256_packs_epi16,
    _mm256_packs_epi32, _mm256_packus_epi16, _mm256_packus_epi32, _mm256_permute4x64_epi64,
    _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16, _mm256_set1_epi32,
    _mm256_setr_epi32, _mm256_shuffle_epi8, _mm256_sub_epi16,
};

use crate::count::{count, count_ascii};
use crate::lanes::{BLOCK, Lanes, Window, block};
use crate::whitespace::{Ascii, Character, PARTS, is_whitespace};

/// A proof that this processor has AVX2 and what came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Avx2(());

impl Avx2 {
    /// Asks the processor; the standard library remembers what it said.
    #[inline]
    pub(crate) fn new() -> Option<Self> {
        let is_there = is_x86_feature_detected!("avx2")
            && is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        is_there.then_some(Self(()))
    }

    #[inline]
    pub(crate) fn count<C: Character>(self, contents: &[C], needle: &[C]) -> usize {
        // The instructions of this file may be generated in this function alone, so
        // all of them must be inlined here, the algorithm around them too. Closures
        // would not be.
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        unsafe fn compiled<C: Character>(avx2: Avx2, contents: &[C], needle: &[C]) -> usize {
            count(avx2, contents, needle)
        }
        // SAFETY: an Avx2 proves that the processor has these features.
        unsafe { compiled(self, contents, needle) }
    }

    #[inline]
    pub(crate) fn count_ascii(self, contents: &[Ascii], needle: &[Ascii]) -> Option<usize> {
        // As above.
        #[target_feature(enable = "avx2,bmi1,bmi2,popcnt")]
        unsafe fn compiled(avx2: Avx2, contents: &[Ascii], needle: &[Ascii]) -> Option<usize> {
            count_ascii(avx2, contents, needle)
        }
        // SAFETY: an Avx2 proves that the processor has these features.
        unsafe { compiled(self, contents, needle) }
    }
}

impl<C: Character> Lanes<C> for Avx2 {
    type Splat = __m256i;

    #[inline(always)]
    fn splat(self, character: C) -> __m256i {
        let code: u32 = character.into();
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe {
            match size_of::<C>() {
                1 => _mm256_set1_epi8(code as i8),
                2 => _mm256_set1_epi16(code as i16),
                _ => _mm256_set1_epi32(code as i32),
            }
        }
    }

    #[inline(always)]
    fn whitespace(self, block: &[C; BLOCK]) -> u64 {
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe { joined(whitespace(block, 0), whitespace(block, 1)) }
    }

    #[inline(always)]
    fn parts(self, block: &[C; BLOCK]) -> u64 {
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe { joined(parts(vector(block, 0, 0)), parts(vector(block, 1, 0))) }
    }

    #[inline(always)]
    fn union(self, seen: __m256i, block: &[C; BLOCK]) -> __m256i {
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe {
            let block = _mm256_or_si256(vector(block, 0, 0), vector(block, 1, 0));
            _mm256_or_si256(seen, block)
        }
    }

    #[inline(always)]
    fn all_ascii(self, seen: __m256i) -> bool {
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe { _mm256_movemask_epi8(seen) == 0 }
    }

    #[inline(always)]
    fn matches<const PROBES: usize>(
        self,
        window: &Window<C>,
        probes: &[(usize, __m256i); PROBES],
    ) -> u64 {
        // SAFETY: an Avx2 proves that there is AVX2.
        unsafe { joined(matches(window, probes, 0), matches(window, probes, 1)) }
    }
}

/// One of the vectors of a block: a half has as many as a character has bytes.
#[inline(always)]
unsafe fn vector<C>(block: &[C; BLOCK], half: usize, number: usize) -> __m256i {
    let place = half * size_of::<C>() + number;
    assert!(place < size_of_val(block) / size_of::<__m256i>());
    // SAFETY: the place is within the block; this load asks for no alignment.
    unsafe { _mm256_loadu_si256(block.as_ptr().cast::<__m256i>().add(place)) }
}

/// Masks of a half, a byte for each character, as a bitmap of the block.
#[inline(always)]
unsafe fn joined(low: __m256i, high: __m256i) -> u64 {
    // SAFETY: the caller's.
    let (low, high) = unsafe { (_mm256_movemask_epi8(low), _mm256_movemask_epi8(high)) };
    u64::from(low as u32) | u64::from(high as u32) << 32
}

/// Where in a half every probe matches.
#[inline(always)]
unsafe fn matches<C, const PROBES: usize>(
    window: &Window<C>,
    probes: &[(usize, __m256i); PROBES],
    half: usize,
) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        let mut found = [_mm256_set1_epi8(-1); 4];
        for &(offset, probe) in probes {
            let block = block(window, offset);
            for (number, found) in found.iter_mut().enumerate().take(size_of::<C>()) {
                let characters = vector(block, half, number);
                let equal = match size_of::<C>() {
                    1 => _mm256_cmpeq_epi8(characters, probe),
                    2 => _mm256_cmpeq_epi16(characters, probe),
                    _ => _mm256_cmpeq_epi32(characters, probe),
                };
                *found = _mm256_and_si256(*found, equal);
            }
        }
        match size_of::<C>() {
            1 => found[0],
            2 => in_order_of_2(_mm256_packs_epi16(found[0], found[1])),
            _ => in_order_of_4(_mm256_packs_epi16(
                _mm256_packs_epi32(found[0], found[1]),
                _mm256_packs_epi32(found[2], found[3]),
            )),
        }
    }
}

/// Where in a half there is whitespace.
#[inline(always)]
unsafe fn whitespace<C: Character>(block: &[C; BLOCK], half: usize) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        match size_of::<C>() {
            1 if C::LAST < 0x80 => ascii_whitespace(vector(block, half, 0)),
            1 => LATIN.find(vector(block, half, 0)),
            2 => in_order_of_2(wide_whitespace(
                vector(block, half, 0),
                vector(block, half, 1),
            )),
            // What is beyond U+FFFF becomes that, which is no whitespace either.
            _ => in_order_of_4(wide_whitespace(
                _mm256_packus_epi32(vector(block, half, 0), vector(block, half, 1)),
                _mm256_packus_epi32(vector(block, half, 2), vector(block, half, 3)),
            )),
        }
    }
}

/// Where in 32 bytes there is ASCII whitespace.
#[inline(always)]
unsafe fn ascii_whitespace(bytes: __m256i) -> __m256i {
    // SAFETY: the caller's, and the table is as long as what is loaded.
    unsafe {
        let table = _mm256_broadcastsi128_si256(_mm_loadu_si128(MOVES.as_ptr().cast()));
        // Of a byte that is not ASCII nothing is looked up: it stays negative.
        let moved = _mm256_add_epi8(bytes, _mm256_shuffle_epi8(table, bytes));
        _mm256_cmpgt_epi8(moved, _mm256_set1_epi8(BELOW))
    }
}

/// What to add to a byte, by its lower half, to move ASCII whitespace and nothing
/// else above `BELOW`.
///
/// 17 numbers are above: enough for two bytes that are 16 apart, as 0C and 1C are;
/// and of the eight that share a lower half any one can be put there alone.
const MOVES: [u8; 16] = moves();
/// What moved bytes are compared with.
const BELOW: i8 = i8::MAX - 17;

const fn moves() -> [u8; 16] {
    // Where there is no whitespace all become negative.
    let mut moves = [0x80; 16];
    let mut byte: u8 = 0x80;
    while byte > 0 {
        byte -= 1;
        if is_whitespace(byte as u32) {
            let is_one_of_two = is_whitespace(byte as u32 + 16);
            let above = if is_one_of_two { 1 } else { 9 };
            moves[byte as usize % 16] = BELOW as u8 + above - byte;
        }
    }
    moves
}

/// Where in 32 bytes is one that may be a part of whitespace.
#[inline(always)]
unsafe fn parts(bytes: __m256i) -> __m256i {
    // Of signed bytes, these are the lowest.
    const _: () = assert!(PARTS.start == 0x80);
    // SAFETY: the caller's.
    unsafe { _mm256_cmpgt_epi8(_mm256_set1_epi8(PARTS.end as i8), bytes) }
}

/// Where in two vectors of 2-byte characters there is whitespace, ordered as packing does.
#[inline(always)]
unsafe fn wide_whitespace(one: __m256i, two: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe {
        // Packing makes 0 or 255 of what has no place in a byte; neither page has these.
        let latin = LATIN.find(_mm256_packus_epi16(one, two));
        let first = _mm256_set1_epi16(GENERAL.first as i16);
        let general = GENERAL.find(_mm256_packus_epi16(
            _mm256_sub_epi16(one, first),
            _mm256_sub_epi16(two, first),
        ));
        let ogham = _mm256_set1_epi16(SINGLE[0] as i16);
        let ideographic = _mm256_set1_epi16(SINGLE[1] as i16);
        let single = _mm256_packs_epi16(
            _mm256_or_si256(
                _mm256_cmpeq_epi16(one, ogham),
                _mm256_cmpeq_epi16(one, ideographic),
            ),
            _mm256_or_si256(
                _mm256_cmpeq_epi16(two, ogham),
                _mm256_cmpeq_epi16(two, ideographic),
            ),
        );
        _mm256_or_si256(_mm256_or_si256(latin, general), single)
    }
}

/// The order of 32 characters that were two vectors before they were packed: packing
/// works in each half of a vector by itself.
#[inline(always)]
unsafe fn in_order_of_2(packed: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe { _mm256_permute4x64_epi64::<0b11_01_10_00>(packed) }
}

/// The order of 32 characters that were four vectors.
#[inline(always)]
unsafe fn in_order_of_4(packed: __m256i) -> __m256i {
    // SAFETY: the caller's.
    unsafe { _mm256_permutevar8x32_epi32(packed, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7)) }
}

/// The whitespace of 256 characters, for each lower half of a byte.
///
/// There are at most two that end in the same four bits, as 0C and 1C do: whether
/// a byte is whitespace is whether it equals one of the two that its lower half
/// looks up. (The lookup is that of W. Muła and D. Lemire, "Faster Base64 Encoding
/// and Decoding Using AVX2 Instructions", 2018.)
struct Page {
    /// The character that is 0 on this page.
    first: u16,
    one: [u8; 16],
    other: [u8; 16],
}

/// The page of all 1-byte characters.
const LATIN: Page = Page::new(0);
/// The page of U+2000 to U+205F. It begins earlier, so that 0 is no whitespace.
const GENERAL: Page = Page::new(0x1FF0);
/// The whitespace that is on neither.
const SINGLE: [u16; 2] = [0x1680, 0x3000];

impl Page {
    const fn new(first: u16) -> Self {
        // In the place of a missing one stands what cannot look it up: 1, or else 0.
        let mut one = [0; 16];
        one[0] = 1;
        let mut other = one;
        let mut byte: u8 = 255;
        while byte > 0 {
            let half = (byte % 16) as usize;
            if is_whitespace(first as u32 + byte as u32) {
                assert!(other[half] == (half == 0) as u8, "no three share a half");
                other[half] = one[half];
                one[half] = byte;
            }
            byte -= 1;
        }
        Self { first, one, other }
    }

    /// Where in 32 bytes there is whitespace of the page.
    #[inline(always)]
    unsafe fn find(&self, bytes: __m256i) -> __m256i {
        // SAFETY: the caller's, and the tables are as long as what is loaded.
        unsafe {
            let one = _mm256_broadcastsi128_si256(_mm_loadu_si128(self.one.as_ptr().cast()));
            let other = _mm256_broadcastsi128_si256(_mm_loadu_si128(self.other.as_ptr().cast()));
            let half = _mm256_and_si256(bytes, _mm256_set1_epi8(0x0F));
            _mm256_or_si256(
                _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(one, half)),
                _mm256_cmpeq_epi8(bytes, _mm256_shuffle_epi8(other, half)),
            )
        }
    }
}
