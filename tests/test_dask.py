"""The command on a Dask cluster counts exactly, or tells in one line why it cannot count."""

import asyncio
import os
import re
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import DEADLINE, interrupted, needs_threads, outcome, posix, run, start, wait_until

from textcount import __version__

distributed = pytest.importorskip("distributed")

from textcount import _dask, _dask_workers  # noqa: E402
from textcount._dask_workers import CheckedWorkers  # noqa: E402

pytestmark = [needs_threads, pytest.mark.own_backend]

LACKING = "import sys; sys.modules['textcount'] = None"
OLDER = "import textcount; textcount.__version__ = '0.9'"


# Clusters of several processes


@contextmanager
def process(program: str, *arguments: object, first: str = "") -> Iterator[subprocess.Popen[bytes]]:
    """Run a line of Python, then a program of Dask, in a process that ends with the context."""
    code = f"{first}\nfrom distributed.cli.dask_{program} import main\nmain()"
    command = [sys.executable, "-c", code, *map(str, arguments), "--no-dashboard"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as started:
        try:
            yield started
        finally:
            started.kill()


@contextmanager
def scheduler() -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start a scheduler that cannot import textcount; yield its process and its address."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with process("scheduler", "--host", "127.0.0.1", "--port", port, first=LACKING) as started:
        yield started, f"tcp://127.0.0.1:{port}"


def worker(address: str, first: str = "") -> Any:
    return process("worker", address, "--no-nanny", "--nthreads", 1, first=first)


def wait_for_workers(address: str, number: int) -> None:
    with distributed.Client(address, set_as_default=False) as client:
        wait_until(lambda: len(client.nthreads()) == number)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder of 20 files, in which ``the`` occurs 40 times."""
    for index in range(20):
        (tmp_path / f"{index}").write_text("the end of the tale\n")
    return tmp_path


def test_only_workers_with_this_version_count_and_the_scheduler_needs_no_textcount(
    folder: Path,
) -> None:
    arguments = ["--total", "-r", "the", *[folder] * 200]
    with scheduler() as (_, address), worker(address, LACKING), worker(address, OLDER):
        with worker(address):
            wait_for_workers(address, 3)
            result = run("--dask", address, *arguments)
        assert (result.returncode, result.stdout) == (0, "8000\n")
        assert len(result.stderr.splitlines()) == 1
        assert f"--dask {address}: workers without textcount {__version__} not used: tcp:" in (
            result.stderr
        )
        assert "(ModuleNotFoundError: import of textcount halted" in result.stderr
        assert "(0.9)" in result.stderr

        wait_for_workers(address, 2)
        result = run("--dask", address, *arguments)
        assert (result.returncode, result.stdout) == (2, "")
        assert len(result.stderr.splitlines()) == 1
        assert f"--dask {address}: no worker has textcount {__version__}: tcp:" in result.stderr

        one_worker = re.findall(r"tcp://[^ ,)]*\d", result.stderr)[-1]
        result = run("--dask", one_worker, *arguments)
        assert (result.returncode, result.stdout, result.stderr) == (
            2,
            "",
            f"textcount: --dask {one_worker}: there is no scheduler at this address: "
            "this is the address of a worker\n",
        )


def test_the_command_waits_for_a_worker_and_names_a_scheduler_that_has_ended(
    folder: Path,
) -> None:
    arguments = ["-r", "the", *[folder] * 3000]
    with scheduler() as (ended, address), start("--dask", address, *arguments) as command:
        assert command.stdout
        assert command.stderr
        line = command.stderr.readline().decode()
        assert line == f"textcount: --dask {address}: {_dask_workers.WAITING}\n"
        with worker(address):
            assert command.stdout.readline()
            ended.kill()
            _, errors = command.communicate(timeout=DEADLINE)
    assert command.returncode == 2
    assert re.fullmatch(
        f"textcount: --dask {address}: (ConnectionError: )?the scheduler has ended[,:].*\n",
        errors.decode(),
    )


# Addresses


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """Accept connections, send an answer on each, and read nothing; yield the address."""
    connections = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):  # accept fails when the server closes
                while True:
                    connections.append(listening.accept()[0])
                    if answer:
                        connections[-1].sendall(answer)
                        connections[-1].shutdown(socket.SHUT_WR)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()
            for each in connections:
                each.close()


def error_of(address: str) -> str:
    """Return the one line in which the command refuses a cluster."""
    with mock.patch.object(_dask, "CONNECT_TIMEOUT", 2):
        status, output, errors = outcome("--dask", address, "the", os.devnull)
    assert (status, output) == (2, "")
    assert errors.startswith(
        f"textcount: --dask {address}: there is no scheduler at this address: "
    )
    assert errors.endswith("\n")
    assert errors.count("\n") == 1
    return errors


@pytest.mark.parametrize(
    "answer",
    [
        b"",  # nothing
        b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
        bytes(100),
        b"\1\0\0\0\0\0\0\0" * 20,
    ],
)
def test_a_server_that_is_no_scheduler_is_one_line_and_status_2(answer: bytes) -> None:
    with server(answer) as address:
        assert ("no answer within 2 seconds" in error_of(address)) == (not answer)


@pytest.mark.parametrize(
    "address, reason",
    [
        ("tcp://127.0.0.1:9", "Connection refused|no answer within 2 seconds"),
        ("tls://127.0.0.1:9", "TLS"),
        ("ucx://127.0.0.1:9", "ucp|UCX"),
        ("http://127.0.0.1:9", "unknown address scheme 'http'"),
        ("foo", "missing port number in address 'foo'"),
        ("tcp://", "missing port number"),
        ("", "missing port number"),
        ("inproc://1/2", "ValueError"),
    ],
)
def test_an_address_of_no_scheduler_is_one_line_and_status_2(address: str, reason: str) -> None:
    assert re.search(reason, error_of(address))


def test_a_timeout_within_the_library_is_no_answer() -> None:
    error = OSError("Timed out trying to connect")
    error.__cause__ = asyncio.TimeoutError()
    with mock.patch.object(_dask, "_kind", side_effect=error):
        assert error_of("tcp://127.0.0.1:9").endswith("no answer within 2 seconds\n")


# A cluster on this machine


def children(process: subprocess.Popen[bytes]) -> list[Any]:
    psutil = pytest.importorskip("psutil")
    found: list[Any] = psutil.Process(process.pid).children(recursive=True)
    return found


def semaphores(processes: list[Any]) -> set[str]:
    """Return the names of the semaphores that some processes have open, on Linux."""
    if sys.platform != "linux":
        return set()
    opened = {each.path for process in processes for each in process.memory_maps()}
    return {path for path in opened if path.startswith("/dev/shm/") and Path(path).exists()}


@posix
@pytest.mark.parametrize("number", [1, 3, 0])  # the cluster alone; with its workers; counting
def test_a_local_cluster_ends_silently_with_a_command_that_is_killed(
    folder: Path, number: int
) -> None:
    with start("--dask", "local", "-j2", "-r", "the", *[folder] * 3000) as command:
        assert command.stdout
        if number:
            wait_until(lambda: len(children(command)) >= number)
        else:
            command.stdout.readline()
        started = children(command)
        opened = set() if number else semaphores(started)
        assert opened or number or sys.platform != "linux"
        command.kill()
        _, errors = command.communicate(timeout=DEADLINE)
        assert errors == b""
        wait_until(lambda: not any(each.is_running() for each in started))
        assert not any(Path(path).exists() for path in opened)


@posix
@pytest.mark.parametrize("counts", [False, True])
def test_ctrl_c_ends_a_local_cluster_silently(folder: Path, *, counts: bool) -> None:
    arguments = ["--dask", "local", "-j2", "-r", "the", *[folder] * 3000]
    with interrupted(*arguments) as command:
        wait_until(lambda: children(command))
        cluster = children(command)[0].pid
        wait_until(lambda: os.getpgid(cluster) == cluster)  # which a terminal does not interrupt
        assert command.stdout
        if counts:
            command.stdout.readline()
        started = children(command)
    wait_until(lambda: not any(each.is_running() for each in started))


def test_a_local_cluster_that_cannot_start_is_one_line_and_status_2() -> None:
    with mock.patch.dict("os.environ", DASK_DISTRIBUTED__SCHEDULER__PRELOAD="['gone']"):
        status, output, errors = outcome("--dask", "local", "the", os.devnull)
    assert (status, output) == (2, "")
    assert errors.startswith("textcount: --dask local: the cluster did not start: RuntimeError: ")
    assert errors.endswith(" No module named 'gone'\n")
    assert errors.count("\n") == 1


# The workers, with a client of no cluster


class Tasks(Executor):
    """An executor that runs nothing."""

    def submit(self, function: Any, /, *arguments: Any, **named: Any) -> Future[Any]:
        return Future()


class FakeClient:
    """A client of workers that exist only as a table.

    Attributes:
        workers: the version of textcount, or an exception, of each worker.
        restrictions: the workers to which each task was restricted.
        is_lost: true if the scheduler has ended.
    """

    def __init__(self, **workers: object) -> None:
        self.workers = workers
        self.restrictions: list[list[str] | None] = []
        self.is_lost = False
        self._starting = 0

    def nthreads(self) -> dict[str, int]:
        if self.is_lost:
            raise OSError("no route")
        self._starting -= 1
        if self._starting == 0:
            self.workers["started"] = __version__
        return dict.fromkeys(self.workers, 1)

    def sync(self, function: Any, *arguments: Any) -> Any:
        return asyncio.run(function(*arguments))

    async def run(self, *_: Any, workers: list[str], **__: Any) -> dict[str, object]:
        answer = self.workers[workers[0]]
        if answer is None:
            await asyncio.sleep(DEADLINE)
        return {workers[0]: answer}

    def submit(self, *_: Any, pure: bool) -> None:
        self._starting = 2  # no worker at the next look, one at the look after it

    def get_executor(self, *, pure: bool, workers: list[str] | None) -> Executor:
        self.restrictions.append(workers)
        return Tasks()


@contextmanager
def checked(
    client: FakeClient, said: list[str], seconds: float = DEADLINE
) -> Iterator[CheckedWorkers]:
    """Yield the workers of a client, which are looked at after so many seconds."""
    with mock.patch.multiple(_dask_workers, WATCH_SECONDS=seconds, ANSWER_TIMEOUT=0.1):
        workers = CheckedWorkers(client, said.append)
        try:
            yield workers
        finally:
            workers.close()


def test_tasks_are_not_restricted_while_all_workers_have_this_version() -> None:
    client = FakeClient(a=__version__, b=__version__)
    said: list[str] = []
    with checked(client, said) as workers:
        workers.submit(int)
    assert client.restrictions == [None]
    assert said == []


def test_each_worker_that_is_not_used_is_named_with_the_reason() -> None:
    client = FakeClient(a=None, b="0.9", c=__version__, d=ImportError("two\nlines"), e="0.9")
    said: list[str] = []
    with checked(client, said) as workers:
        workers.submit(int)
    assert client.restrictions == [["c"]]
    assert said == [
        f"workers without textcount {__version__} not used: a (no answer within 0.1 seconds); "
        "b, e (0.9); d (ImportError: two lines)"
    ]


def test_a_worker_that_leaves_while_it_is_asked_is_not_used() -> None:
    client = FakeClient(a=__version__, b=__version__)
    said: list[str] = []
    asked = client.run

    async def leave(*_: Any, workers: list[str], **__: Any) -> dict[str, object]:
        if workers == ["b"]:
            raise OSError("gone")
        return await asked(workers=workers)

    with mock.patch.object(client, "run", leave), checked(client, said) as workers:
        workers.submit(int)
    assert client.restrictions == [["a"]]
    assert said[0].endswith(": b (OSError: gone)")


def test_a_cluster_without_a_worker_gets_a_task_to_start_one() -> None:
    client = FakeClient()
    said: list[str] = []
    with checked(client, said) as workers:
        workers.submit(int)
    assert said == [_dask_workers.WAITING]
    assert client.restrictions == [None]


def test_after_a_task_fails_the_workers_are_asked_before_the_next_task() -> None:
    client = FakeClient(a=__version__)
    said: list[str] = []
    with checked(client, said) as workers:
        future = workers.submit(int)
        client.workers["b"] = "0.9"
        future.set_exception(ImportError("no textcount"))
        workers.submit(int).set_result(0)
        del client.workers["b"]
        workers.submit(int).cancel()
    assert client.restrictions == [None, ["a"], ["a"]]
    assert said == [f"workers without textcount {__version__} not used: b (0.9)"]


def change_of(change: Callable[[FakeClient], None], said: list[str]) -> BaseException | None:
    """Restrict a task to worker a, change the cluster, and return the exception of the task."""
    client = FakeClient(a=__version__, b="0.9")
    with checked(client, said, seconds=0.01) as workers:
        future = workers.submit(int)
        change(client)
        return future.exception(timeout=DEADLINE)


def test_a_task_fails_if_no_worker_is_left_to_run_it() -> None:
    def lose(client: FakeClient) -> None:
        client.workers = {"b": "0.9"}

    def replace(client: FakeClient) -> None:
        client.workers = {"b": "0.9", "c": __version__}

    def end(client: FakeClient) -> None:
        client.workers = {}

    def stop(client: FakeClient) -> None:
        client.is_lost = True

    said: list[str] = []
    assert str(change_of(lose, said)) == f"no worker has textcount {__version__}: b (0.9)"
    assert str(change_of(replace, said)) == "all workers that may run this task have ended"
    assert _dask_workers.WAITING not in said
    assert str(change_of(end, said)) == "all workers that may run this task have ended"
    assert said[-1] == _dask_workers.WAITING
    assert str(change_of(stop, said)) == "the scheduler has ended: OSError: no route"


def test_a_task_that_ends_by_itself_is_not_made_to_fail() -> None:
    client = FakeClient(a=__version__)
    with checked(client, []) as workers:
        future = workers.submit(int)
        future.set_result(1)
        workers._fail([future], RuntimeError("too late"))
    assert future.result() == 1
