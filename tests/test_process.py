"""Test the command as a process: signals, descriptors, pipes, and resources that run short."""

import _thread
import contextlib
import gzip
import io
import json
import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import (
    DEADLINE,
    interrupted,
    limits,
    open_terminal,
    outcome,
    python,
    start,
    wait_until,
    without_coverage,
)

# Windows has neither of these modules, nor SIGKILL, which signals needs.
fcntl = pytest.importorskip("fcntl")
termios = pytest.importorskip("termios")

import signals  # noqa: E402

from textcount import (  # noqa: E402
    __main__,
    _limits,
    _output,
    _pool,
    cli,
    count_files,
    files,
    progress,
)

pytestmark = [
    pytest.mark.skipif(os.name != "posix", reason="needs POSIX signals and descriptors"),
    pytest.mark.skipif(sys.implementation.name == "pypy", reason="PyPy handles SIGINT alone"),
]
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")

ENDS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """Return a file that has "the" once."""
    path = tmp_path / "good"
    path.write_bytes(b"the end\n")
    return path


# Signals


@pytest.mark.parametrize("number", ENDS)
@pytest.mark.parametrize("form", ["text", "json"])
def test_a_signal_ends_the_command_after_the_last_whole_line(
    good: Path, number: signal.Signals, form: str
) -> None:
    with start("--format", form, "the", good, "-", stdin=subprocess.PIPE) as process:
        try:
            wait_until_read(process, b"the ")
            process.send_signal(number)
            output, errors = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
    assert (process.returncode, errors) == (128 + number, b"")
    if form == "text":
        assert output == f"{1:7} {good}\n".encode()
    else:
        assert output.splitlines(keepends=True) == [b'{"words": ["the"],\n', b' "files": [\n']


def wait_until_read(process: subprocess.Popen[bytes], data: bytes) -> None:
    """Write to the process, and wait until the process has read everything."""
    assert process.stdin
    process.stdin.write(data)
    process.stdin.flush()
    wait_until(lambda: not unread(process.stdin))


def unread(pipe: Any) -> int:
    """Return the number of bytes in a pipe."""
    size = fcntl.ioctl(pipe, termios.FIONREAD, b"\0\0\0\0")
    return int.from_bytes(size, sys.byteorder)


def wait_until_full(pipe: Any) -> None:
    """Wait until a pipe is full. Its size in bytes depends on the sizes of the writes."""
    sizes = [0]

    def is_full() -> bool:
        sizes.append(unread(pipe))
        return sizes[-1] == sizes[-2] > 10_000

    wait_until(is_full)


def test_a_signal_writes_the_lines_that_are_pending(good: Path) -> None:
    environment = {**without_coverage(), "PYTHONUNBUFFERED": ""}
    with start("the", good, "-", stdin=subprocess.PIPE, env=environment) as process:
        try:
            wait_until_read(process, b"the ")
            process.terminate()
            output, errors = process.communicate(timeout=DEADLINE)
        finally:
            process.kill()
    assert (process.returncode, output, errors) == (143, f"{1:7} {good}\n".encode(), b"")


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_that_is_ignored_at_the_start_stays_ignored(
    good: Path, number: signal.Signals
) -> None:
    with start(
        *("the", good, "-"),
        stdin=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_IGN),
    ) as process:
        try:
            wait_until_read(process, b"the ")
            process.send_signal(number)
            output, errors = process.communicate(b"the ", timeout=DEADLINE)
        finally:
            process.kill()
    assert (process.returncode, errors) == (0, b"")
    assert output.split()[-2:] == [b"3", b"total"]


@pytest.mark.parametrize("number", ENDS)
def test_a_signal_ends_the_command_though_nobody_reads_its_output(
    good: Path, number: signal.Signals
) -> None:
    out, into = os.pipe()
    fill(into)
    environment = {**without_coverage(), "PYTHONUNBUFFERED": ""}
    with start("the", good, "-", stdin=subprocess.PIPE, stdout=into, env=environment) as process:
        try:
            wait_until_read(process, b"the ")  # a line is pending
            process.send_signal(number)
            assert process.wait(DEADLINE) == 128 + number
        finally:
            process.kill()
    os.close(out)
    os.close(into)


def fill(pipe: int) -> None:
    """Fill a pipe, so that the next write waits for its reader."""
    os.set_blocking(pipe, False)
    for size in (1 << 16, 1):
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(pipe, b"." * size)
    os.set_blocking(pipe, True)


