//! UTF-8, counted where it lies.
//!
//! A valid needle begins and ends where characters do, so its bytes are looked for as
//! characters are. Whitespace is the difference: it may be two or three bytes long.
//! The bitmaps have that of one byte for sure, and the bytes that a longer one may
//! begin or end with as a maybe; where a needle stands between such, the text is
//! decoded there. In few texts many do.
//!
//! Bytes are counted piece by piece, while the processor's cache has them: as ASCII,
//! as long as they are (to see that takes an instruction or two); else they are
//! validated and counted as UTF-8.

use crate::path::Path;
use crate::whitespace::{Ascii, Character, Utf8, is_whitespace};

/// How many bytes are counted at a time, or less: a piece ends with whitespace.
const PIECE: usize = 1 << 15;

/// What has to be decoded to know what is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

impl Path {
    /// The number of words of UTF-8 that equal `needle`.
    ///
    /// ```
    /// # use textcount::{Invalid, Path};
    /// let path = Path::best();
    /// assert_eq!(path.count_utf8("né\u{2003}de né".as_bytes(), "né"), Ok(2));
    /// assert_eq!(path.count_utf8(b"n\xE9", "n"), Err(Invalid));
    /// ```
    ///
    /// # Errors
    ///
    /// `Invalid`, if contents is not valid UTF-8.
    pub fn count_utf8(self, contents: &[u8], needle: &str) -> Result<usize, Invalid> {
        let is_word = !needle.chars().any(|char| is_whitespace(char.into()));
        let needle = if is_word { needle.as_bytes() } else { b"" };
        let (mut total, mut rest, mut was_ascii) = (0, contents, true);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(piece_of(rest));
            rest = after;
            // What the last piece was this one probably is.
            if was_ascii {
                if let Some(count) = self.count_ascii(Ascii::of(piece), Ascii::of(needle)) {
                    total += count;
                    continue;
                }
            }
            simdutf8::basic::from_utf8(piece).map_err(|_| Invalid)?;
            total += self.count(Utf8::of(piece), Utf8::of(needle));
            was_ascii = piece.is_ascii();
        }
        Ok(total)
    }
}

/// How many bytes of a text to count next: such that no word is cut.
fn piece_of(text: &[u8]) -> usize {
    let Some((piece, rest)) = text.split_at_checked(PIECE) else {
        return text.len();
    };
    let is_whitespace = |byte: &u8| Ascii::from(*byte).is_whitespace();
    match piece.iter().rposition(is_whitespace) {
        Some(place) => place + 1,
        None => PIECE + rest.iter().position(is_whitespace).unwrap_or(rest.len()),
    }
}
