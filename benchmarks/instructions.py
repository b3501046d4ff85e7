"""Count the instructions that NEON saves, without an ARM processor.

    tox run -e benchmark-instructions

The script compiles the search for a needle of two characters for arm64, with each kernel and
for each width of characters. It finds the inner loop, which counts 64 characters in each half
of a text, and prints the number of its instructions for 64 characters. Next to that it prints
the cycles for a byte in cache. They are estimates of llvm-mca, from models of processors.

The compiler needs the standard library of arm64, which rustup installs:

    rustup target add aarch64-unknown-linux-gnu

The exit status is 1 if NEON takes more than half of the portable kernel's instructions.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CRATE = Path(__file__).resolve().parents[1] / "rust"
TARGET = "aarch64-unknown-linux-gnu"
KERNELS = ("portable", "neon")
WIDTHS = {"ascii": ("ASCII", 1), "u8": ("1 byte", 1), "u16": ("2 bytes", 2), "u32": ("4 bytes", 4)}
"""For each function of HARNESS, the name of the width and the bytes of a character."""
PROCESSORS = ("cortex-a72", "neoverse-n1", "neoverse-v1", "neoverse-v2")
OLDEST_LLVM = 17
"""The first version of LLVM with models of all these processors."""
GOAL = 0.5
BLOCKS = 2
"""The number of blocks, each of 64 characters, that the inner loop counts."""

MANIFEST = """
[package]
name = "harness"
edition = "2024"

[lib]
path = "lib.rs"

[dependencies]
textcount = {{ path = "{crate}" }}

[profile.release]
codegen-units = 1
"""

# A constant kernel and a constant length leave only one search in each function.
HARNESS = """
use textcount::{{Ascii, Character, Kernel}};

#[inline(always)]
fn count<C: Character>(contents: &[C], needle: &[C; 2]) -> usize {{
    match Kernel::all().find(|kernel| kernel.name() == "{kernel}") {{
        Some(kernel) => kernel.count(contents, needle),
        None => 0,
    }}
}}

