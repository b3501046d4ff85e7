//! The instruction set AVX2 of x86-64: registers of 32 bytes.
#![allow(unsafe_code)]
// One reason makes all instructions of a block sound.
#![allow(clippy::multiple_unsafe_ops_per_block)]
// To the instructions a lane is signed; a character fits the lanes of its width.
#![allow(clippy::cast_possible_wrap, clippy::cast_sign_loss)]

use std::arch::x86_64::{
    __m256i, _mm_cmpeq_epi8, _mm_loadu_si128, _mm_movemask_epi8, _mm256_add_epi8, _mm256_and_si256,
    _mm256_broadcastsi128_si256, _mm256_cmpeq_epi8, _mm256_cmpeq_epi16, _mm256_cmpeq_epi32,
    _mm256_cmpgt_epi8, _mm256_loadu_si256, _mm256_movemask_epi8, _mm256_or_si256,
    _mm256_packs_epi16, _mm256_packs_epi32, _mm256_packus_epi16, _mm256_packus_epi32,
    _mm256_permute4x64_epi64, _mm256_permutevar8x32_epi32, _mm256_set1_epi8, _mm256_set1_epi16,
    _mm256_set1_epi32, _mm256_setr_epi32, _mm256_shuffle_epi8, _mm256_sub_epi16,
};

use crate::nibbles::Nibbles;
use crate::vector::{Vector, kernel, operations};

kernel!(
    Avx2,
    is_x86_feature_detected,
    "avx2",
    "bmi1",
    "bmi2",
    "popcnt"
);

// SAFETY: `kernel!` makes a value only if the processor has the set.
unsafe impl Vector for Avx2 {
    type Register = __m256i;
    type Mask = __m256i;
    const BYTES: usize = 32;

    operations! {
        fn load(bytes: *const u8) -> __m256i { _mm256_loadu_si256(bytes.cast()) }
        fn splat_u8(value: u8) -> __m256i { _mm256_set1_epi8(value as i8) }
        fn splat_u16(value: u16) -> __m256i { _mm256_set1_epi16(value as i16) }
        fn splat_u32(value: u32) -> __m256i { _mm256_set1_epi32(value as i32) }
        fn equal_u8(a: __m256i, b: __m256i) -> __m256i { _mm256_cmpeq_epi8(a, b) }
        fn equal_u16(a: __m256i, b: __m256i) -> __m256i { _mm256_cmpeq_epi16(a, b) }
        fn equal_u32(a: __m256i, b: __m256i) -> __m256i { _mm256_cmpeq_epi32(a, b) }
        fn equal_16(a: *const u8, b: *const u8) -> u64 {
            let equal = _mm_cmpeq_epi8(_mm_loadu_si128(a.cast()), _mm_loadu_si128(b.cast()));
            u64::from(_mm_movemask_epi8(equal) as u32)
        }
        fn equal_32(a: *const u8, b: *const u8) -> u64 {
            let equal = _mm256_cmpeq_epi8(
                _mm256_loadu_si256(a.cast()), _mm256_loadu_si256(b.cast()),
            );
            u64::from(_mm256_movemask_epi8(equal) as u32)
        }
        fn greater_i8(a: __m256i, b: __m256i) -> __m256i { _mm256_cmpgt_epi8(a, b) }
        fn and(a: __m256i, b: __m256i) -> __m256i { _mm256_and_si256(a, b) }
        fn union(a: __m256i, b: __m256i) -> __m256i { _mm256_or_si256(a, b) }
        fn is_ascii(bytes: __m256i) -> bool { _mm256_movemask_epi8(bytes) == 0 }
        fn narrow_u32(a: __m256i, b: __m256i) -> __m256i { _mm256_packus_epi32(a, b) }
        fn all() -> __m256i { _mm256_set1_epi8(-1) }
        fn both(a: __m256i, b: __m256i) -> __m256i { _mm256_and_si256(a, b) }
        // Packing takes the low halves of both registers, and then the high halves.
        fn join_u16(a: __m256i, b: __m256i) -> __m256i { _mm256_packs_epi16(a, b) }
        fn join_u32(a: __m256i, b: __m256i) -> __m256i { _mm256_packs_epi32(a, b) }
        fn in_order_of_2(mask: __m256i) -> __m256i {
            _mm256_permute4x64_epi64::<0b11_01_10_00>(mask)
        }
        fn in_order_of_4(mask: __m256i) -> __m256i {
            _mm256_permutevar8x32_epi32(mask, _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7))
        }
        fn bitmap(parts: [__m256i; 4]) -> u64 {
            let low = _mm256_movemask_epi8(parts[0]) as u32;
            let high = _mm256_movemask_epi8(parts[1]) as u32;
            u64::from(low) | u64::from(high) << 32
        }
    }
}

impl Nibbles for Avx2 {
    operations! {
        fn table(table: &[u8; 16]) -> __m256i {
            _mm256_broadcastsi128_si256(_mm_loadu_si128(table.as_ptr().cast()))
        }
        fn lookup(table: __m256i, bytes: __m256i) -> __m256i { _mm256_shuffle_epi8(table, bytes) }
        fn add_u8(a: __m256i, b: __m256i) -> __m256i { _mm256_add_epi8(a, b) }
        fn sub_u16(a: __m256i, b: __m256i) -> __m256i { _mm256_sub_epi16(a, b) }
        fn narrow_u16(a: __m256i, b: __m256i) -> __m256i { _mm256_packus_epi16(a, b) }
        fn either(a: __m256i, b: __m256i) -> __m256i { _mm256_or_si256(a, b) }
    }
}
