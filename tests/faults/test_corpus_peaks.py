"""Peak files of kinds 1, 2 and 3: the right summits, strengths and first base, or one message."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from tests.faults import corpus_coordinates, corpus_strengths, corpus_summits
from tests.faults.peak_cases import CHROMOSOMES, PEAKS, Case

from tfmoe.core.errors import InputError
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peak_layout import ReadAs
from tfmoe.data.reading.peaks import PlacedPeaks, place_all
from tfmoe.data.windows.select import check_strength, window_starts

GENOME = Chromosomes(CHROMOSOMES, tuple(CHROMOSOMES))
READ = (*corpus_coordinates.CASES, *corpus_summits.CASES)


def place(case: Case, folder: Path) -> PlacedPeaks:
    """Write the file of a case and place its peaks."""
    path = folder / "peaks"
    path.write_text(case.content)
    return place_all([path], GENOME, {}, "x", [ReadAs(**case.given)])


def check_table(case: Case, placed: PlacedPeaks) -> None:
    """Compare all columns, and the windows of 101 bases, with the right ones."""
    table = placed.table
    assert table["chrom"].tolist() == [peak[0] for peak in PEAKS]
    assert table["start"].tolist() == [peak[1] for peak in PEAKS]
    assert table["end"].tolist() == [peak[2] for peak in PEAKS]
    assert table["summit"].tolist() == case.summits
    assert window_starts(table["summit"], 101).tolist() == [each - 50 for each in case.summits]
    assert table["signal"].tolist() == case.signals
    assert placed.files[0].layout.first_base == case.base


def check_warnings(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """Compare the warnings with the right one; without one, there must be none."""
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    if case.warning:
        assert any(case.warning in warning for warning in warnings), warnings
    else:
        assert not warnings


def names(cases: tuple[Case, ...]) -> list[str]:
    """Return the names of cases."""
    return [case.name for case in cases]


@pytest.mark.parametrize("case", READ, ids=names(READ))
def test_reading(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    if case.message:
        with pytest.raises(InputError) as error:
            place(case, tmp_path)
        assert all(part in str(error.value) for part in case.message), error.value
        return
    check_table(case, place(case, tmp_path))
    check_warnings(case, caplog)


@pytest.mark.parametrize("case", corpus_strengths.CASES, ids=names(corpus_strengths.CASES))
def test_strengths(case: Case, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    def strongest() -> PlacedPeaks:
        placed = place(case, tmp_path)
        check_strength("x", placed, placed.table["signal"], 2)
        return placed

    if case.message:
        with pytest.raises(InputError) as error:
            strongest()
        assert all(part in str(error.value) for part in case.message), error.value
        return
    check_table(case, strongest())
    check_warnings(case, caplog)


@pytest.mark.parametrize("cases", [corpus_coordinates, corpus_summits, corpus_strengths])
def test_at_least_ten_inputs_per_kind(cases) -> None:
    assert len(set(names(cases.CASES))) == len(cases.CASES) >= 10
