"""Chooses whether the extension is built, and sees that the wheel tells the truth.

``TEXTCOUNT_BUILD`` is ``auto`` (build the extension if that is possible),
``native`` (or fail) or ``pure`` (do not). A build without the extension gives a
wheel for any Python, and leaves in it the file ``textcount/_build.txt`` that
says why; ``textcount.BACKEND_REASON`` quotes it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

from setuptools import Command, Distribution, setup
from setuptools.command.build_py import build_py
from setuptools.errors import SetupError

CHOICES = ("auto", "native", "pure")
PRODUCTS = ("_build.txt", *(f"_native{suffix}" for suffix in EXTENSION_SUFFIXES))
CRATE = Path("rust/Cargo.toml")
LOCK = CRATE.with_name("Cargo.lock")
(MINIMUM_RUST,) = re.findall(r'^rust-version = "(.+)"', CRATE.read_text("utf-8"), re.MULTILINE)
VERSION_FILE = Path("textcount/_version.py").read_text("utf-8")
(VERSION,) = re.findall(r'^__version__ = "(.+?)"', VERSION_FILE, re.MULTILINE)
PROJECT = Path("pyproject.toml").read_text("utf-8")
(REPOSITORY,) = re.findall(r'^Repository = "(.+)"', PROJECT, re.MULTILINE)
AGAIN = "run: pip install --force-reinstall --no-cache-dir --no-binary textcount -v textcount."
REMEDY = f"To build it, install Rust {MINIMUM_RUST} or newer and {AGAIN}"


def main() -> None:
    """Run setup."""
    choice = build_choice()
    if choice == "pure":
        obstacle = (
            "TEXTCOUNT_BUILD=pure was set when this package was built. "
            f"To build it, install Rust {MINIMUM_RUST} or newer and, with that unset, {AGAIN}"
        )
    elif sys.implementation.name != "cpython":
        obstacle = f"{sys.implementation.name} does not let it read a str in place; CPython does."
    else:
        obstacle = missing_tool()
    options: dict[str, Any] = {}
    if not obstacle:
        options["setup_requires"] = ["setuptools-rust>=1.13"]  # only where it is of use
        try:
            options |= extension(choice)
        except ImportError:
            # Before the requirements are installed this is not yet an obstacle,
            # but then nothing is built either.
            obstacle = (
                "setuptools-rust was not found when this package was built. "
                f"To build it, install that and {AGAIN}"
            )

    # The same sources give the same wheel: its files bear no date of their own,
    # but the earliest that a zip file can hold.
    os.environ.setdefault("SOURCE_DATE_EPOCH", "315532800")
    cmdclass = {"build_py": python_builder(choice, obstacle), **options.pop("cmdclass", {})}
    setup(
        cmdclass=cmdclass,
        long_description=long_description(),
        long_description_content_type="text/markdown",
        **options,
    )


def long_description() -> str:
    """Return the README for an index: its relative links lead to the release's repository."""

    def absolute(link: re.Match[str]) -> str:
        folder = "raw" if link[1].startswith("!") else "blob"
        return f"{link[1]}({REPOSITORY}/{folder}/v{VERSION}/{link[2]})"

    readme = Path("README.md").read_text("utf-8")
    return re.sub(r"(!?\[[^\]]*\])\((?!https?:|#)([^)\s]+)\)", absolute, readme)


def python_builder(choice: str, obstacle: str) -> type[build_py]:
    """The command that builds all but the extension, and says so if that is all."""

    class BuildPython(build_py):
        """Copies the package, without the libraries of earlier builds."""

        def run(self) -> None:
            if choice == "native" and obstacle:
                raise SetupError(f"TEXTCOUNT_BUILD=native, but {obstacle}")
            if not self.editable_mode:  # whatever an earlier build left there
                shutil.rmtree(Path(self.build_lib, "textcount"), ignore_errors=True)
            super().run()
            if obstacle:
                go_without(self, obstacle)
            else:
                clean(self)

        def get_output_mapping(self) -> dict[str, str]:
            """What is built, and of what: all that a strict editable install links."""
            mapping: dict[str, str] = super().get_output_mapping()
            if self.editable_mode:
                source = Path(self.get_package_dir("textcount"))
                for name in PRODUCTS:
                    if (source / name).exists():
                        target = str(Path(self.build_lib, "textcount", name))
                        mapping[target] = str(source / name)
            return mapping

    return BuildPython


