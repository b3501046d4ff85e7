"""Read URLs through fsspec.

A large object is read in ranges, by several workers, and may be replaced meanwhile. So all ranges
must be of the version whose size was asked for.
"""

from __future__ import annotations

import errno
import io
import os
from contextlib import suppress

from textcount import _limits
from textcount._compressed import DecompressedFile
from textcount._filesystems import only_os_errors
from textcount._sources import compression
from textcount._stores import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from textcount._sources import Source

_VERSIONS = ("ETag", "etag", "generation", "md5")
"""The names, in the storages, of a property that differs between two versions of an object."""

_TIMES = ("LastModified", "last_modified", "updated", "mtime", "modify", "created")
"""The names, in the storages, of the time at which an object was written."""

_ENCODINGS = {"": "", "identity": "", "gzip": ".gz", "x-gzip": ".gz", "zstd": ".zst"}
"""The values of the HTTP header Content-Encoding, each with the compression that it names."""

_PARTIAL_CONTENT = 206
"""The status of an HTTP response to a request for a range."""


class RemoteFile:
    """The object of a URL, read from its start or from another byte on.

    All errors are OSError. Nothing is requested before the first read.
    """

    def __init__(self, source: Source) -> None:
        self._name = source.path
        self._version = source.version
        self._is_range = source.version != ""
        self._start = self._place = 0
        self._total: int | None = None
        self._raw: Any = None
        self._file: Any = None
        self._store, self._key = _store(source)

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        with only_os_errors(self._name):
            if self._raw is not None:
                self._raw.close()
            if kind is None and self._must_check():
                self._store.system.invalidate_cache()
                self._check_version(_version(self._store.system.info(self._key)))

    def seek(self, place: int) -> None:
        """Read from this byte on. Nothing has been read before."""
        self._start = self._place = place

    def read(self, size: int) -> bytes:
        """Read at most size bytes; return ``b""`` at the end of file."""
        with only_os_errors(self._name):
            if self._file is None:
                if self._store.is_web:
                    self._open_page()
                else:
                    self._open_object()
            data: bytes = self._file.read(size)
            self._place += len(data)
            if self._total is not None and (self._place > self._total or not data):
                self._check_end(self._total)
            return data

    def _open_object(self) -> None:
        store, key = self._store, self._key
        info: dict[str, Any] = {}
        if store.checks_versions:  # so properties from an earlier listing are safe
            with suppress(Exception):
                info = self._open_key(key)
        # From a listing s3fs may take an object for a directory, if its key is a prefix, too.
        if info.get("type", "directory") == "directory":
            if not store.is_local:
                store.system.invalidate_cache()
            info = self._open_key(key)
        if info.get("type") == "directory":
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), self._name)
        if isinstance(self._raw, io.BytesIO):
            # A storage in memory gives every reader the same file, and so the same position.
            self._raw = io.BytesIO(self._raw.getvalue())
        if not store.is_local:
            self._check_version(_version(info))
        if self._start:
            self._raw.seek(self._start)
        self._file = self._raw
        if kind := compression(_object_name(key)):
            self._file = DecompressedFile(self._raw, kind, self._name)

    def _open_key(self, key: str) -> dict[str, Any]:
        """Open an object; return its properties. A directory need not be open."""
        system = self._store.system
        try:
            if not key.endswith("/"):
                self._raw = system.open(key, "rb")
                info: dict[str, Any] = getattr(self._raw, "details", None) or system.info(key)
                return info
            data = system.cat_file(key)  # the method open would remove the slash
        except Exception:
            if self._store.is_directory(key):
                return {"type": "directory"}
            raise
        self._raw = io.BytesIO(data)
        is_directory = not data and self._store.is_directory(key)
        return {"type": "directory" if is_directory else "file"}

    def _must_check(self) -> bool:
        """Return whether the bytes may be of several versions: the storage was asked repeatedly."""
        store = self._store
        if store.is_web or store.is_local or store.checks_versions or self._key.endswith("/"):
            return False
        return self._is_range or self._place > _limits.BLOCK

    def _open_page(self) -> None:
        if self._is_range or self._start:
            self._raw = _request(self._store, self._key, f"bytes={self._start}-")
            response = self._raw.r
            self._total = _total_size(response, self._start, None)
            self._check_version(_page_version(response, self._total))
            self._file = self._raw
            return
        self._raw = self._file = _request(self._store, self._key)
        response = self._raw.r
        encoding = response.headers.get("Content-Encoding", "").strip().lower()
        if encoding not in _ENCODINGS:
            raise OSError(errno.EIO, f"unknown Content-Encoding {encoding!r}", self._name)
        kind = compression(_object_name(self._key)) or compression(response.url.path)
        # Some servers declare the compression of a .gz file itself as the encoding.
        for each in dict.fromkeys((_ENCODINGS[encoding], kind)):
            if each:
                self._file = DecompressedFile(self._file, each, self._name)

    def _check_version(self, version: str) -> None:
        self._version = self._version or version
        if version != self._version:
            raise OSError(errno.EIO, "the object changed while it was read", self._name)

    def _check_end(self, total: int) -> None:
        if self._place != total:
            message = f"the server sent other than the {total} bytes that it announced"
            raise OSError(errno.EIO, message, self._name)


