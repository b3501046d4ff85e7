"""Builds, installs and questions textcount in environments of their own."""

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
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

ROOT = Path(__file__).resolve().parents[2]
LIBRARY = f"textcount/_native{sysconfig.get_config_var('EXT_SUFFIX')}"

ASK = """
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
    """Something is not as it must be; the message says how."""


class NotRun(Exception):
    """Something could not be checked on this machine; the message says why."""


def expect(condition: object, otherwise: str) -> None:
    """Raise Wrong unless condition holds."""
    if not condition:
        raise Wrong(otherwise)


def run(*command: object, check: bool = True, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a command; its two outputs come as one text."""
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
        raise Wrong(f"{command[0]} ended with {result.returncode}: {result.stdout}")
    return result


def fresh(work: Path) -> Path:
    """A new empty folder in work."""
    return Path(tempfile.mkdtemp(dir=work))


def build_sdist(work: Path, source: Path = ROOT) -> Path:
    """Build the sdist of a folder; gives the archive."""
    out = fresh(work)
    run(sys.executable, "-m", "build", "--sdist", "--outdir", out, source)
    (archive,) = out.iterdir()
    return archive


def unpack(archive: Path, folder: Path) -> Path:
    """Unpack an sdist; gives the folder with setup.py."""
    shutil.unpack_archive(archive, folder)
    (source,) = folder.iterdir()
    return source


def environment(cell: Path, choice: str, **changes: str) -> dict[str, str]:
    """The environment variables of a build that shares nothing with another."""
    shared = {"CARGO_TARGET_DIR": str(cell / "cargo"), "PIP_NO_CACHE_DIR": "1"}
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return {**inherited, **shared, "TEXTCOUNT_BUILD": choice, **changes}


def pip(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run this environment's pip."""
    return run(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments, **options)


def build_wheel(
    cell: Path, source: Path, variables: dict[str, str], builder: Path | None = None
) -> tuple[Path | None, str]:
    """Build a wheel of source; gives it, or None, and what was said.

    Without a builder, an interpreter that has what the build requires, pip
    makes one.
    """
    out = fresh(cell)
    own = ["--python", builder] if builder else []
    isolation = ["--no-build-isolation"] if builder else []
    command = [*own, "wheel", "--no-deps", "-v", "-w", out, *isolation, source]
    said = pip(*command, env=variables, check=False).stdout
    return next(out.iterdir(), None), said


def make_environment(cell: Path, *requirements: object) -> Path:
    """A virtual environment with these requirements; gives its interpreter."""
    folder = fresh(cell)
    venv.create(folder, symlinks=os.name != "nt")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if requirements:
        pip("--python", python, "install", "--no-deps", "-q", *requirements)
    return python


def inspect_wheel(wheel: Path, *, is_pure: bool) -> None:
    """Hold a wheel's tag and its list of files against what they must be."""
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
    expect(found == expected, f"it holds {sorted(found ^ expected)} too much or too little")
    expect(recorded == names, f"RECORD differs by {sorted(recorded ^ names)}")
    known = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "top_level.txt", "licenses/LICENSE"}
    expect(metadata == known, f"its metadata differs by {sorted(metadata ^ known)}")
    limit = 40_000 if is_pure else 1_000_000
    expect(wheel.stat().st_size < limit, f"it has {wheel.stat().st_size} bytes")


def ask(python: Path, away: Path, **changes: str) -> dict[str, Any]:
    """Ask an installed textcount, from a folder away, what it is and counts."""
    text = ROOT / "README.md"
    result = subprocess.run(
        [python, "-W", "error", "-c", ASK, text],
        capture_output=True,
        check=False,
        cwd=away,
        env={**os.environ, "TEXTCOUNT_BACKEND": "", **changes},
        text=True,
    )
    expect(result.returncode == 0, f"it does not run: {result.stderr}")
    answer: dict[str, Any] = json.loads(result.stdout)
    expect(answer["count"] == answer["expected"] > 0, f"it counts wrong: {answer}")
    return answer


def tool(name: str) -> Path:
    """Where a program is."""
    found = shutil.which(name)
    if found is None:
        raise NotRun(f"there is no {name}")
    return Path(found)


def verdicts(check: Callable[[T], str], cases: Sequence[T], label: Callable[[T], str]) -> list[str]:
    """What check says of each case, on all cores; what is wrong goes to standard error."""

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


def close(found: Sequence[str]) -> int:
    """Print the sum of the verdicts and give the exit status."""
    failed = sum(each.startswith("WRONG") for each in found)
    skipped = sum(each.startswith("not run") for each in found)
    print(f"\n{len(found) - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not found else 0
