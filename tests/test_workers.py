"""Counting by several workers gives what one gives, in the same order."""

import errno
import itertools
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from reference import oracle, unwatched

import textcount.files
from textcount import FileCount, count_file, count_files
from textcount._blocks import Counting

ERRORS = ["strict", "replace", "ignore", "surrogateescape", "backslashreplace"]
MULTIBYTE = "né 한국 né\r\nné\u2003né\u3000x né\x1cné \ufeffné  né né"
BROKEN = [
    MULTIBYTE.encode(),
    b"\xef\xbb\xbfa a\xff a \xe2\x80 a\xe2\x80\na \xf0\x9f\x98 \xed\xa0\x80 a a",
    b"a",
    b" a",
    b"a\n",
    b"",
    b"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa a",
    b"\r\n\r\na\r\n \r\na",
]


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    """Workers for the least of work."""
    with (
        mock.patch.object(textcount.files, "SHARD", 64),
        mock.patch.object(textcount.files, "BLOCK", 24),
        mock.patch.object(textcount.files, "ALONE", -1),
    ):
        yield


def counted(path: Path, needle: str, errors: str, start: int, stop: int | None) -> FileCount:
    counting = Counting([needle], "utf-8", errors)
    return textcount.files.count_source(counting, str(path), start=start, stop=stop)


@pytest.mark.parametrize("errors", ERRORS)
def test_shards_of_every_size_count_each_word_once(tmp_path: Path, errors: str) -> None:
    path = tmp_path / "file"
    for data, needle in itertools.product(BROKEN, ["né", "a", "\ufffd", "aa"]):
        path.write_bytes(data)
        try:
            expected = oracle(data.decode("utf-8", errors), needle)
        except UnicodeDecodeError:
            continue
        for size in range(1, len(data) + 2):
            starts = list(range(0, len(data) or 1, size))
            stops = [*starts[1:], None]
            parts = [
                counted(path, needle, errors, start, stop)
                for start, stop in zip(starts, stops, strict=True)
            ]
            assert sum(part.counts[needle] for part in parts) == expected, (data, size)
            assert sum(part.size for part in parts) == len(data)