#[unsafe(no_mangle)]
pub fn ascii(contents: &[Ascii], needle: &[Ascii; 2]) -> usize {{ count(contents, needle) }}
#[unsafe(no_mangle)]
pub fn u8(contents: &[u8], needle: &[u8; 2]) -> usize {{ count(contents, needle) }}
#[unsafe(no_mangle)]
pub fn u16(contents: &[u16], needle: &[u16; 2]) -> usize {{ count(contents, needle) }}
#[unsafe(no_mangle)]
pub fn u32(contents: &[u32], needle: &[u32; 2]) -> usize {{ count(contents, needle) }}
"""

JUMP = re.compile(r"(?:b|b\.\w+|cbn?z|tbn?z)\s+(?:.*,\s*)?(\.L\w+)$")


class NotRun(Exception):
    """A program is missing on this machine, as the message says."""


class Wrong(Exception):
    """The assembly is not as expected, as the message says."""


def output_of(*command: object, **options: str) -> str:
    """Run a command with additional environment variables; return its standard output."""
    environment = {**os.environ, **options}
    words = [*map(str, command)]
    return subprocess.run(
        words, check=True, env=environment, stdout=subprocess.PIPE, text=True
    ).stdout


def check_compiler() -> None:
    """Raise NotRun if cargo cannot compile for the target."""
    if shutil.which("cargo") is None:
        raise NotRun("cargo is not installed")
    library = output_of("rustc", "--print", "target-libdir", "--target", TARGET).strip()
    if not Path(library).is_dir():
        raise NotRun(f"the compiler has no library: rustup target add {TARGET}")


def find_mca() -> Path | None:
    """Return the path of the newest llvm-mca that has models of all processors, if any."""
    found = {}
    for folder in map(Path, os.get_exec_path()):
        for path in folder.glob("llvm-mca*"):
            version = re.search(r"LLVM version (\d+)", output_of(path, "--version"))
            if version and int(version[1]) >= OLDEST_LLVM:
                found[int(version[1])] = path
    return found[max(found)] if found else None


def assembly(kernel: str, folder: Path) -> str:
    """Compile the harness with a kernel in a folder; return the assembly of all crates."""
    (folder / "Cargo.toml").write_text(MANIFEST.format(crate=CRATE.as_posix()), "utf-8")
    (folder / "lib.rs").write_text(HARNESS.format(kernel=kernel), "utf-8")
    # The dependencies have the versions with which the extension is built.
    shutil.copy(CRATE / "Cargo.lock", folder)
    variables = {
        "CARGO_TARGET_DIR": str(folder / "target"),
        "RUSTFLAGS": "--emit=asm",
        "TEXTCOUNT_VERSION": "any",
    }
    manifest = ("--manifest-path", folder / "Cargo.toml")
    output_of("cargo", "build", "--quiet", "--release", "--target", TARGET, *manifest, **variables)
    files = (folder / "target" / TARGET / "release/deps").glob("*.s")
    return "\n".join(path.read_text("utf-8") for path in files)


def functions(text: str) -> dict[str, list[str]]:
    """Return the labels and instructions of each function in an assembly."""
    found = {}
    form = r"\.type\t(\S+),@function\n\1:\n(.*?)^\.Lfunc_end"
    for name, body in re.findall(form, text, re.MULTILINE | re.DOTALL):
        lines = [line.partition("//")[0].strip() for line in body.splitlines()]
        found[name] = [line for line in lines if line and (line.endswith(":") or line[0] != ".")]
    # Of functions with the same instructions, the compiler keeps one.
    aliases = re.findall(r"^(?:\.set )?(\w\S*)(?:,| =) (\w\S*)$", text, re.MULTILINE)
    return found | {alias: found[name] for alias, name in aliases if name in found}


def loops(lines: list[str]) -> list[range]:
    """Return the places of the loops, which end with a jump back."""
    places = {line[:-1]: place for place, line in enumerate(lines) if line.endswith(":")}
    jumps = [(end, JUMP.match(line)) for end, line in enumerate(lines)]
    starts = [(places.get(jump[1], end), end) for end, jump in jumps if jump]
    return [range(start, end + 1) for start, end in starts if start < end]


def inner_loop(code: dict[str, list[str]], name: str) -> list[str]:
    """Return the instructions of the loop that counts two blocks in a function."""
    lines = code[name]
    # In each of two blocks, the bits of a bitmap are counted. No other loop counts twice.
    counting = [
        loop
        for loop in loops(lines)
        if sum(lines[place].startswith("cnt") for place in loop) == BLOCKS
    ]
    if not counting:
        raise Wrong(f"{name}: no loop counts the bits of {BLOCKS} bitmaps")
    loop = min(counting, key=len)
    return [*executed([lines[place] for place in loop[:-1]], code), lines[loop[-1]]]


def executed(lines: list[str], code: dict[str, list[str]]) -> list[str]:
    """Return the instructions among lines without loops, with those of called functions."""
    if loops(lines):
        raise Wrong("the compiler did not unroll a loop within the loop")
    found = []
    for line in lines:
        if not line.endswith(":"):
            found.append(line)
        if line.startswith("bl\t"):
            name = line.split()[1]
            if name not in code:
                raise Wrong(f"the loop calls {name}")
            found += executed(code[name], code)
    return found


def cycles(mca: Path, processor: str, loop: list[str]) -> float:
    """Return the estimated cycles of one iteration of a loop."""
    iterations = 100
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "loop.s")
        # The model cannot follow jumps to a function and back.
        lines = [line for line in loop if not re.match(r"(bl|ret)\b", line)]
        path.write_text("\n".join(lines) + "\n", "utf-8")
        options = (f"-mtriple={TARGET}", f"-mcpu={processor}", f"-iterations={iterations}")
        report = output_of(mca, *options, path)
    (total,) = re.findall(r"^Total Cycles: +(\d+)", report, re.MULTILINE)
    return int(total) / iterations


def main() -> int:
    """Print the table; return the exit status."""
    try:
        check_compiler()
        return print_table()
    except NotRun as reason:
        print(f"not run: {reason}")
        return 0
    except Wrong as error:
        print(f"WRONG: {error}")
        return 1


def print_table() -> int:
    """Print the table; return 0 if the goal is met, and 1 if not."""
    mca = find_mca()
    print(output_of("rustc", "--version").strip())
    if mca is None:
        print(f"cycles not estimated: llvm-mca {OLDEST_LLVM} or newer is not installed")
    else:
        print(re.findall(r"LLVM version .*", output_of(mca, "--version"))[0])
    print("\nNeedle of two characters, portable -> neon\n")
    headings = ["width", "instructions per 64 characters", "ratio"]
    headings += [f"cycles per byte, {processor}" for processor in PROCESSORS if mca]
    print("|", " | ".join(headings), "|")
    print("|", " | ".join("---" for _ in headings), "|")
    with tempfile.TemporaryDirectory() as name:
        codes = [functions(assembly(kernel, Path(name))) for kernel in KERNELS]
    is_met = True
    for function, (width, size) in WIDTHS.items():
        both = [inner_loop(code, function) for code in codes]
        ratio = len(both[1]) / len(both[0])
        is_met &= ratio <= GOAL
        cells = [" -> ".join(f"{len(loop) / BLOCKS:.0f}" for loop in both), f"{ratio:.2f}"]
        for processor in PROCESSORS:
            if mca:
                each = [cycles(mca, processor, loop) / (BLOCKS * 64 * size) for loop in both]
                cells.append(" -> ".join(f"{number:.2f}" for number in each))
        print("|", " | ".join([width, *cells]), "|", flush=True)
    print(f"\nA ratio of at most {GOAL} in each width: {'met' if is_met else 'MISSED'}")
    return 0 if is_met else 1


if __name__ == "__main__":
    sys.exit(main())
