//! The algorithm, stated once for every kernel.
//!
//! A text is taken in blocks of 64 characters. Three bitmaps describe a block, with one
//! bit for each character. For the needle `be`, and a block of 20:
//!
//! ```text
//! contents  to be or obey be be.
//! matches   ...1......1...1..1..  here the needle's characters stand
//! before    1..1..1..1....1..1..  before this there is whitespace
//! after     1..1..1....1..1...11  whitespace stands one needle length later
//! ```
//!
//! Where all three have a bit, a word begins that equals the needle. So the count is
//! `popcount(matches & before & after)`. If *matches* is exact, no branch depends on the
//! text, and so frequent, rare and absent needles take the same time.
//!
//! * *after* is the bitmap of whitespace of the 64 characters that begin one needle length
//!   later. *before* has the same bits, shifted by that length and one more
//!   character: bits of this block and of the previous block. So each character is
//!   classified once.
//! * *matches* compares some characters of the needle, its probes. A needle of up to three
//!   characters, or of four in one byte each, consists of probes, and *matches* is exact.
//! * A longer needle has two probes, in general its first and its last character. A place
//!   where both match, between whitespace, is a candidate. Nearly always the needle stands
//!   there, but the other characters must be compared. If candidates are
//!   rare, each of them takes a branch out of the loop. If they are frequent, the
//!   processor would mispredict this branch at nearly every candidate, which takes as
//!   long as counting several blocks. So then one candidate is compared for every two
//!   blocks, even if they have none, and only two or more candidates take a branch. The
//!   blocks before tell which way is faster.
//! * Bitmaps of two blocks cannot span a needle of more than 62 characters. So the first
//!   62 are searched for, and the others are compared.
//! * A long text is counted in two halves at once, a block of each in turn. A processor
//!   fetches from two places of the memory faster than from one.
//! * The text is treated as if whitespace surrounds it. Its end, where no window fits, is
//!   copied into an array that is filled up with spaces, and counted there. So nothing
//!   outside the text is ever read.
//!
//! Bitmaps of 64 bytes are the idea of simdjson (G. Langdale and D. Lemire, "Parsing
//! Gigabytes of JSON per Second", 2019).

use crate::lanes::{BLOCK, KEY, Lanes, Window, block};
use crate::prefetch::prefetch;
use crate::whitespace::{Ascii, Character};

/// The maximum distance, in characters, by which *before* can be shifted.
const MAX_SHIFT: usize = BLOCK - 2;

/// The number of characters in a stretch of each half. After a stretch, the number of its
/// candidates tells how to compare those of the next one.
const STRETCH: usize = 32 * BLOCK;

/// Candidates are frequent if there is more than one in this number of blocks.
const FREQUENT: usize = 16;

/// Counts the words of `contents` that equal `needle`.
#[inline(always)]
pub(crate) fn count<C: Character, L: Lanes<C>>(lanes: L, contents: &[C], needle: &[C]) -> usize {
    search::<C, L, false>(lanes, contents, needle).0
}

/// Counts like `count`, and checks that `contents` is ASCII.
///
/// Returns `None` if `contents` is not ASCII or was not read.
#[inline(always)]
pub(crate) fn count_ascii<L: Lanes<Ascii>>(
    lanes: L,
    contents: &[Ascii],
    needle: &[Ascii],
) -> Option<usize> {
    let (total, is_ascii) = search::<Ascii, L, true>(lanes, contents, needle);
    is_ascii.then_some(total)
}

