//! Counts UTF-8 in place.
//!
//! A valid needle begins and ends where characters do. So its bytes are searched for
//! like characters. Only whitespace differs, because it may be two or three bytes long.
//! Whitespace of one byte is certain. The first and the last bytes of longer whitespace are
//! *possible* whitespace, as are some other bytes. Where a needle stands between such bytes,
//! the text is decoded.
//!
//! A text is counted in pieces that fit in the processor's cache. A piece is counted as
//! ASCII, which is checked at the cost of an instruction or two. If it is not ASCII, it
//! is validated, and counted as UTF-8.

use crate::dispatch::Kernel;
use crate::whitespace::{Ascii, Character, PIECE, Utf8, is_whitespace};

/// The error for bytes that are not valid UTF-8. Decoding them tells what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid;

impl Kernel {
    /// Counts the words of UTF-8 that equal `needle`.
    ///
    /// ```
    /// # use textcount::{Invalid, Kernel};
    /// let kernel = Kernel::best();
    /// assert_eq!(kernel.count_utf8("né\u{2003}de né".as_bytes(), "né"), Ok(2));
    /// assert_eq!(kernel.count_utf8(b"n\xE9", "n"), Err(Invalid));
    /// ```
    ///
    /// # Errors
    ///
    /// Returns `Invalid` if `contents` is not valid UTF-8.
    pub fn count_utf8(self, contents: &[u8], needle: &str) -> Result<usize, Invalid> {
        let is_word = !needle.chars().any(|char| is_whitespace(char.into()));
        let needle = if is_word { needle.as_bytes() } else { b"" };
        let (mut total, mut rest, mut was_ascii) = (0, contents, true);
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(piece_of(rest));
            rest = after;
            // This piece is probably ASCII if the previous one was.
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

/// Returns the number of bytes in the next piece. It ends with whitespace, so that no
/// word is cut.
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
