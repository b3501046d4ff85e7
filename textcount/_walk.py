"""Replace each directory or store (a bucket, a web directory) with the files that it holds."""

from __future__ import annotations

import os

from textcount._sources import Source, is_url

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Entry = tuple[str, str, str]  # an entry's name, path and kind


class Patterns:
    """The include and exclude globs of a walk."""

    def __init__(self, include: Iterable[str] | None, exclude: Iterable[str]) -> None:
        self._include = None if include is None else list(include)
        self._exclude = list(exclude)
        self.select_all = self._include is None and not self._exclude

    def select(self, name: str, inside: str, kind: str) -> bool:
        """Return whether a walk should take an entry.

        Args:
            name: the entry's name.
            inside: the entry's path, relative to the directory where the walk began.
            kind: ``"directory"`` or ``"file"``.
        """
        if _matches(self._exclude, name, inside):
            return False
        is_wanted = kind == "directory" or self._include is None
        return is_wanted or _matches(self._include, name, inside)


def expand(sources: Iterable[Source], recursive: bool, patterns: Patterns) -> Iterator[Source]:
    """Yield the sources; if recursive, replace each directory or store with its files."""
    for source in sources:
        name = source.name
        if not recursive or isinstance(name, int):
            yield source
        elif is_url(name):
            yield from _expand_url(name, patterns)
        elif os.path.isdir(name):
            yield from _walk(name, _list_directory, patterns)
        else:
            yield source


def _expand_url(url: str, patterns: Patterns) -> Iterator[Source]:
    from textcount._remote import list_store, matching

    try:
        found = matching(url)
    except OSError as error:
        yield Source(url, error, is_walked=True)
        return
    for each, is_directory in found:
        if is_directory:
            yield from _walk(each, list_store, patterns)
        else:
            yield Source(each, is_walked=True)


def _walk(
    root: str, list_entries: Callable[[str], list[Entry]], patterns: Patterns
) -> Iterator[Source]:
    """Yield the files below root in sorted order.

    A tree may be deeper than Python can recurse. So a stack keeps the remaining entries of
    each directory on the current path.
    """
    stack = [iter([("", root, "directory")])]
    while stack:
        for name, path, kind in stack[-1]:
            if kind == "other":
                continue
            if name and not patterns.select_all:
                inside = path[len(root) :].lstrip(os.sep + "/").replace(os.sep, "/")
                if not patterns.select(name, inside, kind):
                    continue
            if kind == "file":
                yield Source(path, None, True)
                continue
            try:
                entries = sorted(list_entries(path))
            except OSError as error:
                yield Source(path, error, True)
            else:
                stack.append(iter(entries))
                break
        else:
            stack.pop()


def _list_directory(directory: str) -> list[Entry]:
    """Return the entries of a local directory."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.path, _kind(entry)) for entry in entries]


def _kind(entry: os.DirEntry[str]) -> str:
    """Classify an entry as directory, file or other.

    A link to a directory is "other", because following links could loop.
    """
    try:
        if entry.is_file(follow_symlinks=False):
            return "file"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        if entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path)):
            return "file"
    except OSError:
        return "file"  # opening the file will raise the error
    return "other"


def _matches(patterns: list[str] | None, name: str, inside: str) -> bool:
    if not patterns:
        return False
    from fnmatch import fnmatch  # imports re, which few walks need

    return any(fnmatch(name, pattern) or fnmatch(inside, pattern) for pattern in patterns)
