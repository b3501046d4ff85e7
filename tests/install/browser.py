"""Run the tests of the pure wheel in Pyodide, a Python for browsers, under Node.

    python tests/install/browser.py

The script builds the wheel from the sdist, and downloads Pyodide and the tests' requirements.
Then the script runs the test files that TESTS names, without network access.
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
    build_or_fail,
    build_sdist,
    expect,
    find_program,
    new_folder,
    pip,
    run,
    unpack,
)

PYODIDE = "314.0.7"
TESTS = ("test_counting.py", "test_pure.py", "test_api.py", "test_docs.py", "test_files.py")
REQUIREMENTS = ("pytest>=9", "hypothesis>=6.100")
# Pyodide cannot use wheels that were built for this machine, so pip selects only pure wheels.
# Hypothesis 6.155 is the last version with a pure wheel.
PURE_ONLY = (
    *("--only-binary", ":all:", "--platform", "any", "--abi", "none"),
    *("--implementation", "py", "--python-version", "3.14"),
)

IMPOSSIBLE = (
    # Pyodide has no processes.
    "test_api.py::test_importing_the_package_loads_nothing_heavy",
    # Pyodide has no mkfifo.
    "test_files.py::test_pipes_in_a_directory_are_skipped",
    # Pyodide has no users, so every file is readable.
    "test_files.py::test_a_file_without_permission_is_a_record",
    "test_files.py::test_links_that_cannot_be_followed_or_read_are_errors",
)

# loadPackage reads packages from disk when they are given as paths. The script replaces fetch
# with a function that throws, so any download fails the run. CI=true makes hypothesis
# deterministic and removes its limits on slow tests.
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
    """Run the tests; return the exit status."""
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
    """Build the wheel, download Pyodide and packages, run the tests; return the verdict."""
    node, npm = find_program("node"), find_program("npm")
    source = unpack(build_sdist(work), new_folder(work))
    wheel = build_or_fail(work, source, "pure")
    # Without this folder, the tests can import only the installed package.
    shutil.rmtree(source / "textcount")

    run(
        *(npm, "install", f"pyodide@{PYODIDE}", "--prefix", work),
        *("--ignore-scripts", "--no-audit", "--no-fund"),
    )
    wheels = new_folder(work)
    pip("download", "-q", "-d", wheels, *PURE_ONLY, *REQUIREMENTS)

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
        cwd=work,  # the script imports pyodide from here
    )
    print(result.stdout)
    expect(result.returncode == 0, f"node exited with {result.returncode}")
    count = re.search(r"= (\d+) passed, .*\b(\d+) deselected", result.stdout)
    if count is None:
        raise Wrong("pytest printed no summary")
    passed, deselected = map(int, count.groups())
    expect(deselected == len(IMPOSSIBLE), f"pytest deselected {deselected} tests")
    version = run(node, "--version").stdout.strip()
    return f"Pyodide {PYODIDE} under Node {version}: {passed} passed"


if __name__ == "__main__":
    sys.exit(main())
