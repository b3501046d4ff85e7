//! The portable path: plain loops over a block, for the compiler to vectorise.

use crate::lanes::{BLOCK, Lanes, Window, block};
use crate::whitespace::{Character, PARTS};

/// Runs on any processor.
#[derive(Clone, Copy)]
pub(crate) struct Portable;

impl<C: Character> Lanes<C> for Portable {
    type Splat = C;

    #[inline(always)]
    fn splat(self, character: C) -> C {
        character
    }

    #[inline(always)]
    fn whitespace(self, block: &[C; BLOCK]) -> u64 {
        let mut flags = [0; BLOCK];
        for (flag, character) in flags.iter_mut().zip(block) {
            *flag = u8::from(character.is_whitespace());
        }
        bitmap(&flags)
    }

    #[inline(always)]
    fn parts(self, block: &[C; BLOCK]) -> u64 {
        let mut flags = [0; BLOCK];
        for (flag, &character) in flags.iter_mut().zip(block) {
            let code: u32 = character.into();
            *flag = u8::from(PARTS.contains(&code.to_le_bytes()[0]));
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

    #[inline(always)]
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
}

/// A bit for each flag, which is 0 or 1.
#[inline(always)]
fn bitmap(flags: &[u8; BLOCK]) -> u64 {
    let mut bits = [0; BLOCK];
    for (place, (bit, flag)) in bits.iter_mut().zip(flags).enumerate() {
        *bit = flag << (place % 8);
    }
    // Eight bytes, with a bit each that is the byte's own, are gathered in the lowest.
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
