"""URLs and compressed files give the same counts as local files with the same text."""

import bz2
import errno
import gzip
import http.server
import lzma
import re
import socketserver
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from compressions import COMPRESSIONS, zstd
from helpers import DEADLINE, limits, needs_threads, outcome, python

from textcount import count_file, count_files
from textcount._executor import CallersExecutor
from textcount._remote import RemoteFile
from textcount._sources import Source
from textcount._tasks import Task

pytestmark = needs_threads
fsspec = pytest.importorskip("fsspec")

TEXT = ("né the end\n" * 500).encode()


@pytest.fixture(params=[1, 2])
def jobs(request: pytest.FixtureRequest) -> Iterator[int]:
    """Limit the package to one or two workers, and to ranges of 1000 bytes."""
    with limits(cores=lambda: request.param, RANGE=1000):
        yield request.param


# Compressed files


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_a_compressed_file_counts_as_its_decompressed_text(
    tmp_path: Path, ending: str, jobs: int
) -> None:
    path = tmp_path / f"file{ending}"
    path.write_bytes(COMPRESSIONS[ending](TEXT))
    assert count_file(path, ["the", "né"]) == {"the": 500, "né": 500}
    (record,) = count_files([tmp_path], ["the"], recursive=True)
    assert (record.counts, record.size, record.path) == ({"the": 500}, len(TEXT), str(path))


@pytest.mark.parametrize("ending", COMPRESSIONS)
@pytest.mark.parametrize("left", [0.5, 0.99])
def test_a_compressed_file_cut_short_is_an_error(
    tmp_path: Path, ending: str, left: float, jobs: int
) -> None:
    path = tmp_path / f"file{ending}"
    packed = COMPRESSIONS[ending](bytes(range(32, 127)) * 20 + TEXT)
    path.write_bytes(packed[: int(len(packed) * left)])
    (tmp_path / "good").write_bytes(TEXT)
    cut, good = count_files([path, tmp_path / "good"], ["the"])
    assert type(cut.error) is OSError
    assert cut.counts == {}
    assert good.counts == {"the": 500}


@pytest.mark.parametrize("ending", COMPRESSIONS)
def test_a_file_that_only_has_the_name_of_a_compressed_file_is_an_error(
    tmp_path: Path, ending: str
) -> None:
    path = tmp_path / f"file{ending}"
    path.write_bytes(TEXT)
    with pytest.raises(OSError, match=r"Errno 5\] (BadGzipFile|OSError|LZMAError|ZstdError): "):
        count_file(path, ["the"])
    with pytest.raises(FileNotFoundError) as caught:
        count_file(tmp_path / f"gone{ending}", ["the"])
    assert caught.value.filename == str(tmp_path / f"gone{ending}")