def test_a_signal_ends_a_write_that_waits_for_a_reader(good: Path) -> None:
    with start("the", *[good] * 9000) as process:
        try:
            wait_until_full(process.stdout)
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE) == 130
            output, errors = process.communicate()
        finally:
            process.kill()
    assert (output[-1:], errors) == (b"\n", b"")
    assert {*output.splitlines()} == {f"{1:5} {good}".encode()}


def test_a_signal_erases_the_progress_bar(good: Path) -> None:
    pytest.importorskip("rich")
    with (
        open_terminal() as terminal,
        start(
            *("--progress", "the", "-"),
            stdin=subprocess.PIPE,
            stderr=terminal.descriptor,
            env={**terminal.environment, **without_coverage(), "TERM": "xterm"},
        ) as process,
    ):
        try:
            assert process.stdin
            process.stdin.write(b"the " * (2 * _limits.BLOCK))
            process.stdin.flush()
            wait_until(lambda: "/?" in terminal.shown())  # of an unknown size
            process.send_signal(signal.SIGINT)
            assert process.wait(DEADLINE) == 130
        finally:
            process.kill()
        terminal.close()
        assert terminal.shown().endswith(progress.ERASE.decode())


@needs_proc
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_reading_of_a_long_compressed_file(good: Path, jobs: int) -> None:
    path = good.parent / "long.gz"
    path.write_bytes(gzip.compress(b"the " * (1 << 22)) * 1000)  # 16 GB
    with interrupted("-j", jobs, "the", good, path) as process:
        wait_until(lambda: str(path) in open_files(process.pid).values())


def open_files(process: int) -> dict[int, str]:
    """Return the files that a process has open, by their descriptors."""
    folder, names = f"/proc/{process}/fd", {}
    for each in os.listdir(folder):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            names[int(each)] = os.readlink(f"{folder}/{each}")
    return names


@needs_proc
@pytest.mark.once
def test_signals_at_random_moments_never_leave_half_an_output() -> None:
    print(signals.main(rounds=12, seed=random.randrange(1 << 32)))


def test_an_interrupt_before_the_handlers_stand_is_silent(handlers: None) -> None:
    with mock.patch("_signal.getsignal", side_effect=KeyboardInterrupt):
        assert __main__.main() == 130


def test_a_handler_of_an_ignored_signal_is_kept(handlers: None) -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    with mock.patch.object(cli, "main", return_value=0):
        assert __main__.main() == 0
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    assert signal.getsignal(signal.SIGTERM) is __main__._end


@pytest.mark.parametrize("has_timer", [True, False])  # Windows has none
@pytest.mark.parametrize("is_open", [True, False])
def test_the_handler_ends_the_process_even_if_the_output_fails(
    handlers: None, monkeypatch: pytest.MonkeyPatch, has_timer: bool, is_open: bool
) -> None:
    stdout = mock.Mock(spec=io.StringIO, **{"flush.side_effect": OSError}) if is_open else None
    __main__._at_end.append(_output.finish)
    monkeypatch.setattr("_signal.setitimer", lambda *_: None)
    if not has_timer:
        monkeypatch.delattr("_signal.setitimer")
    with (
        mock.patch.object(os, "_exit", side_effect=SystemExit) as end,
        mock.patch.object(_output, "restore", b""),
        mock.patch.object(sys, "stdout", stdout),
        pytest.raises(SystemExit),
    ):
        __main__._end(signal.SIGTERM, None)
    end.assert_called_once_with(143)
    assert stdout is None or stdout.flush.called


def test_on_windows_the_streams_stay_as_they_are() -> None:
    streams = sys.stdout, sys.stderr
    with mock.patch.object(os, "name", "nt"):
        _output.open_standard_streams()
    assert (sys.stdout, sys.stderr) == streams


# Output


class Pipe:
    """A fake ``os.write`` that keeps what is written.

    Args:
        sizes: how many bytes the writes take, in turn; an exception is raised.
    """

    def __init__(self, *sizes: Any) -> None:
        self.sizes = [*sizes]
        self.pieces: list[bytes] = []

    def write(self, number: int, data: bytes) -> int:
        size = self.sizes.pop(0) if self.sizes else len(data)
        if isinstance(size, BaseException):
            raise size
        self.pieces.append(data[:size])
        return min(size, len(data))


