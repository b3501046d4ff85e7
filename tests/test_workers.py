"""Several workers give the same records, in the same order, as one worker, and then end."""

import _thread
import errno
import io
import itertools
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any
from unittest import mock

import pytest
from helpers import (
    DEADLINE,
    as_tuples,
    interrupted,
    limits,
    needs_threads,
    posix,
    python,
    run,
    start,
    wait_until,
    with_workers,
    without_coverage,
    write_blank,
)
from reference import HANDLERS, oracle

from textcount import (
    FileCount,
    _backend,
    _limits,
    _pool,
    _reader,
    _workers,
    count_file,
    count_files,
)
from textcount._backend import threads_help
from textcount._options import CountOptions, RunOptions
from textcount._pool import ThreadPool
from textcount._reader import Reader
from textcount._sources import Source
from textcount._tasks import Task
from textcount.files import count_sources

pytestmark = needs_threads

MULTIBYTE = "né 한국 né\r\nné\u2003né\u3000x né\x1cné \ufeffné  né né"
CONTENTS = [
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
    """Shrink the limits, so that even a few bytes start threads."""
    with limits(RANGE=64, BLOCK=24, POOL_BYTES=0, POOL_FILES=4):
        yield


@pytest.fixture(params=["GIL", "no GIL"])
def gil(request: pytest.FixtureRequest) -> Iterator[None]:
    """Run a test with and without a GIL. Without a GIL, threads count with either backend."""
    with mock.patch.object(_backend, "has_gil", lambda: request.param == "GIL"):
        yield


def counted(path: Path, needle: str, errors: str, start: int, stop: int | None) -> FileCount:
    """Return the record of a range of a file."""
    options = CountOptions([needle], "utf-8", errors)
    with Reader(options) as reader:
        record = reader.count(Source(str(path)), start, stop)
    assert isinstance(record, FileCount)
    return record


@pytest.mark.parametrize("errors", HANDLERS)
def test_ranges_of_every_size_count_each_word_once(tmp_path: Path, errors: str) -> None:
    path = tmp_path / "file"
    for data, needle in itertools.product(CONTENTS, ["né", "a", "\ufffd", "aa"]):
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


@pytest.mark.parametrize("errors", HANDLERS)
def test_two_ranges_count_each_word_once_wherever_they_meet(tmp_path: Path, errors: str) -> None:
    path = tmp_path / "file"
    for data in CONTENTS:
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
    """Return 40 paths. One file is missing, one file is not UTF-8, and one file has a long word."""
    source = random.Random(0)
    for index in range(40):
        words = source.choices(["a", "b", "é", "ab", "한국", "\n"], k=source.choice([3, 40, 500]))
        (tmp_path / f"{index:02}").write_text(" ".join(words), "utf-8")
    (tmp_path / "07").unlink()
    (tmp_path / "11").write_bytes(b"a " * 300 + b"\xff" + b" a" * 300)
    (tmp_path / "23").write_bytes(b"a" * 1000 + b" a")
    return [tmp_path / f"{index:02}" for index in range(40)]


@pytest.mark.parametrize("errors", HANDLERS)
@pytest.mark.parametrize("jobs", [2, 5])
def test_many_workers_give_the_records_of_one(
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
def test_many_workers_count_other_encodings_as_one_does(
    files: list[Path], gil: None, encoding: str
) -> None:
    options: Any = {"encoding": encoding, "errors": "replace"}
    with with_workers(1):
        expected = as_tuples(count_files(files, ["a", "\xc3\xa9"], **options))
    with with_workers(3):
        assert as_tuples(count_files(files, ["a", "\xc3\xa9"], **options)) == expected


def test_an_error_in_a_range_names_the_byte_of_the_file(files: list[Path], gil: None) -> None:
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
    reported: list[int] = []
    with (
        with_workers(3),
        mock.patch.object(_workers, "POLL_SECONDS", 0.001),
        mock.patch.object(_pool, "REPORT_SECONDS", report_seconds),
    ):
        records = list(count_files(files, ["a"], errors="replace", on_progress=reported.append))
    assert sum(reported) == sum(record.size for record in records)


def test_bytes_that_are_read_again_to_locate_an_error_are_reported_once(files: list[Path]) -> None:
    reported: list[int] = []
    (files[0].parent / "second").write_bytes(b"a " * 400 + b"\xff")
    with with_workers(3):
        list(count_files([files[0].parent / "second"], ["a"], on_progress=reported.append))
    assert sum(reported) == 801


@pytest.mark.parametrize("jobs", [1, 3])
def test_bytes_that_cannot_be_decoded_are_reported_as_read(
    files: list[Path], gil: None, jobs: int
) -> None:
    path, reported = files[0].parent / "second", list[int]()
    path.write_bytes(b"a " * 10 + b"\xff")
    with with_workers(jobs):
        *_, record = count_files([files[1], path], ["a"], on_progress=reported.append)
    assert isinstance(record.error, UnicodeDecodeError)
    assert sum(reported) == record.size + files[1].stat().st_size


def test_a_large_file_on_a_descriptor_is_counted_in_one_piece(files: list[Path], gil: None) -> None:
    files[0].write_text("a " * 500)
    with files[0].open("rb") as file:
        sources = [Source(file.fileno()), Source(str(files[1]))]
        run_options = RunOptions(CountOptions(["a"], "utf-8", "strict"), 3)
        record, after = count_sources(sources, run_options)
    assert (record.path, record.counts, record.error) == ("-", {"a": 500}, None)
    assert after.error is None


def test_several_threads_wait_for_remote_sources_at_once(gil: None) -> None:
    both_read = threading.Barrier(2)

    class Waiting(io.BytesIO):
        """A remote file whose first read waits for the first read of another remote file."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == 0:
                both_read.wait(DEADLINE)
            return super().read(size)

    sources = [Source("one.gz"), Source("other.gz")]
    run_options = RunOptions(CountOptions(["a"], "utf-8", "strict"), 2)
    with mock.patch.object(_reader, "_open", lambda _: Waiting(b"a b a")):
        records = list(count_sources(sources, run_options))
    assert [record.counts for record in records] == [{"a": 2}, {"a": 2}]


def test_an_error_of_the_paths_follows_the_records_before_it(files: list[Path], gil: None) -> None:
    def paths() -> Iterator[Path]:
        yield from files[:20]
        raise AssertionError("the twenty-first")

    files[19].write_text("a")  # so that the file's task is not full when the error is raised
    with with_workers(3):
        records = count_files(paths(), ["a"])
        assert len([next(records) for _ in range(20)]) == 20
        with pytest.raises(AssertionError, match="the twenty-first"):
            next(records)


def running_workers() -> int:
    """Return the number of threads that run a worker of a pool."""

    def is_worker(frame: FrameType | None) -> bool:
        return frame is not None and (
            frame.f_code is ThreadPool._begin.__code__ or is_worker(frame.f_back)
        )

    return sum(map(is_worker, sys._current_frames().values()))


def test_workers_end_with_the_iterator(files: list[Path], gil: None) -> None:
    with with_workers(3):
        list(count_files(files, ["a"]))
        wait_until(lambda: running_workers() == 0)
        records: Any = count_files(files, ["a"])
        for _ in range(10):
            next(records)
        assert (running_workers() > 0) == threads_help()
        records.close()
    wait_until(lambda: running_workers() == 0)


def test_an_error_in_on_progress_ends_the_workers(files: list[Path], gil: None) -> None:
    reported: list[int] = []

    def broken(size: int) -> None:
        reported.append(size)
        if len(reported) == 5:
            raise OSError("the fifth")

    with with_workers(3), pytest.raises(OSError, match="the fifth"):
        list(count_files(files * 3, ["a"], on_progress=broken))
    wait_until(lambda: running_workers() == 0)


@posix
def test_a_pipe_is_read_after_the_files_before_it(files: list[Path], gil: None) -> None:
    pipe = files[0].parent / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=[b"a a a"])
    with with_workers(3):
        records = count_files([files[1], files[2], pipe, files[3]], ["a"])
        next(records)
        next(records)
        time.sleep(0.1)  # long enough for a worker to open the pipe too early
        with pytest.raises(OSError, match=os.strerror(errno.ENXIO)):  # the pipe has no reader
            os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
        writer.start()
        assert next(records).counts == {"a": 3}
        assert next(records).path == str(files[3])
    writer.join()


# The pool


def pool_of(size: int) -> tuple[_pool.ThreadPool, SimpleQueue[Any]]:
    """Return a pool of at most ``size`` threads, and the queue for the threads' reports."""
    messages: SimpleQueue[Any] = SimpleQueue()
    return _pool.ThreadPool(CountOptions(["a"], "utf-8", "strict"), size, messages), messages


def test_with_a_gil_one_worker_at_a_time_counts_tiny_files() -> None:
    running: list[int] = []
    most: list[int] = []

    class Watched(Task):
        def count(self, *_: Any) -> Any:
            running.append(1)
            most.append(len(running))
            time.sleep(0.001)  # lets other workers run
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


def test_a_tiny_task_that_is_added_just_before_the_lock_is_released_is_counted() -> None:
    class Lock:
        """A fake lock that adds a task just before the lock's first release."""

        def acquire(self, *, blocking: bool) -> bool:
            return not blocking

        def release(self) -> None:
            if not late:
                late.append(Task([]))
                pool._tiny.append(late[0])

    late: list[Task] = []
    pool, messages = pool_of(1)
    pool._counts_tiny = Lock()  # type: ignore[assignment]
    pool.submit(Task([]), is_tiny=True)
    messages.get(timeout=DEADLINE)
    assert messages.get(timeout=DEADLINE)[0] is late[0]
    pool.stop()


def test_stopping_does_not_wait_for_a_blocked_worker() -> None:
    is_released = threading.Event()

    class Blocked(Task):
        def count(self, *_: Any) -> Any:
            is_released.wait(DEADLINE)
            return []

    with mock.patch.object(_pool, "END_SECONDS", 0):
        pool, messages = pool_of(1)
        pool.submit(Blocked([]), is_tiny=False)
        pool.stop()
    assert messages.empty()
    is_released.set()


def test_stopping_ends_a_task_that_still_reads() -> None:
    has_begun, has_ended, is_over = threading.Event(), threading.Event(), threading.Event()

    class Endless(Task):
        def count(self, options: Any, on_progress: Any) -> Any:
            try:
                while not is_over.wait(0.001):
                    on_progress(1)
                    has_begun.set()
            finally:
                has_ended.set()

    pool, _ = pool_of(1)
    pool.submit(Endless([]), is_tiny=False)
    assert has_begun.wait(DEADLINE)
    pool.stop()
    try:
        assert has_ended.wait(5)
    finally:
        is_over.set()


@pytest.mark.parametrize("allowed", [0, 1, 2])
def test_fewer_threads_than_requested_give_the_same_records(
    files: list[Path], allowed: int
) -> None:
    with with_workers(1):
        expected = as_tuples(count_files(files, ["a"]))
    real, asked = _thread.start_new_thread, list[object]()

    def start_thread(*arguments: Any) -> int:
        asked.append(arguments)
        if len(asked) > allowed:
            raise RuntimeError("can't start new thread")
        return real(*arguments)

    with with_workers(3), mock.patch.object(_thread, "start_new_thread", start_thread):
        assert as_tuples(count_files(files, ["a"])) == expected


def test_an_exception_in_a_worker_follows_the_records_before_it(files: list[Path]) -> None:
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
        with mock.patch.object(_workers, "ThreadPool", wraps=_pool.ThreadPool) as pool:
            list(count_files(paths, ["a"]))
        return pool.called

    has_gil = _backend.has_gil()
    helps = backend == "native" or not has_gil
    with with_workers(2), limits(RANGE=1000, BLOCK=100, POOL_BYTES=400, POOL_FILES=4):
        assert started(*[100] * 5) == helps
        assert not started(*[100] * 4)  # no file is left for the threads
        assert started(*[90] * 9) == (not has_gil)  # small files, but many
        assert started(*[1] * 7, *[200] * 8) == helps  # only the last files' sizes matter
        assert started(2000) == helps  # the file can be divided
        assert not started(1999)
    with with_workers(1), limits(POOL_BYTES=0, RANGE=10):
        assert not started(1000, 1000)


# Files that fail or change


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_a_file_whose_size_is_said_to_be_0_is_read(files: list[Path], gil: None) -> None:
    paths = [files[1], Path("/proc/self/status"), files[2]]
    with with_workers(3):
        record = list(count_files(paths, ["Name:"]))[1]
    assert record.counts == {"Name:": 1}
    assert record.size > 0


def test_a_file_that_has_shrunk_grown_or_vanished_is_counted_as_it_is_now(
    files: list[Path],
) -> None:
    files[0].write_text("a " * 500)
    files[1].write_text("a " * 500)
    sources = [
        Source(str(files[0]), size=10_000),  # larger than the file
        Source(str(files[1]), size=200),  # smaller than the file
        Source(str(files[7]), size=1000),  # the file is missing
        Source(str(files[2])),
    ]
    run_options = RunOptions(CountOptions(["a"], "utf-8", "strict"), 3)
    with mock.patch.object(_backend, "has_gil", lambda: False):
        shrunk, grown, gone, last = count_sources(sources, run_options)
    for record in (shrunk, grown):
        assert (record.counts, record.size, record.error) == ({"a": 500}, 1000, None)
    assert isinstance(gone.error, FileNotFoundError)
    assert last.error is None


def test_a_large_file_that_fails_in_the_middle_is_a_record(files: list[Path], backend: str) -> None:
    if backend == "pure":
        pytest.skip("io.FileIO seeks, and its methods cannot be patched")
    files[0].write_text("a " * 500)
    real = os.lseek

    def lseek(number: int, place: int, *how: int) -> int:
        if place >= 512:
            raise OSError(errno.EIO, "Input/output error")
        return real(number, place, *how)

    with with_workers(3), mock.patch.object(os, "lseek", lseek):
        record, after = count_files([files[0], files[1]], ["a"])
    assert isinstance(record.error, OSError)
    # Bytes 0 to 512 have been counted. Byte 513 is the first separator after byte 512.
    assert (record.error.errno, record.counts, record.size) == (errno.EIO, {}, 513)
    assert after.error is None


# Stopping while a worker is blocked in a read

BLOCKED = """\
import os, signal, sys, threading, time
from textcount import _backend, _limits
from textcount._options import CountOptions, RunOptions
from textcount._sources import Source
from textcount._tasks import Task
from textcount.files import count_sources

_limits.POOL_BYTES, _limits.BATCH = 0, 1
_backend.has_gil = lambda: False  # so threads count with the pure backend, too
how, good, pipe, where = sys.argv[1:]
if where == "read":
    writer = os.open(pipe, os.O_RDWR)  # then opening the pipe returns, and reading does not
# The calling thread counts the first file, and threads the others.
found = [Source(good), Source(good), Source(pipe, is_walked=True), *[Source(good)] * 100]
sizes = []
is_blocked = threading.Event()
main = threading.main_thread()
real = Task.count

def count(task, *arguments):
    if task.sources[0].path == pipe:
        is_blocked.set()
    return real(task, *arguments)

def fail(size):
    sizes.append(size)
    if len(sizes) > 1:
        is_blocked.wait()
        raise ZeroDivisionError

def interrupt():
    while not sys._current_frames()[main.ident].f_code.co_filename.endswith("_workers.py"):
        time.sleep(0.01)
    signal.raise_signal(signal.SIGINT)

Task.count = count
run = RunOptions(CountOptions(["the"], "utf-8", "strict"), 2, fail if how == "error" else None)
records = count_sources(found, run)
try:
    next(records)
    next(records)
    is_blocked.wait()
    if how == "interrupt":
        threading.Thread(target=interrupt).start()
        next(records)
except (ZeroDivisionError, KeyboardInterrupt):
    print("raised")
records.close()
print("ended")
"""


@posix
@pytest.mark.parametrize("where", ["open", "read"])
@pytest.mark.parametrize("how", ["interrupt", "error", "close"])
def test_counting_ends_while_a_worker_is_blocked(tmp_path: Path, how: str, where: str) -> None:
    (tmp_path / "good").write_bytes(b"the end")
    os.mkfifo(tmp_path / "pipe")
    names = (tmp_path / "good", tmp_path / "pipe")
    result = python("-c", BLOCKED, how, *names, where, env=without_coverage())
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.split() == (["raised"] if how != "close" else []) + ["ended"]


# The command


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of many small files."""
    folder = tmp_path_factory.mktemp("many")
    for index in range(2000):
        (folder / f"{index:05}").write_bytes(b"the end\n" * (1 + index % 2))
    return folder


@pytest.mark.parametrize("jobs", [1, 2, 7])
def test_the_command_prints_the_same_for_any_number_of_workers(
    many: Path, tmp_path: Path, jobs: int
) -> None:
    invalid, large = tmp_path / "invalid", tmp_path / "large"
    invalid.write_bytes(b"the \xff")
    write_blank(large, 1 << 26)  # the extension counts this file in two ranges
    with large.open("r+b") as file:
        for place in (0, (1 << 25) - 4003, (1 << 26) - 8000):
            file.seek(place)
            file.write(b"\nthe end" * 1000)
    result = run("-j", jobs, "-r", "-e", "the", "-e", "end", many, invalid, large, many)
    lines = result.stdout.splitlines()
    assert result.returncode == 2
    assert len(result.stderr.splitlines()) == 1
    # NUL bytes directly follow two of the words "end", so these two are not counted.
    assert lines[-2002].split() == ["3000", "2998", str(large)]
    assert lines[-1].split() == ["9000", "8998", "total"]
    names = [line.split()[2] for line in lines[1:-1]]
    in_many = [str(many / f"{index:05}") for index in range(2000)]
    assert names == [*in_many, str(large), *in_many]


def read_lines(process: subprocess.Popen[bytes], number: int) -> None:
    """Wait until the process has printed ``number`` lines."""
    assert process.stdout
    for _ in range(number):
        assert process.stdout.readline()


@posix
@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_ends_the_counting_of_small_files(many: Path, jobs: int) -> None:
    with interrupted("-j", jobs, "-r", "the", *[many] * 500) as process:
        read_lines(process, 1)


@pytest.fixture
def blank(tmp_path: Path) -> Path:
    """Return a large file without whitespace."""
    path = tmp_path / "blank"
    write_blank(path, 1 << 27)
    return path


@posix
def test_ctrl_c_ends_the_counting_of_ranges(blank: Path) -> None:
    with interrupted("-j", 2, "the", *[blank] * 500) as process:
        read_lines(process, 1)  # ranges of the next files are being counted


@posix
def test_ctrl_c_ends_the_counting_of_ten_thousand_words(
    blank: Path, many: Path, tmp_path: Path, backend: str
) -> None:
    words = tmp_path / "words"
    words.write_text("\n".join(f"word{index}" for index in range(10_000)))
    with interrupted("-j", 2, "-f", words, many / "00000", *[blank] * 50) as process:
        read_lines(process, 2)  # the heading, and the line of the small file
        if backend == "native" and sys.platform == "linux":
            wait_until(lambda: len(os.listdir(f"/proc/{process.pid}/task")) >= 3)


@posix
def test_a_closed_output_pipe_ends_the_command(blank: Path, many: Path) -> None:
    # The large files come first, so that the pool is running when the pipe is closed.
    arguments = ["-j", 2, "-r", "the", *[blank] * 2, *[many] * 40, *[blank] * 500]
    with start(*arguments, env=without_coverage()) as process:
        assert process.stdout
        assert process.stderr
        try:
            process.stdout.readline()
            process.stdout.close()
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
    large, one, two = tmp_path / "large", tmp_path / "one", tmp_path / "two"
    for path, size in ((large, (1 << 26) - 1), (one, 1), (two, 100_000)):
        write_blank(path, size)
    for paths in ([large], [one, two, one, two]):
        result = python("-c", SMALL_WORK, *paths, env=without_coverage())
        assert (result.stdout.splitlines()[-1:], result.stderr) == (["[]"], "")


MEASURED = """\
import resource, sys, textcount
from textcount import cli
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
cli.main(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs the units that ru_maxrss has on Linux")
@pytest.mark.parametrize("jobs", [1, 2])
def test_memory_is_bounded_for_a_file_of_any_size(blank: Path, jobs: int) -> None:
    result = python("-c", MEASURED, f"-j{jobs}", "the", blank)
    count, *_, kilobytes = result.stdout.split()
    assert int(count) == 0
    assert int(kilobytes) < 64 << 10


def test_by_default_each_processor_that_may_be_used_has_a_worker() -> None:
    with limits(_fixed=[None, None]):  # without a quota, and without PYTHON_CPU_COUNT
        if hasattr(os, "sched_getaffinity"):
            assert _limits.cores() == len(os.sched_getaffinity(0))
        with mock.patch.object(os, "sched_getaffinity", create=True, side_effect=AttributeError):
            assert _limits.cores() == os.cpu_count()
