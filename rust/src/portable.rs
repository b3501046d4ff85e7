//! The portable kernel: plain loops over a block, which the compiler turns into vector code.
//!
//! The largest loops are functions of their own. A call costs little beside 64 characters,
//! and inlined everywhere, they would be half of the extension.

use crate::lanes::{BLOCK, KEY, Lanes, Window, block};
use crate::whitespace::{Character, may_be_whitespace};

/// Runs on any processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl<C: Character> Lanes<C> for Portable {
    type Splat = C;
    type Key = ([C; KEY], usize);

    #[inline(always)]
    fn splat(self, character: C) -> C {
        character
    }

    #[inline(always)]
    fn key(self, needle: &[C]) -> ([C; KEY], usize) {
        let length = needle.len().min(KEY);
        let mut key = [C::SPACE; KEY];
        key[..length].copy_from_slice(&needle[..length]);
        (key, length)
    }

    #[inline(never)]
    fn whitespace(self, block: &[C; BLOCK]) -> u64 {
        let mut flags = [0; BLOCK];
        for (flag, character) in flags.iter_mut().zip(block) {
            *flag = u8::from(character.is_whitespace());
        }
        bitmap(&flags)
    }

    #[inline(always)]
    fn possible_whitespace(self, block: &[C; BLOCK]) -> u64 {
        let mut flags = [0; BLOCK];
        for (flag, &character) in flags.iter_mut().zip(block) {
            let code: u32 = character.into();
            *flag = u8::from(may_be_whitespace(code.to_le_bytes()[0]));
        }
        bitmap(&flags)
    }

    #[inline(always)]
    fn union(self, seen: C, block: &[C; BLOCK]) -> C {
        let mut all: u32 = seen.into();
        for &character in block {
            all |= character.into();
        }
        C::from(all.to_le_bytes()[0])
    }

    #[inline(always)]
    fn all_ascii(self, seen: C) -> bool {
        seen.into() < 0x80
    }

    #[inline(never)]
    fn matches<const PROBES: usize>(
        self,
        window: &Window<C>,
        probes: &[(usize, C); PROBES],
    ) -> u64 {
        let mut flags = [1; BLOCK];
        for &(offset, probe) in probes {
            for (flag, &character) in flags.iter_mut().zip(block(window, offset)) {
                *flag &= u8::from(character == probe);
            }
        }
        bitmap(&flags)
    }

    #[inline(always)]
    fn equals(self, window: &Window<C>, place: usize, (key, length): &([C; KEY], usize)) -> bool {
        window[place..].starts_with(&key[..*length])
    }
}

/// Returns the bitmap of flags, which are 0 or 1.
#[inline(always)]
fn bitmap(flags: &[u8; BLOCK]) -> u64 {
    let mut bits = [0; BLOCK];
    for (place, (bit, flag)) in bits.iter_mut().zip(flags).enumerate() {
        *bit = flag << (place % 8);
    }
    // Of eight bytes, each has one bit at a place of its own: the lowest byte collects them.
    let mut bitmap = [0; BLOCK / 8];
    for (byte, eight) in bitmap.iter_mut().zip(bits.chunks_exact(8)) {
        let mut eight = eight
            .first_chunk()
            .map_or(0, |eight| u64::from_le_bytes(*eight));
        eight |= eight >> 32;
        eight |= eight >> 16;
        eight |= eight >> 8;
        *byte = eight.to_le_bytes()[0];
    }
    u64::from_le_bytes(bitmap)
}
