"""Build the extension where possible, and tag the wheel for what is in it.

``TEXTCOUNT_BUILD`` is ``auto`` (build the extension if that is possible), ``native`` (build it
or fail) or ``pure`` (do not build it). A build without the extension makes a wheel for any
Python, and writes the reason into the file ``textcount/_build.txt`` in that wheel.
``textcount.BACKEND_REASON`` quotes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import warnings
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from setuptools import Command, setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

CHOICES = ("auto", "native", "pure")
PRODUCTS = ("_build.txt", *(f"_native{suffix}" for suffix in EXTENSION_SUFFIXES))
CRATE = Path("rust/Cargo.toml")
(MINIMUM_RUST,) = re.findall(r'^rust-version = "(.+)"', CRATE.read_text("utf-8"), re.MULTILINE)
VERSION_FILE = Path("textcount/_version.py").read_text("utf-8")
(VERSION,) = re.findall(r'^__version__ = "(.+?)"', VERSION_FILE, re.MULTILINE)
PROJECT = Path("pyproject.toml").read_text("utf-8")
(REPOSITORY,) = re.findall(r'^Repository = "(.+)"', PROJECT, re.MULTILINE)
SETUPTOOLS_RUST = "setuptools-rust>=1.13"
INSTALL_RUST = f"install Rust {MINIMUM_RUST} or newer"
AGAIN = (
    "repeat your install command with --force-reinstall --no-cache-dir "
    "(pipx: --force --pip-args=--no-cache-dir)."
)
NOT_THIS_WHEEL = (  # the wheel for all other systems in a package index is built pure
    " If that downloads this wheel again, add --no-binary textcount "
    "(uv sync, uv tool: --no-binary-package textcount)."
)


def find_choice() -> str:
    """Return the value of TEXTCOUNT_BUILD; cibuildwheel builds native wheels by default."""
    default = "native" if os.environ.get("CIBUILDWHEEL") else "auto"
    value = os.environ.get("TEXTCOUNT_BUILD", "")
    choice = value.lower() or default
    if choice not in CHOICES:
        raise SetupError(f"TEXTCOUNT_BUILD={value!r} is not one of {', '.join(CHOICES)}")
    return choice


def find_obstacle(choice: str) -> tuple[str, str]:
    """Return why the extension cannot be built, and the remedy; two empty texts if it can be."""
    if choice == "pure":
        return "TEXTCOUNT_BUILD=pure was set", f"{INSTALL_RUST}, unset TEXTCOUNT_BUILD"
    if sys.implementation.name != "cpython":
        return f"{sys.implementation.name} does not let it read a str in place", "use CPython"
    fault = missing_tool()
    return fault, INSTALL_RUST if fault else ""


def missing_tool() -> str:
    """Return which part of Rust is missing to build the extension, or an empty text."""
    output = ""
    for tool in (os.environ.get("CARGO", "cargo"), "rustc"):
        try:
            run = subprocess.run(
                [tool, "-V"], capture_output=True, check=False, text=True, errors="replace"
            )
        except OSError:
            return f"no {tool} was found"
        if run.returncode:
            fault = (run.stderr.strip().splitlines() or ["no message"])[0]
            return f"{tool} did not run ({fault})"
        output = run.stdout.strip()
    version = re.match(r"rustc (\d+)\.(\d+)", output)
    if not version:
        return f"rustc -V printed {output!r}, without a version,"
    if [*map(int, version.groups())] < [*map(int, MINIMUM_RUST.split("."))]:
        return f"only rustc {'.'.join(version.groups())} was found"
    return ""


def find_fault(output: str) -> str:
    """Return the line of cargo's output that tells most, or an empty text.

    Where a build script failed, cargo's own error says only that. The script's output stands
    indented under it. If a line ends with a colon, the next line belongs to it.
    """
    for start in (r"--- stderr\n(?:.*\n)*? +(?=error)", r"--- stderr\n *", r"^(?=[eE]rror)"):
        found = re.search(rf"{start}(.*\S(?:(?<=:)\n.*\S)?)", output, re.MULTILINE)
        if found:
            line = " ".join(found[1].split())
            return re.sub(r" \(\S*[/\\]\S*\)", "", line)  # a path of this build means nothing
    return ""


def clean(command: Command) -> Path:
    """Remove what an earlier build left of the extension; return the folder it was in."""
    python = command.get_finalized_command("build_py")
    inplace = python.editable_mode or command.get_finalized_command("build_ext").inplace
    source = Path(python.get_package_dir("textcount"))
    folder = source if inplace else Path(python.build_lib, "textcount")
    for name in PRODUCTS:
        (folder / name).unlink(missing_ok=True)
    return folder


def refuse(fault: str, cure: str) -> None:
    """End the build if the extension is demanded."""
    if choice == "native":
        # In an editable install, setuptools ignores every Exception of build_py.
        sys.exit(
            "error: TEXTCOUNT_BUILD=native, but the extension cannot be built here: "
            f"{fault}. To build it, {cure}."
        )


def go_without(command: Command, fault: str, cure: str) -> None:
    """Make this a build for any Python, and say why on standard error and in the wheel."""
    refuse(fault, cure)
    print(
        f"textcount is built without textcount._native: {fault}. "
        f"To build it, {cure} and build again.",
        file=sys.stderr,
    )
    reason = f"{fault} when this package was built. To build it, {cure} and {AGAIN}"
    if choice == "pure":
        reason += NOT_THIS_WHEEL
    (clean(command) / "_build.txt").write_text(f"{reason}\n", "utf-8")
    command.distribution.has_ext_modules = lambda: False  # type: ignore[method-assign]
    wheel = command.distribution.get_command_obj("bdist_wheel", create=False)
    if wheel is not None:
        wheel.root_is_pure = True


class BuildPython(build_py):
    """Copies the package, without the libraries of earlier builds."""

    def run(self) -> None:
        if obstacle:
            refuse(obstacle, remedy)
        if not self.editable_mode:  # whatever an earlier build left there
            shutil.rmtree(Path(self.build_lib, "textcount"), ignore_errors=True)
        super().run()
        if obstacle:
            go_without(self, obstacle, remedy)
        else:
            clean(self)

    def get_output_mapping(self) -> dict[str, str]:
        """Return the source of each built file: all that a strict editable install links."""
        mapping: dict[str, str] = super().get_output_mapping()
        source = Path(self.get_package_dir("textcount"))
        if self.editable_mode:
            for name in PRODUCTS:
                if (source / name).exists():
                    mapping[str(Path(self.build_lib, "textcount", name))] = str(source / name)
        return mapping


def long_description() -> str:
    """Return the README for an index: its relative links lead to the release's repository."""

    def absolute(link: re.Match[str]) -> str:
        folder = "raw" if link[1].startswith("!") else "blob"
        return f"{link[1]}({REPOSITORY}/{folder}/v{VERSION}/{link[2]})"

    readme = Path("README.md").read_text("utf-8")
    return re.sub(r"(!?\[[^\]]*\])\((?!https?:|#)([^)\s]+)\)", absolute, readme)


