"""Send signals to the command at random moments, and check how it ends.

    python tests/signals.py --rounds 300

The command must end within ``SECONDS``, with no other process left. It must print nothing on
standard error. Its output must be whole lines of the right output. Its status must be 128 plus
the number of the signal, unless the output is complete.
"""

import argparse
import contextlib
import gzip
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

from helpers import DEADLINE, without_coverage

SECONDS = 2
"""Maximum seconds from a signal to the end of the command."""

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
PIECE = b"the end\n" * 100
PIECES = 40


class Work(NamedTuple):
    """A work for the command.

    Attributes:
        name: the name in the report.
        arguments: the arguments of the command.
        output: the beginning of the right output, or all of it if the command can finish.
        seconds: how long the command takes; if it waits forever, the time in which to interrupt it.
        can_finish: false if the command waits forever.
    """

    name: str
    arguments: list[str]
    output: bytes = b""
    seconds: float = 0.5
    can_finish: bool = False


class Moment(NamedTuple):
    """The moment to send a signal: after ``seconds``, or once ``threads`` threads run, if earlier.

    With 0 threads, only the time counts.
    """

    seconds: float
    threads: int = 0


class Stalled(BaseHTTPRequestHandler):
    """Serves the beginning of a large file, and then nothing."""

    def do_HEAD(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "1000000000")
        self.end_headers()

    def do_GET(self) -> None:
        self.do_HEAD()
        with contextlib.suppress(OSError):
            self.wfile.write(PIECE * 1000)
            self.connection.recv(1)  # until the client closes the connection

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def stalled_server() -> Iterator[str]:
    """Start a server that stalls, and yield the URL of a file."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalled)
    threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/large.txt"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def all_work(folder: Path) -> Iterator[list[Work]]:
    """Yield the work for one and for two workers; write the files that the work needs."""
    (folder / "good").write_bytes(b"the end\n")
    large, many, packed = folder / "large", folder / "many", folder / "packed"
    with large.open("wb") as file:
        for place in (0, 1 << 26, (1 << 28) - len(PIECE)):
            file.seek(place)
            file.write(b"\n" + PIECE)
    many.mkdir()
    for index in range(3000):
        (many / f"{index:04}").write_bytes(b"the end\n" * (1 + index % 3))
    packed.mkdir()
    for index in range(8):
        (packed / f"{index}.gz").write_bytes(gzip.compress(PIECE * 5000, 1))
    good = str(folder / "good")
    stalled_output = f"{1:7} {good}\n".encode()
    works = []
    with stalled_server() as url:
        for jobs in ("-j1", "-j2"):
            options = ["-r", jobs, "the"]
            works += [
                finished(Work(f"{jobs} one large file", [*options, str(large), str(large)])),
                finished(Work(f"{jobs} many small files", [*options, str(many)])),
                finished(Work(f"{jobs} standard input", [*options, good, "-"])),
                finished(Work(f"{jobs} compressed files", [*options, str(packed)])),
            ]
            if find_spec("aiohttp"):
                works.append(Work(f"{jobs} stalled server", [*options, good, url], stalled_output))
        yield works


class Run:
    """The command at work. A thread writes its standard input, and others read its output.

    Args:
        work: the work.
        is_read: false if the output is read only at the end.
    """

    def __init__(self, work: Work, *, is_read: bool = True) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "textcount", *work.arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**without_coverage(), "PYTHONUNBUFFERED": ""},
            start_new_session=True,
        )
        self._texts: list[bytes] = [b"", b""]
        reading = [
            threading.Thread(target=self._read, args=[index, stream])
            for index, stream in enumerate((self.process.stdout, self.process.stderr))
        ]
        writing = threading.Thread(target=self._write)
        self._late = [] if is_read else reading[:1]
        self._threads = [writing, *reading]
        for thread in self._threads:
            if thread not in self._late:
                thread.start()

    def _read(self, index: int, stream: Any) -> None:
        with stream:
            self._texts[index] = stream.read()

    def _write(self) -> None:
        assert self.process.stdin
        with contextlib.suppress(OSError), self.process.stdin as file:
            for _ in range(PIECES):
                file.write(PIECE)
                file.flush()
                time.sleep(0.005)

    def wait_for_main(self) -> None:
        """Wait until ``__main__`` has begun: the process then handles SIGTERM."""
        wait(lambda: self.has_ended() or self._caught() >> (signal.SIGTERM - 1) & 1)

    def _caught(self) -> int:
        """Return the signals that the process handles, a bit for each."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii", "replace")
        return int((status.partition("SigCgt:")[2].split() or ["0"])[0], 16)

    def wait_for(self, moment: Moment) -> None:
        """Wait until the moment comes or the command ends."""
        tasks = f"/proc/{self.process.pid}/task"

        def has_come() -> bool:
            return self.has_ended() or 0 < moment.threads <= len(os.listdir(tasks))

        # An exception means that the time has passed, or that the process has ended.
        with contextlib.suppress(AssertionError, OSError):
            wait(has_come, moment.seconds)

    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def end(self) -> tuple[int, bytes, bytes]:
        """Wait for the end of the command; return the status, the output and the errors."""
        for thread in self._late:
            thread.start()
        for thread in self._threads:
            thread.join(DEADLINE)
        code = self.process.wait(DEADLINE)
        return (code if code >= 0 else 128 - code, self._texts[0], self._texts[1])


