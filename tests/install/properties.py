"""Check properties of the sdist and the wheels, such as reproducibility; print a table.

    python tests/install/properties.py [ROW ...]

Each ROW selects the properties whose names contain it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bootstrap import bootstrap, run_inside
from common import (
    LIBRARY,
    NATIVE_LIMIT,
    ROOT,
    UNOPTIMISED,
    NotRun,
    build_or_fail,
    build_sdist,
    build_variables,
    build_wheel,
    check_rows,
    checkout,
    expect,
    find_program,
    inspect_wheel,
    make_environment,
    new_folder,
    pip,
    query,
    run,
    unpack,
)
from debian import index_variables

FIRST_RELEASE = "textcount 1.0.0"
"""The first words of the first release's commit message."""

DEBUG_SIZE = 4_000_000
"""Minimum size in bytes of a library that is taken for a debug build."""


@dataclass
class Build:
    """The packages built from a clean checkout."""

    sdist: Path
    native: Path
    pure: Path


def build(cell: Path) -> Build:
    """Build the sdist and both wheels of a clean checkout."""
    source = checkout(cell)
    return Build(
        build_sdist(cell, source),
        build_or_fail(cell, source, "native"),
        build_or_fail(cell, source, "pure"),
    )


def file_hashes(sdist: Path) -> dict[str, str]:
    """Return the hash of each file in an sdist, keyed by the file's name."""
    with tarfile.open(sdist) as archive:
        files = {member.name: archive.extractfile(member) for member in archive if member.isfile()}
        return {
            name: hashlib.sha256(file.read()).hexdigest() for name, file in files.items() if file
        }


def reproducible(built: Build, cell: Path) -> str:
    """Rebuild the sdist, build wheels from the new sdist, and compare with the first build."""
    sdist = build_sdist(cell)
    # An sdist stores the dates of the checkout, so compare only the contents of the files.
    expect(file_hashes(built.sdist) == file_hashes(sdist), "the sdists differ")
    for choice, wheel in (("native", built.native), ("pure", built.pure)):
        other = build_or_fail(cell, unpack(sdist, new_folder(cell)), choice)
        expect(wheel.read_bytes() == other.read_bytes(), f"the {choice} wheels differ")
    return "holds"


def accepted(built: Build, cell: Path) -> str:
    """Check that the index would accept the packages; compare the sdist's files with git."""
    run(sys.executable, "-m", "twine", "check", "--strict", built.sdist, built.native, built.pure)
    run(sys.executable, "-m", "check_manifest", checkout(cell))
    products = (".so", ".pyd", ".dylib", "_build.txt")
    found = [name for name in file_hashes(built.sdist) if name.endswith(products)]
    expect(not found, f"the sdist contains {found}")
    return "holds"


def system_libraries_only(built: Build, _: Path) -> str:
    """Check that the library is small enough, and needs only libraries that every Linux has."""
    if sys.platform != "linux":
        raise NotRun("auditwheel needs Linux")
    output = run(sys.executable, "-m", "auditwheel", "show", built.native).stdout
    bundled = "The following external shared libraries are required"
    expect(bundled not in output and "manylinux" in output, output)
    with zipfile.ZipFile(built.native) as archive:
        size = archive.getinfo(LIBRARY).file_size
    expect(size < NATIVE_LIMIT, f"the library has {size} bytes; the limit is {NATIVE_LIMIT}")
    return f"holds; the library has {size // 1000} kB"


def build_switch(built: Build, cell: Path) -> str:
    """Check builds with TEXTCOUNT_BUILD in upper case, empty or unknown, and under cibuildwheel."""
    source = unpack(built.sdist, new_folder(cell))
    no_rust = {"PATH": str(new_folder(cell))}

    def try_build(choice: str, **variables: str) -> tuple[Path | None, str]:
        return build_wheel(cell, source, build_variables(cell, choice, **no_rust, **variables))

    wheel, output = try_build("fast")
    expect(wheel is None, "the build accepted an unknown value")
    expect("TEXTCOUNT_BUILD='fast' is not one of auto, native, pure" in output, output)
    for choice, reason in (
        ("PURE", "TEXTCOUNT_BUILD=pure"),
        ("", "no cargo"),
        ("Auto", "no cargo"),
    ):
        wheel, output = try_build(choice)
        expect(wheel and f"built without textcount._native: {reason}" in output, output)
    wheel, output = try_build("", CIBUILDWHEEL="1")
    expect(wheel is None and "cannot be built here: no cargo was found" in output, output)
    return "holds"


