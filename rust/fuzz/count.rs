//! Every kernel against the plain statement: from rust/,
//! `cargo +nightly fuzz run count fuzz/corpus fuzz/seeds`.
#![no_main]

mod input;
#[path = "../tests/naive/mod.rs"]
mod naive;

libfuzzer_sys::fuzz_target!(|data: &[u8]| input::check(data));
