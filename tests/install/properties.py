"""What else must hold of the sdist and the wheels: checks each, prints a table.

    python tests/install/properties.py [ROW ...]

ROW is part of a row's name.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from common import (
    LIBRARY,
    ROOT,
    NotRun,
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
    pip,
    run,
    tool,
    unpack,
    verdicts,
)

FIRST_RELEASE = "textcount 1.0.0"
"""How the subject of the commit begins that the upgrade starts from."""


def wheel_of(cell: Path, source: Path, choice: str, **variables: str) -> Path:
    """Build a wheel that must succeed."""
    wheel, said = build_wheel(cell, source, environment(cell, choice, **variables))
    if wheel is None:
        raise Wrong(f"it was not built: {said}")
    inspect_wheel(wheel, is_pure=choice == "pure")
    return wheel


def checkout(cell: Path, revision: str = "HEAD") -> Path:
    """A clean checkout of the project, in a folder of its own."""
    if not (ROOT / ".git").exists():
        raise NotRun("this is no git checkout")
    folder = fresh(cell) / "textcount"
    run(tool("git"), "clone", "--quiet", ROOT, folder)
    run(tool("git"), "-C", folder, "checkout", "--quiet", revision)
    return folder


def contents(archive: Path) -> dict[str, str]:
    """The files in an sdist or wheel, each with the hash of what is in it."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return {name: hashlib.sha256(wheel.read(name)).hexdigest() for name in wheel.namelist()}
    with tarfile.open(archive) as sdist:
        files = {member.name: sdist.extractfile(member) for member in sdist if member.isfile()}
        return {
            name: hashlib.sha256(file.read()).hexdigest() for name, file in files.items() if file
        }


@dataclass
class Build:
    """What one checkout gives; most properties are properties of it."""

    source: Path
    sdist: Path
    native: Path
    pure: Path


def build(cell: Path) -> Build:
    """Build all there is to build from a clean checkout."""
    source = checkout(cell)
    return Build(
        source,
        build_sdist(cell, source),
        wheel_of(cell, source, "native"),
        wheel_of(cell, source, "pure"),
    )


def same_from_sdist(built: Build, cell: Path) -> str:
    """A wheel of a checkout and one of its sdist have the same content."""
    for choice, wheel in (("native", built.native), ("pure", built.pure)):
        other = wheel_of(cell, unpack(built.sdist, fresh(cell)), choice)
        expect(contents(wheel) == contents(other), f"the {choice} wheels differ")
    return "holds"


def reproducible(built: Build, cell: Path) -> str:
    """Builds of one commit in two folders are the same: wheels byte for byte."""
    other = build(cell)
    expect(contents(built.sdist) == contents(other.sdist), "the sdists differ")
    expect(built.native.read_bytes() == other.native.read_bytes(), "the native wheels differ")
    expect(built.pure.read_bytes() == other.pure.read_bytes(), "the pure wheels differ")
    return "holds"


def accepted(built: Build, cell: Path) -> str:
    """The index would take the files, and the sdist holds what git does."""
    run(sys.executable, "-m", "twine", "check", "--strict", built.sdist, built.native, built.pure)
    run(sys.executable, "-m", "check_manifest", checkout(cell))
    products = (".so", ".pyd", ".dylib", "_build.txt")
    found = [name for name in contents(built.sdist) if name.endswith(products)]
    expect(not found, f"the sdist holds {found}")
    return "holds"


def system_libraries_only(built: Build, _: Path) -> str:
    """The native library links to nothing but what every Linux has."""
    if sys.platform != "linux":
        raise NotRun("auditwheel is for Linux")
    said = run(sys.executable, "-m", "auditwheel", "show", built.native).stdout
    bundled = "The following external shared libraries are required"
    expect(bundled not in said and "manylinux" in said, said)
    with zipfile.ZipFile(built.native) as archive:
        size = archive.getinfo(LIBRARY).file_size
    expect(size < 1_000_000, f"the library has {size} bytes")
    return f"holds; the library has {size // 1000} kB"


def the_switch(built: Build, cell: Path) -> str:
    """TEXTCOUNT_BUILD: in any case, empty is auto, anything else lists the choices."""
    source = unpack(built.sdist, fresh(cell))
    no_rust = {"PATH": str(fresh(cell))}

    def said(choice: str, **variables: str) -> tuple[Path | None, str]:
        return build_wheel(cell, source, environment(cell, choice, **no_rust, **variables))

    wheel, output = said("fast")
    expect(wheel is None, "an unknown choice was taken")
    expect("TEXTCOUNT_BUILD='fast' is not one of auto, native, pure" in output, output)
    for choice, reason in (
        ("PURE", "TEXTCOUNT_BUILD=pure"),
        ("", "no cargo"),
        ("Auto", "no cargo"),
    ):
        wheel, output = said(choice)
        expect(wheel and f"built without textcount._native: {reason}" in output, output)
    wheel, output = said("", CIBUILDWHEEL="1")
    expect(wheel is None and "TEXTCOUNT_BUILD=native, but no cargo" in output, output)
    return "holds"


