"""Test the options for less output: -l, -0, -s and --format jsonl."""

import codecs
import gzip
import io
import json
import os
import sys
import zipfile
from pathlib import Path

import pytest
from helpers import (
    C_LOCALE,
    DEADLINE,
    interrupted,
    needs_threads,
    open_terminal,
    outcome,
    posix,
    run,
    start,
)

from textcount import _output
from textcount.report import RawPathReport

pytestmark = needs_threads


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a new folder with a tree of files."""
    monkeypatch.chdir(tmp_path)
    Path("tree").mkdir()
    Path("tree/a").write_text("the cat", encoding="utf-8")
    Path("tree/b").write_text("no dog", encoding="utf-8")
    Path("tree/c").write_text("a cat " * 500, encoding="utf-8")
    Path("tree/d.gz").write_bytes(gzip.compress(b"the dog"))
    Path("tree/picture").write_bytes(b"the \0\xff")


LINE = "textcount: 1 binary file could not be counted; --format json has the error of each file"


# Only paths


def test_l_prints_each_path_that_has_a_word_once(how: None) -> None:
    names = [os.path.join("tree", name) for name in ("a", "b", "c", "d.gz")]
    assert outcome("-l", "the", *names) == (0, f"{names[0]}\n{names[3]}\n", "")
    words = ["-e", "the", "-e", "cat"]
    assert outcome("-l", *words, *names)[1].splitlines() == [names[0], names[2], names[3]]
    assert outcome("-l", "the", names[0]) == (0, f"{names[0]}\n", "")
    assert outcome("-l", "the", names[1]) == (1, "", "")
    assert outcome("-l0", "the", *names) == (0, f"{names[0]}\0{names[3]}\0", "")


def test_l_tells_of_errors_as_usual(how: None) -> None:
    status, output, errors = outcome("-rl", "the", "tree", "gone")
    assert (status, len(output.splitlines())) == (2, 2)
    gone = "textcount: gone: No such file or directory\n"
    assert errors == f"{gone}{LINE}, without -l\n"


def test_l_reads_a_file_to_its_end_so_a_file_with_an_error_is_not_listed(how: None) -> None:
    Path("bad").write_bytes(b"the " * 200 + b"\xff")
    status, output, errors = outcome("-l", "the", "bad")
    assert (status, output) == (2, "")
    assert "(byte 800 of the input)" in errors


def test_l_prints_a_dash_for_standard_input() -> None:
    assert run("-l", "the", input="the").stdout == "-\n"


@posix
def test_a_path_is_escaped_and_with_0_it_is_raw_and_ends_with_nul(how: None) -> None:
    names = [b"new\nline", b"\x1b[2J", b"\xff", "é".encode(), b"back\\n", b"plain"]
    for name in names:
        Path(os.fsdecode(name)).write_text("the", encoding="utf-8")
    paths = [*map(os.fsdecode, names)]
    shown = [r"new\nline", r"\x1b[2J", r"\udcff", "é", r"back\\n", "plain"]
    assert outcome("-l", "the", *paths) == (0, "".join(f"{name}\n" for name in shown), "")
    environment = {**os.environ, **C_LOCALE}
    with start("-l0", "the", *paths, env=environment) as process:
        output, errors = process.communicate(timeout=DEADLINE)
    assert (process.returncode, output, errors) == (0, b"".join(n + b"\0" for n in names), b"")


@posix
def test_with_0_the_paths_of_a_list_end_with_nul_on_both_sides() -> None:
    for name in ("x\ny", "z"):
        Path(name).write_text("the", encoding="utf-8")
    first = run("-l0", "the", "--files-from", "-", input="x\ny\0tree/b\0z\0").stdout
    assert first == "x\ny\0z\0"
    assert run("-0", "the", "--files-from", "-", "--total", input=first).stdout == "2\n"


@posix
def test_with_0_each_path_appears_as_soon_as_it_is_counted() -> None:
    os.mkfifo("pipe")
    with start("-l0", "the", "tree/a", "pipe", env=None) as process:
        assert process.stdout is not None
        assert process.stdout.read(7) == b"tree/a\0"
        Path("pipe").write_bytes(b"the")
        assert process.communicate(timeout=DEADLINE)[0] == b"pipe\0"


@posix
def test_a_name_that_the_locale_lacks_is_printed_in_utf_8() -> None:
    pytest.importorskip("fsspec")
    with zipfile.ZipFile("z.zip", "w") as archive:
        archive.writestr("é", "the")
    result = run("-rl0", "the", "zip://::z.zip", env={**os.environ, **C_LOCALE})
    assert (result.returncode, result.stdout, result.stderr) == (0, "zip://é::z.zip\0", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("options", ["-l", "-l0"])
def test_paths_that_cannot_be_written_are_an_error(options: str) -> None:
    with open("/dev/full", "wb") as full:
        result = run(options, "the", "tree/a", stdout=full)
    assert result.returncode == 2
    assert result.stderr == "textcount: standard output: No space left on device\n"


@posix
def test_an_interrupt_leaves_whole_paths() -> None:
    out, into = os.pipe()
    os.write(into, b"tree/a\0" * 3)
    with interrupted("-l0", "the", "--files-from", "-", stdin=out) as process:
        assert process.stdout is not None
        assert process.stdout.read(21) == b"tree/a\0" * 3
    os.close(out)
    os.close(into)


def test_a_raw_path_with_a_line_feed_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    writer = _output.LineWriter(1)

    def write(data: bytes) -> int:
        written.append(data)
        return len(data)

    monkeypatch.setattr(writer, "_write_some", write)
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(writer, "utf-8"))
    RawPathReport(["the"], 7, total_only=False, named=True).print_path("new\nline")
    assert written == [b"new\nline\0"]


@posix
def test_on_a_terminal_paths_have_no_bars() -> None:
    with open_terminal() as terminal:
        command = ["-rls", "-e", "the", "-e", "cat", "tree"]
        options = {"stdout": terminal.descriptor, "env": terminal.environment}
        with start(*command, **options) as process:
            assert process.wait(DEADLINE) == 2
        terminal.close()
        assert terminal.shown() == "tree/a\ntree/c\ntree/d.gz\n"


def test_q_outweighs_l() -> None:
    assert outcome("-ql", "the", os.path.join("tree", "a")) == (0, "", "")


@pytest.mark.parametrize(
    ("options", "error"),
    [
        (["-l", "--total"], "-l prints paths, and --total prints none"),
        (["-l", "--format", "json"], "-l prints paths, and no --format json"),
        (["-l0", "--format", "csv"], "-l prints paths, and no --format csv"),
        (["-0"], "-0 is for the paths of --files-from and -l, and neither is given"),
    ],
)
def test_options_that_exclude_each_other_are_an_error(options: list[str], error: str) -> None:
    assert outcome(*options, "the", "tree") == (2, "", f"textcount: {error}\n")


# No messages


def test_s_prints_no_message_about_files_and_the_status_tells(how: None) -> None:
    Path("latin").write_bytes(b"the caf\xe9")
    status, output, errors = outcome("-rs", "the", "tree", "gone", "latin")
    assert (status, errors) == (2, "")
    assert output == outcome("-r", "the", "tree", "gone", "latin")[1]
    assert outcome("-s", "--format", "json", "the", "gone")[2] == ""
    assert outcome("-sq", "the", "gone") == (2, "", "")
    assert outcome("-sq", "the", "gone", os.path.join("tree", "a")) == (0, "", "")


def test_s_still_tells_why_the_command_cannot_run() -> None:
    assert outcome("-s", "a b", "tree")[2].startswith("textcount: the word 'a b' has whitespace")
    assert outcome("-s", "the", "--files-from", "gone")[2].startswith("textcount: --files-from")


# One JSON object a line


@pytest.mark.parametrize("options", [[], ["--total"]])
def test_jsonl_prints_the_objects_of_json_one_a_line_and_the_totals_last(
    how: None, options: list[str]
) -> None:
    command = [*options, "-rs", "-e", "the", "-e", "cat", "tree", "gone"]
    status, output, errors = outcome("--format", "jsonl", *command)
    assert (status, errors) == (2, "")
    *files, last = map(json.loads, output.splitlines())
    document = json.loads(outcome("--format", "json", *command)[1])
    assert files == document["files"]
    assert len(files) == (0 if options else 6)
    assert last == {"totals": document["totals"]}


@posix
def test_jsonl_keeps_names_that_are_not_utf_8() -> None:
    name = os.fsdecode(b"\xff\n")
    Path(name).write_bytes(codecs.BOM_UTF8 + b" the")
    first = json.loads(outcome("--format", "jsonl", "the", name)[1].splitlines()[0])
    assert first == {
        "path": "\\udcff\n",
        "path_bytes": "/wo=",
        "counts": {"the": 1},
        "size": 7,
        "error": None,
    }


@posix
def test_jsonl_prints_whole_lines_before_a_list_ends() -> None:
    out, into = os.pipe()
    with start("--format", "jsonl", "the", "--files-from", "-", stdin=out, env=None) as process:
        try:
            assert process.stdout is not None
            os.write(into, b"tree/a\n")
            assert json.loads(process.stdout.readline())["counts"] == {"the": 1}
        finally:
            process.kill()
            os.close(into)
            os.close(out)
