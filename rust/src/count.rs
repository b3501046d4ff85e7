//! The algorithm, stated once for every path.
//!
//! A text is taken in blocks of 64 characters, and of each block a few bitmaps are
//! made, with a bit for each character. For the needle `be`, and a block of 20:
//!
//! ```text
//! contents  to be or obey be be.
//! matches   ...1......1...1..1..  here the needle's characters stand
//! before    1..1..1..1....1..1..  before this there is whitespace
//! after     1..1..1....1..1...11  after as many characters as the needle has, too
//! ```
//!
//! Where all three have a bit, a word begins that equals the needle. To count is
//! `popcount(matches & before & after)`, and no branch depends on the text: that
//! is why all needles take the same time, be they frequent, rare or absent.
//!
//! * *after* is the bitmap of whitespace, of the characters that begin as much
//!   further on as the needle is long. *before* are the same bits, later by the
//!   needle and one character: this block's and the last one's, shifted. So each
//!   character is classified once.
//! * *matches* compares some characters of the needle, its probes: all, if there are
//!   at most four, else the first and the last. Then they are a filter: what passes
//!   it, with whitespace before and after, has the needle's length too and is nearly
//!   always the needle, so that a branch to compare the rest is seldom taken in vain.
//! * A needle of more than 62 characters, which the bitmaps of two blocks cannot
//!   span, is looked for by its first 62; what follows is compared.
//! * A long text is counted in two halves at once, block by block in turn: a
//!   processor fetches from two places of the memory faster than from one.
//! * The text is imagined to stand between whitespace. Its end, where no window
//!   fits, is copied into an array filled up with spaces and counted there, so
//!   that nothing outside the text is ever read.
//!
//! Bitmaps of 64 bytes are the idea of simdjson (G. Langdale and D. Lemire, "Parsing
//! Gigabytes of JSON per Second", 2019).

use crate::path::Lanes;
use crate::prefetch::prefetch;
use crate::whitespace::Character;

/// How many characters are counted at once: a bitmap has a bit for each.
pub(crate) const BLOCK: usize = 64;

/// All that tells whether the needle begins in a block: that and the next one.
pub(crate) type Window<C> = [C; 2 * BLOCK];

/// As much of a needle as *before* can be shifted by.
const REACH: usize = BLOCK - 2;

/// Up to which length the hits of a block are compared with the needle all at once.
/// Of longer ones a block has so few that it is faster to compare one by one.
const SHORT: usize = 16;

/// Counts the words of `contents` that equal `needle`.
#[inline(always)]
pub(crate) fn count<C: Character, L: Lanes<C>>(lanes: L, contents: &[C], needle: &[C]) -> usize {
    if needle.len() > contents.len() || needle.iter().any(|each| each.is_whitespace()) {
        return 0;
    }
    match needle.len() {
        // Between two whitespace characters stands an empty piece, which is no word.
        0 => 0,
        1 => Search::new(lanes, needle, [0]).count(contents),
        2 => Search::new(lanes, needle, [0, 1]).count(contents),
        3 => Search::new(lanes, needle, [0, 1, 2]).count(contents),
        4 => Search::new(lanes, needle, [0, 1, 2, 3]).count(contents),
        length => {
            let last = length.min(REACH) - 1;
            Search::new(lanes, needle, [0, last]).count(contents)
        }
    }
}

/// A needle made ready to be searched for.
struct Search<'n, C: Character, L: Lanes<C>, const PROBES: usize> {
    lanes: L,
    needle: &'n [C],
    /// Some characters of the needle, each in every lane, and where they stand in it.
    probes: [(usize, L::Splat); PROBES],
    /// The length of the needle, or `REACH`.
    reach: usize,
    /// What to add to *after*: everything, if the needle ends beyond.
    unknown: u64,
}

impl<'n, C: Character, L: Lanes<C>, const PROBES: usize> Search<'n, C, L, PROBES> {
    #[inline(always)]
    fn new(lanes: L, needle: &'n [C], offsets: [usize; PROBES]) -> Self {
        let mut probes = [(0, lanes.splat(needle[0])); PROBES];
        for (probe, offset) in probes.iter_mut().zip(offsets) {
            *probe = (offset, lanes.splat(needle[offset]));
        }
        Self {
            lanes,
            needle,
            probes,
            reach: needle.len().min(REACH),
            unknown: if needle.len() > REACH { u64::MAX } else { 0 },
        }
    }

