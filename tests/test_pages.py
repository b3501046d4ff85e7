"""Test that the pages' examples and commands work, and that the translations match."""

import doctest
import importlib.metadata
import re
import shutil
import subprocess
import sys
from importlib.metadata import requires
from pathlib import Path

import pytest

import textcount

pytestmark = pytest.mark.once

ROOT = Path(__file__).parents[1]
PAGES = {
    path.relative_to(ROOT).as_posix(): path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"))
}
TRANSLATIONS = [
    ("README.md", "README.es.md"),
    ("docs/refactoring.md", "docs/refactorizar.md"),
    ("docs/refactoring-alternatives.md", "docs/refactorizar-alternativas.md"),
]
FENCED = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)

RUN_ELSEWHERE = {
    # the beginning of a command: the file that runs the command, and a part of the file
    "python3 -m venv .venv && .venv/bin/pip install -e '.[cli]' && .venv/bin/textcount the": (
        "tests/install/debian.py",
        "bin/textcount",
    ),
    "python3 -m venv .venv && .venv/bin/pip install tox && .venv/bin/tox run-parallel": (
        "tests/install/debian.py",
        "bin/tox",
    ),
    ".venv/bin/textcount --dask local -j 2": ("tests/test_executors.py", '"--dask", "local"'),
    "textcount --dask local -j 2": ("tests/test_executors.py", '"--dask", "local"'),
    "textcount --dask tcp://scheduler:8786": ("tests/test_executors.py", '"--dask", address'),
    "cd rust && TEXTCOUNT_VERSION=any cargo +nightly rustc": ("tests/install/guide.py", "cd rust"),
    "printf '[sdist]": ("tests/install/properties.py", "DIST_EXTRA_CONFIG"),
}
"""Commands that need a network, a cluster, a compiler or a new machine."""

NOT_RUN = {
    ".venv/bin/pip install -e '.[cli,dask]'": "tox installs this for coverage",
    "cargo +nightly fuzz run": "fuzzing has no end; rust/tests/kernels.rs runs the seeds",
    "pip install textcount": "an index has the released version, not this one",
}
"""Commands that no test runs, each with the reason."""

ENVIRONMENTS = {
    name
    for names in re.findall(
        r"^\[testenv:\{?([\w,-]+)", (ROOT / "tox.ini").read_text("utf-8"), re.MULTILINE
    )
    for name in names.split(",")
}


def commands(page: str) -> list[str]:
    """Return the commands on a page: the indented lines that begin with a program's name."""
    text = FENCED.sub("", PAGES[page].read_text("utf-8"))
    programs = r"\.venv/bin/\w+|python3?|pip|tox|cargo|cd|printf|textcount"
    lines = re.findall(rf"^    ((?:{programs}) .*)$", text, re.MULTILINE)
    return [
        line.partition(" #")[0].rstrip()
        for line in lines
        if not re.match(r"textcount( \d|\._native)", line)
    ]


@pytest.mark.parametrize("page", ["README.md", "README.es.md"])
def test_examples_in_the_readme(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(ROOT / "LICENSE", tmp_path)
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PAGES[page]), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.parametrize("page", ["README.md", "README.es.md"])
def test_the_readme_begins_with_what_a_newcomer_needs(page: str) -> None:
    text = PAGES[page].read_text("utf-8")
    steps = [
        "count_occurrences(hamlet",  # an example
        "(docs/speed.svg)",  # the chart
        "&& .venv/bin/textcount the README.md",  # a command that counts
        "&& .venv/bin/tox run-parallel",  # a command that runs the tests
        "\n    .venv/bin/textcount the",  # commands to try next
        "\n>>> count_file(",
    ]
    positions = [text.find(step) for step in steps]
    assert -1 not in positions
    assert positions == sorted(positions)
    (paragraph,) = (each for each in text.split("\n\n") if "https://rustup.rs" in each)
    assert ".venv/bin/textcount --version" in paragraph


