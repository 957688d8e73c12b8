"""Seqlets in genome coordinates, and how central they are."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.motifs.patterns import Pattern, Seqlets
from tfmoe.motifs.seqlets import BED_COLUMNS, centrality, read_bed, seqlet_table, write_bed

PLACES = pd.DataFrame(
    {"name": ["a", "b", "unsearched"], "chrom": ["chr2", "chr10", "chr1"], "start": [1000, 50, 0]}
)


def pattern(row, start, strand, contribution=None, width=6, reach=37.0) -> Pattern:
    values = np.ones(len(row)) if contribution is None else np.array(contribution, dtype=float)
    found = Seqlets(np.array(row), np.array(start), np.array(strand, np.int8), values, reach)
    even = np.full((4, width), 0.25)
    return Pattern("pattern_0", even, found)


def test_places_in_the_genome() -> None:
    found = pattern([1, 0, 1], [40, 7, 3], [1, -1, 1], [2.0, 0.5, -1.0])
    table = seqlet_table([found], ["b", "a"], PLACES)
    assert list(table.columns) == list(BED_COLUMNS)
    rows = [tuple(row) for row in table.itertuples(index=False)]
    assert rows == [
        ("chr10", 57, 63, "pattern_0", 250, "-", "b", 7, 0.5),
        ("chr2", 1003, 1009, "pattern_0", 0, "+", "a", 3, -1.0),
        ("chr2", 1040, 1046, "pattern_0", 1000, "+", "a", 40, 2.0),
    ]


def test_ready_sequences_are_their_own_chromosomes() -> None:
    places = PLACES.assign(chrom=".", start=-1)
    table = seqlet_table([pattern([0], [40], [1])], ["b", "a"], places)
    assert table[["chrom", "start", "end"]].to_numpy().tolist() == [["b", 40, 46]]


def test_a_sequence_without_coordinates_is_named() -> None:
    with pytest.raises(InputError, match="sequence c, which is not among"):
        seqlet_table([], ["a", "c"], PLACES)


def test_bed_can_be_read_back(tmp_path: Path) -> None:
    # names such as NA and 1 must remain strings
    places = pd.DataFrame({"name": ["NA", "1"], "chrom": ".", "start": -1})
    table = seqlet_table([pattern([0, 1], [40, 3], [1, -1])], ["NA", "1"], places)
    write_bed(table, tmp_path / "seqlets.bed")
    pd.testing.assert_frame_equal(read_bed(tmp_path / "seqlets.bed"), table, check_dtype=False)
    write_bed(seqlet_table([], ["NA"], places), tmp_path / "none.bed")
    assert (tmp_path / "none.bed").read_text() == ""
    assert list(read_bed(tmp_path / "none.bed").columns) == list(BED_COLUMNS)


def test_a_bed_of_other_columns_is_refused(tmp_path: Path) -> None:
    (tmp_path / "seqlets.bed").write_text("chr1\t1\t2\n")
    with pytest.raises(InputError, match=r"seqlets\.bed: found 3 columns, expected 9"):
        read_bed(tmp_path / "seqlets.bed")


def test_central_and_even_seqlets() -> None:
    # of 101 bases the middle is at 50.5, so a motif of 6 that starts at 47 lies at -0.5
    central = centrality(pattern(range(20), [47] * 20, [1] * 20), 101)
    assert (central.position, central.distance, central.expected_distance) == (-0.5, 0.5, 18.5)
    assert central.centrality_p == pytest.approx(0.5**20)
    even = centrality(pattern(range(75), range(10, 85), [1] * 75), 101)
    assert (even.position, even.distance) == (-0.5, 18.5)
    assert even.centrality_p == pytest.approx(0.5, abs=0.01)