choice = find_choice()
obstacle, remedy = find_obstacle(choice)
options: dict[str, Any] = {"cmdclass": {"build_py": BuildPython}}
if not obstacle:
    # pip and its like ask this module for requirements, and install them. `python setup.py`
    # would download them into .eggs/ and build without them.
    if "setuptools.build_meta" in sys.modules:
        options["setup_requires"] = [SETUPTOOLS_RUST]
    # Under PYTHONWARNINGS=error, a warning in setuptools-rust's own code would end the build.
    warnings.filterwarnings("ignore", module="setuptools_rust")
    try:
        from setuptools_rust import RustExtension, build_rust
    except ImportError:  # no obstacle yet while the requirements are only asked for
        obstacle, remedy = "setuptools-rust was not found", f"install {SETUPTOOLS_RUST}"
    else:

        class BuildRust(build_rust):
            """Builds the extension, or goes without it if allowed."""

            def run(self) -> None:
                clean(self)
                # Not the distribution's version, to which a distributor may have added a tag.
                os.environ["TEXTCOUNT_VERSION"] = VERSION
                # A registry that does not answer must not hold up the build.
                os.environ.setdefault("CARGO_HTTP_TIMEOUT", "10")
                os.environ.setdefault("CARGO_NET_RETRY", "1")
                os.environ.setdefault("CARGO_TERM_COLOR", "never")
                try:
                    super().run()
                except Exception as error:
                    print(error, file=sys.stderr)
                    fault = find_fault(str(error))
                    fault = fault or f"{type(error).__name__}: {error}".splitlines()[0]
                    go_without(self, f"the build failed ({fault})", "mend that")

        options["cmdclass"]["build_rust"] = BuildRust
        options["rust_extensions"] = [
            RustExtension(
                "textcount._native",
                path=str(CRATE),
                features=["python"],
                debug=False,  # in editable installs, too
                quiet=True,  # the exception has the compiler's messages
                # A distributor may have removed the lock file.
                cargo_manifest_args=["--locked"] if CRATE.with_name("Cargo.lock").exists() else [],
            )
        ]

# The same sources give the same wheel: its files are dated to the earliest day of a zip file.
os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
setup(
    long_description=long_description(),
    long_description_content_type="text/markdown",
    **options,
)
