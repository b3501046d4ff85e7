"""The README's two commands, word for word, on a bare Debian 12: checks what they print.

    python tests/install/debian.py

As root, debootstrap makes a minimal Debian in a temporary folder, from the
mirror that this machine's apt uses: with Python and its venv, without Rust and
without a compiler. Each command is taken from the README and runs there, in a
clean checkout of HEAD of its own; what is not committed is not seen. Of tox there
runs all that may depend on the system; the rest is said in ELSEWHERE. It takes some
minutes, a mirror and a package index; where there is no such Debian to be had,
nothing is checked.
"""

from __future__ import annotations

import ast
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from common import ROOT, NotRun, Wrong, close, expect, fresh, pip, run, tool, verdicts

SUITE = "bookworm"
PACKAGES = ("python3", "python3-venv", "ca-certificates")
FIELDS = ("types", "uris", "suites", "components")
ELSEWHERE = "corpora|lint|typing|site"
"""The environments that say the same on any system, and so only of this one."""
ABSENT = ("cargo", "rustc", "cc", "gcc", "clang", "ld")

# Pseudo-terminals, which the tests of the progress bar open, and /proc. Both are
# new instances: binding this machine's /dev would let a mishap reach it.
ENTER = """
mount -t proc proc "$0/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
exec chroot "$0" "$@"
"""

NETWORK = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")
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


def check_count(said: str, readme: str) -> str:
    """Hold what the first command printed against the README itself."""
    counts = re.findall(r"^(\d+) README\.md$", said, re.MULTILINE)
    expected = [str(readme.split().count("the"))]
    expect(counts == expected != ["0"], f"it printed {counts}, not {expected}")
    return f"{counts[0]} README.md"


def check_tox(said: str, readme: str) -> str:
    """Hold what the second command printed against what must run without Rust."""
    del readme
    expect("for want of Rust, or of its nightly:" in said, "it did not say what it leaves out")
    passed = re.findall(r"^ +(\S+): OK", said, re.MULTILINE)
    expect(any(re.fullmatch(r"py3\d+-pure", name) for name in passed), f"only {passed} ran")
    return f"{', '.join(passed)} OK"


CHECKS: dict[str, Callable[[str, str], str]] = {
    "bin/textcount": check_count,
    "bin/tox": check_tox,
}


def mirror() -> str:
    """The Debian mirror of this machine's apt; of its files, not its lists, which may be empty."""
    suites = {SUITE, platform.freedesktop_os_release().get("VERSION_CODENAME", SUITE)}
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in filter(Path.exists, files):
        text = re.sub(r"(?m)^#.*\n?", "", file.read_text("utf-8"))
        for source in (stanzas if file.suffix == ".sources" else lines)(text):
            if "deb" in source["types"] and suites & {*source["suites"]}:
                for address in source["uris"]:
                    # Of apt's other methods debootstrap knows none.
                    if "main" in source["components"] and re.match("(https?|file):", address):
                        return address
    raise NotRun("apt names no Debian mirror")


def stanzas(text: str) -> Iterator[dict[str, list[str]]]:
    """The enabled sources of a file of paragraphs."""
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text):
        fields = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
        found = {name.lower(): value.split() for name, value in fields}
        if found.get("enabled") != ["no"]:
            yield {name: found.get(name, []) for name in FIELDS}


def lines(text: str) -> Iterator[dict[str, list[str]]]:
    """The sources of a file that has one on each line."""
    form = r"^[ \t]*(deb)[ \t]+(?:\[.*?\][ \t]+)?(\S+)[ \t]+(\S+)(.*)"
    for values in re.findall(form, text, re.MULTILINE):
        yield {name: value.split() for name, value in zip(FIELDS, values, strict=True)}


def bootstrap(work: Path) -> Path:
    """Install a bare Debian; gives its root."""
    debootstrap = tool("debootstrap")
    if os.geteuid() != 0:
        raise NotRun("debootstrap needs root")
    root = fresh(work)
    root.chmod(0o755)
    include = f"--include={','.join(PACKAGES)}"
    command = [debootstrap, "--variant=minbase", include, SUITE, root, mirror()]
    made = run(*alone(), *command, check=False)
    if made.returncode:
        raise NotRun(f"debootstrap failed: {(made.stdout.splitlines() or ['it says nothing'])[-1]}")
    for name in ("resolv.conf", "hosts"):
        if Path("/etc", name).exists():
            shutil.copyfile(Path("/etc", name), root / "etc" / name)
    entered = inside(root, "true")
    if entered.returncode:
        raise NotRun(f"the Debian cannot be entered: {entered.stdout.strip()}")
    found = inside(root, "sh", "-c", 'for each; do command -v "$each"; done', "sh", *ABSENT).stdout
    expect(not found, f"this Debian is not bare, it has {found.split()}")
    return root


def alone() -> list[object]:
    """What gives a command mounts of its own, which end with it, however it ends."""
    return [tool("unshare"), "--mount", "--propagation", "private"]


def inside(root: Path, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the Debian with what its root has as environment, and variables."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"HOME": "/root", "PATH": path, **variables}
    enter = [*alone(), "sh", "-ec", ENTER, root]
    return run(*enter, *command, check=False, env=environment)


def access(root: Path) -> dict[str, str]:
    """The variables that lead pip to its index from in there as they do out here."""
    proxies = {*NETWORK, *map(str.upper, NETWORK)}
    variables = {name: os.environ[name] for name in (*proxies, *CERTIFICATES) if name in os.environ}
    # What the environment sets is listed first, and wins.
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


def committed(work: Path) -> Path:
    """The project as HEAD has it; gives the archive."""
    archive = work / "textcount.tar"
    if run(tool("git"), "-C", ROOT, "archive", "-o", archive, "HEAD", check=False).returncode:
        raise NotRun("this is no checkout of the project")
    return archive


def checkout(root: Path, archive: Path) -> Path:
    """Unpack the project where root would have it; gives the folder."""
    project = fresh(root / "root") / "textcount"
    project.mkdir()
    run("tar", "-xf", archive, "-C", project)
    return project


def check(root: Path, archive: Path, variables: dict[str, str], program: str) -> str:
    """Run the README's command that has the program; says in a few words what came of it."""
    project = checkout(root, archive)
    readme = (project / "README.md").read_text("utf-8")
    commands = re.findall(rf"^    (.* && .*{re.escape(program)}\b.*)$", readme, re.MULTILINE)
    expect(len(commands) == 1, f"the README has {len(commands)} commands with {program}")
    folder = f"--chdir=/{project.relative_to(root)}"
    result = inside(root, "env", folder, "bash", "-c", commands[0], **variables)
    try:
        failed = re.findall(r"^ +(\S+): FAIL", result.stdout, re.MULTILINE)
        expect(not result.returncode, f"it ended with {result.returncode} {' '.join(failed)}")
        return CHECKS[program](result.stdout, readme)
    except Wrong:
        print(f"\n$ {commands[0]}\n{result.stdout}", file=sys.stderr)
        raise


def main() -> int:
    """Run both commands and give the exit status."""
    programs = [*CHECKS]
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        try:
            archive = committed(work)
            root = bootstrap(work)
        except NotRun as reason:
            print(f"not run: {reason}")
            return close([f"not run: {reason}" for _ in programs])
        variables = {**access(root), "TOX_SKIP_ENV": ELSEWHERE}
        found = verdicts(lambda each: check(root, archive, variables, each), programs, str)
    for program, verdict in zip(programs, found, strict=True):
        print(f"debian: {program}: {verdict}")
    return close(found)


if __name__ == "__main__":
    sys.exit(main())
