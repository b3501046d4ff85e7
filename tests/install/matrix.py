"""What `pip install` makes of the sdist in every situation: checks each, prints the table.

    python tests/install/matrix.py [ROW ...]

Rows are situations, made with shims and environment variables alone; columns
are the values of TEXTCOUNT_BUILD. Each cell builds a wheel from the unpacked
sdist, holds its tag and its list of files against what is expected, installs it
in an environment of its own, and asks it there, away from the checkout, for its
backend, its reason, and a count. ROW is part of a row's name.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from common import (
    LIBRARY,
    ROOT,
    Wrong,
    ask,
    build_sdist,
    build_wheel,
    close,
    environment,
    expect,
    fresh,
    inspect_wheel,
    make_environment,
    tool,
    unpack,
    verdicts,
)

CHOICES = ("auto", "native", "pure")
PATIENCE = 60
"""How long a build may take whose registry does not answer, in seconds."""


@dataclass
class Situation:
    """A row of the table.

    Attributes:
        name: what is the case.
        fault: what a build without the extension must give as its reason;
            empty if the extension can be built.
        variables: what differs in the environment of the build.
        change: what differs in the sources.
        isolated: whether pip installs the build's requirements.
        choices: the columns that are of interest.
    """

    name: str
    fault: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    change: Callable[[Path], object] = lambda _: None
    isolated: bool = True
    choices: tuple[str, ...] = CHOICES


def situations(work: Path, silent: str) -> list[Situation]:
    """The rows of the table; silent is a proxy that never answers."""
    cargo, rustc = tool("cargo"), tool("rustc")
    crate = (ROOT / "rust/Cargo.toml").read_text("utf-8")
    (minimum,) = re.findall(r'^rust-version = "(.+)"', crate, re.MULTILINE)
    everything = os.environ["PATH"]
    rustup = "echo error: rustup could not choose a version of it to run >&2; exit 1"
    rustup_home = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))

    def path(*rest: str, **programs: str | Path) -> dict[str, str]:
        return {"PATH": os.pathsep.join([str(programs_in(fresh(work), programs)), *rest])}

    def registry(proxy: str) -> dict[str, str]:
        home = str(fresh(work))
        return {"CARGO_HOME": home, "RUSTUP_HOME": rustup_home, "CARGO_HTTP_PROXY": proxy}

    return [
        Situation("everything there"),
        Situation("no cargo, no rustc", "no cargo was found", path()),
        Situation(
            "rustup without a toolchain",
            "cargo did not run when this package was built (error: rustup could not choose",
            path(cargo=rustup, rustc=rustup),
        ),
        Situation(
            "rustc too old",
            f"this package was built where rustc is 1.70, older than {minimum}",
            path(everything, rustc="echo rustc 1.70.0"),
        ),
        Situation(
            "rustc -V that cannot be parsed",
            "rustc -V said 'rustc' when this package was built, no version. "
            f"To build it, install Rust {minimum} or newer",
            path(everything, rustc="echo rustc"),
        ),
        Situation(
            "no C linker",
            "the build failed (error: linker `cc` not found)",
            path(cargo=cargo, rustc=rustc),
        ),
        Situation(
            "registry out of reach, empty cargo home",
            "the build failed (error: failed to get `pyo3`",
            registry("http://127.0.0.1:9"),
        ),
        Situation(
            "registry that never answers",
            "the build failed (error: failed to get `pyo3`",
            registry(silent),
        ),
        Situation(
            "compile error in the crate",
            "the build failed (error: broken on purpose)",
            change=break_crate,
        ),
        Situation(
            "stale libraries, then a failed build",
            "the build failed (error: broken on purpose)",
            change=break_crate_and_plant_libraries,
            choices=("auto", "pure"),
        ),
        Situation(
            "Cargo.lock removed",
            change=lambda source: (source / "rust/Cargo.lock").unlink(),
            choices=("auto", "native"),
        ),
        Situation(
            "no setuptools-rust, no build isolation",
            "setuptools-rust was not found",
            isolated=False,
        ),
    ]


def check(work: Path, sdist: Path, row: Situation, choice: str) -> str:
    """Build, inspect, install and ask; says in a few words what came of it."""
    cell = fresh(work)
    source = unpack(sdist, fresh(cell))
    row.change(source)
    builder = None if row.isolated else make_environment(cell, "setuptools")
    variables = environment(cell, choice, **row.variables)
    start = time.monotonic()
    wheel, said = build_wheel(cell, source, variables, builder)
    seconds = time.monotonic() - start
    if "CARGO_HTTP_PROXY" in row.variables:
        expect(seconds < PATIENCE, f"it took {seconds:.0f} s")

    if choice == "native" and row.fault:
        expect(wheel is None, "it was built")
        # When the failure comes from cargo, what cargo said is shown as it is.
        told = row.fault in said or row.fault.partition("(")[2].rstrip(")") in said
        expect(told, f"it did not say {row.fault!r}: {said}")
        from_cargo = row.fault.startswith("the build failed")
        expect(from_cargo or "To build it, " in said, f"it did not say how to go on: {said}")
        return "fails, says why"
    if wheel is None:
        raise Wrong(f"it was not built: {said}")
    is_pure = choice == "pure" or bool(row.fault)
    reason = "TEXTCOUNT_BUILD=pure" if choice == "pure" else row.fault
    inspect_wheel(wheel, is_pure=is_pure)
    if is_pure:
        expect(f"built without textcount._native: {reason}" in said, f"it did not say so: {said}")
        expect("To build it, " in said, f"it did not say how to go on: {said}")
        shown = "broken on purpose" not in row.fault or "--> src/lib.rs" in said
        expect(shown or choice == "pure", f"the compiler's text is missing: {said}")
    answer = ask(make_environment(cell, wheel), cell)
    expect(answer["backend"] == ("pure" if is_pure else "native"), f"{answer}")
    expect(reason in answer["reason"], f"its reason is {answer['reason']!r}")
    return "`py3-none-any`, works" if is_pure else "native wheel, works"


def break_crate(source: Path) -> None:
    """Make the crate fail to compile."""
    with (source / "rust/src/lib.rs").open("a", encoding="utf-8") as file:
        file.write('compile_error!("broken on purpose");\n')


def break_crate_and_plant_libraries(source: Path) -> None:
    """Leave libraries of earlier builds wherever this one, which fails, might find them."""
    break_crate(source)
    platform = f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    for folder in (source, source / "build/lib", source / "build" / platform):
        for name in (LIBRARY, "textcount/_native.cpython-39-elsewhere.so", "textcount/old.py"):
            library = folder / name
            if folder != source or name == LIBRARY:
                library.parent.mkdir(parents=True, exist_ok=True)
                library.write_bytes(b"stale")


def programs_in(folder: Path, programs: dict[str, str | Path]) -> Path:
    """Fill a folder with programs: links to others, or scripts; gives the folder."""
    for name, program in programs.items():
        path = folder / name
        if isinstance(program, Path):
            path.symlink_to(program)
        else:
            path.write_text(f"#!/bin/sh\n{program}\n", encoding="utf-8")
            path.chmod(0o755)
    return folder


@contextlib.contextmanager
def silent_server() -> Iterator[str]:
    """A server on this machine that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def main() -> int:
    """Run the table and give the exit status."""
    with tempfile.TemporaryDirectory() as name, silent_server() as silent:
        work = Path(name)
        sdist = build_sdist(work)
        asked = sys.argv[1:] or [""]
        rows = [row for row in situations(work, silent) if any(part in row.name for part in asked)]
        cells = [(row, choice) for row in rows for choice in row.choices]
        found = verdicts(
            lambda cell: check(work, sdist, *cell), cells, lambda cell: f"{cell[0].name}, {cell[1]}"
        )
    table = {(row.name, choice): each for (row, choice), each in zip(cells, found, strict=True)}
    print("\n| situation | `auto` | `native` | `pure` |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} |", *(f"{table.get((row.name, each), '-')} |" for each in CHOICES))
    return close(found)


if __name__ == "__main__":
    sys.exit(main())
