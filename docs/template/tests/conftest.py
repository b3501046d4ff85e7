"""Run each test of the function on both backends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest

from nearby import _backend

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture(scope="session", params=["pure", "native"])  # Hypothesis needs the scope
def distance(request: pytest.FixtureRequest) -> Callable[..., Any]:
    if request.param == "pure":
        return _backend.PYTHON["distance"]
    if os.environ.get("NEARBY_BACKEND", "").lower() == "pure":
        pytest.skip("NEARBY_BACKEND=pure is set")
    # Where the extension is missing, this fails: no test disappears silently.
    function: Callable[..., Any] = _backend.load().distance
    return function
