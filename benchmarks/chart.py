"""The chart of the README: how fast each candidate counts, as a drawing (SVG)."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import matplotlib as mpl
from matplotlib import pyplot as plt

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

INK = "#808080"
"""Grey that can be read on white and on black."""
COLOURS = {"textcount, native": "#e8590c", "textcount, pure": "#f2a154", "reading": "#5c9ded"}
OTHER = "#9a9a9a"


def draw(path: Path, panels: Sequence[tuple[str, Mapping[str, float]]]) -> None:
    """Draw a panel of bars for each text and needle.

    Args:
        path: where the drawing is written.
        panels: a title, and the speed of each candidate in GB/s.
    """
    mpl.rcParams.update(
        {
            "svg.hashsalt": "textcount",  # the same drawing of the same figures
            "svg.fonttype": "none",
            "font.size": 9,
            "text.color": INK,
            "axes.labelcolor": INK,
            "xtick.color": INK,
            "ytick.color": INK,
        }
    )
    figure, axes = plt.subplots(
        1, len(panels), sharey=True, sharex=True, figsize=(10, 3), layout="constrained"
    )
    for axis, (title, speeds) in zip(axes, panels, strict=True):
        names = list(speeds)
        bars = axis.barh(
            names, list(speeds.values()), color=[COLOURS.get(name, OTHER) for name in names]
        )
        axis.bar_label(bars, labels=[f"{speed:.2g}" for speed in speeds.values()], padding=3)
        axis.set(xscale="log", xlim=(0.005, 90), xlabel="GB/s", title=title)
        axis.title.set_color(INK)
        axis.tick_params(axis="y", length=0)
        axis.spines[:].set_visible(False)
    axes[0].invert_yaxis()
    # Whoever looks at the drawing has a font for each script.
    warnings.filterwarnings("ignore", "Glyph")
    figure.savefig(path, transparent=True, metadata={"Date": None})
    plt.close(figure)
