"""Find the file system of a URL, through fsspec, and convert its errors.

fsspec also finds the credentials and the proxies.
"""

from __future__ import annotations

import errno
import os
from contextlib import contextmanager
from threading import Lock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

IDLE_SECONDS = 60
"""The longest time, in seconds, for which an HTTP server may be silent. There is no limit to the
time that a whole response takes."""

NOT_FOUND = 404
"""The status of an HTTP response for a page that does not exist."""

_NUMBERS = {
    FileNotFoundError: errno.ENOENT,
    PermissionError: errno.EACCES,
    IsADirectoryError: errno.EISDIR,
    TimeoutError: errno.ETIMEDOUT,
}
"""The errno of each exception that a storage's library may raise without an errno."""

_loop_starts = Lock()
"""Lets only one thread at a time start the event loop of fsspec."""

_PLAIN = ("ftp", "sftp", "ssh", "smb")
"""Protocols whose URLs have a host and a path, in which no character is special."""


def locate(url: str) -> tuple[Any, str, bool]:
    """Return the file system of a URL, the URL's key there, and whether the URL is a chain.

    In a chain, such as ``zip://a.txt::s3://bucket/b.zip``, each storage reads a file of the next.
    If the first storage cannot read from another storage, "::" is a part of the key.
    """
    try:
        from fsspec.core import url_to_fs
    except ModuleNotFoundError:
        message = (
            "URLs need the fsspec library: install fsspec[http], or textcount with the extra remote"
        )
        raise OSError(errno.ENOTSUP, message, url) from None
    from fsspec.registry import available_protocols, get_filesystem_class

    *outer, _ = url.split("::")
    for index, part in enumerate(outer):
        protocol, separator, _ = part.partition("://")
        if not separator and protocol not in available_protocols():
            protocol = "file"
        if not _takes_target(get_filesystem_class(protocol)):
            if index == 0:
                break
            message = f"in a chain of storages, the name {part!r} cannot be followed by '::'"
            raise OSError(errno.EINVAL, message, url)
    else:
        if outer:
            options = {
                protocol: _web_options()
                for protocol in ("http", "https")
                if f"::{protocol}://" in url
            }
            _start_loop()
            return *url_to_fs(url, **options), True
    return *_system_and_key(url), False


def _system_and_key(url: str) -> tuple[Any, str]:
    """Return the file system of a URL that is not a chain, and the URL's key there."""
    from fsspec.registry import get_filesystem_class

    protocol = url.partition("://")[0]
    kind = get_filesystem_class(protocol)
    options = kind._get_kwargs_from_urls(url)  # noqa: SLF001 - as fsspec.core does
    key = kind._strip_protocol(url)  # noqa: SLF001
    if protocol in _PLAIN:
        options.pop("url_query", None)
        options.pop("url_fragment", None)
        key = "/" + url.partition("://")[2].partition("/")[2].rstrip("/")
    if protocol == "memory" and key and not key.startswith("/"):
        key = f"/{key}"  # fsspec leaves the slash out of a key with "::" or "://"
    if protocol in {"http", "https"}:
        options.update(_web_options())
    if kind.async_impl:
        _start_loop()
    return kind(**options), key


def _start_loop() -> None:
    """Start the event loop of fsspec in its own thread.

    If the thread cannot be started, fsspec keeps the event loop, and later waits for it forever.
    So forget an event loop that has no thread.

    Raises:
        RuntimeError: the thread cannot be started.
    """
    from fsspec import asyn

    with _loop_starts:
        if asyn.iothread[0] is None:
            asyn.loop[0] = None
            asyn.get_loop()


def _takes_target(kind: type) -> bool:
    """Return whether a storage takes the file of another storage."""
    from inspect import signature

    return any(
        not {"fo", "target_protocol"}.isdisjoint(signature(each.__dict__["__init__"]).parameters)
        for each in kind.__mro__
        if "__init__" in each.__dict__
    )


def _web_options() -> dict[str, Any]:
    """Return options for HTTP that limit the silence of a server. The user's own options win."""
    from aiohttp import ClientTimeout
    from fsspec.config import conf

    timeout = ClientTimeout(total=None, sock_connect=IDLE_SECONDS, sock_read=IDLE_SECONDS)
    chosen = [conf.get(protocol, {}).get("client_kwargs", {}) for protocol in ("http", "https")]
    return {"client_kwargs": {"timeout": timeout, **chosen[0], **chosen[1]}}


def is_flat(system: Any) -> bool:
    """Return whether a storage lists all keys below a prefix at once.

    Other storages are asked for one directory after the other, because their ``find`` leaves out
    directories that cannot be listed.
    """
    from fsspec.asyn import AsyncFileSystem
    from fsspec.spec import AbstractFileSystem

    while isinstance(inner := getattr(system, "fs", None), AbstractFileSystem):
        system = inner
    kind = type(system)
    own = getattr(kind, "_find", AsyncFileSystem._find)  # noqa: SLF001
    return kind.find is not AbstractFileSystem.find or own is not AsyncFileSystem._find  # noqa: SLF001


@contextmanager
def only_os_errors(name: str) -> Iterator[None]:
    """Convert every exception except MemoryError to a built-in OSError.

    Any process can unpickle a built-in OSError.
    """
    try:
        yield
    except MemoryError:
        raise
    except Exception as raised:
        error: BaseException = raised
        cause = raised.__cause__
        # The method info of fsspec raises FileNotFoundError for every failure on the web. The
        # cause of that error is the real error.
        is_web = "http://" in name or "https://" in name
        is_real = type(error).__module__.startswith("aiohttp")
        if cause and is_web and not is_real and getattr(cause, "status", 0) != NOT_FOUND:
            error = cause
        if isinstance(error, OSError):
            if error.errno is not None and type(error).__module__ == "builtins":
                raise error from None
            number = _NUMBERS.get(type(error))
            if number is not None:
                raise OSError(number, os.strerror(number), name) from None
        text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
        raise OSError(errno.EIO, text, name) from None
