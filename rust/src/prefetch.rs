//! Asks the processor to fetch what will be read soon.
#![allow(unsafe_code)]

/// Asks for as many bytes as a block has, at a distance after the window.
#[inline(always)]
pub(crate) fn prefetch<C>(window: &[C], distance: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in 0..size_of::<C>() {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};

        let there = window
            .as_ptr_range()
            .end
            .wrapping_byte_add(distance + 64 * line);
        // SAFETY: prefetching is a hint. It reads nothing, so every address is allowed.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(there.cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (window, distance);
}
