"""What the documentation says is true: its examples, its commands, its two languages."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

import textcount

ROOT = Path(__file__).parents[1]
FUNCTIONS = [name for name in textcount.__all__ if callable(getattr(textcount, name))]
PAGES = {path.relative_to(ROOT).as_posix(): path for path in ROOT.glob("*.md")} | {
    path.relative_to(ROOT).as_posix(): path for path in (ROOT / "docs").glob("*.md")
}
TRANSLATIONS = [("README.md", "README.es.md"), ("docs/refactoring.md", "docs/refactorizar.md")]
FENCED = re.compile(r"^```(.*)\n((?:.*\n)*?)```$", re.MULTILINE)

ELSEWHERE = {
    # how a command begins: the file that runs it
    "python3 -m venv .venv && .venv/bin/pip install '.[cli]' &&": "tests/install/debian.py",
    "python3 -m venv .venv && .venv/bin/pip install tox &&": "tests/install/debian.py",
    "python3 -m venv .venv && .venv/bin/pip install '.[dask]'": "tests/test_executors.py",
    ".venv/bin/textcount --dask local": "tests/test_executors.py",
    "textcount --dask": "tests/test_executors.py",
    "cd rust && TEXTCOUNT_VERSION=any cargo +nightly rustc": "tests/install/guide.py",
    "cargo +nightly fuzz run": "rust/tests/paths.rs",  # with the seeds alone
    "printf '[sdist]": "tests/install/properties.py",
    "pip install --force-reinstall --no-cache-dir": "tests/install/properties.py",
    "pip install textcount": "tests/install/matrix.py",
}
"""Commands that need a network, a cluster, a compiler or a fresh machine."""


def commands(page: str) -> list[str]:
    """The commands on a page: of what is indented, all that begins with a program."""
    text = FENCED.sub("", PAGES[page].read_text("utf-8"))
    programs = r"\.venv/bin/\w+|python3?|pip|tox|cargo|cd|printf|textcount"
    lines = re.findall(rf"^    ((?:{programs}) .*)$", text, re.MULTILINE)
    return [line for line in lines if not re.match(r"textcount( \d|\._native)", line)]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_in_docstrings(name: str) -> None:
    item = getattr(textcount, name)
    test = doctest.DocTestParser().get_doctest(item.__doc__, vars(textcount).copy(), name, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert test.examples


@pytest.mark.parametrize("page", ["README.md", "README.es.md"])
def test_examples_in_the_readme(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(PAGES[page]), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0


@pytest.mark.skipif(sys.platform in {"emscripten", "win32"}, reason="the commands are a shell's")
@pytest.mark.parametrize("page", sorted(PAGES))
def test_commands_do_what_they_are_there_for(page: str, tmp_path: Path) -> None:
    for name in ("essay.txt", "notes.md", "log", "english.txt", "spanish.txt"):
        (tmp_path / name).write_text("the end, to be; ERROR de ventanas\n", "utf-8")
    (tmp_path / "notes.txt").touch()
    settings = (ROOT / "tox.ini").read_text("utf-8")
    for command in commands(page):
        program, *arguments = command.partition("  #")[0].split()
        if any(command.startswith(each) for each in ELSEWHERE):
            continue
        if program == "tox":
            named = arguments[arguments.index("-e") + 1].split(",") if "-e" in arguments else []
            for each in named:
                generic = rf"py3\{{.*{each[3:5]}.*{each[6:]}" if each.startswith("py3") else each
                assert re.search(rf"^(    |\[testenv:)\W?.*{generic}", settings, re.MULTILINE), each
            continue
        assert program in {"textcount", "python"}, f"nobody runs this: {command}"
        shell = "\n".join(
            [
                f'python() {{ "{sys.executable}" "$@"; }}',
                'textcount() { python -m textcount "$@"; }',
                command.replace("benchmarks/", f"{ROOT}/benchmarks/"),
            ]
        )
        result = subprocess.run(
            ["bash", "-c", shell], cwd=tmp_path, capture_output=True, check=False
        )
        assert (result.returncode, result.stderr) == (0, b""), command


def test_what_is_run_elsewhere_is_in_the_documentation_and_there() -> None:
    said = [command for page in PAGES for command in commands(page)]
    for command, path in ELSEWHERE.items():
        assert any(each.startswith(command) for each in said), command
        assert (ROOT / path).is_file()


@pytest.mark.parametrize(("english", "spanish"), TRANSLATIONS)
def test_both_languages_say_the_same(english: str, spanish: str) -> None:
    one, other = (PAGES[name].read_text("utf-8") for name in (english, spanish))
    assert FENCED.findall(one) == FENCED.findall(other)
    assert commands(english) == commands(spanish)
    for pattern in (
        r"^##? ",
        r"^\|---",
        r"\]\((?!README|docs/refactor|refactor)(\S+?)\)",
        r"\d\.\d+",
    ):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (one, other)]
        assert found[0] == found[1], pattern
