"""Intervals, windows and splits against sets of bases and strings."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import assume, given
from hypothesis import strategies as st

from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import UNKNOWN, decode, encode, encode_text, reverse_complement
from tfmoe.core.sliding import SlidingWindows
from tfmoe.data.intervals import merge, overlaps_table, read_bed, read_regions, write_bed
from tfmoe.data.reading.genome import cut_windows
from tfmoe.data.windows.select import inside_chromosomes, window_starts
from tfmoe.data.windows.splits import SplitSettings, split_of_windows, split_regions

DNA = st.text("ACGTN", min_size=1, max_size=40)
COMPLEMENT = str.maketrans("ACGTN", "TGCAN")
INTERVAL = st.tuples(st.sampled_from(["I", "II", "chr3"]), st.integers(0, 60), st.integers(1, 15))
INTERVALS = st.lists(INTERVAL, max_size=12)


def table(intervals: list[tuple[str, int, int]]) -> pd.DataFrame:
    rows = [(chrom, start, start + size) for chrom, start, size in intervals]
    frame = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return frame.astype({"chrom": "str", "start": "int64", "end": "int64"})


def bases(intervals: list[tuple[str, int, int]]) -> set[tuple[str, int]]:
    return {
        (chrom, base) for chrom, start, size in intervals for base in range(start, start + size)
    }


@given(INTERVALS, INTERVALS, st.integers(0, 4))
def test_overlaps_are_shared_bases(
    first: list[tuple[str, int, int]], second: list[tuple[str, int, int]], margin: int
) -> None:
    wide = bases([(chrom, start - margin, size + 2 * margin) for chrom, start, size in second])
    expected = [bool(bases([one]) & wide) for one in first]
    assert overlaps_table(table(first), table(second), margin).tolist() == expected


@given(st.lists(st.tuples(st.just("I"), st.integers(0, 60), st.integers(1, 15)), min_size=1))
def test_merged_intervals_have_the_same_bases_and_are_apart(
    intervals: list[tuple[str, int, int]],
) -> None:
    frame = table(intervals)
    starts, ends = merge(frame["start"].to_numpy(), frame["end"].to_numpy())
    merged = list(zip(starts.tolist(), ends.tolist(), strict=True))
    assert bases([("I", start, end - start) for start, end in merged]) == bases(intervals)
    assert all(end < start for (_, end), (start, _) in pairwise(merged))


@given(INTERVALS)
def test_a_written_bed_is_read_back(folder: Path, intervals: list[tuple[str, int, int]]) -> None:
    frame = table(sorted(intervals))
    path = folder / "intervals.bed.gz"
    write_bed(frame, path)
    pd.testing.assert_frame_equal(read_regions(path, ["chrom", "start", "end"]), frame)
    pd.testing.assert_frame_equal(read_bed(path), frame)


@given(DNA, st.lists(st.integers(-60, 60), max_size=5), st.integers(1, 20))
def test_windows_are_cut_from_a_chromosome_between_unknown_bases(
    chromosome: str, starts: list[int], width: int
) -> None:
    padded = "N" * 100 + chromosome + "N" * 100
    found = cut_windows(encode_text(chromosome), np.array(starts, dtype=np.int64), width)
    assert decode(found) == [padded[100 + start : 100 + start + width] for start in starts]


@given(st.lists(st.integers(0, 99), min_size=1, max_size=20), st.integers(1, 40))
def test_a_summit_is_the_middle_base_and_the_window_lies_inside_or_is_dropped(
    summits: list[int], length: int
) -> None:
    starts = window_starts(pd.Series(summits), length)
    for summit, start in zip(summits, starts, strict=True):
        before, after = summit - start, start + length - 1 - summit
        assert before - after in (0, 1)
    peaks = pd.DataFrame({"chrom": "I", "summit": summits})
    kept = inside_chromosomes(peaks, {"I": 100}, length)
    assert kept.tolist() == [
        set(range(start, start + length)) <= set(range(100)) for start in starts
    ]


@given(st.lists(DNA, min_size=1, max_size=4))
def test_reverse_complement(sequences: list[str]) -> None:
    for sequence in sequences:
        codes = encode([sequence])
        assert decode(reverse_complement(codes)) == [sequence[::-1].translate(COMPLEMENT)]
        np.testing.assert_array_equal(reverse_complement(reverse_complement(codes)), codes)
    assert set(encode_text("".join(sequences)).tolist()) <= {0, 1, 2, 3, UNKNOWN}


@given(DNA, st.integers(1, 12), st.integers(1, 15), st.data())
def test_sliding_windows(sequence: str, window: int, stride: int, data: st.DataObject) -> None:
    expected = [
        sequence[start : start + window] for start in range(0, len(sequence) - window + 1, stride)
    ]
    windows = SlidingWindows(encode_text(sequence), window, stride)
    assert len(windows) == len(expected)
    assert decode(windows.rows()) == expected
    assume(expected)
    first = data.draw(st.integers(0, len(expected) - 1))
    last = data.draw(st.integers(first + 1, len(expected) + 2))
    assert decode(windows.part(first, last).rows()) == expected[first:last]
    others = [text[::-1].translate(COMPLEMENT) for text in reversed(expected)]
    assert decode(windows.other_strand().rows()) == others


@given(
    st.lists(st.integers(1, 9000), max_size=3),
    st.integers(60, 200),
    st.integers(0, 30),
    st.integers(1, 5),
    st.integers(0, 2**32),
)
def test_blocks_are_apart_and_hold_whole_windows(
    sizes: list[int], block: int, gap: int, fold: int, seed: int
) -> None:
    # the last chromosome has enough blocks for four splits
    lengths = {f"c{number}": size for number, size in enumerate([*sizes, 40 * block])}
    changes = {
        "by": "blocks", "block_length": block, "gap": gap, "folds": 5, "fold": fold,
        "shares": {"test": 0.2, "validation": 0.1, "gate": 0.1},
    }  # fmt: skip
    settings = SplitSettings(**{**schema_defaults("splits"), **changes})
    regions = split_regions(lengths, settings, 30, seed)
    for chrom, part in regions.groupby("chrom", sort=False):
        rows = part[["start", "end", "split"]].to_numpy().tolist()
        assert all(0 <= start < end <= lengths[str(chrom)] for start, end, _ in rows)
        for (_, end, split), (start, _, following) in pairwise(rows):
            assert start - end >= gap
            assert split != following
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 9000, 40)
    windows = pd.DataFrame({"chrom": rng.choice(list(lengths), 40), "start": starts})
    windows["end"] = starts + 30
    rows = regions.to_numpy().tolist()
    expected = [
        next(
            (
                split
                for name, begin, stop, split in rows
                if name == chrom and begin <= start and end <= stop
            ),
            None,
        )
        for chrom, start, end in windows.to_numpy().tolist()
    ]
    assert split_of_windows(windows, regions).tolist() == expected
