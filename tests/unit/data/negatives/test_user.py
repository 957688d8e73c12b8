import hashlib
import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.negatives.kinds.user import place_supplied, supplied_candidates
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.peaks import PlacedPeaks

CHROMOSOMES = Chromosomes({"chr1": 1000, "chr2": 500, "chr3": 90}, ("chr1", "chr2"))
REGIONS = pd.DataFrame(
    {
        "chrom": ["chr1", "chr1", "chr2"],
        "start": [0, 600, 0],
        "end": [500, 1000, 500],
        "split": ["train", "test", "gate"],
    }
)
OWN = pd.DataFrame({"chrom": ["chr1"], "start": [200], "end": [300]})


def place(path: Path, text: str, checksum: str | None = None) -> PlacedPeaks:
    path.write_text(text)
    placed = place_supplied([path], [checksum], CHROMOSOMES, {}, "toy")
    assert placed is not None
    return placed


def test_no_file() -> None:
    assert place_supplied([], [], CHROMOSOMES, {}, "toy") is None


def test_the_checksum_is_checked(tmp_path: Path) -> None:
    text = "chr1\t10\t60\n"
    right = hashlib.sha256(text.encode()).hexdigest()
    assert len(place(tmp_path / "x.bed", text, right).table) == 1
    with pytest.raises(InputError, match=r"x\.bed"):
        place(tmp_path / "x.bed", text, "0" * 64)


def test_regions_become_windows_in_splits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    rows = [
        "chr1\t20\t61",  # the middle is 40: a window from 35 to 45
        "1\t204\t205",  # in a peak
        "chr1\t304\t305",  # its first base lies before the peak's end
        "chr1\t305\t306",  # next to the peak: kept
        "chr1\t305\t307",  # the middle is 306
        "chr1\t20\t61",  # twice
        "chr1\t2\t5",  # at the edge
        "chr1\t545\t556",  # in the gap
        "chr1\t700\t701",
        "chr2\t100\t101",
        "chr3\t10\t20",  # not in use
    ]
    supplied = place(tmp_path / "x.bed", "\n".join(rows) + "\n")
    assert supplied.read == 11
    with caplog.at_level(logging.WARNING):
        pool = supplied_candidates("x", supplied, CHROMOSOMES.lengths, 11, OWN, REGIONS)
    assert caplog.messages[-1] == (
        "x: 1 of the 11 negatives in its file lie on chromosomes that are not in use, 1 at the end "
        "of a chromosome, and 1 in a gap between splits"
    )
    assert pool.valid_table.to_numpy().tolist() == [
        ["chr1", 35, 46],
        ["chr1", 300, 311],
        ["chr1", 301, 312],
        ["chr1", 695, 706],
        ["chr2", 95, 106],
    ]
    chosen = pool.choose("train", 9, np.random.default_rng(0))
    assert chosen.reason == (
        "3 of 6 regions of the file are usable; rejected: 2 touching a peak of the factor or the "
        "blacklist, 1 duplicated"
    )


def test_summits_of_the_file_are_the_middle(tmp_path: Path) -> None:
    row = ["chr1", "700", "800", "n", "0", ".", "5", "-1", "-1", "20"]
    supplied = place(tmp_path / "x.narrowPeak", "\t".join(row) + "\n")
    pool = supplied_candidates("x", supplied, CHROMOSOMES.lengths, 11, OWN, REGIONS)
    assert pool.table.to_numpy().tolist() == [["chr1", 715, 726]]
