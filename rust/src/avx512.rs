//! The instruction set AVX-512 of x86-64, with VBMI: registers of 64 bytes.
//!
//! A comparison returns a bitmap. Whitespace needs no nibbles, because one instruction
//! looks up 64 entries: the entry of a character is the whitespace that may stand there,
//! so a character is whitespace if it equals its entry.
#![allow(unsafe_code)]
// One reason makes all instructions of a block sound.
#![allow(clippy::multiple_unsafe_ops_per_block)]
// To the instructions a lane is signed; a character fits the lanes of its width.
#![allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)]
// `build.rs` leaves this file out if the compiler is older than its instructions.
#![allow(clippy::incompatible_msrv)]

use std::arch::x86_64::{
    __m512i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm256_cmpeq_epi8,
    _mm256_loadu_si256, _mm256_movemask_epi8, _mm512_and_si512, _mm512_castsi256_si512,
    _mm512_cmpeq_epi8_mask, _mm512_cmpeq_epi16_mask, _mm512_cmpeq_epi32_mask,
    _mm512_cmpgt_epi8_mask, _mm512_cvtusepi32_epi16, _mm512_inserti64x4, _mm512_loadu_si512,
    _mm512_movepi8_mask, _mm512_mulhi_epu16, _mm512_or_si512, _mm512_permutex2var_epi8,
    _mm512_permutex2var_epi16, _mm512_permutexvar_epi8, _mm512_set1_epi8, _mm512_set1_epi16,
    _mm512_set1_epi32,
};

use crate::vector::{FindWhitespace, Vector, kernel, operations};
use crate::whitespace::{RUNS, is_whitespace};

kernel!(
    Avx512,
    is_x86_feature_detected,
    "avx512f",
    "avx512bw",
    "avx512vbmi",
    "bmi1",
    "bmi2",
    "popcnt"
);

// SAFETY: `kernel!` makes a value only if the processor has the set.
unsafe impl Vector for Avx512 {
    type Register = __m512i;
    type Mask = u64;
    const BYTES: usize = 64;

    operations! {
        fn load(bytes: *const u8) -> __m512i { _mm512_loadu_si512(bytes.cast()) }
        fn splat_u8(value: u8) -> __m512i { _mm512_set1_epi8(value as i8) }
        fn splat_u16(value: u16) -> __m512i { _mm512_set1_epi16(value as i16) }
        fn splat_u32(value: u32) -> __m512i { _mm512_set1_epi32(value as i32) }
        fn equal_u8(a: __m512i, b: __m512i) -> u64 { _mm512_cmpeq_epi8_mask(a, b) }
        fn equal_u16(a: __m512i, b: __m512i) -> u64 { _mm512_cmpeq_epi16_mask(a, b).into() }
        fn equal_u32(a: __m512i, b: __m512i) -> u64 { _mm512_cmpeq_epi32_mask(a, b).into() }
        fn equal_16(a: *const u8, b: *const u8) -> u64 {
            let equal = _mm_cmpeq_epi8(_mm_loadu_si128(a.cast()), _mm_loadu_si128(b.cast()));
            u64::from(_mm_movemask_epi8(equal).cast_unsigned())
        }
        fn equal_32(a: *const u8, b: *const u8) -> u64 {
            let equal = _mm256_cmpeq_epi8(
                _mm256_loadu_si256(a.cast()), _mm256_loadu_si256(b.cast()),
            );
            u64::from(_mm256_movemask_epi8(equal).cast_unsigned())
        }
        fn equal_64(a: *const u8, b: *const u8) -> u64 {
            _mm512_cmpeq_epi8_mask(_mm512_loadu_si512(a.cast()), _mm512_loadu_si512(b.cast()))
        }
        fn greater_i8(a: __m512i, b: __m512i) -> u64 { _mm512_cmpgt_epi8_mask(a, b) }
        fn and(a: __m512i, b: __m512i) -> __m512i { _mm512_and_si512(a, b) }
        fn union(a: __m512i, b: __m512i) -> __m512i { _mm512_or_si512(a, b) }
        fn is_ascii(bytes: __m512i) -> bool { _mm512_movepi8_mask(bytes) == 0 }
        fn narrow_u32(a: __m512i, b: __m512i) -> __m512i {
            let low = _mm512_castsi256_si512(_mm512_cvtusepi32_epi16(a));
            _mm512_inserti64x4::<1>(low, _mm512_cvtusepi32_epi16(b))
        }
        fn all() -> u64 { u64::MAX }
        fn both(a: u64, b: u64) -> u64 { a & b }
        fn join_u16(a: u64, b: u64) -> u64 { a & 0xFFFF_FFFF | b << 32 }
        fn join_u32(a: u64, b: u64) -> u64 { a & 0xFFFF | b << 16 }
        fn in_order_of_2(mask: u64) -> u64 { mask }
        fn in_order_of_4(mask: u64) -> u64 { mask }
        fn bitmap(parts: [u64; 4]) -> u64 { parts[0] }
    }
}

