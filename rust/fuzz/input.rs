//! What bytes mean to the fuzzer: a text and a needle that are hard to tell apart.

use textcount::{Ascii, Character};

use crate::naive;

/// The byte that stands for the whole needle.
const NEEDLE: u8 = 0xFF;
/// How often a text is repeated. Kernels count a long text in another way if it has many
/// needles, and the fuzzer makes short texts.
const TIMES: [usize; 2] = [1, 40];

/// Checks the text and the needle that the bytes stand for: the kind of the text, the
/// length of the needle, its characters, then the characters of the text.
pub fn check(data: &[u8]) {
    let Some((&[kind, length], characters)) = data.split_first_chunk() else {
        return;
    };
    let (needle, contents) = characters.split_at(characters.len().min(length.into()));
    let times = TIMES[usize::from(kind / 5 % 2)];
    match kind % 5 {
        0 => check_as(needle, contents, times, BYTES),
        3 => check_as(needle, contents, times, &BYTES.map(Ascii::from)),
        4 => check_as(needle, contents, times, &PARTS),
        1 => check_as(needle, contents, times, &LETTERS.map(narrowed)),
        _ => check_as(needle, contents, times, &LETTERS),
    }
}

/// Letters that differ from whitespace by little, and whitespace.
const BYTES: &[u8; 16] = b"ab\xE0  \n\x1B\x1C\x1F!\x84\x85\x86\xA0\0\x8A";
/// The same, wider.
#[rustfmt::skip]
const LETTERS: [u32; 16] = [
    0x61, 0x62, 0x1_2020, 0x20, 0x20, 0x2000, 0x200B, 0x2028,
    0x3000, 0x3020, 0x1680, 0x205F, 0x1_F600, 0x85, 0x202F, 0xD800,
];

/// Those whose UTF-8 has bytes in common with that of whitespace.
#[rustfmt::skip]
const PARTS: [u32; 16] = [
    0x61, 0x62, 0xA1, 0x20, 0x20, 0x2000, 0x200B, 0x2028,
    0x3000, 0x3001, 0x1680, 0x205F, 0x2060, 0x85, 0xE3, 0xAC00,
];

fn check_as<C: Character + std::fmt::Debug>(
    needle: &[u8],
    contents: &[u8],
    times: usize,
    letters: &[C; 16],
) {
    let letter = |byte: u8| letters[usize::from(byte % 16)];
    let needle: Vec<C> = needle.iter().map(|&byte| letter(byte)).collect();
    let mut text = Vec::new();
    for &byte in contents {
        if byte == NEEDLE {
            text.extend(&needle);
        } else {
            text.push(letter(byte));
        }
    }
    naive::check(&text.repeat(times), &needle);
}

/// The character of two bytes that has the same lower half.
fn narrowed(code: u32) -> u16 {
    let [low, high, ..] = code.to_le_bytes();
    u16::from_le_bytes([low, high])
}
