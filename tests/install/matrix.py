"""Run `pip wheel` on the sdist in every build situation; check each wheel, print a table.

    python tests/install/matrix.py [ROW ...]

A row is a situation of the build machine. Environment variables and scripts in PATH simulate
the situation. A column is a value of TEXTCOUNT_BUILD. Each cell builds a wheel from the sdist
and checks the wheel's tag and files. The cell then installs the wheel into a new environment,
and queries textcount for the backend, the reason and a count. If the extension is demanded and
cannot be built, the cell checks that the build fails and that pip prints the reason. Each ROW
selects the rows whose names contain it.
"""

from __future__ import annotations

import contextlib
import os
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
    UNOPTIMISED,
    Wrong,
    build_sdist,
    build_variables,
    build_wheel,
    check_all,
    expect,
    find_program,
    inspect_wheel,
    make_environment,
    new_folder,
    query,
    requested,
    summarise,
    unpack,
)

CHOICES = ("auto", "native", "pure")

BUILD_LIMIT = 60
"""Maximum duration in seconds of a build whose proxy never answers.

Cargo alone would wait for more than two minutes.
"""


@dataclass
class Situation:
    """A row of the table.

    Attributes:
        name: a description of the build machine.
        fault: the reason that a build without the extension must give; empty if the
            extension can be built.
        variables: changes to the environment variables of the build.
        change: a function that changes the source folder before the build.
        isolated: True if pip installs the build requirements.
        choices: the columns to check.
    """

    name: str
    fault: str = ""
    variables: dict[str, str] = field(default_factory=dict)
    change: Callable[[Path], object] = lambda _: None
    isolated: bool = True
    choices: tuple[str, ...] = CHOICES


