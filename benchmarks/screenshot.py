"""Draws docs/screenshot.svg: the command in a terminal, on this project's own texts.

    python benchmarks/screenshot.py

From a checkout in which textcount[cli] is installed.
"""

import os
import pty
import re
import shlex
import subprocess
import sys
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

COMMAND = "textcount -e the -e and *.md"
ROOT = Path(__file__).parents[1]
COLUMNS = 50
"""The columns of the terminal. A phone would shrink a wider picture until nobody can read it."""
WIDTH = 440
"""The width of the picture in pixels, the same as that of the chart."""


def in_a_terminal(command: str) -> str:
    """What a command shows, with its colours."""
    terminal, other = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": str(COLUMNS)}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    subprocess.run(
        ["sh", "-c", command], check=True, cwd=ROOT, env=environment, stdout=other, stderr=other
    )
    os.close(other)
    shown = os.read(terminal, 1 << 20).decode()
    os.close(terminal)
    return shown.replace("\r\n", "\n")


def main() -> None:
    """Run the command, and draw it."""
    console = Console(record=True, width=COLUMNS, file=StringIO())
    console.print(f"[bold]$[/bold] {COMMAND}", highlight=False)
    console.print(Text.from_ansi(in_a_terminal(COMMAND).rstrip()))
    drawn = console.export_svg(title=shlex.split(COMMAND)[0], unique_id="screenshot")
    # Whoever looks has a font; none is fetched from elsewhere.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    drawn = drawn.replace("<svg ", f'<svg width="{WIDTH}" ', 1)
    drawn = "\n".join(line.rstrip() for line in drawn.splitlines())
    (ROOT / "docs" / "screenshot.svg").write_text(drawn + "\n", "utf-8")


if __name__ == "__main__":
    main()