@pytest.mark.parametrize("errors", ERRORS)
def test_a_border_may_be_anywhere(tmp_path: Path, errors: str) -> None:
    path = tmp_path / "file"
    for data in BROKEN:
        path.write_bytes(data)
        try:
            expected = oracle(data.decode("utf-8", errors), "a")
        except UnicodeDecodeError:
            continue
        for border in range(1, len(data)):
            one, two = (
                counted(path, "a", errors, 0, border),
                counted(path, "a", errors, border, None),
            )
            assert one.counts["a"] + two.counts["a"] == expected, (data, border)


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Small and large files, and what cannot be counted."""
    source = random.Random(0)
    for index in range(40):
        words = source.choices(["a", "b", "é", "ab", "한국", "\n"], k=source.choice([3, 40, 500]))
        (tmp_path / f"{index:02}").write_text(" ".join(words), "utf-8")
    (tmp_path / "07").unlink()
    (tmp_path / "11").write_bytes(b"a " * 300 + b"\xff" + b" a" * 300)
    (tmp_path / "23").write_bytes(b"a" * 1000 + b" a")
    return tmp_path


def shown(records: Iterator[FileCount]) -> list[Any]:
    return [
        (each.path, dict(each.counts), each.size, str(each.error), getattr(each.error, "args", ()))
        for each in records
    ]


def by(jobs: int) -> Any:
    """A context in which the library has so many workers."""
    return mock.patch.object(textcount.files, "workers", lambda: jobs)


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("jobs", [2, 5])
def test_many_workers_find_what_one_finds(tree: Path, jobs: int, errors: str) -> None:
    paths = [tree / f"{index:02}" for index in range(40)] + [tree, tree / "01"]
    expected = shown(count_files(paths, ["a", "한국", "é"], errors=errors))
    with by(jobs):
        assert shown(count_files(paths, ["a", "한국", "é"], errors=errors)) == expected
    with by(jobs):
        for path, record in zip(paths, expected, strict=True):
            if record[1]:
                assert count_file(path, ["a", "한국", "é"], errors=errors) == record[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1", "ascii"])
def test_other_encodings_too(tree: Path, encoding: str) -> None:
    paths = [tree / f"{index:02}" for index in range(40)]
    options: Any = {"encoding": encoding, "errors": "replace"}
    expected = shown(count_files(paths, ["a", "\xc3\xa9"], **options))
    with by(3):
        assert shown(count_files(paths, ["a", "\xc3\xa9"], **options)) == expected


def test_an_error_names_the_byte_of_the_file(tree: Path) -> None:
    with by(1), pytest.raises(UnicodeDecodeError) as alone:
        count_file(tree / "11", ["a"])
    with by(3), pytest.raises(UnicodeDecodeError) as together:
        count_file(tree / "11", ["a"])
    assert together.value.args == alone.value.args
    assert "byte 600 of the input" in str(together.value)


def test_progress_adds_up_over_all_workers(tree: Path) -> None:
    told: list[int] = []
    paths = [tree / f"{index:02}" for index in range(40)]
    with by(3):
        records = list(count_files(paths, ["a"], errors="replace", on_progress=told.append))
    assert sum(told) == sum(record.size for record in records)


def test_an_error_of_the_callers_comes_in_its_turn(tree: Path) -> None:
    def paths() -> Iterator[Path]:
        for index in range(20):
            yield tree / f"{index:02}"
        raise AssertionError("the twenty-first")

    (tree / "19").write_text("a")  # so small that it waits for others
    with by(3):
        records = count_files(paths(), ["a"])
        assert len([next(records) for _ in range(20)]) == 20
        with pytest.raises(AssertionError, match="the twenty-first"):
            next(records)


def threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name.startswith("textcount")}


def test_workers_end_with_the_counting(tree: Path) -> None:
    paths = [tree / f"{index:02}" for index in range(40)]
    with by(3):
        list(count_files(paths, ["a"]))
        records: Any = count_files(paths, ["a"])
        for _ in range(10):
            next(records)
        records.close()  # nobody asks for the rest
    assert not threads()


def test_an_error_of_the_callback_ends_the_workers(tree: Path) -> None:
    told: list[int] = []

    def broken(size: int) -> None:
        told.append(size)
        if len(told) == 20:
            raise OSError("the twentieth")

    paths = [tree / f"{index:02}" for index in range(40)] * 3
    with by(3), pytest.raises(OSError, match="the twentieth"):
        list(count_files(paths, ["a"], on_progress=broken))
    assert not threads()


@pytest.mark.skipif(os.name != "posix", reason="pipes with a name")
def test_a_pipe_is_read_when_it_is_asked_for(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    writer = threading.Thread(target=(tree / "pipe").write_bytes, args=[b"a a a"])
    paths = [tree / "01", tree / "02", tree / "pipe", tree / "03"]
    with by(3):
        records = count_files(paths, ["a"])
        next(records)
        next(records)
        writer.start()
        assert next(records).counts == {"a": 3}
        assert next(records).path == str(tree / "03")
    writer.join()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_read_to_places_of_their_own() -> None:
    memory = textcount.files._memory()
    process = os.fork()
    if not process:
        memory[0] = 1
        os._exit(0)
    os.waitpid(process, 0)
    assert memory[0] == 0


def test_there_is_a_worker_for_each_processor_that_may_be_used() -> None:
    if hasattr(os, "sched_getaffinity"):
        assert textcount.files.cores() == len(os.sched_getaffinity(0))
    with mock.patch.object(os, "sched_getaffinity", create=True, side_effect=AttributeError):
        assert textcount.files.cores() == os.cpu_count()


# What goes wrong


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_a_file_that_says_it_is_empty_is_read(tree: Path) -> None:
    paths = [tree / "01", Path("/proc/self/status"), tree / "02"]
    with by(3):
        record = list(count_files(paths, ["Name:"]))[1]
    assert record.counts == {"Name:": 1}
    assert record.size > 0


def test_a_file_that_shrinks_or_grows_is_counted_as_it_is_read(tree: Path) -> None:
    sizes = {str(tree / "00"): 10_000, str(tree / "01"): 200}
    (tree / "00").write_text("a " * 500)
    (tree / "01").write_text("a " * 500)
    with by(3), mock.patch.object(textcount.files, "size_of", lambda path: sizes.get(path, 0)):
        shrunk, grown = count_files([tree / "00", tree / "01"], ["a"])
    for record in (shrunk, grown):
        assert (record.counts, record.size, record.error) == ({"a": 500}, 1000, None)


def test_a_file_that_vanishes_is_a_record(tree: Path) -> None:
    with by(3), mock.patch.object(textcount.files, "size_of", lambda _: 1000):
        gone, there = count_files([tree / "gone", tree / "01"], ["a"])
    assert isinstance(gone.error, FileNotFoundError)
    assert there.error is None


def test_a_file_that_fails_in_the_middle_is_a_record(tree: Path) -> None:
    (tree / "00").write_text("a " * 500)
    whole = textcount.files._between

    def failing(blocks: Any, start: int, stop: int | None) -> Iterator[Any]:
        if start >= 512:
            raise OSError(errno.EIO, "Input/output error")
        return whole(blocks, start, stop)

    with by(3), mock.patch.object(textcount.files, "_between", failing):
        record, after = count_files([tree / "00", tree / "01"], ["a"])
    assert isinstance(record.error, OSError)
    # The shards before it: to the first blank behind their end.
    assert (record.error.errno, record.counts, record.size) == (errno.EIO, {}, 513)
    assert after.error is None


# The command


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "textcount", *map(str, arguments)]


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More files than one worker counts before others are started."""
    folder = tmp_path_factory.mktemp("many")
    for index in range(3000):
        (folder / f"{index:05}").write_bytes(b"the end\n" * (1 + index % 3))
    return folder


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_command_gives_the_same_however_many_workers(
    many: Path, tmp_path: Path, jobs: int
) -> None:
    invalid = tmp_path / "invalid"
    invalid.write_bytes(b"the \xff")
    result = subprocess.run(
        command("-j", jobs, "-r", "-e", "the", "-e", "end", many, invalid, many),
        check=False, capture_output=True, encoding="utf-8",
    )  # fmt: skip
    lines = result.stdout.splitlines()
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert lines[-1].split() == ["12000", "12000", "total"]
    names = [line.split()[2] for line in lines[1:-1]]
    assert names == [str(many / f"{index:05}") for index in range(3000)] * 2


