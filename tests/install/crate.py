"""Run the crate's tests with an old compiler, or for other processors.

    python tests/install/crate.py minimum-rust FOLDER
    python tests/install/crate.py foreign FOLDER

- minimum-rust: Build the crate and its extension module with the oldest Rust that rust/Cargo.toml
  allows, and run all tests. rustup installs this Rust. Without rustup, Debian 13 is used, if it
  has this Rust.
- foreign: Build the tests in Debian 13 for arm64, which has NEON, and for armhf, which has 32
  bits. Run most of them under qemu. bootstrap.py installs the Debian, which needs root.

FOLDER keeps the Debian (2.3 GB) and what cargo builds, so that the next run is faster. If the
tests cannot be built on this machine, the script reports "not run".
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from bootstrap import bootstrap, run_inside
from common import ROOT, NotRun, check_all, expect, find_program, run, summarise

Cargo = Callable[..., subprocess.CompletedProcess[str]]
"""A function that runs cargo in the folder of the crate."""

CRATE = ROOT / "rust"
SUITE = "trixie"
PACKAGES = ("cargo", "gcc", "libc6-dev")

VARIABLES = {
    # Without symbols, and without division into units, the tests are built in half of the time.
    "CARGO_PROFILE_TEST_CODEGEN_UNITS": "1",
    "CARGO_PROFILE_TEST_DEBUG": "0",
    "TEXTCOUNT_VERSION": "any",
}
"""Environment variables for cargo."""

CARGO_SETTINGS = """
[source.crates-io]
replace-with = "vendor"

[source.vendor]
directory = "/vendor"
"""


class Processor(NamedTuple):
    """A processor that qemu emulates."""

    name: str
    """The name of the architecture in Debian."""
    target: str
    """The name of the target in Rust."""
    gcc: str
    """The prefix of the compiler, whose linker cargo uses."""
    qemu: str
    kernels: str
    """The kernels of this processor."""

    @property
    def packages(self) -> list[str]:
        """The packages for building and running the tests."""
        libraries = ("libc6-dev", "libgcc-s1", "libstd-rust-dev")
        return [f"gcc-{self.gcc}", *(f"{library}:{self.name}" for library in libraries)]

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables that tell cargo how to build and run the tests."""
        prefix = f"CARGO_TARGET_{self.target.upper().replace('-', '_')}"
        return {f"{prefix}_LINKER": f"{self.gcc}-gcc", f"{prefix}_RUNNER": self.qemu}


PROCESSORS = [
    Processor(
        "arm64",
        "aarch64-unknown-linux-gnu",
        "aarch64-linux-gnu",
        "qemu-aarch64",
        "portable, neon",
    ),
    Processor(
        "armhf",
        "armv7-unknown-linux-gnueabihf",
        "arm-linux-gnueabihf",
        "qemu-arm",
        "portable",
    ),
]

WIDTHS = ("ascii", "one_byte", "two_bytes", "utf8", "four_bytes")
TOO_SLOW_UNDER_EMULATION = (
    # Each of these takes 10 to 120 seconds. random_texts counts similar texts.
    *(f"{width}::seeds_at_every_distance_from_both_ends" for width in WIDTHS),
    # Each of these takes 15 seconds. The tests of utf8 count in 4-byte characters, too, and the
    # other widths have needles of the same lengths.
    "four_bytes::random_texts",
    *(f"{width}::seeds_alone_at_every_place" for width in ("utf8", "four_bytes")),
)
"""The tests that are not run under emulation."""


class Tested(NamedTuple):
    """What the output of ``cargo test`` says."""

    passed: int
    skipped: int
    kernels: str

    def __str__(self) -> str:
        return f"{self.passed} tests passed, {self.skipped} skipped; kernels: {self.kernels}"


def test(cargo: Cargo, *options: object, skip: Sequence[str] = ()) -> Tested:
    """Run the crate's tests with a function that runs cargo."""
    skipped = [f"--skip={name}" for name in skip]
    tests = ["--locked", "--tests", *options, "--", "--show-output", "--exact", *skipped]
    result = cargo("test", *tests)
    output = result.stdout
    expect(result.returncode == 0, f"cargo exited with {result.returncode}\n{output}")
    passed = re.findall(r"^test result: ok\. (\d+) passed; ", output, re.MULTILINE)
    filtered = re.findall(r"^test result: ok\. .* (\d+) filtered out", output, re.MULTILINE)
    kernels = re.findall(r"^kernels: (.*)", output, re.MULTILINE)
    tested = Tested(sum(map(int, passed)), sum(map(int, filtered)), "; ".join(kernels))
    expect(tested.skipped == len(skip), f"{tested}; to skip: {len(skip)}\n{output}")
    expect("Running tests/guard.rs" in output, f"no test used guard pages\n{output}")
    return tested


