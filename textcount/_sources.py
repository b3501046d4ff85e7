"""Sources of text: local files, compressed or not, URLs and open descriptors."""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

NOWHERE = (errno.ENOTDIR, errno.ELOOP)
"""Errors of a link that leads to a name below a file, or to itself. For a link to a name that
does not exist, ``DirEntry`` catches the error."""

_TAR = (".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tz2", ".tlz", ".txz", ".tzst")
_KINDS = {
    **{suffix: suffix for suffix in (".gz", ".bz2", ".xz", ".zst", ".zip")},
    **dict.fromkeys(_TAR, ".tar"),
}
"""The suffixes of compressed files and archives, in lower case, with what ``compression`` returns
for each."""

_SIGNS = str.maketrans("", "", "+.-")
"""The characters other than letters and digits that a scheme may have, for ``str.translate``."""


class Source:
    """A file to count, given by a path, a URL or an open descriptor.

    Args:
        name: a path, a URL as the user wrote it, or the descriptor of an open file.
        error: why a directory of this name could not be listed, or ``None``.
        is_walked: true if a walk found the file. A walk skips pipes and devices.
        size: the file's size in bytes, if the file is known to be large, else 0.
        is_url: true if the name is a URL. A local file may have a name that looks like a URL.
        key: for a file that a listing of the URL found, the file's key in the storage.
        path: the name to show; the name itself by default. A descriptor is shown as "-".
        version: if a URL is read in ranges, the version that all ranges must have.
        is_listed: true if a list of paths names the file. A binary file is then treated as in a
            walk.

    Attributes:
        compression: the compression or the kind of archive of a local file, as ``compression``
            returns it.
        is_remote: true for a URL, a compressed file or an archive. A worker counts one at a time.
    """

    __slots__ = (
        "compression",
        "error",
        "is_listed",
        "is_remote",
        "is_url",
        "is_walked",
        "key",
        "name",
        "path",
        "size",
        "version",
    )

    def __init__(
        self,
        name: str | int,
        error: OSError | None = None,
        is_walked: bool = False,  # noqa: FBT002 - pickled by position
        size: int = 0,
        is_url: bool = False,  # noqa: FBT002 - pickled by position
        key: str | None = None,
        path: str = "",
        version: str = "",
        is_listed: bool = False,  # noqa: FBT002 - pickled by position
    ) -> None:
        self.name = name
        self.error = error
        self.is_walked = is_walked
        self.size = size
        self.is_remote = self.is_url = is_url
        self.key = key
        self.path = path = path or ("-" if isinstance(name, int) else name)
        self.version = version
        self.is_listed = is_listed
        self.compression = ""
        # Most names have no such suffix, and this test is faster than the function.
        lower = path.lower()
        if not is_url and (lower[lower.rfind(".") :] in _KINDS or ".tar." in lower):
            self.compression = compression(path)
            self.is_remote = self.compression != ""

    @property
    def is_found(self) -> bool:
        """True if the user did not name the file: a walk or a list of paths did."""
        return self.is_walked or self.is_listed

    def __reduce__(self) -> tuple[Callable[..., Source], tuple[object, ...]]:
        fields = (self.name, self.error, self.is_walked, self.size)
        return Source, (*fields, self.is_url, self.key, self.path, self.version, self.is_listed)


PAUSE = Source("")
"""A marker among the sources of a list; it names no file. The next source may take long, so the
results of all earlier sources are yielded before it is requested."""


def is_url(name: str) -> bool:
    """Return whether a name that a user wrote is a URL.

    A URL begins with a scheme and "://"; so does ``zip://a.txt::b.zip``. It may begin with the
    names of other storages, as ``simplecache::s3://`` does. A scheme has two letters or more,
    because ``C://`` is a directory on Windows.
    """
    before, separator, _ = name.partition("://")
    return separator != "" and all(
        len(scheme) > 1
        and scheme.isascii()
        and scheme[0].isalpha()
        and scheme.translate(_SIGNS).isalnum()
        for scheme in before.split("::")
    )


def compression(name: str) -> str:
    """Return the compression or the kind of archive that the suffix of a file's name tells.

    The result is ".gz", ".bz2", ".xz" or ".zst" for a compressed file; ".tar" for a name that ends
    with ".tar", with ".tar." and any suffix, or with a short form such as ".tgz"; ".zip" for a zip
    archive; and "" for every other name.
    """
    stem, dot, suffix = name.lower().rpartition(".")
    if stem.endswith(".tar") and "/" not in suffix and os.sep not in suffix:
        return ".tar"
    return _KINDS.get(dot + suffix, "")
