"""Draws docs/speed.svg, the chart of the README, and docs/words.svg, from the figures of a run.

    python benchmarks/chart.py FIGURES.json docs/speed.svg

The figures are those that ``benchmarks/counting.py`` or ``benchmarks/words.py`` writes with
``--json``. They decide which chart is drawn. Drawing the first needs a Korean font (Debian:
``fonts-nanum``). Looking at the drawing needs none, because every character is an outline.
"""

from __future__ import annotations

import json
import statistics
import sys
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Mapping

TEXTS = {
    ("English", "the"): "o",
    ("English", "housewives"): "D",
    ('"a " * n', "a"): "s",
    ("Korean, 2 bytes", "영화"): "^",
}
"""The texts and needles of the chart, each with the shape of its points."""

COLOURS = {"textcount, native": "#e8590c", "textcount, pure": "#e8590c", "reading": "#3b82d6"}
OTHER = INK = "#808080"
"""Grey that can be read on white and on black."""

NOT_SHOWN = {"str.count", "StringZilla", "native, 1 MB", "native, 16 KB"}
"""Candidates that count substrings, or in another text."""

KOREAN = ("NanumGothic", "NotoSansCJK-Regular", "NotoSansKR-Regular", "malgun", "AppleSDGothicNeo")
"""The names of fonts' files, one of which has to be installed."""

WIDTH, ROW, REST = 440, 30, 130
"""Pixels: the width of the chart, the height of a row, and the height of all that is no row. The
chart is as narrow as a phone, because a wider one would be shrunk there with its labels."""

METHODS = {
    "passes": ("a pass for each word", {"color": "#3b82d6", "linewidth": 1.5}),
    "split": ("one split", {"color": INK, "linewidth": 1.5, "linestyle": "--"}),
    "choice": ("chosen", {"color": "#e8590c", "linestyle": "", "marker": "o", "markersize": 5}),
}
"""The methods of the chart of many words, each with its label and how it is drawn."""

WORDS_TEXTS = ("ASCII", "Korean")
"""The texts of the chart of many words."""

PANEL, AROUND = 175, 120
"""Pixels: the height of a panel of the chart of many words, and the height of all around them."""

LABEL = 15
"""The height of the labels in pixels."""

PIXELS = 96
"""Pixels in an inch."""


def speeds(figures: Mapping[str, Any]) -> dict[str, dict[tuple[str, str], float]]:
    """Return the median speeds in bytes a second, by candidate, text and needle."""
    found: dict[str, dict[tuple[str, str], float]] = {}
    for each in figures["large"]:
        case = each["text"], each["needle"]
        if case in TEXTS and each["candidate"] not in NOT_SHOWN:
            speed = each["bytes"] / statistics.median(each["seconds"])
            found.setdefault(each["candidate"], {})[case] = speed
    return dict(sorted(found.items(), key=lambda pair: statistics.geometric_mean(pair[1].values())))


def draw(path: Path, figures: Mapping[str, Any]) -> None:
    """Draw a row for each candidate, with a point for each text.

    The axis is logarithmic, as the speeds differ by a factor of a thousand. So the drawing has
    points: on such an axis the length of a bar would mean nothing.
    """
    set_style("DejaVu Sans", korean_font())
    rows = speeds(figures)
    size = WIDTH / PIXELS, (ROW * len(rows) + REST) / PIXELS
    figure, axis = plt.subplots(figsize=size, layout="constrained")
    for row, (name, by_case) in enumerate(rows.items()):
        for lane, (case, marker) in enumerate(TEXTS.items()):
            # Each text has a lane of its own, so that no point hides another.
            place = row + (lane - (len(TEXTS) - 1) / 2) * 0.2
            colour = COLOURS.get(name, OTHER)
            axis.plot(by_case[case], place, marker, color=colour, markersize=6, clip_on=False)
    for (text, needle), marker in TEXTS.items():
        label = f"{text.partition(',')[0]}: {needle}"
        axis.plot([], [], marker, color=INK, markersize=6, label=label)
    figure.legend(
        loc="outside upper left", ncols=2, frameon=False, handletextpad=0.2, columnspacing=1
    )
    axis.set(xscale="log", xlim=(1e7, 2e10), ylim=(len(rows) - 0.5, -0.5))
    axis.set_xticks([1e7, 1e8, 1e9, 1e10], ["10 MB/s", "100 MB/s", "1 GB/s", "10 GB/s"])
    axis.set_yticks(range(len(rows)), list(rows))
    draw_grid(axis, "x")
    save(figure, path)


