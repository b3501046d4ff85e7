"""Follow each remedy that textcount prints, in the situation that prints it; print a table.

    python tests/install/remedies.py [ROW ...]

A cell installs textcount in a situation that ends without the extension. Then the cause goes
away, and the cell repeats the install command with the options that the reason names. Each ROW
selects the rows whose names contain it.
"""

from __future__ import annotations

import contextlib
import functools
import os
import re
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from common import (
    LIBRARY,
    UNOPTIMISED,
    build_or_fail,
    build_sdist,
    build_variables,
    check_rows,
    expect,
    make_environment,
    new_folder,
    pip,
    query,
    run,
    unpack,
)

Install = Callable[..., Path]
"""A function that installs with an installer, and returns the interpreter that has textcount.

It takes the folder of the cell, what to install, options, and environment variables.
"""


def with_pip(cell: Path, *arguments: object, env: dict[str, str]) -> Path:
    """Install with pip, in a virtual environment."""
    python = environment(cell)
    pip("--python", python, "install", *arguments, env=env)
    return python


def with_uv(cell: Path, *arguments: object, env: dict[str, str]) -> Path:
    """Install with `uv pip install`."""
    python = environment(cell)
    run(*UV, "pip", "install", "--python", python, *arguments, env=env)
    return python


def with_uv_tool(cell: Path, *arguments: object, env: dict[str, str]) -> Path:
    """Install with `uv tool install`."""
    folders = {"UV_TOOL_DIR": str(cell / "tools"), "UV_TOOL_BIN_DIR": str(cell / "bin")}
    python = ("--python", sys.executable)
    run(*UV, "tool", "install", *python, *arguments, env={**env, **folders})
    return cell / "tools/textcount/bin/python"


def with_uv_sync(cell: Path, source: Path, *options: object, env: dict[str, str]) -> Path:
    """Install a source folder with `uv sync`."""
    del cell
    run(*UV, "sync", "--python", sys.executable, *options, cwd=source, env=env)
    return source / ".venv/bin/python"


def with_pipx(cell: Path, *arguments: object, env: dict[str, str]) -> Path:
    """Install with pipx."""
    folders = {"PIPX_HOME": str(cell / "pipx"), "PIPX_BIN_DIR": str(cell / "bin")}
    folders["PIPX_DEFAULT_BACKEND"] = "pip"  # other rows use uv
    run(sys.executable, "-m", "pipx", "install", *arguments, env={**env, **folders})
    return cell / "pipx/venvs/textcount/bin/python"


UV = (sys.executable, "-m", "uv")


def environment(cell: Path) -> Path:
    """Return the interpreter of the cell's virtual environment, which is made at first."""
    python = cell / "python"
    if not python.exists():
        python.symlink_to(make_environment(cell))
    return Path(os.readlink(python))


class Packages(NamedTuple):
    """The packages to install."""

    sdist: Path
    url: str
    """The address of the sdist. Installers keep what they build from an address."""
    folder: Path
    """A folder with the sdist and the pure wheel, as a package index has them."""

    def source(self, cell: Path) -> Path:
        """Return a new source folder."""
        return unpack(self.sdist, new_folder(cell))


def ask(python: Path, cell: Path) -> tuple[str, str]:
    """Return the backend and the reason of the installed textcount."""
    answer = query(python, new_folder(cell), warnings="ignore")  # a damaged library is a warning
    return answer["backend"], answer["reason"]


def options_in(reason: str, install: Install) -> list[str]:
    """Return the options that a reason names for an installer."""
    pattern = r"\(pipx: (.*?)\)" if install is with_pipx else r"install command with (.*?) \("
    found = re.search(pattern, reason)
    expect(found, f"the reason names no options: {reason}")
    assert found
    options = found[1].split()
    if "add --no-binary" in reason:
        pattern = r"add (.*?) \(" if install in {with_pip, with_uv, with_pipx} else r"tool: (.*?)\)"
        (addition,) = re.findall(pattern, reason)
        if install is with_pipx:  # its last option holds those for pip
            options[-1] += f" {addition}"
        else:
            options += addition.split()
    return options


