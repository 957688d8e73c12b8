"""The four splits, the same for all experiments: by chromosome, by blocks, or by rank.

On a genome each split is a set of regions, and a window belongs to the split whose region holds all
of it. A window that lies in no one region, in the gap between two blocks, belongs to no split.
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
from tfmoe.data.intervals import Positions

SPLITS = ("train", "gate", "validation", "test")

# a circle on which blocks and shares lie, in steps so fine that rounding moves no block
_STEPS = 1 << 40
_GOLDEN = (math.sqrt(5) - 1) / 2
# consecutive ranks among which each split has its share
_BIN = 20


@dataclass(frozen=True)
class SplitSettings:
    """The section `splits` of the config; its schema says what each key means."""

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

    By chromosome, each chromosome is one region: those that are named for a split, or with
    `folds`, chromosomes dealt to that many groups of about equal length (from the longest on, each
    to the group that is shortest so far), of which group `fold` is the test, the next one the
    validation, and the one after it the gate's.

    By blocks, chromosomes are cut at the multiples of `block_length`; a last block shorter than
    half of that is joined to the one before. Blocks are laid on a circle in the order of the
    multiples of the golden ratio modulo 1, and each split takes an arc of it, so that each split is
    spread evenly along every stretch of the genome. Where the arcs begin depends on `seed`; `fold`
    moves them by a share of 1 / `folds`. Neighbouring blocks of one split are joined, and between
    two of different splits `gap` bases are left out.

    Parameters
    ----------
    lengths
        Length in bases of each chromosome in use, in the genome's order.
    settings
        The section `splits` of the config.
    span
        Length of a window with its flanks, in bases: the gap if none is set.
    seed
        The run's.

    Returns
    -------
    DataFrame
        chrom, start, end, split: disjoint, in the order of `lengths` and of starts.

    Raises
    ------
    ConfigError
        If a named chromosome is not in use, if there are too few chromosomes for the folds or too
        few blocks for four splits, or if blocks hold no window.
    """
    if settings.by == "blocks":
        return _block_regions(lengths, settings, span, seed)
    if settings.by != "chromosome":
        raise ConfigError(
            f"splits.by: found {settings.by}, expected chromosome or blocks in a run on a genome"
        )
    of = _named(lengths, settings) if settings.folds is None else _dealt(lengths, settings)
    return _table(list(lengths), [0] * len(lengths), list(lengths.values()), list(of.values()))