/// Returns the count and, with `CHECK_ASCII`, whether `contents` was seen to be ASCII.
#[inline(always)]
fn search<C: Character, L: Lanes<C>, const CHECK_ASCII: bool>(
    lanes: L,
    contents: &[C],
    needle: &[C],
) -> (usize, bool) {
    if needle.len() > contents.len() || needle.iter().any(|each| each.is_whitespace()) {
        return (0, false);
    }
    match needle.len() {
        // Between two whitespace characters stands an empty text, which is no word.
        0 => (0, false),
        1 => exact(lanes, needle, [0]).count::<CHECK_ASCII>(contents),
        2 => exact(lanes, needle, [0, 1]).count::<CHECK_ASCII>(contents),
        3 => exact(lanes, needle, [0, 1, 2]).count::<CHECK_ASCII>(contents),
        // Four probes of wide characters would take longer than two and a comparison.
        4 if size_of::<C>() == 1 => {
            exact(lanes, needle, [0, 1, 2, 3]).count::<CHECK_ASCII>(contents)
        }
        length => {
            // In UTF-8, the first bytes of characters differ less than the others.
            let probes = [usize::from(C::IS_UTF8), length.min(MAX_SHIFT) - 1];
            if length <= KEY {
                Search::<_, _, 2, SHORT>::new(lanes, needle, probes).count::<CHECK_ASCII>(contents)
            } else {
                Search::<_, _, 2, LONG>::new(lanes, needle, probes).count::<CHECK_ASCII>(contents)
            }
        }
    }
}

/// Returns a search for a needle of which every character is a probe.
#[inline(always)]
fn exact<C: Character, L: Lanes<C>, const PROBES: usize>(
    lanes: L,
    needle: &[C],
    offsets: [usize; PROBES],
) -> Search<'_, C, L, PROBES, EXACT> {
    Search::new(lanes, needle, offsets)
}

/// The mode of a search for a needle of which every character is a probe.
const EXACT: u8 = 0;
/// The mode of a search for a needle that has a key.
const SHORT: u8 = 1;
/// The mode of a search for any other needle.
const LONG: u8 = 2;

/// A needle that is ready to be searched for.
struct Search<'n, C: Character, L: Lanes<C>, const PROBES: usize, const MODE: u8> {
    lanes: L,
    needle: &'n [C],
    /// Some characters of the needle, each in every lane, with their offsets.
    probes: [(usize, L::Splat); PROBES],
    /// The length of the needle, or `MAX_SHIFT` if that is less.
    shift: usize,
    /// Bits to add to *after*: all ones if the needle is longer than `MAX_SHIFT`.
    beyond: u64,
}

/// Two bitmaps: of whitespace, or of places where the needle may begin.
#[derive(Clone, Copy, Default)]
struct Bitmaps {
    /// The bits that are certain.
    certain: u64,
    /// The certain bits, and in UTF-8 those that only decoding can confirm.
    possible: u64,
}

impl Bitmaps {
    /// Returns what is possible but not certain.
    #[inline(always)]
    fn unsure(self) -> u64 {
        self.possible ^ self.certain
    }

    /// Removes what is certain, and returns its number.
    #[inline(always)]
    fn take_certain(&mut self) -> usize {
        let number = self.certain.count_ones() as usize;
        self.possible = self.unsure();
        self.certain = 0;
        number
    }
}

/// What a count knows of the blocks before.
struct State<S> {
    total: usize,
    /// For each half, the whitespace of its previous block.
    previous: [Bitmaps; 2],
    /// The bits of all bytes so far.
    seen: S,
}