def test_a_compressed_file_may_have_any_encoding(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "file.gz"
    path.write_bytes(gzip.compress("né the né".encode("utf-16")))
    assert count_file(path, ["né"], encoding="utf-16") == {"né": 2}


def test_without_the_library_the_error_names_the_extra(tmp_path: Path) -> None:
    (tmp_path / "plain").write_bytes(TEXT)
    with mock.patch.dict(sys.modules, {"fsspec.core": None}):
        records = [*count_files(["s3://bucket/key", tmp_path / "plain"], ["the"])]
    messages = [str(record.error).partition(": '")[0] for record in records]
    assert messages == [
        f"[Errno {errno.ENOTSUP}] URLs need the fsspec library: install fsspec[http], or textcount "
        "with the extra remote",
        "None",
    ]


class Broken:
    """Refuses to load a module: an entry for ``sys.meta_path``."""

    def __init__(self, module: str) -> None:
        self.module = module

    def find_spec(self, name: str, *_: object) -> None:
        if name == self.module:
            raise ImportError("failed to map segment")


@pytest.mark.parametrize(
    "module, name, reason",
    [
        ("bz2", "a.bz2", "cannot load a library for .bz2: failed to map segment"),
        ("fsspec.core", "s3://bucket/key", "ImportError: failed to map segment"),
    ],
)
def test_a_library_that_cannot_be_loaded_is_an_error_without_a_remedy(
    tmp_path: Path, module: str, name: str, reason: str
) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(TEXT)
    (tmp_path / "a.bz2").write_bytes(bz2.compress(TEXT))
    name = name if "://" in name else str(tmp_path / name)
    with (
        mock.patch.dict(sys.modules),
        mock.patch.object(sys, "meta_path", [Broken(module), *sys.meta_path]),
    ):
        sys.modules.pop(module, None)
        records = [*count_files([name, plain], ["the"])]
    assert [getattr(each.error, "strerror", None) for each in records] == [reason, None]


# URLs


WRONG_RANGES = ("all-partial", "all-partial-bare", "shifted", "padded", "padded-silent", "capped")


class Web(socketserver.ThreadingMixIn, http.server.HTTPServer):
    """A server of a few pages."""

    daemon_threads = True
    pages: dict[str, bytes]
    moved: dict[str, str]
    end: threading.Event
    requests = stays = 0

    def handle_error(self, *_: object) -> None:
        """Say nothing about a client that closes the connection early."""

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{name}"


class Page(http.server.BaseHTTPRequestHandler):
    """The handler of the server. A word in a page's name changes the answer.

    refused: the status is 403.
    whole-only: the answer is the whole page, even if a range is requested.
    silent: the answer does not give its length.
    slow: the answer comes after a delay.
    breaks: the connection closes after half of the answer.
    all-partial: the answer to a request for a range is the whole page, with the status 206.
    shifted: a range begins one byte late.
    padded: a range has more bytes than its headers say.
    capped: a range has at most 1000 bytes.
    replaced: after some requests, the page has another text.
    moved: the page is at another address.
    encoded: the header Content-Encoding says how the page is compressed.
    stalls: the answer stops after half of the page.
    """

    protocol_version = "HTTP/1.1"
    server: Web

    def log_message(self, *_: object) -> None: ...

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        name = self.path.strip("/")
        if "refused" in name:
            self.send_error(403)
        elif "moved" in name:
            self.send_response(302)
            self.send_header("Location", f"/{self.server.moved[name]}")
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif (data := self._page(name)) is None:
            self.send_error(404)
        else:
            part = self._send_headers(name, data)
            if self.command == "GET":
                self._send(name, part)

    def _page(self, name: str) -> bytes | None:
        data = self.server.pages.get(name)
        if name == "list":
            links = ["?C=N;O=D", "#top", "/list/", "a?x.txt", "b.txt#end", "b.txt", "../"]
        elif name in ("", "folder"):
            links = [f"/{name}/", *(f"/{each}" for each in self.server.pages if name in each)]
        else:
            if data and "replaced" in name and self.command == "GET":
                self.server.requests += 1
                if self.server.requests > self.server.stays:
                    data = data.replace(b"the end", b"not end")
            return data
        return "".join(f'<a href="{link}">x</a>' for link in links).encode()

    def _send_headers(self, name: str, data: bytes) -> bytes:
        """Send the status and the headers; return the part of the page to be sent."""
        wanted = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        part, end = data, len(data) - 1
        if not wanted or "whole-only" in name:
            self.send_response(200)
        else:
            self.send_response(206)
            first, last = int(wanted[1]), min(int(wanted[2] or end), end)
            if "all-partial" in name:
                first, last = 0, end
            elif "capped" in name:
                last = min(last, first + 999)
            elif "shifted" in name:
                first, last = first + 1, min(last + 1, end)
            part = data[first : last + 1] + b" the" * ("padded" in name)
            if "bare" not in name:
                self.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        if "modified" in name:
            self.send_header("Last-Modified", f"{data[3:6]!r}")
        elif "replaced" in name:
            self.send_header("ETag", f'"{zlib.crc32(data)}"')
        if "encoded" in name:
            self.send_header("Content-Encoding", name.split("/")[1])
        if "silent" in name and self.command == "GET":
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(part)))
        self.end_headers()
        return part

    def _send(self, name: str, part: bytes) -> None:
        if "slow" in name:
            time.sleep(0.02)
        self.close_connection = "silent" in name or "breaks" in name
        if "breaks" in name or "stalls" in name:
            part = part[: len(part) // 2]
        self.wfile.write(part)
        if "breaks" in name:
            self.connection.close()
        elif "stalls" in name:
            self.server.end.wait(DEADLINE)


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    """Start the server; yield it."""
    pytest.importorskip("aiohttp")
    with Web(("127.0.0.1", 0), Page) as server:
        server.pages = {
            "good": TEXT,
            "slow": TEXT,
            "whole-only": TEXT,
            "silent": TEXT,
            "breaks": TEXT,
            "empty": b"",
            "packed.gz?x.txt": gzip.compress(TEXT),
            "packed.gz": gzip.compress(TEXT),
            **dict.fromkeys(WRONG_RANGES, TEXT),
            **dict.fromkeys(("silent-breaks", "stalls", "replaced", "replaced-modified"), TEXT),
            "encoded/gzip/a": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
            "encoded/gzip/a.gz": gzip.compress(TEXT),
            "encoded/gzip/a.GZ": gzip.compress(TEXT),
            "encoded/gzip/a.gz?x=1": gzip.compress(TEXT[:9]) + gzip.compress(TEXT[9:]),
            "encoded/gzip/a.bz2": gzip.compress(bz2.compress(TEXT)),
            "encoded/gzip/cut": gzip.compress(TEXT)[:-20],
            "encoded/x-gzip/a": gzip.compress(TEXT),
            "encoded/zstd/a.zst": zstd(TEXT),
            "encoded/identity/a": TEXT,
            "encoded/identity/a.gz": gzip.compress(TEXT),
            "encoded/br/a": b"\x0b",
            "list/a?x.txt": b"the the",
            "list/b.txt": b"the",
            "folder/b.txt": b"the b",
            "folder/a.txt": b"the a the",
            "folder/c.md": b"the c",
        }
        server.moved = {"moved": "packed.gz", "moved-twice": "moved", "moved.txt": "good"}
        server.end = threading.Event()
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.end.set()
        server.shutdown()


@pytest.mark.parametrize("name", ["good", "slow", "whole-only", "silent", "packed.gz"])
def test_a_page_counts_as_its_text(web: Web, name: str, jobs: int) -> None:
    (record,) = count_files([web.url(name)], ["the", "né"])
    assert (record.counts, record.size) == ({"the": 500, "né": 500}, len(TEXT))
    assert record.path == web.url(name)


def test_an_empty_page_counts_nothing(web: Web, jobs: int) -> None:
    assert count_file(web.url("empty"), ["the"]) == {"the": 0}


def test_a_connection_that_breaks_is_an_error_and_the_rest_is_counted(web: Web, jobs: int) -> None:
    paths = [*map(web.url, ["gone", "breaks", "good"]), f"blockcache::{web.url('gone')}"]
    gone, broken, good, also_gone = count_files(paths, ["the"])
    assert isinstance(gone.error, FileNotFoundError)
    assert isinstance(also_gone.error, FileNotFoundError)
    assert gone.error.filename == web.url("gone")
    assert type(broken.error) is OSError
    assert good.counts == {"the": 500}


def test_a_refused_page_and_a_closed_port_are_errors_other_than_a_missing_file(
    web: Web, jobs: int
) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Page) as closed:
        closed_port = f"http://127.0.0.1:{closed.server_address[1]}/page"
    refused, unanswered = count_files([web.url("refused"), closed_port], ["the"])
    assert type(refused.error) is type(unanswered.error) is OSError
    assert "403" in str(refused.error)
    assert "Cannot connect to host 127.0.0.1" in str(unanswered.error)


