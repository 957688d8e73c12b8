"""Fixtures of the data stage's tests."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import Codes, encode
from tfmoe.data.reading.genome import Genome


@pytest.fixture(scope="session")
def cut() -> Callable[[Genome, pd.DataFrame, int], Codes]:
    """Return a function that cuts windows with flanks out of a genome, one by one."""

    def by_hand(genome: Genome, table: pd.DataFrame, flank: int) -> Codes:
        rows = []
        for row in table.itertuples():
            text = genome.letters(row.chrom).tobytes().decode()
            padded = "N" * flank + text + "N" * flank
            rows.append(padded[row.start : row.end + 2 * flank])
        return encode(rows) if rows else np.zeros((0, 2 * flank), dtype=np.uint8)

    return by_hand
