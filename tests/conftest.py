"""What all tests share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfmoe.core.threads import set_threads

set_threads(1)  # before any test imports a numerical library

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@pytest.fixture
def root() -> Path:
    """Return the root of the checkout."""
    return ROOT


@pytest.fixture
def real_data() -> Path:
    """Return the folder with real data; skip where it is not beside the checkout."""
    if not DATA.is_dir():
        pytest.skip("the folder shared/data with real peaks and genomes is not beside the checkout")
    return DATA
