//! Asks the processor for what will be read soon.
#![allow(unsafe_code)]

/// How far ahead, in bytes: the time that memory takes to answer, at the speed at
/// which blocks are counted.
#[cfg(target_arch = "x86_64")]
const AHEAD: usize = 4096;

/// Asks for as many bytes as a block has, some way after the window's.
#[inline(always)]
pub(crate) fn prefetch<C>(window: &[C]) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of::<C>() {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        let there = window
            .as_ptr_range()
            .end
            .wrapping_byte_add(AHEAD + 64 * line);
        // SAFETY: prefetching is a hint. It reads nothing, and may be given any address.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(there.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = window;
}