@pytest.mark.skipif(sys.platform in {"emscripten", "win32"}, reason="the commands need a shell")
@pytest.mark.parametrize("page", sorted(PAGES))
def test_commands_on_a_page_succeed(page: str, tmp_path: Path) -> None:
    """The README's commands need only what a copy of the repository has after the install."""
    for name, path in PAGES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, tmp_path / name)
    script = tmp_path / ".venv/bin/textcount"
    script.parent.mkdir(parents=True)
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m textcount "$@"\n', "utf-8")
    script.chmod(0o700)
    functions = ""
    if not page.startswith("README"):
        functions = f'python() {{ "{sys.executable}" "$@"; }}\ntextcount() {{ {script} "$@"; }}\n'
        for name in ("essay.txt", "notes.md", "log", "english.txt", "spanish.txt"):
            (tmp_path / name).write_text("the end, to be; ERROR de ventanas\n", "utf-8")
        (tmp_path / "notes.txt").touch()
    for command in commands(page):
        if command.startswith((*RUN_ELSEWHERE, *NOT_RUN)):
            continue
        program, *arguments = command.split()
        if program == "tox":
            named = arguments[arguments.index("-e") + 1].split(",") if "-e" in arguments else []
            for each in named:
                python = re.fullmatch(r"py3\d+-(native|fallback|pure)", each)
                assert python or each in ENVIRONMENTS, command
            continue
        assert program in {"textcount", "python", ".venv/bin/textcount"}, (
            f"no test runs this: {command}"
        )
        shell = functions + command.replace("benchmarks/", f"{ROOT}/benchmarks/")
        result = subprocess.run(
            ["bash", "-c", shell], cwd=tmp_path, capture_output=True, check=False
        )
        assert (result.returncode, result.stderr) == (0, b""), command


def test_commands_run_elsewhere_are_on_a_page_and_in_that_file() -> None:
    on_pages = [command for page in PAGES for command in commands(page)]
    for command in (*RUN_ELSEWHERE, *NOT_RUN):
        assert any(each.startswith(command) for each in on_pages), command
    for path, part in RUN_ELSEWHERE.values():
        assert part in (ROOT / path).read_text("utf-8"), part


def test_messages_name_a_library_and_the_extra_that_installs_it() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "textcount").glob("*.py"))
    text = re.sub(r'"\n +"', "", sources)
    found = re.findall(r"install (\S+), or textcount with the extra (\w+)", text)
    assert len(found) == 4
    for library, extra in found:
        pattern = rf"{re.escape(library)}\W.*extra == .{extra}."
        assert any(re.match(pattern, each) for each in requires("textcount") or ()), library


def test_the_pages_show_the_present_version() -> None:
    shown = f"    textcount {textcount.__version__}\n    backend: "
    assert shown in PAGES["docs/installing.md"].read_text("utf-8")


def test_the_links_on_the_index_page_are_absolute() -> None:
    # A checkout may also have a .egg-info folder, whose metadata is in another file.
    found = importlib.metadata.distributions(name="textcount")
    (metadata,) = filter(None, (each.read_text("METADATA") for each in found))
    (base,) = re.findall(r"^Project-URL: Repository, (.+)$", metadata, re.MULTILINE)
    links = re.findall(r"\]\((.+?)\)", metadata)
    assert len(links) > 10
    for link in links:
        folder = "raw" if link.endswith(".svg") else "blob"
        start = f"{base}/{folder}/v{textcount.__version__}/"
        assert link.startswith((start, "https://")), link
        assert not link.startswith(start) or (ROOT / link.removeprefix(start)).is_file(), link


@pytest.mark.parametrize(("english", "spanish"), TRANSLATIONS)
def test_both_languages_say_the_same(english: str, spanish: str) -> None:
    one, other = (PAGES[name].read_text("utf-8") for name in (english, spanish))
    assert FENCED.findall(one) == FENCED.findall(other)
    assert commands(english) == commands(spanish)
    for pattern in (r"^##? ", r"^\|---", r"\]\((?!README|docs/refactor|refactor)(\S+?)\)"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (one, other)]
        assert found[0] == found[1], pattern
    numbers = [sorted(re.findall(r"\d+(?:\.\d+)?", text.replace(",", ""))) for text in (one, other)]
    assert numbers[0] == numbers[1]
