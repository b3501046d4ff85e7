"""Every test runs on both backends, or on the one that the run asked for."""

import subprocess
from collections.abc import Iterator
from unittest import mock

import pytest
from hypothesis import settings

import textcount
from textcount import _blocks, _pure

settings.register_profile("textcount", deadline=None, print_blob=True)
settings.load_profile("textcount")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--backend",
        choices=["both", "native", "pure", "auto"],
        default="both",
        help="what the tests run on, which must be what textcount has chosen "
        "(both: native; auto: both where there is Rust)",
    )


def pytest_report_header() -> str:
    lines = f"backend: {textcount.BACKEND} ({textcount.BACKEND_REASON})"
    if textcount.BACKEND == "native":
        from textcount import _native

        lines += f"\npaths: {', '.join(_native._paths)}"
    return lines


def pytest_sessionstart(session: pytest.Session) -> None:
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
    """Whether the extension should have been built."""
    try:
        return subprocess.run(["cargo", "-V"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if not hasattr(metafunc.module, "backend"):  # a module may have its own
        backends = ["native", "pure"] if textcount.BACKEND == "native" else ["pure"]
        if metafunc.config.getoption("--backend") == "native":
            backends.remove("pure")
        metafunc.parametrize("backend", backends, indirect=True, scope="session")


@pytest.fixture(autouse=True, scope="session")
def backend(request: pytest.FixtureRequest) -> Iterator[str]:
    """The backend of the test: in this process, and in those it starts."""
    name: str = request.param
    if name == "native":
        from textcount import _native

        function, part = _native.count_occurrences, _native._count_part
    else:
        function, part = _pure.count_occurrences, None
    with (
        mock.patch.dict("os.environ", TEXTCOUNT_BACKEND=name),
        mock.patch.object(textcount, "count_occurrences", function),
        mock.patch.object(_blocks, "count_occurrences", function),
        mock.patch.object(_blocks, "count_part", part),
    ):
        yield name
