"""Build the extension where that is possible. NEARBY_BUILD is auto, native or pure."""

import os
import re
import shutil
import sys
import warnings
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

PACKAGE = Path("nearby")  # in a layout with src/: Path("src/nearby")
EXTENSION = "nearby._native"
SWITCH = "NEARBY_BUILD"

value = os.environ.get(SWITCH, "")
choice = value.lower() or "auto"
if choice not in ("auto", "native", "pure"):
    raise SystemExit(f"{SWITCH}={value!r} is not one of auto, native, pure")
version = re.search('__version__ = "(.+)"', Path(PACKAGE, "_version.py").read_text("utf-8"))[1]
os.environ["NEARBY_VERSION"] = version  # the crate has no version of its own

obstacle = ""
if choice == "pure":
    obstacle = f"{SWITCH}=pure is set"
elif sys.implementation.name != "cpython":
    obstacle = f"{sys.implementation.name} does not let an extension read a str in place"
elif not shutil.which(os.environ.get("CARGO", "cargo")):
    obstacle = "there is no cargo"
else:
    # setuptools-rust warns of its own use of setuptools.
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="setuptools_rust")
    try:
        from setuptools_rust import RustExtension, build_rust
    except ImportError:
        obstacle = "there is no setuptools-rust"


def go_without(command, reason):
    """Make this a build for any Python, and say why."""
    print(f"built without {EXTENSION}: {reason}", file=sys.stderr)
    command.distribution.has_ext_modules = lambda: False
    wheel = command.distribution.get_command_obj("bdist_wheel", create=False)
    if wheel is not None:
        wheel.root_is_pure = True  # the tag tells the truth


class BuildPython(build_py):
    """Copy the package without the libraries of earlier builds."""

    def run(self):
        if choice == "native" and obstacle:
            # In an editable install, setuptools ignores every Exception of build_py.
            sys.exit(f"error: {SWITCH}=native, but {obstacle}")
        super().run()
        folder = PACKAGE if self.editable_mode else Path(self.build_lib, PACKAGE.name)
        for library in folder.glob("_native.*"):
            if library.suffix in (".so", ".pyd"):
                library.unlink()
        if obstacle:
            go_without(self, obstacle)


options = {"cmdclass": {"build_py": BuildPython}}
if not obstacle:

    class BuildRust(build_rust):
        """Build the extension, or go without it if that is allowed."""

        def run(self):
            try:
                super().run()
            except Exception as error:
                if choice == "native":
                    raise
                go_without(self, error)

    options["cmdclass"]["build_rust"] = BuildRust
    options["rust_extensions"] = [RustExtension(EXTENSION, path="rust/Cargo.toml", debug=False)]

setup(**options)
