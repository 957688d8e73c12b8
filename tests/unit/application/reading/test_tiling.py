from itertools import repeat

import numpy as np
import pandas as pd
import pytest

from tfmoe.application.reading.tiling import (
    Stretches,
    Tiles,
    default_stride,
    iterate_tiles,
    least_length,
    pad,
    pad_records,
    tile_counts,
)
from tfmoe.core.dna import decode
from tfmoe.data.reading.fasta_stream import as_records


def stretches(*sequences: str, window: int) -> Stretches:
    names = [str(number) for number in range(len(sequences))]
    return pad_records(as_records(names, sequences), window, pd.DataFrame({"name": names}))


def tiles_of(*blocks: Stretches, window: int, stride: int, size: int = 100) -> list[Tiles]:
    return list(iterate_tiles(blocks, window, stride, repeat(size)))


def test_limits() -> None:
    assert [least_length(window) for window in (1, 12, 13, 101)] == [1, 4, 5, 34]
    assert [default_stride(window) for window in (1, 12, 101)] == [1, 3, 25]


@pytest.mark.parametrize(
    ("sequence", "window", "expected", "place"),
    [
        ("ACGTAC", 6, "ACGTAC", [0, 6]),
        ("ACGTA", 7, "NACGTAN", [0, 5]),
        ("ACGT", 7, "NACGTNN", [0, 4]),
        ("ACGTA", 6, "NACGTA", [0, 5]),
        ("ACG", 7, "NNACGNN", [0, 3]),
    ],
)
def test_short_sequences_are_padded(
    sequence: str, window: int, expected: str, place: list[int]
) -> None:
    (tiles,) = tiles_of(stretches(sequence, window=window), window=window, stride=1)
    assert decode(tiles.codes) == [expected]
    assert tiles.places.tolist() == [place]


def test_too_short_ones_have_no_tiles() -> None:
    block = stretches("AC", "", "ACGT", "AAAAAAAA", "CCC", window=8)
    assert block.lengths.tolist() == [0, 0, 8, 8, 8]
    (tiles,) = tiles_of(block, window=8, stride=2)
    assert decode(tiles.codes) == ["NNACGTNN", "AAAAAAAA", "NNNCCCNN"]
    assert tiles.records.tolist() == [2, 3, 4]
    assert tiles.places.tolist() == [[0, 4], [0, 8], [0, 3]]


@pytest.mark.parametrize(
    ("length", "stride", "starts"),
    [
        (4, 2, [0]),
        (5, 2, [0, 1]),
        (6, 2, [0, 2]),
        (7, 2, [0, 2, 3]),
        (7, 4, [0, 3]),
        (9, 4, [0, 4, 5]),
        (6, 1, [0, 1, 2]),
    ],
)
def test_every_base_is_part_of_a_tile(length: int, stride: int, starts: list[int]) -> None:
    sequence = ("ACGT" * 3)[:length]
    (tiles,) = tiles_of(stretches(sequence, window=4), window=4, stride=stride)
    assert tiles.places[:, 0].tolist() == starts
    assert decode(tiles.codes) == [sequence[start : start + 4] for start in starts]
    assert tile_counts(np.array([length]), 4, stride).tolist() == [len(starts)]


def test_tiles_are_yielded_by_number_across_blocks() -> None:
    blocks = [
        stretches("ACGTACGT", "", "AAAA", window=4),
        stretches("CCCC", "GGGG", window=4),
        stretches("TT", window=4),
    ]
    found = tiles_of(*blocks, window=4, stride=1, size=4)
    assert [tiles.records.tolist() for tiles in found] == [[0, 0, 0, 0], [0, 2, 3, 4], [5]]
    assert decode(found[1].codes) == ["ACGT", "AAAA", "CCCC", "GGGG"]
    assert decode(found[2].codes) == ["NTTN"]
    sizes = iter([1, 3, 100])
    counts = [len(tiles.records) for tiles in iterate_tiles(blocks, 4, 1, sizes)]
    assert counts == [1, 3, 5]


def test_places_are_in_the_coordinates_of_the_origin() -> None:
    zeros = np.zeros(2, dtype=np.int64)
    records = as_records(["a", "b"], ["ACG", "ACGTA"])
    block = pad(
        records, 4, pd.DataFrame({"name": ["a", "b"]}), np.array([0, 1000]), np.array([1, 0]), zeros
    )
    (tiles,) = tiles_of(block, window=4, stride=1)
    assert decode(tiles.codes) == ["NACG", "ACGT", "CGTA"]
    assert tiles.places.tolist() == [[0, 3], [1000, 1004], [1001, 1005]]


def test_no_tiles() -> None:
    assert tiles_of(stretches("A", "", window=9), window=9, stride=1) == []
    assert tiles_of(window=9, stride=1) == []
