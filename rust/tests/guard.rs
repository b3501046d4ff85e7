//! Nothing outside the text and the needle is read: there, nothing can be.
#![cfg(unix)]
#![allow(missing_docs, unsafe_code)]

mod naive;

use std::ptr;

use naive::check;
use textcount::{Ascii, Character};

/// Memory between two pages that no one may read.
struct Guarded {
    first: *mut libc::c_void,
    page: usize,
}

/// The number of pages that may be read.
const PAGES: usize = 8;

impl Guarded {
    fn new() -> Self {
        // SAFETY: it asks for a number.
        let page = usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("a size");
        // SAFETY: it asks for new memory.
        let first = unsafe {
            libc::mmap(
                ptr::null_mut(),
                (PAGES + 2) * page,
                libc::PROT_NONE,
                libc::MAP_PRIVATE | libc::MAP_ANON,
                -1,
                0,
            )
        };
        assert_ne!(first, libc::MAP_FAILED);
        let guarded = Self { first, page };
        // SAFETY: these are the pages between the first and the last.
        let done = unsafe {
            libc::mprotect(
                guarded.middle().cast(),
                PAGES * page,
                libc::PROT_READ | libc::PROT_WRITE,
            )
        };
        assert_eq!(done, 0);
        guarded
    }

    fn middle(&self) -> *mut u8 {
        self.first.cast::<u8>().wrapping_add(self.page)
    }

    /// A copy whose first character is the first that may be read, or whose last is the last.
    fn copy<C: Character>(&mut self, characters: &[C], at_end: bool) -> &[C] {
        let size = size_of_val(characters);
        assert!(size <= PAGES * self.page);
        let offset = if at_end { PAGES * self.page - size } else { 0 };
        let place = self.middle().wrapping_add(offset).cast::<C>();
        // SAFETY: the place is in the middle pages, and so is its end; it is aligned, as
        // a page and the size are.
        unsafe { ptr::copy_nonoverlapping(characters.as_ptr(), place, characters.len()) };
        // SAFETY: as above, and it was written just now.
        unsafe { std::slice::from_raw_parts(place, characters.len()) }
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        // SAFETY: nothing borrows it any more.
        unsafe { libc::munmap(self.first, (PAGES + 2) * self.page) };
    }
}

/// Counts a needle that is frequent, but not in every block, at the edges of the memory.
///
/// Such a text is counted in another way after its first 4096 characters.
fn long_texts_at_the_edge_of_a_page<C: Character + std::fmt::Debug>() {
    let mut contents_at = Guarded::new();
    for needle in [5, 8, 16] {
        let needle = vec![C::from(b'a'); needle];
        for filler in 50..130 {
            let filler = vec![C::from(b'b'); filler];
            let words = [&needle[..], &[C::SPACE], &filler, &[C::SPACE]].concat();
            let contents: Vec<C> = words
                .into_iter()
                .cycle()
                .take(4600 + filler.len())
                .collect();
            for at_end in [false, true] {
                check(contents_at.copy(&contents, at_end), &needle);
            }
        }
    }
}

fn texts_at_the_edge_of_a_page<C: Character + std::fmt::Debug>() {
    long_texts_at_the_edge_of_a_page::<C>();
    let (mut contents_at, mut needle_at) = (Guarded::new(), Guarded::new());
    for length in 0..400 {
        for needle in [1, 2, 3, 4, 7, 16, 17, 40, 61, 62, 63, 64, 65, 100] {
            let needle = vec![C::from(b'a'); needle];
            let mut word = [&needle[..], &[C::SPACE]].concat();
            word.rotate_right(length % 2);
            let contents: Vec<C> = word.into_iter().cycle().take(length).collect();
            for (contents_at_end, needle_at_end) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                check(
                    contents_at.copy(&contents, contents_at_end),
                    needle_at.copy(&needle, needle_at_end),
                );
            }
        }
    }
}

#[test]
fn ascii() {
    texts_at_the_edge_of_a_page::<Ascii>();
}

#[test]
fn one_byte() {
    texts_at_the_edge_of_a_page::<u8>();
}

#[test]
fn utf8() {
    let (mut contents_at, mut needle_at) = (Guarded::new(), Guarded::new());
    for length in 0..400 {
        // The last one may be cut; then it is refused, which takes reading it as well.
        let text = ["né\u{3000}", "ne\u{2003}"][length % 2].bytes().cycle();
        let text: Vec<u8> = text.take(length).collect();
        for needle in ["né", "ne", "n", "nénénénénénénénénénénénénénénénénénéé"]
        {
            for (at_end, needle_at_end) in [(false, true), (true, false)] {
                let copy = needle_at.copy(needle.as_bytes(), needle_at_end);
                let needle = std::str::from_utf8(copy).expect("a copy");
                let words = std::str::from_utf8(&text).map(|text| {
                    let words = text.split(char::is_whitespace);
                    words.filter(|word| *word == needle).count()
                });
                for kernel in textcount::Kernel::all() {
                    let found = kernel.count_utf8(contents_at.copy(&text, at_end), needle);
                    assert_eq!(found.ok(), words.ok(), "{needle:?} in {text:?}");
                }
            }
        }
    }
}

#[test]
fn two_bytes() {
    texts_at_the_edge_of_a_page::<u16>();
}

#[test]
fn four_bytes() {
    texts_at_the_edge_of_a_page::<u32>();
}
