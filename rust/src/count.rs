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
//!   at most four (or six bytes of UTF-8), else the first and the last. Then they are a filter: what passes
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

use crate::lanes::{BLOCK, Lanes, Window, block};
use crate::prefetch::prefetch;
use crate::whitespace::{Ascii, Character};

/// As much of a needle as *before* can be shifted by.
const REACH: usize = BLOCK - 2;

/// Up to which length the hits of a block are compared with the needle all at once.
/// Of longer ones a block has so few that it is faster to compare one by one.
const SHORT: usize = 16;

/// Counts the words of `contents` that equal `needle`.
#[inline(always)]
pub(crate) fn count<C: Character, L: Lanes<C>>(lanes: L, contents: &[C], needle: &[C]) -> usize {
    search::<C, L, false>(lanes, contents, needle).0
}

/// The same in bytes that are known to be ASCII only when they have been counted.
///
/// `None` if they are not, or if there was nothing to count.
#[inline(always)]
pub(crate) fn count_ascii<L: Lanes<Ascii>>(
    lanes: L,
    contents: &[Ascii],
    needle: &[Ascii],
) -> Option<usize> {
    let (total, is_ascii) = search::<Ascii, L, true>(lanes, contents, needle);
    is_ascii.then_some(total)
}

/// How often the needle is found; if asked for, whether contents is seen to be ASCII.
#[inline(always)]
fn search<C: Character, L: Lanes<C>, const ASKED: bool>(
    lanes: L,
    contents: &[C],
    needle: &[C],
) -> (usize, bool) {
    if needle.len() > contents.len() || needle.iter().any(|each| each.is_whitespace()) {
        return (0, false);
    }
    match needle.len() {
        // Between two whitespace characters stands an empty piece, which is no word.
        0 => (0, false),
        1 => Search::new(lanes, needle, [0]).count::<ASKED>(contents),
        2 => Search::new(lanes, needle, [0, 1]).count::<ASKED>(contents),
        3 => Search::new(lanes, needle, [0, 1, 2]).count::<ASKED>(contents),
        4 => Search::new(lanes, needle, [0, 1, 2, 3]).count::<ASKED>(contents),
        // Two characters of Chinese, Japanese or Korean: a common length of a word.
        6 if C::IS_PART => Search::new(lanes, needle, [0, 1, 2, 3, 4, 5]).count::<ASKED>(contents),
        length => {
            // The first bytes of characters in UTF-8 are much the same.
            let (first, last) = (usize::from(C::IS_PART), length.min(REACH) - 1);
            Search::new(lanes, needle, [first, last]).count::<ASKED>(contents)
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

/// Where there is whitespace, or in a block something that has it before and after.
#[derive(Clone, Copy)]
struct Places {
    /// There is.
    sure: u64,
    /// It takes a closer look to tell. Only among the bytes of UTF-8 is it so.
    maybe: u64,
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
    fn count<const ASKED: bool>(&self, contents: &[C]) -> (usize, bool) {
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
        let mut seen = self.lanes.splat(C::SPACE);
        if ASKED {
            seen = self.lanes.union(seen, head);
        }
        let mut head = self.whitespace(head);
        head.sure = (head.sure << 1 | 1) << (BLOCK - 1 - self.reach);
        head.maybe = head.maybe << 1 << (BLOCK - 1 - self.reach);
        let mut earlier = [head; 2];
        if half > 0 {
            let middle = block(window(contents, half - BLOCK), self.reach);
            earlier[1] = self.whitespace(middle);
        }

        let mut total = 0;
        let mut start = 0;
        while start < half {
            // A loop of its own for needles to be confirmed, in which nothing is called.
            let mut hits = [Places { sure: 0, maybe: 0 }; 2];
            while start < half {
                for stream in 0..2 {
                    let window = window(contents, stream * half + start);
                    prefetch(window);
                    if ASKED {
                        seen = self.lanes.union(seen, block(window, self.reach));
                    }
                    hits[stream] = self.hits(window, &mut earlier[stream]);
                }
                start += BLOCK;
                if PROBES == self.needle.len() {
                    for hits in &mut hits {
                        total += std::mem::take(&mut hits.sure).count_ones() as usize;
                    }
                }
                if hits.iter().any(|hits| hits.sure | hits.maybe != 0) {
                    break;
                }
            }
            for (start, hits) in [start - BLOCK, half + start - BLOCK].into_iter().zip(hits) {
                total += self.confirmed(contents, start, window(contents, start), hits);
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
        if !ASKED {
            return (total, false);
        }
        for place in 0..4 {
            if let Some(block) = padded[place * BLOCK..].first_chunk() {
                seen = self.lanes.union(seen, block);
            }
        }
        (total, self.lanes.all_ascii(seen))
    }

    /// Where in a window's first block something begins that may be the needle.
    #[inline(always)]
    fn hits(&self, window: &Window<C>, earlier: &mut Places) -> Places {
        let after = self.whitespace(block(window, self.reach));
        let earlier = std::mem::replace(earlier, after);
        let before = self.before(earlier.sure, after.sure);
        let matches = self.lanes.matches(window, &self.probes);
        let sure = matches & before & (after.sure | self.unknown);
        let mut maybe = 0;
        if C::IS_PART {
            let before = before | self.before(earlier.maybe, after.maybe);
            let after = after.sure | after.maybe | self.unknown;
            maybe = matches & before & after & !sure;
        }
        Places { sure, maybe }
    }

    /// From where whitespace comes after something of the needle's length, in the last
    /// block and in this, where it comes before.
    #[inline(always)]
    fn before(&self, earlier: u64, after: u64) -> u64 {
        earlier >> (BLOCK - 1 - self.reach) | after << (self.reach + 1)
    }

    #[inline(always)]
    fn whitespace(&self, block: &[C; BLOCK]) -> Places {
        Places {
            sure: self.lanes.whitespace(block),
            maybe: if C::IS_PART {
                self.lanes.parts(block)
            } else {
                0
            },
        }
    }

    /// How many of the hits of the window at `start` are the needle.
    #[inline(always)]
    fn confirmed(&self, contents: &[C], start: usize, window: &Window<C>, hits: Places) -> usize {
        let length = self.needle.len();
        let mut found = hits.sure | hits.maybe;
        if length <= SHORT {
            let mut compared = 0;
            while found != 0 && PROBES < length && compared < length {
                // Four characters at a time; of the last four, some once more.
                let mut probes = [(0, self.lanes.splat(self.needle[0])); 4];
                for probe in &mut probes {
                    let offset = compared.min(length - 1);
                    *probe = (offset, self.lanes.splat(self.needle[offset]));
                    compared += 1;
                }
                found &= self.lanes.matches(window, &probes);
            }
        }
        let (mut count, mut unsure) = (0, found);
        if length <= SHORT {
            count = (found & hits.sure).count_ones() as usize;
            unsure = found & hits.maybe;
        }
        while unsure != 0 && (length > SHORT || C::IS_PART) {
            let (before, rest) = contents.split_at(start + unsure.trailing_zeros() as usize);
            count += usize::from(
                rest.starts_with(self.needle)
                    && C::whitespace_begins(&rest[length..])
                    && (!C::IS_PART || C::whitespace_ends(before)),
            );
            unsure &= unsure - 1;
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