NO_THREAD = """\
import sys
from threading import Thread
from textcount import count_files

def fail(thread):
    raise RuntimeError("no thread")

Thread.start, start = fail, Thread.start
paths = sys.argv[1:]
print(*[str(record.error) for record in count_files(paths, ["the"])], sep="\\n")
Thread.start = start
print(*[dict(record.counts) for record in count_files(paths, ["the"])], sep="\\n")
"""


def test_a_thread_that_the_library_cannot_start_is_an_error(web: Web) -> None:
    url = web.url("good")
    result = python("-c", NO_THREAD, url, url, timeout=DEADLINE)
    error = f"[Errno 5] RuntimeError: no thread: '{url}'"
    assert result.stdout.splitlines() == [error, error, "{'the': 500}", "{'the': 500}"]


@pytest.mark.parametrize("name", ["good", "slow"])
def test_ranges_are_requested_from_a_server_that_has_them(web: Web, name: str) -> None:
    starts: list[int] = []

    submit = CallersExecutor.submit

    def note(self: CallersExecutor, task: Task, **named: Any) -> None:
        starts.append(task.start)
        submit(self, task, **named)

    with (
        mock.patch.object(CallersExecutor, "submit", note),
        limits(EXECUTOR_RANGE=1000),
        ThreadPoolExecutor(3) as executor,
    ):
        (record,) = count_files([web.url(name)], ["the"], executor=executor)
        assert starts == [0, 0, 1000, 2000, 3000, 4000, 5000]
        starts.clear()
        (other,) = count_files([web.url("whole-only")], ["the"], executor=executor)
        assert starts == [0]
    assert (record.counts, other.counts) == ({"the": 500}, {"the": 500})
    assert record.size == len(TEXT)


