from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.data.intervals import Positions
from tfmoe.data.negatives import genome_scan
from tfmoe.data.negatives.genome_scan import (
    Candidates,
    StartRanges,
    find_candidates,
    find_start_ranges,
    sample_ranges,
)
from tfmoe.data.reading.genome import Genome, prepare_genome

LENGTH = 10
SIZES = {"I": 50_000, "II": 30_000, "III": 5}
WHOLE = pd.DataFrame({"chrom": list(SIZES), "start": 0, "end": list(SIZES.values())})


def regions(*rows: tuple[str, int, int]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["chrom", "start", "end"]).astype(
        {"chrom": "str", "start": "int64", "end": "int64"}
    )


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder: Path = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    text = ""
    for name, size in SIZES.items():
        text += f">{name}\n" + "".join(rng.choice(list("ACGTacgtN"), size)) + "\n"
    (folder / "source.fa").write_text(text)
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    return Genome(folder / "genome.fa")


def find(
    genome: Genome, limit: int, classes: int = 1, step: int = 1, share: float = 1.0, seed: int = 1
) -> Candidates:
    limits = np.full(classes * (LENGTH + 1), limit, dtype=np.int64)
    allowed = find_start_ranges(genome.lengths, WHOLE, regions(), LENGTH)
    rng = np.random.default_rng(seed)
    return find_candidates(genome, allowed, limits, classes, step, share, rng)


def test_places() -> None:
    allowed = find_start_ranges(
        SIZES,
        regions(("II", 100, 200), ("I", -5, 40), ("I", 60, 70), ("I", 80, 89)),
        regions(
            ("I", 15, 20), ("II", 0, 105), ("II", 150, 151), ("II", 152, 160), ("II", 195, 900)
        ),
        LENGTH,
    )
    ranges = {
        chrom: list(zip(*(side.tolist() for side in sides), strict=True))
        for chrom, sides in allowed.ranges.items()
    }
    # a window at 5 ends just before 15; one at 20 begins just behind; 80 to 89 is too short
    assert ranges == {"I": [(0, 6), (20, 31), (60, 61)], "II": [(105, 141), (160, 186)]}
    # keys decide about priorities: another origin would draw other windows
    assert allowed.origins == {"I": 0, "II": 50_020}
    keys = np.array([0, 30, 50_125])
    chrom, start = allowed.locate(keys)
    assert chrom.tolist() == ["I", "I", "II"]
    assert start.tolist() == [0, 30, 105]


def test_long_ranges_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(genome_scan, "_PIECE", 20_000)
    allowed = find_start_ranges(SIZES, WHOLE, regions(("I", 30_000, 30_001)), LENGTH)
    first, stop = allowed.ranges["I"]
    assert first.tolist() == [0, 20_000, 30_001]
    assert stop.tolist() == [20_000, 29_991, 49_991]


@pytest.mark.parametrize(("step", "share", "classes"), [(1, 1.0, 5), (3, 0.25, 1), (7, 0.0, 5)])
def test_every_window_of_the_grid_is_counted(
    genome: Genome, step: int, share: float, classes: int
) -> None:
    found = find(genome, 10**6, classes, step, share)
    allowed = find_start_ranges(genome.lengths, WHOLE, regions(), LENGTH)
    chrom, start = allowed.locate(found.keys)
    for name in ("I", "II"):
        own = start[chrom == name]
        windows = np.lib.stride_tricks.sliding_window_view(genome.letters(name), LENGTH)
        unknown = (windows == ord("N")).sum(axis=1)
        strong = np.isin(windows, np.frombuffer(b"CGcg", dtype=np.uint8)).sum(axis=1)
        lower = (windows >= ord("a")).mean(axis=1)
        fits = np.flatnonzero(unknown <= share * LENGTH)
        offset = own[0] % step
        np.testing.assert_array_equal(own, fits[fits % step == offset])
        gc = np.rint(strong * LENGTH / np.maximum(LENGTH - unknown, 1))
        group = gc + (LENGTH + 1) * np.ceil(lower * 4) * (classes > 1)
        np.testing.assert_array_equal(found.groups[chrom == name], group[own])
    assert set(chrom) == {"I", "II"}


def places_of(found: Candidates, weights: Positions) -> Positions:
    counts = np.histogram(found.keys, 8, (0, 80_000), weights=weights[found.groups])[0]
    return counts / counts.sum()


def test_limits_are_kept_and_thinning_prefers_no_place(
    genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_scan, "_PIECE", 500)
    everything = find(genome, 10**6)
    counts = np.bincount(everything.groups, minlength=LENGTH + 1)
    shares = []
    for seed in range(40):
        thinned = find(genome, 300, seed=seed)
        kept = np.bincount(thinned.groups, minlength=LENGTH + 1)
        # a group below its limit is kept whole; of others a random number about the limit
        np.testing.assert_array_equal(kept[counts <= 300], counts[counts <= 300])
        assert (np.abs(kept[counts > 300] - 300) < 100).all()
        shares.append(places_of(thinned, np.ones(LENGTH + 1)))
    expected = places_of(everything, np.minimum(300 / counts, 1))
    np.testing.assert_allclose(np.mean(shares, axis=0), expected, atol=0.004)


