"""Test install/release.py, which checks a release before the upload."""

import re
import sys
import zipfile
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).with_name("install")))
import release

ROOT = Path(__file__).parents[1]

pytestmark = [pytest.mark.once, pytest.mark.own_backend]


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """Write a complete release, whose wheels hold one empty file each; return the folder."""
    (tmp_path / "textcount-9.tar.gz").touch()
    wheel(tmp_path, "py3-none-any", "textcount/_pure.py")
    for python, platform in release.expected():
        system, machine = release.PLATFORMS[platform]
        version = {"manylinux": "2_17_", "musllinux": "1_2_", "macosx": "11_0_", "win": ""}[system]
        name = f"{python}-{system}_{version}{machine}"
        wheel(tmp_path, name, "textcount/_native.so")
    return tmp_path


def wheel(folder: Path, tag: str, *names: str) -> None:
    with zipfile.ZipFile(folder / f"textcount-9-{tag}.whl", "w") as archive:
        for name in names:
            archive.writestr(name, "")


def test_a_complete_release_has_no_faults(dist: Path) -> None:
    assert len(list(dist.glob("*.whl"))) == 57
    assert release.faults(dist) == []


def test_missing_files_are_named(dist: Path) -> None:
    for name in ("cp310-cp310-win_amd64.whl", "py3-none-any.whl"):
        (dist / f"textcount-9-{name}").unlink()
    (dist / "textcount-9.tar.gz").unlink()
    assert release.faults(dist) == [
        f"{dist} has no sdist",
        f"{dist} has no wheel py3-none-any",
        f"{dist} has no wheel for cp310-cp310 on Windows amd64",
    ]


def test_wheels_that_do_not_match_their_tags_are_named(dist: Path) -> None:
    wheel(dist, "py3-none-any", "textcount/_native.so")
    wheel(dist, "cp312-cp312-win_amd64", "textcount/_pure.py")
    wheel(dist, "cp312-cp312-linux_x86_64", "textcount/_native.so")
    wheel(dist, "cp314-cp314t-win_arm64", "textcount/_native.pyd")
    (dist / "textcount-8.tar.gz").touch()
    assert release.faults(dist) == [
        f"{dist} contains several releases",
        "textcount-9-cp312-cp312-linux_x86_64.whl is not part of a release",
        "textcount-9-cp312-cp312-win_amd64.whl contains no library",
        "textcount-9-cp314-cp314t-win_arm64.whl is not part of a release",
        "textcount-9-py3-none-any.whl contains a library",
    ]


def test_the_placeholder_of_the_repository_is_refused(dist: Path) -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (address,) = re.findall(r'^Repository = "(.+)"$', project, re.MULTILINE)
    path = dist / "textcount-9-py3-none-any.whl"
    for name, is_refused in ((address, ".invalid" in address), ("https://example.org/x", False)):
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("textcount-9.dist-info/METADATA", f"Project-URL: Repository, {name}\n")
        fault = f"{path.name} has a placeholder for the repository: see pyproject.toml"
        assert release.faults(dist) == [fault] * is_refused


def test_every_supported_python_is_tested_built_and_released() -> None:
    def minors(file: str, listing: str) -> set[int]:
        found = re.search(listing, (ROOT / file).read_text(encoding="utf-8"))
        assert found, f"{file} lists no Pythons"
        return {int(minor) for minor in re.findall(r"1\d", found[1])}

    released = {int(python.split("-")[0].removeprefix("cp3")) for python in release.PYTHONS}
    assert minors("pyproject.toml", r"(?s)\[tool.cibuildwheel\].*?\nbuild = \[(.*?)\]") == released
    assert minors("tox.ini", r"py3\{(.*)\}-\{native,fallback,pure\}") == released
    assert minors(".ci/run", r"python3\.\{(.*)\} ") == released
    assert minors(".github/workflows/tests.yml", r"python: \[(.*)\]") == released
    assert minors("pyproject.toml", r'requires-python = ">=3\.(\d+)"') == {min(released)}
