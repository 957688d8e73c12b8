from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.application.variants.drawing import draw_background_variants
from tfmoe.application.variants.windows import Kind
from tfmoe.core.dna import Codes, decode, encode
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import COLUMNS, SequenceSet, write_sequences

WINDOW = 21
FLANK = 8
NUMBERS = {Kind.SNV: 100, Kind.MNV: 30, Kind.INSERTION: 40, Kind.DELETION: 50}


def write_set(
    path: Path, codes: Codes, split: str = "gate", kind: str = "peak", flank: int = FLANK
) -> Path:
    table = pd.DataFrame(
        {
            "name": [f"{path.stem}:{row}" for row in range(len(codes))],
            "chrom": "chr1",
            "start": np.arange(len(codes)),
            "end": np.arange(len(codes)) + WINDOW,
            "strand": ".",
            "label": int(kind == "peak"),
            "kind": kind,
            "parent": None,
            "split": split,
            "repeat_share": np.float32(0),
            "rank": -1,
        }
    )[list(COLUMNS)]
    write_sequences(SequenceSet(table, codes, flank), path)
    return path


def random_codes(rows: int, length: int = WINDOW + 2 * FLANK, seed: int = 0) -> Codes:
    return np.random.default_rng(seed).integers(0, 4, (rows, length)).astype(np.uint8)


@pytest.fixture
def sequences(tmp_path: Path) -> list[Path]:
    return [
        write_set(tmp_path / "a.parquet", random_codes(7)),
        write_set(tmp_path / "b.parquet", random_codes(4, seed=1), "validation", "genomic"),
    ]


def of_kind(kinds: list[Kind], kind: Kind) -> np.ndarray:
    return np.array([own == kind for own in kinds])


def test_each_kind_has_its_number(sequences: list[Path]) -> None:
    drawn = draw_background_variants(sequences, 1, NUMBERS)
    assert {kind: drawn.kinds.count(kind) for kind in Kind} == NUMBERS
    assert drawn.ref.shape == drawn.alt.shape == (220, WINDOW)
    assert drawn.ref.dtype == np.uint8
    # the flanks are long enough for all windows
    assert drawn.ref.max() < 4
    assert drawn.alt.max() < 4


def test_snvs_replace_the_middle_base(sequences: list[Path]) -> None:
    drawn = draw_background_variants(sequences, 1, NUMBERS)
    rows = of_kind(drawn.kinds, Kind.SNV)
    differs = drawn.ref[rows] != drawn.alt[rows]
    assert differs[:, WINDOW // 2].all()
    assert (differs.sum(axis=1) == 1).all()
    changes = set(zip(drawn.ref[rows][differs].tolist(), drawn.alt[rows][differs].tolist(),
                      strict=True))  # fmt: skip
    assert len(changes) == 12


def test_mnvs_replace_two_or_three_bases(sequences: list[Path]) -> None:
    drawn = draw_background_variants(sequences, 1, NUMBERS)
    rows = of_kind(drawn.kinds, Kind.MNV)
    assert set((drawn.ref[rows] != drawn.alt[rows]).sum(axis=1)) == {2, 3}


def test_windows_lie_within_the_stored_sequences(sequences: list[Path], tmp_path: Path) -> None:
    drawn = draw_background_variants(sequences, 1, NUMBERS)
    stored = decode(np.concatenate([random_codes(7), random_codes(4, seed=1)]))
    texts = {
        kind: (
            decode(drawn.ref[of_kind(drawn.kinds, kind)]),
            decode(drawn.alt[of_kind(drawn.kinds, kind)]),
        )
        for kind in Kind
    }
    for kind in Kind:
        assert all(any(ref in text for text in stored) for ref in texts[kind][0])
    # around a deletion of k bases, a window of the genome is joined from two pieces k bases apart
    sizes = set()
    for ref, alt in zip(*texts[Kind.DELETION], strict=True):
        (size,) = {
            size
            for size in range(1, 11)
            for text in stored
            if ref in text
            for at in range(len(text) - WINDOW - size + 1)
            if text[at : at + 10] + text[at + 10 + size : at + WINDOW + size] == alt
            and text.index(ref) == at + 10 - (WINDOW - size) // 2
        }
        sizes.add(size)
    assert {1, 2} < sizes
    # each insertion leaves a piece of the window on both sides
    for ref, alt in zip(*texts[Kind.INSERTION], strict=True):
        assert any(
            ref[10 - (WINDOW - size) // 2 : 10]
            + ref[10 : 10 + WINDOW - size - (WINDOW - size) // 2]
            == alt[: (WINDOW - size) // 2] + alt[(WINDOW - size) // 2 + size :]
            for size in range(1, 11)
        )


def test_equal_seeds_draw_equal_variants(sequences: list[Path]) -> None:
    first, again, other = (draw_background_variants(sequences, seed, NUMBERS) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.alt, again.alt)
    assert (first.alt != other.alt).any()


def test_only_windows_that_no_network_was_trained_on(tmp_path: Path) -> None:
    paths = [
        write_set(tmp_path / "a.parquet", np.zeros((3, 37), np.uint8), "train"),
        write_set(tmp_path / "b.parquet", np.full((3, 37), 3, np.uint8), "test"),
        write_set(tmp_path / "c.parquet", np.full((1, 37), 2, np.uint8), "gate"),
        write_set(tmp_path / "d.parquet", np.full((1, 37), 1, np.uint8), "gate", "genomic"),
        # shuffles are no real sequence
        write_set(tmp_path / "e.parquet", np.full((1, 37), 3, np.uint8), "gate", "dinucleotide"),
    ]
    drawn = draw_background_variants(paths, 1, {Kind.DELETION: 20})
    assert {int(row[0]) for row in drawn.ref} == {1, 2}


def test_shuffles_serve_where_there_are_no_other_negatives(tmp_path: Path) -> None:
    paths = [
        write_set(tmp_path / "c.parquet", np.full((1, 37), 2, np.uint8)),
        write_set(tmp_path / "e.parquet", np.full((1, 37), 3, np.uint8), kind="dinucleotide"),
    ]
    drawn = draw_background_variants(paths, 1, {Kind.DELETION: 20})
    assert {int(row[0]) for row in drawn.ref} == {2, 3}


def test_without_flanks_windows_are_filled_up(tmp_path: Path) -> None:
    path = write_set(tmp_path / "a.parquet", random_codes(5, WINDOW), flank=0)
    drawn = draw_background_variants([path], 1, NUMBERS)
    rows = of_kind(drawn.kinds, Kind.DELETION)
    assert (drawn.ref[~rows] < 4).all()
    assert (drawn.alt[~rows] < 4).all()
    assert ((drawn.alt[rows] == 4).sum(axis=1) >= 1).all()
    assert (drawn.alt[rows][:, 6:-6] < 4).all()


def test_flanks_beyond_the_ends_of_sequences_are_not_needed(tmp_path: Path) -> None:
    codes = random_codes(5)
    codes[:, :FLANK] = codes[:, -FLANK:] = 4
    drawn = draw_background_variants([write_set(tmp_path / "a.parquet", codes)], 1, {Kind.SNV: 20})
    assert set(decode(drawn.ref)) == set(decode(codes[:, FLANK:-FLANK]))


def test_no_windows(tmp_path: Path) -> None:
    path = write_set(tmp_path / "a.parquet", encode(["N" * 37]))
    with pytest.raises(InputError, match="no window without unknown bases"):
        draw_background_variants([path], 1, NUMBERS)
