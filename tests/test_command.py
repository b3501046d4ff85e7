"""Test the command: output, input, exit status, interrupts, streams and progress bar."""

import csv
import errno
import io
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import (
    interrupted,
    open_terminal,
    outcome,
    posix,
    run,
    start,
    wait_until,
    wait_until_empty,
    without_privileges,
)

import textcount
from textcount import __main__, _limits, cli, progress, report, table

needs_full_disk = pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")


@pytest.fixture
def essay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write a file that has the word "the" three times and "end" once; return its name."""
    monkeypatch.chdir(tmp_path)
    Path("essay.txt").write_text("the cat\nthe dog\r\nthe\tthen end", encoding="utf-8")
    return "essay.txt"


# Output


def test_one_file_prints_a_count_and_the_path(essay: str) -> None:
    assert outcome("the", essay) == (0, "3 essay.txt\n", "")


def test_the_installed_script_is_the_same_command(essay: str) -> None:
    script = Path(sys.executable).with_name("textcount")
    assert subprocess.check_output([script, "the", essay]).split() == [b"3", b"essay.txt"]


@pytest.mark.parametrize("paths", [[], ["-"]])
def test_standard_input_is_read_for_no_path_and_for_a_dash(paths: list[str]) -> None:
    result = run("be", *paths, input="to be or not to be")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == ("2 -\n" if paths else "2\n")


@posix
def test_non_blocking_standard_input_without_data_is_an_error() -> None:
    out, into = os.pipe()
    os.set_blocking(out, False)
    os.write(into, b"a b")
    result = run("a", stdin=out)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "textcount: -: the stream is non-blocking and has no data\n"
    os.close(into)
    os.close(out)


def test_several_files_are_aligned_and_have_a_total(essay: str) -> None:
    Path("long").write_text("the " * 12, encoding="utf-8")
    assert outcome("the", essay, "long", essay)[1] == (
        "  3 essay.txt\n"
        " 12 long\n"
        "  3 essay.txt\n"
        " 18 total\n"
    )  # fmt: skip


def test_several_words_have_a_header(essay: str) -> None:
    assert outcome("-e", "the", "-e", "한국", "-e", "end", essay)[1] == (
        "the 한국 end\n"
        "  3    0   1 essay.txt\n"
    )  # fmt: skip


def test_the_columns_of_a_file_on_standard_input_are_as_wide_as_its_size(essay: str) -> None:
    with open(essay, encoding="utf-8") as file:
        result = run("-e", "the", "-e", "end", input=None, stdin=file)
    assert result.stdout == "the end\n  3   1\n"


def test_a_file_of_words_skips_blank_lines(essay: str) -> None:
    Path("words").write_bytes("\ufeffthe\r\n\n  end \n \nthe\n".encode())
    assert outcome("-f", "words", "-e", "cat", essay)[1] == (
        "cat the end\n"
        "  1   3   1 essay.txt\n"
    )  # fmt: skip
    assert run("-f", "-", essay, input="the\n").stdout == "3 essay.txt\n"


def test_total_prints_the_sum_alone(essay: str) -> None:
    assert outcome("--total", "the", essay, essay)[1] == "6\n"
    assert outcome("--total", "-e", "the", "-e", "end", essay, essay)[1] == "the end\n  6   2\n"


def test_quiet_prints_nothing(essay: str) -> None:
    assert outcome("-q", "the", essay) == (0, "", "")
    assert outcome("-q", "nothing", essay) == (1, "", "")


def test_json_is_one_document(essay: str) -> None:
    status, output, errors = outcome("--format", "json", "-e", "the", "-e", "é", essay, "gone")
    assert (status, errors) == (2, "textcount: gone: No such file or directory\n")
    assert json.loads(output) == {
        "words": ["the", "é"],
        "files": [
            {"path": essay, "counts": {"the": 3, "é": 0}, "size": 29, "error": None},
            {"path": "gone", "counts": {}, "size": 0, "error": "No such file or directory"},
        ],
        "totals": {"the": 3, "é": 0},
    }


def test_json_of_the_total_has_no_files(essay: str) -> None:
    assert json.loads(outcome("--format", "json", "--total", "the", essay)[1]) == {
        "words": ["the"],
        "files": [],
        "totals": {"the": 3},
    }


def test_csv_has_a_row_for_each_file_and_word(essay: str) -> None:
    Path('a,"\r').write_text("the path", encoding="utf-8")
    _, output, errors = outcome(
        "--format", "csv", "-e", "the", "-e", "path", 'a,"\r', "gone", essay
    )
    assert errors == "textcount: gone: No such file or directory\n"
    assert list(csv.reader(io.StringIO(output, newline=""))) == [
        ["path", "word", "count", "size", "error"],
        ['a,"\r', "the", "1", "8", ""],
        ['a,"\r', "path", "1", "8", ""],
        ["gone", "", "", "0", "No such file or directory"],
        [essay, "the", "3", "29", ""],
        [essay, "path", "0", "29", ""],
    ]
    assert outcome("--format", "csv", "--total", "the", essay)[1] == '"word","count"\n"the",3\n'


@posix
def test_control_characters_in_names_are_escaped(essay: str) -> None:
    for name in ("a\x1b[31m\nb", "\u202etxt", os.fsdecode(b"\xff")):
        Path(name).write_text("the \x9bthe", encoding="utf-8")
    assert outcome("the", "a\x1b[31m\nb")[1] == "1 a\\x1b[31m\\nb\n"
    assert outcome("the", "\u202etxt")[1] == "1 \\u202etxt\n"
    assert outcome("the", os.fsdecode(b"\xff"))[1] == "1 \\udcff\n"
    Path("space ").touch()
    assert outcome("the", "space ")[1] == "0 space \n"
    assert outcome("the", "gone\n")[2] == "textcount: gone\\n: No such file or directory\n"
    assert outcome("-e", "\x9bthe", "-e", "a", "\u202etxt")[1].startswith("\\x9bthe ")
    for arguments in (["the", "\x1b[31m://key"], ["the", "--\x1b[31m"], ["a", "-f", "\x1b[31m"]):
        assert "\\x1b[31m" in outcome(*arguments)[2]
        assert "\x1b" not in outcome(*arguments)[2]


def test_characters_that_the_output_cannot_encode_are_escaped(essay: str) -> None:
    Path("é").write_text("the", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    assert run("the", "é", env=environment).stdout == "1 \\xe9\n"


# Input


def test_a_directory_without_r_is_an_error(essay: str) -> None:
    expected = "textcount: .: Is a directory; -r counts the files in it\n"
    assert outcome("the", ".") == (2, "", expected)


def test_with_r_the_files_in_directories_are_counted(essay: str) -> None:
    Path("sub").mkdir()
    Path("sub/a.md").write_text("the the", encoding="utf-8")
    Path("sub/b.log").write_text("the", encoding="utf-8")
    assert outcome("-r", "the", ".")[1] == (
        "      3 ./essay.txt\n"
        "      2 ./sub/a.md\n"
        "      1 ./sub/b.log\n"
        "      6 total\n"
    )  # fmt: skip
    assert outcome("-r", "--include", "*.md", "the", ".")[1] == "      2 ./sub/a.md\n"
    assert outcome("-r", "--exclude", "sub", "the", ".")[1] == "      3 ./essay.txt\n"


def test_a_thousand_small_files_are_printed_in_order(tmp_path: Path) -> None:
    for number in range(1000):
        (tmp_path / f"{number:03}.txt").write_text("the " * (number % 3), encoding="utf-8")
    lines = outcome("-r", "the", tmp_path)[1].splitlines()
    assert lines[-1].split() == ["999", "total"]
    assert len(lines) == 1001
    assert lines[:-1] == sorted(lines[:-1], key=lambda line: line.split()[1])


def test_encoding_and_errors_mean_what_they_mean_to_open(essay: str) -> None:
    Path("latin").write_bytes(b"caf\xe9 caf\xe9")
    assert outcome("--encoding", "latin-1", "café", "latin")[1] == "2 latin\n"
    assert outcome("--errors", "replace", "caf\ufffd", "latin")[1] == "2 latin\n"
    assert outcome("café", "latin") == (
        2,
        "",
        "textcount: latin: 'utf-8' codec can't decode byte 0xe9 in position 3: "
        "invalid continuation byte\n",
    )


def test_with_surrogateescape_a_word_may_have_invalid_bytes() -> None:
    word = os.fsdecode(b"caf\xe9")
    result = run("--errors", "surrogateescape", word, input=f"{word} {word}")
    assert result.stdout == "2\n"


def test_paths_and_options_may_come_in_any_order(essay: str) -> None:
    assert outcome("the", essay, "-j", "2", essay, "--format=csv")[1].count('"the",3') == 2
    assert outcome("--", "-x", essay) == (1, "0 essay.txt\n", "")
    assert outcome("-e-x", "-e", "the", "--", essay)[1].splitlines()[1] == " 0   3 essay.txt"


# The exit status


def test_the_status_is_0_for_found_1_for_not_found_and_2_for_an_error(essay: str) -> None:
    assert outcome("the", essay)[0] == 0
    assert outcome("absent", essay) == (1, "0 essay.txt\n", "")
    assert outcome("the", essay, "gone") == (
        2,
        " 3 essay.txt\n 3 total\n",
        "textcount: gone: No such file or directory\n",
    )


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "no WORD to count; see textcount --help"),
        ([""], "the word '' is empty: no word of a text can equal it"),
        (["a\x1f"], r"the word 'a\x1f' has whitespace: no word of a text can equal it"),
        (["a b"], "the word 'a b' has whitespace: no word of a text can equal it"),
        (["-e", "\u2028"], r"the word '\u2028' has whitespace: no word of a text can equal it"),
        (["-f", "gone"], "gone: No such file or directory"),
        (["-f", "."], ".: Is a directory"),
        (["-f", "blank"], "blank: no words in it"),
        (["-f", "phrases"], r"the word 'no\x0b word' has whitespace: "
                            "no word of a text can equal it"),
        (["-f", "latin"], "latin: 'utf-8' codec can't decode byte 0xe9 in position 3: "
                          "invalid continuation byte"),
        (["-f", "-"], "standard input cannot give both the words (-f -) and the contents"),
        (["--encoding", "nope", "a"], "unknown encoding: nope"),
        (["--encoding", "\x1b[31m", "a"], r"unknown encoding: \x1b[31m"),
        (["--encoding", "\udcff", "a"], r"unknown encoding '\udcff' or error handler 'strict'"),
    ],
)  # fmt: skip
def test_arguments_that_cannot_be_counted_are_refused(
    essay: str, arguments: list[str], reason: str
) -> None:
    Path("blank").write_text(" \n\n", encoding="utf-8")
    Path("phrases").write_text("a\nno\x0b word\n", encoding="utf-8")
    Path("latin").write_bytes(b"caf\xe9\n")
    assert outcome(*arguments) == (2, "", f"textcount: {reason}\n")


@pytest.mark.parametrize("number", ["1234567890", "0" * 5000 + "1"])
def test_a_huge_number_of_workers_is_refused_and_shown_in_full(essay: str, number: str) -> None:
    status, output, errors = outcome("-j", number, "the", essay)
    assert (status, output) == (2, "")
    assert errors.startswith(f"textcount: argument -j: not a number of workers: '{number}'; see ")


def test_version_prints_the_version_of_the_package() -> None:
    status, output, _ = outcome("--version")
    assert (status, output.splitlines()[0]) == (0, f"textcount {textcount.__version__}")


def test_the_help_has_at_most_40_lines_of_80_columns_in_groups(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    status, output, _ = outcome("--help")
    assert status == 0
    assert "textcount the essay.txt" in output
    assert len(output.splitlines()) <= 40
    assert max(map(len, output.splitlines())) <= 80
    groups = re.findall(r"^(\w+):\n((?:  .+\n)+)", output, re.MULTILINE)
    assert [name for name, _ in groups] == [
        "words",
        "files",
        "output",
        "workers",
        "information",
        "examples",
    ]
    options = re.findall(r"^  (-\S+)", "".join(lines for _, lines in groups[:-1]), re.MULTILINE)
    described = re.findall(r"^  (-.*?)  +\S", output, re.MULTILINE)
    assert len(options) == len(described) >= 15


# Ctrl-C, and streams that fail


@posix
def test_ctrl_c_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "good").write_text("the end", "utf-8")
    stdin, into = os.pipe()
    os.write(into, b"the end")
    with interrupted("the", tmp_path / "good", "-", stdin=stdin):
        wait_until_empty(stdin)
    os.close(into)
    os.close(stdin)


def shell(line: str) -> tuple[int, str, str]:
    """Run a shell command line that calls ``textcount``; return the status, stdout and stderr."""
    function = f"textcount() {{ '{sys.executable}' -m textcount \"$@\"; }}"
    result = subprocess.run(
        ["/bin/sh", "-c", f"{function}; {line}"], capture_output=True, check=False, text=True
    )
    return result.returncode, result.stdout, result.stderr


@posix
def test_a_closed_pipe_ends_the_command_silently(essay: str) -> None:
    status, output, errors = shell(f"textcount the {'essay.txt ' * 9000}| head -n 1")
    assert (status, output.split(), errors) == (0, ["3", "essay.txt"], "")
    read, write = os.pipe()
    os.close(read)
    result = run("the", essay, stdout=write)
    assert (result.returncode, result.stderr) == (141, "")
    os.close(write)


@posix
@needs_full_disk
def test_a_full_disk_is_an_error(essay: str) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = run("the", essay, stdout=full)
        assert result.returncode == 2
        assert result.stderr == "textcount: standard output: No space left on device\n"
        assert run("the", essay, "gone", stdout=full, stderr=full).returncode == 2
        result = run("the", essay, "gone", stderr=full)
        assert (result.returncode, result.stdout.split()) == (2, ["3", "essay.txt", "3", "total"])


@posix
def test_closed_standard_streams_are_errors(essay: str) -> None:
    assert shell("textcount the <&-") == (2, "", "textcount: -: Bad file descriptor\n")
    closed = "textcount: standard output is closed\n"
    assert shell("textcount the essay.txt >&-") == (2, "", closed)
    assert shell("textcount the -q essay.txt >&-") == (0, "", "")
    assert shell("textcount the gone 2>&-")[0] == 2


def test_the_reason_of_an_error_is_the_text_of_the_system_or_its_own() -> None:
    assert report.reason(OSError("odd")) == "odd"
    assert report.reason(OSError(errno.EIO, "Input/output error", "a")) == "Input/output error"


# The progress bar


@posix
def test_a_long_count_on_a_terminal_draws_a_bar_and_erases_it(essay: str) -> None:
    pytest.importorskip("rich")
    written = 0

    def is_drawn() -> bool:
        """Write a block of words; return whether the bar has appeared."""
        nonlocal written
        assert process.stdin
        process.stdin.write(b"the " * (_limits.BLOCK // 4))
        written += _limits.BLOCK // 4
        return "MB/s" in terminal.shown()

    with (
        open_terminal() as terminal,
        start(
            *("the", essay, "-"),
            stdin=subprocess.PIPE,
            stderr=terminal.descriptor,
            env=terminal.environment,
        ) as process,
    ):
        try:
            wait_until(is_drawn)
            counts = process.communicate()[0].split()
        finally:
            process.kill()
        terminal.close()
        *_, end = terminal.shown().rpartition("MB/s")
    assert int(counts[0]) == 3
    assert int(counts[2]) == written
    assert "\x1b[2K" in end  # erases the line


def on_a_terminal(*arguments: str, **changes: str) -> str:
    """Return the text that the command shows on a terminal, without colours."""
    with open_terminal() as terminal:
        environment = {**terminal.environment, "NO_COLOR": "1", **changes}
        run(*arguments, stdout=terminal.descriptor, stderr=terminal.descriptor, env=environment)
        terminal.close()
        return re.sub("\x1b[^m]*m", "", terminal.shown())


@posix
def test_on_a_terminal_the_bar_does_not_disturb_the_counts(essay: str) -> None:
    pytest.importorskip("rich")
    long = "x" * 100 + ".txt"
    Path(long).write_text("the", encoding="utf-8")
    shown = on_a_terminal("--progress", "the", essay, "gone" + long, long)
    assert " 3 essay.txt\n" in shown
    assert f"textcount: gone{long}: No such file or directory\n" in shown
    assert f" 1 {long}\n" in shown  # longer than the terminal is wide, and not wrapped
    assert " 4 total\n" in shown
    assert "bytes" in shown


def lines_on_a_terminal(*arguments: str, **changes: str) -> list[str]:
    """Return the lines that the command with ``--no-progress`` shows on a terminal."""
    return on_a_terminal("--no-progress", *arguments, **changes).splitlines()


@posix
def test_on_a_terminal_each_count_has_a_bar_in_proportion(essay: str) -> None:
    pytest.importorskip("rich")
    Path("many.txt").write_text("the " * 15, encoding="utf-8")
    none, whole = " " * 12, "█" * 12
    assert lines_on_a_terminal("the", essay, "many.txt") == [
        "██▍           3 essay.txt",
        f"{whole} 15 many.txt",
        f"{none} 18 total",
    ]
    assert lines_on_a_terminal("-e", "the", "-e", "no", "many.txt", "many.txt") == [
        f"{none} the {none}  no",
        f"{whole}  15 {none}   0 many.txt",
        f"{whole}  15 {none}   0 many.txt",
        f"{none}  30 {none}   0 total",
    ]


@posix
def test_a_table_has_one_scale_whatever_the_order_of_its_files(essay: str) -> None:
    pytest.importorskip("rich")
    counts = [0, 3, 600, 49, 51, 0, 1100, 101, 7]
    names = [f"{number}.txt" for number in range(len(counts))]
    for name, count in zip(names, counts, strict=True):
        Path(name).write_text("the " * count, encoding="utf-8")
    shown = lines_on_a_terminal("the", *names)
    drawn = [(int(line[13:].split()[0]), line[:12]) for line in shown[:-1]]
    assert [count for count, _ in drawn] == counts
    drawn.sort()
    lengths = [bar.count("█") + (" ▏▎▍▌▋▊▉".find(bar.strip("█ ")) / 8) for _, bar in drawn]
    assert lengths == [count * 96 // 1100 / 8 for count in sorted(counts)]


@posix
def test_counts_that_are_all_0_have_no_bars(essay: str) -> None:
    pytest.importorskip("rich")
    assert lines_on_a_terminal("absent", essay, essay) == [
        " 0 essay.txt",
        " 0 essay.txt",
        " 0 total",
    ]
    assert lines_on_a_terminal("absent", "gone", "gone")[2:] == ["0 total"]


@posix
@pytest.mark.parametrize(
    ("columns", "bar"),
    # A line takes 32 columns without the bar and the space after the bar.
    [
        *((200, "████████████ "), (45, "████████████ "), (44, "███████████ ")),
        *((40, "███████ "), (39, ""), (30, "")),
    ],
)
def test_bars_become_shorter_in_a_narrow_window_and_then_vanish(
    essay: str, columns: int, bar: str
) -> None:
    pytest.importorskip("rich")
    name = "essay".ljust(29, ".")
    Path(name).write_text("the " * 15, encoding="utf-8")
    shown = lines_on_a_terminal("the", essay, name, COLUMNS=str(columns))
    assert f"{bar}15 {name}" in shown
    assert max(map(len, shown)) <= max(columns, 32)


@posix
def test_a_window_that_the_paths_fill_has_no_bars(essay: str) -> None:
    pytest.importorskip("rich")
    for size, has_bars in ((80 - 5 - 3, True), (80 - 4 - 3, False)):
        name = "x" * size
        Path(name).write_text("the " * 15, encoding="utf-8")
        shown = lines_on_a_terminal("the", essay, name)
        assert any("█" in line for line in shown) == has_bars
        assert max(map(len, shown)) <= 80


@posix
def test_a_table_of_four_words_fits_a_window_of_80_columns_and_has_no_bars_in_30(
    essay: str,
) -> None:
    pytest.importorskip("rich")
    words = ["-e", "the", "-e", "cat", "-e", "dog", "-e", "end"]
    # In a walk a column has 7 digits, so there is no room for four bars of 12 columns.
    wide = lines_on_a_terminal("-r", *words, ".", COLUMNS="80")
    assert "█" in wide[1]
    assert max(map(len, wide)) <= 80
    narrow = lines_on_a_terminal(*words, essay, essay, COLUMNS="30")
    assert narrow == [
        "the cat dog end",
        "  3   1   1   1 essay.txt",
        "  3   1   1   1 essay.txt",
        "  6   2   2   2 total",
    ]


@posix
def test_the_lines_of_too_many_files_are_not_held_for_bars(essay: str) -> None:
    pytest.importorskip("rich")
    names = [f"{number}.txt" for number in range(table.TableReport.MAX_FILES + 1)]
    for name in names:
        Path(name).write_text("the", encoding="utf-8")
    shown = lines_on_a_terminal("-e", "the", "-e", "no", *names)
    assert shown[0].split() == ["the", "no"]
    assert [line.split()[-1] for line in shown[1:]] == [*names, "total"]
    assert not any("█" in line for line in shown)
    assert "█" in lines_on_a_terminal("the", *names[1:])[0]


@posix
def test_the_bars_wait_for_all_counts_and_an_interrupt_prints_what_is_held(essay: str) -> None:
    pytest.importorskip("rich")
    stdin, into = os.pipe()
    os.write(into, b"the end")
    with open_terminal() as terminal:
        streams = {"stdout": terminal.descriptor, "env": terminal.environment}
        with interrupted("-e", "the", "-e", "end", essay, "-", stdin=stdin, **streams):
            wait_until_empty(stdin)
            assert terminal.shown() == ""
        terminal.close()
        shown = terminal.shown()
    assert [line.split() for line in shown.splitlines()] == [
        ["the", "end"],
        ["3", "1", "essay.txt"],
    ]
    os.close(into)
    os.close(stdin)


@posix
def test_a_single_number_and_a_terminal_limited_to_ascii_get_no_bars(essay: str) -> None:
    assert lines_on_a_terminal("the", essay) == ["3 essay.txt"]
    assert lines_on_a_terminal("--total", "the", essay, essay) == ["6"]
    lines = lines_on_a_terminal("the", essay, essay, PYTHONIOENCODING="ascii")
    assert lines == [" 3 essay.txt", " 3 essay.txt", " 6 total"]


@posix
@needs_full_disk
def test_the_counts_are_printed_though_the_progress_bar_cannot_be_drawn(essay: str) -> None:
    pytest.importorskip("rich")
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = run("--progress", "--format", "json", "the", essay, stderr=full)
    assert json.loads(result.stdout)["totals"] == {"the": 3}


def test_progress_forces_a_bar_and_no_progress_forbids_it(essay: str) -> None:
    pytest.importorskip("rich")
    status, output, errors = outcome("--progress", "the", essay, essay, "gone")
    assert (status, output.split()[-2:]) == (2, ["6", "total"])
    assert "58/58 bytes" in errors
    assert outcome("--no-progress", "the", essay) == (0, "3 essay.txt\n", "")


def test_without_rich_only_a_demanded_bar_is_an_error(
    essay: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(progress, "find_spec", lambda _: None)
    status, _, errors = outcome("--progress", "the", essay)
    assert status == 2
    assert "install rich, or textcount with the extra cli" in errors
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert cli.main(["the", essay]) == 0
    assert capsys.readouterr().out == "3 essay.txt\n"


def test_no_bar_appears_before_the_delay_is_over() -> None:
    with progress.ProgressBar(lambda: pytest.fail("the bar appeared"), delay=60) as bar:
        bar.advance(10)


def test_an_interrupt_flushes_what_was_printed(
    essay: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupted(*_: object) -> Any:
        yield textcount.FileCount("a", {"the": 1}, size=3)
        raise KeyboardInterrupt

    stdout = io.TextIOWrapper(io.BytesIO(), "utf-8")
    monkeypatch.setattr(sys, "stdout", stdout)
    monkeypatch.setattr(cli, "count_sources", interrupted)
    assert cli.main(["the", essay]) == 130
    assert stdout.detach().getvalue() == b"1 a\n"
    assert capsys.readouterr().err == ""


def test_the_lines_that_wait_for_bars_are_printed_if_the_run_ends_early(
    essay: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rich")

    def failing(*_: object) -> Any:
        yield textcount.FileCount("a", {"the": 1}, size=3)
        assert capsys.readouterr().out == ""
        raise MemoryError

    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(cli, "count_sources", failing)
    assert cli.main(["the", essay, essay]) == 2
    assert capsys.readouterr() == (" 1 a\n", "textcount: not enough memory\n")


def test_the_progress_bar_is_hidden_only_for_lines_that_are_printed(
    essay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("rich")
    hide = mock.Mock()
    monkeypatch.setattr(progress.ProgressBar, "hide", hide)
    outcome("--progress", "--total", "the", essay, essay)
    hide.assert_not_called()
    outcome("--progress", "--total", "the", essay, "gone")
    assert hide.call_count == 1
    outcome("--progress", "the", essay, essay)
    assert hide.call_count == 3
    outcome("--progress", "-q", "housewives", essay)
    outcome("--progress", "-l", "the", essay, "-")
    assert hide.call_count == 4
    held = table.TableReport(["the"], 1, total_only=False, named=True)
    assert not held.prints(textcount.FileCount("a", {"the": 1}, size=3))


def test_an_interrupt_while_the_command_is_loaded_is_silent(
    monkeypatch: pytest.MonkeyPatch, handlers: None
) -> None:
    def interrupted(*_: object) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    assert __main__.main() == 130


@posix
def test_a_file_without_permission_is_an_error(essay: str) -> None:
    Path(essay).chmod(0)
    with without_privileges():
        assert outcome("the", essay) == (2, "", "textcount: essay.txt: Permission denied\n")
