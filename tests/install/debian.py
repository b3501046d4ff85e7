"""Run the README's two commands, word for word, on a bare Debian 12; check their output.

    python tests/install/debian.py

bootstrap.py installs a minimal Debian into a temporary folder, which needs root. This Debian
has Python and venv, but neither Rust nor a C compiler. Each command comes from the README and
runs in its own clone of HEAD, without uncommitted changes. The commands need a package index.
If Debian cannot be installed, the script reports "not run".
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bootstrap import PROXIES, bootstrap, run_inside
from common import NotRun, Wrong, checkout, expect, new_folder, pip, summarise

SUITE = "bookworm"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
ABSENT = ("cargo", "rustc", "cc", "gcc", "clang", "ld")

TEST_LIMIT = 300
"""Maximum duration of the README's test command, in seconds."""

CERTIFICATES = ("PIP_CERT", "SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PIP_OPTIONS = (
    "cert",
    "default-timeout",
    "extra-index-url",
    "index-url",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)


def check_count(output: str, readme: str, _: float) -> str:
    """Check that the first command prints the count that str.split gives."""
    counts = re.findall(r"^(\d+) README\.md$", output, re.MULTILINE)
    expected = [str(readme.split().count("the"))]
    expect(counts == expected != ["0"], f"the command printed {counts}, not {expected}")
    return f"{counts[0]} README.md"


def check_tests(output: str, _: str, seconds: float) -> str:
    """Check that tox's environments passed, and that the test command was fast enough."""
    expect("skipping rust: " in output, "tox does not say that it skips rust")
    passed = re.findall(r"^ +(\S+): OK", output, re.MULTILINE)
    expect({*passed} == {"tests", "lint", "typing"}, f"tox ran {passed}")
    expect(seconds < TEST_LIMIT, f"the tests took {seconds:.0f} s; the limit is {TEST_LIMIT} s")
    return f"{', '.join(passed)} OK in {seconds:.0f} s"


CHECKS: dict[str, Callable[[str, str, float], str]] = {
    "bin/textcount": check_count,
    "bin/tox": check_tests,
}
"""For the program in each command, the function that checks the command's output."""


def install(work: Path) -> Path:
    """Install a bare Debian; return its root folder."""
    root = new_folder(work)
    root.chmod(0o755)
    bootstrap(root, SUITE, PACKAGES)
    script = 'for each; do command -v "$each"; done'
    found = run_inside(root, "sh", "-c", script, "sh", *ABSENT).stdout
    expect(not found, f"the Debian is not bare: it has {found.split()}")
    return root


def index_variables(root: Path) -> dict[str, str]:
    """Return the environment variables that make pip inside the Debian use this machine's index.

    Also copy into the Debian the certificates that these variables name.
    """
    proxies = {*PROXIES, *map(str.upper, PROXIES)}
    variables = {name: os.environ[name] for name in (*proxies, *CERTIFICATES) if name in os.environ}
    # pip lists options from environment variables before options from files. The first value of
    # an option wins.
    for line in pip("config", "list").stdout.splitlines():
        name, _, value = line.partition("=")
        option = name.rpartition(".")[2]
        if option in PIP_OPTIONS:
            variable = f"PIP_{option.upper().replace('-', '_')}"
            variables.setdefault(variable, ast.literal_eval(value))
    for variable in CERTIFICATES:
        bundle = Path(variables.get(variable, "/"))
        if bundle.is_file():
            copy = root / bundle.absolute().relative_to("/")
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(bundle, copy)
        else:
            variables.pop(variable, None)
    return variables


def check(root: Path, variables: dict[str, str], program: str) -> str:
    """Run the README's command that contains ``program``; return the verdict."""
    project = checkout(root / "root")
    readme = (project / "README.md").read_text("utf-8")
    commands = re.findall(rf"^    (.* && .*{re.escape(program)}\b.*)$", readme, re.MULTILINE)
    expect(len(commands) == 1, f"the README has {len(commands)} commands with {program}")
    folder = f"--chdir=/{project.relative_to(root)}"
    start = time.monotonic()
    result = run_inside(root, "env", folder, "bash", "-c", commands[0], **variables)
    seconds = time.monotonic() - start
    try:
        failed = re.findall(r"^ +(\S+): FAIL", result.stdout, re.MULTILINE)
        status = f"the command exited with {result.returncode} {' '.join(failed)}"
        expect(result.returncode == 0, status)
        return CHECKS[program](result.stdout, readme, seconds)
    except Wrong as error:
        print(f"\n$ {commands[0]}\n{result.stdout}\n{error}", file=sys.stderr)
        return f"WRONG: {error}"


def main() -> int:
    """Run both commands; return the exit status."""
    with tempfile.TemporaryDirectory() as name:
        try:
            root = install(Path(name))
            variables = index_variables(root)
            # Run the commands one after the other, because the second command is timed.
            verdicts = [check(root, variables, program) for program in CHECKS]
        except NotRun as reason:
            verdicts = [f"not run: {reason}" for _ in CHECKS]
    for program, verdict in zip(CHECKS, verdicts, strict=True):
        print(f"debian: {program}: {verdict}")
    return summarise(verdicts)


if __name__ == "__main__":
    sys.exit(main())
