"""Whichever executor counts, the records are those of one process, and in the same order."""

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
from helpers import as_tuples, limits, run, without_coverage

from textcount import cli, count_files

pytestmark = pytest.mark.skipif(sys.platform == "emscripten", reason="no processes, no threads")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Files of all kinds: large ones are counted in ranges, by the fixture below."""
    folder = tmp_path / "tree"
    folder.mkdir()
    for index in range(40):
        (folder / f"{index:02}").write_bytes("né the end\n".encode() * (1 + index % 5))
    (folder / "large").write_bytes(b"the end of the tale\n" * 500)
    (folder / "broken").write_bytes(b"the \xff end")
    (folder / "broken-large").write_bytes(b"the end\n" * 400 + b"\xff the end\n" * 9)
    return folder


@pytest.fixture(autouse=True)
def small() -> Iterator[None]:
    with limits(EXECUTOR_RANGE=1000, EXECUTOR_BATCH=7, EXECUTOR_TASKS=5):
        yield


def spawned() -> Executor:
    return ProcessPoolExecutor(2, multiprocessing.get_context("spawn"))


def loky() -> Executor:
    module = pytest.importorskip("loky")
    executor: Executor = module.ProcessPoolExecutor(2)
    return executor


def interpreters() -> Executor:
    if sys.version_info < (3, 14):
        pytest.skip("Python 3.14 is the first that has it")
    # Whatever the tests demand, the extension does not load in subinterpreters.
    os.environ["TEXTCOUNT_BACKEND"] = "auto"
    executor: Executor = concurrent.futures.InterpreterPoolExecutor(2)
    return executor


def dask() -> AbstractContextManager[Executor]:
    pytest.importorskip("distributed")
    from textcount._dask import Cluster

    return Cluster("local", 2)


@pytest.mark.filterwarnings("ignore")  # of engines, about themselves
@pytest.mark.parametrize("make", [lambda: ThreadPoolExecutor(2), spawned, loky, interpreters, dask])
def test_every_executor_gives_what_none_gives(
    tree: Path, make: Callable[[], AbstractContextManager[Executor]]
) -> None:
    paths: list[Any] = [tree, tree / "gone", "/\ud800", tree / "large", tree / "large"]
    expected = as_tuples(count_files(paths, ["the", "né"], recursive=True))
    assert len(expected) == 47
    with mock.patch.dict("os.environ"), make() as executor:
        found = count_files(paths, ["the", "né"], recursive=True, executor=executor)
        assert as_tuples(found) == expected
        told: list[int] = []
        found = count_files([tree / "large"], ["the"], executor=executor, on_progress=told.append)
        assert next(found).counts == {"the": 1000}
        assert sum(told) >= 10_000


class Held(Executor):
    """Counts when told to; takes part in everything that crosses it."""

    future: type[Future[Any]] = Future

    def __init__(self) -> None:
        self.waiting: list[tuple[Future[Any], bytes]] = []
        self.most = 0
        self.largest = 0

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future = self.future()
        sent = pickle.dumps((function, arguments, named))
        self.largest = max(self.largest, len(sent))
        self.waiting.append((future, sent))
        self.most = max(self.most, len(self.waiting))
        return future

    def work(self, most: int = 1000) -> None:
        """Do what was asked for, the last first."""
        for _ in range(min(most, len(self.waiting))):
            future, sent = self.waiting.pop()
            if future.set_running_or_notify_cancel():
                function, arguments, named = pickle.loads(sent)
                answer = pickle.dumps(function(*arguments, **named))
                self.largest = max(self.largest, len(answer))
                future.set_result(pickle.loads(answer))


@contextmanager
def working(held: Held) -> Iterator[None]:
    """Another thread works, now and then."""
    is_over = threading.Event()

    def work() -> None:
        while not is_over.wait(0.002):
            held.work()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_results_come_in_order_whichever_task_ends_first(tree: Path) -> None:
    expected = as_tuples(count_files([tree], ["the"], recursive=True))
    held = Held()
    with working(held):
        assert as_tuples(count_files([tree], ["the"], recursive=True, executor=held)) == expected
    assert held.most == 5


def test_what_crosses_is_small_whatever_a_file_holds(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"the end " * 60_000 + b"\xff" + b" the end" * 60_000)
    held = Held()
    with working(held), limits(EXECUTOR_RANGE=1 << 22):
        (record,) = count_files([broken], ["the"], executor=held)
    assert held.largest < 10_000
    assert isinstance(record.error, UnicodeDecodeError)
    error = record.error
    assert error.object[error.start : error.end] == b"\xff"
    assert "(byte 480000 of the input)" in str(error)


def test_names_hold_in_another_folder(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    held = Held()
    found = count_files(["01"], ["the"], executor=held)
    threading.Timer(0.1, held.work).start()
    assert next(found).path == "01"
    held.most = 0
    iterator = count_files(["02"], ["the"], executor=held)

    def work_elsewhere() -> None:
        monkeypatch.chdir("/")
        held.work()

    threading.Timer(0.1, work_elsewhere).start()
    assert next(iterator).counts == {"the": 3}


def test_what_has_not_started_is_cancelled_and_the_executor_goes_on(tree: Path) -> None:
    held = Held()
    found = count_files([tree], ["the"], recursive=True, executor=held)
    threading.Timer(0.2, held.work, [5]).start()
    for _ in range(8):  # one more than a task has
        next(found)
    waiting = [future for future, _ in held.waiting]
    found.close()  # type: ignore[attr-defined]
    assert waiting
    assert all(future.cancelled() for future in waiting)
    with ThreadPoolExecutor(1) as executor:
        next(count_files([tree / "01"], ["the"], executor=executor))
        assert executor.submit(len, "abc").result() == 3


def test_ctrl_c_cancels_what_has_not_started(tree: Path) -> None:
    held = Held()
    threading.Timer(0.3, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        next(count_files([tree], ["the"], recursive=True, executor=held))
    assert held.waiting
    assert all(future.cancelled() for future, _ in held.waiting)


def test_an_engine_that_fails_is_an_error_of_its_own(tree: Path) -> None:
    class Failing(Held):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future = super().submit(function, *arguments, **named)
            future.set_exception(ZeroDivisionError("of the engine's own"))
            return future

    with pytest.raises(ZeroDivisionError, match="of the engine's own"):
        next(count_files([tree / "01"], ["the"], executor=Failing()))


def test_an_answer_that_an_engine_has_lost_is_asked_for_once_more(tree: Path) -> None:
    class Forgetful(ThreadPoolExecutor):
        lost = 0

        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            if self.lost < 3:
                self.lost += 1
                future: Future[Any] = Future()
                future.set_exception(ValueError("of the engine's own"))
                return future
            return super().submit(function, *arguments, **named)

    expected = as_tuples(count_files([tree], ["the"], recursive=True))
    with Forgetful(1) as executor:
        assert (
            as_tuples(count_files([tree], ["the"], recursive=True, executor=executor)) == expected
        )


class WakesFirst(Future[Any]):
    """A future that wakes who waits for it long before it tells its callbacks."""

    def _invoke_callbacks(self) -> None:
        time.sleep(0.05)
        super()._invoke_callbacks()  # type: ignore[misc]


def test_progress_adds_up_though_callbacks_come_late(tree: Path) -> None:
    class Late(Held):
        future = WakesFirst

    told: list[int] = []
    held = Late()
    with working(held):
        for record in count_files([tree / "large"], ["the"], executor=held, on_progress=told.append):
            assert sum(told) == record.size == 10_000


def test_nothing_to_count_gives_nothing() -> None:
    assert [*count_files([], ["the"], executor=Held())] == []


def test_an_executor_that_is_shut_down_says_so(tree: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="shutdown"):
        next(count_files([tree / "01"], ["the"], executor=executor))


def test_what_comes_before_a_bad_path_is_counted(tree: Path) -> None:
    paths: list[Any] = [tree / "large", 3]
    with ThreadPoolExecutor(1) as executor:
        found = count_files(paths, ["the"], executor=executor)
        assert next(found).counts == {"the": 1000}
        with pytest.raises(TypeError, match="not int"):
            next(found)


def test_what_is_no_executor_is_refused() -> None:
    message = r"count_files\(\) argument 'executor' must be an executor, not int"
    with pytest.raises(TypeError, match=message):
        count_files([], [], executor=3)  # type: ignore[arg-type]


def test_what_breaks_an_executor_is_told_in_its_words(tree: Path) -> None:
    def fail() -> None:
        raise OSError("no licence")

    with (
        ThreadPoolExecutor(1, initializer=fail) as executor,
        pytest.raises(BrokenExecutor, match="initializer failed"),
    ):
        list(count_files([tree / "01"], ["the"], executor=executor))


class Instant(Executor):
    """Answers without reading anything."""

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(("pure", [([1], 1000, None)]))
        return future


def test_memory_stays_flat_over_very_many_shards(tmp_path: Path) -> None:
    tracemalloc = pytest.importorskip("tracemalloc", exc_type=ImportError)

    def traced(shards: int) -> int:
        with (tmp_path / "blank").open("wb") as file:
            file.truncate(shards * 1000)
        tracemalloc.start()
        try:
            (record,) = count_files([tmp_path / "blank"], ["the"], executor=Instant())
            assert record.counts == {"the": shards}
            peak: int = tracemalloc.get_traced_memory()[1]
            return peak
        finally:
            tracemalloc.stop()

    traced(10)  # what is imported then
    # A few futures wait for the garbage collector; fifty bytes a shard would be more.
    assert traced(10_000) < 500_000


# With a cluster of Dask

distributed_only = pytest.mark.filterwarnings("ignore")


@contextmanager
def processes(*commands: tuple[list[str], dict[str, str]]) -> Iterator[None]:
    """Some programs, for as long as it lasts."""
    running = [
        subprocess.Popen(command, env={**os.environ, **variables}, stderr=subprocess.DEVNULL)
        for command, variables in commands
    ]
    try:
        yield
    finally:
        for each in running:
            each.kill()
            each.wait()


@pytest.fixture
def address() -> Iterator[str]:
    """Where the scheduler of a cluster listens: a worker native, if it can be, and one pure."""
    pytest.importorskip("distributed")
    from distributed.utils import open_port

    address = f"tcp://127.0.0.1:{open_port()}"
    port = address.rpartition(":")[2]
    scheduler = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--no-dashboard"]
    with processes(
        ([*scheduler, "--port", port], {}),
        (worker_of(address), {}),
        (worker_of(address), {"TEXTCOUNT_BACKEND": "pure"}),
    ):
        yield address


def worker_of(address: str) -> list[str]:
    """The command of a worker with one thread."""
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", address, "--no-nanny"]
    return [*worker, "--nthreads", "1", "--no-dashboard"]


@distributed_only
def test_a_cluster_of_both_backends_gives_the_same_and_the_command_says_so(
    address: str, tree: Path, backend: str
) -> None:
    import distributed

    with distributed.Client(address) as client:
        client.wait_for_workers(2, timeout=60)
    paths = [tree / f"{index:02}" for index in range(40)] * 60
    result = run("--dask", address, "the", *paths)
    alone = run("-j1", "the", *paths)
    assert result.stdout == alone.stdout
    assert result.returncode == 0
    if backend == "native":
        assert "not all was counted by native, the backend here: tasks counted " in result.stderr
        assert "by pure" in result.stderr
    else:
        assert result.stderr == ""


@distributed_only
def test_a_local_cluster_by_the_command(tree: Path) -> None:
    pytest.importorskip("distributed")
    result = run("--dask", "local", "-j", 2, "-r", "the", tree)
    alone = run("-j1", "-r", "the", tree)
    assert result.stdout == alone.stdout
    assert result.stderr == alone.stderr
    assert result.returncode == alone.returncode == 2


@distributed_only
@pytest.mark.skipif(os.name != "posix", reason="needs process groups")
def test_ctrl_c_ends_a_local_cluster(tree: Path) -> None:
    pytest.importorskip("distributed")
    command = [sys.executable, "-m", "textcount", "--dask", "local", "-j2", "-r", "the"]
    with subprocess.Popen(
        [*command, *[str(tree)] * 3000],
        env=without_coverage(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        assert process.stdout
        assert process.stdout.readline()  # the cluster is up
        os.killpg(process.pid, signal.SIGINT)
        process.stdout.read()
        assert process.wait(30) == 130


@distributed_only
def test_an_address_where_nobody_listens_is_an_error(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("distributed")
    from textcount import _dask

    with mock.patch.object(_dask, "CONNECT_TIMEOUT", 1):
        assert cli.main(["--dask", "tcp://127.0.0.1:9", "the", str(tree / "01")]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("textcount: --dask tcp://127.0.0.1:9: ")
    assert len(err.splitlines()) == 1


def test_what_a_cluster_raises_ends_the_command_with_a_line_and_2(
    tree: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(Instant):
        def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
            future: Future[Any] = Future()
            future.set_exception(RuntimeError("no textcount\nthere"))
            return future

    with mock.patch.object(cli, "_cluster", lambda _: nullcontext(Failing())):
        assert cli.main(["--dask", "tcp://there:8786", "the", str(tree / "01")]) == 2
    assert capsys.readouterr() == (
        "",
        "textcount: --dask tcp://there:8786: RuntimeError: no textcount\\nthere\n",
    )


def test_without_dask_the_error_names_the_extra() -> None:
    code = "import sys; sys.modules['distributed'] = None; from textcount.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code, "--dask", "local", "the"],
        capture_output=True, check=False, text=True,
    )  # fmt: skip
    assert result.stderr == (
        "textcount: --dask needs the distributed library: pip install 'textcount[dask]'\n"
    )


@distributed_only
@pytest.mark.skipif(os.name != "posix", reason="needs SIGKILL")
def test_a_worker_killed_at_any_moment_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path,
) -> None:
    distributed = pytest.importorskip("distributed")
    path = tmp_path / "large"
    path.write_bytes(b"the end of the tale\n" * 100_000)
    chance = random.Random()
    with (
        limits(EXECUTOR_RANGE=4000, EXECUTOR_TASKS=512),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as dask,
        distributed.Client(dask) as client,
    ):
        executor = client.get_executor(pure=False)
        for _ in range(2):  # benchmarks/executors.py kills twenty
            victim = subprocess.Popen(worker_of(dask.scheduler_address), stderr=subprocess.DEVNULL)
            client.wait_for_workers(2, timeout=60)
            timer = threading.Timer(chance.uniform(0, 0.3), victim.kill)
            timer.start()
            (record,) = count_files([path], ["the"], executor=executor)
            assert (record.counts, record.error) == ({"the": 200_000}, None)
            timer.join()
            victim.wait()
            while len(client.scheduler_info()["workers"]) > 1:
                time.sleep(0.05)
