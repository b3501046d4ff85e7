"""Sources of text. The name alone decides if a source is a URL, compressed or local."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
"""The suffixes of compressed files."""


class Source:
    """A file to count, given by a path, a URL or an open descriptor.

    Args:
        name: the path or URL of a file, or the descriptor of an open one.
        error: why a directory of this name could not be listed, or ``None``.
        is_walked: true if a walk found the file. A walk skips pipes and devices.
        size: the file's size in bytes, if the file is known to be large, else 0.

    Attributes:
        path: the name to show. A descriptor is shown as "-".
        is_remote: true for a URL or a compressed file, which are read through fsspec.
    """

    __slots__ = ("error", "is_remote", "is_walked", "name", "path", "size")

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
        self.is_remote = path.endswith(COMPRESSED) or is_url(path)

    def __reduce__(self) -> tuple[Callable[..., Source], tuple[object, ...]]:
        return Source, (self.name, self.error, self.is_walked, self.size)


def is_url(name: str) -> bool:
    """Return whether a name is a URL. ``C://`` is a directory on Windows."""
    return name.find("://") > 1