def built_without_rust(install: Install, packages: Packages, cell: Path, *what: object) -> str:
    """Install where there is no cargo, then where there is one."""
    variables = isolated_variables(cell)
    hidden = {**variables, "CARGO": str(cell / "no-cargo")}
    backend, reason = ask(install(cell, *what, env=hidden), cell)
    is_told = f"no {hidden['CARGO']} was found" in reason
    expect((backend, is_told) == ("pure", True), f"{backend}: {reason}")
    return repeat(install, cell, reason, variables, *what)


def repeat(
    install: Install, cell: Path, reason: str, variables: dict[str, str], *what: object
) -> str:
    """Repeat an install command with the options in a reason; check that it mends."""
    options = options_in(reason, install)
    backend, now = ask(install(cell, *what, *options, env=variables), cell)
    expect(backend == "native", f"after {options}: {now}")
    return "native"


def isolated_variables(cell: Path) -> dict[str, str]:
    """Return environment variables for installers that share no caches but cargo's.

    cargo's does not matter here, and without it the builds would take twice as long.
    """
    caches = {
        "CARGO_TARGET_DIR": str(cell.parent / "cargo"),
        "PIP_CACHE_DIR": str(cell / "cache"),
        "UV_CACHE_DIR": str(cell / "uv"),
    }
    variables = build_variables(cell, "auto", **UNOPTIMISED, **caches)
    del variables["PIP_NO_CACHE_DIR"]
    return {name: value for name, value in variables.items() if name != "VIRTUAL_ENV"}


def from_url(install: Install, packages: Packages, cell: Path) -> str:
    """Install an sdist at an address."""
    return built_without_rust(install, packages, cell, packages.url)


def from_sdist(install: Install, packages: Packages, cell: Path) -> str:
    """Install an sdist."""
    return built_without_rust(install, packages, cell, packages.sdist)


def from_source(install: Install, packages: Packages, cell: Path) -> str:
    """Install a source folder."""
    return built_without_rust(install, packages, cell, packages.source(cell))


def editable(install: Install, packages: Packages, cell: Path) -> str:
    """Install a source folder in editable mode."""
    return built_without_rust(install, packages, cell, "-e", packages.source(cell))


def from_index(install: Install, packages: Packages, cell: Path) -> str:
    """Install the pure wheel from an index that has the sdist, too."""
    variables = isolated_variables(cell)
    version = packages.sdist.name.removesuffix(".tar.gz").replace("-", "==")
    variables |= {"PIP_FIND_LINKS": str(packages.folder), "UV_FIND_LINKS": str(packages.folder)}
    backend, reason = ask(install(cell, version, env=variables), cell)
    expect((backend, "BUILD=pure" in reason) == ("pure", True), f"{backend}: {reason}")
    return repeat(install, cell, reason, variables, version)


def damaged(install: Install, packages: Packages, cell: Path) -> str:
    """Install, then damage the library; install again, then delete the library."""
    variables = isolated_variables(cell)
    what = packages.source(cell)
    python = install(cell, what, env=variables)
    verdict = ""
    for damage in (lambda library: library.write_bytes(b""), Path.unlink):
        (library,) = python.parents[1].rglob(Path(LIBRARY).name)
        damage(library)
        backend, reason = ask(python, cell)
        expect((backend, "To mend it, " in reason) == ("pure", True), f"{backend}: {reason}")
        verdict = repeat(install, cell, reason, variables, what)
    return verdict


