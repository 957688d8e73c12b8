from typing import Any

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import Split
from tfmoe.data.windows.splits import (
    SplitSettings,
    split_of_ranks,
    split_of_windows,
    split_regions,
)

NAMED = {"test": ["IV"], "validation": ["V"], "gate": ["II", "I"]}
SHARES = {"test": 0.25, "validation": 0.1, "gate": 0.1}


def settings(**changes: Any) -> SplitSettings:
    return SplitSettings(**{**schema_defaults("splits"), **changes})


def lengths(*names: str) -> dict[str, int]:
    return dict.fromkeys(names, 1000)


def of_chromosomes(sizes: dict[str, int], **changes: Any) -> dict[str, str]:
    regions = split_regions(sizes, settings(**changes), 151, 1)
    assert regions["chrom"].tolist() == list(sizes)
    assert regions["start"].tolist() == [0] * len(sizes)
    assert regions["end"].tolist() == list(sizes.values())
    return dict(zip(regions["chrom"], regions["split"], strict=True))


def blocks(sizes: dict[str, int], seed: int = 1, **changes: Any) -> pd.DataFrame:
    chosen = {"by": "blocks", "block_length": 1000, "gap": 100, "shares": SHARES, **changes}
    return split_regions(sizes, settings(**chosen), 40, seed)


def painted(sizes: dict[str, int], regions: pd.DataFrame) -> dict[str, np.ndarray]:
    """Count the regions that contain each base."""
    counts = {chrom: np.zeros(size, dtype=int) for chrom, size in sizes.items()}
    for chrom, start, end in regions[["chrom", "start", "end"]].itertuples(index=False):
        counts[chrom][start:end] += 1
    return counts


def test_named_chromosomes_and_the_rest_is_train() -> None:
    assert of_chromosomes(lengths("I", "II", "III", "IV", "V"), **NAMED) == {
        "I": "gate",
        "II": "gate",
        "III": "train",
        "IV": "test",
        "V": "validation",
    }


def test_unknown_chromosome() -> None:
    with pytest.raises(ConfigError, match=r"splits.test: the genome has no chromosome IV in use;"):
        of_chromosomes(lengths("I", "II", "III", "V"), **NAMED)


def test_nothing_left_to_train_on() -> None:
    with pytest.raises(ConfigError, match="no chromosome is left for training"):
        of_chromosomes(lengths("I", "II", "IV", "V"), **NAMED)


def test_folds_test_each_chromosome_once() -> None:
    rng = np.random.default_rng(5)
    sizes = {f"c{number}": int(size) for number, size in enumerate(rng.integers(100, 900, 23))}
    folds = [of_chromosomes(sizes, folds=5, fold=fold) for fold in range(1, 6)]
    for chrom in sizes:
        held_out = [fold[chrom] for fold in folds]
        assert sorted(held_out) == ["gate", "test", "train", "train", "validation"]
    total = sum(sizes.values())
    for fold in folds:
        for split, share in (("test", 0.2), ("validation", 0.2), ("gate", 0.2), ("train", 0.4)):
            bases = sum(sizes[chrom] for chrom, of in fold.items() if of == split)
            assert bases / total == pytest.approx(share, abs=0.04)


def test_folds_take_turns() -> None:
    sizes = {"a": 100, "b": 400, "c": 300, "d": 200, "e": 50}
    # groups from the longest on: b | c | d | a e
    assert of_chromosomes(sizes, folds=4, fold=1) == {
        "b": "test",
        "c": "validation",
        "d": "gate",
        "a": "train",
        "e": "train",
    }
    assert of_chromosomes(sizes, folds=4, fold=2) == {
        "b": "train",
        "c": "test",
        "d": "validation",
        "a": "gate",
        "e": "gate",
    }


def test_too_few_chromosomes_for_the_folds() -> None:
    with pytest.raises(ConfigError) as error:
        of_chromosomes(lengths("a", "b", "c"), folds=4)
    message = str(error.value)
    assert message.startswith("splits.folds: 4 folds need at least 4 chromosomes in use")
    assert "found 3 (a, b, c); split chromosomes into blocks" in message
    with pytest.raises(ConfigError, match=r"found 4 \(a, b, c, d\); set splits.folds to at most 4"):
        of_chromosomes(lengths("a", "b", "c", "d"), folds=5)
    with pytest.raises(ConfigError, match=r"splits.fold: found 6, expected at most 5"):
        of_chromosomes(lengths("a", "b", "c", "d", "e"), folds=5, fold=6)