@pytest.fixture
def stream() -> io.TextIOWrapper:
    """Return a text stream as the command has it, to a descriptor that is not written to."""
    return io.TextIOWrapper(_output.LineWriter(1), "utf-8")


def lines_of(char: str) -> list[str]:
    """Return lines of many lengths, one of which is longer than a piece."""
    lines = [char * (index % 300) + "\n" for index in range(3000)]
    lines[1000] = char * 10_000 + "\n"
    return lines


@pytest.mark.parametrize("char", ["x", "é", "한", "😀"])
def test_whole_lines_are_written_in_pieces_that_a_pipe_takes_at_once(
    stream: io.TextIOWrapper, char: str
) -> None:
    pipe, lines = Pipe(), lines_of(char)
    with mock.patch.object(os, "write", pipe.write):
        for line in lines:
            stream.write(line[:100])
            stream.write(line[100:])
        assert pipe.pieces
        stream.write("no end")
        stream.flush()
    *pieces, last = pipe.pieces
    assert b"".join(pieces) == "".join(lines).encode()
    assert last == b"no end"
    assert all(piece.endswith(b"\n") for piece in pieces)
    assert [len(piece) > 4096 for piece in pieces].count(True) == 1


def test_at_the_end_on_a_signal_a_line_without_an_end_is_not_written(
    stream: io.TextIOWrapper,
) -> None:
    pipe = Pipe()
    with (
        mock.patch.object(os, "write", pipe.write),
        mock.patch.object(_output, "restore", b"erased"),
        mock.patch.object(sys, "stdout", stream),
    ):
        stream.write("one\ntwo\nthr")
        _output.finish()
    assert pipe.pieces == [b"erased", b"one\ntwo\n"]


def test_a_write_that_takes_a_part_is_continued(stream: io.TextIOWrapper) -> None:
    pipe = Pipe(3, 1, 2)
    with mock.patch.object(os, "write", pipe.write):
        stream.write("some text\n")
        stream.flush()
    assert pipe.pieces == [b"som", b"e", b" t", b"ext\n"]


def test_a_failed_write_fails_again(stream: io.TextIOWrapper) -> None:
    pipe = Pipe(OSError("full"), OSError("full"))
    with mock.patch.object(os, "write", pipe.write):
        stream.write("text\n")
        for _ in range(2):
            with pytest.raises(OSError, match="full"):
                stream.flush()
        stream.flush()
    assert pipe.pieces == [b"text\n"]


def test_an_interrupted_write_is_not_repeated(stream: io.TextIOWrapper) -> None:
    pieces = []

    def interrupted_write(number: int, data: bytes) -> int:
        pieces.append(data)
        stream.write("more\n")
        _output.finish()  # as the handler of a signal does
        return len(data)

    stream.write("text\n")
    with (
        mock.patch.object(os, "write", interrupted_write),
        mock.patch.object(sys, "stdout", stream),
        mock.patch.object(_output, "restore", b""),
    ):
        stream.flush()
    assert pieces == [b"text\n"]


def test_a_slow_reader_of_a_non_blocking_pipe_gets_everything(good: Path) -> None:
    out, into = os.pipe()
    os.set_blocking(into, False)
    names = [good] * 4000
    with start("the", *names, stdout=into, env={**os.environ}) as process:
        try:
            os.close(into)
            wait_until_full(out)
            with open(out, "rb") as file:
                lines = file.read().splitlines()
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
    assert lines == [f"{1:5} {good}".encode()] * 4000 + [b" 4000 total"]


def test_the_reader_of_a_non_blocking_pipe_may_go_away(good: Path) -> None:
    out, into = os.pipe()
    os.set_blocking(into, False)
    with start("the", *[good] * 4000, stdout=into, env={**os.environ}) as process:
        try:
            os.close(into)
            wait_until_full(out)
            os.close(out)
            assert process.wait(DEADLINE) == 141
        finally:
            process.kill()


@pytest.mark.parametrize("option", ["--help", "--version"])
def test_help_that_cannot_be_written_is_an_error(option: str) -> None:
    if not os.path.exists("/dev/full"):
        pytest.skip("needs /dev/full")
    with open("/dev/full", "w", encoding="utf-8") as full:
        result = python("-u", "-m", "textcount", option, stdout=full)
    assert result.returncode == 2
    assert result.stderr == "textcount: standard output: No space left on device\n"