def source_folder(install: Install, packages: Packages, cell: Path) -> str:
    """Start Python in a source folder; run what the reason says."""
    source = packages.source(cell)
    python = install(cell, packages.sdist, env=isolated_variables(cell))
    script = "import textcount; print(textcount.BACKEND_REASON)"
    reason = run(python, "-c", script, cwd=source).stdout
    pattern = r"\(uv: uv (.*?)\)" if install is with_uv else r"run in (.*?): pip (.*?) \("
    found = re.search(pattern, reason)
    expect(found, reason)
    assert found
    *folder, command = found.groups()
    expect(folder in ([], [str(source)]), reason)
    variables = isolated_variables(cell)
    if install is with_uv:
        run(*UV, *command.split(), cwd=source, env=variables)
        python = source / ".venv/bin/python"
    else:
        pip("--python", python, *command.split(), cwd=source, env=variables)
    for where in (source, cell):
        backend = run(python, "-c", "import textcount; print(textcount.BACKEND)", cwd=where).stdout
        expect(backend == "native\n", f"in {where}: {backend}")
    return "native in every folder"


def uv_cache_keys(install: Install, packages: Packages, cell: Path) -> str:
    """Run `uv sync` after each change that the extension depends on."""
    source, variables = packages.source(cell), isolated_variables(cell)
    python = install(cell, source, env=variables)
    library = source / LIBRARY
    for change in ("src/count.rs", "Cargo.toml", "build.rs", "../textcount/_version.py"):
        library.write_bytes(b"not built again")
        install(cell, source, env=variables)
        expect(library.read_bytes() == b"not built again", "uv built without a change")
        with (source / "rust" / change).open("a", encoding="utf-8") as file:
            file.write("\n")
        install(cell, source, env=variables)
        expect(ask(python, cell)[0] == "native", f"uv did not build after a change of {change}")
    for choice in ("pure", "native"):
        install(cell, source, env={**variables, "TEXTCOUNT_BUILD": choice})
        expect(ask(python, cell)[0] == choice, f"uv did not build after TEXTCOUNT_BUILD={choice}")
    return "builds again"


ROWS: dict[str, tuple[Callable[[Install, Packages, Path], str], Install]] = {
    "no cargo: pip, an address": (from_url, with_pip),
    "no cargo: pip, an sdist": (from_sdist, with_pip),
    "no cargo: pip, a source folder": (from_source, with_pip),
    "no cargo: pip, editable": (editable, with_pip),
    "no cargo: uv pip, an address": (from_url, with_uv),
    "no cargo: uv tool, an address": (from_url, with_uv_tool),
    "no cargo: uv sync": (from_source, with_uv_sync),
    "no cargo: pipx, an address": (from_url, with_pipx),
    "pure wheel from an index: pip": (from_index, with_pip),
    "pure wheel from an index: uv pip": (from_index, with_uv),
    "pure wheel from an index: uv tool": (from_index, with_uv_tool),
    "pure wheel from an index: pipx": (from_index, with_pipx),
    "damaged library: pip": (damaged, with_pip),
    "damaged library: uv pip": (damaged, with_uv),
    "Python in a source folder: pip": (source_folder, with_pip),
    "Python in a source folder: uv": (source_folder, with_uv),
    "uv sync after a change": (uv_cache_keys, with_uv_sync),
}


@contextlib.contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on this machine; yield its address."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Handler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def make_packages(work: Path) -> Packages:
    """Build the sdist and the pure wheel."""
    index = build_sdist(work).parent
    (sdist,) = index.iterdir()
    wheel = build_or_fail(work, unpack(sdist, new_folder(work)), "pure")
    wheel.rename(index / wheel.name)
    return Packages(sdist, "", index)


def main() -> int:
    """Check the requested rows and print the table; return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        packages = make_packages(work)
        with serve(packages.folder) as address:
            packages = packages._replace(url=f"{address}/{packages.sdist.name}")

            def check(name: str) -> str:
                follow, install = ROWS[name]
                return follow(install, packages, new_folder(work))

            return check_rows("situation: installer | after the remedy", ROWS, check)


if __name__ == "__main__":
    sys.exit(main())
