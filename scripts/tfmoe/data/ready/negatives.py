"""Negatives of ready sequences: shuffles, positives of other factors, and the files' negatives.

Ready sequences have no coordinates, so sequences from the same place are recognised by the 31-mers
they share: no stored negative shares one with a positive of its factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import Kind, Split
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
from tfmoe.data.negatives.draw import DrawnNegatives
from tfmoe.data.negatives.parts import NegativeSettings, Part, config_path
from tfmoe.data.negatives.shuffled_positives import NO_SHUFFLE, shuffle_positives
from tfmoe.data.negatives.summary import KindSummary, shortages, summarise, summary_table

# positives of other factors that are compared at once
_BATCH = 4096
# share of flanks that may be shorter than the others, because they contain unknown bases
_UNKNOWN_SHARE = 0.05


@dataclass(frozen=True)
class ReadySources:
    """Positives and sources of negatives of one part of an experiment.

    Attributes
    ----------
    experiment
        Name of the experiment.
    positives
        The experiment's own positives.
    supplied
        Negatives of its files.
    others
        Positives of training experiments of other factors.
    bound
        31-mers of all positives of the factor, in all splits and experiments.
    """

    experiment: str
    positives: SequenceSet
    supplied: SequenceSet
    others: SequenceSet
    bound: Kmers


Drawer = Callable[[ReadySources, str, int, np.random.Generator], tuple[SequenceSet, str]]
"""Draws a number of negatives of one kind in a split; also returns a reason for a shortage."""


def complete_sequences(
    experiment: str,
    role: str,
    part: Part,
    own: SequenceSet,
    same_factor: Sequence[SequenceSet],
    others: Sequence[SequenceSet],
    settings: NegativeSettings,
    seed: int,
) -> DrawnNegatives:
    """Draw the negatives of one part of an experiment and append them to its positives.

    Parameters
    ----------
    experiment, role
        Name of the experiment, and ``train`` or ``ood``.
    part
        The part. The training part of an OOD experiment has positives only.
    own
        Positives of the experiment and negatives of its files, in all splits.
    same_factor
        All experiments of the factor, including this one; only their positives are used.
    others
        Training experiments of other factors; only their positives are used.
    settings
        Settings of the part's negatives.
    seed
        Seed of the run.

    Returns
    -------
    DrawnNegatives
        Real sequences come first, then the shuffles.

    Raises
    ------
    InputError
        If less than `min_share` of the negatives of a kind can be drawn in a split, or if a split
        gets no negatives at all; one line per problem.
    """
    sources = _sources(experiment, part, own, same_factor, others)
    splits = part.splits_with_negatives(role)
    real, shuffles = [sources.positives], list[SequenceSet]()
    summaries: list[KindSummary] = []
    for kind, split in _kinds_to_draw(splits, settings, len(sources.supplied) > 0):
        positives = _rows_with(sources.positives, "split", split)
        number = round(settings.ratios[kind] * len(positives))
        if number:
            rng = generator(seed, "negatives", experiment, kind, split)
            drawn, reason = _DRAWERS[kind](sources, split, number, rng)
            (shuffles if kind == Kind.DINUCLEOTIDE else real).append(drawn)
            summaries.append(summarise(experiment, kind, split, positives, drawn, number, reason))
    problems = [
        *shortages(summaries, settings.min_share, _REMEDIES),
        *_splits_without(sources, splits, summaries, settings),
    ]
    if problems:
        raise InputError("\n".join(problems))
    sequences = concatenate([_equalise_flanks(concatenate(real)), *shuffles])
    return DrawnNegatives(sequences, summary_table(summaries))


def _sources(
    experiment: str,
    part: Part,
    own: SequenceSet,
    same_factor: Sequence[SequenceSet],
    others: Sequence[SequenceSet],
) -> ReadySources:
    of_factor = concatenate([_rows_with(one, "kind", Kind.PEAK) for one in same_factor])
    empty = own.select(np.zeros(0, dtype=np.int64))
    in_part = own.select(own.table["split"].isin(part.splits))
    return ReadySources(
        experiment,
        _rows_with(in_part, "kind", Kind.PEAK),
        _rows_with(own, "kind", Kind.FILE),
        concatenate([empty, *(_rows_with(one, "kind", Kind.PEAK) for one in others)]),
        unique_kmers(of_factor.windows, _word_length(own)),
    )


def _kinds_to_draw(
    splits: Sequence[Split], settings: NegativeSettings, has_supplied: bool
) -> list[tuple[Kind, Split]]:
    """List the kinds and splits of the negatives that are drawn and stored."""
    return [
        (kind, split)
        for kind in _DRAWERS
        for split in splits
        if settings.ratios[kind] > 0
        # training shuffles the split train afresh each epoch
        and (kind, split) != (Kind.DINUCLEOTIDE, Split.TRAIN)
        and (kind != Kind.FILE or has_supplied)
    ]


def _word_length(sequences: SequenceSet) -> int:
    return min(K, int(sequences.windows.shape[1]))


def _rows_with(sequences: SequenceSet, column: str, value: str) -> SequenceSet:
    return sequences.select((sequences.table[column] == value).to_numpy())


def _draw_shuffles(
    sources: ReadySources, split: str, number: int, rng: np.random.Generator
) -> tuple[SequenceSet, str]:
    """Shuffle the positives of a split."""
    positives = _rows_with(sources.positives, "split", split)
    return shuffle_positives(positives, number, sources.experiment, rng), NO_SHUFFLE


def _draw_other_factors(
    sources: ReadySources, split: str, number: int, rng: np.random.Generator
) -> tuple[SequenceSet, str]:
    """Draw positives of other factors that share no 31-mer with one another or this factor."""
    pool, bound = _rows_with(sources.others, "split", split), sources.bound
    order = rng.permutation(len(pool))
    chosen = np.zeros(0, dtype=np.int64)
    for begin in range(0, len(order), _BATCH):
        rows = order[begin : begin + _BATCH]
        kmers = canonical_kmers(pool.windows[rows], _word_length(pool))
        unbound = ~shared(kmers, bound).any(axis=1)
        rows, kmers = rows[unbound], kmers[unbound]
        unlike = _shares_none_with_earlier(kmers)
        chosen = np.append(chosen, rows[unlike])
        bound = distinct(np.append(bound, kmers[unlike]))
        if len(chosen) >= number:
            break
    drawn = pool.select(np.sort(chosen[:number]))
    table = drawn.table.assign(
        name=f"{sources.experiment}:other_factor:"
        + drawn.table["name"].str.replace(":peak:", ":", n=1, regex=False),
        label=np.int8(0),
        kind=Kind.OTHER_FACTOR.value,
        rank=np.int64(-1),  # their rank is among the peaks of the other factor
    )
    reason = (
        f"{len(chosen)} of {len(pool)} positives of other training factors share no 31-mer with a "
        "positive of this factor or with one another"
    )
    return SequenceSet(table, drawn.codes, drawn.flank), reason


def _shares_none_with_earlier(kmers: Kmers) -> NDArray[np.bool_]:
    """Return which rows of k-mers, uint64 (N, M), share none with an earlier row: bool (N,)."""
    _, first, inverse = np.unique(kmers.ravel(), return_index=True, return_inverse=True)
    width = kmers.shape[1]
    earliest_row = (first // width)[inverse].reshape(kmers.shape)
    earliest = earliest_row == np.arange(len(kmers))[:, None]
    alone: NDArray[np.bool_] = (earliest | (kmers == NO_KMER)).all(axis=1)
    return alone


def _draw_supplied(
    sources: ReadySources, split: str, number: int, rng: np.random.Generator
) -> tuple[SequenceSet, str]:
    """Draw negatives of the files, at random if there are more than asked for."""
    pool = _rows_with(sources.supplied, "split", split)
    shares = shared_share(pool.windows, sources.bound, _word_length(pool))
    usable = np.flatnonzero(shares == 0)
    chosen = np.sort(rng.permutation(usable)[:number])
    reason = (
        f"the files have {len(pool)} for this split, and {len(pool) - len(usable)} of them share a "
        "31-mer with a positive"
    )
    return pool.select(chosen), reason


_DRAWERS: Mapping[Kind, Drawer] = {
    Kind.DINUCLEOTIDE: _draw_shuffles,
    Kind.OTHER_FACTOR: _draw_other_factors,
    Kind.FILE: _draw_supplied,
}
# remedies for a shortage, by kind
_REMEDIES = dict.fromkeys(_DRAWERS, "lower {key}, or supply more sequences")


def _splits_without(
    sources: ReadySources,
    splits: Sequence[Split],
    summaries: Sequence[KindSummary],
    settings: NegativeSettings,
) -> Iterator[str]:
    """Report the splits that have positives and no negatives of any kind."""
    for split in splits:
        # training shuffles the split train
        shuffled_later = split == Split.TRAIN and settings.ratios[Kind.DINUCLEOTIDE] > 0
        drawn = sum(row.drawn for row in summaries if row.split == split)
        if len(_rows_with(sources.positives, "split", split)) and not drawn and not shuffled_later:
            yield (
                f"experiment {sources.experiment}: split {split} gets no negatives, because its "
                "files have none: name a file in the column `negatives` of the experiment table, "
                f"or set {config_path(split)}.dinucleotide"
            )


def _equalise_flanks(sequences: SequenceSet) -> SequenceSet:
    """Mask flanks so that positives and stored negatives of a part have flanks of equal width.

    Training shifts windows and thereby shows their flanks. If longer sequences in the files gave
    positives wider flanks, unknown bases at the end would identify a negative.
    """
    rows_by_kind = list(sequences.table.groupby("kind").indices.values())
    if len(rows_by_kind) < 2 or sequences.flank == 0:
        return sequences
    # the same width on both sides, because either strand may be shown
    known = _known_flank(sequences)
    width = min(int(np.quantile(known[rows], _UNKNOWN_SHARE)) for rows in rows_by_kind)
    masked = sequences.flank - width
    codes = sequences.codes.copy()
    codes[:, :masked] = UNKNOWN
    codes[:, codes.shape[1] - masked :] = UNKNOWN
    return SequenceSet(sequences.table, codes, sequences.flank)


def _known_flank(sequences: SequenceSet) -> NDArray[np.int64]:
    """Return the number of bases next to the window that are known on both sides, int64 (N,)."""
    known = sequences.codes != UNKNOWN
    sides = known[:, : sequences.flank], known[:, ::-1][:, : sequences.flank]
    widths = [
        np.where(side.any(axis=1), sequences.flank - side.argmax(axis=1), 0) for side in sides
    ]
    shorter: NDArray[np.int64] = np.minimum(*widths)
    return shorter
