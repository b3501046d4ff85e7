"""The pictures of the pages can be read in a page's column, on a phone, and without other fonts."""

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.own_backend, pytest.mark.once]

DOCS = Path(__file__).parents[1] / "docs"
PICTURES = sorted(DOCS.glob("*.svg"))
CHARTS = [path for path in PICTURES if path.stem != "screenshot"]
SPEED, WORDS = (DOCS / name for name in ("speed.svg", "words.svg"))

README_PAGE = DOCS.parent / "README.md"

README, PHONE = 830, 390 - 2 * 16
"""Columns of text in pixels: of the README, and of a phone, without the margins."""

POINT = 96 / 72
"""Pixels in a point."""


def width(picture: str) -> float:
    """Return the width of a picture in pixels, if there is room."""
    (number, unit) = re.findall(r'<svg [^>]*?width="([\d.]+)(pt)?"', picture)[0]
    return float(number) * (POINT if unit else 1)


def smallest_label(picture: str) -> float:
    """Return the size of the smallest letters in pixels, if there is room."""
    if "<text" not in picture:  # outlines of letters of 100 points
        scales = re.findall(r"scale\(([\d.]+) -[\d.]+\)", picture)
        return min(map(float, scales)) * 100 * POINT
    (units,) = re.findall(r'<svg [^>]*?viewBox="0 0 ([\d.]+) ', picture)
    sizes = re.findall(r"font-size: ([\d.]+)px", picture)
    return min(map(float, sizes)) * width(picture) / float(units)


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_labels_can_be_read_in_the_readme_and_on_a_phone(path: Path) -> None:
    picture = path.read_text("utf-8")
    for column, size in ((README, 12), (PHONE, 10)):
        assert smallest_label(picture) * min(1, column / width(picture)) >= size


def test_the_site_shrinks_pictures_instead_of_cutting_them() -> None:
    assert "img" not in (DOCS / "site.css").read_text("utf-8")


@pytest.mark.parametrize("path", PICTURES, ids=lambda path: path.name)
def test_each_picture_is_on_a_page_with_a_description(path: Path) -> None:
    pages = "".join(page.read_text("utf-8") for page in (*DOCS.glob("*.md"), README_PAGE))
    assert re.search(rf"^!\[\w.{{20,}}\]\((docs/)?{re.escape(path.name)}\)$", pages, re.MULTILINE)


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.name)
def test_a_chart_needs_no_font(path: Path) -> None:
    picture = path.read_text("utf-8")
    assert "<text" not in picture
    assert "font-family" not in picture
    used = re.findall(r'<use xlink:href="#(.+?)"', picture)
    assert used
    assert all(f'id="{name}"' in picture for name in used)


def test_the_chart_of_speeds_has_its_korean_word() -> None:
    picture = SPEED.read_text("utf-8")
    outlines = picture.partition("<!-- Korean: 영화 -->")[2].partition("</g>")[0]
    used = re.findall(r'<use xlink:href="#(.+?)"', outlines)
    assert len(used) == len("Korean:영화") + 1  # a space is an empty outline
    assert len(re.findall(r"NanumGothic|Noto|algun|Apple", " ".join(used))) == len("영화")


@pytest.mark.parametrize("path", CHARTS, ids=lambda path: path.name)
def test_a_chart_has_points_on_its_logarithmic_axis_and_no_bars(path: Path) -> None:
    picture = path.read_text("utf-8")
    assert re.search(r'<use xlink:href="#m\w+" [^>]*style="fill: #e8590c', picture)
    filled = re.findall(r'<path d="([^"]*)" [^>]*?style="fill: #(?!808080)', picture)
    assert not filled


def test_the_chart_of_speeds_is_in_bytes_a_second() -> None:
    assert "<!-- 10 GB/s -->" in SPEED.read_text("utf-8")


def test_the_chart_of_many_words_shows_both_methods_and_the_choice_on_both_backends() -> None:
    picture = WORDS.read_text("utf-8")
    labels = re.findall("<!-- (.+?) -->", picture)
    panels = [label for label in labels if ", " in label]
    kernel = panels[0].removeprefix("ASCII, ")
    assert kernel not in {"pure", "portable"}
    assert panels == [f"ASCII, {kernel}", f"Korean, {kernel}", "ASCII, pure", "Korean, pure"]
    assert {"1", "10,000", "words to count", "1 ms", "1 s"} <= set(labels)
    assert labels[-3:] == ["a pass for each word", "one split", "chosen"]
    # Each method has a line in each panel, and in the legend.
    for style in ("stroke: #3b82d6", "stroke-dasharray"):
        assert picture.count(style) == len(panels) + 1
    chosen = re.findall(r'<use xlink:href="#m\w+" [^>]*style="fill: #e8590c', picture)
    assert len(chosen) == len(panels) * 12 + 1  # a point for each number of words
