"""Follow the guide, docs/refactoring*.md, block by block, in a copy of docs/template.

    tox run -e guide

Its pages are a script:

- If the line above a block is the name of a file of the template, the block must be a part of
  that file. If the template has no such folder, the block is written to that file.
- A block of ``sh`` runs in the folder, in the virtual environment that the guide creates there.
  $TEXTCOUNT is the path of the checkout.
- The examples in a block of ``python`` must give the results that the page shows.
- A block with ``from=FILE`` must be a part of FILE.
- The compiler must reject a block with ``compile_fail=ERROR``, and report ERROR. It must accept a
  block with ``compile``.
- Each paragraph of a block with ``expanded`` must occur in the crate's macro-expanded code.
"""

from __future__ import annotations

import doctest
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from common import ROOT, NotRun, Wrong, expect, run, summarise

if TYPE_CHECKING:
    from collections.abc import Iterator

sys.path.append(str(ROOT / "benchmarks"))
import built
from built import RIVALS

GUIDE = ROOT / "docs" / "refactoring.md"
ALTERNATIVES = ROOT / "docs" / "refactoring-alternatives.md"
TEMPLATE = ROOT / "docs" / "template"
PRODUCTS = ("*.egg-info", "*.pyd", "*.so", ".*cache", ".tox", ".venv", "build", "dist", "target")
ACTIVATE = ".venv/bin/activate"
BLOCK = re.compile(r"(?:^`(\S+)`:\n\n)?^```(\w+) ?(.*)\n((?:.*\n)*?)^```$", re.MULTILINE)


class Block(NamedTuple):
    """A fenced block of the page."""

    file: str
    language: str
    option: str
    """The text after the language, such as ``from=FILE``."""
    body: str


