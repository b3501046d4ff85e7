"""Decompress a file to its end, or raise an error.

A compressed file is a sequence of streams; gzip calls them members, and zstd frames. If a later
stream is invalid at its beginning, the file objects of ``bz2`` and ``lzma`` stop there without an
exception, and lose the rest. So this module calls the decompressors themselves.
"""

from __future__ import annotations

import errno
import sys
from importlib import import_module

from textcount._arguments import wrong_block

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol

    class Stream(Protocol):
        """A decompressor of one stream, as the standard library defines it."""

        @property
        def eof(self) -> bool: ...
        @property
        def needs_input(self) -> bool: ...
        @property
        def unused_data(self) -> bytes: ...
        def decompress(self, data: bytes, max_length: int) -> bytes: ...


_INPUT = 1 << 17
"""Bytes of a compressed file that are read at a time."""

_PADDING = {".gz": 1, ".xz": 4}
"""The formats in which zero bytes may follow a stream. The number of zero bytes must be a multiple
of the format's value."""

_EXTRACT = {".tar": "tar -xOf", ".zip": "unzip -p"}
"""The commands that write the files of an archive to standard output."""

_CUT_SHORT = "EOFError: Compressed file ended before the end-of-stream marker was reached"

_MAGIC = {
    b"\x1f\x8b": ("gzip", ".gz"),
    b"BZh": ("bzip2", ".bz2"),
    b"\xfd7zXZ\x00": ("xz", ".xz"),
    b"\x28\xb5\x2f\xfd": ("zstd", ".zst"),
}
"""The first bytes of compressed data, each with the command and the suffix."""


class DecompressedFile:
    """The text of a compressed file.

    Args:
        file: the compressed file, open for reading. Its ``read`` may return less than asked.
        kind: the compression or the kind of archive, as ``_sources.compression`` returns it.
        name: the name of the file, for errors.
    """

    def __init__(self, file: Any, kind: str, name: str) -> None:
        self._file = file
        self._kind = kind
        self._name = name
        self._stream: Stream | None = None

    def __enter__(self) -> DecompressedFile:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the compressed file."""
        self._file.close()

    def read(self, size: int) -> bytes:
        """Return at most size bytes of the text; none at its end.

        Raises:
            OSError: the file is not a sequence of whole streams; or it is an archive; or the
                library for this compression cannot be loaded.
        """
        stream = self._stream = self._stream or _new_stream(self._kind, self._name)
        text = b""
        while not text:
            data = b""
            if stream.eof:
                data = self._skip_padding(stream.unused_data)
                if not data:
                    break
                stream = self._stream = _new_stream(self._kind, self._name)
            elif stream.needs_input:
                data = self._read()
                if not data:
                    raise self._damaged(_CUT_SHORT)
            try:
                text = stream.decompress(data, size)
            except MemoryError:
                raise
            except Exception as error:
                raise self._damaged(f"{type(error).__name__}: {error}") from None
        return text

    def _skip_padding(self, data: bytes) -> bytes:
        """Skip the zero bytes after a stream; return the data after them, b"" if there is none."""
        data = data or self._read()
        unit = _PADDING.get(self._kind, 0)
        zeros = 0
        while unit and data.startswith(b"\0"):
            rest = data.lstrip(b"\0")
            zeros += len(data) - len(rest)
            data = rest or self._read()
        if zeros and zeros % unit:
            raise self._damaged(f"{zeros} zero bytes after a stream, not a multiple of {unit}")
        return data

    def _read(self) -> bytes:
        """Return the next bytes of the compressed file; none at its end."""
        data: bytes | None = self._file.read(_INPUT)
        if data is None:
            raise wrong_block(data)
        return data

    def _damaged(self, reason: str) -> OSError:
        return OSError(errno.EIO, reason, self._name)


class _GzipMember:
    """A decompressor of one gzip member, which checks the member's CRC and length."""

    def __init__(self) -> None:
        import zlib

        self._member = zlib.decompressobj(16 + zlib.MAX_WBITS)  # 16 selects the gzip format

    @property
    def eof(self) -> bool:
        return self._member.eof

    @property
    def needs_input(self) -> bool:
        return not self._member.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._member.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        import zlib

        try:
            return self._member.decompress(data or self._member.unconsumed_tail, max_length)
        except zlib.error as error:
            from gzip import BadGzipFile

            raise BadGzipFile(str(error)) from None


def _new_stream(kind: str, name: str) -> Stream:
    """Return a decompressor for one stream."""
    if kind in _EXTRACT:
        message = (
            "an archive is not a text: extract its files, or count them as one text: "
            f"{_EXTRACT[kind]} FILE | textcount WORD"
        )
        raise OSError(errno.ENOTSUP, message, name)
    is_in_python = kind != ".zst" or sys.version_info >= (3, 14)
    try:
        if kind == ".gz":
            return _GzipMember()
        if kind == ".bz2":
            from bz2 import BZ2Decompressor

            return BZ2Decompressor()
        if kind == ".xz":
            from lzma import FORMAT_XZ, LZMADecompressor

            return LZMADecompressor(FORMAT_XZ)
        library = import_module("compression.zstd" if is_in_python else "backports.zstd")
        stream: Stream = library.ZstdDecompressor()
        return stream
    except ImportError as error:
        if not isinstance(error, ModuleNotFoundError):
            way = str(error)
        elif is_in_python:
            way = "this Python was built without it"
        else:
            way = "install backports.zstd, or textcount with the extra remote"
        raise OSError(errno.ENOTSUP, f"cannot load a library for {kind}: {way}", name) from None


def advice(head: bytes) -> str:
    """Return advice for a text that begins like compressed data, and "" for every other text.

    Args:
        head: the first six bytes of the text or more; the whole text if it is shorter.
    """
    for magic, (command, suffix) in _MAGIC.items():
        if head.startswith(magic):
            return (
                f"; the data is compressed with {command}: "
                f"add {suffix} to the file's name, or: {command} -dc FILE | textcount WORD"
            )
    return ""
