"""Join the training and the test part of an experiment's sequences into one file."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import KINDS, Kind
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.negatives.summary import SUMMARY_COLUMNS
from tfmoe.data.windows.select import read_windows


def read_positive_names(path: Pathlike) -> list[str]:
    """Read the names of an experiment's positives in their order.

    Parameters
    ----------
    path
        Its windows (``.bed.gz``) or its ready sequences (``.parquet``).
    """
    if str(path).endswith(".parquet"):
        table = read_sequences(path, kinds=[Kind.PEAK]).table
    else:
        table = read_windows(path)
    return [str(name) for name in table["name"]]


def join_sequences(
    training: SequenceSet, test: SequenceSet, positives: Sequence[str], shuffles_last: bool
) -> SequenceSet:
    """Join two parts: all positives first, then all negatives of each kind.

    Parameters
    ----------
    training, test
        The parts.
    positives
        Names of the positives of both parts, in the order in which they are written.
    shuffles_last
        Whether shuffles come after all other kinds, as among ready sequences.

    Returns
    -------
    SequenceSet
        Within a kind, the negatives of the training part come first, those of the test part last.

    Raises
    ------
    ValueError
        If `positives` lacks one.
    """
    joined = concatenate([training, test])
    negative_kinds = sorted(KINDS, key=lambda kind: shuffles_last and kind == Kind.DINUCLEOTIDE)
    kinds = pd.Index([Kind.PEAK, *negative_kinds]).get_indexer(pd.Index(joined.table["kind"]))
    ranks = pd.Index(positives).get_indexer(pd.Index(joined.table["name"]))
    positive = joined.table["kind"].to_numpy() == Kind.PEAK
    if (ranks[positive] < 0).any():
        raise ValueError(f"positives: {np.count_nonzero(ranks[positive] < 0)} names are missing")
    return joined.select(np.lexsort((np.where(positive, ranks, 0), kinds)))


def read_summary(path: Pathlike) -> pd.DataFrame:
    """Read a summary of negatives as text, so that it can be written again unchanged."""
    return pd.read_csv(path, sep="\t", dtype="str", keep_default_na=False)


def join_summaries(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the summaries of the training and the test part: by kind, then by split."""
    joined = pd.concat(parts, ignore_index=True)[list(SUMMARY_COLUMNS)]
    kinds = pd.Index(list(KINDS)).get_indexer(pd.Index(joined["kind"]))
    return joined.iloc[np.argsort(kinds, kind="stable")].reset_index(drop=True)
