from typing import Any

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import encode, encode_text
from tfmoe.data.intervals import Positions, overlaps_table
from tfmoe.data.negatives import sampling
from tfmoe.data.negatives.genome_scan import (
    REPEAT_CLASSES,
    Candidates,
    StartRanges,
    find_candidates,
    repeat_class,
)
from tfmoe.data.negatives.sampling import (
    Sample,
    _targets,
    gc_content,
    ks_distance,
    sample_windows,
)
from tfmoe.data.reading.genome import Genome, prepare_genome

LENGTH = 20


@pytest.fixture(scope="module")
def genome(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("genome")
    rng = np.random.default_rng(1)
    text = ""
    for name, size in (("I", 30_000), ("II", 20_000), ("III", 400), ("IV", 110)):
        text += f">{name}\n" + "".join(rng.choice(list("ACGT"), size, p=[0.3, 0.2, 0.2, 0.3]))
        text = text[:-100] + "N" * 100 + "\n"
    (folder / "source.fa").write_text(text)
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    return Genome(folder / "genome.fa")


def test_groups_that_windows_may_replace() -> None:
    # two classes of repeats with three GC contents each: groups 0 to 2 and 3 to 5
    assert _targets(groups=6, width=3, other=0, shift=-1).tolist() == [1, 2, -1, 4, 5, -1]
    assert _targets(groups=6, width=3, other=0, shift=2).tolist() == [-1, -1, 0, -1, -1, 3]
    assert _targets(groups=6, width=3, other=1, shift=0).tolist() == [-1, -1, -1, 0, 1, 2]
    assert _targets(groups=6, width=3, other=-1, shift=1).tolist() == [-1, 3, 4, -1, -1, -1]


def needed(**counts: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    array = np.zeros((1, LENGTH + 1), dtype=np.int64)
    for gc, count in counts.items():
        array[0, int(gc[2:])] = count
    return array


def whole(genome: Genome, *chromosomes: str) -> pd.DataFrame:
    ends = [genome.lengths[chrom] for chrom in chromosomes]
    return pd.DataFrame({"chrom": chromosomes, "start": 0, "end": ends})


NOTHING = pd.DataFrame({"chrom": ["I"], "start": [0], "end": [1]})


def draw(
    genome: Genome,
    counts: np.ndarray[tuple[int], np.dtype[np.int64]],
    chromosomes: tuple[str, ...] = ("I", "II"),
    forbidden: pd.DataFrame = NOTHING,
    tolerance: int = 2,
    seed: int = 1,
) -> tuple[Sample, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    regions = whole(genome, *chromosomes)
    sample = sample_windows(genome, regions, forbidden, counts, tolerance, 0.0, rng)
    table = pd.DataFrame(
        {"chrom": sample.chrom, "start": sample.start, "end": sample.start + LENGTH}
    )
    return sample, table


def test_gc_content() -> None:
    # of windows with unknown bases the share among the known counts
    windows = ["ACGT", "GGGG", "ATAT", "GCNN", "GANN", "GNNN", "NNNN"]
    assert gc_content(encode(windows)).tolist() == [2, 4, 0, 4, 2, 4, 0]


def test_ks_distance() -> None:
    first, second = np.array([0, 1, 2, 3]), np.array([2, 3, 4, 5])
    assert ks_distance(first, first) == 0
    assert ks_distance(first, second) == 0.5
    assert ks_distance(first, first + 10) == 1


def test_ks_distance_of_nothing() -> None:
    some, nothing = np.array([0.0, 1.0]), np.zeros(0)
    with np.errstate(all="raise"):
        assert np.isnan(ks_distance(some, nothing))
        assert np.isnan(ks_distance(nothing, some))
        assert np.isnan(ks_distance(nothing, nothing))


def test_ks_distance_of_shares() -> None:
    first = np.array([0.0, 0.25, 0.25, np.nan, 1.0], dtype=np.float32)
    second = np.array([0.25, 0.5, 0.5, 1.0])
    assert ks_distance(first, second) == 0.5
    assert np.isnan(ks_distance(first, np.array([np.nan])))


def test_repeat_class() -> None:
    share = np.array([0, 0.01, 0.25, 0.26, 0.5, 0.51, 0.75, 0.76, 1])
    assert repeat_class(share).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4]
    assert repeat_class(share.astype(np.float32)).max() == REPEAT_CLASSES - 1


def test_gc_is_met_exactly_and_windows_do_not_overlap(genome: Genome, cut) -> None:
    counts = needed(gc6=40, gc8=60, gc9=60, gc11=20)
    sample, table = draw(genome, counts)
    assert (sample.other_gc, sample.overlapping) == (0, 0)
    codes = cut(genome, table, 0)
    assert not (codes == 4).any()
    np.testing.assert_array_equal(np.bincount(gc_content(codes), minlength=LENGTH + 1), counts[0])
    for _, part in table.groupby("chrom"):
        assert (np.diff(np.sort(part["start"])) >= LENGTH).all()
    assert set(sample.chrom) == {"I", "II"}


def test_forbidden_regions_are_avoided(genome: Genome) -> None:
    rng = np.random.default_rng(2)
    starts = rng.integers(0, 30_000, 120)
    forbidden = pd.DataFrame({"chrom": "I", "start": starts, "end": starts + 150})
    _, table = draw(genome, needed(gc8=50, gc7=50), ("I",), forbidden)
    assert len(table) == 100
    assert not overlaps_table(table, forbidden).any()


def test_reproducible(genome: Genome) -> None:
    counts = needed(gc8=30)
    same = [draw(genome, counts, seed=seed)[1] for seed in (3, 3, 4)]
    assert same[0].equals(same[1])
    assert not same[0].equals(same[2])


def test_rare_gc_is_taken_from_near_by(genome: Genome, cut) -> None:
    counts = needed(gc16=30)
    sample, table = draw(genome, counts, tolerance=3)
    gc = gc_content(cut(genome, table, 0))
    assert sample.other_gc > 0
    assert gc.min() >= 13
    assert gc.max() <= 19


def test_small_genome_overlaps_by_half_at_most_and_falls_short(genome: Genome) -> None:
    sample, table = draw(genome, needed(gc8=500), ("III",), tolerance=20)
    starts = np.sort(table["start"])
    assert 10 < len(starts) < 60
    assert (np.diff(starts) >= LENGTH // 2).all()
    close = np.abs(starts[:, None] - starts) < LENGTH  # each window is close to itself
    assert sample.overlapping == np.count_nonzero(close.sum(axis=1) > 1) > 0
    assert len(set(starts)) == len(starts)


def test_chromosome_shorter_than_a_window(genome: Genome) -> None:
    rng = np.random.default_rng(1)
    counts = np.zeros((1, 201), dtype=np.int64)
    counts[0, 80] = 5
    sample = sample_windows(genome, whole(genome, "IV", "III"), NOTHING, counts, 100, 0.5, rng)
    assert set(sample.chrom) == {"III"}


def test_nothing_to_be_had(genome: Genome) -> None:
    everything = pd.DataFrame({"chrom": ["III"], "start": [0], "end": [400]})
    sample, _ = draw(genome, needed(gc8=5), ("III",), everything)
    assert len(sample.start) == 0
    assert genome.letters("III").tobytes().endswith(b"N" * 100)


def test_plenty_of_windows_come_from_a_coarse_grid(genome: Genome) -> None:
    # a quarter of a window apart
    sample, _ = draw(genome, needed(gc8=300), ("I",), tolerance=0)
    assert len(sample.start) == 300
    assert len(set(sample.start % 5)) == 1
    # a quarter of 4 bases: windows of this length may start anywhere
    counts = np.zeros((1, 5), dtype=np.int64)
    counts[0, 2] = 100
    rng = np.random.default_rng(1)
    sample = sample_windows(genome, whole(genome, "I"), NOTHING, counts, 0, 0.0, rng)
    assert len(sample.start) == 100
    assert set(sample.start % 2) == {0, 1}


def test_every_start_is_tried_if_windows_are_rare(genome: Genome) -> None:
    # one window fits into each of the 40 regions, and 60 are needed
    starts = np.concatenate([np.arange(100, 900, 40), np.arange(1100, 1900, 40) + 7])
    regions = pd.DataFrame({"chrom": "I", "start": starts, "end": starts + LENGTH})
    sample = sample_windows(
        genome, regions, NOTHING, needed(gc8=60), LENGTH, 0.0, np.random.default_rng(1)
    )
    assert sorted(sample.start) == starts.tolist()
    assert sample.overlapping == 0


@pytest.fixture
def scanned(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return a list that gets the number of starts in each scan."""
    numbers = []

    def scan(genome: Genome, allowed: StartRanges, *args: Any) -> Candidates:
        numbers.append(allowed.number)
        return find_candidates(genome, allowed, *args)

    monkeypatch.setattr(sampling, "find_candidates", scan)
    monkeypatch.setattr("tfmoe.data.negatives.genome_scan._SAMPLED", 100)
    monkeypatch.setattr(sampling, "_STARTS_LEAST", 3000)
    monkeypatch.setattr(sampling, "_STARTS", 100)
    return numbers


def test_for_few_windows_a_part_of_the_genome_is_scanned(
    genome: Genome, scanned: list[int], cut
) -> None:
    sample, table = draw(genome, needed(gc8=20))
    assert len(scanned) == 1
    assert 3000 <= scanned[0] < 3100
    assert len(sample.start) == 20
    assert (gc_content(cut(genome, table, 0)) == 8).all()
    assert set(sample.chrom) == {"I", "II"}


def test_for_many_windows_the_whole_genome_is_scanned_at_once(
    genome: Genome, scanned: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # all starts but the first one, which is forbidden
    draw(genome, needed(gc8=130))
    assert scanned == [29_981 + 19_981 - 1]
    monkeypatch.setattr(sampling, "_STARTS", 90)
    draw(genome, needed(gc8=130))
    assert 11_700 <= scanned[1] < 11_800


def test_the_rest_is_scanned_if_windows_are_missing(
    genome: Genome, scanned: list[int], cut
) -> None:
    # 15 of 20 strong bases are rare, and have to be met exactly
    sample, table = draw(genome, needed(gc15=20, gc8=5), tolerance=0)
    assert len(scanned) == 3
    assert scanned[0] < 3100
    assert scanned[1] == scanned[2] > 49_000
    found = gc_content(cut(genome, table, 0))
    assert (found == 8).sum() == 5
    assert (found == 15).sum() == len(found) - 5 > 5
    assert sample.other_gc == 0


def test_windows_lie_within_one_region(genome: Genome) -> None:
    # the second begins where the first ends but one base, so no window may cross
    regions = pd.DataFrame({"chrom": "I", "start": [1000, 2501, 9000], "end": [2500, 4000, 9015]})
    sample = sample_windows(
        genome, regions, NOTHING, needed(gc8=30, gc9=30), 0, 0.0, np.random.default_rng(5)
    )
    first = (sample.start >= 1000) & (sample.start + LENGTH <= 2500)
    second = (sample.start >= 2501) & (sample.start + LENGTH <= 4000)
    assert len(sample.start) == 60
    assert (first | second).all()
    assert 15 < first.sum() < 45


def test_unknown_bases(genome: Genome) -> None:
    # the last 100 bases of I are unknown
    regions = pd.DataFrame({"chrom": ["I"], "start": [29_830], "end": [30_000]})
    counts = np.ones((1, LENGTH + 1), dtype=np.int64)
    draws = [
        sample_windows(genome, regions, NOTHING, counts, LENGTH, share, np.random.default_rng(seed))
        for share in (0.0, 0.5)
        for seed in range(20)
    ]
    last = [max(sample.start) for sample in draws]
    assert max(last[:20]) == 29_880
    assert max(last[20:]) == 29_890


@pytest.fixture(scope="module")
def masked(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    """A genome whose repeats are some 40 bases long and make up a third of it."""
    folder = tmp_path_factory.mktemp("masked")
    rng = np.random.default_rng(2)
    letters = rng.choice(list("ACGT"), 60_000)
    lower = np.repeat(rng.random(1500) < 1 / 3, 40)
    text = "".join(np.where(lower, np.char.lower(letters), letters))
    (folder / "source.fa").write_text(f">I\n{text}\n")
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    return Genome(folder / "genome.fa")


def classes_and_gc(genome: Genome, sample: Sample) -> tuple[Positions, Positions]:
    places = sample.start[:, None] + np.arange(LENGTH)
    letters = genome.letters("I")
    repeats = (letters >= ord("a"))[places].mean(axis=1)
    return repeat_class(repeats), gc_content(encode_text(letters.tobytes())[places])


def test_share_of_repeats_is_met(masked: Genome) -> None:
    counts = np.zeros((REPEAT_CLASSES, LENGTH + 1), dtype=np.int64)
    counts[0, 9:12] = 40
    counts[2, 10] = 12
    counts[4, 8:11] = 20
    rng = np.random.default_rng(3)
    sample = sample_windows(masked, whole(masked, "I"), NOTHING, counts, 2, 0.0, rng)
    found = np.zeros_like(counts)
    np.add.at(found, classes_and_gc(masked, sample), 1)
    np.testing.assert_array_equal(found, counts)
    assert (sample.other_gc, sample.overlapping, sample.other_repeats) == (0, 0, 0)


def test_share_of_repeats_is_given_up_last(masked: Genome) -> None:
    counts = np.zeros((REPEAT_CLASSES, LENGTH + 1), dtype=np.int64)
    counts[1, 10] = 700
    rng = np.random.default_rng(4)
    sample = sample_windows(masked, whole(masked, "I"), NOTHING, counts, 2, 0.0, rng)
    classes, gc = classes_and_gc(masked, sample)
    assert len(sample.start) == 700
    assert sample.other_repeats == np.count_nonzero(classes != 1) > 0
    assert sample.other_gc > 0
    # such windows lie at the ends of repeats, too far apart for an overlap by half
    assert sample.overlapping == 0
    assert (np.abs(gc - 10) <= 2).all()
    assert (np.diff(np.sort(sample.start)) >= LENGTH).all()


@pytest.fixture(scope="module")
def extremes(tmp_path_factory: pytest.TempPathFactory) -> Genome:
    folder = tmp_path_factory.mktemp("extremes")
    (folder / "source.fa").write_text(f">A\n{'A' * 500}\n>G\n{'G' * 500}\n")
    prepare_genome(folder / "source.fa", None, folder / "genome.fa", folder / "chromosomes.tsv")
    return Genome(folder / "genome.fa")


@pytest.mark.parametrize(
    ("chrom", "group", "expected"),
    [
        ("A", (0, 0), 3),
        ("G", (0, LENGTH), 3),
        # the neighbours of the extremes are not the other extreme, nor that of the next class
        ("G", (0, 0), 0),
        ("A", (0, LENGTH), 0),
        ("G", (1, 0), 0),
        ("A", (1, LENGTH), 0),
    ],
)
def test_tolerance_ends_at_no_and_all_gc(
    extremes: Genome, chrom: str, group: tuple[int, int], expected: int
) -> None:
    counts = np.zeros((REPEAT_CLASSES, LENGTH + 1), dtype=np.int64)
    counts[group] = 3
    rng = np.random.default_rng(1)
    sample = sample_windows(extremes, whole(extremes, chrom), NOTHING, counts, 1, 0.0, rng)
    assert len(sample.start) == expected
    assert sample.other_gc == 0


def test_candidates_are_looked_for_in_groups_that_may_be_needed(
    genome: Genome, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[tuple[int, int], int]] = []

    def find(genome: Genome, allowed: StartRanges, limits: Positions, *others: Any) -> Candidates:
        table = limits.reshape(REPEAT_CLASSES, LENGTH + 1)
        asked.append({(int(row), int(gc)): int(table[row, gc]) for row, gc in np.argwhere(table)})
        return find_candidates(genome, allowed, limits, *others)

    monkeypatch.setattr(sampling, "find_candidates", find)
    counts = np.zeros((REPEAT_CLASSES, LENGTH + 1), dtype=np.int64)
    counts[0, 20] = 42  # of G and C alone, the genome has no window
    rng = np.random.default_rng(1)
    sample_windows(genome, whole(genome, "III"), NOTHING, counts, 3, 0.0, rng)
    first, second = asked
    # six candidates per window and 200 more
    assert first == {(0, 20): 452}
    # then as many in each group within a base, and six for a seventh of them in each group within
    # the tolerance of three, in all classes of repeats
    expected = {(row, gc): 236 for row in range(REPEAT_CLASSES) for gc in (17, 18, 19, 20)}
    assert second == expected | {(0, 19): 488, (0, 20): 488}


def test_repeats_are_no_matter_in_one_class(masked: Genome) -> None:
    sample, _ = draw(masked, needed(gc10=200), ("I",))
    classes, _ = classes_and_gc(masked, sample)
    assert set(classes) == set(range(REPEAT_CLASSES))
    assert sample.other_repeats == 0