def make_bundle(cell: Path) -> Path:
    """Build an sdist with vendored crates, as docs/installing.md does; return it."""
    source = checkout(cell)
    (command,) = (
        line.strip()
        for line in (source / "docs/installing.md").read_text("utf-8").splitlines()
        if "DIST_EXTRA_CONFIG" in line and line.startswith("    ")
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run("sh", "-euc", command, cwd=source, env={**os.environ, "PATH": path})
    (bundle,) = (source / "dist").glob("*.tar.gz")
    return bundle


def offline_bundle(_: Build, cell: Path) -> str:
    """Install an sdist with vendored crates offline."""
    bundle = make_bundle(cell)
    rustup_home = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
    offline = {
        "CARGO_HOME": str(new_folder(cell)),
        "CARGO_NET_OFFLINE": "true",
        "RUSTUP_HOME": rustup_home,
        **UNOPTIMISED,
    }
    wheel = build_or_fail(cell, unpack(bundle, new_folder(cell)), "native", **offline)
    answer = query(make_environment(cell, wheel), cell)
    expect(answer["backend"] == "native", f"{answer}")
    return f"holds; {bundle.stat().st_size / 1e6:.1f} MB"


def editable(_: Build, cell: Path) -> str:
    """Install a checkout in editable mode: native without Rust, native, pure, native; check."""
    source = checkout(cell)
    python = make_environment(cell)

    command = ("--python", python, "install", "--no-deps", "-q", "-e", source)
    no_rust = build_variables(cell, "native", PATH=str(new_folder(cell)))
    failed = pip(*command, env=no_rust, check=False)
    expect(failed.returncode, "an editable install without Rust, but with native, did not fail")
    expect("cannot be built here: no cargo was found" in failed.stdout, failed.stdout)

    def install(choice: str, *options: str) -> dict[str, object]:
        pip(*command, *options, env=build_variables(cell, choice, **UNOPTIMISED))
        answer = query(python, cell)
        expect(answer["backend"] == choice, f"after {choice} {options} it is {answer}")
        same = query(python, source)
        expect(same == answer, f"in the source folder it is {same}, elsewhere {answer}")
        return answer

    for choice in ("native", "pure", "native"):
        install(choice)
    size = (source / LIBRARY).stat().st_size
    expect(size < DEBUG_SIZE, f"the library is a debug build: it has {size} bytes")
    install("native", "--config-settings", "editable_mode=strict")
    answer = install("pure", "--config-settings", "editable_mode=strict")
    expect("BUILD=pure" in str(answer["reason"]), f"{answer}")
    return "holds"


def upgrade(built: Build, cell: Path) -> str:
    """Upgrade from 1.0, then uninstall; check that no file is left."""
    log = run(find_program("git"), "-C", ROOT, "log", "--format=%H %s").stdout.splitlines()
    found = [line.split()[0] for line in log if line.split(" ", 1)[1].startswith(FIRST_RELEASE)]
    if not found:
        raise NotRun("the history of this checkout does not go back to 1.0")
    python = make_environment(cell)
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    )
    before = {*site.parent.parent.parent.rglob("*")}
    old = checkout(cell, found[0])
    pip("--python", python, "install", "--no-deps", "-q", old, env=build_variables(cell, "auto"))
    expect(query(python, cell)["version"] == "1.0.0", "1.0.0 was not installed")
    pip("--python", python, "install", "--no-deps", "-q", "--upgrade", built.native)
    answer = query(python, cell)
    expect(
        (answer["backend"], answer["version"]) == ("native", built.native.name.split("-")[1]),
        f"{answer}",
    )
    pip("--python", python, "uninstall", "-q", "--yes", "textcount")
    left = [path for path in {*site.parent.parent.parent.rglob("*")} - before if path.is_file()]
    expect(not left, f"uninstalling leaves {left}")
    return "holds"


def free_threaded(built: Build, cell: Path) -> str:
    """Check that the crate compiles for free-threaded 3.14, even without that interpreter."""
    config = new_folder(cell) / "pyo3.txt"
    settings = {
        "implementation": "CPython",
        "version": "3.14",
        "shared": "true",
        "abi3": "false",
        "pointer_width": "64",
        "build_flags": "Py_GIL_DISABLED",
    }
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), "utf-8")
    variables = build_variables(
        cell, "native", PYO3_CONFIG_FILE=str(config), TEXTCOUNT_VERSION="any"
    )
    command = ("check", "--locked", "--features", "python", "--manifest-path")
    source = unpack(built.sdist, new_folder(cell))
    run(find_program("cargo"), *command, source / "rust/Cargo.toml", env=variables)
    return "compiles"


