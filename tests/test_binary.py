"""The command sums up the binary files that a walk finds, and prints one line for them."""

import codecs
import csv
import gzip
import io
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from helpers import limits, needs_threads, outcome

from textcount import count_files

pytestmark = needs_threads

BLOCK = 1000
PICTURE = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR the "
FILES = {
    "a.png": PICTURE,
    "large.so": PICTURE + b"\0 the " * BLOCK,
    "late.so": b"\0" + b"the " * BLOCK + b"\xff",
    "packed.gz": gzip.compress(PICTURE),
    "text.txt": b"the end",
    "with-nul-large.txt": b"the \0 " * BLOCK,
    "with-nul.txt": b"the \0 the",
}
"""The files of a tree, four of which are binary."""

LINE = "textcount: 4 binary files could not be counted; --format json has the error of each file\n"


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write the files of the tree; enter the directory above the tree."""
    monkeypatch.chdir(tmp_path)
    tree = Path("tree")
    tree.mkdir()
    for name, contents in FILES.items():
        (tree / name).write_bytes(contents)
    return tree


def test_binary_files_in_a_walk_are_one_line_and_status_2(tree: Path, how: None) -> None:
    status, output, errors = outcome("-r", "the", tree)
    assert (status, errors) == (2, LINE)
    assert [line.split() for line in output.splitlines()] == [
        ["1", "tree/text.txt"],
        [str(BLOCK), "tree/with-nul-large.txt"],
        ["2", "tree/with-nul.txt"],
        [str(BLOCK + 3), "total"],
    ]


def test_one_binary_file_is_a_line_in_the_singular(tree: Path) -> None:
    errors = outcome("-r", "--include", "*.png", "the", tree)[2]
    assert errors == LINE.replace("4 binary files", "1 binary file")


def test_the_option_that_the_line_names_lists_the_binary_files(tree: Path, how: None) -> None:
    arguments = ["-r", "the", tree]
    option = outcome(*arguments)[2].partition("; ")[2].partition(" has ")[0]
    status, output, errors = outcome(*shlex.split(option), *arguments)
    assert (status, errors) == (2, LINE)
    files = json.loads(output)["files"]
    listed = {each["path"]: each["error"] for each in files if each["error"] is not None}
    assert [*listed] == [f"tree/{name}" for name in ("a.png", "large.so", "late.so", "packed.gz")]
    assert all("codec can't decode" in error for error in listed.values())
    output = outcome("--format", "csv", *arguments)[1]
    rows = csv.DictReader(io.StringIO(output))
    assert {row["path"]: row["error"] for row in rows if row["error"]} == listed


@pytest.mark.parametrize("option", ["-q", "--total"])
def test_the_line_names_an_option_that_keeps_json_from_listing_the_files(
    tree: Path, option: str
) -> None:
    status, output, errors = outcome("-r", option, "absent", tree)
    assert (status, output) == (2, "" if option == "-q" else "0\n")
    assert errors == LINE.replace("\n", f", without {option}\n")


def test_a_match_ends_a_quiet_count_without_the_line(tree: Path) -> None:
    assert outcome("-rq", "the", tree) == (0, "", "")


@pytest.mark.parametrize(
    ("contents", "encoding"),
    [
        (codecs.BOM_UTF8 + b"the \0 \xff", "utf-8"),
        (codecs.BOM_UTF16_LE + "the".encode("utf-16-le"), "utf-8"),
        (codecs.BOM_UTF32_LE + "the".encode("utf-32-le"), "utf-8"),
        (codecs.BOM_UTF16_BE + "the".encode("utf-16-be"), "utf-8"),
        (codecs.BOM_UTF32_BE + "the".encode("utf-32-be"), "utf-8"),
        (b"caf\xe9 the", "utf-8"),
        (b"the " * BLOCK + b"\0\xff", "utf-8"),
        (PICTURE + b" " * (len(PICTURE) % 2 == 0), "utf-16"),
        (PICTURE, "utf-8-sig"),
    ],
)
def test_other_files_that_cannot_be_decoded_are_named_one_by_one(
    tree: Path, contents: bytes, encoding: str
) -> None:
    for path in tree.iterdir():
        path.unlink()
    (tree / "x").write_bytes(contents)
    with limits(BLOCK=BLOCK):
        status, _, errors = outcome("-r", "--encoding", encoding, "the", tree)
    assert (status, errors.count("\n")) == (2, 1)
    assert errors.startswith("textcount: tree/x: ")


@pytest.mark.parametrize("encoding", ["UTF8", "u8", "utf_8", "ascii", "US-ASCII", "646"])
def test_the_encoding_may_have_any_spelling(tree: Path, encoding: str) -> None:
    assert outcome("-r", "--encoding", encoding, "the", tree)[2] == LINE


def test_binary_files_that_can_be_decoded_are_counted(tree: Path) -> None:
    assert outcome("-r", "--errors", "replace", "--include", "*.png", "the", tree)[0] == 0
    assert outcome("-r", "--encoding", "latin-1", "the", tree)[0] == 0


@pytest.mark.parametrize("options", [[], ["-r"]])
def test_a_binary_file_that_is_named_is_reported_by_its_name(
    tree: Path, how: None, options: list[str]
) -> None:
    status, _, errors = outcome(*options, "the", tree / "a.png")
    assert status == 2
    assert errors.startswith("textcount: tree/a.png: 'utf-8' codec can't decode byte 0x89")


def test_binary_files_in_a_store_are_one_line(tree: Path, how: None) -> None:
    fsspec: Any = pytest.importorskip("fsspec")
    memory = fsspec.filesystem("memory")
    memory.store.clear()
    for name, contents in FILES.items():
        memory.pipe(f"/tree/{name}", contents)
    status, output, errors = outcome("-r", "the", "memory://tree")
    assert (status, output.count("\n"), errors) == (2, 4, LINE)
    status, _, errors = outcome("-r", "the", "memory://tree/a.png")
    assert (status, "tree/a.png: 'utf-8' codec can't decode" in errors) == (2, True)


def test_the_library_gives_the_error_of_each_file(tree: Path, how: None) -> None:
    records = count_files([tree], ["the"], recursive=True)
    errors = {record.path: record.error for record in records if record.error is not None}
    assert {type(error) for error in errors.values()} == {UnicodeDecodeError}
    assert len(errors) == 4


def test_unreadable_files_and_binary_files_are_both_reported(tree: Path) -> None:
    status, _, errors = outcome("-r", "the", tree, "gone")
    assert (status, errors) == (2, "textcount: gone: No such file or directory\n" + LINE)
