"""Compress data in each format that textcount reads."""

import bz2
import gzip
import sys
from collections.abc import Callable

import pytest

lzma = pytest.importorskip("lzma")


def zstd(data: bytes) -> bytes:
    """Compress data with the zstd library of this Python, with a checksum as the command zstd."""
    if sys.version_info >= (3, 14):
        from compression import zstd as library
    else:
        library = pytest.importorskip("backports.zstd")
    packed: bytes = library.compress(data, options={library.CompressionParameter.checksum_flag: 1})
    return packed


COMPRESSIONS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": zstd,
}
"""For each suffix, the function that compresses data."""
