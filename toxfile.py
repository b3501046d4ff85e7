"""Skip the environments that need Rust, or its nightly, on a machine without it."""

from __future__ import annotations

import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

from tox.plugin import impl

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State

REQUIREMENTS = [
    # environments, a command that must run, a part of its output
    (
        r".*-(native|fallback)|coverage|guide|install|benchmark|foreign|minimum-rust",
        "cargo -V",
        "cargo",
    ),
    ("rust", "cargo clippy -V", "clippy"),
    ("rust", "cargo fmt --version", "rustfmt"),
    ("asan", "rustc +nightly -vV", "host: x86_64-unknown-linux-gnu"),
]


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Skip what cannot run in the default list and in labels, but not what -e names."""
    del core_conf
    options = state.conf.options
    selection = getattr(options, "env", None)  # tox list has none
    if selection is None or not selection.is_default_list:  # -m leaves it at the default
        return
    for environments, command, expected in REQUIREMENTS:
        if expected not in output_of(command):
            print(f"skipping {environments}: `{command}` failed", file=sys.stderr)
            options.skip_env = "|".join(filter(None, (options.skip_env, environments)))


def output_of(command: str) -> str:
    """Return the output of a command, or an empty text if the command fails."""
    try:
        run = subprocess.run(shlex.split(command), capture_output=True, check=True, text=True)
    except (OSError, subprocess.CalledProcessError):
        return ""
    return run.stdout
