"""Check that a folder contains a complete release whose wheels match their tags.

    python tests/install/release.py FOLDER

A release consists of an sdist, a pure wheel, and a native wheel for each Python on each
platform. Each names the address of the repository, and not the placeholder in pyproject.toml.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

PYTHONS = (
    *(f"cp3{minor}-cp3{minor}" for minor in range(10, 16)),
    *(f"cp3{minor}-cp3{minor}t" for minor in (14, 15)),
)
PLATFORMS = {
    "manylinux x86_64": ("manylinux", "x86_64"),
    "manylinux aarch64": ("manylinux", "aarch64"),
    "musllinux x86_64": ("musllinux", "x86_64"),
    "musllinux aarch64": ("musllinux", "aarch64"),
    "macOS x86_64": ("macosx", "x86_64"),
    "macOS arm64": ("macosx", "arm64"),
    "Windows amd64": ("win", "amd64"),
}
LIBRARIES = (".so", ".pyd")
PLACEHOLDER = b".invalid/"
"""The end of the host in an address that is a placeholder. No real host has this ending."""


def faults(folder: Path) -> list[str]:
    """Return the faults of a release, one sentence for each fault."""
    found: list[str] = []
    wheels = {path.stem.split("-", 2)[2]: path for path in folder.glob("*.whl")}
    versions = {path.stem.split("-")[1] for path in wheels.values()}
    sdists = sorted(folder.glob("*.tar.gz"))
    if len(sdists) > 1 or len(versions) > 1:
        found.append(f"{folder} contains several releases")
    for tag, path in sorted(wheels.items()):
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            metadata = [archive.read(name) for name in names if name.endswith("/METADATA")]
        if any(PLACEHOLDER in each for each in metadata):
            found.append(f"{path.name} has a placeholder for the repository: see pyproject.toml")
        has_library = any(name.endswith(LIBRARIES) for name in names)
        if has_library == (tag == "py3-none-any"):
            content = "a library" if has_library else "no library"
            found.append(f"{path.name} contains {content}")
        if tag != "py3-none-any" and not any(matches(tag, *wanted) for wanted in expected()):
            found.append(f"{path.name} is not part of a release")
    found += [f"{folder} has no sdist"] * (not sdists)
    found += [f"{folder} has no wheel py3-none-any"] * ("py3-none-any" not in wheels)
    found += [
        f"{folder} has no wheel for {python} on {platform}"
        for python, platform in expected()
        if not any(matches(tag, python, platform) for tag in wheels)
    ]
    return found


def expected() -> list[tuple[str, str]]:
    """Return the pairs of a Python and a platform that need a wheel."""
    return [(python, platform) for python in PYTHONS for platform in PLATFORMS]


def matches(tag: str, python: str, platform: str) -> bool:
    """Return whether a wheel's tag matches a Python and a platform."""
    system, machine = PLATFORMS[platform]
    rest = tag.removeprefix(f"{python}-")
    return rest != tag and rest.startswith(system) and rest.endswith(machine)


def main() -> int:
    """Check the folder that the command line names; return the exit status."""
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    found = faults(Path(sys.argv[1]))
    print(*found, sep="\n", file=sys.stderr, end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
