"""Runs the tests of the pure wheel in Pyodide, the Python of browsers, under Node.

    python tests/install/browser.py

Builds the wheel from the sdist, fetches Pyodide and what the tests import, and
then runs, without the network, those tests that need no process of their own.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tempfile
from pathlib import Path

from common import (
    NotRun,
    Wrong,
    build_sdist,
    build_wheel,
    environment,
    expect,
    fresh,
    inspect_wheel,
    pip,
    run,
    tool,
    unpack,
)

PYODIDE = "314.0.7"
TESTS = ("test_counting.py", "test_pure.py", "test_api.py", "test_docs.py", "test_files.py")
IMPORTED = ("pytest>=9", "hypothesis>=6.100")
# Pyodide takes no wheel that was made for this machine, so pip is to find the
# newest versions that are pure; hypothesis had its last in 6.155.
ONLY_PURE = (
    *("--only-binary", ":all:", "--platform", "any", "--abi", "none"),
    *("--implementation", "py", "--python-version", "3.14"),
)

IMPOSSIBLE = (
    # There are no processes.
    "test_api.py::test_importing_the_package_loads_nothing_heavy",
    # There is no mkfifo.
    "test_files.py::test_pipes_and_sockets_in_a_directory_are_passed_over",
    # There are no users, so no permission to lack.
    "test_files.py::test_a_file_without_permission_is_a_record",
)

# Packages are given by path and so come from the disk; fetch is replaced to
# prove it. With CI, hypothesis takes the same examples every time, and lets a
# slow machine be slow.
SCRIPT = """
import { loadPyodide } from "pyodide";
globalThis.fetch = (address) => { throw new Error(`not offline: ${address}`); };
const { source, wheels, options } = JSON.parse(process.argv[1]);
const python = await loadPyodide({ env: { CI: "true" } });
await python.loadPackage(wheels, { messageCallback: () => {} });
python.mountNodeFS("/source", source);
python.FS.chdir("/source/tests");
process.exitCode = Number(python.pyimport("pytest").main(python.toPy(options)));
"""


def main() -> int:
    """Run the tests and give the exit status."""
    try:
        with tempfile.TemporaryDirectory() as name:
            print(f"browser: {check(Path(name).resolve())}")
    except NotRun as reason:
        print(f"not run: {reason}")
    except Wrong as error:
        print(f"browser: WRONG: {error}", file=sys.stderr)
        return 1
    return 0


def check(work: Path) -> str:
    """Build, fetch and test; says in a few words what came of it."""
    node, npm = tool("node"), tool("npm")
    source = unpack(build_sdist(work), fresh(work))
    wheel, said = build_wheel(work, source, environment(work, "pure"))
    if wheel is None:
        raise Wrong(f"it was not built: {said}")
    inspect_wheel(wheel, is_pure=True)
    # So that only the installed package can be imported.
    shutil.rmtree(source / "textcount")

    run(
        *(npm, "install", f"pyodide@{PYODIDE}", "--prefix", work),
        *("--ignore-scripts", "--no-audit", "--no-fund"),
    )
    wheels = fresh(work)
    pip("download", "-q", "-d", wheels, *ONLY_PURE, *IMPORTED)

    options = ["--backend=pure", "-p", "no:cacheprovider", *TESTS]
    options += [f"--deselect=tests/{test}" for test in IMPOSSIBLE]
    task = json.dumps(
        {
            "source": str(source),
            "wheels": [str(each) for each in (wheel, *wheels.iterdir())],
            "options": options,
        }
    )
    result = run(
        *(node, "--input-type=module", "--eval", SCRIPT, task),
        check=False,
        cwd=work,  # where the script's import looks
    )
    print(result.stdout)
    expect(result.returncode == 0, f"node ended with {result.returncode}")
    count = re.search(r"= (\d+) passed, .*\b(\d+) deselected", result.stdout)
    if count is None:
        raise Wrong("pytest did not close with a count")
    passed, deselected = map(int, count.groups())
    expect(deselected == len(IMPOSSIBLE), f"{deselected} were deselected, not all")
    version = run(node, "--version").stdout.strip()
    return f"Pyodide {PYODIDE} under Node {version}: {passed} passed"


if __name__ == "__main__":
    sys.exit(main())