# Descriptors


@needs_proc
@pytest.mark.parametrize("closed", [[0], [1], [2], [0, 1, 2]])
def test_no_file_is_opened_under_a_standard_number(good: Path, closed: list[int]) -> None:
    pipe = good.parent / "pipe"
    os.mkfifo(pipe)
    with start(
        *("-q", "the", pipe),
        preexec_fn=lambda: [*map(os.close, closed)],
        env=without_coverage(),
    ) as process:
        try:
            with pipe.open("wb") as file:
                names = open_files(process.pid)
                file.write(b"the ")
            assert process.wait(DEADLINE) == 0
        finally:
            process.kill()
    assert [names[number] for number in closed] == [
        "/dev/null" if number else "/proc/self" for number in closed
    ]
    assert str(pipe) in names.values()


@pytest.mark.parametrize("jobs", [1, 2])
def test_closed_standard_input_is_an_error_and_the_files_are_counted(good: Path, jobs: int) -> None:
    large = good.parent / "large"
    with large.open("wb") as file:
        file.truncate(1 << 26)
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe")
    names = [large, "-", *[large] * 4]
    result = python(
        *("-m", "textcount", "-j", jobs, "--format", "json", "the", *names),
        stdin=None,
        preexec_fn=lambda: os.close(0),
    )
    assert (result.returncode, result.stderr) == (2, "textcount: -: Bad file descriptor\n")
    counted = json.loads(result.stdout)
    assert [file["counts"] for file in counted["files"]] == [{"the": 1}, {}, *[{"the": 1}] * 4]


@pytest.mark.parametrize("name", ["/dev/stdin", "/dev/fd/0"])
def test_closed_standard_input_is_an_error_under_every_name(good: Path, name: str) -> None:
    if not os.path.exists("/dev/fd"):
        pytest.skip("needs /dev/fd")
    for option in ("-e", "-re"):
        arguments = ("-m", "textcount", option, "the", good, name)
        result = python(*arguments, stdin=None, preexec_fn=lambda: os.close(0))
        assert (result.returncode, result.stderr.count("\n")) == (2, 1)
        assert result.stderr.startswith(f"textcount: {name}: ")
        assert str(good) in result.stdout


def test_if_a_link_cannot_be_opened_closed_standard_input_is_the_null_device() -> None:
    before = os.dup(0)
    try:
        os.close(0)
        with (
            mock.patch.object(_output, "_open_nothing", lambda: False),
            mock.patch.multiple(sys, stdout=sys.stdout, stderr=sys.stderr),
        ):
            _output.open_standard_streams()
        assert os.fstat(0).st_rdev == os.stat(os.devnull).st_rdev
        with mock.patch.object(os, "open", side_effect=OSError):
            assert not _output._open_nothing()
    finally:
        os.dup2(before, 0)
        os.close(before)


# Resources that run short

LIMITED = """\
import resource, sys
from textcount.__main__ import main
name, number = sys.argv[1], int(sys.argv[2])
del sys.argv[1:3]
if name == "RLIMIT_AS":  # more than now
    with open("/proc/self/statm") as file:
        number += int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(getattr(resource, name), (number, number))
sys.exit(main())
"""


def limited(name: str, number: int, *arguments: object) -> tuple[int, str, str]:
    """Run the command with a limit; return the status, the output and the errors."""
    result = python("-c", LIMITED, name, number, *arguments, env=without_coverage())
    return result.returncode, result.stdout, result.stderr


@pytest.fixture
def some(good: Path) -> tuple[list[Path], str]:
    """Return files, one of which is large, and the output for the files."""
    large = good.parent / "large"
    with large.open("wb") as file:
        file.truncate(1 << 26)
        file.seek(0, os.SEEK_END)
        file.write(b"\nthe the")
    counts = zip([1, 2, 1], [good, large, good], strict=True)
    lines = [f"{count:8} {path}\n" for count, path in counts]
    return [good, large, good], "".join([*lines, f"{4:8} total\n"])


@needs_proc
def test_with_little_memory_the_counts_are_right_or_one_line_says_so(
    some: tuple[list[Path], str],
) -> None:
    paths, expected = some
    ends = set()
    for number in [*range(0, 1 << 22, 1 << 19), *range(1 << 22, 1 << 26, 1 << 23)]:
        status, output, errors = limited("RLIMIT_AS", number, "-j2", "the", *paths)
        if status == 0:
            assert (output, errors) == (expected, "")
        else:
            assert expected.startswith(output)
            assert (status, output == "" or output.endswith("\n")) == (2, True)
            assert errors.count("\n") == 1
            assert "memory" in errors
        ends.add(status)
    assert ends == {0, 2}