def split_of_windows(table: pd.DataFrame, regions: pd.DataFrame) -> NDArray[np.object_]:
    """Say in which split each window lies.

    Parameters
    ----------
    table
        With columns chrom, start and end.
    regions
        As `split_regions` returns them.

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
        at = np.searchsorted(first, starts[rows], side="right") - 1
        inside = (at >= 0) & (ends[rows] <= last[at])
        splits[rows[inside]] = part["split"].to_numpy(dtype=object)[at[inside]]
    return splits


def split_of_ranks(
    ranks: Positions, settings: SplitSettings, seed: int, experiment: str
) -> NDArray[np.str_]:
    """Deal ready sequences to splits by their rank.

    Of the first `held_out_ranks` the even ranks are the test, as in the paper. The others are dealt
    to gate, validation and train, stratified by rank: of each 20 consecutive ones each split has
    its share, to within one, so that peaks are equally strong in all of them. Which ones is drawn
    by a hash of seed, experiment and rank, so that a negative of the same rank as a positive is in
    the same split. The odd ranks among the first `held_out_ranks`, which are like the test, may
    have `strongest_shares` of their own.

    Parameters
    ----------
    ranks
        int64 (N,), from 1; the strongest peak has rank 1.
    settings
        The section `splits` of the config.
    seed
        The run's.
    experiment
        Its name.

    Returns
    -------
    str (N,)
    """
    key = derive_seed(seed, "splits", experiment)
    strong = ranks <= settings.held_out_ranks
    strongest = settings.strongest_shares or settings.shares
    # the odd ranks up to `held_out_ranks`, and the ranks above
    upper = _deal(ranks // 2, lambda index: 2 * index + 1, strongest, key)
    first = settings.held_out_ranks + 1
    lower = _deal(np.maximum(ranks - first, 0), lambda index: index + first, settings.shares, key)
    tested = strong & (ranks % 2 == 0)
    return np.where(tested, "test", np.where(strong, upper, lower))


def _deal(
    indices: Positions,
    rank_of: Callable[[Positions], Positions],
    shares: Mapping[str, float],
    key: int,
) -> NDArray[np.str_]:
    """Deal ranks to gate, validation and train, stratified; `indices` count them from 0 on."""
    bins, rows = np.unique(indices // _BIN, return_inverse=True)
    ranks = rank_of(bins[:, None] * _BIN + np.arange(_BIN))
    mixed = _mixed(ranks, key)
    order = np.argsort(np.argsort(mixed, axis=1, kind="stable"), axis=1)
    # where a share is no whole number of ranks, what the bin draws decides whether it has one more
    drawn = _mixed(ranks[:, :1], key ^ _BIN) / 2.0**64
    place = ((order + drawn) / _BIN)[rows, indices % _BIN]
    gate, validation = shares["gate"], shares["validation"]
    return np.select([place < gate, place < gate + validation], ["gate", "validation"], "train")


def some_names(names: Sequence[str]) -> str:
    """List names of chromosomes; of many, the first."""
    return ", ".join(names) if len(names) <= 30 else f"{', '.join(names[:30])} and others"


def _named(lengths: Mapping[str, int], settings: SplitSettings) -> dict[str, str]:
    """Give each chromosome the split that names it, or ``train``."""
    of = dict.fromkeys(lengths, "train")
    named = {"test": settings.test, "validation": settings.validation, "gate": settings.gate}
    for split, names in named.items():
        unknown = [name for name in names or () if name not in of]
        if unknown:
            raise ConfigError(
                f"splits.{split}: the genome has no chromosome {', '.join(unknown)} in use; the "
                f"chromosomes in use are {some_names(list(lengths))}"
            )
        of.update(dict.fromkeys(names or (), split))
    if "train" not in of.values():
        raise ConfigError(
            "splits: no chromosome is left for training; take one out of test, validation or gate, "
            "or split chromosomes (`by: blocks`)"
        )
    return of


def _dealt(lengths: Mapping[str, int], settings: SplitSettings) -> dict[str, str]:
    """Deal chromosomes to folds and give each the split that its fold is in this run."""
    folds, chromosomes = settings.folds or 1, len(lengths)
    if chromosomes < max(folds, len(SPLITS)):
        remedy = "split chromosomes into blocks (`splits.by: blocks`)"
        if chromosomes >= len(SPLITS):
            remedy = f"set splits.folds to {chromosomes} at most, or {remedy}"
        raise ConfigError(
            f"splits.folds: {folds} folds of chromosomes need {folds} chromosomes in use at least, "
            f"found {chromosomes} ({some_names(list(lengths))}); {remedy}"
        )
    if settings.fold > folds:
        raise ConfigError(f"splits.fold: found {settings.fold}, expected at most {folds}")
    filled = [0] * folds
    of = dict.fromkeys(lengths, "train")
    # the sort is stable: of equally long chromosomes the first in the genome comes first
    for chrom in sorted(lengths, key=lambda name: -lengths[name]):
        group = filled.index(min(filled))
        filled[group] += lengths[chrom]
        role = (group - (settings.fold - 1)) % folds
        of[chrom] = {0: "test", 1: "validation", 2: "gate"}.get(role, "train")
    return of


def _block_regions(
    lengths: Mapping[str, int], settings: SplitSettings, span: int, seed: int
) -> pd.DataFrame:
    gap = span if settings.gap is None else settings.gap
    if settings.block_length < gap + span:
        raise ConfigError(
            f"splits.block_length: blocks of {settings.block_length} bases with gaps of {gap} have "
            f"no room for windows, which take {span} bases with their flanks; set it to "
            f"{gap + span} at least, better to a hundred times that"
        )
    blocks = _cut_blocks(lengths, settings.block_length)
    blocks["split"] = _deal_blocks(len(blocks), settings, seed)
    _check_all_present(blocks, settings, sum(lengths.values()), gap + span)
    chrom, split = blocks["chrom"].to_numpy(), blocks["split"].to_numpy()
    first = np.append(True, (chrom[1:] != chrom[:-1]) | (split[1:] != split[:-1]))
    last = np.append(first[1:], True)
    merged = blocks[first].assign(end=blocks["end"].to_numpy()[last]).reset_index(drop=True)
    # half of a gap is taken from each of the two regions that it lies between
    beside = merged["chrom"].eq(merged["chrom"].shift()).to_numpy()
    before = np.append(beside[1:], False)
    merged["start"] += beside * (gap - gap // 2)
    merged["end"] -= before * (gap // 2)
    return merged[merged["start"] < merged["end"]].reset_index(drop=True)


def _cut_blocks(lengths: Mapping[str, int], block_length: int) -> pd.DataFrame:
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


def _deal_blocks(count: int, settings: SplitSettings, seed: int) -> NDArray[np.str_]:
    """Give `count` blocks, in the genome's order, their splits: str (count,)."""
    folds = settings.folds or 1
    # a multiple of the folds, so that the tests of all folds fill the circle to the step
    circle = folds * _STEPS
    golden = np.arange(count) * _GOLDEN % 1
    # equal distances on the circle: a share gets its number of blocks, give or take one
    rank = np.argsort(np.argsort(golden, kind="stable"), kind="stable")
    moved = derive_seed(seed, "splits") % circle + (settings.fold - 1) * _STEPS
    place = (rank * (circle // count) + moved) % circle
    splits = np.full(count, "train", dtype="<U10")
    begin = 0
    for split in ("test", "validation", "gate"):
        end = begin + round(settings.shares[split] * circle)
        splits[(begin <= place) & (place < end)] = split
        begin = end
    return splits


def _check_all_present(
    blocks: pd.DataFrame, settings: SplitSettings, bases: int, least: int
) -> None:
    """Raise if a split has no block; blocks must be `least` bases long at least."""
    missing = [split for split in SPLITS if split not in set(blocks["split"])]
    if not missing:
        return
    shares = {**settings.shares, "train": 1 - sum(settings.shares.values())}
    needed = math.ceil(1 / min(shares.values()))
    found = (
        f"splits.block_length: blocks of {settings.block_length} bases divide the {bases} bases in "
        f"use into {len(blocks)}, of which none falls to {', '.join(missing)}"
    )
    if bases // needed < least:
        raise ConfigError(
            f"{found}; so few bases are too short for four splits with windows, flanks and gaps of "
            f"together {least} bases: use more of the genome, raise splits.shares, or lower "
            "windows.length"
        )
    raise ConfigError(
        f"{found}; {needed} blocks are enough for splits.shares: set splits.block_length to "
        f"{bases // needed} at most, or raise the share"
    )


def _table(
    chroms: Sequence[str], starts: Sequence[int], ends: Sequence[int], splits: Sequence[str]
) -> pd.DataFrame:
    frame = pd.DataFrame({"chrom": chroms, "start": starts, "end": ends, "split": splits})
    return frame.astype({"chrom": "str", "start": "int64", "end": "int64", "split": "str"})


def _mixed(values: Positions, key: int) -> NDArray[Any]:
    """Hash whole numbers with a key, uint64 (N,), by SplitMix64 (Steele, Lea and Flood 2014)."""
    mixed = values.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))