@pytest.mark.parametrize("name", WRONG_RANGES)
def test_a_page_is_read_in_one_piece_if_the_server_sends_wrong_ranges(
    web: Web, name: str, jobs: int
) -> None:
    (record,) = count_files([web.url(name)], ["the", "né"])
    if name == "capped":  # only the last byte of such a range shows that it is short
        assert record.error or record.counts == {"the": 500, "né": 500}
    else:
        assert (record.error, record.counts) == (None, {"the": 500, "né": 500})


@pytest.mark.parametrize("name", [*WRONG_RANGES, "silent-breaks"])
def test_wrong_bytes_in_a_range_are_an_error(web: Web, name: str) -> None:
    source = Source(web.url(name), is_url=True, version=f"None {len(TEXT)}")
    with RemoteFile(source) as file, pytest.raises(OSError, match="other"):
        file.seek(1000)
        while file.read(10) and "silent" in name:  # if the length is not sent, at the end
            pass


def test_a_page_can_be_read_from_any_byte_on(web: Web) -> None:
    with RemoteFile(Source(web.url("good"), is_url=True)) as file:
        file.seek(1000)
        assert b"".join(iter(lambda: file.read(1 << 16), b"")) == TEXT[1000:]


@pytest.mark.parametrize("name", ["replaced", "replaced-modified"])
@pytest.mark.parametrize("stays", [1, 2, 4])
@pytest.mark.parametrize("is_sent", [False, True])
def test_a_page_that_is_replaced_while_its_ranges_are_read_is_an_error(
    web: Web, name: str, stays: int, is_sent: bool
) -> None:
    web.requests, web.stays = 0, stays
    with limits(cores=lambda: 2, RANGE=1000, EXECUTOR_RANGE=1000), ThreadPoolExecutor(2) as pool:
        executor = pool if is_sent else None
        record, good = count_files([web.url(name), web.url("good")], ["the"], executor=executor)
    assert (record.counts, good.counts) == ({}, {"the": 500})
    assert "the object changed while it was read" in str(record.error)
    assert web.url(name) in str(record.error)


