"""Run every test on both backends, or on the backend that ``--backend`` names."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from unittest import mock

import pytest
from helpers import Pickling, limits
from hypothesis import settings

import textcount
from textcount import __main__, _backend, _pure, cli

settings.register_profile("textcount", deadline=None, print_blob=True)
settings.load_profile("textcount")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=["both", "native", "pure", "auto"],
        default="both",
        help="the backend that the tests run on, which textcount must have selected "
        "(both: native must be selected; auto: as both if there is Rust, else the selected one)",
    )


def pytest_report_header() -> str:
    lines = f"backend: {textcount.BACKEND} ({textcount.BACKEND_REASON})"
    if textcount.BACKEND == "native":
        from textcount import _native

        lines += f"\nkernels: {', '.join(_native._kernels)}"
    return lines


def pytest_sessionstart(session: pytest.Session) -> None:
    # Without job control, a shell starts background jobs with SIGINT ignored; nohup starts every
    # program with SIGHUP ignored. The tests of these signals would fail or hang.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    wanted = session.config.getoption("--backend")
    if wanted == "auto":
        wanted = "native" if has_rust() else textcount.BACKEND
    elif wanted == "both":
        wanted = "native"
    if wanted != textcount.BACKEND:
        pytest.exit(
            f"textcount.BACKEND is {textcount.BACKEND!r}, not {wanted!r}: "
            f"{textcount.BACKEND_REASON} To test without the extension: pytest --backend=pure",
            returncode=3,
        )


def has_rust() -> bool:
    """Return whether cargo runs. Where cargo runs, the extension should have been built."""
    try:
        return subprocess.run(["cargo", "-V"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if metafunc.definition.get_closest_marker("own_backend"):
        return
    backends = ["native", "pure"] if textcount.BACKEND == "native" else ["pure"]
    if metafunc.config.getoption("--backend") == "native":
        backends.remove("pure")
    metafunc.parametrize("backend", backends, indirect=True, scope="session")


@pytest.fixture(autouse=True, scope="session")
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """Select a backend for a test, in this process and in the processes that the test starts.

    Yield the backend's name. For a test that is marked with own_backend, select no backend and
    yield an empty string.
    """
    name: str = getattr(request, "param", "")
    if not name:
        yield name
        return
    if name == "native":
        active = _backend.select("native")
    else:
        active = _backend.Backend("pure", "the tests select it.", _pure.count_occurrences)
    with (
        mock.patch.dict("os.environ", TEXTCOUNT_BACKEND=name),
        mock.patch.object(_backend, "active", active),
        # Tests call the function by its public name.
        mock.patch.object(textcount, "count_occurrences", active.count),
    ):
        yield name


@pytest.fixture
def handlers() -> Iterator[None]:
    """Restore the handlers of signals after a test that calls the entry point of the command."""
    names = ("SIGINT", "SIGTERM", "SIGHUP", "SIGALRM")
    numbers = [getattr(signal, name) for name in names if hasattr(signal, name)]
    before = [signal.getsignal(number) for number in numbers]
    with mock.patch.object(__main__, "_at_end", []):
        yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.fixture(params=["one", "two", "executor"])
def how(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have the command count in one thread, in two threads, or in an executor."""
    jobs = 1 if request.param == "one" else 2
    executor = Pickling() if request.param == "executor" else None
    small = limits(cores=lambda: jobs, BLOCK=100, RANGE=100, EXECUTOR_RANGE=100)
    with small, mock.patch.object(cli, "_cluster", lambda _: nullcontext(executor)):
        yield