def test_ranks_are_no_way_to_split_a_genome() -> None:
    with pytest.raises(ConfigError, match=r"splits.by: found rank, expected chromosome or blocks"):
        of_chromosomes(lengths("a"), by="rank")


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("sizes", [{"a": 20_000}, {"a": 70_300, "b": 400, "c": 9600, "d": 31_999}])
def test_blocks(sizes: dict[str, int], seed: int) -> None:
    regions = blocks(sizes, seed)
    assert set(regions["split"]) == set(Split)
    assert regions["chrom"].drop_duplicates().tolist() == list(sizes)
    for counts in painted(sizes, regions).values():
        assert counts.max() == 1
    for _, part in regions.groupby("chrom"):
        gaps = part["start"].to_numpy()[1:] - part["end"].to_numpy()[:-1]
        assert (gaps == 100).all()
        assert (part["split"].to_numpy()[1:] != part["split"].to_numpy()[:-1]).all()
        assert part["start"].iloc[0] == 0
        assert part["end"].iloc[-1] == sizes[part["chrom"].iloc[0]]
    assert regions.equals(blocks(sizes, seed))


def test_blocks_lie_at_multiples_and_half_a_gap_is_taken_from_each() -> None:
    regions = blocks({"a": 10_499}, gap=75, shares=dict.fromkeys(SHARES, 0.25))
    inner = regions.iloc[1:-1]
    assert (inner["start"] % 1000 == 38).all()
    assert (inner["end"] % 1000 == 963).all()
    # a last block of 499 bases is joined to the one before
    assert regions["end"].iloc[-1] == 10_499
    assert 10_000 not in (regions["start"] - 38).tolist()
    longer = blocks({"a": 10_500}, gap=75, shares=dict.fromkeys(SHARES, 0.25))
    assert len(longer) > 1


def test_shares_of_blocks_are_spread_along_the_chromosome() -> None:
    regions = blocks({"a": 1_000_000}, shares={"test": 0.2, "validation": 0.1, "gate": 0.1})
    for split, share in (("test", 0.2), ("validation", 0.1), ("gate", 0.1), ("train", 0.6)):
        own = regions[regions["split"] == split]
        assert (own["end"] - own["start"]).sum() == pytest.approx(1e6 * share, rel=0.13)
        for begin in range(0, 1_000_000, 100_000):
            near = own[(own["start"] >= begin) & (own["start"] < begin + 100_000)]
            assert len(near) >= 5


def test_folds_of_blocks_test_each_block_once() -> None:
    sizes = {"a": 23_000, "b": 8000}
    shares = {"test": 1 / 7, "validation": 0.2, "gate": 0.2}
    # a gap of one base: the bases that are in no split of one fold
    folds = [blocks(sizes, folds=7, fold=fold, gap=1, shares=shares) for fold in range(1, 8)]
    tested = {chrom: np.zeros(size, dtype=int) for chrom, size in sizes.items()}
    for regions in folds:
        assert set(regions["split"]) == set(Split)
        for chrom, counts in painted(sizes, regions[regions["split"] == "test"]).items():
            tested[chrom] += counts
    for chrom, counts in tested.items():
        assert counts.max() == 1
        assert (counts == 0).sum() <= sizes[chrom] / 1000
        middles = counts[500::1000]
        assert (middles == 1).all()


@pytest.mark.parametrize(("fold", "letters"), [(1, "..TTVVGG.."), (2, "TTVVGG....")])
def test_each_split_takes_an_arc_of_the_circle_of_blocks(fold: int, letters: str) -> None:
    shares = dict.fromkeys(SHARES, 0.2)
    regions = blocks({"a": 10_000}, folds=5, fold=fold, shares=shares)
    # multiples of the golden ratio modulo 1 are 0, .62, .24, .85, .47, .09, .71, .33, .94, .56
    circle = np.array([0, 5, 2, 7, 4, 9, 1, 6, 3, 8])
    middles = pd.DataFrame({"chrom": "a", "start": circle * 1000 + 500, "end": circle * 1000 + 501})
    named = {"T": "test", "V": "validation", "G": "gate", ".": "train"}
    assert split_of_windows(middles, regions).tolist() == [named[letter] for letter in letters]


def test_the_gap_is_a_window_with_its_flanks_by_default() -> None:
    regions = blocks({"a": 40_000}, gap=None)
    assert (regions["start"].to_numpy()[1:] - regions["end"].to_numpy()[:-1] == 40).all()


def test_blocks_depend_on_the_seed() -> None:
    assert not blocks({"a": 50_000}, 1).equals(blocks({"a": 50_000}, 2))


def test_too_few_blocks() -> None:
    with pytest.raises(ConfigError) as error:
        blocks({"a": 3000})
    message = str(error.value)
    assert message.startswith("splits.block_length: the 3000 bases in use have 3 blocks of 1000 ")
    assert "none of them for " in message
    assert "needs 10 blocks: set splits.block_length to at most 300, or raise the share" in message
    # the remedy of the message works
    assert set(blocks({"a": 3000}, block_length=300)["split"]) == set(Split)
    with pytest.raises(ConfigError, match=r"too few for four splits, as a window with its"):
        blocks({"a": 700})


def test_blocks_shorter_than_gap_and_window() -> None:
    with pytest.raises(ConfigError, match=r"blocks of 1000 bases with gaps of 970 are too"):
        blocks({"a": 100_000}, gap=970)
    # a gap of 960 leaves 40 bases of a block, one window
    regions = blocks({"a": 100_000}, gap=960)
    assert (regions["end"] - regions["start"]).min() == 40


