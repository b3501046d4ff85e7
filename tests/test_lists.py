"""Test --files-from: lists of paths, which end at a line feed or a NUL, and need not end at all."""

import gzip
import os
import select
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest
from helpers import (
    DEADLINE,
    Pickling,
    needs_threads,
    open_terminal,
    outcome,
    posix,
    run,
    start,
    without_coverage,
    without_privileges,
)

from textcount import lists
from textcount._options import CountOptions, RunOptions
from textcount._sources import PAUSE, Source
from textcount.files import count_sources

pytestmark = needs_threads

BINARY = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR the "


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Change to a new folder that has the files "a" and "b c"."""
    monkeypatch.chdir(tmp_path)
    Path("a").write_text("the cat", encoding="utf-8")
    Path("b c").write_text("the dog the", encoding="utf-8")


def counted(contents: bytes, *options: object) -> list[list[str]]:
    """Return the cells of the lines that the command prints for a list."""
    Path("list").write_bytes(contents)
    status, output, errors = outcome("--files-from", "list", *options, "the")
    assert (status, errors) == (0, "")
    return [line.split(None, 1) for line in output.splitlines()]


# The paths


@pytest.mark.parametrize("piece", [1, 2, 1 << 16])
def test_a_list_has_a_path_on_each_line(how: None, piece: int) -> None:
    expected = [["1", "a"], ["2", "b c"], ["1", "a"], ["4", "total"]]
    with mock.patch.object(lists, "PIECE", piece):
        assert counted(b"a\nb c\na\n") == expected
        assert counted(b"a\nb c\na") == expected  # the last line feed may be missing
        assert counted(b"\na\n\n\nb c\na\n\n") == expected  # empty lines are no paths


@posix
@pytest.mark.parametrize("piece", [1, 1 << 16])
def test_with_0_each_path_ends_with_nul(piece: int) -> None:
    Path("a\nb\r").write_text("the", encoding="utf-8")
    name = os.fsdecode(b"\xff \xc3\xa9")
    Path(name).write_text("the the", encoding="utf-8")
    with mock.patch.object(lists, "PIECE", piece):
        lines = counted(b"a\nb\r\0\0" + os.fsencode(name), "-0")
    assert lines == [["1", r"a\nb\r"], ["2", r"\udcff \xe9".replace(r"\xe9", "é")], ["3", "total"]]


def test_one_path_is_named_and_an_empty_list_counts_nothing() -> None:
    assert counted(b"a\n") == [["1", "a"]]
    Path("list").write_bytes(b"")
    assert outcome("--files-from", "list", "the") == (1, "", "")


def test_several_lists_are_counted_one_after_the_other() -> None:
    Path("more").write_bytes(b"b c")
    assert counted(b"a", "--files-from", "more") == [["1", "a"], ["2", "b c"], ["3", "total"]]


@posix
def test_standard_input_may_be_the_list_and_a_dash_in_it_is_a_file() -> None:
    Path("-").write_text("the " * 3, encoding="utf-8")
    result = run("--files-from", "-", "-0", "the", input="-\0a\0")
    assert (result.returncode, result.stderr) == (0, "")
    assert [line.split() for line in result.stdout.splitlines()[:2]] == [["3", "-"], ["1", "a"]]


@posix
@pytest.mark.skipif(shutil.which("git") is None, reason="needs git")
def test_the_list_of_git_counts_exactly_what_git_tracks() -> None:
    Path("new\nline é").write_text("the " * 5, encoding="utf-8")
    for command in (["init", "-q"], ["add", "a", "new\nline é"]):
        subprocess.run(["git", *command], check=True)
    listed = subprocess.run(["git", "ls-files", "-z"], check=True, stdout=subprocess.PIPE).stdout
    assert run("--files-from", "-", "-0", "--total", "the", input=listed.decode()).stdout == "6\n"


@posix
@pytest.mark.parametrize("name", ["http://127.0.0.1:9/a", "memory://a", "file://a"])
def test_a_listed_path_is_never_a_url(name: str, how: None) -> None:
    Path(name).parent.mkdir(parents=True)
    Path(name).write_text("the", encoding="utf-8")
    assert counted(name.encode() + b"\n") == [["1", name]]
    Path("list").write_text("s3://bucket/key", encoding="utf-8")
    errors = outcome("--files-from", "list", "the")[2]
    assert errors == "textcount: s3://bucket/key: No such file or directory\n"


def test_a_missing_path_is_an_error_and_the_others_are_counted(how: None) -> None:
    Path("list").write_bytes(b"gone\na\n")
    status, output, errors = outcome("--files-from", "list", "the")
    assert (status, errors) == (2, "textcount: gone: No such file or directory\n")
    assert output.split() == ["1", "a", "1", "total"]


def test_a_listed_directory_is_an_error_and_with_r_its_files_are_counted() -> None:
    Path("d").mkdir()
    Path("d/e").write_text("the", encoding="utf-8")
    Path("list").write_bytes(b"d\n")
    status, _, errors = outcome("--files-from", "list", "the")
    assert status == 2
    if os.name == "posix":
        assert errors == "textcount: d: Is a directory; -r counts the files in it\n"
    assert counted(b"d\na\n", "-r")[:2] == [["1", os.path.join("d", "e")], ["1", "a"]]


def test_a_listed_binary_file_is_treated_as_in_a_walk(how: None) -> None:
    Path("x").write_bytes(BINARY)
    Path("x.gz").write_bytes(gzip.compress(BINARY))
    Path("list").write_bytes(b"x\na\nx.gz\n")
    status, output, errors = outcome("--files-from", "list", "the")
    assert (status, output.split()[:2]) == (2, ["1", "a"])
    assert errors.startswith("textcount: 2 binary files could not be counted;")
    assert errors.count("\n") == 1


def test_a_large_file_in_a_list_is_counted_in_ranges(how: None) -> None:
    Path("large").write_text("the cat " * 1000, encoding="utf-8")
    assert counted(b"a\nlarge\na\n")[1] == ["1000", "large"]


@posix
def test_a_listed_pipe_is_counted(how: None) -> None:
    os.mkfifo("pipe")
    writer = threading.Thread(target=lambda: Path("pipe").write_bytes(b"the end"))
    writer.start()
    assert counted(b"a\npipe\na\n")[1] == ["1", "pipe"]
    writer.join()


# A list that does not end


@posix
@pytest.mark.parametrize("jobs", [1, 2])
@pytest.mark.parametrize("options", [[], ["--format", "json"], ["--format", "csv"]])
def test_results_appear_before_a_list_ends(jobs: int, options: list[str]) -> None:
    Path("z.gz").write_bytes(gzip.compress(b"the"))  # with two workers, threads count it
    out, into = os.pipe()
    command = ["--files-from", "-", "-j", jobs, *options, "the"]
    with start(*command, stdin=out, env=without_coverage()) as process:  # its output is buffered
        try:
            assert process.stdout is not None
            for name in (b"b c", b"z.gz", b"a", b"b c"):  # a header may have an "a"
                os.write(into, name + b"\n")
                shown = b""
                while name not in shown:
                    shown += os.read(process.stdout.fileno(), 1 << 12)
            os.close(into)
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
            os.close(out)


def test_an_executor_gives_its_results_before_it_is_asked_for_more_after_a_pause() -> None:
    asked: list[str] = []

    def sources() -> Iterator[Source]:
        yield Source("a", is_listed=True)
        yield PAUSE
        asked.append("b c")
        yield Source("b c", is_listed=True)

    run_options = RunOptions(CountOptions(["the"], "utf-8", "strict"), 2, executor=Pickling())
    records = count_sources(sources(), run_options)
    first = next(records)
    assert (first.path, dict(first.counts), asked) == ("a", {"the": 1}, [])
    assert [(each.path, dict(each.counts)) for each in records] == [("b c", {"the": 2})]


@posix
def test_the_paths_of_a_list_are_counted_as_they_come() -> None:
    out, into = os.pipe()
    with start("--files-from", "-", "the", stdin=out) as process:
        try:
            assert process.stdout is not None
            for _ in range(5):
                os.write(into, b"a\n" * 1000)
                for _ in range(1000):
                    assert process.stdout.readline().split() == [b"1", b"a"]
        finally:
            process.kill()
            os.close(into)
            os.close(out)


@posix
def test_on_a_terminal_a_list_has_no_bars_and_lines_appear_at_once() -> None:
    pytest.importorskip("rich")
    out, into = os.pipe()
    with open_terminal() as terminal:
        options = {"stdin": out, "stdout": terminal.descriptor, "stderr": terminal.descriptor}
        with start("--files-from", "-", "the", env=terminal.environment, **options) as process:
            try:
                os.write(into, b"a\nb c\n")
                while "b c" not in terminal.shown():
                    assert process.poll() is None
            finally:
                os.close(into)
            assert process.wait(DEADLINE) == 0
        terminal.close()
        assert [line.split() for line in terminal.shown().splitlines()] == [
            ["1", "a"],
            ["2", "b", "c"],
            ["3", "total"],
        ]


@posix
def test_q_ends_at_the_first_match_of_an_open_list() -> None:
    out, into = os.pipe()
    with start("-q", "--files-from", "-", "the", stdin=out) as process:
        os.write(into, b"a\n")
        assert process.wait(DEADLINE) == 0
    os.close(into)
    os.close(out)


@posix
def test_q_ends_at_a_match_in_a_listed_pipe_that_pauses() -> None:
    os.mkfifo("pipe")
    Path("list").write_bytes(b"pipe\n")
    with start("-q", "--files-from", "list", "the") as process, open("pipe", "wb") as pipe:
        pipe.write(b"the ")
        pipe.flush()
        assert process.wait(DEADLINE) == 0


def test_the_progress_bar_does_not_read_the_list() -> None:
    pytest.importorskip("rich")
    result = run("--progress", "--files-from", "-", "the", input="a\n")
    assert (result.returncode, result.stdout.split()) == (0, ["1", "a"])
    assert "/?" in result.stderr  # the total is unknown


# Errors


def test_a_list_that_cannot_be_read_is_an_error_before_any_output() -> None:
    for options in ([], ["--format", "json"], ["-q"]):
        assert outcome("--files-from", "none", *options, "the") == (
            2,
            "",
            "textcount: --files-from none: No such file or directory\n",
        )


@posix
@pytest.mark.parametrize("how", ["executor"], indirect=True)
def test_a_list_that_is_a_directory_is_an_error(how: None) -> None:
    status, _, errors = outcome("--files-from", ".", "the")
    assert (status, errors) == (2, "textcount: --files-from .: Is a directory\n")


@posix
def test_a_list_without_permission_is_an_error() -> None:
    Path("list").touch(mode=0)
    with without_privileges():
        errors = outcome("--files-from", "list", "the")[2]
    assert errors == "textcount: --files-from list: Permission denied\n"


def test_a_nul_in_a_line_is_an_error_that_names_0(how: None) -> None:
    Path("list").write_bytes(b"a\nb\0c\0")
    status, output, errors = outcome("--files-from", "list", "the")
    assert (status, output.split()) == (2, ["1", "a"])
    fault = "a path has a NUL in it; -0 reads paths that end with NUL"
    assert errors == f"textcount: --files-from list: {fault}\n"


def test_a_list_of_paths_with_nul_is_not_read_to_its_end_without_0() -> None:
    out, into = os.pipe()
    os.write(into, b"a\0b c\0")
    with start("--files-from", "-", "the", stdin=out) as process:
        assert process.wait(DEADLINE) == 2
    os.close(into)
    os.close(out)


@pytest.mark.parametrize(("options", "other"), [((), "with"), (("-0",), "without")])
def test_a_list_with_another_separator_is_not_kept_in_memory(
    options: tuple[str, ...], other: str
) -> None:
    Path("list").write_bytes(b"x" * (3 * lists.LONGEST))
    status, output, errors = outcome("--files-from", "list", *options, "the")
    assert (status, output) == (2, "")
    assert errors == (
        "textcount: --files-from list: a path is longer than 131072 bytes; "
        f"was the list made for reading {other} -0?\n"
    )


def test_a_list_whose_descriptor_is_too_large_for_select_is_read() -> None:
    Path("list").write_bytes(b"a\n")
    with mock.patch.object(select, "select", side_effect=ValueError):
        assert outcome("--files-from", "list", "the") == (0, "      1 a\n", "")


def test_a_name_that_the_system_cannot_have_is_an_error() -> None:
    Path("list").write_bytes(b"a\n\xff\n")
    with mock.patch.object(os, "fsdecode", lambda name: name.decode()):  # as on Windows
        status, output, errors = outcome("--files-from", "list", "the")
    assert (status, output.split()) == (2, ["1", "a"])
    assert errors.startswith("textcount: --files-from list: 'utf-8' codec can't decode byte 0xff")


def test_where_select_takes_only_sockets_the_list_is_read_all_the_same() -> None:
    with mock.patch.object(select, "select", side_effect=OSError):  # as on Windows
        assert counted(b"a\n") == [["1", "a"]]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["the", "a"], "--files-from gives the paths: there can be no PATH 'a'"),
        (["-e", "the", "-"], "--files-from gives the paths: there can be no PATH '-'"),
        (["-f", "-"], "standard input cannot give both the words (-f -) and the paths"),
        ([], "no WORD to count; see textcount --help"),
    ],
)
def test_what_a_list_excludes_is_an_error(arguments: list[str], error: str) -> None:
    assert outcome("--files-from", "-", *arguments) == (2, "", f"textcount: {error}\n")


def test_words_may_come_from_standard_input_if_the_list_does_not() -> None:
    Path("list").write_bytes(b"a\n")
    assert run("--files-from", "list", "-f", "-", input="the\n").stdout.split() == ["1", "a"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_output_that_is_full_ends_the_command() -> None:
    out, into = os.pipe()  # the list stays open
    with open("/dev/full", "wb") as full:
        os.write(into, b"a\n")
        result = run("--files-from", "-", "the", stdin=out, stdout=full)
    assert result.returncode == 2
    assert result.stderr == "textcount: standard output: No space left on device\n"
    os.close(into)
    os.close(out)
