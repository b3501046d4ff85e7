"""Test encoding="auto": a byte-order mark selects UTF-8, UTF-16 or UTF-32, file by file."""

import codecs
import gzip
import json
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import Pickling, as_tuples, limits, needs_threads, outcome, run
from hypothesis import given
from hypothesis import strategies as st

from textcount import FileCount, cli, count_file, count_files, count_stream

pytestmark = needs_threads

MARKS = {
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    b"": "utf-8",
}
"""Each mark, and the encoding of the text after it."""

WIDE = [mark for mark in MARKS if MARKS[mark] != "utf-8"]
BLOCKS = [1, 2, 3, 4, 5, 7, 1 << 20]
TEXT = "the café of the 🦀 the\u2003end\n"


@pytest.fixture(params=["one", "two", "executor"])
def how(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Count in one thread, in two threads, or in an executor; yield the arguments for it."""
    executor = Pickling() if request.param == "executor" else None
    with limits(cores=lambda: 1 if request.param == "one" else 2):
        yield {"executor": executor}


def small(block: int) -> Any:
    """Return a context of small blocks, and of ranges that are hardly larger."""
    return limits(BLOCK=block, LOOKAHEAD=block, RANGE=block + 3, EXECUTOR_RANGE=block + 3)


def expected(contents: bytes, words: list[str], errors: str) -> dict[str, int]:
    """Return the counts in a text, by Python's own decoders."""
    for mark in sorted(MARKS, key=len, reverse=True):
        if contents.startswith(mark):
            text = contents[len(mark) :].decode(MARKS[mark], errors)
            return {word: text.split().count(word) for word in words}
    raise AssertionError


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_selects_the_encoding_and_is_no_part_of_the_first_word(
    how: dict[str, Any], tmp_path: Path, mark: bytes, block: int
) -> None:
    path, packed = tmp_path / "text", tmp_path / "text.gz"
    contents = mark + (TEXT * 5).encode(MARKS[mark])
    path.write_bytes(contents)
    packed.write_bytes(gzip.compress(contents))
    with small(block):
        records = [*count_files([path, packed, path], ["the", "end"], encoding="auto", **how)]
    for record in records:
        assert (record.counts, record.error) == ({"the": 15, "end": 5}, None)
        assert record.size == len(contents)
    with small(block):
        assert count_file(path, ["the"], encoding="auto") == {"the": 15}


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("mark", MARKS)
def test_a_text_may_be_a_mark_only_or_a_part_of_one(
    tmp_path: Path, mark: bytes, block: int
) -> None:
    path = tmp_path / "text"
    for size in range(len(mark) + 1):
        path.write_bytes(mark[:size])
        with small(block):
            (record,) = count_files([path], ["the"], encoding="auto")
        if mark[:size] in MARKS:
            assert record == FileCount(str(path), {"the": 0}, size=size)
        elif mark[:size].strip(b"\0"):
            assert isinstance(record.error, UnicodeDecodeError)
            assert record.size == size
        else:  # NUL is valid in UTF-8
            assert record.counts == {"the": 0}


@given(
    st.sampled_from([*MARKS]),
    st.one_of(st.binary(max_size=12), st.text("a é\u2003\ufeff\0🦀", max_size=12)),
    st.sampled_from(["strict", "replace", "ignore", "surrogateescape", "backslashreplace"]),
    st.sampled_from(BLOCKS),
    st.sampled_from([1, 2]),
)
def test_the_counts_are_those_of_pythons_decoders(
    tmp_path_factory: pytest.TempPathFactory,
    mark: bytes,
    text: bytes | str,
    errors: str,
    block: int,
    jobs: int,
) -> None:
    contents = mark + (text if isinstance(text, bytes) else text.encode(MARKS[mark]))
    path = tmp_path_factory.getbasetemp() / "text"
    path.write_bytes(contents)
    words = ["a", "é", "\ufeff", "\ufeffa", "\0", "🦀"]
    with small(block), limits(cores=lambda: jobs):
        (record,) = count_files([path], words, encoding="auto", errors=errors)
    try:
        counts = expected(contents, words, errors)
    except UnicodeDecodeError:
        assert isinstance(record.error, UnicodeDecodeError)
    else:
        assert (record.counts, record.error) == (counts, None)
        assert record.size == len(contents)


@pytest.mark.parametrize("errors", ["strict", "replace", "ignore"])
def test_large_files_are_counted_as_a_whole_or_in_ranges(
    how: dict[str, Any], tmp_path: Path, errors: str
) -> None:
    paths = []
    for number, (mark, encoding) in enumerate(MARKS.items()):
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(mark + (TEXT * 200).encode(encoding))
    with limits(BLOCK=64, RANGE=500, EXECUTOR_RANGE=500):
        options = {"encoding": "auto", "errors": errors, **how}
        records = [*count_files(paths * 2, ["the", "end"], **options)]
    assert [record.counts for record in records] == [{"the": 600, "end": 200}] * 12
    assert [record.size for record in records[:6]] == [path.stat().st_size for path in paths]


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("mark", WIDE)
def test_an_error_gives_the_place_in_the_file(
    how: dict[str, Any], tmp_path: Path, mark: bytes, block: int
) -> None:
    path = tmp_path / "text"
    path.write_bytes(mark + "the end".encode(MARKS[mark]) + b"\0")
    with small(block):
        (record,) = count_files([path], ["the"], encoding="auto", **how)
    assert isinstance(record.error, UnicodeDecodeError)
    assert "--encoding" not in str(record.error)
    place = path.stat().st_size - 1
    assert f"(byte {place} of the input)" in record.error.reason


def test_both_backends_read_a_mark_of_utf_8_in_one_block(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(codecs.BOM_UTF8 + b"the \xff")
    (record,) = count_files([path], ["the"], encoding="auto")
    assert isinstance(record.error, UnicodeDecodeError)
    assert "(byte 7 of the input)" in str(record.error)


def test_an_error_handler_of_the_callers_own_is_given_the_text_after_the_mark(
    tmp_path: Path,
) -> None:
    def replaced(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        return " the ", error.end

    codecs.register_error("textcount.the", replaced)
    path = tmp_path / "text"
    for mark, encoding in MARKS.items():
        path.write_bytes(mark + "the end".encode(encoding) + b"\xff")
        counts = count_file(path, ["the"], encoding="auto", errors="textcount.the")
        assert counts == {"the": 2}, encoding


# The command


def test_the_command_decides_for_each_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for number, (mark, encoding) in enumerate(MARKS.items()):
        Path(str(number)).write_bytes(mark + TEXT.encode(encoding))
    status, output, errors = outcome("--encoding", "auto", "-r", "--total", "the", ".")
    assert (status, output, errors) == (0, "18\n", "")
    assert outcome("--encoding", "auto", "-q", "the", *map(str, range(6)))[0] == 0
    assert outcome("--encoding", "auto", "café", "0")[0] == 0
    with open("1", "rb") as file:
        result = run("--encoding", "auto", "café", stdin=file)
    assert (result.returncode, result.stdout) == (0, "1\n")


@pytest.mark.parametrize("mark", MARKS)
def test_binary_files_are_those_without_a_mark(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mark: bytes, how: dict[str, Any]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("tree").mkdir()
    Path("tree/x").write_bytes(mark + b"\0\0\0\0 \xff\xff\xff\xff\xff\xff")
    with mock.patch.object(cli, "_cluster", lambda _: nullcontext(how["executor"])):
        errors = outcome("-r", "--encoding", "auto", "the", "tree")[2]
    assert errors.startswith("textcount: tree" if mark else "textcount: 1 binary file")


@pytest.mark.parametrize("mark", MARKS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_by_default_the_error_of_a_wide_mark_names_the_option(
    tmp_path: Path, how: dict[str, Any], mark: bytes, encoding: str
) -> None:
    path = tmp_path / "text"
    path.write_bytes(mark + TEXT.encode(MARKS[mark]) + b"\xff")
    (record,) = count_files([path], ["the"], encoding=encoding, **how)
    name = MARKS[mark][:6].upper()
    advice = (
        f"; it begins with the byte-order mark of {name}: "
        "count it with --encoding auto, or encoding='auto'"
    )
    assert str(record.error).endswith(advice) == (mark in WIDE)
    with pytest.raises(UnicodeDecodeError), path.open("rb") as file:
        count_stream(file, ["the"])
    other = count_files([path], ["the"], encoding="utf-16-le" if mark in WIDE else "utf-8")
    assert "--encoding auto" not in str(as_tuples(other))


def test_json_names_the_option_too(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_bytes(codecs.BOM_UTF16_LE + "the".encode("utf-16-le"))
    (file,) = json.loads(outcome("--format", "json", "the", path)[1])["files"]
    assert "--encoding auto" in file["error"]


@pytest.mark.parametrize("name", ["AUTO", "auto ", "automatic"])
def test_the_name_is_auto_in_lower_case(name: str, tmp_path: Path) -> None:
    with pytest.raises(LookupError):
        count_file(tmp_path, [], encoding=name)


def test_other_arguments_are_checked_as_usual() -> None:
    with pytest.raises(LookupError, match="none"):
        count_file("x", [], encoding="auto", errors="none")
    assert outcome("--encoding", "auto", "--errors", "none", "the")[0] == 2
    errors = outcome("--encoding", "auto", "\udcff", "x")[2]
    assert errors.startswith("textcount: the word")
    assert "no text in utf-8 can equal it" in errors