class Debian:
    """A Debian with Rust, which has a copy of the crate and its dependencies."""

    def __init__(self, folder: Path, packages: Sequence[str], foreign: Sequence[str] = ()) -> None:
        """Install the packages, unless an earlier run has installed them."""
        self._root = folder / "debian"
        # This file lies beside the Debian as soon as it is complete.
        complete = folder / "debian.txt"
        contents = "\n".join((SUITE, *packages))
        if not complete.exists() or complete.read_text("utf-8") != contents:
            complete.unlink(missing_ok=True)
            shutil.rmtree(self._root, ignore_errors=True)
            folder.mkdir(parents=True, exist_ok=True)
            bootstrap(self._root, SUITE, packages, foreign)
            complete.write_text(contents, "utf-8")
        self._copy_crate()

    def _copy_crate(self) -> None:
        """Copy the crate and its dependencies into the Debian.

        This machine's cargo downloads the dependencies, because it may have settings that it
        needs for that.
        """
        crate, vendor = self._root / "crate", self._root / "vendor"
        shutil.rmtree(crate, ignore_errors=True)
        shutil.copytree(CRATE, crate, ignore=shutil.ignore_patterns("target"))
        result = run(find_program("cargo"), "vendor", "--locked", vendor, cwd=CRATE, check=False)
        if result.returncode:
            raise NotRun(f"cargo cannot download the dependencies: {result.stdout}")
        settings = self._root / "root/.cargo/config.toml"
        settings.parent.mkdir(exist_ok=True)
        settings.write_text(CARGO_SETTINGS, "utf-8")

    def cargo(self, *arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run the cargo of the Debian in the folder of the crate."""
        command = ("env", "--chdir=/crate", "cargo", *arguments)
        variables |= {**VARIABLES, "CARGO_TARGET_DIR": "/target", "PYO3_PYTHON": "python3"}
        return run_inside(self._root, *command, **variables)


def check_minimum(folder: Path) -> list[tuple[str, str]]:
    """Build with the oldest Rust, and run the tests; return the verdict."""
    manifest = (CRATE / "Cargo.toml").read_text("utf-8")
    (version,) = re.findall(r'^rust-version = "(.+)"', manifest, re.MULTILINE)
    cargo = cargo_of_rustup(folder, version) or cargo_of_debian(folder, version)

    def check(_: str) -> str:
        built = cargo("check", "--locked", "--features=python")
        expect(built.returncode == 0, f"the extension is not built\n{built.stdout}")
        tested = test(cargo)
        expect("avx512" not in tested.kernels, f"this Rust has no AVX-512: {tested}")
        return str(tested)

    label = f"Rust {version}"
    return [(label, verdict) for verdict in check_all(check, [label], str)]


def cargo_of_rustup(folder: Path, version: str) -> Cargo | None:
    """Return a function that runs the cargo of a Rust from rustup, or None without rustup."""
    rustup = shutil.which("rustup")
    if rustup is None:
        return None
    of_version = (rustup, "run", version, "cargo")
    if run(*of_version, "--version", check=False).returncode:
        run(rustup, "toolchain", "install", "--profile=minimal", version, check=False)
    if run(*of_version, "--version", check=False).returncode:
        return None
    variables = {"CARGO_TARGET_DIR": str(folder / "cargo"), "PYO3_PYTHON": sys.executable}
    environment = {**os.environ, **VARIABLES, **variables}
    return partial(run, *of_version, cwd=CRATE, env=environment, check=False)


def cargo_of_debian(folder: Path, version: str) -> Cargo:
    """Return a function that runs the cargo of a Debian, if it has this version of Rust."""
    debian = Debian(folder, (*PACKAGES, "python3"))
    found = debian.cargo("--version").stdout.strip()
    if not found.startswith(f"cargo {version}."):
        raise NotRun(f"rustup does not have Rust {version}, and the Debian has {found}")
    return debian.cargo


def check_foreign(folder: Path) -> list[tuple[str, str]]:
    """Run the tests for each processor; return the verdicts."""
    if platform.machine() != "x86_64":
        raise NotRun("the cross compilers are packages for x86-64")
    packages = [package for processor in PROCESSORS for package in processor.packages]
    names = [processor.name for processor in PROCESSORS]
    debian = Debian(folder, (*PACKAGES, "qemu-user", *packages), names)

    def check(processor: Processor) -> str:
        cargo = partial(debian.cargo, **processor.variables)
        tested = test(cargo, f"--target={processor.target}", skip=TOO_SLOW_UNDER_EMULATION)
        expect(tested.kernels == processor.kernels, f"not {processor.kernels}: {tested}")
        return str(tested)

    verdicts = check_all(check, PROCESSORS, lambda processor: processor.name)
    return [*zip(names, verdicts, strict=True)]


CHECKS = {"minimum-rust": check_minimum, "foreign": check_foreign}


def main() -> int:
    """Run the tests as the command line says; return the exit status."""
    command, folder = sys.argv[1:]
    try:
        verdicts = CHECKS[command](Path(folder).resolve())
    except NotRun as reason:
        print(f"{command}: not run: {reason}")
        return 0
    for label, verdict in verdicts:
        print(f"{command}: {label}: {verdict}")
    return summarise([verdict for _, verdict in verdicts])


if __name__ == "__main__":
    sys.exit(main())
