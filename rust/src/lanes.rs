//! The interface between the algorithm and the kernels: a kernel makes bitmaps of a
//! block, and the algorithm combines them.
//!
//! A bitmap has one bit for each character of a block. The lowest bit stands for the
//! first character.

/// The number of characters in a block.
pub(crate) const BLOCK: usize = 64;

/// The maximum length of a needle, in characters, for which a kernel makes a key.
pub(crate) const KEY: usize = 16;

/// A block and the block after it. The algorithm looks for needles that begin in the
/// first one.
pub(crate) type Window<C> = [C; 2 * BLOCK];

/// Makes bitmaps of a block, with the instructions of one kernel.
pub(crate) trait Lanes<C>: Copy {
    /// One character in every lane. `union` uses it to collect bits.
    type Splat: Copy;

    /// The first characters of a needle, at most `KEY`, ready to be compared.
    type Key: Copy;

    /// Puts `character` in every lane.
    fn splat(self, character: C) -> Self::Splat;

    /// Prepares the first `KEY` characters of a needle.
    fn key(self, needle: &[C]) -> Self::Key;

    /// Marks the characters for which `Character::is_whitespace` is true.
    fn whitespace(self, block: &[C; BLOCK]) -> u64;

    /// Marks the bytes for which `may_be_whitespace` is true.
    ///
    /// For UTF-8 only, where whitespace may be several bytes long.
    fn possible_whitespace(self, block: &[C; BLOCK]) -> u64;

    /// Adds the bits of all bytes of a block to `seen`.
    ///
    /// For characters of one byte only.
    fn union(self, seen: Self::Splat, block: &[C; BLOCK]) -> Self::Splat;

    /// Returns true if `seen` has no byte with its highest bit set.
    fn all_ascii(self, seen: Self::Splat) -> bool;

    /// Marks the places in a window's first block where all probes match.
    ///
    /// A probe `(offset, character)` matches at a place if that character stands
    /// `offset` characters after the place.
    fn matches<const PROBES: usize>(
        self,
        window: &Window<C>,
        probes: &[(usize, Self::Splat); PROBES],
    ) -> u64;

    /// Returns true if the needle of `key` stands at `place`, which is at most `BLOCK`.
    fn equals(self, window: &Window<C>, place: usize, key: &Self::Key) -> bool;
}

/// Returns the 64 characters of a window that begin at `offset`.
#[inline(always)]
pub(crate) fn block<C>(window: &Window<C>, offset: usize) -> &[C; BLOCK] {
    // The offset is always less than 64. The remainder tells the compiler so, which
    // then leaves out the bounds check.
    window[offset % BLOCK..]
        .first_chunk()
        .expect("a window has two blocks")
}
