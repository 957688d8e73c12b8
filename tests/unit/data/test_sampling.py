import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import decode, encode
from tfmoe.data.genome import Genome, prepare_genome
from tfmoe.data.intervals import overlaps_table
from tfmoe.data.sampling import Sample, gc_content, ks_distance, sample_windows

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


def needed(**counts: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    array = np.zeros(LENGTH + 1, dtype=np.int64)
    for gc, count in counts.items():
        array[int(gc[2:])] = count
    return array


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
    sample = sample_windows(genome, chromosomes, forbidden, counts, tolerance, 0.0, rng)
    table = pd.DataFrame(
        {"chrom": sample.chrom, "start": sample.start, "end": sample.start + LENGTH}
    )
    return sample, table


def test_gc_content() -> None:
    # of windows with unknown bases the share among the known counts
    assert gc_content(encode(["ACGT", "GGGG", "ATAT", "GCNN", "GANN", "NNNN"])).tolist() == [
        2,
        4,
        0,
        4,
        2,
        0,
    ]


def test_ks_distance() -> None:
    first, second = np.array([0, 1, 2, 3]), np.array([2, 3, 4, 5])
    assert ks_distance(first, first) == 0
    assert ks_distance(first, second) == 0.5
    assert ks_distance(first, first + 10) == 1
    assert np.isnan(ks_distance(first, first[:0]))


def test_gc_is_met_exactly_and_windows_do_not_overlap(genome: Genome) -> None:
    counts = needed(gc6=40, gc8=60, gc9=60, gc11=20)
    sample, table = draw(genome, counts)
    assert (sample.widened, sample.overlapping) == (0, 0)
    codes = genome.windows(table, 0)
    assert not (codes == 4).any()
    np.testing.assert_array_equal(np.bincount(gc_content(codes), minlength=LENGTH + 1), counts)
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


def test_rare_gc_is_taken_from_near_by(genome: Genome) -> None:
    counts = needed(gc16=30)
    sample, table = draw(genome, counts, tolerance=3)
    gc = gc_content(genome.windows(table, 0))
    assert sample.widened > 0
    assert gc.min() >= 13
    assert gc.max() <= 19


def test_small_genome_overlaps_by_half_at_most_and_falls_short(genome: Genome) -> None:
    sample, table = draw(genome, needed(gc8=500), ("III",), tolerance=20)
    starts = np.sort(table["start"])
    assert 10 < len(starts) < 60
    assert (np.diff(starts) >= LENGTH // 2).all()
    assert sample.overlapping > 0
    assert len(set(starts)) == len(starts)


def test_chromosome_shorter_than_a_window(genome: Genome) -> None:
    rng = np.random.default_rng(1)
    counts = np.zeros(201, dtype=np.int64)
    counts[80] = 5
    sample = sample_windows(genome, ["IV", "III"], NOTHING, counts, 100, 0.5, rng)
    assert set(sample.chrom) == {"III"}


def test_nothing_to_be_had(genome: Genome) -> None:
    everything = pd.DataFrame({"chrom": ["III"], "start": [0], "end": [400]})
    sample, _ = draw(genome, needed(gc8=5), ("III",), everything)
    assert len(sample.start) == 0
    assert decode(genome.codes("III")[None])[0].endswith("N" * 100)
