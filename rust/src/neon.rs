//! The instruction set NEON, which every 64-bit ARM processor has: registers of 16 bytes.
#![allow(unsafe_code)]
// One reason makes all instructions of a block sound.
#![allow(clippy::multiple_unsafe_ops_per_block)]

use std::arch::aarch64::{
    uint8x16_t, vaddq_u8, vandq_u8, vceqq_u8, vceqq_u16, vceqq_u32, vcgtq_s8, vdupq_n_u8,
    vdupq_n_u16, vdupq_n_u32, vdupq_n_u64, vgetq_lane_u64, vld1q_u8, vmaxvq_u8, vnegq_s8, vorrq_u8,
    vpaddq_u8, vqmovn_high_u16, vqmovn_high_u32, vqmovn_u16, vqmovn_u32, vqtbl1q_u8,
    vreinterpretq_s8_u8, vreinterpretq_u8_u16, vreinterpretq_u8_u32, vreinterpretq_u8_u64,
    vreinterpretq_u16_u8, vreinterpretq_u32_u8, vreinterpretq_u64_s8, vsubq_u16, vuzp1q_u8,
    vuzp1q_u16,
};

use crate::nibbles::Nibbles;
use crate::vector::{Vector, kernel, operations};

/// Every processor of the target has the set.
macro_rules! always {
    ($feature:tt) => {
        true
    };
}

kernel!(Neon, always, "neon");

// SAFETY: `kernel!` makes a value only if the processor has the set.
unsafe impl Vector for Neon {
    type Register = uint8x16_t;
    type Mask = uint8x16_t;
    const BYTES: usize = 16;

    operations! {
        fn load(bytes: *const u8) -> uint8x16_t { vld1q_u8(bytes) }
        fn splat_u8(value: u8) -> uint8x16_t { vdupq_n_u8(value) }
        fn splat_u16(value: u16) -> uint8x16_t { vreinterpretq_u8_u16(vdupq_n_u16(value)) }
        fn splat_u32(value: u32) -> uint8x16_t { vreinterpretq_u8_u32(vdupq_n_u32(value)) }
        fn equal_u8(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vceqq_u8(a, b) }
        fn equal_u16(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vreinterpretq_u8_u16(vceqq_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)))
        }
        fn equal_u32(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vreinterpretq_u8_u32(vceqq_u32(vreinterpretq_u32_u8(a), vreinterpretq_u32_u8(b)))
        }
        fn equal_16(a: *const u8, b: *const u8) -> u64 {
            let none = vdupq_n_u8(0);
            bitmap([equal(a, b, 0), none, none, none])
        }
        fn equal_32(a: *const u8, b: *const u8) -> u64 {
            let none = vdupq_n_u8(0);
            bitmap([equal(a, b, 0), equal(a, b, 16), none, none])
        }
        fn equal_64(a: *const u8, b: *const u8) -> u64 {
            bitmap([equal(a, b, 0), equal(a, b, 16), equal(a, b, 32), equal(a, b, 48)])
        }
        fn greater_i8(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vcgtq_s8(vreinterpretq_s8_u8(a), vreinterpretq_s8_u8(b))
        }
        fn and(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vandq_u8(a, b) }
        fn union(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vorrq_u8(a, b) }
        fn is_ascii(bytes: uint8x16_t) -> bool { vmaxvq_u8(bytes) < 0x80 }
        fn narrow_u32(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            let low = vqmovn_u32(vreinterpretq_u32_u8(a));
            vreinterpretq_u8_u16(vqmovn_high_u32(low, vreinterpretq_u32_u8(b)))
        }
        fn all() -> uint8x16_t { vdupq_n_u8(0xFF) }
        fn both(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vandq_u8(a, b) }
        // Takes the even lanes of half the width: in a mask, both halves are equal.
        fn join_u16(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vuzp1q_u8(a, b) }
        fn join_u32(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vreinterpretq_u8_u16(vuzp1q_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)))
        }
        fn in_order_of_2(mask: uint8x16_t) -> uint8x16_t { mask }
        fn in_order_of_4(mask: uint8x16_t) -> uint8x16_t { mask }
        fn bitmap(parts: [uint8x16_t; 4]) -> u64 { bitmap(parts) }
    }
}

/// Flags the bytes that are equal, of 16 at a distance from two pointers.
///
/// # Safety
///
/// As for `Vector`: the bytes can be read.
#[inline(always)]
unsafe fn equal(a: *const u8, b: *const u8, distance: usize) -> uint8x16_t {
    // SAFETY: the caller's.
    unsafe { vceqq_u8(vld1q_u8(a.add(distance)), vld1q_u8(b.add(distance))) }
}

/// Returns the bitmap of 64 flags.
///
/// Flag n of eight becomes -(1 << n). Adding neighbours three times makes a byte of eight
/// flags, and negating the byte makes a bitmap of it.
///
/// If flag n became 1 << n, the compiler would know that two neighbours have no bit in
/// common, and write `or` for the sum. There is no instruction for the `or` of neighbours.
///
/// # Safety
///
/// As for `Vector`.
#[inline(always)]
unsafe fn bitmap(parts: [uint8x16_t; 4]) -> u64 {
    const BYTE: u64 = u64::from_le_bytes([0xFF, 0xFE, 0xFC, 0xF8, 0xF0, 0xE0, 0xC0, 0x80]);
    // SAFETY: the caller's.
    #[allow(unused_unsafe)]
    unsafe {
        let powers = vreinterpretq_u8_u64(vdupq_n_u64(BYTE));
        let low = vpaddq_u8(vandq_u8(parts[0], powers), vandq_u8(parts[1], powers));
        let high = vpaddq_u8(vandq_u8(parts[2], powers), vandq_u8(parts[3], powers));
        let quarters = vpaddq_u8(low, high);
        let bytes = vnegq_s8(vreinterpretq_s8_u8(vpaddq_u8(quarters, quarters)));
        vgetq_lane_u64::<0>(vreinterpretq_u64_s8(bytes))
    }
}

impl Nibbles for Neon {
    operations! {
        fn table(table: &[u8; 16]) -> uint8x16_t { vld1q_u8(table.as_ptr()) }
        fn lookup(table: uint8x16_t, bytes: uint8x16_t) -> uint8x16_t {
            // An index of 16 or more gives 0, so only the middle bits must go.
            vqtbl1q_u8(table, vandq_u8(bytes, vdupq_n_u8(0x8F)))
        }
        fn add_u8(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vaddq_u8(a, b) }
        fn sub_u16(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vreinterpretq_u8_u16(vsubq_u16(vreinterpretq_u16_u8(a), vreinterpretq_u16_u8(b)))
        }
        fn narrow_u16(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t {
            vqmovn_high_u16(vqmovn_u16(vreinterpretq_u16_u8(a)), vreinterpretq_u16_u8(b))
        }
        fn either(a: uint8x16_t, b: uint8x16_t) -> uint8x16_t { vorrq_u8(a, b) }
    }
}
