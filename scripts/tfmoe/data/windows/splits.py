"""Assignment of sequences to the four splits: by chromosome, by blocks, or by rank.

The splits are the same for all experiments. On a genome, each split is a set of regions, and a
window belongs to a split if it lies wholly in one of its regions. Windows in the gap between two
blocks belong to no split.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.errors import ConfigError
from tfmoe.core.seeds import derive_seed
from tfmoe.core.vocabulary import Split
from tfmoe.data.intervals import Positions

# steps of the circle on which blocks are placed, so small that rounding moves no block
_STEPS = 1 << 40
_GOLDEN = (math.sqrt(5) - 1) / 2
# consecutive ranks within which each split gets its share
_BIN = 20


@dataclass(frozen=True)
class SplitSettings:
    """The config's section `splits`; its schema describes the keys."""

    by: str
    test: Sequence[str] | None
    validation: Sequence[str] | None
    gate: Sequence[str] | None
    folds: int | None
    fold: int
    block_length: int
    gap: int | None
    shares: Mapping[str, float]
    held_out_ranks: int
    strongest_shares: Mapping[str, float] | None


def split_regions(
    lengths: Mapping[str, int], settings: SplitSettings, span: int, seed: int
) -> pd.DataFrame:
    """Divide the genome into the regions of the four splits.

    By chromosome, each chromosome is one region, in the split that names it. With `folds`,
    chromosomes are distributed to groups of about equal length (from the longest chromosome on,
    each to the group that is shortest so far): group `fold` is the test split, the next group the
    validation split, and the one after it the gate split.

    By blocks, chromosomes are cut at the multiples of `block_length`; a last block shorter than
    half of that is joined to the block before. Blocks are placed on a circle in the order of the
    multiples of the golden ratio modulo 1, and each split takes an arc of the circle, so that every
    split is spread evenly over the genome. The start of the arcs depends on `seed`, and `fold`
    moves it by 1 / `folds` of the circle. Neighbouring blocks of one split are joined, and `gap`
    bases between blocks of different splits are left out.

    Parameters
    ----------
    lengths
        Length in bases of each chromosome in use, in the genome's order.
    settings
        The config's section `splits`.
    span
        Length of a window with its flanks, in bases; the default gap.
    seed
        Seed of the run.

    Returns
    -------
    DataFrame
        chrom, start, end, split: disjoint, sorted by chromosome (in the order of `lengths`) and
        start.

    Raises
    ------
    ConfigError
        If a named chromosome is not in use, if the genome has too few chromosomes for the folds or
        too few blocks for four splits, or if no window fits into a block.
    """
    if settings.by == "blocks":
        return _block_regions(lengths, settings, span, seed)
    if settings.by != "chromosome":
        raise ConfigError(
            f"splits.by: found {settings.by}, expected chromosome or blocks in a run on a genome"
        )
    assign = _by_name if settings.folds is None else _by_fold
    splits = assign(lengths, settings)
    return _table(list(lengths), [0] * len(lengths), list(lengths.values()), list(splits.values()))


def split_of_windows(table: pd.DataFrame, regions: pd.DataFrame) -> NDArray[np.object_]:
    """Return the split of each window.

    Parameters
    ----------
    table
        Windows, with columns chrom, start and end.
    regions
        The regions of the splits, from `split_regions`.

    Returns
    -------
    object (N,)
        The split, or None for a window that does not lie wholly in one region.
    """
    splits = np.full(len(table), None, dtype=object)
    starts = table["start"].to_numpy(dtype=np.int64)
    ends = table["end"].to_numpy(dtype=np.int64)
    rows_of = table.reset_index(drop=True).groupby("chrom", sort=False).indices
    for chrom, part in regions.groupby("chrom", sort=False):
        rows = rows_of.get(chrom, np.zeros(0, dtype=np.int64))
        first = part["start"].to_numpy(dtype=np.int64)
        last = part["end"].to_numpy(dtype=np.int64)
        region = np.searchsorted(first, starts[rows], side="right") - 1
        inside = (region >= 0) & (ends[rows] <= last[region])
        splits[rows[inside]] = part["split"].to_numpy(dtype=object)[region[inside]]
    return splits


