"""With any executor, counting gives the same records in the same order as without an executor."""

import concurrent.futures
import multiprocessing
import os
import pickle
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import (
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
)
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import (
    as_tuples,
    limits,
    needs_threads,
    outcome,
    peak_memory,
    posix,
    run,
    wait_until,
    write_blank,
)

import textcount
from textcount import cli, count_files

pytestmark = needs_threads
ignore_warnings = pytest.mark.filterwarnings("ignore")  # loky and Dask emit warnings


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Return a folder of 43 files. Two files have several ranges, and two files are not UTF-8."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    for index in range(40):
        (folder / f"{index:02}").write_bytes("né the end\n".encode() * (1 + index % 5))
    (folder / "large").write_bytes(b"the end of the tale\n" * 500)
    (folder / "broken").write_bytes(b"the \xff end")
    (folder / "broken-large").write_bytes(b"the end\n" * 400 + b"\xff the end\n" * 9)
    return folder


@pytest.fixture(autouse=True)
def small_limits() -> Iterator[None]:
    """Shrink the limits, so that counting a few files takes many tasks."""
    with limits(EXECUTOR_RANGE=1000, EXECUTOR_BATCH=7, EXECUTOR_TASKS=5):
        yield


def spawned() -> Executor:
    """Return an executor whose processes are spawned, not forked."""
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))


def loky() -> Executor:
    module = pytest.importorskip("loky")
    executor: Executor = module.ProcessPoolExecutor(2)
    return executor


def interpreters() -> Executor:
    if sys.version_info < (3, 14):
        pytest.skip("needs Python 3.14")
    # The extension does not load in a subinterpreter, so do not demand the native backend.
    os.environ["TEXTCOUNT_BACKEND"] = "auto"
    executor: Executor = concurrent.futures.InterpreterPoolExecutor(2)
    return executor


def dask() -> AbstractContextManager[Executor]:
    pytest.importorskip("distributed")
    from textcount._dask import Cluster

    return Cluster("local", 2, print)


@ignore_warnings
@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(2), spawned, loky, interpreters, dask])
def test_every_executor_gives_the_records_of_counting_without_one(
    mixed: Path, make: Callable[[], AbstractContextManager[Executor]]
) -> None:
    paths: list[Any] = [mixed, mixed / "gone", "/\ud800", mixed / "large", mixed / "large"]
    expected = as_tuples(count_files(paths, ["the", "né"], recursive=True))
    assert len(expected) == 47
    with mock.patch.dict("os.environ"), make() as executor:
        found = count_files(paths, ["the", "né"], recursive=True, executor=executor)
        assert as_tuples(found) == expected
        reported: list[int] = []
        found = count_files(
            [mixed / "large"], ["the"], executor=executor, on_progress=reported.append
        )
        assert next(found).counts == {"the": 1000}
        assert sum(reported) == 10_000


class Manual(Executor):
    """An executor whose tasks run only when its method ``work`` is called.

    The executor pickles each task and each result, as if the workers were on another machine.

    Attributes:
        waiting: pairs of a future and a pickled task, for the tasks that have not run.
        most_waiting: the maximum number of tasks that waited at the same time.
        largest: the size of the largest pickle, in bytes.
    """

    future: type[Future[Any]] = Future

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], bytes]] = []
        self.most_waiting = 0
        self.largest = 0

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future = self.future()
        sent = pickle.dumps((function, arguments, named))
        self.largest = max(self.largest, len(sent))
        self.waiting.append((future, sent))
        self.most_waiting = max(self.most_waiting, len(self.waiting))
        return future

    def work(self, most: int = 1000) -> None:
        """Run up to ``most`` waiting tasks, newest first."""
        for _ in range(min(most, len(self.waiting))):
            future, sent = self.waiting.pop()
            if future.set_running_or_notify_cancel():
                function, arguments, named = pickle.loads(sent)
                result = pickle.dumps(function(*arguments, **named))
                self.largest = max(self.largest, len(result))
                future.set_result(pickle.loads(result))


@contextmanager
def in_thread(action: Callable[[], object]) -> Iterator[None]:
    """Run an action in another thread; join the thread when the context ends."""
    thread = threading.Thread(target=action)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@contextmanager
def working(executor: Manual, tasks: int = 1) -> Iterator[None]:
    """Once ``tasks`` tasks are waiting, run tasks in another thread until the context ends."""
    is_over = threading.Event()

    def work() -> None:
        wait_until(lambda: len(executor.waiting) >= tasks or is_over.is_set())
        while not is_over.wait(0.002):
            executor.work()

    with in_thread(work):
        try:
            yield
        finally:
            is_over.set()


