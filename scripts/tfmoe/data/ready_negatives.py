"""Negatives of ready sequences: shuffles, positives of other factors, and those of the files.

Without coordinates, sequences of one place are told by the 31-mers that they share: no negative
that is stored shares one with a positive of its factor.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import UNKNOWN
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.data.kmers import NO_KMER, K, Kmers, canonical_kmers, shared, shared_share, unique_kmers
from tfmoe.data.negatives import DrawnNegatives, NegativeSettings
from tfmoe.data.sampling import gc_content, ks_distance
from tfmoe.data.shuffle import dinucleotide_shuffle
from tfmoe.data.splits import SPLITS

logger = logging.getLogger(__name__)

KINDS = ("dinucleotide", "other_factor", "file")
# positives of other factors that are looked at in one go
_BATCH = 4096
# so many flanks may be shorter than the others, as they hold unknown bases
_UNKNOWN_SHARE = 0.05


@dataclass(frozen=True)
class _Drawn:
    """Negatives of one kind and split, and why there are no more."""

    sequences: SequenceSet
    why: str


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
    drawn: dict[tuple[str, str], _Drawn] = {}
    rows = []
    for kind, split in _wanted(role, settings, brings_negatives=len(supplied) > 0):
        parents = _of(positives, "split", split)
        asked = round(settings.ratio(kind, split) * len(parents))
        if asked == 0:
            continue
        rng = generator(seed, "negatives", experiment, kind, split)
        if kind == "dinucleotide":
            found = _shuffles(parents, asked, rng)
        elif kind == "other_factor":
            found = _others(experiment, _of(pool, "split", split), asked, bound, rng)
        else:
            found = _supplied(_of(supplied, "split", split), asked, bound, rng)
        _check_share(experiment, kind, split, found, asked, settings)
        drawn[kind, split] = found
        rows.append(_summarise(experiment, kind, split, parents, found, asked))
    _check_none_without(experiment, role, positives, drawn, settings)
    stored = [found.sequences for (kind, _), found in drawn.items() if kind != "dinucleotide"]
    shuffles = [found.sequences for (kind, _), found in drawn.items() if kind == "dinucleotide"]
    real = _level_flanks(concatenate([positives, *stored]))
    return DrawnNegatives(concatenate([real, *shuffles]), pd.DataFrame(rows))


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


def _shuffles(parents: SequenceSet, asked: int, rng: np.random.Generator) -> _Drawn:
    """Shuffle each positive in turn; a shuffle has no sequence beside it."""
    turns = [rng.permutation(len(parents)) for _ in range(-(-asked // len(parents)))]
    rows = np.concatenate(turns)[:asked]
    copies = np.arange(asked, dtype=np.int64) // len(parents)
    order = np.lexsort((copies, rows))
    rows, copies = rows[order], copies[order]
    table = parents.table.iloc[rows].reset_index(drop=True)
    names = table["name"].str.replace(":peak:", ":dinucleotide:", n=1, regex=False)
    table = table.assign(
        name=names + ":" + pd.Series(copies + 1).astype("str"),
        label=np.int8(0),
        kind="dinucleotide",
        parent=table["name"],
        repeat_share=np.float32("nan"),
    )
    codes = np.full((asked, parents.codes.shape[1]), UNKNOWN, dtype=np.uint8)
    inner = slice(parents.flank, parents.codes.shape[1] - parents.flank)
    codes[:, inner] = dinucleotide_shuffle(parents.windows[rows], rng)
    return _Drawn(SequenceSet(table, codes, parents.flank), "-")


def _others(
    experiment: str, pool: SequenceSet, asked: int, bound: Kmers, rng: np.random.Generator
) -> _Drawn:
    """Take positives of other factors that share no 31-mer with one of this, nor with another."""
    order = rng.permutation(len(pool))
    chosen = np.zeros(0, dtype=np.int64)
    for begin in range(0, len(order), _BATCH):
        rows = order[begin : begin + _BATCH]
        kmers = canonical_kmers(pool.windows[rows], _word_length(pool))
        free = ~shared(kmers, bound).any(axis=1)
        rows, kmers = rows[free], kmers[free]
        alone = _shares_none_before(kmers)
        chosen = np.append(chosen, rows[alone])
        bound = np.union1d(bound, kmers[alone])
        if len(chosen) >= asked:
            break
    taken = pool.select(np.sort(chosen[:asked]))
    table = taken.table.assign(
        name=f"{experiment}:other_factor:"
        + taken.table["name"].str.replace(":peak:", ":", n=1, regex=False),
        label=np.int8(0),
        kind="other_factor",
    )
    why = (
        f"{len(pool)} positives of other training factors, of which {len(chosen)} share no "
        "31-mer with a positive of this factor or with one another"
    )
    return _Drawn(SequenceSet(table, taken.codes, taken.flank), why)


def _shares_none_before(kmers: Kmers) -> NDArray[np.bool_]:
    """Say which rows of k-mers, uint64 (N, M), share none with a row before them."""
    _, first, inverse = np.unique(kmers.ravel(), return_index=True, return_inverse=True)
    width = kmers.shape[1]
    holder = (first // width)[inverse].reshape(kmers.shape)
    own = holder == np.arange(len(kmers))[:, None]
    alone: NDArray[np.bool_] = (own | (kmers == NO_KMER)).all(axis=1)
    return alone


def _supplied(pool: SequenceSet, asked: int, bound: Kmers, rng: np.random.Generator) -> _Drawn:
    """Take negatives of the files, at random where there are more than asked for."""
    usable = np.flatnonzero(shared_share(pool.windows, bound, _word_length(pool)) == 0)
    chosen = np.sort(rng.permutation(usable)[:asked])
    why = (
        f"{len(pool)} in the files for this split, of which {len(pool) - len(usable)} share a "
        "31-mer with a positive"
    )
    return _Drawn(pool.select(chosen), why)


def _check_share(
    experiment: str, kind: str, split: str, found: _Drawn, asked: int, settings: NegativeSettings
) -> None:
    drawn = len(found.sequences)
    if drawn < asked:
        logger.warning(
            "%s, split %s: %d of %d negatives of kind %s: %s",
            *(experiment, split, drawn, asked, kind, found.why),
        )
    if drawn < settings.min_share * asked:
        section = "evaluation" if split == "test" else "training"
        raise InputError(
            f"experiment {experiment}: only {drawn} of {asked} negatives of kind {kind} could be "
            f"drawn in split {split} ({found.why}), less than negatives.min_share = "
            f"{settings.min_share:g}; lower negatives.{section}.{kind}, or give more sequences"
        )


def _check_none_without(
    experiment: str,
    role: str,
    positives: SequenceSet,
    drawn: dict[tuple[str, str], _Drawn],
    settings: NegativeSettings,
) -> None:
    """Check that a split with positives has negatives: those of the files may be all there are."""
    for split in SPLITS if role == "train" else ("test",):
        made = split == "train" and settings.ratio("dinucleotide", split) > 0
        some = made or any(of == split for _, of in drawn)
        if not some and len(_of(positives, "split", split)):
            section = "evaluation" if split == "test" else "training"
            raise InputError(
                f"experiment {experiment}: it has no negatives in split {split}, as its files hold "
                "none: name a file in the column `negatives` of the experiment table, or set "
                f"negatives.{section}.dinucleotide"
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


def _summarise(
    experiment: str, kind: str, split: str, positives: SequenceSet, found: _Drawn, asked: int
) -> dict[str, object]:
    """Return one row of the table of negatives, as for genome runs."""
    drawn = found.sequences
    length = positives.windows.shape[1]
    gc = gc_content(positives.windows), gc_content(drawn.windows)
    repeats = [part.table["repeat_share"].to_numpy(dtype=np.float64) for part in (positives, drawn)]
    return {
        "experiment": experiment,
        "kind": kind,
        "split": split,
        "positives": len(positives),
        "asked": asked,
        "drawn": len(drawn),
        "why": found.why if len(drawn) < asked else "-",
        "gc_positives": gc[0].mean() / length,
        "gc_negatives": gc[1].mean() / length if len(drawn) else np.nan,
        "ks_gc": ks_distance(*gc),
        "repeat_positives": _mean(repeats[0]),
        "repeat_negatives": _mean(repeats[1]),
        "ks_repeat": ks_distance(*repeats),
        "other_gc": 0,
        "overlapping": 0,
        "chromosomes_unused": "-",
    }


def _mean(values: NDArray[np.float64]) -> float:
    """Return the mean of the values that are known, NaN if none is."""
    known = values[~np.isnan(values)]
    return float(known.mean()) if len(known) else float("nan")