def blocks(page: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a page."""
    for match in BLOCK.finditer(page.read_text("utf-8")):
        yield Block(match[1] or "", *match.groups()[1:])


def single_spaced(text: str) -> str:
    """Return a text with each run of whitespace replaced by one space."""
    return " ".join(text.split())


class Guide:
    """The folder in which the page is followed."""

    def __init__(self, work: Path) -> None:
        import textcount

        self.project = work / "nearby"
        shutil.copytree(TEMPLATE, self.project, ignore=shutil.ignore_patterns(*PRODUCTS))
        self._crate = work / "block"
        self._target = str(work / "cargo")
        # The page runs tox itself, and builds where users build.
        inherited = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("TOX") and name != "CARGO_TARGET_DIR"
        }
        self._shell = {
            **inherited,
            "TEXTCOUNT": str(ROOT),
            "TEXTCOUNT_VERSION": textcount.__version__,
        }

    def follow(self, block: Block) -> None:
        """Execute or check a block; raise Wrong if the result differs from the page."""
        name, _, value = block.option.partition("=")
        if name == "from":
            source = (ROOT / value).read_text("utf-8")
            found = single_spaced(block.body) in single_spaced(source)
            expect(found, f"{value} does not contain this")
        elif name in ("compile", "compile_fail"):
            self._check_compiler(value, block.body)
        elif name == "expanded":
            self._check_expansion(block.body)
        elif (TEMPLATE / block.file).is_file():
            source = (TEMPLATE / block.file).read_text("utf-8")
            expect(block.body in source, f"{block.file} of the template does not contain this")
        elif block.file:
            path = self.project / block.file
            expect(not path.parent.exists(), f"the template has no {block.file}")
            path.parent.mkdir(parents=True)
            path.write_text(block.body, "utf-8")
        elif block.language == "sh":
            has_environment = (self.project / ACTIVATE).exists()
            activate = f". {ACTIVATE}\n" if has_environment else ""
            commands = f"set -euo pipefail\n{activate}{block.body}"
            run("bash", "-c", commands, cwd=self.project, env=self._shell)
        elif ">>>" in block.body:
            self._run_examples(block.body)
        else:
            raise Wrong("this block has an unknown form")

    def _run_examples(self, body: str) -> None:
        if "import dis" in body and sys.version_info[:2] != (3, 13):
            raise NotRun("the page shows the bytecode of Python 3.13")
        if "textcount_rivals" not in sys.modules:
            sys.modules["textcount_rivals"] = built.rivals()
        test = doctest.DocTestParser().get_doctest(body, {}, GUIDE.name, str(GUIDE), 0)
        output: list[str] = []
        failed = doctest.DocTestRunner(verbose=False).run(test, out=output.append).failed
        expect(test.examples and not failed, "".join(output))

    def _check_compiler(self, error: str, body: str) -> None:
        (self._crate / "src").mkdir(parents=True, exist_ok=True)
        (self._crate / "src" / "lib.rs").write_text(body, "utf-8")
        rivals = (RIVALS / "Cargo.toml").read_text("utf-8")
        (pyo3,) = re.findall(r"^pyo3 = .*", rivals, re.MULTILINE)
        manifest = f'[package]\nname = "block"\nedition = "2024"\n\n[dependencies]\n{pyo3}\n'
        (self._crate / "Cargo.toml").write_text(manifest, "utf-8")
        result = self._cargo("check", cwd=self._crate)
        errors = re.findall(r"^error\[(\w+)\]", result.stdout, re.MULTILINE)
        is_expected = errors == [error] if error else result.returncode == 0
        expect(is_expected, f"the compiler reports {errors or result.stdout}")

    def _check_expansion(self, body: str) -> None:
        nightly = subprocess.run(["rustc", "+nightly", "-V"], capture_output=True, check=False)
        if nightly.returncode:
            raise NotRun("only a nightly Rust expands macros")
        page = ALTERNATIVES.read_text("utf-8")
        (command,) = re.findall(r"^    cd rust && .* cargo (.*expanded)$", page, re.MULTILINE)
        output = self._cargo(*command.split(), cwd=ROOT / "rust", TEXTCOUNT_VERSION="any").stdout
        for part in body.split("\n\n"):
            found = single_spaced(part) in single_spaced(output)
            expect(found, f"the expansion of {len(output)} characters does not contain {part}")

    def _cargo(
        self, *arguments: str, cwd: Path, **variables: str
    ) -> subprocess.CompletedProcess[str]:
        python = {"PYO3_PYTHON": sys.executable, "CARGO_TARGET_DIR": self._target}
        environment = {**os.environ, **python, **variables}
        return run("cargo", *arguments, cwd=cwd, env=environment, check=False)


def check_names(work: Path) -> None:
    """Give a copy of the template the names of another package; none may be left."""
    project = work / "renamed"
    shutil.copytree(TEMPLATE, project, ignore=shutil.ignore_patterns(*PRODUCTS))
    (project / "nearby").rename(project / "yours")
    page = (project / "README.md").read_text("utf-8")
    (command,) = re.findall(r"^    (perl (?:.*\\\n)*.*)$", page, re.MULTILINE)
    run("bash", "-c", command, cwd=project)
    for path in project.rglob("*"):
        if path.is_file() and path.name not in ("README.md", "__init__.py"):
            left = re.findall(r"nearby|NEARBY|\bdistance\b", path.read_text("utf-8"))
            expect(not left, f"{path.name} keeps {left}")


def main() -> int:
    """Follow the guide; return the exit status."""
    verdicts = []
    with tempfile.TemporaryDirectory() as name:
        guide = Guide(Path(name))
        try:
            check_names(Path(name))
            verdicts.append("done")
        except Wrong as error:
            verdicts.append(f"WRONG: names: {error}")
        print(f"guide: names: {verdicts[-1]}", flush=True)
        for block in (*blocks(GUIDE), *blocks(ALTERNATIVES)):
            label = block.file or block.option or block.body.splitlines()[0]
            start = time.monotonic()
            try:
                guide.follow(block)
                verdicts.append(f"done in {time.monotonic() - start:.1f} s")
            except NotRun as reason:
                verdicts.append(f"not run: {reason}")
            except Exception as error:
                print(f"\nguide: {label}\n{block.body}\n{error}", file=sys.stderr)
                verdicts.append(f"WRONG: {label}")
            print(f"guide: {block.language} {label}: {verdicts[-1]}", flush=True)
    return summarise(verdicts)


if __name__ == "__main__":
    sys.exit(main())
