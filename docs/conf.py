"""The site: README.md and its neighbours as they are, for Sphinx to set.

Sphinx reads from the root of the checkout, so that a link leads to the same
place on the site as where the code is hosted: ``tox run -e site``.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import TextLexer, find_lexer_class_for_filename
from sphinx.addnodes import download_reference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the docstrings and the parser of this checkout
os.environ["TEXTCOUNT_BACKEND"] = "pure"  # autodoc finds the annotations of Python functions
import textcount  # noqa: E402
from textcount.parser import parser  # noqa: E402

CONTENTS = {
    "English": (
        "self",
        "docs/installing",
        "docs/recipes",
        "docs/command",
        "docs/reference",
        "docs/scaling",
        "docs/performance",
        "docs/profile",
        "docs/refactoring",
        "docs/template/README",
        "docs/refactoring-alternatives",
        "CHANGELOG",
        "CONTRIBUTING",
        "SECURITY",
    ),
    "Español": ("README.es", "docs/refactorizar", "docs/refactorizar-alternativas"),
}
OPTIONS_PAGE = "docs/command"
SOURCES = "sources"
"""Where the metadata of a page has the files that it links to."""

project = "textcount"
version = textcount.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "README"
include_patterns = ["*.md", "docs/*.md", "docs/template/README.md"]
# Nothing is looked for in what is built beside the pages.
exclude_patterns = [each.name for each in ROOT.iterdir() if each.is_dir() and each.name != "docs"]
myst_heading_anchors = 6
nitpick_ignore_regex = [("py:class", ".*")]  # the types of other libraries have no page here
highlight_language = "text"  # what is indented: commands, and what they print
smartquotes = False  # the page says what the file says

html_theme = "furo"
html_title = f"{project} {version}"
html_static_path = html_css_files = ["site.css"]
pygments_dark_style = "github-dark"  # the theme's own underlines and shouts
html_copy_source = False
html_show_copyright = False  # LICENSE has it
html_use_index = False


def setup(app: Sphinx) -> None:
    """Have Sphinx do what no setting asks for."""
    app.connect("source-read", prepare)
    app.connect("doctree-read", link_sources, priority=400)  # before Sphinx copies for saving
    app.connect("html-collect-pages", source_pages)
    app.connect("html-page-context", tell_language)
    app.connect("build-finished", add_index)


def prepare(app: Sphinx, name: str, source: list[str]) -> None:
    """Leave out what only doctest needs, and add the contents, which only the site needs."""
    del app
    source[0] = source[0].replace("\n\n```\n", "\n```\n")
    if name == root_doc:
        for caption, pages in CONTENTS.items():
            head = f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n"
            source[0] += "\n".join([head, *pages, "```\n"])
    if name == OPTIONS_PAGE:
        source[0] += options()


def options() -> str:
    """Return a section that lists the options of the command, taken from its parser."""
    text = "\n## The options\n"
    for group in parser()._action_groups:  # noqa: SLF001 - argparse offers no other list
        options = [each for each in group._group_actions if each.option_strings]  # noqa: SLF001
        if options:
            text += f"\n### {str(group.title).capitalize()}\n"
        for option in options:
            value = f" {option.metavar}" if option.metavar else ""
            names = ", ".join(name + value for name in option.option_strings)
            choices = f"\n\nChoices: {', '.join(option.choices)}" if option.choices else ""
            text += f"\n```{{option}} {names}\n{option.help}{choices}\n```\n"
    return text


def link_sources(app: Sphinx, doctree: nodes.document) -> None:
    """Have a link to a file that is no page open it, instead of saving it."""
    page = app.env.docname
    for node in list(doctree.findall(download_reference)):
        path, _ = app.env.relfn2path(node["reftarget"], page)
        app.env.note_dependency(path)
        app.env.metadata[page].setdefault(SOURCES, []).append(path)
        link = nodes.reference(refuri=app.builder.get_relative_uri(page, path), internal=True)
        link += node.children
        node.replace_self(link)


def source_pages(app: Sphinx) -> Iterator[tuple[str, dict[str, Any], str]]:
    """A page for each file that is linked to."""
    for path in {path for each in app.env.metadata.values() for path in each.get(SOURCES, ())}:
        lexer = find_lexer_class_for_filename(path) or TextLexer
        code = highlight((ROOT / path).read_text("utf-8"), lexer(), HtmlFormatter())
        yield path, {"title": path, "body": f"<h1>{path}</h1>{code}"}, "page.html"


def tell_language(
    app: Sphinx, name: str, template: str, context: dict[str, Any], doctree: object
) -> None:
    """Say which pages are in Spanish, to those who read aloud or translate."""
    del app, template, doctree
    if name in CONTENTS["Español"]:
        context["language"] = "es"


def add_index(app: Sphinx, error: Exception | None) -> None:
    """Show the root page to who asks for no page."""
    if not error:
        shutil.copy(app.outdir / f"{root_doc}.html", app.outdir / "index.html")
