"""Sources of text. The name alone decides if a source is a URL, compressed or local."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_TAR = (".tar", ".tgz", ".taz", ".tbz", ".tbz2", ".tz2", ".tlz", ".txz", ".tzst")
_AFTER_TAR = (".z", ".lz", ".lz4", ".lzma", ".lzo", ".br")
_KINDS = {
    **{suffix: suffix for suffix in (".gz", ".bz2", ".xz", ".zst", ".zip")},
    **dict.fromkeys(_TAR, ".tar"),
    **dict.fromkeys(_AFTER_TAR, ""),
}
"""The suffixes of compressed files and archives, in lower case, with what ``compression`` returns
for each. The suffixes with "" only tell something after ".tar"."""


class Source:
    """A file to count, given by a path, a URL or an open descriptor.

    Args:
        name: the path or URL of a file, or the descriptor of an open one.
        error: why a directory of this name could not be listed, or ``None``.
        is_walked: true if a walk found the file. A walk skips pipes and devices.
        size: the file's size in bytes, if the file is known to be large, else 0.

    Attributes:
        path: the name to show. A descriptor is shown as "-".
        compression: the compression or the kind of archive, as ``compression`` returns it.
        is_remote: true for a URL, a compressed file or an archive. A worker counts one at a time.
    """

    __slots__ = ("compression", "error", "is_remote", "is_walked", "name", "path", "size")

    def __init__(
        self,
        name: str | int,
        error: OSError | None = None,
        is_walked: bool = False,  # noqa: FBT002 - pickled by position
        size: int = 0,
    ) -> None:
        self.name = name
        self.error = error
        self.is_walked = is_walked
        self.size = size
        self.path = path = "-" if isinstance(name, int) else name
        self.is_remote = is_url(path)
        self.compression = ""
        # Most names tell nothing, and this test takes half as long as the function.
        if self.is_remote or path[path.rfind(".") :].lower() in _KINDS:
            self.compression = compression(path)
            self.is_remote = self.is_remote or self.compression != ""

    def __reduce__(self) -> tuple[Callable[..., Source], tuple[object, ...]]:
        return Source, (self.name, self.error, self.is_walked, self.size)


def is_url(name: str) -> bool:
    """Return whether a name is a URL. ``C://`` is a directory on Windows."""
    return name.find("://") > 1


def compression(name: str) -> str:
    """Return the compression or the kind of archive that the suffix of a path or URL tells.

    The result is ".gz", ".bz2", ".xz" or ".zst" for a compressed file, ".tar" for a tar archive,
    compressed or not, ".zip" for a zip archive, and "" for every other name.
    """
    if is_url(name):
        name = _object_name(name)
    stem, dot, suffix = name.lower().rpartition(".")
    kind = _KINDS.get(dot + suffix)
    if kind is None:
        return ""
    return ".tar" if stem.endswith(".tar") else kind


def _object_name(url: str) -> str:
    """Return the part of a URL that names the object; on the web, the path."""
    # In zip://a.txt::b.zip the object is a.txt; in simplecache::s3://b/a.txt it is s3://b/a.txt.
    url = next(part for part in url.split("::") if "://" in part)
    if url.lower().startswith(("http://", "https://")):
        address = url.partition("?")[0].partition("#")[0]
        return address.partition("://")[2].partition("/")[2]
    return url