def file_size(source: Source, least: int) -> int:
    """Return the size in bytes of an object that can be read in ranges, and set source.version.

    Return 0 if the object cannot be read in ranges, if the object has less than ``least`` bytes,
    or if the storage does not answer. Without an answer, reading the object will raise the error.
    """
    try:
        store, key = _store(source)
        if key.endswith("/") or compression(_object_name(key)):
            return 0
        info = store.system.info(key)
        if (info.get("size") or 0) < least:
            return 0
        if store.is_web:
            size, version = _probe(store, key)
        else:
            if not store.checks_versions:
                store.system.invalidate_cache()
                info = store.system.info(key)
            size, version = int(info["size"]), _version(info)
    except Exception:
        return 0
    source.version = version
    return size


def _store(source: Source) -> tuple[Store, str]:
    """Return the storage of a source, and its key there."""
    store = Store(str(source.name))
    return store, store.key if source.key is None else source.key


def _version(info: dict[str, Any]) -> str:
    """Return a text that differs between the versions of an object."""
    for name in _VERSIONS:
        if info.get(name):
            return f"{name} {info[name]}"
    times = [f"{name} {info[name]}" for name in _TIMES if info.get(name)]
    return " ".join([f"size {info.get('size')}", *times])


def _object_name(key: str) -> str:
    """Return the part of a key that may have a suffix. A key on the web is a URL."""
    if not key.startswith(("http://", "https://")):
        return key
    return key.partition("#")[0].partition("?")[0].partition("://")[2].partition("/")[2]


def _request(store: Store, url: str, bytes_range: str = "") -> Any:
    """Request a page, or a range of it, in one piece; return a file whose ``r`` is the response.

    aiohttp would decompress only the first member of a page in gzip. So request the page without
    an encoding, and do not let aiohttp decompress it.
    """
    headers = {**(store.system.kwargs.get("headers") or {}), "Accept-Encoding": "identity"}
    if bytes_range:
        headers["Range"] = bytes_range
    # With block size 0, fsspec streams the page. With any size, fsspec does not ask for the size.
    options = {"block_size": 0, "size": 1, "headers": headers, "auto_decompress": False}
    return store.system.open(url, "rb", **options)


def _probe(store: Store, url: str) -> tuple[int, str]:
    """Return the size of a page and its version, or 0 if the server does not serve exact ranges."""
    with _request(store, url, "bytes=1-1") as file:
        total = _total_size(file.r, 1, 1)
        is_exact = len(file.read(2)) == 1 and not file.read(1)
        if not is_exact or compression(file.r.url.path):
            return 0, ""
        return total, _page_version(file.r, total)


def _page_version(response: Any, total: int) -> str:
    """Return a text that differs between the versions of a page."""
    headers = response.headers
    return f"{headers.get('ETag') or headers.get('Last-Modified')} {total}"


def _total_size(response: Any, start: int, last: int | None) -> int:
    """Return the size of the whole page from the response to a request for a range.

    Args:
        response: the response.
        start: the first byte that was requested.
        last: the last byte that was requested; None for the last byte of the page.

    Raises:
        OSError: the response has other bytes.
    """
    import re

    headers = response.headers
    found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+)", headers.get("Content-Range", ""))
    if found and response.status == _PARTIAL_CONTENT:
        begin, end, total = map(int, found.groups())
        size = int(headers.get("Content-Length", end - begin + 1))
        is_exact = (begin, end) == (start, total - 1 if last is None else last)
        encoding = headers.get("Content-Encoding", "").lower()
        if is_exact and size == end - begin + 1 and not _ENCODINGS.get(encoding, encoding):
            return total
    answer = headers.get("Content-Range", "no Content-Range")
    message = f"the server answered a request for a range with other bytes: {response.status}"
    raise OSError(errno.EIO, f"{message}, {answer}", str(response.url))