def split_of_ranks(
    ranks: Positions, settings: SplitSettings, seed: int, experiment: str
) -> NDArray[np.str_]:
    """Assign ready sequences to splits by their rank.

    Of the first `held_out_ranks` ranks, the even ones are the test split, as in the paper. The
    others are distributed to gate, validation and train, stratified by rank: of every 20
    consecutive ranks each split gets its share, to within one, so that peaks are equally strong in
    all splits. Ranks are drawn by a hash of seed, experiment and rank, so a positive and a negative
    of the same rank are in the same split. The odd ranks among the first `held_out_ranks`, which
    resemble the test split, may have their own shares, `strongest_shares`.

    Parameters
    ----------
    ranks
        int64 (N,), from 1; the strongest peak has rank 1.
    settings
        The config's section `splits`.
    seed
        Seed of the run.
    experiment
        Name of the experiment.

    Returns
    -------
    str (N,)
    """
    key = derive_seed(seed, "splits", experiment)
    strong = ranks <= settings.held_out_ranks
    strongest = settings.strongest_shares or settings.shares
    # the odd ranks up to `held_out_ranks`, and the ranks above
    upper = _stratify(ranks // 2, lambda index: 2 * index + 1, strongest, key)
    first = settings.held_out_ranks + 1
    indices = np.maximum(ranks - first, 0)
    lower = _stratify(indices, lambda index: index + first, settings.shares, key)
    tested = strong & (ranks % 2 == 0)
    return np.where(tested, Split.TEST, np.where(strong, upper, lower))


def _stratify(
    indices: Positions,
    rank_of: Callable[[Positions], Positions],
    shares: Mapping[str, float],
    key: int,
) -> NDArray[np.str_]:
    """Distribute ranks to gate, validation and train, stratified by bins of consecutive ranks.

    Parameters
    ----------
    indices
        int64 (N,): the ranks, counted from 0.
    rank_of
        Turns indices into ranks, which are hashed.
    shares
        Share of each split; train gets the rest.
    key
        Key of the hash.
    """
    bins, rows = np.unique(indices // _BIN, return_inverse=True)
    ranks = rank_of(bins[:, None] * _BIN + np.arange(_BIN))
    hashed = _hash(ranks, key)
    order = np.argsort(np.argsort(hashed, axis=1, kind="stable"), axis=1)
    # a share that is not a whole number of ranks is rounded up or down at random in each bin
    offset = _hash(ranks[:, :1], key ^ _BIN) / 2.0**64
    position = ((order + offset) / _BIN)[rows, indices % _BIN]
    gate, validation = shares[Split.GATE], shares[Split.VALIDATION]
    return np.select(
        [position < gate, position < gate + validation],
        [Split.GATE, Split.VALIDATION],
        Split.TRAIN,
    )


def some_names(names: Sequence[str]) -> str:
    """List chromosome names for a message, at most 30."""
    return ", ".join(names) if len(names) <= 30 else f"{', '.join(names[:30])} and others"


def _by_name(lengths: Mapping[str, int], settings: SplitSettings) -> dict[str, str]:
    """Assign each chromosome to the split that names it, or else to ``train``."""
    splits: dict[str, str] = dict.fromkeys(lengths, Split.TRAIN)
    named = {
        Split.TEST: settings.test,
        Split.VALIDATION: settings.validation,
        Split.GATE: settings.gate,
    }
    for split, names in named.items():
        unknown = [name for name in names or () if name not in splits]
        if unknown:
            raise ConfigError(
                f"splits.{split}: the genome has no chromosome {', '.join(unknown)} in use; the "
                f"chromosomes in use are {some_names(list(lengths))}"
            )
        splits.update(dict.fromkeys(names or (), split))
    if Split.TRAIN not in splits.values():
        raise ConfigError(
            "splits: no chromosome is left for training; remove one from test, validation or gate, "
            "or split chromosomes into blocks (`by: blocks`)"
        )
    return splits


def _by_fold(lengths: Mapping[str, int], settings: SplitSettings) -> dict[str, str]:
    """Distribute chromosomes to folds, and assign each fold to a split."""
    folds, chromosomes = settings.folds or 1, len(lengths)
    if chromosomes < max(folds, len(Split)):
        remedy = "split chromosomes into blocks (`splits.by: blocks`)"
        if chromosomes >= len(Split):
            remedy = f"set splits.folds to at most {chromosomes}, or {remedy}"
        raise ConfigError(
            f"splits.folds: {folds} folds need at least {folds} chromosomes in use, found "
            f"{chromosomes} ({some_names(list(lengths))}); {remedy}"
        )
    if settings.fold > folds:
        raise ConfigError(f"splits.fold: found {settings.fold}, expected at most {folds}")
    filled = [0] * folds
    split_of_fold = {0: Split.TEST, 1: Split.VALIDATION, 2: Split.GATE}
    splits: dict[str, str] = dict.fromkeys(lengths, Split.TRAIN)
    # the sort is stable: of equally long chromosomes, the first in the genome comes first
    for chrom in sorted(lengths, key=lambda name: -lengths[name]):
        group = filled.index(min(filled))
        filled[group] += lengths[chrom]
        splits[chrom] = split_of_fold.get((group - (settings.fold - 1)) % folds, Split.TRAIN)
    return splits


def _block_regions(
    lengths: Mapping[str, int], settings: SplitSettings, span: int, seed: int
) -> pd.DataFrame:
    """Return the regions of the splits by blocks; parameters as for `split_regions`."""
    gap = span if settings.gap is None else settings.gap
    if settings.block_length < gap + span:
        raise ConfigError(
            f"splits.block_length: blocks of {settings.block_length} bases with gaps of {gap} are "
            f"too short for windows, which have {span} bases with their flanks; set it to at least "
            f"{gap + span}, better to a hundred times that"
        )
    blocks = _cut_blocks(lengths, settings.block_length)
    blocks["split"] = _assign_blocks(len(blocks), settings, seed)
    _check_all_present(blocks, settings, sum(lengths.values()), gap + span)
    chrom, split = blocks["chrom"].to_numpy(), blocks["split"].to_numpy()
    first = np.append(True, (chrom[1:] != chrom[:-1]) | (split[1:] != split[:-1]))
    last = np.append(first[1:], True)
    merged = blocks[first].assign(end=blocks["end"].to_numpy()[last]).reset_index(drop=True)
    # each of the two regions on the sides of a gap loses half of it
    has_left = merged["chrom"].eq(merged["chrom"].shift()).to_numpy()
    has_right = np.append(has_left[1:], False)
    merged["start"] += has_left * (gap - gap // 2)
    merged["end"] -= has_right * (gap // 2)
    return merged[merged["start"] < merged["end"]].reset_index(drop=True)


def _cut_blocks(lengths: Mapping[str, int], block_length: int) -> pd.DataFrame:
    """Cut chromosomes into blocks without a split yet."""
    chroms: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for chrom, length in lengths.items():
        count = max(1, (length + block_length // 2) // block_length)
        cuts = [number * block_length for number in range(count)]
        chroms += [chrom] * count
        starts += cuts
        ends += [*cuts[1:], length]
    return _table(chroms, starts, ends, [""] * len(chroms))


def _assign_blocks(count: int, settings: SplitSettings, seed: int) -> NDArray[np.str_]:
    """Assign `count` blocks, in the genome's order, to splits: str (count,)."""
    folds = settings.folds or 1
    # a multiple of the folds, so that the test splits of all folds fill the circle exactly
    circle = folds * _STEPS
    golden = np.arange(count) * _GOLDEN % 1
    # equal distances on the circle: a split gets its share of the blocks, to within one
    rank = np.argsort(np.argsort(golden, kind="stable"), kind="stable")
    shift = derive_seed(seed, "splits") % circle + (settings.fold - 1) * _STEPS
    position = (rank * (circle // count) + shift) % circle
    splits = np.full(count, Split.TRAIN, dtype="<U10")
    begin = 0
    for split in (Split.TEST, Split.VALIDATION, Split.GATE):
        end = begin + round(settings.shares[split] * circle)
        splits[(begin <= position) & (position < end)] = split
        begin = end
    return splits


def _check_all_present(
    blocks: pd.DataFrame, settings: SplitSettings, bases: int, least: int
) -> None:
    """Raise if a split has no block; blocks must have at least `least` bases."""
    missing = [split for split in Split if split not in set(blocks["split"])]
    if not missing:
        return
    shares = [*settings.shares.values(), 1 - sum(settings.shares.values())]
    needed = math.ceil(1 / min(shares))
    found = (
        f"splits.block_length: the {bases} bases in use have {len(blocks)} blocks of "
        f"{settings.block_length} bases, none of them for {', '.join(missing)}"
    )
    if bases // needed < least:
        raise ConfigError(
            f"{found}; these bases are too few for four splits, as a window with its flanks and a "
            f"gap have {least}: use more of the genome, raise splits.shares, or lower "
            "windows.length"
        )
    raise ConfigError(
        f"{found}; splits.shares needs {needed} blocks: set splits.block_length to at most "
        f"{bases // needed}, or raise the share"
    )


def _table(
    chroms: Sequence[str], starts: Sequence[int], ends: Sequence[int], splits: Sequence[str]
) -> pd.DataFrame:
    frame = pd.DataFrame({"chrom": chroms, "start": starts, "end": ends, "split": splits})
    return frame.astype({"chrom": "str", "start": "int64", "end": "int64", "split": "str"})


def _hash(values: Positions, key: int) -> NDArray[Any]:
    """Hash whole numbers with a key, uint64 (N,), by SplitMix64 (Steele, Lea and Flood 2014)."""
    bits = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
