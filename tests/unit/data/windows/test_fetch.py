from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.data.reading.genome import Genome, prepare_genome
from tfmoe.data.windows import fetch
from tfmoe.data.windows.fetch import fetch_sequences, unknown_bases


@pytest.fixture(params=["whole", "sparse"])
def genome(
    tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Genome]:
    """Return a genome from which chromosomes are read whole, or windows one by one."""
    if request.param == "sparse":
        monkeypatch.setattr(fetch, "_SPARSE", 0)
    (tmp_path / "source.fa").write_text(">II\nACGTacgtnNAC\n>I\nGGGGcccc\n")
    prepare_genome(tmp_path / "source.fa", None, tmp_path / "g.fa", tmp_path / "chromosomes.tsv")
    with Genome(tmp_path / "g.fa") as opened:
        yield opened


def windows(*places: tuple[str, int]) -> pd.DataFrame:
    table = pd.DataFrame(places, columns=["chrom", "start"])
    return table.assign(
        end=table["start"] + 4, name="x", strand=".", label=0, kind="genomic", parent=None,
        split="train",
    )  # fmt: skip


def test_windows_with_flanks_and_repeats(genome: Genome) -> None:
    found = fetch_sequences(genome, windows(("I", 3), ("II", 0), ("II", 6), ("II", 8)), 2)
    np.testing.assert_array_equal(
        found.codes,
        [
            [2, 2, 2, 1, 1, 1, 1, 4],
            [4, 4, 0, 1, 2, 3, 0, 1],
            [0, 1, 2, 3, 4, 4, 0, 1],
            [2, 3, 4, 4, 0, 1, 4, 4],
        ],
    )
    assert found.table["repeat_share"].tolist() == [0.75, 0.0, 0.75, 0.25]
    assert found.table["repeat_share"].dtype == np.float32
    assert found.table["rank"].tolist() == [-1, -1, -1, -1]
    assert found.flank == 2


def test_unknown_bases(genome: Genome) -> None:
    assert unknown_bases(genome, windows(("II", 6), ("I", 2), ("II", 4))).tolist() == [2, 0, 0]


def test_piece_by_piece(genome: Genome, cut, monkeypatch: pytest.MonkeyPatch) -> None:
    places = windows(*[("II", start) for start in range(8)], ("I", 1), ("I", 2), ("I", 4))
    whole = fetch_sequences(genome, places, 1)
    monkeypatch.setattr(fetch, "_PIECE", 3)
    parts = fetch_sequences(genome, places, 1)
    np.testing.assert_array_equal(parts.codes, whole.codes)
    np.testing.assert_array_equal(parts.codes, cut(genome, places, 1))
    assert parts.table.equals(whole.table)


def test_nothing_to_fetch(genome: Genome) -> None:
    assert len(fetch_sequences(genome, windows()[:0], 1)) == 0
    assert unknown_bases(genome, windows()[:0]).tolist() == []


def test_a_chromosome_shorter_than_a_window_with_its_flanks(genome: Genome) -> None:
    found = fetch_sequences(genome, windows(("I", 2)), 5)
    assert found.codes[0].tolist() == [4, 4, 4, 2, 2, 2, 2, 1, 1, 1, 1, 4, 4, 4]