impl<'n, C, L, const PROBES: usize, const MODE: u8> Search<'n, C, L, PROBES, MODE>
where
    C: Character,
    L: Lanes<C>,
{
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
            shift: needle.len().min(MAX_SHIFT),
            beyond: if needle.len() > MAX_SHIFT {
                u64::MAX
            } else {
                0
            },
        }
    }

    #[inline(always)]
    fn count<const CHECK_ASCII: bool>(&self, contents: &[C]) -> (usize, bool) {
        // Two halves with the same number of blocks, and an end of less than four blocks.
        let half = contents.len().saturating_sub(BLOCK) / (2 * BLOCK) * BLOCK;
        let end = &contents[2 * half..];
        let mut padded = [C::SPACE; 4 * BLOCK];
        padded[..end.len()].copy_from_slice(end);

        let head = contents
            .first_chunk()
            .unwrap_or(block(window(&padded, 0), 0));
        let mut state = State {
            total: 0,
            previous: [self.whitespace_before(head); 2],
            seen: self.lanes.splat(C::SPACE),
        };
        if CHECK_ASCII {
            state.seen = self.lanes.union(state.seen, head);
        }
        if half > 0 {
            let middle = block(window(contents, half - BLOCK), self.shift);
            state.previous[1] = self.whitespace(middle);
            self.count_halves::<CHECK_ASCII>(contents, half, &mut state);
        }

        let mut previous = state.previous[usize::from(half > 0)];
        for place in [0, BLOCK, 2 * BLOCK] {
            let start = 2 * half + place;
            if start + self.needle.len() > contents.len() {
                break;
            }
            let window = window(&padded, place);
            let hits = self.hits(window, &mut previous);
            // A short text seldom needs the key, and making it takes time.
            if MODE == EXACT || hits.possible != 0 {
                let key = self.lanes.key(self.needle);
                state.total += self.confirmed(contents, start, window, hits, &key);
            }
        }
        if !CHECK_ASCII {
            return (state.total, false);
        }
        for place in 0..4 {
            if let Some(block) = padded[place * BLOCK..].first_chunk() {
                state.seen = self.lanes.union(state.seen, block);
            }
        }
        (state.total, self.lanes.all_ascii(state.seen))
    }

    /// Counts in both halves of a long text.
    #[inline(always)]
    fn count_halves<const CHECK_ASCII: bool>(
        &self,
        contents: &[C],
        half: usize,
        state: &mut State<L::Splat>,
    ) {
        let key = self.lanes.key(self.needle);
        let (mut start, mut is_frequent) = (0, false);
        while start < half {
            let stop = half.min(start + STRETCH);
            // With the block after the last one, so that every block has a window.
            let halves = [
                &contents[start..stop + BLOCK],
                &contents[half + start..half + stop + BLOCK],
            ];
            let starts = [start, half + start];
            let candidates = if is_frequent {
                self.count_stretches::<CHECK_ASCII, true>(contents, starts, halves, &key, state)
            } else {
                self.count_stretches::<CHECK_ASCII, false>(contents, starts, halves, &key, state)
            };
            is_frequent = MODE == SHORT && candidates * FREQUENT > 2 * (stop - start) / BLOCK;
            start = stop;
        }
    }

    /// Counts in a stretch of each half. Returns the number of candidates.
    ///
    /// If candidates are frequent, one is compared for every two blocks, without a branch.
    #[inline(always)]
    fn count_stretches<const CHECK_ASCII: bool, const IS_FREQUENT: bool>(
        &self,
        contents: &[C],
        starts: [usize; 2],
        mut halves: [&[C]; 2],
        key: &L::Key,
        state: &mut State<L::Splat>,
    ) -> usize {
        let length = halves[0].len();
        let mut candidates = 0;
        loop {
            // An inner loop in which little is compared, so that registers keep its values.
            let (windows, hits) = loop {
                let Some(windows) = next_windows(&mut halves) else {
                    return candidates;
                };
                let [mut first, mut second] = self.hits_of_both::<CHECK_ASCII>(windows, state);
                if MODE == EXACT {
                    state.total += first.take_certain() + second.take_certain();
                }
                if IS_FREQUENT {
                    let number = first.certain.count_ones() + second.certain.count_ones();
                    if number <= 1 && first.unsure() | second.unsure() == 0 {
                        candidates += number as usize;
                        // Without a candidate, the place is that of the next block.
                        let window = windows[usize::from(first.certain == 0)];
                        let place = (first.certain | second.certain).trailing_zeros() as usize;
                        let is_equal = self.lanes.equals(window, place, key);
                        state.total += usize::from(is_equal) & number as usize;
                        continue;
                    }
                } else if first.possible | second.possible == 0 {
                    continue;
                }
                break (windows, [first, second]);
            };
            let passed = length - halves[0].len();
            for number in 0..2 {
                let (start, hits) = (starts[number] + passed - BLOCK, hits[number]);
                candidates += hits.certain.count_ones() as usize;
                state.total += self.confirmed(contents, start, windows[number], hits, key);
            }
        }
    }

    /// Returns where the needle may begin in the first block of each window.
    #[inline(always)]
    fn hits_of_both<const CHECK_ASCII: bool>(
        &self,
        windows: [&Window<C>; 2],
        state: &mut State<L::Splat>,
    ) -> [Bitmaps; 2] {
        for window in windows {
            prefetch(window, C::PREFETCH);
            if CHECK_ASCII {
                state.seen = self.lanes.union(state.seen, block(window, self.shift));
            }
        }
        let [first, second] = &mut state.previous;
        [self.hits(windows[0], first), self.hits(windows[1], second)]
    }

    /// Returns where in a window's first block the needle may begin.
    #[inline(always)]
    fn hits(&self, window: &Window<C>, previous: &mut Bitmaps) -> Bitmaps {
        let after = self.whitespace(block(window, self.shift));
        let previous = std::mem::replace(previous, after);
        let matches = self.lanes.matches(window, &self.probes);
        let beyond = if MODE == LONG { self.beyond } else { 0 };
        let before = self.before(previous.certain, after.certain);
        let certain = matches & before & (after.certain | beyond);
        let mut possible = certain;
        if C::IS_UTF8 {
            let before = self.before(previous.possible, after.possible);
            possible = matches & before & (after.possible | beyond);
        }
        Bitmaps { certain, possible }
    }

    /// Shifts *after* of the previous block and of this one to *before* of this one.
    #[inline(always)]
    fn before(&self, previous: u64, after: u64) -> u64 {
        previous >> (BLOCK - 1 - self.shift) | after << (self.shift + 1)
    }

    #[inline(always)]
    fn whitespace(&self, block: &[C; BLOCK]) -> Bitmaps {
        let certain = self.lanes.whitespace(block);
        let mut possible = certain;
        if C::IS_UTF8 {
            possible |= self.lanes.possible_whitespace(block);
        }
        Bitmaps { certain, possible }
    }

    /// Returns *after* of the block before the text, which ends with whitespace.
    #[inline(always)]
    fn whitespace_before(&self, head: &[C; BLOCK]) -> Bitmaps {
        let Bitmaps { certain, possible } = self.whitespace(head);
        let unused = BLOCK - 1 - self.shift;
        Bitmaps {
            certain: (certain << 1 | 1) << unused,
            possible: (possible << 1 | 1) << unused,
        }
    }

    /// Returns how many of the hits of a window in `contents` are the needle.
    #[inline(always)]
    fn confirmed(
        &self,
        contents: &[C],
        start: usize,
        window: &Window<C>,
        hits: Bitmaps,
        key: &L::Key,
    ) -> usize {
        let (mut count, mut unsure) = (0, hits.unsure());
        match MODE {
            EXACT => count += hits.certain.count_ones() as usize,
            LONG => unsure = hits.possible,
            _ => {
                let mut places = hits.certain;
                while places != 0 {
                    let place = places.trailing_zeros() as usize;
                    count += usize::from(self.lanes.equals(window, place, key));
                    places &= places - 1;
                }
            }
        }
        if unsure != 0 {
            count += words_at(contents, start, unsure, self.needle);
        }
        count
    }
}

/// Returns at how many of some places after `start` a word begins that equals `needle`.
///
/// Whitespace is looked for by decoding, so this is slow.
#[inline(never)]
fn words_at<C: Character>(contents: &[C], start: usize, mut places: u64, needle: &[C]) -> usize {
    let mut count = 0;
    while places != 0 {
        let (before, rest) = contents.split_at(start + places.trailing_zeros() as usize);
        count += usize::from(
            C::whitespace_ends(before)
                && rest.starts_with(needle)
                && C::whitespace_begins(&rest[needle.len()..]),
        );
        places &= places - 1;
    }
    count
}

/// Returns the next window of each half, or `None` after the last block.
#[inline(always)]
fn next_windows<'t, C>(halves: &mut [&'t [C]; 2]) -> Option<[&'t Window<C>; 2]> {
    let windows = [halves[0].first_chunk()?, halves[1].first_chunk()?];
    *halves = [&halves[0][BLOCK..], &halves[1][BLOCK..]];
    Some(windows)
}

/// Returns the window at a place of a text.
#[inline(always)]
fn window<C>(contents: &[C], start: usize) -> &Window<C> {
    contents[start..]
        .first_chunk()
        .expect("a window is looked for where one fits")
}