def test_records_come_in_order_whichever_task_ends_first(mixed: Path) -> None:
    expected = as_tuples(count_files([mixed], ["the"], recursive=True))
    executor = Manual()
    with working(executor, tasks=5):
        found = count_files([mixed], ["the"], recursive=True, executor=executor)
        assert as_tuples(found) == expected
    assert executor.most_waiting == 5


def test_little_crosses_to_the_workers_and_back_even_for_a_large_invalid_file(
    tmp_path: Path,
) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"the end " * 60_000 + b"\xff" + b" the end" * 60_000)
    executor = Manual()
    with working(executor), limits(EXECUTOR_RANGE=1 << 22):
        (record,) = count_files([broken], ["the"], executor=executor)
    assert executor.largest < 10_000
    assert isinstance(record.error, UnicodeDecodeError)
    error = record.error
    assert error.object[error.start : error.end] == b"\xff"
    assert "(byte 480000 of the input)" in str(error)


def test_a_relative_name_holds_for_workers_in_another_directory(
    mixed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    executor = Manual()
    monkeypatch.chdir(mixed)

    def work_elsewhere() -> None:
        wait_until(lambda: executor.waiting)
        monkeypatch.chdir("/")
        executor.work()

    with in_thread(work_elsewhere):
        record = next(count_files(["02"], ["the"], executor=executor))
    assert (record.path, record.counts) == ("02", {"the": 3})


def test_closing_the_iterator_cancels_waiting_tasks_and_leaves_the_executor_open(
    mixed: Path,
) -> None:
    executor = Manual()
    found: Any = count_files([mixed], ["the"], recursive=True, executor=executor)

    def work() -> None:
        wait_until(lambda: len(executor.waiting) == 5)
        executor.work(5)

    with in_thread(work):
        for _ in range(8):  # a task holds seven files
            next(found)
    waiting = [future for future, _ in executor.waiting]
    found.close()
    assert waiting
    assert all(future.cancelled() for future in waiting)
    with ThreadPoolExecutor(1) as threads:
        next(count_files([mixed / "01"], ["the"], executor=threads))
        assert threads.submit(len, "abc").result() == 3


class Recording(Future[Any]):
    """A future that records whether it has a callback."""

    has_callback = False

    def add_done_callback(self, function: Any) -> None:
        super().add_done_callback(function)
        self.has_callback = True


def test_ctrl_c_cancels_waiting_tasks(mixed: Path) -> None:
    executor = Manual()
    executor.future = Recording

    def interrupt() -> None:
        wait_until(lambda: sum(future.has_callback for future, _ in executor.waiting) == 5)  # type: ignore[attr-defined]
        signal.raise_signal(signal.SIGINT)

    with in_thread(interrupt), pytest.raises(KeyboardInterrupt):
        next(count_files([mixed], ["the"], recursive=True, executor=executor))
    assert all(future.cancelled() for future, _ in executor.waiting)


class Immediate(Executor):
    """An executor that gives each task the same result or exception on submission."""

    def __init__(self, end: object) -> None:
        self._end = end

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if isinstance(self._end, Exception):
            future.set_exception(self._end)
        else:
            future.set_result(self._end)
        return future


def test_an_error_of_the_executor_is_raised(mixed: Path) -> None:
    executor = Immediate(ZeroDivisionError("of the engine's own"))
    with pytest.raises(ZeroDivisionError, match="of the engine's own"):
        next(count_files([mixed / "01"], ["the"], executor=executor))


COUNTED = ([1, 2], 10, None)  # how often each of two words occurs in a file of 10 bytes
BAD_FILES: list[Any] = [
    None,
    5,
    (5, ""),  # the size of a file that is not to be divided
    "abc",
    ([1], 10, None),
    ([1, 2, 3], 10, None),
    ([1, "2"], 10, None),
    ([1, -2], 10, None),
    ([1, 2.0], 10, None),
    ([1, None], 10, None),
    (None, 10, None),
    ([1, 2], None, None),
    ([1, 2], "10", None),
    ([], 10, ""),
    ([], 10, (ValueError, ("of another type",))),
    ([], 10, (UnicodeDecodeError, ("utf-8",))),
]


@pytest.mark.parametrize(
    "result",
    [
        None,
        3,
        "text",
        [],
        b"\x80",
        {"the": 1},
        object(),
        [COUNTED],
        ("pure", [COUNTED]),  # of textcount 1.4.0
        ("0.9", "pure", [COUNTED]),
        (textcount.__version__, "pure", None),
        (textcount.__version__, "pure", []),
        (textcount.__version__, "pure", [COUNTED, COUNTED]),
        *((textcount.__version__, "pure", [each]) for each in BAD_FILES),
    ],
)
def test_a_result_of_another_form_or_version_is_one_error_and_logs_nothing(
    mixed: Path, result: object, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RuntimeError) as error:
        list(count_files([mixed / "01"], ["the", "end"], executor=Immediate(result)))
    assert str(error.value).startswith("the executor returned ")
    assert f"no result of textcount {textcount.__version__} (" in str(error.value)
    assert caplog.records == []


def test_a_worker_of_another_version_is_named_by_its_version(mixed: Path) -> None:
    executor = Immediate(("0.9", "pure", [([1], 10, None)]))
    with pytest.raises(RuntimeError, match=r"\(its version is 0\.9\): each worker needs"):
        list(count_files([mixed / "01"], ["the"], executor=executor))


def test_a_task_is_sent_as_a_function_of_the_standard_library_and_bytes(mixed: Path) -> None:
    executor = Manual()
    found = count_files([mixed / "01"], ["the"], executor=executor)

    def work() -> None:
        wait_until(lambda: executor.waiting)
        function, arguments, named = pickle.loads(executor.waiting[0][1])
        sent.append((function, [type(each) for each in arguments], named))
        executor.work()

    sent: list[object] = []
    with in_thread(work):
        assert next(found).counts == {"the": 2}
    assert sent == [(pickle.loads, [bytes], {})]


def test_a_task_whose_result_is_lost_is_submitted_once_more(mixed: Path) -> None:
    class Forgetful(ThreadPoolExecutor):
        lost = 0

        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            if self.lost < 3:
                self.lost += 1
                return Immediate(ValueError("of the engine's own")).submit(function)
            return super().submit(function, *arguments, **named)

    expected = as_tuples(count_files([mixed], ["the"], recursive=True))
    with Forgetful(1) as executor:
        found = count_files([mixed], ["the"], recursive=True, executor=executor)
        assert as_tuples(found) == expected


class Late(Future[Any]):
    """A future that wakes waiting threads at once, and runs its callbacks 50 ms later."""

    def _invoke_callbacks(self) -> None:
        time.sleep(0.05)
        super()._invoke_callbacks()  # type: ignore[misc]


def test_progress_is_reported_before_the_record_though_callbacks_run_late(mixed: Path) -> None:
    executor = Manual()
    executor.future = Late
    reported: list[int] = []
    with working(executor), limits(EXECUTOR_RANGE=4000):  # two ranges
        for record in count_files(
            [mixed / "large"], ["the"], executor=executor, on_progress=reported.append
        ):
            assert sum(reported) == record.size == 10_000


def test_no_paths_give_no_records() -> None:
    assert [*count_files([], ["the"], executor=Manual())] == []


def test_an_executor_that_is_shut_down_raises_its_own_error(mixed: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        next(count_files([mixed / "01"], ["the"], executor=executor))


def test_files_before_a_path_of_the_wrong_type_are_counted(mixed: Path) -> None:
    paths: list[Any] = [mixed / "large", 3]
    with ThreadPoolExecutor(1) as executor:
        found = count_files(paths, ["the"], executor=executor)
        assert next(found).counts == {"the": 1000}
        with pytest.raises(TypeError, match="not int"):
            next(found)


def test_an_object_that_is_no_executor_is_refused() -> None:
    message = r"count_files\(\) argument 'executor' must be an executor, not int"
    with pytest.raises(TypeError, match=message):
        count_files([], [], executor=3)  # type: ignore[arg-type]


def test_a_broken_executor_raises_its_own_error(mixed: Path) -> None:
    def fail() -> None:
        raise OSError("no licence")

    with (
        ThreadPoolExecutor(1, initializer=fail) as executor,
        pytest.raises(BrokenExecutor, match="initializer failed"),
    ):
        list(count_files([mixed / "01"], ["the"], executor=executor))


def test_memory_stays_flat_over_very_many_ranges(tmp_path: Path) -> None:
    executor = Immediate((textcount.__version__, "pure", [([1], 1000, None)]))

    def count(ranges: int) -> None:
        write_blank(tmp_path / "blank", ranges * 1000)
        (record,) = count_files([tmp_path / "blank"], ["the"], executor=executor)
        assert record.counts == {"the": ranges}

    peak_memory(lambda: count(10))  # the first run imports modules, which stay in memory
    # Some futures are always in memory. The assertion would fail if each range kept 50 bytes.
    assert peak_memory(lambda: count(10_000)) < 500_000


# A Dask cluster


def worker_of(address: str) -> list[str]:
    """Return the command that starts a worker with one thread."""
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
    return [*worker, "--nthreads", "1", "--no-dashboard"]


@pytest.fixture
def address() -> Iterator[str]:
    """Start a cluster of two workers, at least one of them pure; yield the scheduler's address."""
    pytest.importorskip("distributed")
    from distributed.utils import open_port

    port = open_port()
    address = f"tcp://127.0.0.1:{port}"
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    pure = {**os.environ, "TEXTCOUNT_BACKEND": "pure"}
    processes = [
        subprocess.Popen([*scheduler, "--port", str(port)], stderr=subprocess.DEVNULL),
        subprocess.Popen(worker_of(address), stderr=subprocess.DEVNULL),
        subprocess.Popen(worker_of(address), stderr=subprocess.DEVNULL, env=pure),
    ]
    try:
        yield address
    finally:
        for process in processes:
            process.kill()
            process.wait()


@ignore_warnings
def test_a_cluster_of_both_backends_prints_the_same_counts_and_names_the_backends(
    address: str, mixed: Path, backend: str
) -> None:
    import distributed

    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    paths = [mixed / f"{index:02}" for index in range(40)] * 60
    result = run("--dask", address, "the", *paths)
    alone = run("-j1", "the", *paths)
    assert result.stdout == alone.stdout
    assert result.returncode == 0
    if backend == "native":
        assert "not all tasks used native, the backend here: tasks counted " in result.stderr
        assert "by pure" in result.stderr
    else:
        assert result.stderr == ""


@ignore_warnings
def test_a_local_cluster_prints_the_same_counts(mixed: Path) -> None:
    pytest.importorskip("distributed")
    result = run("--dask", "local", "-j", 2, "-r", "the", mixed)
    alone = run("-j1", "-r", "the", mixed)
    assert result.stdout == alone.stdout
    assert result.stderr == alone.stderr
    assert result.returncode == alone.returncode == 2


def test_an_exception_of_the_cluster_ends_the_command_with_one_line_and_status_2(
    mixed: Path,
) -> None:
    executor = Immediate(RuntimeError("no textcount\nthere"))
    with mock.patch.object(cli, "_cluster", lambda _: nullcontext(executor)):
        assert outcome("--dask", "tcp://there:8786", "the", mixed / "01") == (
            2,
            "",
            "textcount: --dask tcp://there:8786: RuntimeError: no textcount\\nthere\n",
        )


def test_a_result_that_is_none_ends_the_command_with_one_line_and_status_2(mixed: Path) -> None:
    with mock.patch.object(cli, "_cluster", lambda _: nullcontext(Immediate(None))):
        status, output, errors = outcome("--dask", "tcp://there:8786", "the", mixed / "01")
    assert (status, output) == (2, "")
    assert errors.startswith("textcount: --dask tcp://there:8786: RuntimeError: the executor ")
    assert errors.count("\n") == 1


def test_tasks_that_are_cancelled_name_the_scheduler(mixed: Path) -> None:
    with mock.patch.object(cli, "_cluster", lambda _: nullcontext(Immediate(CancelledError()))):
        assert outcome("--dask", "tcp://there:8786", "the", mixed / "01") == (
            2,
            "",
            "textcount: --dask tcp://there:8786: "
            "the scheduler has ended, or another client has cancelled the tasks\n",
        )


def test_without_dask_the_error_names_the_extra() -> None:
    with mock.patch.dict(sys.modules, {"distributed": None}):
        _, _, errors = outcome("--dask", "local", "the")
    assert errors == (
        "textcount: --dask needs the distributed library: install distributed, or textcount with "
        "the extra dask\n"
    )


@ignore_warnings
@posix
def test_a_worker_that_is_killed_neither_loses_counts_nor_doubles_them(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    from dask import config

    path = tmp_path / "large"
    path.write_bytes(b"the end of the tale\n" * 100_000)
    with (
        limits(EXECUTOR_RANGE=4000, EXECUTOR_TASKS=512),
        # By default Dask tries for 30 seconds to connect to a worker that has been killed.
        config.set({"distributed.comm.timeouts.connect": "5s"}),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as dask,
        distributed.Client(dask) as client,
    ):
        executor = client.get_executor(pure=False)
        for _ in range(2):  # benchmarks/executors.py kills twenty
            victim = subprocess.Popen(worker_of(dask.scheduler_address), stderr=subprocess.DEVNULL)
            client.wait_for_workers(2, timeout=60)
            reports = iter(range(random.randrange(500)))  # at most one for each of the 500 ranges

            def kill(size: int, victim: Any = victim, reports: Any = reports) -> None:
                if next(reports, None) is None:
                    victim.kill()

            (record,) = count_files([path], ["the"], executor=executor, on_progress=kill)
            assert (record.counts, record.error) == ({"the": 200_000}, None)
            victim.wait()
            wait_until(lambda: len(client.scheduler_info()["workers"]) == 1)
