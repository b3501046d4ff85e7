//! Every kernel that this processor has, against the plainest statement of the answer.
#![allow(missing_docs)]

#[path = "../fuzz/input.rs"]
mod input;
mod naive;

use naive::check;
use textcount::{Ascii, Character, Invalid, Kernel};

/// Two blocks, and a little more.
const FAR: usize = 2 * 64 + 3;

/// The places that a text may have between two multiples of a cache line.
const ALIGNMENTS: usize = 64;

/// Checks a text at one of the places that it may have in memory.
fn check_at<C: Character + std::fmt::Debug>(place: usize, contents: &[C], needle: &[C]) {
    let mut moved = vec![C::SPACE; place];
    moved.extend_from_slice(contents);
    check(&moved[place..], needle);
}

/// Returns the lengths of the needles, in characters.
///
/// The algorithm (`src/count.rs`) depends on the length at few places only, and a
/// mistake shows next to one of them:
///
/// * 1 to 8: each character of a needle of up to 3 or 4 is a probe. A longer needle has 2.
/// * 15 to 18: `KEY` is 16. A needle up to this length is compared in one step.
/// * 60 to 68: `MAX_SHIFT` is 62, and a block has 64 characters.
/// * 100 lies far beyond all of them.
/// * 19 to 26 are for UTF-8, which `check` counts if a character has 4 bytes. Needles of
///   these lengths have 50 to 81 bytes of UTF-8, so they lie around `MAX_SHIFT` and 64 too.
fn lengths<C>() -> impl Iterator<Item = usize> {
    let utf8 = if size_of::<C>() == 4 { 19..27 } else { 0..0 };
    let short = (1..=8).chain(15..=18).chain(utf8);
    short.chain(60..=68).chain([100])
}

/// Returns lengths around 2 and 3 blocks, for texts that are little more than a needle.
fn lengths_of_blocks() -> impl Iterator<Item = usize> {
    (126..=130).chain(190..=194)
}

/// A needle of some length, of changing letters.
fn needle_of<C: Character>(letters: &[C], length: usize) -> Vec<C> {
    letters
        .iter()
        .cycle()
        .skip(length % 2)
        .take(length)
        .copied()
        .collect()
}

/// What may go wrong around a needle: whole, cut, doubled, preceded, followed.
fn seeds<C: Character>(needle: &[C], letter: C, whitespace: C) -> Vec<Vec<C>> {
    let length = needle.len();
    vec![
        needle.to_vec(),
        [needle, &[whitespace], needle].concat(),
        [&[whitespace], needle, &[whitespace]].concat(),
        [needle, needle].concat(),
        [needle, &[letter]].concat(),
        [&[letter], needle].concat(),
        needle[1..].to_vec(),
        needle[..length - 1].to_vec(),
        [&needle[..length / 2], &[whitespace], &needle[length / 2..]].concat(),
        [&needle[..length - 1], &[letter]].concat(),
    ]
}

fn seeds_at_every_distance_from_both_ends<C>(letters: &[C], whitespace: &[C])
where
    C: Character + std::fmt::Debug,
{
    for length in lengths::<C>() {
        let needle = needle_of(letters, length);
        // Of one letter, of words, of near misses, of nothing but whitespace.
        let fill = match length % 4 {
            0 => vec![letters[0]],
            1 => [&[whitespace[0]], &needle[..]].concat(),
            2 => [&needle[..], &[letters[1]], &[whitespace[1]]].concat(),
            _ => whitespace.to_vec(),
        };
        let fill: Vec<C> = fill.iter().cycle().take(FAR).copied().collect();
        let all = seeds(&needle, letters[0], whitespace[length % whitespace.len()]);
        for left in 0..FAR {
            // Every distance to the right comes with every seed in turn.
            for (seed, right) in all.iter().cycle().skip(left + length).zip(0..FAR) {
                let contents = [&fill[..left], seed, &fill[..right]].concat();
                check_at((left + 3 * right) % ALIGNMENTS, &contents, &needle);
            }
        }
    }
}

fn seeds_alone_at_every_place<C>(letters: &[C], whitespace: &[C])
where
    C: Character + std::fmt::Debug,
{
    for length in lengths::<C>().chain(lengths_of_blocks()) {
        let needle = needle_of(letters, length);
        for place in 0..ALIGNMENTS {
            for &each in whitespace {
                for seed in seeds(&needle, letters[1], each) {
                    check_at(place, &seed, &needle);
                }
            }
        }
    }
}