def offline_bundle(_: Build, cell: Path) -> str:
    """The sdist with its crates, as docs/installing.md makes it, needs no network."""
    source = checkout(cell)
    (command,) = (
        line.strip()
        for line in (source / "docs/installing.md").read_text("utf-8").splitlines()
        if "DIST_EXTRA_CONFIG" in line and line.startswith("    ")
    )
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run("sh", "-euc", command, cwd=source, env={**os.environ, "PATH": path})
    (bundle,) = (source / "dist").glob("*.tar.gz")
    home = os.environ.get("RUSTUP_HOME", str(Path.home() / ".rustup"))
    offline = {"CARGO_HOME": str(fresh(cell)), "RUSTUP_HOME": home, "CARGO_NET_OFFLINE": "true"}
    wheel = wheel_of(cell, unpack(bundle, fresh(cell)), "native", **offline)
    expect(ask(make_environment(cell, wheel), cell)["backend"] == "native", "it is not native")
    return f"holds; {bundle.stat().st_size / 1e6:.1f} MB"


def editable(_: Build, cell: Path) -> str:
    """An editable install follows the switch: native, pure, native."""
    source = checkout(cell)
    python = make_environment(cell)
    for choice in ("native", "pure", "native"):
        variables = environment(cell, choice)
        pip("--python", python, "install", "--no-deps", "-q", "-e", source, env=variables)
        answer = ask(python, cell)
        expect(answer["backend"] == choice, f"after {choice} it is {answer}")
    size = (source / LIBRARY).stat().st_size
    expect(size < 1_000_000, f"the library has {size} bytes: a debug build")
    for choice in ("native", "pure"):
        strict = ("--config-settings", "editable_mode=strict", "-e", source)
        install = ("--python", python, "install", "--no-deps", "-q", *strict)
        pip(*install, env=environment(cell, choice))
        answer = ask(python, cell)
        expect(answer["backend"] == choice, f"after a strict {choice} it is {answer}")
        expect(choice == "native" or "BUILD=pure" in answer["reason"], f"{answer}")
    return "holds"


def upgrade(built: Build, cell: Path) -> str:
    """An upgrade from 1.0 takes its place, and uninstalling leaves nothing."""
    log = run(tool("git"), "-C", ROOT, "log", "--format=%H %s").stdout.splitlines()
    found = [line.split()[0] for line in log if line.split(" ", 1)[1].startswith(FIRST_RELEASE)]
    if not found:
        raise NotRun("this checkout does not go back to 1.0")
    python = make_environment(cell)
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    )
    before = {*site.parent.parent.parent.rglob("*")}
    old = checkout(cell, found[0])
    pip("--python", python, "install", "--no-deps", "-q", old, env=environment(cell, "auto"))
    expect(ask(python, cell)["version"] == "1.0.0", "1.0.0 was not installed")
    pip("--python", python, "install", "--no-deps", "-q", "--upgrade", built.native)
    answer = ask(python, cell)
    expect(
        (answer["backend"], answer["version"]) == ("native", built.native.name.split("-")[1]),
        f"{answer}",
    )
    pip("--python", python, "uninstall", "-q", "--yes", "textcount")
    left = [path for path in {*site.parent.parent.parent.rglob("*")} - before if path.is_file()]
    expect(not left, f"there are left {left}")
    return "holds"


def free_threaded(built: Build, cell: Path) -> str:
    """The crate compiles for free-threaded 3.14, whether there is one or not."""
    config = fresh(cell) / "pyo3.txt"
    settings = {
        "implementation": "CPython",
        "version": "3.14",
        "shared": "true",
        "abi3": "false",
        "pointer_width": "64",
        "build_flags": "Py_GIL_DISABLED",
    }
    config.write_text("".join(f"{key}={value}\n" for key, value in settings.items()), "utf-8")
    variables = environment(cell, "native", PYO3_CONFIG_FILE=str(config), TEXTCOUNT_VERSION="any")
    command = ("check", "--locked", "--features", "python", "--manifest-path")
    source = unpack(built.sdist, fresh(cell))
    run(tool("cargo"), *command, source / "rust/Cargo.toml", env=variables)
    return "compiles"


PROPERTIES: dict[str, Callable[[Build, Path], str]] = {
    "wheels of a checkout and of its sdist are the same": same_from_sdist,
    "two builds in two folders are identical": reproducible,
    "the switch takes its values in any case, and no others": the_switch,
    "twine and check-manifest find nothing": accepted,
    "the library needs only system libraries": system_libraries_only,
    "the offline bundle builds native without a network": offline_bundle,
    "editable: native, then pure, then native": editable,
    "upgrade from 1.0; uninstall leaves nothing": upgrade,
    "free-threaded CPython 3.14": free_threaded,
}


def main() -> int:
    """Run the checks and give the exit status."""
    asked = sys.argv[1:] or [""]
    names = [name for name in PROPERTIES if any(part in name for part in asked)]
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        built = build(fresh(work))
        found = verdicts(lambda name: PROPERTIES[name](built, fresh(work)), names, str)
    print("\n| property | verdict |\n|---|---|")
    for name, verdict in zip(names, found, strict=True):
        print(f"| {name} | {verdict} |")
    return close(found)


if __name__ == "__main__":
    sys.exit(main())