def test_every_share_gets_a_block_where_there_are_enough() -> None:
    for seed in range(50):
        for count in (10, 13, 24):
            assert set(blocks({"a": count * 1000}, seed)["split"]) == set(Split)


def test_a_window_belongs_to_the_region_that_holds_it() -> None:
    regions = pd.DataFrame(
        [
            ("b", 0, 100, "train"),
            ("b", 120, 200, "test"),
            ("a", 10, 90, "gate"),
        ],
        columns=["chrom", "start", "end", "split"],
    )
    windows = pd.DataFrame(
        [
            ("a", 10, 20),
            ("a", 9, 19),
            ("a", 81, 91),
            ("a", 80, 90),
            ("b", 90, 100),
            ("b", 91, 101),
            ("b", 105, 115),
            ("b", 119, 129),
            ("b", 120, 130),
            ("b", 190, 200),
            ("b", 95, 125),
            ("c", 10, 20),
        ],
        columns=["chrom", "start", "end"],
        index=range(5, 17),
    )
    found = split_of_windows(windows, regions)
    assert found.tolist() == [
        "gate", None, None, "gate", "train", None, None, None, "test", "test", None, None,
    ]  # fmt: skip
    assert split_of_windows(windows[:0], regions).tolist() == []


def test_ranks() -> None:
    ranks = np.arange(1, 20_001)
    splits = split_of_ranks(ranks, settings(by="rank"), 1, "x")
    assert set(splits[1:1000:2]) == {"test"}
    assert "test" not in set(splits[::2]) | set(splits[1000:])
    rest = splits[splits != "test"]
    assert (rest == "gate").mean() == pytest.approx(0.1, abs=0.01)
    assert (rest == "validation").mean() == pytest.approx(0.1, abs=0.01)
    assert (rest == "train").mean() == pytest.approx(0.8, abs=0.01)


def test_each_split_has_its_share_of_peaks_of_any_strength() -> None:
    ranks = np.arange(1, 20_001)
    splits = split_of_ranks(ranks, settings(by="rank"), 1, "x")
    strongest = splits[:1000:2]
    for part in (strongest[:20], strongest, splits[1000:1020], splits[1000:1100], splits[1000:]):
        counts = [int((part == split).sum()) for split in ("gate", "validation", "train")]
        tenth = len(part) // 10
        assert counts == [tenth, tenth, 8 * tenth]


def test_a_share_that_is_no_whole_number_of_a_bin() -> None:
    changed = settings(by="rank", shares={"test": 0.2, "gate": 0.02, "validation": 0.13})
    splits = split_of_ranks(np.arange(1001, 41_001), changed, 1, "x").reshape(-1, 20)
    gates, validations = ((splits == split).sum(axis=1) for split in ("gate", "validation"))
    assert set(gates) == {0, 1}
    assert set(validations) == {2, 3}
    assert gates.mean() == pytest.approx(0.4, abs=0.04)
    assert validations.mean() == pytest.approx(2.6, abs=0.04)


def test_the_strongest_peaks_have_shares_of_their_own() -> None:
    ranks = np.arange(1, 2001)
    plain = split_of_ranks(ranks, settings(by="rank"), 1, "x")
    changed = settings(by="rank", strongest_shares={"gate": 0.2, "validation": 0.5})
    splits = split_of_ranks(ranks, changed, 1, "x")
    strongest = splits[:1000:2]
    counts = [int((strongest == split).sum()) for split in ("gate", "validation", "train")]
    assert counts == [100, 250, 150]
    np.testing.assert_array_equal(splits[1:1000:2], "test")
    np.testing.assert_array_equal(splits[1000:], plain[1000:])


@pytest.mark.parametrize("absent", [1, 2])
def test_the_split_of_a_rank_is_the_same_whichever_others_there_are(absent: int) -> None:
    ranks = np.arange(1, 1200)
    splits = split_of_ranks(ranks, settings(by="rank"), 1, "x")
    some = ranks[absent::3]
    found = split_of_ranks(some, settings(by="rank"), 1, "x")
    np.testing.assert_array_equal(found, splits[absent::3])


def test_a_rank_has_one_split() -> None:
    first = split_of_ranks(np.arange(1, 3000), settings(by="rank"), 1, "x")
    order = np.random.default_rng(0).permutation(2999)
    again = split_of_ranks(order + 1, settings(by="rank"), 1, "x")
    np.testing.assert_array_equal(again, first[order])
    assert (split_of_ranks(order + 1, settings(by="rank"), 1, "y") != again).any()
    assert (split_of_ranks(order + 1, settings(by="rank"), 2, "x") != again).any()


def test_ranks_are_dealt_the_same_on_every_machine() -> None:
    found = split_of_ranks(np.arange(1001, 1013), settings(by="rank"), 1, "x")
    assert found.tolist() == [
        "train",
        "validation",
        "train",
        "train",
        "train",
        "gate",
        "validation",
        "train",
        "train",
        "train",
        "train",
        "train",
    ]