def draw_words(path: Path, figures: Mapping[str, Any]) -> None:
    """Draw a panel for each backend and text: the seconds of the methods, and of the choice.

    Of the kernels, the fastest is drawn. Both axes are logarithmic, so the drawing has no bars.
    """
    set_style("DejaVu Sans")
    by_panel: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for each in figures["words"]:
        by_panel.setdefault((each["kernel"], each["text"]), []).append(each)
    kernels = list(dict.fromkeys(kernel for kernel, _ in by_panel))
    rows = dict.fromkeys((kernels[-1], "pure"))
    size = WIDTH / PIXELS, (PANEL * len(rows) + AROUND) / PIXELS
    figure, panels = plt.subplots(
        len(rows),
        len(WORDS_TEXTS),
        figsize=size,
        layout="constrained",
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for axis, (kernel, text) in zip(panels.flat, product(rows, WORDS_TEXTS), strict=True):
        for method, (label, style) in METHODS.items():
            timed = [row for row in by_panel[kernel, text] if method in row["seconds"]]
            x = [row["words"] for row in timed]
            y = [row["seconds"][method] for row in timed]
            axis.plot(x, y, label=label, clip_on=False, **style)
        axis.set_title(f"{text}, {kernel}", fontsize="medium")
        axis.set(xscale="log", xlim=(1, 1e4), yscale="log", ylim=(1e-3, 10))
        axis.set_xticks([1, 10, 100, 1000, 1e4], ["1", "", "100", "", "10,000"])
        axis.set_yticks([1e-3, 1e-2, 1e-1, 1, 10], ["1 ms", "10 ms", "0.1 s", "1 s", "10 s"])
        draw_grid(axis, "both")
        axis.tick_params(axis="x", pad=8)  # away from the lowest label of the other axis
    figure.legend(
        *axis.get_legend_handles_labels(),
        loc="outside upper left",
        ncols=len(METHODS),
        frameon=False,
        handlelength=1.3,
        handletextpad=0.4,
        columnspacing=1,
    )
    figure.supxlabel("words to count", fontsize="medium")
    save(figure, path)


def set_style(*fonts: str) -> None:
    """Set the fonts and the ink of all charts."""
    mpl.rcParams.update(
        {
            "svg.hashsalt": "textcount",  # the same drawing of the same figures
            "font.family": fonts,
            "font.size": LABEL * 72 / PIXELS,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )


def draw_grid(axis: Any, lines: str) -> None:
    """Draw thin lines at the labels of an axis, or of both, and no frame."""
    axis.minorticks_off()
    axis.tick_params(length=0)
    axis.grid(axis=lines, color=INK, alpha=0.4)
    axis.spines[:].set_visible(False)


def save(figure: Any, path: Path) -> None:
    """Write a chart without a background and without the date, for the same file each time."""
    figure.savefig(path, transparent=True, metadata={"Date": None})
    plt.close(figure)


def korean_font() -> str:
    """Find a Korean font that is installed; return its name."""
    for path in sorted(font_manager.findSystemFonts()):
        if Path(path).stem in KOREAN:
            font_manager.fontManager.addfont(path)  # the font may be newer than Matplotlib's list
            name: str = font_manager.FontProperties(fname=path).get_name()
            return name
    sys.exit(f"the chart needs a Korean font: {', '.join(KOREAN)}")


def main() -> None:
    """Draw the chart of the figures in a file."""
    figures, path = map(Path, sys.argv[1:])
    found = json.loads(figures.read_text("utf-8"))
    (draw_words if "words" in found else draw)(path, found)


if __name__ == "__main__":
    main()
