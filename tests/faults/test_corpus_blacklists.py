"""Blacklists: the right regions, or one message."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.faults.corpus_blacklists import CASES, CHROMOSOMES, ROWS, Case

from tfmoe.core.errors import InputError
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.reading.blacklist import place_blacklist
from tfmoe.data.reading.genome import Chromosomes

GENOME = Chromosomes(CHROMOSOMES, ("chr1", "chr2"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_blacklist(case: Case, tmp_path: Path) -> None:
    path = tmp_path / case.name
    path.write_bytes(case.content)
    if not case.message:
        found = place_blacklist(path, GENOME, {}, "toy")
        assert found.to_numpy().tolist() == [list(row) for row in ROWS]
        # a window that ends right before a region is kept, one that has its first base is not
        windows = found.assign(start=found["start"] - 101, end=found["start"])
        assert not overlaps_table(windows, found).any()
        assert overlaps_table(windows.assign(end=windows["end"] + 1), found).all()
        return
    with pytest.raises(InputError) as error:
        place_blacklist(path, GENOME, {}, "toy")
    message = str(error.value)
    assert message.startswith(str(path)) and "\n" not in message
    for part in case.message:
        assert part in message


def test_no_file_has_no_regions() -> None:
    assert place_blacklist(None, GENOME, {}, "toy").to_numpy().tolist() == []
