"""Build, install and query textcount in isolated environments."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = f"textcount/_native{sysconfig.get_config_var('EXT_SUFFIX')}"

NATIVE_LIMIT = 1_000_000
"""Maximum size in bytes of a native wheel, and of the library in it."""
PURE_LIMIT = 100_000
"""Maximum size in bytes of the pure wheel."""

UNOPTIMISED = {
    "CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16",
    "CARGO_PROFILE_RELEASE_LTO": "off",
}
"""Environment variables that halve the time of a native build.

These variables change the library, so checks of its size or its bytes must not set them.
"""

QUERY = """
import json, sys, textcount
from pathlib import Path
text = Path(sys.argv[1]).read_text("utf-8")
print(json.dumps({
    "version": textcount.__version__,
    "backend": textcount.BACKEND if hasattr(textcount, "BACKEND") else "pure",
    "reason": getattr(textcount, "BACKEND_REASON", ""),
    "count": textcount.count_occurrences(text, "the"),
    "expected": text.split().count("the"),
}))
"""


class Wrong(Exception):
    """A check found a fault, which the message describes."""


class NotRun(Exception):
    """A check cannot run on this machine, for the reason in the message."""


def expect(condition: object, otherwise: str) -> None:
    """Raise Wrong unless the condition holds."""
    if not condition:
        raise Wrong(otherwise)


def run(*command: object, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; return its standard output and standard error as one text."""
    result = subprocess.run(
        [*map(str, command)],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        **options,
    )
    if check and result.returncode:
        raise Wrong(f"{command[0]} exited with {result.returncode}: {result.stdout}")
    return result


def find_program(name: str) -> Path:
    """Return the path of a program, or raise NotRun."""
    found = shutil.which(name)
    if found is None:
        raise NotRun(f"{name} is not installed")
    return Path(found)


def new_folder(parent: Path) -> Path:
    """Return a new, empty folder in a parent folder."""
    return Path(tempfile.mkdtemp(dir=parent))


def checkout(parent: Path, revision: str = "HEAD") -> Path:
    """Clone the project into a new folder, without uncommitted changes; return the clone."""
    if not (ROOT / ".git").exists():
        raise NotRun(f"{ROOT} is not a git checkout")
    git = find_program("git")
    clone = new_folder(parent) / "textcount"
    run(git, "clone", "--quiet", ROOT, clone)
    run(git, "-C", clone, "checkout", "--quiet", revision)
    return clone


def build_sdist(parent: Path, source: Path | None = None) -> Path:
    """Build the sdist of a source folder, or of a clean checkout; return the archive."""
    # tox may be building an sdist in ROOT, where both builds would use the same temporary files.
    source = source or checkout(parent)
    output = new_folder(parent)
    run(sys.executable, "-m", "build", "--sdist", "--outdir", output, source)
    (archive,) = output.iterdir()
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an sdist into an empty folder; return the source folder in it."""
    shutil.unpack_archive(archive, folder)
    (source,) = folder.iterdir()
    return source


def build_variables(cell: Path, choice: str, **changes: str) -> dict[str, str]:
    """Return environment variables for a build that shares no cache with other builds."""
    isolated = {"CARGO_TARGET_DIR": str(cell / "cargo"), "PIP_NO_CACHE_DIR": "1"}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**inherited, **isolated, "TEXTCOUNT_BUILD": choice, **changes}


def pip(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run pip with this interpreter."""
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, **options)


def build_wheel(
    cell: Path, source: Path, variables: dict[str, str], builder: Path | None = None
) -> tuple[Path | None, str]:
    """Build a wheel; return its path (None if the build fails) and pip's output.

    A builder is an interpreter that has the build requirements. Without a builder, pip
    installs the build requirements into an isolated environment.
    """
    output = new_folder(cell)
    interpreter = ["--python", builder] if builder else []
    isolation = ["--no-build-isolation"] if builder else []
    command = [*interpreter, "wheel", "--no-deps", "-v", "-w", output, *isolation, source]
    said = pip(*command, env=variables, check=False).stdout
    return next(output.iterdir(), None), said


def build_or_fail(cell: Path, source: Path, choice: str, **variables: str) -> Path:
    """Build and inspect a wheel; return its path."""
    wheel, output = build_wheel(cell, source, build_variables(cell, choice, **variables))
    if wheel is None:
        raise Wrong(f"the build failed: {output}")
    inspect_wheel(wheel, is_pure=choice == "pure")
    return wheel


