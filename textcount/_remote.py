"""Files at URLs and compressed files, read through fsspec.

Credentials and proxies are its business, and nothing of them is known here.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager

from textcount.files import COMPRESSED, is_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

# What a storage's library may raise without a number, as files have it.
_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
    TimeoutError: errno.ETIMEDOUT,
}

MISSING = 404  # what a server answers that has no such page


class RemoteFile:
    """A file to read from. Whatever goes wrong in it is an OSError."""

    def __init__(self, name: str) -> None:
        self._name = name
        with _only_os_errors(name):
            system, path = _locate(name)
            # A server that cannot give ranges can give the whole.
            options = {"block_size": 0} if _is_web(system) else {}
            self._system, self._path = system, path
            self._raw = self._file = system.open(path, "rb", **options)
            if name.endswith(COMPRESSED):
                self._file = _decompressed(self._raw, name)

    def __enter__(self) -> RemoteFile:
        return self

    def __exit__(self, *_: object) -> None:
        with _only_os_errors(self._name):
            self._file.close()
            self._raw.close()

    def seek(self, place: int) -> None:
        """Go on from a byte."""
        with _only_os_errors(self._name):
            if _is_web(self._system):
                self._raw.close()
                self._raw = self._file = self._system.open(self._path, "rb")
            self._file.seek(place)

    def read(self, size: int) -> bytes:
        """Read so many bytes at most; none at the end."""
        with _only_os_errors(self._name):
            data: bytes = self._file.read(size)
            return data


def size_of(name: str, least: int) -> int:
    """The size of a file of which ranges can be read; 0 if they cannot, or if it is less.

    Or if it cannot be asked for: opening the file will say why.
    """
    if name.endswith(COMPRESSED):
        return 0
    try:
        system, path = _locate(name)
        size = system.info(path).get("size") or 0
        if size < least:
            return 0
        if _is_web(system):  # which often says too little of what its server can do
            with system.open(path, "rb", block_size=1) as file:
                file.seek(1)
                file.read(1)
    except Exception:
        return 0
    return int(size)


def matching(url: str) -> list[tuple[str, bool]]:
    """The URLs that match one with wildcards, or itself; and which are directories."""
    with _only_os_errors(url):
        system, path = _locate(url)
        if "*" in path or "[" in path:
            found = system.glob(path, detail=True)
            return [
                (system.unstrip_protocol(each), found[each]["type"] == "directory")
                for each in sorted(found)
            ]
        # Whether a web page is a directory could be told only from all of it.
        if _is_web(system):
            return [(url, url.endswith("/"))]
        # What is in a directory has the storage's own spelling of its name before it.
        return [(system.unstrip_protocol(path), True) if system.isdir(path) else (url, False)]


def entries(url: str) -> list[tuple[str, str, str]]:
    """What is in a directory: names, URLs and kinds."""
    with _only_os_errors(url):
        system, path = _locate(url)
        found = []
        for each in system.ls(path, detail=True):
            whole = each["name"].rstrip("/")
            if whole != path.rstrip("/"):  # some list the directory itself
                kind = "directory" if each["type"] == "directory" else "file"
                # Of a directory of the web, the slash is what tells.
                address = system.unstrip_protocol(each["name"])
                found.append((whole.rpartition("/")[2], address, kind))
        return found


def _locate(name: str) -> tuple[Any, str]:
    """The storage that has a file, and the file's name there."""
    try:
        from fsspec.core import url_to_fs
    except ImportError:
        what = "URLs" if is_url(name) else "compressed files"
        message = f"{what} need the fsspec library: pip install 'textcount[remote]'"
        raise OSError(errno.ENOTSUP, message, name) from None
    system, path = url_to_fs(name)
    return system, path


def _is_web(system: Any) -> bool:
    protocol = system.protocol
    return "http" in ((protocol,) if isinstance(protocol, str) else protocol)


def _decompressed(file: Any, name: str) -> Any:
    from fsspec.compression import compr
    from fsspec.utils import infer_compression

    kind = infer_compression(name)
    if kind is None:
        ending = name.rpartition(".")[2]
        message = f"no library for .{ending}: pip install 'textcount[remote]'"
        raise OSError(errno.ENOTSUP, message, name)
    return compr[kind](file, mode="rb")


@contextmanager
def _only_os_errors(name: str) -> Iterator[None]:
    """Make an OSError, of Python's own and so for every process, of all that is raised."""
    try:
        yield
    except MemoryError:
        raise
    except Exception as raised:
        error: BaseException = raised
        cause = raised.__cause__
        if (
            cause
            and name.startswith(("http:", "https:"))
            and getattr(cause, "status", 0) != MISSING
        ):
            error = cause  # fsspec says of whatever goes wrong there that there is no such file
        if isinstance(error, OSError):
            if error.errno is not None and type(error).__module__ == "builtins":
                raise error from None
            number = _NUMBERS.get(type(error))
            if number is not None:
                raise OSError(number, os.strerror(number), name) from None
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise OSError(errno.EIO, text, name) from None
