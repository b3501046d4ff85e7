"""The pictures of the pages can be read in a page's column, on a phone, and without other fonts."""

import re
from pathlib import Path

import pytest

pytestmark = [pytest.mark.own_backend, pytest.mark.once]

DOCS = Path(__file__).parents[1] / "docs"
CHART, SCREENSHOT = (DOCS / name for name in ("speed.svg", "screenshot.svg"))

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


@pytest.mark.parametrize("path", [CHART, SCREENSHOT], ids=lambda path: path.name)
def test_labels_can_be_read_in_the_readme_and_on_a_phone(path: Path) -> None:
    picture = path.read_text("utf-8")
    for column, size in ((README, 12), (PHONE, 10)):
        assert smallest_label(picture) * min(1, column / width(picture)) >= size


def test_the_site_shrinks_pictures_instead_of_cutting_them() -> None:
    assert "img" not in (DOCS / "site.css").read_text("utf-8")


def test_the_chart_needs_no_font_for_its_korean_word() -> None:
    picture = CHART.read_text("utf-8")
    assert "<text" not in picture
    assert "font-family" not in picture
    outlines = picture.partition("<!-- Korean: 영화 -->")[2].partition("</g>")[0]
    used = re.findall(r'<use xlink:href="#(.+?)"', outlines)
    assert len(used) == len("Korean:영화") + 1  # a space is an empty outline
    assert all(f'id="{name}"' in picture for name in used)
    assert len(re.findall(r"NanumGothic|Noto|algun|Apple", " ".join(used))) == len("영화")


def test_the_chart_has_points_on_its_logarithmic_axis_and_no_bars() -> None:
    picture = CHART.read_text("utf-8")
    assert "GB/s" in picture
    filled = re.findall(r'<path d="([^"]*)" [^>]*?style="fill: #(?!808080)', picture)
    assert not filled
