"""Does what docs/refactoring.md says, in the order of the page, in an empty folder.

    tox run -e guide

The page is a script: where a line is a file's name in backquotes and a colon, the block
below is written to that file; blocks of ``sh`` are run in that folder, in the environment
that the page has made there, with the checkout in $TEXTCOUNT; in blocks of ``python`` the
examples are run, with textcount and the other ways to count beside it. What is taken
``from`` a file must stand in it, what the compiler is said to refuse is given to it, and
what it is said to make of a macro must be there.
"""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common import ROOT, NotRun, Wrong, close, expect, run

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.append(str(ROOT / "benchmarks"))
import built
from built import RIVALS

PAGE = ROOT / "docs" / "refactoring.md"
ACTIVATE = ".venv/bin/activate"
BLOCK = re.compile(r"(?:^`(\S+)`:\n\n)?^```(\w+) ?(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of the page."""

    file: str
    language: str
    rest: str
    """What the fence says behind the language: ``from=`` a file, say."""
    body: str


def blocks(page: Path) -> Iterator[Block]:
    """The blocks of a page."""
    for match in BLOCK.finditer(page.read_text("utf-8")):
        yield Block(match[1] or "", *match.groups()[1:])


def words(text: str) -> str:
    """A text whatever its lines and indents."""
    return " ".join(text.split())


class Guide:
    """The folder in which a page is followed."""

    def __init__(self, work: Path) -> None:
        import textcount

        self.project = work / "nearby"
        self.project.mkdir()
        self._crate = work / "refused"
        self._target = str(work / "cargo")
        self._shell = {
            **os.environ,
            "TEXTCOUNT": str(ROOT),
            "TEXTCOUNT_VERSION": textcount.__version__,
        }

    def follow(self, block: Block) -> None:
        """Do what a block says; Wrong if that is not what comes of it."""
        name, _, value = block.rest.partition("=")
        if name == "from":
            source = (ROOT / value).read_text("utf-8")
            expect(words(block.body) in words(source), f"this is not in {value}")
        elif name == "compile_fail":
            self._refuse(value, block.body)
        elif name == "expanded":
            self._expand(block.body)
        elif block.file:
            path = self.project / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.body, "utf-8")
        elif block.language == "sh":
            made = f". {ACTIVATE}\n" if (self.project / ACTIVATE).exists() else ""
            commands = f"set -euo pipefail\n{made}{block.body}"
            run("bash", "-c", commands, cwd=self.project, env=self._shell)
        elif ">>>" in block.body:
            self._examine(block.body)
        else:
            raise Wrong("nobody knows what to do with this")

    def _examine(self, body: str) -> None:
        if "import dis" in body and sys.version_info[:2] != (3, 13):
            raise NotRun("what dis shows is that of Python 3.13")
        if "textcount_rivals" not in sys.modules:
            sys.modules["textcount_rivals"] = built.rivals()
        test = doctest.DocTestParser().get_doctest(body, {}, PAGE.name, str(PAGE), 0)
        said: list[str] = []
        failed = doctest.DocTestRunner(verbose=False).run(test, out=said.append).failed
        expect(test.examples and not failed, "".join(said))

    def _refuse(self, error: str, body: str) -> None:
        (self._crate / "src").mkdir(parents=True, exist_ok=True)
        (self._crate / "src" / "lib.rs").write_text(body, "utf-8")
        seam = (RIVALS / "Cargo.toml").read_text("utf-8")
        (pyo3,) = re.findall(r"^pyo3 = .*", seam, re.MULTILINE)
        manifest = f'[package]\nname = "refused"\nedition = "2024"\n\n[dependencies]\n{pyo3}\n'
        (self._crate / "Cargo.toml").write_text(manifest, "utf-8")
        said = self._cargo("check", cwd=self._crate)
        errors = re.findall(r"^error\[(\w+)\]", said.stdout, re.MULTILINE)
        expect(errors == [error], f"the compiler says {errors or said.stdout}")

    def _expand(self, body: str) -> None:
        nightly = subprocess.run(["rustc", "+nightly", "-V"], capture_output=True, check=False)
        if nightly.returncode:
            raise NotRun("there is no nightly Rust, which shows what macros make")
        page = PAGE.read_text("utf-8")
        (command,) = re.findall(r"^    cd rust && .* cargo (.*expanded)$", page, re.MULTILINE)
        said = self._cargo(*command.split(), cwd=ROOT / "rust", TEXTCOUNT_VERSION="any")
        for part in body.split("\n\n"):
            expect(
                words(part) in words(said.stdout), f"no such lines in {len(said.stdout)}: {part}"
            )

    def _cargo(
        self, *arguments: str, cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        python = {"PYO3_PYTHON": sys.executable, "CARGO_TARGET_DIR": self._target}
        environment = {**os.environ, **python, **variables}
        return run("cargo", *arguments, cwd=cwd, env=environment, check=False)


def main() -> int:
    """Follow the page and give the exit status."""
    found = []
    with tempfile.TemporaryDirectory() as name:
        guide = Guide(Path(name))
        for block in blocks(PAGE):
            label = block.file or block.rest or block.body.splitlines()[0]
            try:
                guide.follow(block)
                found.append("done")
            except NotRun as reason:
                found.append(f"not run: {reason}")
            except Exception as error:
                print(f"\nguide: {label}\n{block.body}\n{error}", file=sys.stderr)
                found.append(f"WRONG: {label}")
            print(f"guide: {block.language} {label}: {found[-1]}", flush=True)
    return close(found)


if __name__ == "__main__":
    sys.exit(main())
