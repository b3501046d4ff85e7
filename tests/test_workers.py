"""Several workers count what one counts, in the same order, and end when the counting ends."""

import _thread
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
from queue import SimpleQueue
from typing import Any
from unittest import mock

import pytest
from helpers import (
    DEADLINE,
    as_tuples,
    command,
    limits,
    posix,
    run,
    wait_until,
    with_workers,
    without_coverage,
)
from reference import oracle

from textcount import FileCount, _backend, _limits, _pool, _workers, count_file, count_files
from textcount._options import CountOptions, RunOptions
from textcount._reader import Reader
from textcount._sources import Source
from textcount._tasks import Task
from textcount.files import count_sources

pytestmark = pytest.mark.skipif(sys.platform == "emscripten", reason="no threads, no processes")

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
def small_limits() -> Iterator[None]:
    """Let threads start for the least of work."""
    with limits(RANGE=64, BLOCK=24, POOL_BYTES=0, POOL_FILES=4):
        yield


@pytest.fixture(params=["GIL", "no GIL"])
def gil(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let threads count local files on both backends, as on a free-threaded Python, or not."""
    with mock.patch.object(_backend, "has_gil", lambda: request.param == "GIL"):
        yield


def counted(path: Path, needle: str, errors: str, start: int, stop: int | None) -> FileCount:
    options = CountOptions([needle], "utf-8", errors)
    with Reader(options) as reader:
        record = reader.count(Source(str(path)), start, stop)
    assert isinstance(record, FileCount)
    return record


@pytest.mark.parametrize("errors", ERRORS)
def test_ranges_of_every_size_count_each_word_once(tmp_path: Path, errors: str) -> None:
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
def test_a_range_may_begin_anywhere(tmp_path: Path, errors: str) -> None:
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
def files(tmp_path: Path) -> list[Path]:
    """Forty files: small and large ones, one absent, one invalid, one with a long word."""
    source = random.Random(0)
    for index in range(40):
        words = source.choices(["a", "b", "é", "ab", "한국", "\n"], k=source.choice([3, 40, 500]))
        (tmp_path / f"{index:02}").write_text(" ".join(words), "utf-8")
    (tmp_path / "07").unlink()
    (tmp_path / "11").write_bytes(b"a " * 300 + b"\xff" + b" a" * 300)
    (tmp_path / "23").write_bytes(b"a" * 1000 + b" a")
    return [tmp_path / f"{index:02}" for index in range(40)]


@pytest.mark.parametrize("errors", ERRORS)
@pytest.mark.parametrize("jobs", [2, 5])
def test_many_workers_count_what_one_counts(
    files: list[Path], gil: None, jobs: int, errors: str
) -> None:
    folder = files[0].parent
    paths = [*files, folder, files[1]]
    needles = ["a", "한국", "é"]
    with with_workers(1):
        expected = as_tuples(count_files(paths, needles, errors=errors))
        walked = as_tuples(count_files([folder], needles, errors=errors, recursive=True))
    with with_workers(jobs):
        assert as_tuples(count_files(paths, needles, errors=errors)) == expected
        found = count_files([folder], needles, errors=errors, recursive=True)
        assert as_tuples(found) == walked
        for path, fields in zip(paths, expected, strict=True):
            if fields[1]:
                assert count_file(path, needles, errors=errors) == fields[1]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1", "ascii"])
def test_other_encodings_too(files: list[Path], gil: None, encoding: str) -> None:
    options: Any = {"encoding": encoding, "errors": "replace"}
    with with_workers(1):
        expected = as_tuples(count_files(files, ["a", "\xc3\xa9"], **options))
    with with_workers(3):
        assert as_tuples(count_files(files, ["a", "\xc3\xa9"], **options)) == expected


def test_an_error_names_the_byte_of_the_file(files: list[Path], gil: None) -> None:
    with with_workers(1), pytest.raises(UnicodeDecodeError) as alone:
        count_file(files[11], ["a"])
    with with_workers(3), pytest.raises(UnicodeDecodeError) as together:
        count_file(files[11], ["a"])
    assert together.value.args == alone.value.args
    assert "byte 600 of the input" in str(together.value)


@pytest.mark.parametrize("report_seconds", [0, 60])
def test_progress_adds_up_over_all_workers(
    files: list[Path], gil: None, report_seconds: float
) -> None:
    told: list[int] = []
    with (
        with_workers(3),
        mock.patch.object(_workers, "POLL_SECONDS", 0.001),
        mock.patch.object(_pool, "REPORT_SECONDS", report_seconds),
    ):
        records = list(count_files(files, ["a"], errors="replace", on_progress=told.append))
    assert sum(told) == sum(record.size for record in records)


def test_bytes_that_are_read_again_for_an_error_are_told_once(files: list[Path]) -> None:
    told: list[int] = []
    (files[0].parent / "second").write_bytes(b"a " * 400 + b"\xff")
    with with_workers(3):
        list(count_files([files[0].parent / "second"], ["a"], on_progress=told.append))
    assert sum(told) <= 801


def test_an_error_of_the_callers_comes_in_its_turn(files: list[Path], gil: None) -> None:
    def paths() -> Iterator[Path]:
        yield from files[:20]
        raise AssertionError("the twenty-first")

    files[19].write_text("a")  # so small that it waits for others
    with with_workers(3):
        records = count_files(paths(), ["a"])
        assert len([next(records) for _ in range(20)]) == 20
        with pytest.raises(AssertionError, match="the twenty-first"):
            next(records)


def test_workers_end_with_the_counting(files: list[Path], gil: None) -> None:
    before = _thread._count()
    with with_workers(3):
        list(count_files(files, ["a"]))
        wait_until(lambda: _thread._count() == before)
        records: Any = count_files(files, ["a"])
        for _ in range(10):
            next(records)
        records.close()  # nobody asks for the rest
    wait_until(lambda: _thread._count() == before)


def test_an_error_of_the_callback_ends_the_workers(files: list[Path], gil: None) -> None:
    before = _thread._count()
    told: list[int] = []

    def broken(size: int) -> None:
        told.append(size)
        if len(told) == 5:
            raise OSError("the fifth")

    with with_workers(3), pytest.raises(OSError, match="the fifth"):
        list(count_files(files * 3, ["a"], on_progress=broken))
    wait_until(lambda: _thread._count() == before)


@posix
def test_a_pipe_is_read_when_its_turn_comes(files: list[Path], gil: None) -> None:
    pipe = files[0].parent / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[b"a a a"])
    with with_workers(3):
        records = count_files([files[1], files[2], pipe, files[3]], ["a"])
        next(records)
        next(records)
        writer.start()
        assert next(records).counts == {"a": 3}
        assert next(records).path == str(files[3])
    writer.join()


# The pool


def pool_of(size: int) -> tuple[_pool.ThreadPool, SimpleQueue[Any]]:
    messages: SimpleQueue[Any] = SimpleQueue()
    return _pool.ThreadPool(CountOptions(["a"], "utf-8", "strict"), size, messages), messages


def test_one_worker_at_a_time_counts_tiny_files(files: list[Path]) -> None:
    running: list[int] = []
    most: list[int] = []

    class Watched(Task):
        def count(self, *_: Any) -> Any:
            running.append(1)
            most.append(len(running))
            time.sleep(0.001)
            running.pop()
            return []

    with mock.patch.object(_backend, "has_gil", lambda: True):
        pool, messages = pool_of(4)
        for _ in range(50):
            pool.submit(Watched([]), is_tiny=True)
        for _ in range(50):
            assert messages.get(timeout=DEADLINE)[2] == []
        pool.stop()
    assert {*most} == {1}


def test_a_tiny_task_that_comes_as_its_worker_leaves_is_not_lost() -> None:
    class Leaving:
        """A lock; a task comes just before its holder releases it."""

        def acquire(self, *, blocking: bool) -> bool:
            return not blocking

        def release(self) -> None:
            if not late:
                late.append(Task([]))
                pool._tiny.append(late[0])

    late: list[Task] = []
    pool, messages = pool_of(1)
    pool._counts_tiny = Leaving()  # type: ignore[assignment]
    pool.submit(Task([]), is_tiny=True)
    messages.get(timeout=DEADLINE)
    assert messages.get(timeout=DEADLINE)[0] is late[0]
    pool.stop()


def test_work_goes_on_with_fewer_threads_than_were_asked_for(files: list[Path]) -> None:
    with with_workers(1):
        expected = as_tuples(count_files(files, ["a"]))
    refusal = RuntimeError("can't start new thread")
    with with_workers(3), mock.patch.object(threading.Thread, "start", side_effect=refusal):
        assert as_tuples(count_files(files, ["a"])) == expected


def test_what_fails_in_a_worker_is_raised_in_its_turn(files: list[Path]) -> None:
    real = Task.count

    def count(task: Task, *arguments: Any) -> Any:
        if task.sources[0].path == str(files[2]):
            raise MemoryError("in a worker")
        return real(task, *arguments)

    with (
        with_workers(3),
        limits(BATCH=1),
        mock.patch.object(_backend, "has_gil", lambda: False),
        mock.patch.object(Task, "count", count),
    ):
        records = count_files(files, ["a"])
        assert [next(records).path, next(records).path] == [str(files[0]), str(files[1])]
        with pytest.raises(MemoryError, match="in a worker"):
            next(records)


def test_files_that_are_large_on_average_start_threads(
    tmp_path: Path, backend: str, gil: None
) -> None:
    def started(*sizes: int) -> bool:
        """Return whether threads start for files of these sizes."""
        for index, size in enumerate(sizes):
            (tmp_path / f"{index:02}").write_bytes(b"a" * size)
        paths = [tmp_path / f"{index:02}" for index in range(len(sizes))]
        with mock.patch.object(_pool, "ThreadPool", wraps=_pool.ThreadPool):
            with mock.patch.object(_workers, "ThreadPool", wraps=_pool.ThreadPool) as pool:
                list(count_files(paths, ["a"]))
            return pool.called

    has_gil = _backend.has_gil()
    helps = backend == "native" or not has_gil
    with with_workers(2), limits(RANGE=1000, BLOCK=100, POOL_BYTES=400, POOL_FILES=4):
        assert started(*[100] * 5) == helps
        assert not started(*[100] * 4)  # known only after the last one
        assert started(*[90] * 9) == (not has_gil)  # too small, but many
        assert started(*[1] * 7, *[200] * 8) == helps  # the sizes of the last ones count
        assert started(2000) == helps  # it can be divided
        assert not started(1999)
    with with_workers(1), limits(POOL_BYTES=0, RANGE=10):
        assert not started(1000, 1000)


# What goes wrong


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_a_file_that_says_it_is_empty_is_read(files: list[Path], gil: None) -> None:
    paths = [files[1], Path("/proc/self/status"), files[2]]
    with with_workers(3):
        record = list(count_files(paths, ["Name:"]))[1]
    assert record.counts == {"Name:": 1}
    assert record.size > 0


def test_a_file_that_shrinks_grows_or_vanishes_is_counted_as_it_is_read(
    files: list[Path], backend: str
) -> None:
    files[0].write_text("a " * 500)
    files[1].write_text("a " * 500)
    sources = [
        Source(str(files[0]), size=10_000),  # it had so many bytes
        Source(str(files[1]), size=200),
        Source(str(files[7]), size=1000),
        Source(str(files[2])),
    ]
    run_options = RunOptions(CountOptions(["a"], "utf-8", "strict"), 3)
    with mock.patch.object(_backend, "has_gil", lambda: False):
        shrunk, grown, gone, last = count_sources(sources, run_options)
    for record in (shrunk, grown):
        assert (record.counts, record.size, record.error) == ({"a": 500}, 1000, None)
    assert isinstance(gone.error, FileNotFoundError)
    assert last.error is None


def test_a_file_that_fails_in_the_middle_is_a_record(files: list[Path], backend: str) -> None:
    files[0].write_text("a " * 500)
    real = os.lseek

    def lseek(number: int, place: int, *how: int) -> int:
        if place >= 512:
            raise OSError(errno.EIO, "Input/output error")
        return real(number, place, *how)

    if backend == "pure":
        pytest.skip("its ranges are sought by io.FileIO, which cannot be replaced")
    with with_workers(3), mock.patch.object(os, "lseek", lseek):
        record, after = count_files([files[0], files[1]], ["a"])
    assert isinstance(record.error, OSError)
    # The ranges before it: up to the first separator at or after their end.
    assert (record.error.errno, record.counts, record.size) == (errno.EIO, {}, 513)
    assert after.error is None


# How it ends, when a worker is blocked in a read that never returns

BLOCKED = """\
import os, signal, sys, threading
from unittest import mock
from textcount import _backend, _limits
from textcount._options import CountOptions, RunOptions
from textcount._sources import Source
from textcount.files import count_sources

_limits.POOL_BYTES, _limits.BATCH = 0, 1
_backend.has_gil = lambda: False  # the pure backend, too, counts in threads
how, good, pipe, is_open = sys.argv[1:]
if is_open == "read":
    writer = os.open(pipe, os.O_RDWR)  # opening the pipe returns, reading from it does not
found = [Source(good), Source(pipe, is_walked=True), *[Source(good)] * 100]

def fail(size):
    raise ZeroDivisionError

run = RunOptions(CountOptions(["the"], "utf-8", "strict"), 2, fail if how == "error" else None)
records = count_sources(found, run)
if how == "interrupt":
    threading.Timer(0.2, signal.raise_signal, [signal.SIGINT]).start()
try:
    next(records)
    if how == "interrupt":
        next(records)
except (ZeroDivisionError, KeyboardInterrupt):
    print("raised")
records.close()
print("ended")
"""


@posix
@pytest.mark.parametrize("where", ["open", "read"])
@pytest.mark.parametrize("how", ["interrupt", "error", "close"])
def test_counting_ends_though_a_worker_is_blocked(tmp_path: Path, how: str, where: str) -> None:
    (tmp_path / "good").write_bytes(b"the end")
    os.mkfifo(tmp_path / "pipe")
    good, pipe = str(tmp_path / "good"), str(tmp_path / "pipe")
    script = [sys.executable, "-c", BLOCKED, how, good, pipe, where]
    result = subprocess.run(
        script, env=without_coverage(), capture_output=True, check=False, timeout=DEADLINE
    )
    assert (result.returncode, result.stderr) == (0, b"")
    assert result.stdout.split() == ([b"raised"] if how != "close" else []) + [b"ended"]


# The command


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of many small files."""
    folder = tmp_path_factory.mktemp("many")
    for index in range(3000):
        (folder / f"{index:05}").write_bytes(b"the end\n" * (1 + index % 3))
    return folder


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_command_gives_the_same_however_many_workers(
    many: Path, tmp_path: Path, jobs: int
) -> None:
    invalid, large = tmp_path / "invalid", tmp_path / "large"
    invalid.write_bytes(b"the \xff")
    large.write_bytes(b"the end\n" * (1 << 23))  # counted in two ranges
    result = run("-j", jobs, "-r", "-e", "the", "-e", "end", many, invalid, large, many)
    lines = result.stdout.splitlines()
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    assert lines[-1].split() == [str(12_000 + (1 << 23))] * 2 + ["total"]
    names = [line.split()[2] for line in lines[1:-1]]
    in_many = [str(many / f"{index:05}") for index in range(3000)]
    assert names == [*in_many, str(large), *in_many]


@contextmanager
def interrupted(*arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run the command, send it Ctrl-C in the end as a terminal does: it must end silently."""
    with subprocess.Popen(
        command(*arguments),
        env=without_coverage(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        yield process
        reader = threading.Thread(target=process.stdout.read)  # a full pipe would hold it up
        reader.start()
        os.killpg(process.pid, signal.SIGINT)
        try:
            assert process.wait(DEADLINE) == 130
        finally:
            process.kill()
            reader.join()
        assert process.stderr.read() == b""


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_counting_of_small_files(many: Path, jobs: int) -> None:
    with interrupted("-j", jobs, "-r", "the", *[many] * 500) as process:
        assert process.stdout
        process.stdout.readline()  # it is counting


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """A large file without whitespace, so without a word but one. It takes no disk space."""
    path = tmp_path / "blank"
    with path.open("wb") as file:
        file.truncate(1 << 28)
    return path


@posix
def test_ctrl_c_ends_the_counting_of_ranges(blank: Path, many: Path) -> None:
    with interrupted("-j", 2, "the", many / "00000", *[blank] * 500) as process:
        assert process.stdout
        process.stdout.readline()


@posix
def test_ctrl_c_ends_it_while_ten_thousand_words_are_counted(blank: Path, tmp_path: Path) -> None:
    words = tmp_path / "words"
    words.write_text("\n".join(f"word{index}" for index in range(10_000)))
    with interrupted("-j", 2, "-f", words, *[blank] * 50) as process:
        assert process.stdout
        process.stdout.readline()  # the heading
        time.sleep(0.5)  # among the blocks


@posix
def test_a_closed_output_pipe_ends_it(blank: Path, many: Path) -> None:
    with subprocess.Popen(
        command("-j", 2, "-r", "the", *[many] * 40, *[blank] * 500),
        env=without_coverage(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        try:
            assert process.wait(DEADLINE) == 141
        finally:
            process.kill()
        assert process.stderr.read() == b""


SMALL_WORK = """\
import sys
from textcount import cli
cli.main(["the", *sys.argv[1:]])
heavy = {"concurrent.futures", "logging", "queue", "threading", "textcount._workers"}
print(sorted(heavy & {*sys.modules}))
"""


def test_small_work_imports_and_starts_no_pool(tmp_path: Path) -> None:
    for name, size in (("large", (1 << 26) - 1), ("one", 1), ("two", 100_000)):
        with (tmp_path / name).open("wb") as file:
            file.truncate(size)
    for names in (["large"], ["one", "two", "one", "two"]):
        result = subprocess.run(
            [sys.executable, "-c", SMALL_WORK, *names],
            cwd=tmp_path, env=without_coverage(), capture_output=True, check=True, text=True,
        )  # fmt: skip
        assert result.stdout.splitlines()[-1] == "[]"


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


def test_there_is_a_worker_for_each_processor_that_may_be_used() -> None:
    if hasattr(os, "sched_getaffinity"):
        assert _limits.cores() == len(os.sched_getaffinity(0))
    with mock.patch.object(os, "sched_getaffinity", create=True, side_effect=AttributeError):
        assert _limits.cores() == os.cpu_count()
