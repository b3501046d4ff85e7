"""List the storage of a URL.

A URL is parsed once, as the user wrote it. A listing returns keys, and a key is opened as it is: a
key is not a URL, whatever it looks like.
"""

from __future__ import annotations

import errno

from textcount._filesystems import is_flat, locate, only_os_errors
from textcount._sources import NOWHERE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any


class Store:
    """The storage of a URL.

    Args:
        url: the URL, as the user wrote it.

    Attributes:
        url: the argument.
        system: fsspec's file system.
        key: the name of the URL's file or directory in the storage.
        is_web: true for HTTP.
        is_local: true for ``file://``.
        is_flat: true if the storage lists all keys below a prefix at once. Such a storage has no
            directories, so a key may be a prefix, too.
        checks_versions: true if each request names the version that a listing gave, so that the
            storage refuses another version.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        with only_os_errors(url):
            self.system, self.key, is_chain = locate(url)
            protocol = self.system.protocol
            protocols = (protocol,) if isinstance(protocol, str) else protocol
            self.is_web = "http" in protocols
            self.is_local = "file" in protocols
            self.is_flat = is_flat(self.system)
            # s3fs sends the ETag that it knows from a listing with each request.
            self.checks_versions = "s3" in protocols
        if self.is_flat and url.endswith("/") and not self.key.endswith("/"):
            self.key += "/"
        # Split the URL at its key, for ``show``. In a chain, one part holds the key.
        parts = url.split("::") if is_chain else [url]
        index = next(index for index, part in enumerate(parts) if "://" in part)
        self._before = "".join(f"{part}::" for part in parts[:index])
        self._after = "".join(f"::{part}" for part in parts[index + 1 :])
        scheme, _, rest = parts[index].partition("://")
        rest, key = rest.rstrip("/"), self.key.rstrip("/")
        self._stem = f"{scheme}://{rest.removesuffix(key)}" if rest.endswith(key) else None

    def show(self, key: str) -> str:
        """Return the URL of a key: the user's URL, with this key in place of the URL's own."""
        url = self.system.unstrip_protocol(key) if self._stem is None else self._stem + key
        return f"{self._before}{url}{self._after}"

    def is_directory(self, key: str) -> bool:
        """Return whether a key is certainly a directory or a prefix."""
        try:
            return bool(self.system.info(key)["type"] == "directory")
        except Exception:
            return False

    def named(self) -> list[tuple[str, str | OSError]]:
        """Return the keys that the URL names, in order, each with its kind.

        If nothing has the literal name, ``*`` and ``[`` are wildcards. With wildcards, an error
        in place of a kind says why a directory could not be searched.

        Raises:
            FileNotFoundError: the URL names nothing.
        """
        key, has_magic = self.key, "*" in self.key or "[" in self.key
        if self.is_web and not has_magic:
            # On the web, a trailing slash is taken as the mark of a directory.
            return [(key, "directory" if key.endswith("/") else "file")]
        with only_os_errors(self.url):
            self.system.invalidate_cache()  # fsspec may remember listings
            try:
                is_directory = self.system.info(key)["type"] == "directory"
            except FileNotFoundError:
                found = self._matches() if has_magic else []
                if not found:
                    raise FileNotFoundError(self.url) from None
                return found
            if not self.is_flat:
                return [(key, "directory" if is_directory else "file")]
            is_object = not is_directory and not key.endswith("/")
            if not (is_object or is_directory or self.list_objects(key)):
                raise FileNotFoundError(self.url)
            return [*([(key, "file")] if is_object else []), (key, "directory")]

    def list_directory(self, key: str) -> list[tuple[str, str, str]]:
        """List a directory: return the name, the key and the kind of each entry."""
        with only_os_errors(self.show(key)):
            found = set()
            listed = self.system.ls(key, detail=True)
            if self.is_web and not listed:  # a page without links is no list, but a text
                found.add(("", key, "file"))
            for each in listed:
                entry = page = each["name"]
                if self.is_web:  # a page may link to its anchors, and to itself sorted by a query
                    entry = entry.partition("#")[0]
                    page = entry.partition("?")[0]
                if page.rstrip("/") != key.rstrip("/"):  # some storages list the directory itself
                    # On the web, a trailing slash marks a directory, so the key keeps the slash.
                    found.add((entry.rstrip("/").rpartition("/")[2], entry, self._kind(each)))
            return [*found]

    def list_objects(self, key: str) -> list[tuple[str, str]]:
        """Return all objects below a prefix, in order: the path inside the prefix, and the key."""
        with only_os_errors(self.show(key)):
            prefix = f"{key}/" if key and not key.endswith("/") else key or self.system.root_marker
            found = self.system.find(key.rstrip("/"), detail=True)
            if isinstance(found, list):  # adlfs returns only the object that is called like that
                above, _, name = key.rstrip("/").rpartition("/")
                found = self.system.find(above, prefix=f"{name}/", detail=True)
            keys = [
                each
                for each, info in found.items()
                # An empty object whose key ends with a slash stands for a directory.
                if each.startswith(prefix) and (info.get("size") or not each.endswith("/"))
            ]
            # If a key of memory:// is an object and a prefix, too, find returns only the object.
            if not keys and key in found and self.is_directory(key):
                message = "the storage lists an object of this name, and nothing below it"
                raise OSError(errno.EIO, message, self.show(key))
        return [(each[len(prefix) :], each) for each in sorted(keys, key=_parts)]

    def _kind(self, info: dict[str, Any]) -> str:
        """Classify an entry as directory, file or other. A link to a directory is "other"."""
        kind: str = info["type"]
        if self.is_web:
            return "directory" if info["name"].partition("#")[0].endswith("/") else "file"
        if kind in {"directory", "file"}:
            return kind
        try:
            kind = self.system.info(info["name"])["type"]
        except Exception as error:
            number = getattr(error, "errno", 0)
            leads_nowhere = isinstance(error, FileNotFoundError) or number in NOWHERE
            return "other" if leads_nowhere else "file"  # opening the file will raise the error
        return "other" if kind in {"directory", "other"} else "file"

    def _matches(self) -> list[tuple[str, str | OSError]]:
        """Return the keys that match the URL, but nothing below a directory that matches."""
        import re

        from fsspec.utils import glob_translate

        pattern = self.key.rstrip("/")
        base = re.split(r"[*[]", pattern)[0].rpartition("/")[0]
        # A question mark is common in URLs, so it is no wildcard.
        is_match = re.compile(glob_translate(pattern.replace("?", "[?]"))).match
        if self.is_flat and ("**" in pattern or "//" in pattern):
            return self._matching_objects(base, is_match)
        found: dict[tuple[str, str], str | OSError] = {}
        depth = 0 if "**" in pattern else pattern[len(base) :].strip("/").count("/") + 1
        directories = [(f"{base}/" if self.is_web else base, depth)]
        while directories:
            directory, depth = directories.pop()
            try:
                entries = self.list_directory(directory)
            except FileNotFoundError:
                continue
            except OSError as error:
                found[directory, "error"] = error
                continue
            for _, key, kind in entries:
                if kind != "other" and is_match(key.rstrip("/")):
                    found[key, kind] = kind
                elif kind == "directory" and depth != 1:
                    directories.append((key, depth - 1))
        return _sorted(found)

    def _matching_objects(
        self, base: str, is_match: Callable[[str], object]
    ) -> list[tuple[str, str | OSError]]:
        """Return the result of ``_matches`` from a list of all objects below a prefix.

        Listing directory by directory would miss a key with an empty part, such as ``b//c``.
        """
        found: dict[tuple[str, str], str | OSError] = {}
        for inside, key in self.list_objects(base):
            above = len(key) - len(inside)
            ends = [above + place for place, each in enumerate(inside) if each == "/"]
            end = next((end for end in ends if is_match(key[:end])), 0)
            if end:
                found[key[: end + 1], "directory"] = "directory"
            elif is_match(key):
                found[key, "file"] = "file"
        return _sorted(found)


def _sorted(found: dict[tuple[str, str], str | OSError]) -> list[tuple[str, str | OSError]]:
    """Return the keys and their kinds in the order of a walk."""
    in_order = sorted(found, key=lambda each: (_parts(each[0]), each[1] == "directory"))
    return [(key, found[key, kind]) for key, kind in in_order]


def _parts(key: str) -> list[str]:
    """Return the parts of a key. Sorted by their parts, keys are in the order of a walk."""
    return key.split("/")