def situations(work: Path, silent_proxy: str) -> list[Situation]:
    """Return the rows of the table."""
    cargo, rustc = find_program("cargo"), find_program("rustc")
    full_path = os.environ["PATH"]
    rustup = "echo error: rustup could not choose a version of it to run >&2; exit 1"
    rustup_home = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))

    def path(*rest: str, **programs: str | Path) -> dict[str, str]:
        folder = make_programs(new_folder(work), programs)
        return {"PATH": os.pathsep.join([str(folder), *rest])}

    def empty_cargo_home(proxy: str) -> dict[str, str]:
        home = str(new_folder(work))
        return {"CARGO_HOME": home, "RUSTUP_HOME": rustup_home, "CARGO_HTTP_PROXY": proxy}

    return [
        Situation("everything there"),
        Situation("no cargo, no rustc", "no cargo was found", path()),
        Situation(
            "rustup without a toolchain",
            "cargo did not run (error: rustup could not choose",
            path(cargo=rustup, rustc=rustup),
        ),
        Situation(
            "rustc too old",
            "only rustc 1.70 was found",
            path(full_path, rustc="echo rustc 1.70.0"),
        ),
        Situation(
            "rustc -V that cannot be parsed",
            "rustc -V printed 'rustc', without a version",
            path(full_path, rustc="echo rustc"),
        ),
        Situation(
            "no C linker",
            "the build failed (error: linker `cc` not found)",
            path(cargo=cargo, rustc=rustc),
        ),
        Situation(
            "registry out of reach, empty cargo home",
            "the build failed (error: failed to get `pyo3`",
            empty_cargo_home("http://127.0.0.1:9"),
        ),
        Situation(
            "registry that never answers",
            "the build failed (error: failed to get `pyo3`",
            empty_cargo_home(silent_proxy),
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
        Situation("Cargo workspace in a parent folder", change=make_parent_workspace),
        Situation(
            "free-threaded CPython 3.13 (saved output of cargo)",
            "the build failed (error: PyO3 does not support the free-threaded build of CPython "
            "versions below 3.14",
            path(full_path, cargo=replay(cargo, "pyo3-3.13t.txt")),
        ),
        Situation(
            "build script that fails",
            "the build failed (there is an obstacle: this one)",
            change=break_build_script,
            choices=("auto", "native"),
        ),
        Situation(
            "no setuptools-rust, no build isolation",
            "setuptools-rust was not found",
            isolated=False,
        ),
    ]


def check(work: Path, sdist: Path, row: Situation, choice: str) -> str:
    """Build and inspect a wheel, install and query it; return the verdict."""
    cell = new_folder(work)
    source = unpack(sdist, new_folder(cell))
    row.change(source)
    builder = None if row.isolated else make_environment(cell, "setuptools")
    # Where only the source is changed, cargo may keep the crates that it has compiled for other
    # cells. The cells compile textcount itself, because their source folders differ.
    shared = {} if row.variables else {"CARGO_TARGET_DIR": str(work / "cargo")}
    variables = build_variables(cell, choice, **UNOPTIMISED, **shared, **row.variables)
    start = time.monotonic()
    wheel, output = build_wheel(cell, source, variables, builder)
    seconds = time.monotonic() - start
    if "CARGO_HTTP_PROXY" in row.variables:
        expect(seconds < BUILD_LIMIT, f"the build took {seconds:.0f} s")

    if choice == "native" and row.fault:
        expect(wheel is None, "the build did not fail")
        # A failed build prints cargo's own words, which setup.py quotes in brackets otherwise.
        quoted = row.fault.partition("(")[2].rstrip(")")
        expect(row.fault in output or quoted in output, f"{row.fault!r} is missing: {output}")
        expect("the extension cannot be built here: " in output, f"no reason: {output}")
        expect("To build it, " in output, f"the remedy is missing: {output}")
        return "fails, says why"
    if wheel is None:
        raise Wrong(f"the build failed: {output}")
    is_pure = choice == "pure" or bool(row.fault)
    reason = "TEXTCOUNT_BUILD=pure" if choice == "pure" else row.fault
    inspect_wheel(wheel, is_pure=is_pure)
    if is_pure:
        message = f"built without textcount._native: {reason}"
        expect(message in output, f"{message!r} is missing: {output}")
        expect("To build it, " in output, f"the remedy is missing: {output}")
        if choice == "auto" and "broken on purpose" in row.fault:
            expect("--> src/lib.rs" in output, f"the compiler's message is missing: {output}")
    answer = query(make_environment(cell, wheel), cell)
    expect(answer["backend"] == ("pure" if is_pure else "native"), f"{answer}")
    expect(reason in answer["reason"], f"the reason is {answer['reason']!r}")
    return "`py3-none-any`, works" if is_pure else "native wheel, works"


def break_crate(source: Path) -> None:
    """Make the crate fail to compile."""
    with (source / "rust/src/lib.rs").open("a", encoding="utf-8") as file:
        file.write('compile_error!("broken on purpose");\n')


def break_build_script(source: Path) -> None:
    """Make the build script of the crate fail, with an error of two lines."""
    main = 'fn main() { eprintln!("there is an obstacle:\\nthis one"); std::process::exit(1) }'
    (source / "rust/build.rs").write_text(f"//! Fails.\n{main}\n", "utf-8")


def make_parent_workspace(source: Path) -> None:
    """Make the parent folder of the source folder a Cargo workspace."""
    (source.parent / "Cargo.toml").write_text("[workspace]\n", "utf-8")


def replay(cargo: Path, name: str) -> str:
    """Return a script that fails to build with the saved output of another cargo."""
    output = Path(__file__).with_name(name)
    return f'[ "$1" != rustc ] || {{ cat "{output}" >&2; exit 101; }}; exec "{cargo}" "$@"'


def break_crate_and_plant_libraries(source: Path) -> None:
    """Break the crate; put stale libraries into the folders where a build might find them."""
    break_crate(source)
    platform = f"lib.{sysconfig.get_platform()}-{sys.implementation.cache_tag}"
    for folder in (source, source / "build/lib", source / "build" / platform):
        for name in (LIBRARY, "textcount/_native.cpython-39-elsewhere.so", "textcount/old.py"):
            library = folder / name
            if folder != source or name == LIBRARY:
                library.parent.mkdir(parents=True, exist_ok=True)
                library.write_bytes(b"stale")


def make_programs(folder: Path, programs: dict[str, str | Path]) -> Path:
    """Put programs into a folder, as links to a path or as shell scripts; return the folder."""
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
    """Run a local server that accepts connections and never answers; yield its address."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def main() -> int:
    """Check the requested cells and print the table; return the exit status."""
    with tempfile.TemporaryDirectory() as name, silent_server() as proxy:
        work = Path(name)
        sdist = build_sdist(work)
        every = {row.name: row for row in situations(work, proxy)}
        rows = [every[name] for name in requested(every)]
        cells = [(row, choice) for row in rows for choice in row.choices]
        verdicts = check_all(
            lambda cell: check(work, sdist, *cell), cells, lambda cell: f"{cell[0].name}, {cell[1]}"
        )
    table = {(row.name, choice): each for (row, choice), each in zip(cells, verdicts, strict=True)}
    print("\n| situation | `auto` | `native` | `pure` |\n|---|---|---|---|")
    for row in rows:
        print(f"| {row.name} |", *(f"{table.get((row.name, each), '-')} |" for each in CHOICES))
    return summarise(verdicts)


if __name__ == "__main__":
    sys.exit(main())
