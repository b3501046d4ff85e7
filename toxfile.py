"""Leaves out, where there is no Rust or no nightly of it, the environments that need it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tox.plugin import impl

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State

NEEDS = [
    # environments, what must run, what it must say
    (r".*-(native|fallback)|rust|guide|install|benchmark|coverage", ("cargo", "-V"), "cargo"),
    (r"asan", ("rustc", "+nightly", "-vV"), "host: x86_64-unknown-linux-gnu"),
]


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Skip, if no environments were named, those that cannot be built."""
    del core_conf
    options = state.conf.options
    chosen = getattr(options, "env", None)  # of tox list there is none
    if chosen is None or not chosen.is_default_list:
        return
    left_out = "|".join(
        environments for environments, command, answer in NEEDS if answer not in said(command)
    )
    if left_out:
        options.skip_env = "|".join(filter(None, (options.skip_env, left_out)))
        print(f"for want of Rust, or of its nightly: without {left_out}", file=sys.stderr)


def said(command: tuple[str, ...]) -> str:
    """What a command prints, or nothing if it does not run."""
    try:
        run = subprocess.run(command, capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout
