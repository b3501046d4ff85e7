"""What the benchmarks compare textcount with and have to compile first."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from typing import Any

RIVALS = Path(__file__).with_name("rivals")


def rivals(feature: str = "default") -> Any:
    """The module that cargo makes of benchmarks/rivals, which is not installed."""
    target = os.environ.get("CARGO_TARGET_DIR", str(RIVALS / "target"))
    subprocess.run(
        ["cargo", "build", "--quiet", "--release", "--locked", "--features", feature],
        cwd=RIVALS,
        check=True,
        env={
            **os.environ,
            "CARGO_TARGET_DIR": target,
            "PYO3_BUILD_EXTENSION_MODULE": "1",
            "PYO3_PYTHON": sys.executable,
        },
    )
    library = Path(target, "release", f"{feature}.so")
    library.unlink(missing_ok=True)  # what is loaded must not be written to
    shutil.copy(library.with_name("libtextcount_rivals.so"), library)
    return loaded("textcount_rivals", library)


def loaded(name: str, library: Path) -> Any:
    """The extension module of a name, in a file."""
    spec = importlib.util.spec_from_file_location(name, library)
    if spec is None or spec.loader is None:
        raise ImportError(f"{library} is no extension module")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cython(folder: Path) -> Any:
    """The module that Cython and the C compiler make of loop.pyx."""
    shutil.copy(RIVALS / "loop.pyx", folder)
    command = [sys.executable, "-m", "Cython.Build.Cythonize", "--inplace", "--quiet", "loop.pyx"]
    environment = {**os.environ, "LDFLAGS": "-s"}
    subprocess.run(command, cwd=folder, check=True, env=environment, stdout=subprocess.DEVNULL)
    return loaded("loop", folder / f"loop{EXTENSION_SUFFIXES[0]}")