def children(process: int) -> list[int]:
    """The processes that a process has started."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(each) for path in lists for each in path.read_text("ascii").split()]


def workers(process: int) -> list[int]:
    """The processes that count for a process, as soon as there are any."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        started = children(process)
        # From Python 3.14 on, a server starts them.
        if sys.version_info >= (3, 14):
            started = [each for server in started for each in children(server)]
        if started:
            return started
        time.sleep(0.1)
    raise AssertionError("no worker was started")


@contextmanager
def interrupted(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """The command, and in the end Ctrl-C as a terminal sends it: it must end silently."""
    with subprocess.Popen(
        command(*arguments),
        env=unwatched(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        yield process
        os.killpg(process.pid, signal.SIGINT)
        try:
            _, complaints = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise
        assert (process.returncode, complaints) == (130, b"")


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_all_workers(many: Path, jobs: int) -> None:
    with interrupted("-j", jobs, "-r", "the", *[many] * 500) as process:
        started = []
        if jobs > 1:
            started = workers(process.pid) + children(process.pid)
        time.sleep(0.5)  # among the files
        assert jobs > 1 or not children(process.pid)
    deadline = time.monotonic() + 10  # servers end when they find that nobody is there
    while any(os.path.exists(f"/proc/{each}") for each in started):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A large file without a word but one, and without whitespace; it takes no room."""
    path = tmp_path / "blank"
    with path.open("wb") as file:
        file.truncate(1 << 28)
    return path


@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_ctrl_c_ends_the_counting_of_ranges(blank: Path) -> None:
    with interrupted("-j", 2, "the", *[blank] * 500):
        time.sleep(1)


MEASURED = """\
import resource, sys, textcount
from textcount import cli
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cli.main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere ru_maxrss has other units")
@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_is_bounded_whatever_the_size(blank: Path, jobs: int) -> None:
    arguments = [sys.executable, "-c", MEASURED, f"-j{jobs}", "the", str(blank)]
    result = subprocess.run(arguments, check=True, capture_output=True, encoding="utf-8")
    count, kilobytes = result.stdout.split()[0], result.stdout.split()[-1]
    assert int(count) == 0
    assert int(kilobytes) < 64 << 10


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_a_worker_that_is_killed_is_an_error(many: Path) -> None:
    arguments = command("-j", 2, "-r", "the", *[many] * 500)
    with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        os.kill(workers(process.pid)[-1], signal.SIGKILL)
        assert process.stderr
        assert process.stderr.read() == b"textcount: a worker was killed\n"
        assert process.wait(10) == 2