def make_environment(cell: Path, *requirements: object) -> Path:
    """Create a virtual environment, install requirements in it, and return its interpreter."""
    folder = new_folder(cell)
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if requirements:
        pip("--python", python, "install", "--no-deps", "-q", *requirements)
    return python


def inspect_wheel(wheel: Path, *, is_pure: bool) -> None:
    """Check a wheel's tag, list of files, metadata and size."""
    tag = wheel.stem.split("-", 2)[2]
    if is_pure:
        expect(tag == "py3-none-any", f"the tag is {tag}")
    else:
        version = f"cp{sys.version_info.major}{sys.version_info.minor}"
        expect(tag.startswith(f"{version}-{version}"), f"the tag is {tag}")
    sources = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "textcount").iterdir()
        if path.suffix in {".py", ".pyi", ".typed"}
    }
    expected = sources | {"textcount/_build.txt" if is_pure else LIBRARY}
    with zipfile.ZipFile(wheel) as archive:
        names = {*archive.namelist()}
        (about,) = (archive.read(name).decode() for name in names if name.endswith("/WHEEL"))
        found = {name for name in names if ".dist-info/" not in name}
        metadata = {name.split(".dist-info/")[1] for name in names - found}
        (record,) = (name for name in names if name.endswith("/RECORD"))
        recorded = {line.split(",")[0] for line in archive.read(record).decode().splitlines()}
    expect(f"Root-Is-Purelib: {str(is_pure).lower()}" in about, about)
    expect(f"Tag: {tag}" in about, about)
    expect(found == expected, f"missing or unexpected files: {sorted(found ^ expected)}")
    expect(recorded == names, f"RECORD differs by {sorted(recorded ^ names)}")
    known = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}
    expect(metadata == known, f"missing or unexpected metadata: {sorted(metadata ^ known)}")
    size, limit = wheel.stat().st_size, PURE_LIMIT if is_pure else NATIVE_LIMIT
    expect(size < limit, f"the wheel has {size} bytes; the limit is {limit}")


def query(python: Path, folder: Path, warnings: str = "error") -> dict[str, Any]:
    """Ask the installed textcount for the version, the backend and a count; check the count.

    Python runs in a folder outside the checkout, so it imports the installed package. Its option
    ``-W`` gets the argument ``warnings``.
    """
    text = ROOT / "README.md"
    result = subprocess.run(
        [python, "-W", warnings, "-c", QUERY, text],
        capture_output=True,
        check=False,
        cwd=folder,
        env={**os.environ, "TEXTCOUNT_BACKEND": ""},
        text=True,
    )
    expect(result.returncode == 0, f"textcount does not run: {result.stderr}")
    answer: dict[str, Any] = json.loads(result.stdout)
    expect(answer["count"] == answer["expected"] > 0, f"the count is wrong: {answer}")
    return answer


def requested(names: Iterable[str]) -> list[str]:
    """Return the names that contain an argument of the command line; all if there is none."""
    asked = sys.argv[1:] or [""]
    return [name for name in names if any(part in name for part in asked)]


def check_all(
    check: Callable[[T], str], cases: Sequence[T], label: Callable[[T], str]
) -> list[str]:
    """Run a check on each case, using all cores; return the verdicts.

    A verdict is the text that the check returns, or a text that begins with "not run" or
    "WRONG". A fault is also printed in full on standard error, below the label of its case.
    """

    def verdict(case: T) -> str:
        try:
            return check(case)
        except NotRun as reason:
            return f"not run: {reason}"
        except Exception as error:
            print(f"\n{label(case)}: {error!r}\n{error}", file=sys.stderr)
            return f"WRONG: {str(error).splitlines()[0][:80]}"

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return [*pool.map(verdict, cases)]


def check_rows(headings: str, names: Iterable[str], check: Callable[[str], str]) -> int:
    """Run a check on the requested names; print a table of verdicts; return the exit status."""
    rows = requested(names)
    verdicts = check_all(check, rows, str)
    print(f"\n| {headings} |\n|---|---|")
    for name, verdict in zip(rows, verdicts, strict=True):
        print(f"| {name} | {verdict} |")
    return summarise(verdicts)


def summarise(verdicts: Sequence[str]) -> int:
    """Print how many verdicts passed, failed and were skipped; return the exit status."""
    failed = sum(each.startswith("WRONG") for each in verdicts)
    skipped = sum(each.startswith("not run") for each in verdicts)
    print(f"\n{len(verdicts) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not verdicts else 0