impl FindWhitespace for Avx512 {
    operations! {
        fn ascii_whitespace(bytes: __m512i) -> u64 {
            let table = _mm512_loadu_si512(ASCII.as_ptr().cast());
            _mm512_cmpeq_epi8_mask(_mm512_permutexvar_epi8(bytes, table), bytes)
        }
        fn latin1_whitespace(bytes: __m512i) -> u64 {
            let low = _mm512_loadu_si512(LATIN1.as_ptr().cast());
            let high = _mm512_loadu_si512(LATIN1.as_ptr().add(64).cast());
            let entries = _mm512_permutex2var_epi8(low, bytes, high);
            let no_break_space = _mm512_set1_epi8(NO_BREAK_SPACE as i8);
            _mm512_cmpeq_epi8_mask(entries, bytes) | _mm512_cmpeq_epi8_mask(bytes, no_break_space)
        }
        fn wide_whitespace(a: __m512i, b: __m512i) -> u64 {
            find_wide(a) | find_wide(b) << 32
        }
    }
}

/// Flags the 2-byte characters that are whitespace.
///
/// # Safety
///
/// As for `Vector`.
#[inline(always)]
unsafe fn find_wide(characters: __m512i) -> u64 {
    // SAFETY: the caller's, and the table is two registers long.
    #[allow(unused_unsafe)]
    unsafe {
        let low = _mm512_loadu_si512(WIDE.as_ptr().cast());
        let high = _mm512_loadu_si512(WIDE.as_ptr().add(32).cast());
        let hash = _mm512_mulhi_epu16(characters, _mm512_set1_epi16(MULTIPLIER as i16));
        let entries = _mm512_permutex2var_epi16(low, hash, high);
        _mm512_cmpeq_epi16_mask(entries, characters).into()
    }
}

/// The ASCII whitespace, which the lower six bits of a byte look up.
const ASCII: [u8; 64] = bytes();

/// The whitespace of Latin-1, which the lower seven bits of a byte look up.
const LATIN1: [u8; 128] = bytes();

/// The whitespace that has no place in `LATIN1`, because a space has the same bits.
const NO_BREAK_SPACE: u8 = 0xA0;

const fn bytes<const LENGTH: usize>() -> [u8; LENGTH] {
    let mut table = [0; LENGTH];
    // An entry that stands elsewhere equals no byte that looks it up.
    table[0] = 1;
    let mut byte = if LENGTH == 64 {
        0x7F
    } else {
        NO_BREAK_SPACE - 1
    };
    while byte > 0 {
        if is_whitespace(byte as u32) {
            let entry = &mut table[byte as usize % LENGTH];
            assert!(*entry == 0, "no two share an entry");
            *entry = byte;
        }
        byte -= 1;
    }
    table
}

/// The upper half of a character times this number has different lower six bits for each
/// whitespace character.
const MULTIPLIER: u16 = 60686;

/// The whitespace of 2-byte characters, which the hash of a character looks up.
const WIDE: [u16; 64] = wide();

const fn wide() -> [u16; 64] {
    let mut table = [0; 64];
    let mut run = 0;
    while run < RUNS.len() {
        let (mut code, last) = RUNS[run];
        while code <= last {
            let hash = (code * MULTIPLIER as u32) >> 16;
            let entry = &mut table[hash as usize % 64];
            assert!(*entry == 0, "no two share an entry");
            *entry = code as u16;
            code += 1;
        }
        run += 1;
    }
    // The entry of U+0000 must be another character than that.
    if table[0] == 0 {
        table[0] = u16::MAX;
    }
    table
}