def test_candidates_of_lowest_priority_are_kept(genome: Genome) -> None:
    everything, kept = find(genome, 10**6, step=5), find(genome, 300, step=5)
    expected: list[int] = []
    for group in range(LENGTH + 1):
        rows = np.flatnonzero(everything.groups == group)
        share = min(300 / max(len(rows), 1), 1)
        expected += everything.keys[rows][everything.priorities[rows] < share * 2**32].tolist()
    assert kept.keys.tolist() == sorted(expected)
    assert len(kept.keys) < len(everything.keys)


def test_candidates_are_thinned_before_the_room_runs_out(
    genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(genome_scan, "_PIECE", 500)
    thin = genome_scan._Found.thin
    numbers: list[tuple[int, int]] = []

    def record(found: genome_scan._Found) -> None:
        numbers.append((found.number, len(found.keys)))
        assert len(numbers) <= 2
        thin(found)

    monkeypatch.setattr(genome_scan._Found, "thin", record)
    # three ranges of 500 starts each; room for a candidate less: 1.5 * 333 + 1000
    part = regions(("I", 0, 1509))
    allowed = find_start_ranges(genome.lengths, part, regions(), LENGTH)
    limits = np.full(LENGTH + 1, 30, dtype=np.int64)
    limits[0] += 3
    find_candidates(genome, allowed, limits, 1, 1, 1.0, np.random.default_rng(1))
    assert numbers[0] == (1000, 1499)
    assert numbers[1][0] < 1000


def test_each_seed_has_its_own_priorities(genome: Genome) -> None:
    allowed = find_start_ranges(genome.lengths, regions(("I", 7, 17)), regions(), LENGTH)
    limits = np.ones(LENGTH + 1, dtype=np.int64)
    priorities = [
        find_candidates(genome, allowed, limits, 1, 1, 1.0, np.random.default_rng(seed)).priorities
        for seed in range(200)
    ]
    assert len(set(np.concatenate(priorities).tolist())) == 200


def test_groups_without_candidates_and_without_limit(genome: Genome) -> None:
    allowed = find_start_ranges(genome.lengths, regions(("I", 7, 17)), regions(), LENGTH)
    with np.errstate(divide="raise", invalid="raise"):
        limits = np.zeros(LENGTH + 1, dtype=np.int64)
        found = find_candidates(genome, allowed, limits, 1, 1, 1.0, np.random.default_rng(1))
        assert len(found.keys) == 0


def test_groups_not_wanted_are_left_out(genome: Genome) -> None:
    limits = np.zeros(LENGTH + 1, dtype=np.int64)
    limits[4] = 50
    allowed = find_start_ranges(genome.lengths, WHOLE, regions(), LENGTH)
    rng = np.random.default_rng(1)
    found = find_candidates(genome, allowed, limits, 1, 1, 0.0, rng)
    assert set(found.groups) == {4}
    assert 20 < len(found.keys) < 100
    assert (np.diff(found.keys) > 0).all()


def test_a_random_part_has_about_as_many_starts_as_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(genome_scan, "_SAMPLED", 100)
    allowed = find_start_ranges(SIZES, WHOLE, regions(("I", 1000, 1050)), LENGTH)
    assert allowed.number == 49_991 - 59 + 29_991
    counts = np.zeros(50_000, dtype=np.int64)
    for seed in range(200):
        part = sample_ranges(allowed, 8000, np.random.default_rng(seed))
        assert 8000 <= part.number < 8100
        assert part.origins == allowed.origins
        for first, stop in zip(*part.ranges["I"], strict=True):
            assert stop - first <= 100
            counts[first:stop] += 1
    # a tenth of all starts, each as likely as any other, but none that is not allowed
    assert counts[991:1050].max() == 0
    shares = counts[:990] / 200, counts[1050:49_991] / 200
    assert abs(shares[0].mean() - 0.1) < 0.02
    assert abs(shares[1].mean() - 0.1) < 0.005
    assert max(share.max() for share in shares) < 0.2
    assert counts[49_991:].max() == 0


def test_few_ranges_are_read_one_by_one_with_the_same_result(
    genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    ends = np.array([107, 2000, 9000, 49_991])
    part = StartRanges({"I": (ends - [100, 1, 500, 90], ends)}, {"I": 0}, LENGTH)
    limits = np.full(LENGTH + 1, 10**6, dtype=np.int64)

    def found() -> list[list[int]]:
        rng = np.random.default_rng(3)
        got = find_candidates(genome, part, limits, 1, 3, 0.5, rng)
        return [got.keys.tolist(), got.groups.tolist(), got.priorities.tolist()]

    one_by_one = found()
    monkeypatch.setattr(genome_scan, "_SPARSE", 10**6)
    monkeypatch.setattr(Genome, "windows", None)
    assert found() == one_by_one
    assert len(one_by_one[0]) > 150
