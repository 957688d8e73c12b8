from pathlib import Path

import numpy as np
import pytest

from tfmoe.application.scan.hits import (
    HitFinder,
    Hits,
    bed_lines,
    join_hits,
    keep_highest,
    local_maxima,
)
from tfmoe.application.scan.track import Stretch


def maxima(values: list[float], positions: list[int] | None = None, stride: int = 1) -> list[int]:
    at = np.arange(len(values)) if positions is None else np.array(positions)
    return np.flatnonzero(local_maxima(at, np.array(values, dtype=np.float64), stride)).tolist()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], []),
        ([1], [0]),
        ([1, 2, 1], [1]),
        ([3, 2, 1, 2], [0, 3]),
        # of equal neighbours the middle one, unless what follows is higher
        ([1, 2, 2, 2, 1], [2]),
        ([1, 2, 2, 2, 2, 2], [3]),
        ([1, 2, 2, 3, 3], [3]),
        ([3, 2, 2, 1], [0]),
        ([5, 5], [0]),
    ],
)
def test_local_maxima(values: list[float], expected: list[int]) -> None:
    assert maxima(values) == expected


def test_values_apart_are_no_neighbours() -> None:
    assert maxima([1, 2, 3], [0, 1, 3]) == [1, 2]
    assert maxima([2, 2, 2], [0, 1, 3]) == [0, 2]
    assert maxima([1, 2, 1], [0, 5, 10], stride=5) == [1]


def test_the_highest_excludes_those_near_it() -> None:
    positions = np.array([0, 4, 8, 20, 25])
    values = np.array([1.0, 2.0, 1.5, 7.0, 7.0])
    # 0 and 8 are less than 5 from 4; of the equal ones, the first
    assert keep_highest(positions, values, 5).tolist() == [False, True, False, True, True]
    assert keep_highest(positions, values, 6).tolist() == [False, True, False, True, False]
    # an excluded value excludes none
    chain = keep_highest(np.array([0, 4, 8]), np.array([3.0, 2.0, 1.0]), 5)
    assert chain.tolist() == [True, False, True]
    assert keep_highest(np.zeros(0, dtype=np.int64), np.zeros(0), 5).tolist() == []


def test_hits_do_not_depend_on_where_stretches_end() -> None:
    values = np.random.default_rng(0).normal(size=300).round(1).astype(np.float32)
    values[70:80] = np.nan
    found = []
    for size in (300, 7):
        finder = HitFinder(0.5, 11)
        for start in range(0, 300, size):
            part = values[start : start + size]
            finder.add(Stretch("c", 1000 + start, 1000 + start + len(part), 1, part))
        found.append(finder.hits())
    assert found[0].positions.tolist() == found[1].positions.tolist()
    assert len(found[0].positions) > 10
    assert np.diff(found[0].positions).min() >= 6
    assert found[0].logits.min() >= 0.5
    np.testing.assert_allclose(found[0].logits, values[found[0].positions - 1000], atol=1e-4)


def test_rounding_errors_do_not_move_a_hit() -> None:
    finder = HitFinder(1, 11)
    finder.add(Stretch("c", 0, 5, 1, np.array([1, 2, 2 + 2e-6, 2, 1], dtype=np.float32)))
    assert finder.hits().positions.tolist() == [2]
    finder.add(Stretch("c", 50, 55, 1, np.array([1, 2 + 2e-6, 2, 2, 1], dtype=np.float32)))
    assert finder.hits().positions.tolist() == [2, 52]


def test_no_hits() -> None:
    finder = HitFinder(0.5, 11)
    assert len(finder.hits().positions) == 0
    finder.add(Stretch("c", 0, 3, 1, np.zeros(3, dtype=np.float32)))
    assert len(finder.hits().positions) == 0


def test_lines_end_where_the_chromosome_ends() -> None:
    hits = Hits(np.array([2, 50, 98]), np.array([0.0, 2.0, -20.0]))
    assert bed_lines("chr1", 100, hits, 11, "CTCF") == [
        "chr1\t0\t8\tCTCF_chr1_2\t500\t.\t0.0000\t0.5\n",
        "chr1\t45\t56\tCTCF_chr1_50\t881\t.\t2.0000\t0.8808\n",
        "chr1\t93\t100\tCTCF_chr1_98\t0\t.\t-20.0000\t2.061e-09\n",
    ]


def test_joined_hits_have_one_header(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("# x\n#chrom\na\t1\na\t2\n")
    (tmp_path / "b").write_text("# x\n#chrom\n")
    (tmp_path / "c").write_text("# x\n#chrom\nc\t1\n")
    join_hits([tmp_path / name for name in "abc"], tmp_path / "all.bed")
    assert (tmp_path / "all.bed").read_text() == "# x\n#chrom\na\t1\na\t2\nc\t1\n"
