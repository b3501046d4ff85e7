"""Read URLs, and list directories of a store, through fsspec.

For each URL, fsspec finds the storage, the credentials and the proxies.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager

from textcount._compressed import DecompressedFile
from textcount._sources import compression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
    TimeoutError: errno.ETIMEDOUT,
}
"""The errno of each exception that a storage's library may raise without an errno."""

NOT_FOUND = 404
"""The status of an HTTP response for a page that does not exist."""


class RemoteFile:
    """A URL, open for reading. All its errors are OSError."""

    def __init__(self, name: str) -> None:
        self._name = name
        with _only_os_errors(name):
            system, path = _locate(name)
            # With block size 0, fsspec streams the file, so the server need not serve ranges.
            options = {"block_size": 0} if _is_web(system) else {}
            self._system, self._path = system, path
            self._raw = self._file = system.open(path, "rb", **options)
            if kind := compression(name):
                self._file = DecompressedFile(self._raw, kind, name)

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(self, *_: object) -> None:
        with _only_os_errors(self._name):
            self._file.close()
            self._raw.close()

    def seek(self, place: int) -> None:
        """Continue reading from this byte."""
        with _only_os_errors(self._name):
            if _is_web(self._system):
                self._raw.close()
                self._raw = self._file = self._system.open(self._path, "rb")
            self._file.seek(place)

    def read(self, size: int) -> bytes:
        """Read at most size bytes; return ``b""`` at the end of file."""
        with _only_os_errors(self._name):
            data: bytes = self._file.read(size)
            return data


def file_size(name: str, least: int) -> int:
    """Return the size in bytes of a file that can be read in ranges.

    Return 0 if the file cannot be read in ranges, if the file has less than ``least`` bytes, or
    if the storage does not answer. Without an answer, opening the file will raise the error.
    """
    try:
        system, path = _locate(name)
        size = system.info(path).get("size") or 0
        if size < least:
            return 0
        if _is_web(system):  # info often does not say whether the server serves ranges
            with system.open(path, "rb", block_size=1) as file:
                file.seek(1)
                file.read(1)
    except Exception:
        return 0
    return int(size)


def matching(url: str) -> list[tuple[str, bool]]:
    """Return the URLs that match a URL with wildcards; a URL without wildcards matches itself.

    Each URL is paired with True for a directory, or with False for a file.
    """
    with _only_os_errors(url):
        system, path = _locate(url)
        if "*" in path or "[" in path:
            found = system.glob(path, detail=True)
            return [
                (system.unstrip_protocol(each), found[each]["type"] == "directory")
                for each in sorted(found)
            ]
        # On the web, a trailing slash is taken as the mark of a directory.
        if _is_web(system):
            return [(url, url.endswith("/"))]
        # Spell a directory as the storage does, because its files' names begin with that spelling.
        return [(system.unstrip_protocol(path), True) if system.isdir(path) else (url, False)]


def list_store(url: str) -> list[tuple[str, str, str]]:
    """List a directory in a store: return the name, the URL and the kind of each entry."""
    with _only_os_errors(url):
        system, path = _locate(url)
        found = []
        for each in system.ls(path, detail=True):
            whole = each["name"].rstrip("/")
            if whole != path.rstrip("/"):  # some stores list the directory itself
                kind = "directory" if each["type"] == "directory" else "file"
                # On the web a trailing slash marks a directory, so the address keeps the slash.
                address = system.unstrip_protocol(each["name"])
                found.append((whole.rpartition("/")[2], address, kind))
        return found


def _locate(name: str) -> tuple[Any, str]:
    """Return the storage of a file, and the file's name there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        message = "URLs need the fsspec library: pip install 'textcount[remote]'"
        raise OSError(errno.ENOTSUP, message, name) from None
    system, path = url_to_fs(name)
    return system, path


def _is_web(system: Any) -> bool:
    protocol = system.protocol
    return "http" in ((protocol,) if isinstance(protocol, str) else protocol)


@contextmanager
def _only_os_errors(name: str) -> Iterator[None]:
    """Convert every exception to a built-in OSError, which any process can unpickle."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as raised:
        error: BaseException = raised
        cause = raised.__cause__
        # For every failure on the web fsspec raises FileNotFoundError; its cause is the real error.
        if (
            cause
            and name.startswith(("http:", "https:"))
            and getattr(cause, "status", 0) != NOT_FOUND
        ):
            error = cause
        if isinstance(error, OSError):
            if error.errno is not None and type(error).__module__ == "builtins":
                raise error from None
            number = _NUMBERS.get(type(error))
            if number is not None:
                raise OSError(number, os.strerror(number), name) from None
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise OSError(errno.EIO, text, name) from None