def test_a_silent_server_is_an_error_but_a_slow_one_is_not(web: Web) -> None:
    fsspec.get_filesystem_class("http").clear_instance_cache()
    with mock.patch("textcount._filesystems.IDLE_SECONDS", 0.5):
        stalled, slow = count_files([web.url("stalls"), web.url("slow")], ["the"])
    assert "Timeout" in str(stalled.error)
    assert slow.counts == {"the": 500}
    fsspec.get_filesystem_class("http").clear_instance_cache()


@pytest.mark.own_backend
def test_only_silence_is_limited_and_the_users_options_win() -> None:
    pytest.importorskip("aiohttp")
    from textcount._filesystems import IDLE_SECONDS, locate

    for url in ("https://host/a", "simplecache::https://host/a"):
        system = locate(url)[0]
        timeout = getattr(system, "fs", system).client_kwargs["timeout"]
        assert timeout.total is None
        assert timeout.sock_read == timeout.sock_connect == IDLE_SECONDS
    chosen = {"client_kwargs": {"timeout": 5, "trust_env": True}}
    with mock.patch.dict(fsspec.config.conf, http=chosen):
        assert locate("https://host/a")[0].client_kwargs == chosen["client_kwargs"]


@pytest.mark.parametrize(
    "name",
    [
        *(
            "gzip/a",
            "gzip/a.gz",
            "gzip/a.GZ",
            "gzip/a.gz?x=1",
            "gzip/a.bz2",
            "x-gzip/a",
            "zstd/a.zst",
        ),
        *("identity/a", "identity/a.gz"),
    ],
)
def test_a_page_is_decompressed_once_for_each_compression(web: Web, name: str, jobs: int) -> None:
    (record,) = count_files([web.url(f"encoded/{name}")], ["the", "né"])
    assert (record.error, record.counts) == (None, {"the": 500, "né": 500})
    assert record.size == len(TEXT)


def test_an_encoded_page_that_is_cut_short_or_unknown_is_an_error(web: Web, jobs: int) -> None:
    cut, unknown = count_files([web.url("encoded/gzip/cut"), web.url("encoded/br/a")], ["the"])
    assert "end-of-stream" in str(cut.error)
    assert "unknown Content-Encoding 'br'" in str(unknown.error)


@pytest.mark.parametrize("name", ["moved", "moved-twice", "moved?a.txt", "moved.txt"])
def test_a_page_that_has_moved_is_decompressed_by_its_new_address(
    web: Web, name: str, jobs: int
) -> None:
    web.moved["moved?a.txt"] = "packed.gz?x.txt"
    with limits(RANGE=20):
        (record,) = count_files([web.url(name)], ["the", "né"])
    assert (record.error, record.counts) == (None, {"the": 500, "né": 500})


def test_a_page_is_listed_once_and_a_list_is_no_page(web: Web) -> None:
    found = [*count_files([web.url("list/")], ["the"], recursive=True)]
    assert [(file.path, dict(file.counts)) for file in found] == [
        (web.url("list/a?x.txt"), {"the": 2}),
        (web.url("list/b.txt"), {"the": 1}),
    ]


def test_a_page_without_links_is_a_text(web: Web, jobs: int) -> None:
    (record,) = count_files([web.url("good/")], ["the"], recursive=True, exclude=["good*"])
    assert (record.path, record.counts) == (web.url("good/"), {"the": 500})


def test_wildcards_are_expanded_on_the_web(web: Web) -> None:
    paths = [web.url("folder/*.txt"), web.url("folder/[x]")]
    *found, missing = count_files(paths, ["the"], recursive=True)
    assert [file.path for file in found] == [web.url("folder/a.txt"), web.url("folder/b.txt")]
    assert isinstance(missing.error, FileNotFoundError)


def test_a_url_that_ends_with_a_slash_is_a_directory_on_the_web(web: Web) -> None:
    found = [*count_files([web.url("folder/")], ["the"], recursive=True, include=["*.txt"])]
    assert [(file.path, dict(file.counts)) for file in found] == [
        (web.url("folder/a.txt"), {"the": 2}),
        (web.url("folder/b.txt"), {"the": 1}),
    ]


