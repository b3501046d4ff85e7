"""Test escaping: what is printed can be shown or parsed, and different names stay different."""

import base64
import csv
import io
import itertools
import json
import os
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import C_LOCALE, outcome, posix, run

from textcount import FileCount, escape, report

NOT_UTF_8 = os.fsdecode(b"\xff")
PARTS = ["\n", "\\n", "\\", "n", "\x1b", "\\x1b", "\\\\", "é", "\\xe9", NOT_UTF_8, "\\udcff"]
NAMES = ["".join(parts) for size in (1, 2) for parts in itertools.product(PARTS, repeat=size)]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a new empty folder; return the folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lone_surrogates(document: str) -> list[str]:
    """Return the strings in a JSON document that UTF-8 cannot encode."""
    found: list[str] = []

    def see(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys = [key for key, _ in pairs]
        assert len({*keys}) == len(keys)
        texts = [*keys, *(value for _, value in pairs if isinstance(value, str))]
        found.extend(text for text in texts if not escape._can_encode(text, "utf-8"))
        return dict(pairs)

    json.loads(document, object_pairs_hook=see)
    return found


# Text


@posix
def test_a_name_with_a_line_feed_differs_from_one_with_a_backslash(folder: Path) -> None:
    shown = {"a\nb": r"a\nb", r"a\nb": r"a\\nb", "a\n\\n": r"a\n\\n", r"a\b": r"a\b"}
    for name, expected in shown.items():
        Path(name).write_text("the", encoding="utf-8")
        assert outcome("the", name) == (0, f"1 {expected}\n", "")
        assert outcome("the", f"gone{name}")[2] == (
            f"textcount: gone{expected}: No such file or directory\n"
        )
        assert outcome("-f", f"gone{name}")[2] == (
            f"textcount: gone{expected}: No such file or directory\n"
        )


@posix
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "utf-16", None])
def test_no_two_names_are_printed_alike(encoding: str | None) -> None:
    stream = mock.Mock(encoding=encoding)
    shown = {name: escape.printable_name(name, stream) for name in NAMES}
    assert len({*shown.values()}) == len({*NAMES})
    for text in shown.values():
        assert text.isprintable()
        text.encode(encoding or "utf-8")


@posix
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_an_escaped_name_reads_as_in_python(encoding: str) -> None:
    stream = mock.Mock(encoding=encoding)
    for name in NAMES:
        shown = escape.printable_name(name, stream)
        if shown != name:
            assert shown.encode("latin-1", "backslashreplace").decode("unicode_escape") == name


def test_a_name_that_needs_no_escaping_stays_as_it_is() -> None:
    for name in ("a", "a b'\"", r"\a", r"a\b\c", "\\", "한국", r"\xg", r"\u12", "a\\"):
        assert escape.printable_name(name, None) == name


def test_on_windows_a_backslash_that_separates_directories_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(os, "sep", "\\")
    assert escape.printable_name(r"docs\new.txt", None) == r"docs\new.txt"
    assert escape.printable_name("docs\\\u202e", None) == r"docs\\\u202e"


def test_the_backslashes_of_words_and_messages_are_escaped_if_a_character_is() -> None:
    Path("f").write_text("a", encoding="utf-8")
    headings = outcome("-e", "\\n\x9b", "-e", "\\n", "f")[1].split()[:2]
    assert headings == [r"\\n\x9b", r"\n"]
    assert outcome("--\\n\x1b")[2].startswith(r"textcount: unrecognized arguments: --\\n\x1b")
    assert outcome("--\\n")[2].startswith(r"textcount: unrecognized arguments: --\n;")


@posix
def test_what_an_encoding_lacks_is_escaped_together_with_backslashes() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for name in ("é\\n", "\\xe9"):
        Path(name).write_text("é", encoding="utf-8")
    result = run("-e", "é\\n", "-e", "b", "é\\n", "\\xe9", "goné\\n", env=environment)
    assert result.stdout.split() == [
        r"\xe9\\n", "b", "0", "0", r"\xe9\\n", "0", "0", r"\\xe9", "0", "0", "total",
    ]  # fmt: skip
    assert result.stderr == "textcount: gon\\xe9\\\\n: No such file or directory\n"


# JSON and CSV


@posix
def test_json_has_no_lone_surrogates_and_the_bytes_of_names_that_are_not_utf_8() -> None:
    names = [NOT_UTF_8, r"\udcff", f"\\{NOT_UTF_8}é", "é\n", f"gone{NOT_UTF_8}"]
    for name in names[:-1]:
        Path(name).write_text("the", encoding="utf-8")
    _, output, _ = outcome("--format", "json", "the", *names)
    assert not lone_surrogates(output)
    files = json.loads(output)["files"]
    assert [file["path"] for file in files] == [
        r"\udcff", r"\udcff", r"\\\udcffé", "é\n", r"gone\udcff",
    ]  # fmt: skip
    recovered = [
        os.fsdecode(base64.b64decode(file["path_bytes"])) if "path_bytes" in file else file["path"]
        for file in files
    ]
    assert recovered == names
    assert [file["counts"] for file in files] == [{"the": 1}] * 4 + [{}]


@posix
def test_json_of_names_in_utf_8_is_the_same_in_any_locale() -> None:
    Path("según").write_text("según", encoding="utf-8")
    result = run("--format", "json", "según", "según", env={**os.environ, **C_LOCALE})
    document = json.loads(result.stdout)
    assert document["words"] == ["según"]
    assert document["files"] == [
        {"path": "según", "counts": {"según": 1}, "size": 6, "error": None}
    ]


@posix
def test_json_of_words_that_are_not_utf_8_has_a_key_for_each_word() -> None:
    Path("f").write_bytes(b"\xff \xff \\udcff a")
    words = [NOT_UTF_8, r"\udcff", "a"]
    options = ["--format", "json", "--errors", "surrogateescape"]
    _, output, _ = outcome(*options, *itertools.chain(*(("-e", word) for word in words)), "f")
    assert not lone_surrogates(output)
    document = json.loads(output)
    assert document["words"] == [r"\udcff", r"\\udcff", "a"]
    assert document["totals"] == {r"\udcff": 2, r"\\udcff": 1, "a": 1}
    assert document["files"][0]["counts"] == document["totals"]


def test_json_of_a_key_of_a_store_or_an_error_has_no_lone_surrogates(
    capsys: pytest.CaptureFixture[str],
) -> None:
    key = "memory://\ud800"
    printed = report.JsonReport(["a"], 1, total_only=False, named=True)
    printed.add(FileCount(key, {}, size=0, error=OSError("no \ud800\udcff")))
    printed.finish()
    output = capsys.readouterr().out
    assert not lone_surrogates(output)
    (file,) = json.loads(output)["files"]
    assert (file["path"], file["error"]) == (r"memory://\ud800", r"no \ud800\udcff")


@posix
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_csv_is_valid_in_the_encoding_of_the_output(encoding: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    names = {"\n\\n": "\n\\n", f"\\{NOT_UTF_8}": r"\\\udcff", "é\\": r"\xe9\\", "a\\b": "a\\b"}
    if encoding == "utf-8":
        names["é\\"] = "é\\"
    for name in names:
        Path(name).write_text("the", encoding="utf-8")
    result = run("--format", "csv", "the", *names, env=environment, errors="strict")
    rows = list(csv.reader(io.StringIO(result.stdout, newline="")))
    assert [row[0] for row in rows[1:]] == [*names.values()]