def wait(condition: Callable[[], object], seconds: float = DEADLINE) -> None:
    """Wait until a condition holds; check the condition often, to return at once."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.0002)


def finished(work: Work) -> Work:
    """Do the work without a signal, and add the output and the time that it takes."""
    run = Run(work)
    run.wait_for_main()
    start = time.monotonic()
    status, output, errors = run.end()
    assert (status, errors) == (0, b""), (work, errors)
    seconds = time.monotonic() - start
    return work._replace(output=output, seconds=seconds, can_finish=True)


def is_group_alive(group: int) -> bool:
    """Return whether a process of the group runs."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def interrupt(work: Work, number: int, moment: Moment, *, is_read: bool) -> tuple[int, float]:
    """Do the work, and send a signal. Return the status and the seconds from signal to end."""
    run = Run(work, is_read=is_read)
    try:
        run.wait_for_main()
        run.wait_for(moment)
        run.process.send_signal(number)
        sent = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            run.process.wait(SECONDS)
        took = time.monotonic() - sent
        is_alive = not run.has_ended() or is_group_alive(run.process.pid)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(run.process.pid, signal.SIGKILL)
        status, output, errors = run.end()
    assert not is_alive, "a process is alive"
    assert errors == b"", errors
    assert work.output.startswith(output), output
    assert output == b"" or output.endswith(b"\n"), output
    if work.can_finish and status == 0:
        assert output == work.output, "status 0 without the whole output"
    else:
        assert status == 128 + number, status
    return status, took


def main(rounds: int, seed: int) -> str:
    """Interrupt the command; return a table of the results. The first failure raises."""
    source = random.Random(seed)
    results: dict[str, list[tuple[int, float]]] = {}
    with tempfile.TemporaryDirectory() as folder, all_work(Path(folder)) as works:
        cases = list(itertools.product(works, SIGNALS, ["time", "thread"], [True, False]))
        source.shuffle(cases)
        for work, number, when, is_read in itertools.islice(itertools.cycle(cases), rounds):
            threads = source.randint(2, 4) if when == "thread" else 0
            moment = Moment(source.uniform(0, 1.1 * work.seconds), threads)
            try:
                result = interrupt(work, number, moment, is_read=is_read)
            except AssertionError as error:
                case = f"{work.name}, {number!r}, {moment}, {is_read=}, {seed=}"
                raise AssertionError(f"{case}: {error}") from error
            results.setdefault(work.name, []).append(result)
    lines = [f"{'work':24} rounds  ended by the signal  finished before  slowest end"]
    for name, ends in sorted(results.items()):
        early = sum(status > 128 for status, _ in ends)
        slowest = max(seconds for _, seconds in ends)
        lines.append(f"{name:24} {len(ends):6} {early:20} {len(ends) - early:16} {slowest:10.2f} s")
    return "\n".join(lines)


if __name__ == "__main__":
    # Without job control, a shell starts background jobs with SIGINT ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_args()
    print(main(arguments.rounds, arguments.seed))
