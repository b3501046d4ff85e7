"""Install a minimal Debian into a folder, and run commands in it.

The program mmdebstrap, which needs root, installs the Debian. If this machine does not have
mmdebstrap, its package is downloaded and unpacked, but not installed. All packages come from
the Debian mirror that this machine's apt uses.
"""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from common import NotRun, find_program, run

KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")

# Mount /proc, and /dev/pts for the tests that open a pseudo-terminal. A bind mount of /dev would
# expose this machine's devices to the tests.
ENTER = """
mount -t proc proc "$0/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$0/dev/pts"
exec chroot "$0" "$@"
"""

APT_FIELDS = ("types", "uris", "suites", "components")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")


def bootstrap(root: Path, suite: str, packages: Sequence[str], foreign: Sequence[str] = ()) -> None:
    """Install a Debian into a folder, which must be empty or missing; or raise NotRun.

    The packages can name one of the foreign architectures, as in ``libc6:arm64``.
    """
    if sys.platform != "linux":
        raise NotRun("only Linux can run a Debian in a folder")
    if os.geteuid() != 0:
        raise NotRun("mmdebstrap needs root")
    mirror = find_mirror(suite)
    architecture = run(find_program("dpkg"), "--print-architecture").stdout.strip()
    with tempfile.TemporaryDirectory() as name:
        result = run(
            *private_mounts(),
            find_mmdebstrap(Path(name)),
            "--mode=root",
            "--variant=minbase",
            # The programs of a foreign architecture are not run during the installation.
            "--skip=check/qemu",
            f"--architectures={','.join((architecture, *foreign))}",
            f"--include={','.join(packages)}",
            '--aptopt=Acquire::Languages "none"',
            # The user _apt has no access to the folders that a temporary folder is in.
            '--aptopt=APT::Sandbox::User "root"',
            "--dpkgopt=force-unsafe-io",
            suite,
            root,
            f"deb [signed-by={KEYRING}] {mirror} {suite} main",
            check=False,
        )
    if result.returncode:
        errors = re.findall(r"^E: (.*)", result.stdout, re.MULTILINE)
        raise NotRun(f"mmdebstrap failed: {'; '.join(errors) or 'no output'}")
    for name in ("resolv.conf", "hosts"):
        if Path("/etc", name).exists():
            shutil.copyfile(Path("/etc", name), root / "etc" / name)
    entered = run_inside(root, "true")
    if entered.returncode:
        raise NotRun(f"cannot enter the Debian: {entered.stdout.strip()}")


def find_mmdebstrap(folder: Path) -> Path:
    """Return the path of mmdebstrap. If it is not installed, unpack its package in a folder."""
    if installed := shutil.which("mmdebstrap"):
        return Path(installed)
    # Lists of packages in this folder leave those of this machine as they are. They may be
    # empty, and another process may be updating them.
    (folder / "lists").mkdir()
    options = ("-o", f"Dir::State::Lists={folder}/lists", "-o", f"Dir::Cache={folder}/cache")
    apt = (find_program("apt-get"), "-o", "APT::Sandbox::User=root", *options)
    run(*apt, "update", check=False)  # it fails if one of several sources does
    result = run(*apt, "download", "mmdebstrap", check=False, cwd=folder)
    for package in folder.glob("mmdebstrap_*.deb"):
        run(find_program("dpkg-deb"), "--extract", package, folder)
        return folder / "usr/bin/mmdebstrap"
    last_line = (result.stdout.splitlines() or ["no output"])[-1]
    raise NotRun(f"mmdebstrap is neither installed nor downloaded: {last_line}")


def find_mirror(suite: str) -> str:
    """Return the address of the Debian mirror that this machine's apt uses.

    The address comes from apt's configuration, because the package lists may be empty.
    """
    suites = {suite, platform.freedesktop_os_release().get("VERSION_CODENAME", suite)}
    files = [Path("/etc/apt/sources.list"), *sorted(Path("/etc/apt/sources.list.d").glob("*"))]
    for file in filter(Path.exists, files):
        text = re.sub(r"(?m)^#.*\n?", "", file.read_text("utf-8"))
        parse = parse_paragraphs if file.suffix == ".sources" else parse_lines
        for source in parse(text):
            if "deb" in source["types"] and suites & {*source["suites"]}:
                for address in source["uris"]:
                    # Other transport methods of apt may be missing in the new Debian.
                    if "main" in source["components"] and re.match("(https?|file):", address):
                        return address
    raise NotRun("apt has no Debian mirror")


def parse_paragraphs(text: str) -> Iterator[dict[str, list[str]]]:
    """Parse a text in apt's deb822 format; yield the enabled sources."""
    for paragraph in re.split(r"\n(?:[ \t]*\n)+", text):
        fields = re.findall(r"^([\w-]+):(.*(?:\n[ \t].*)*)", paragraph, re.MULTILINE)
        found = {name.lower(): value.split() for name, value in fields}
        if found.get("enabled") != ["no"]:
            yield {name: found.get(name, []) for name in APT_FIELDS}


def parse_lines(text: str) -> Iterator[dict[str, list[str]]]:
    """Parse a text in apt's one-line format; yield the sources."""
    form = r"^[ \t]*(deb)[ \t]+(?:\[.*?\][ \t]+)?(\S+)[ \t]+(\S+)(.*)"
    for values in re.findall(form, text, re.MULTILINE):
        yield {name: value.split() for name, value in zip(APT_FIELDS, values, strict=True)}


def private_mounts() -> list[object]:
    """Return a command prefix that runs a command in a new mount namespace.

    The mounts in the namespace disappear when the command ends.
    """
    return [find_program("unshare"), "--mount", "--propagation", "private"]


def run_inside(root: Path, *command: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command in the Debian, with root's environment and additional variables."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    environment = {"HOME": "/root", "PATH": path, **variables}
    enter = [*private_mounts(), "sh", "-ec", ENTER, root]
    return run(*enter, *command, check=False, env=environment)