fn no_word_is_empty_or_has_whitespace<C>(letters: &[C], whitespace: &[C])
where
    C: Character + std::fmt::Debug,
{
    let (a, space) = (letters[0], whitespace[0]);
    for length in 0..FAR {
        let contents: Vec<C> = [a, space, space].into_iter().cycle().take(length).collect();
        for needle in [
            &[][..],
            &[space],
            &[a, space],
            &[space, a],
            &[a, space, space, a],
        ] {
            for kernel in Kernel::all() {
                assert_eq!(kernel.count(&contents, needle), 0);
            }
        }
    }
}

/// A linear congruential generator (Knuth's MMIX): it gives the same numbers every time.
struct Random(u64);

impl Random {
    /// Returns a number less than `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

fn random_texts<C>(letters: &[C], whitespace: &[C])
where
    C: Character + std::fmt::Debug,
{
    let mut random = Random(1);
    for _ in 0..20_000 {
        let length = random.below(400);
        // From dense to hardly any.
        let one_in = 1 + random.below(50);
        let contents: Vec<C> = (0..length)
            .map(|_| match random.below(one_in) {
                0 => whitespace[random.below(whitespace.len())],
                _ => letters[random.below(letters.len())],
            })
            .collect();
        let words = contents.split(|each| each.is_whitespace());
        let longest = words.clone().max_by_key(|word| word.len()).unwrap_or(&[]);
        let other = words
            .clone()
            .nth(random.below(words.count()))
            .unwrap_or(&[]);
        for needle in [
            longest,
            other,
            &other[other.len() / 2..],
            &contents[length / 2..],
        ] {
            check_at(random.below(ALIGNMENTS), &contents, needle);
        }
    }
}

/// A long text has stretches where words like the needle are frequent, and others where
/// they are rare. A kernel counts these in different ways.
fn similar_words_frequent_and_rare<C>(letters: &[C], whitespace: &[C])
where
    C: Character + std::fmt::Debug,
{
    let mut random = Random(2);
    for length in (1..=20).chain([40, 62, 63]) {
        let needle = needle_of(letters, length);
        let mut contents = Vec::new();
        for stretch in 0..9 {
            // One word in so many is the needle, or differs from it in one character.
            let one_in = [1, 3, 12, 200][stretch % 4];
            for _ in 0..3000 / (length + 1) {
                let mut word = needle.clone();
                if random.below(one_in) == 0 {
                    let place = random.below(2 * length);
                    if let Some(character) = word.get_mut(place) {
                        *character = letters[random.below(letters.len())];
                    }
                } else {
                    word.truncate(random.below(length));
                }
                contents.extend(word);
                contents.push(whitespace[random.below(whitespace.len())]);
            }
        }
        check_at(length, &contents, &needle);
    }
}

macro_rules! in_width {
    ($name:ident, $letters:expr, $whitespace:expr) => {
        mod $name {
            #[test]
            fn seeds_at_every_distance_from_both_ends() {
                super::seeds_at_every_distance_from_both_ends($letters, $whitespace);
            }

            #[test]
            fn seeds_alone_at_every_place() {
                super::seeds_alone_at_every_place($letters, $whitespace);
            }

            #[test]
            fn no_word_is_empty_or_has_whitespace() {
                super::no_word_is_empty_or_has_whitespace($letters, $whitespace);
            }

            #[test]
            fn random_texts() {
                super::random_texts($letters, $whitespace);
            }

            #[test]
            fn similar_words_frequent_and_rare() {
                super::similar_words_frequent_and_rare($letters, $whitespace);
            }
        }
    };
}

in_width!(
    ascii,
    &b"ab\xA0".map(super::Ascii::from),
    &b" \n\x1C\x0C\x1F".map(super::Ascii::from)
);
in_width!(one_byte, b"ab\xE9", b" \n\x1C\x85\xA0");
in_width!(
    two_bytes,
    &[0x61_u16, 0xAC00, 0xD800, 0x2061, 0x0120],
    &[0x20, 0x1C, 0x85, 0x2028, 0x3000]
);
// Characters whose bytes begin or end as those of whitespace do.
in_width!(
    utf8,
    &[0x62_u32, 0x2060, 0x3001, 0x1681, 0xC5, 0x305F, 0x2805],
    &[0x20, 0x2003, 0x3000, 0x85, 0x1680, 0x1C]
);
in_width!(
    four_bytes,
    &[0x61_u32, 0x1_F600, 0x10_FFFF, 0x1_0020, 0xFFFF],
    &[0x20, 0x1F, 0xA0, 0x1680, 0x205F]
);

/// Pieces of it are counted at a time.
#[test]
fn a_long_text_of_utf8() {
    let words = [
        "de",
        "né",
        "\u{2003}",
        "de\u{3000}de",
        "\u{305F}de",
        "\n",
        "  ",
        "한국",
        // These differ from the word above in one byte: its last, or its third.
        "한\u{AD6E}",
        "\u{D55D}국",
    ];
    for ascii in [true, false] {
        for longest in [20, 40_000, 200_000] {
            let mut text = String::new();
            for (index, word) in words.iter().cycle().take(40_000).enumerate() {
                text.push_str(if ascii && !word.is_ascii() { "d" } else { word });
                // At times one that no piece has room for.
                if index % 9973 == 9972 {
                    text.extend(std::iter::repeat_n('e', longest));
                }
                text.push(if index % 3 == 0 { 'd' } else { ' ' });
            }
            let codes: Vec<u32> = text.chars().map(u32::from).collect();
            for needle in ["de", "de\u{3000}", "한국", "eeeee", "né", "d"] {
                let needle: Vec<u32> = needle.chars().map(u32::from).collect();
                check(&codes, &needle);
            }
        }
    }
}

#[test]
fn invalid_utf8_is_refused() {
    for length in (0..FAR).chain([32_000, 40_000, 100_000]) {
        for wrong in [
            &b"\xFF"[..],
            b"\xC3",
            b"\xE2\x80",
            b"\xED\xA0\x80",
            b"\xC0\xA0",
            b"\x80",
        ] {
            for (before, after) in [("a ", ""), ("", " a"), ("é", " a"), ("a", "a\u{2003}")] {
                let fill = before.bytes().cycle().take(length * before.len());
                let text = [&fill.collect::<Vec<_>>()[..], wrong, after.as_bytes()].concat();
                for kernel in Kernel::all() {
                    assert_eq!(kernel.count_utf8(&text, "a"), Err(Invalid), "{text:?}");
                }
            }
        }
    }
}

#[test]
fn which_kernels_ran() {
    let names: Vec<_> = Kernel::all().map(Kernel::name).collect();
    println!("kernels: {}", names.join(", "));
    assert_eq!(names[0], "portable");
    let is_there = |name| names.contains(&name);
    assert_eq!(is_there("neon"), cfg!(target_arch = "aarch64"));
    #[cfg(target_arch = "x86_64")]
    {
        let has_bits = is_x86_feature_detected!("bmi1")
            && is_x86_feature_detected!("bmi2")
            && is_x86_feature_detected!("popcnt");
        assert_eq!(
            is_there("avx2"),
            is_x86_feature_detected!("avx2") && has_bits
        );
        let has_avx512 = is_x86_feature_detected!("avx512bw")
            && is_x86_feature_detected!("avx512vbmi")
            && has_bits;
        if !cfg!(avx512) {
            println!("avx512: not run, because this compiler lacks it");
        } else if !has_avx512 {
            println!("avx512: not run, because this processor lacks it");
        }
        assert_eq!(is_there("avx512"), cfg!(avx512) && has_avx512);
    }
}

/// Rust has the instructions of AVX-512 since 1.89.
#[test]
#[cfg(target_arch = "x86_64")]
fn a_new_compiler_builds_avx512() {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let Ok(output) = std::process::Command::new(rustc).arg("--version").output() else {
        println!("not run, because there is no rustc");
        return;
    };
    let version = String::from_utf8(output.stdout).expect("a version");
    let is_old = (85..89).any(|minor| version.starts_with(&format!("rustc 1.{minor}.")));
    assert_eq!(cfg!(avx512), !is_old, "{version}");
}

#[test]
fn the_seeds_of_fuzzing() {
    let seeds = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/seeds");
    let files = std::fs::read_dir(seeds).expect("the seeds are in the repository");
    let count = files
        .map(|file| std::fs::read(file.expect("a seed").path()).expect("a seed"))
        .inspect(|data| input::check(data))
        .count();
    assert!(count >= 8);
}
