"""Negatives of ready sequences: shuffles, positives of other factors, and those of the files.

Without coordinates, sequences of one place are told by the 31-mers that they share: no negative
that is stored shares one with a positive of its factor.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.kmers import (
    NO_KMER,
    K,
    Kmers,
    canonical_kmers,
    distinct,
    shared,
    shared_share,
    unique_kmers,
)
from tfmoe.data.negatives.draw import DrawnNegatives, NegativeSettings
from tfmoe.data.negatives.shuffled_positives import NO_SHUFFLE, shuffle_positives
from tfmoe.data.negatives.summary import (
    KindSummary,
    section_of,
    shortages,
    summarise,
    summary_table,
)
from tfmoe.data.windows.splits import SPLITS

KINDS = ("dinucleotide", "other_factor", "file")
# what helps when too few of any kind can be drawn
_REMEDIES = dict.fromkeys(KINDS, "lower {key}, or give more sequences")
# positives of other factors that are looked at in one go
_BATCH = 4096
# so many flanks may be shorter than the others, as they hold unknown bases
_UNKNOWN_SHARE = 0.05


def complete_sequences(
    experiment: str,
    role: str,
    own: SequenceSet,
    same_factor: Sequence[SequenceSet],
    others: Sequence[SequenceSet],
    settings: NegativeSettings,
    seed: int,
) -> DrawnNegatives:
    """Draw the negatives of an experiment and put them together with its positives.

    Parameters
    ----------
    experiment, role
        Its name, and ``train`` or ``ood``; that of role ``ood`` gets negatives in the split test.
    own
        Its positives, and the negatives of its files.
    same_factor
        All experiments of its factor, its own among them: their positives count.
    others
        The training experiments of other factors: their positives count.
    settings
        The section `negatives` of the config.
    seed
        The run's.

    Raises
    ------
    InputError
        If less than `min_share` of the negatives of a kind can be drawn in a split, or if a split
        gets none at all.
    """
    positives, supplied = _of(own, "kind", "peak"), _of(own, "kind", "file")
    same = concatenate([_of(part, "kind", "peak") for part in same_factor])
    bound = unique_kmers(same.windows, _word_length(own))
    none = own.select(np.zeros(0, dtype=np.int64))
    pool = concatenate([none, *(_of(part, "kind", "peak") for part in others)])
    shuffles, stored, rows = [], [], []
    for kind, split in _wanted(role, settings, brings_negatives=len(supplied) > 0):
        parents = _of(positives, "split", split)
        asked = round(settings.ratio(kind, split) * len(parents))
        if asked == 0:
            continue
        rng = generator(seed, "negatives", experiment, kind, split)
        if kind == "dinucleotide":
            drawn, why = shuffle_positives(parents, asked, experiment, rng), NO_SHUFFLE
            shuffles.append(drawn)
        elif kind == "other_factor":
            drawn, why = _others(experiment, _of(pool, "split", split), asked, bound, rng)
            stored.append(drawn)
        else:
            drawn, why = _supplied(_of(supplied, "split", split), asked, bound, rng)
            stored.append(drawn)
        rows.append(summarise(experiment, kind, split, parents, drawn, asked, why))
    faults = [
        *shortages(rows, settings.min_share, _REMEDIES),
        *_splits_without(experiment, role, positives, rows, settings),
    ]
    if faults:
        raise InputError("\n".join(faults))
    real = _level_flanks(concatenate([positives, *stored]))
    return DrawnNegatives(concatenate([real, *shuffles]), summary_table(rows))


def _wanted(role: str, settings: NegativeSettings, brings_negatives: bool) -> list[tuple[str, str]]:
    """List the kinds and splits of the negatives that are drawn and stored."""
    return [
        (kind, split)
        for kind in KINDS
        for split in (SPLITS if role == "train" else ("test",))
        # shuffles for the training are made afresh each epoch
        if settings.ratio(kind, split) > 0
        and (kind, split) != ("dinucleotide", "train")
        and (kind != "file" or brings_negatives)
    ]


def _word_length(sequences: SequenceSet) -> int:
    return min(K, int(sequences.windows.shape[1]))


def _of(sequences: SequenceSet, column: str, value: str) -> SequenceSet:
    return sequences.select((sequences.table[column] == value).to_numpy())


def _others(
    experiment: str, pool: SequenceSet, asked: int, bound: Kmers, rng: np.random.Generator
) -> tuple[SequenceSet, str]:
    """Take positives of other factors that share no 31-mer with one of this, nor with another.

    The second value says why there are no more.
    """
    order = rng.permutation(len(pool))
    chosen = np.zeros(0, dtype=np.int64)
    for begin in range(0, len(order), _BATCH):
        rows = order[begin : begin + _BATCH]
        kmers = canonical_kmers(pool.windows[rows], _word_length(pool))
        free = ~shared(kmers, bound).any(axis=1)
        rows, kmers = rows[free], kmers[free]
        alone = _shares_none_before(kmers)
        chosen = np.append(chosen, rows[alone])
        bound = distinct(np.append(bound, kmers[alone]))
        if len(chosen) >= asked:
            break
    taken = pool.select(np.sort(chosen[:asked]))
    table = taken.table.assign(
        name=f"{experiment}:other_factor:"
        + taken.table["name"].str.replace(":peak:", ":", n=1, regex=False),
        label=np.int8(0),
        kind="other_factor",
        rank=np.int64(-1),  # theirs is among the other factor's peaks
    )
    why = (
        f"{len(pool)} positives of other training factors, of which {len(chosen)} share no "
        "31-mer with a positive of this factor or with one another"
    )
    return SequenceSet(table, taken.codes, taken.flank), why


def _shares_none_before(kmers: Kmers) -> NDArray[np.bool_]:
    """Say which rows of k-mers, uint64 (N, M), share none with a row before them."""
    _, first, inverse = np.unique(kmers.ravel(), return_index=True, return_inverse=True)
    width = kmers.shape[1]
    holder = (first // width)[inverse].reshape(kmers.shape)
    own = holder == np.arange(len(kmers))[:, None]
    alone: NDArray[np.bool_] = (own | (kmers == NO_KMER)).all(axis=1)
    return alone


def _supplied(
    pool: SequenceSet, asked: int, bound: Kmers, rng: np.random.Generator
) -> tuple[SequenceSet, str]:
    """Take negatives of the files, at random where there are more than asked for.

    The second value says why there are no more.
    """
    usable = np.flatnonzero(shared_share(pool.windows, bound, _word_length(pool)) == 0)
    chosen = np.sort(rng.permutation(usable)[:asked])
    why = (
        f"{len(pool)} in the files for this split, of which {len(pool) - len(usable)} share a "
        "31-mer with a positive"
    )
    return pool.select(chosen), why


def _splits_without(
    experiment: str,
    role: str,
    positives: SequenceSet,
    rows: Sequence[KindSummary],
    settings: NegativeSettings,
) -> Iterator[str]:
    """Name the splits that have positives and no negatives at all."""
    for split in SPLITS if role == "train" else ("test",):
        fresh = split == "train" and settings.ratio("dinucleotide", split) > 0
        drawn = sum(row.drawn for row in rows if row.split == split)
        if len(_of(positives, "split", split)) and not drawn and not fresh:
            yield (
                f"experiment {experiment}: it gets no negatives in split {split}, as its files "
                "hold none: name a file in the column `negatives` of the experiment table, or set "
                f"{section_of(split)}.dinucleotide"
            )


def _level_flanks(sequences: SequenceSet) -> SequenceSet:
    """Give positives and stored negatives flanks of the same width.

    A window that is shifted in training shows its flank. If the flanks of positives were wider,
    from longer sequences in the files, unknown bases at the end would tell a negative.
    """
    kinds = list(sequences.table.groupby("kind").indices.values())
    if len(kinds) == 1 or sequences.flank == 0:
        return sequences
    # of equal width on both sides, as strands are shown either way round
    known = _known_flank(sequences)
    width = min(int(np.quantile(known[rows], _UNKNOWN_SHARE)) for rows in kinds)
    cut = sequences.flank - width
    codes = sequences.codes.copy()
    codes[:, :cut] = UNKNOWN
    codes[:, codes.shape[1] - cut :] = UNKNOWN
    return SequenceSet(sequences.table, codes, sequences.flank)


def _known_flank(sequences: SequenceSet) -> NDArray[np.int64]:
    """Return to how many bases from the window both flanks are known, int64 (N,)."""
    known = sequences.codes != UNKNOWN
    sides = known[:, : sequences.flank], known[:, ::-1][:, : sequences.flank]
    widths = [
        np.where(side.any(axis=1), sequences.flank - side.argmax(axis=1), 0) for side in sides
    ]
    shorter: NDArray[np.int64] = np.minimum(*widths)
    return shorter
