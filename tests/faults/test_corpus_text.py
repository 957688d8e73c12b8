"""Texts and containers of peak files: the right peaks, or one message."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.faults.corpus_text import CHROMOSOMES, READ, REFUSED, ROWS, Case

from tfmoe.core.errors import InputError
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import place_all

GENOME = Chromosomes(CHROMOSOMES, tuple(CHROMOSOMES))


def names(case: Case) -> str:
    return case.name


@pytest.mark.parametrize("case", READ, ids=names)
def test_the_right_peaks(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / case.name).write_bytes(case.content)
    table = place_all([tmp_path / case.name], GENOME, {}, "toy").table
    assert table[["chrom", "start", "end"]].to_numpy().tolist() == ROWS
    warnings = [record.getMessage() for record in caplog.records if "packed_files" in record.name]
    assert len(warnings) == bool(case.warning)
    assert case.warning in "".join(warnings)
    assert not [record for record in caplog.records if record.levelno > logging.WARNING]


@pytest.mark.parametrize("case", REFUSED, ids=names)
def test_one_message(case: Case, tmp_path: Path) -> None:
    (tmp_path / case.name).write_bytes(case.content)
    with pytest.raises(InputError) as error:
        place_all([tmp_path / case.name], GENOME, {}, "toy")
    message = str(error.value)
    assert message.count("\n") == 0
    assert message.startswith(f"{tmp_path}/{case.name}")
    for part in case.message:
        assert part in message
