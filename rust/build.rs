//! Tells the crate whether the compiler knows AVX-512: the cfg `avx512`.

use std::env;
use std::process::Command;

/// The minor version of Rust 1 since which the instructions of AVX-512 are stable.
const AVX512: u32 = 89;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(avx512)");
    let is_x86_64 = env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64");
    if is_x86_64 && minor_version().is_some_and(|minor| minor >= AVX512) {
        println!("cargo::rustc-cfg=avx512");
    }
}

/// Returns the minor version of the compiler, which `rustc --version` states as in
/// `rustc 1.85.0 (...)`.
fn minor_version() -> Option<u32> {
    let output = Command::new(env::var_os("RUSTC")?)
        .arg("--version")
        .output();
    let text = String::from_utf8(output.ok()?.stdout).ok()?;
    text.split('.').nth(1)?.parse().ok()
}
