"""Leaves out, where there is no Rust, the environments that need it."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tox.plugin import impl

if TYPE_CHECKING:
    from tox.config.sets import ConfigSet
    from tox.session.state import State

NEED_RUST = r".*-(native|fallback)|rust|install"


@impl
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:
    """Skip, if no environments were named, those that cannot be built."""
    del core_conf
    options = state.conf.options
    if not has_rust() and options.env.is_default_list and not options.skip_env:
        options.skip_env = NEED_RUST
        print(f"no Rust on this machine: leaving out {NEED_RUST}", file=sys.stderr)


def has_rust() -> bool:
    """Whether cargo runs."""
    try:
        return subprocess.run(("cargo", "-V"), capture_output=True, check=False).returncode == 0
    except OSError:
        return False