def build_choice() -> str:
    """The value of TEXTCOUNT_BUILD; wheels for others to download must be native."""
    default = "native" if os.environ.get("CIBUILDWHEEL") else "auto"
    value = os.environ.get("TEXTCOUNT_BUILD", "")
    choice = value.lower() or default
    if choice not in CHOICES:
        raise SetupError(f"TEXTCOUNT_BUILD={value!r} is not one of {', '.join(CHOICES)}")
    return choice


def missing_tool() -> str:
    """A sentence on what of Rust is missing to build the extension, or nothing."""
    said = ""
    for tool in (os.environ.get("CARGO", "cargo"), "rustc"):
        try:
            run = subprocess.run(
                [tool, "-V"], capture_output=True, check=False, text=True, errors="replace"
            )
        except OSError:
            return f"no {tool} was found when this package was built. {REMEDY}"
        if run.returncode:
            fault = (run.stderr.strip().splitlines() or ["it says nothing"])[0]
            return f"{tool} did not run when this package was built ({fault}). {REMEDY}"
        said = run.stdout.strip()
    version = re.match(r"rustc (\d+)\.(\d+)", said)
    if not version:
        return f"rustc -V said {said!r} when this package was built, no version. {REMEDY}"
    if [int(part) for part in version.groups()] < [int(part) for part in MINIMUM_RUST.split(".")]:
        return (
            f"this package was built where rustc is {'.'.join(version.groups())}, "
            f"older than {MINIMUM_RUST}. {REMEDY}"
        )
    return ""


def extension(choice: str) -> dict[str, Any]:
    """What setup needs to build the extension; ImportError without setuptools-rust."""
    from setuptools_rust import RustExtension
    from setuptools_rust import build_rust as base

    class BuildRust(base):
        """Builds the extension, or goes without if it may."""

        def run(self) -> None:
            clean(self)
            # Not the distribution's, to which a distributor may have added a tag.
            os.environ["TEXTCOUNT_VERSION"] = VERSION
            # A registry that does not answer shall not hold up the build.
            os.environ.setdefault("CARGO_HTTP_TIMEOUT", "10")
            os.environ.setdefault("CARGO_NET_RETRY", "1")
            os.environ.setdefault("CARGO_TERM_COLOR", "never")
            try:
                super().run()
            except Exception as error:
                if choice == "native":
                    raise
                print(error, file=sys.stderr)
                faults = re.findall(r"^(?:error|Error).*", str(error), re.MULTILINE)
                fault = faults[0] if faults else f"{type(error).__name__}: {error}".splitlines()[0]
                fault = re.sub(r" \(\S*[/\\]\S*\)", "", fault)  # paths of the build's own
                go_without(self, f"the build failed ({fault}). To build it, mend that and {AGAIN}")

    return {
        "rust_extensions": [
            RustExtension(
                "textcount._native",
                path=str(CRATE),
                features=["python"],
                debug=False,  # in editable installs too
                quiet=True,  # what the compiler says comes with the exception
                # A distributor may have removed the lock file.
                cargo_manifest_args=["--locked"] if LOCK.exists() else [],
            )
        ],
        "cmdclass": {"build_rust": BuildRust},
    }


def clean(command: Command) -> Path:
    """Remove what an earlier build left of the extension; give the folder it was in."""
    python = command.get_finalized_command("build_py")
    inplace = python.editable_mode or command.get_finalized_command("build_ext").inplace
    source = Path(python.get_package_dir("textcount"))
    folder = source if inplace else Path(python.build_lib, "textcount")
    for name in PRODUCTS:
        (folder / name).unlink(missing_ok=True)
    return folder


def go_without(command: Command, reason: str) -> None:
    """Make this a build for any Python, and say why: here and in the wheel."""
    print(f"textcount is built without textcount._native: {reason}", file=sys.stderr)
    (clean(command) / "_build.txt").write_text(f"{reason}\n", "utf-8")
    distribution: Distribution = command.distribution
    distribution.has_ext_modules = lambda: False  # type: ignore[method-assign]
    wheel = distribution.get_command_obj("bdist_wheel", create=False)
    if wheel is not None:
        wheel.root_is_pure = True


main()