@needs_proc
def test_with_few_descriptors_the_counts_are_right_or_an_error(
    some: tuple[list[Path], str],
) -> None:
    paths, expected = some
    ends = set()
    for number in range(3, 12):
        status, output, errors = limited("RLIMIT_NOFILE", number, "-j2", "the", *paths)
        if status == 0:
            assert (output, errors) == (expected, "")
        else:
            assert status == 2
            assert 1 <= errors.count("\n") <= len(paths)
            assert errors.count("Too many open files\n") == errors.count("\n") or number < 4
        ends.add(status)
    assert ends == {0, 2}


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(24, "Too many open files"), "Too many open files"),
        (OSError(24, "Too many open files", "a.py"), "a.py: Too many open files"),
        (ImportError("a.so: cannot open it"), "a.so: cannot open it"),
        (
            SystemError("error return without exception set"),
            "not enough memory: error return without exception set",
        ),
        (
            ImportError("a.so: failed to map segment from shared object"),
            "not enough memory: a.so: failed to map segment from shared object",
        ),
    ],
)
def test_a_shortage_is_one_line_and_keeps_what_was_printed(
    good: Path, error: Exception, line: str, handlers: None, capfd: pytest.CaptureFixture[str]
) -> None:
    real = files.count_sources

    def short(*arguments: Any) -> Any:
        yield from real(*arguments)
        raise error

    with mock.patch.object(cli, "count_sources", short):
        assert outcome("the", good) == (2, f"1 {good}\n", f"textcount: {line}\n")
    with mock.patch.object(cli, "main", side_effect=error):  # while the command is loaded
        assert __main__.main() == 2
    errors = capfd.readouterr().err
    assert errors.startswith("textcount: ")
    assert (line.rpartition(": ")[2] in errors, errors.count("\n")) == (True, 1)


@pytest.mark.parametrize("error", [MemoryError(), ImportError("no module")])
def test_a_shortage_is_one_line_even_if_no_module_can_be_loaded(
    error: Exception, handlers: None, capfd: pytest.CaptureFixture[str]
) -> None:
    with (
        mock.patch.object(_output, "open_standard_streams", side_effect=error),
        mock.patch.object(_output, "shortage", side_effect=ImportError),
    ):
        assert __main__.main() == 2
    assert capfd.readouterr().err == f"textcount: {str(error) or 'not enough memory'}\n"