@pytest.fixture
def store() -> Iterator[str]:
    """Yield the URL of a directory in fsspec's in-memory store."""
    system = fsspec.filesystem("memory")
    for name, data in {
        "a.txt": TEXT,
        "b.md": b"the b",
        "inner/c.txt": b"the c",
        "inner/d.txt.gz": gzip.compress(b"the d the"),
        "skip/e.txt": b"the e",
    }.items():
        system.pipe(f"/bucket/{name}", data)
    yield "memory://bucket"
    system.rm("/bucket", recursive=True)


def test_a_directory_in_a_store_is_walked(store: str, jobs: int) -> None:
    found = [*count_files([store], ["the"], recursive=True, exclude=["skip"])]
    assert [(file.path, dict(file.counts)) for file in found] == [
        ("memory:///bucket/a.txt", {"the": 500}),
        ("memory:///bucket/b.md", {"the": 1}),
        ("memory:///bucket/inner/c.txt", {"the": 1}),
        ("memory:///bucket/inner/d.txt.gz", {"the": 2}),
    ]


def test_patterns_match_the_path_inside_the_directory_of_a_store(store: str) -> None:
    for url in (store, f"{store}/", store.replace("//", "///")):
        chosen = count_files([url], ["the"], recursive=True, include=["inner/c.txt"])
        assert [file.path for file in chosen] == ["memory:///bucket/inner/c.txt"]
        rest = count_files([url], ["the"], recursive=True, exclude=["inner/c*", "skip/e.txt"])
        assert [file.path.rpartition("/")[2] for file in rest] == ["a.txt", "b.md", "d.txt.gz"]


def test_wildcards_in_urls_are_expanded_only_when_recursive(store: str) -> None:
    found = [*count_files([f"{store}/*.txt", f"{store}/in*"], ["the"], recursive=True)]
    assert [sum(file.counts.values()) for file in found] == [500, 1, 2]
    (literal,) = count_files([f"{store}/*.txt"], ["the"])
    assert isinstance(literal.error, FileNotFoundError)


def test_a_url_may_name_a_local_file(tmp_path: Path, jobs: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(TEXT)
    assert count_file(path.as_uri(), ["the"]) == {"the": 500}
    (record,) = count_files([tmp_path.as_uri()], ["the"], recursive=True)
    assert record.counts == {"the": 500}


@pytest.mark.parametrize("recursive", [False, True])
def test_a_url_of_an_unknown_protocol_is_an_error(recursive: bool, jobs: int) -> None:
    (record,) = count_files(["nosuch://bucket/key"], ["the"], recursive=recursive)
    assert type(record.error) is OSError
    assert "nosuch" in str(record.error)


def test_a_memory_error_is_raised_and_not_recorded() -> None:
    with (
        mock.patch("fsspec.implementations.memory.MemoryFileSystem.open", side_effect=MemoryError),
        pytest.raises(MemoryError),
    ):
        count_file("memory://bucket/a.txt", ["the"])


def test_the_command_counts_urls_and_compressed_files(web: Web, tmp_path: Path) -> None:
    path = tmp_path / "file.xz"
    path.write_bytes(lzma.compress(TEXT))
    status, output, errors = outcome("the", web.url("good"), web.url("breaks"), path)
    assert status == 2
    assert [line.split() for line in output.splitlines()] == [
        ["500", web.url("good")],
        ["500", str(path)],
        ["1000", "total"],
    ]
    assert errors.startswith(f"textcount: {web.url('breaks')}: ")


def test_counting_a_local_file_imports_nothing_for_urls(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(TEXT)
    code = (
        "import sys, textcount; textcount.count_file(sys.argv[1], ['the']);"
        "print({'fsspec', 'textcount._remote', 'textcount._workers'} & {*sys.modules})"
    )
    assert python("-c", code, path).stdout == "set()\n"
