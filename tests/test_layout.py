"""CONTRIBUTING.md shows the modules and their imports, and the imports have no cycle."""

import ast
import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.own_backend, pytest.mark.once]

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "textcount"
LINE = re.compile(r"^    (\w+\.py) +\S.*?(?: +-> (.+))?$", re.MULTILINE)


def shown() -> dict[str, set[str]]:
    """Return the imports that CONTRIBUTING.md shows, keyed by module, in the order of the page."""
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    _, _, tree = text.partition("\n    textcount/\n")
    tree = re.sub(r",\n +", ", ", tree.partition("\n\n")[0])  # a list may take several lines
    return {
        file.removesuffix(".py"): {*filter(None, re.split(r",\s*", imports))}
        for file, imports in LINE.findall(tree.replace("    ", "", 1).replace("\n    ", "\n"))
    }


def imported(module: str) -> set[str]:
    """Return the names of the package's modules that ``module`` imports anywhere."""
    modules = {path.stem for path in PACKAGE.glob("*.py")} | {"_native"}
    tree = ast.parse((PACKAGE / f"{module}.py").read_text("utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [each.name for each in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{each.name}" for each in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            if parts[0] == "textcount":
                found.add(parts[1] if parts[1] in modules else "__init__")
    return found


def test_contributing_shows_every_module_and_its_imports() -> None:
    modules = shown()
    assert {*modules} == {path.stem for path in PACKAGE.glob("*.py")}
    for module, imports in modules.items():
        assert imported(module) == imports, module


def test_modules_import_only_modules_further_down() -> None:
    modules = [*shown(), "_native"]
    for place, module in enumerate(modules[:-1]):
        assert imported(module) <= {*modules[place + 1 :]}, module


@pytest.mark.parametrize("path", sorted(PACKAGE.glob("*.py")), ids=lambda path: path.name)
def test_no_module_is_longer_than_300_lines(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 300