    #[inline(always)]
    fn count(&self, contents: &[C]) -> usize {
        // Two halves of as many blocks, and less than four blocks more.
        let half = contents.len().saturating_sub(BLOCK) / (2 * BLOCK) * BLOCK;
        let end = &contents[2 * half..];
        let mut padded = [C::SPACE; 4 * BLOCK];
        padded[..end.len()].copy_from_slice(end);

        // As if the text came after whitespace: what comes before the needle if that
        // is what the text begins with.
        let head = contents
            .first_chunk()
            .unwrap_or(block(window(&padded, 0), 0));
        let head = (self.lanes.whitespace(head) << 1 | 1) << (BLOCK - 1 - self.reach);
        let mut earlier = [head; 2];
        if half > 0 {
            let middle = block(window(contents, half - BLOCK), self.reach);
            earlier[1] = self.lanes.whitespace(middle);
        }

        let mut total = 0;
        let mut start = 0;
        while start < half {
            // A loop of its own for needles to be confirmed, in which nothing is called.
            let mut hits = [0; 2];
            while start < half {
                let windows = [window(contents, start), window(contents, half + start)];
                prefetch(windows[0]);
                hits[0] = self.hits(windows[0], &mut earlier[0]);
                prefetch(windows[1]);
                hits[1] = self.hits(windows[1], &mut earlier[1]);
                start += BLOCK;
                if PROBES == self.needle.len() {
                    total += (hits[0].count_ones() + hits[1].count_ones()) as usize;
                } else if hits[0] | hits[1] != 0 {
                    break;
                }
            }
            if PROBES != self.needle.len() {
                for (start, hits) in [start - BLOCK, half + start - BLOCK].into_iter().zip(hits) {
                    total += self.confirmed(contents, start, window(contents, start), hits);
                }
            }
        }
        let mut earlier = earlier[usize::from(half > 0)];
        for place in [0, BLOCK, 2 * BLOCK] {
            let start = 2 * half + place;
            if start + self.needle.len() > contents.len() {
                break;
            }
            let window = window(&padded, place);
            let hits = self.hits(window, &mut earlier);
            total += self.confirmed(contents, start, window, hits);
        }
        total
    }

    /// Where in a window's first block something begins that may be the needle.
    #[inline(always)]
    fn hits(&self, window: &Window<C>, earlier: &mut u64) -> u64 {
        let after = self.lanes.whitespace(block(window, self.reach));
        let before = *earlier >> (BLOCK - 1 - self.reach) | after << (self.reach + 1);
        *earlier = after;
        self.lanes.matches(window, &self.probes) & before & (after | self.unknown)
    }

    /// How many of the hits of the window at `start` are the needle.
    #[inline(always)]
    fn confirmed(&self, contents: &[C], start: usize, window: &Window<C>, hits: u64) -> usize {
        let length = self.needle.len();
        let mut hits = hits;
        if length <= SHORT {
            let mut compared = 0;
            while hits != 0 && PROBES < length && compared < length {
                // Four characters at a time; of the last four, some once more.
                let mut probes = [(0, self.lanes.splat(self.needle[0])); 4];
                for probe in &mut probes {
                    let offset = compared.min(length - 1);
                    *probe = (offset, self.lanes.splat(self.needle[offset]));
                    compared += 1;
                }
                hits &= self.lanes.matches(window, &probes);
            }
            return hits.count_ones() as usize;
        }
        let mut count = 0;
        while hits != 0 {
            let rest = &contents[start + hits.trailing_zeros() as usize..];
            count += usize::from(
                rest.starts_with(self.needle)
                    && rest.get(length).is_none_or(|each| each.is_whitespace()),
            );
            hits &= hits - 1;
        }
        count
    }
}

/// The window at a place of a text.
#[inline(always)]
fn window<C>(contents: &[C], start: usize) -> &Window<C> {
    contents[start..]
        .first_chunk()
        .expect("a window is looked for where one fits")
}

/// The block at a place of a window's first block.
#[inline(always)]
pub(crate) fn block<C>(window: &Window<C>, offset: usize) -> &[C; BLOCK] {
    // An offset is less than a block anyway; written so, it needs no check.
    window[offset % BLOCK..]
        .first_chunk()
        .expect("a window has two blocks")
}