def setup_script(built: Build, cell: Path) -> str:
    """Run setup.py itself without setuptools-rust; check that nothing is downloaded."""
    source = unpack(built.sdist, new_folder(cell))
    python = make_environment(cell, "setuptools")
    before = {*source.rglob("*")}
    command = (python, "setup.py", "bdist_wheel")
    variables = build_variables(cell, "native")
    output = run(*command, cwd=source, env=variables, check=False).stdout
    advice = "setuptools-rust was not found. To build it, install setuptools-rust>="
    expect(f"the extension cannot be built here: {advice}" in output, output)
    left = {path for path in {*source.rglob("*")} - before if "egg-info" not in str(path)}
    expect(not left, f"a build that fails leaves {left}")
    output = run(*command, cwd=source, env=build_variables(cell, "auto")).stdout
    expect(f"built without textcount._native: {advice}" in output, output)
    (wheel,) = (source / "dist").iterdir()
    inspect_wheel(wheel, is_pure=True)
    expect(not (source / ".eggs").exists(), "it leaves .eggs/")
    return "says what to install"


def warnings_are_errors(built: Build, cell: Path) -> str:
    """Build a wheel under PYTHONWARNINGS=error.

    Some versions of pip fail there by themselves, so call the function that pip calls.
    """
    source, output = unpack(built.sdist, new_folder(cell)), new_folder(cell)
    needed_by_setuptools_rust = ("semantic-version", "tomli; python_version < '3.11'")
    python = make_environment(cell, "setuptools", "setuptools-rust", *needed_by_setuptools_rust)
    script = f"from setuptools import build_meta; build_meta.build_wheel({str(output)!r})"
    for choice in ("auto", "native"):
        variables = build_variables(cell, choice, PYTHONWARNINGS="error", **UNOPTIMISED)
        run(python, "-c", script, cwd=source, env=variables)
        (wheel,) = output.iterdir()
        inspect_wheel(wheel, is_pure=False)
    return "native wheel"


def debian_13(built: Build, cell: Path) -> str:
    """Install the offline bundle in a Debian 13, with Debian's own Rust and Python."""
    del built
    root = new_folder(cell)
    root.chmod(0o755)
    packages = ("python3", "python3-venv", "ca-certificates", "cargo", "gcc", "libc6-dev")
    bootstrap(root, "trixie", packages)
    version = run_inside(root, "rustc", "-V").stdout.strip()
    bundle = make_bundle(cell)
    shutil.copy(bundle, root / bundle.name)
    script = (
        "python3 -m venv /venv && /venv/bin/pip install -q "
        f"/{bundle.name} && cd / && /venv/bin/textcount --version"
    )
    variables = {"CARGO_NET_OFFLINE": "true", **UNOPTIMISED, **index_variables(root)}
    result = run_inside(root, "bash", "-c", script, **variables)
    expect("backend: native" in result.stdout, result.stdout)
    return f"native with {version.partition(' (')[0]}"


PROPERTIES: dict[str, Callable[[Build, Path], str]] = {
    "two builds, from a checkout and from its sdist, are identical": reproducible,
    "TEXTCOUNT_BUILD takes its values in any case, and no others": build_switch,
    "twine and check-manifest find nothing": accepted,
    "the library needs only system libraries": system_libraries_only,
    "the offline bundle builds native without a network": offline_bundle,
    "editable: native fails without Rust; native, then pure, then native": editable,
    "upgrade from 1.0; uninstall leaves nothing": upgrade,
    "free-threaded CPython 3.14": free_threaded,
    "`python setup.py bdist_wheel` without setuptools-rust": setup_script,
    "PYTHONWARNINGS=error": warnings_are_errors,
    "Debian 13 with its own Rust": debian_13,
}


def main() -> int:
    """Check the requested properties and print the table; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        built = build(new_folder(work))

        def check(name: str) -> str:
            return PROPERTIES[name](built, new_folder(work))

        return check_rows("property | verdict", PROPERTIES, check)


if __name__ == "__main__":
    sys.exit(main())