def test_lines_of_two_threads_are_written_once(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    lines = [f"{index}\n" for index in range(4000)]
    with path.open("wb", buffering=0) as file:
        stream = io.TextIOWrapper(_output.LineWriter(file.fileno()), "utf-8", write_through=True)
        threads = [
            threading.Thread(target=lambda part: [*map(stream.write, part)], args=[lines[start::2]])
            for start in range(2)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(path.read_text().splitlines(keepends=True)) == sorted(lines)


def test_a_fault_of_the_command_itself_has_a_traceback_and_status_2(
    handlers: None, capfd: pytest.CaptureFixture[str]
) -> None:
    with mock.patch.object(cli, "main", side_effect=ZeroDivisionError):
        assert __main__.main() == 2
    assert capfd.readouterr().err.endswith("ZeroDivisionError\n")


@pytest.mark.parametrize("error", [MemoryError(), SystemError(), ImportError(), OSError()])
def test_a_bar_that_cannot_be_made_does_not_stop_the_counting(good: Path, error: Exception) -> None:
    pytest.importorskip("rich")
    with mock.patch.object(progress, "_bar", side_effect=error) as make_bar:
        assert outcome("--progress", "the", good, good)[0] == 0
    make_bar.assert_called_once()


@pytest.mark.parametrize("error", [RuntimeError("can't start new thread"), MemoryError()])
@pytest.mark.parametrize("name", ["large", "packed.gz"])
def test_without_threads_the_calling_thread_counts(good: Path, name: str, error: Exception) -> None:
    path = good.parent / name
    path.write_bytes(gzip.compress(b"the the ") if name.endswith("gz") else b"the the " * 100)
    with (
        limits(cores=lambda: 3, RANGE=64, BLOCK=64),
        mock.patch.object(_thread, "start_new_thread", side_effect=error) as start_thread,
    ):
        records = list(count_files([good, path, good], ["the"]))
    assert [record.counts["the"] for record in records] == [1, 2 if "gz" in name else 200, 1]
    assert start_thread.called or name == "large"  # the pure backend starts no thread


def test_a_thread_that_never_begins_is_not_waited_for(good: Path) -> None:
    paths = []
    for index in range(3):
        paths.append(good.parent / f"{index}.gz")
        paths[-1].write_bytes(gzip.compress(b"the " * index))
    with (
        limits(cores=lambda: 2),
        mock.patch.object(_thread, "start_new_thread"),
        mock.patch.object(_pool, "END_SECONDS", 0),
    ):
        records = list(count_files(paths, ["the"]))
    assert [record.counts["the"] for record in records] == [0, 1, 2]


def test_an_exception_of_a_worker_between_tasks_is_raised(good: Path) -> None:
    path = good.parent / "file.gz"
    with (
        limits(cores=lambda: 2),
        mock.patch.object(_pool.ThreadPool, "_start_next", side_effect=MemoryError("in a worker")),
        pytest.raises(MemoryError, match="in a worker"),
    ):
        list(count_files([path, path], ["the"]))


# Processors


def test_python_cpu_count_decides_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for text, expected in [("1", 1), ("7", 7), ("300", 300)]:
        monkeypatch.setenv("PYTHON_CPU_COUNT", text)
        with limits(_fixed=[], OWN_GROUPS="no such file"):
            assert _limits.cores() == expected
    monkeypatch.setenv("PYTHON_CPU_COUNT", "7")
    code = "from textcount import _limits; print(_limits.cores())"
    assert python("-X", "cpu_count=5", "-c", code).stdout == "5\n"
    ordinary = python("-X", "cpu_count=default", "-c", code).stdout
    assert python("-E", "-c", code).stdout == ordinary


@pytest.mark.parametrize("text", ["", "default", "0", "-3", "many"])
def test_other_values_of_python_cpu_count_mean_nothing(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with limits(_fixed=[None, None]):
        expected = _limits.cores()
    monkeypatch.setenv("PYTHON_CPU_COUNT", text)
    with limits(_fixed=[], OWN_GROUPS="no such file"):
        assert _limits.cores() == expected


@pytest.mark.parametrize(
    ("groups", "files", "expected"),
    [
        ("0::/", {"cpu.max": "max 100000"}, None),
        ("0::/", {"cpu.max": "50000 100000"}, 1),
        ("0::/", {"cpu.max": "150000 100000"}, 2),
        ("0::/", {"cpu.max": "300000 100000"}, 3),
        ("0::/a/b", {"a/b/cpu.max": "max 100000", "a/cpu.max": "200000 100000"}, 2),
        ("0::/a/b", {"a/b/cpu.max": "300000 100000", "a/cpu.max": "400000 100000"}, 3),
        ("0::/docker/1", {"cpu.max": "200000 100000"}, 2),  # the group of a container
        ("0::/../../a", {"cpu.max": "200000 100000"}, 2),
        ("0::/", {}, None),
        ("0::/", {"cpu.max": ""}, None),
        (
            "5:cpuset:/\n4:cpu,cpuacct:/a\n0::/",
            {"cpu/a/cpu.cfs_quota_us": "250000", "cpu/a/cpu.cfs_period_us": "100000"},
            3,
        ),
        (
            "4:cpu,cpuacct:/a\n",
            {"cpu/a/cpu.cfs_quota_us": "-1", "cpu/a/cpu.cfs_period_us": "100000"},
            None,
        ),
    ],
)
def test_the_quota_of_control_groups_limits_the_workers(
    tmp_path: Path, groups: str, files: dict[str, str], expected: int | None
) -> None:
    own = tmp_path / "own"
    own.write_text(groups)
    for name, text in files.items():
        path = tmp_path / "groups" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    eight = mock.patch.object(os, "sched_getaffinity", lambda _: {*range(8)}, create=True)
    with eight, limits(_fixed=[], OWN_GROUPS=str(own), GROUPS=str(tmp_path / "groups")):
        assert _limits.cores() == (expected or 8)
        own.unlink()
        assert _limits.cores() == (expected or 8)  # the quota is read once
