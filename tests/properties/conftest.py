"""Properties that hold for all inputs, checked by hypothesis on a fixed sequence of examples."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

# derandomised: a failure in CI is a fault of the change, and anyone can repeat it
settings.register_profile("fixed", derandomize=True, deadline=None, max_examples=30, database=None)
settings.load_profile("fixed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder whose files each example overwrites."""
    return tmp_path_factory.mktemp("properties")
