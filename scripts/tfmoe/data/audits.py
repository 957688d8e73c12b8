"""Audits: whether composition alone tells positives from negatives, and whether anything leaks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, reverse_complement
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.seeds import generator
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.data.intervals import overlaps
from tfmoe.data.sampling import gc_content, ks_distance
from tfmoe.data.shuffle import dinucleotide_counts

FOLDS = 5
# fewer sequences of a label than this make no detector
_LEAST = 10


def audit_sequences(
    experiment: str,
    factor: str,
    role: str,
    sequences: SequenceSet,
    training_peaks: Pathlike,
    seed: int,
) -> pd.DataFrame:
    """Audit one experiment.

    Parameters
    ----------
    experiment, factor, role
        From the experiment table.
    sequences
        Its sequences.
    training_peaks
        The merged training peaks.
    seed
        The run's.

    Returns
    -------
    DataFrame
        One row a kind of negatives. Over the splits in which there are such negatives: n_pos,
        n_neg, gc_pos, gc_neg (mean GC share), ks_gc, detector_auroc (see `detector_auroc`). Over
        the test positives: overlap_share, the share that overlaps a peak of a training experiment
        of another factor, and repeat_share, the share whose very sequence, on either strand, is a
        positive of another split too.
    """
    table = sequences.table
    positive = (table["label"] == 1).to_numpy()
    test = sequences.select(positive & (table["split"] == "test").to_numpy())
    rest = sequences.select(positive & (table["split"] != "test").to_numpy())
    overlap = overlaps(test.table, training_peaks, ignore_factor=factor)
    repeated = repeated_sequences(test.windows, rest.windows)
    rows = []
    for kind in sorted(set(table.loc[~positive, "kind"])):
        negative = (table["kind"] == kind).to_numpy()
        same = table["split"].isin(table.loc[negative, "split"].unique()).to_numpy()
        first, second = sequences.select(positive & same), sequences.select(negative)
        gc = gc_content(first.windows), gc_content(second.windows)
        length = first.windows.shape[1]
        rng = generator(seed, "audit", experiment, kind)
        rows.append(
            {
                "experiment": experiment,
                "factor": factor,
                "role": role,
                "negatives": kind,
                "n_pos": len(first),
                "n_neg": len(second),
                "gc_pos": gc[0].mean() / length if len(first) else np.nan,
                "gc_neg": gc[1].mean() / length,
                "ks_gc": ks_distance(*gc),
                "detector_auroc": detector_auroc(first, second, rng),
                "overlap_share": overlap.mean() if len(test) else np.nan,
                "repeat_share": repeated.mean() if len(test) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def audit_experiments(
    experiments: Mapping[str, Experiment],
    sequences: Sequence[Pathlike],
    training_peaks: Pathlike,
    seed: int,
) -> pd.DataFrame:
    """Audit all experiments, whose files of sequences come in the order of the table."""
    parts = []
    for (name, row), path in zip(experiments.items(), sequences, strict=True):
        part = audit_sequences(
            name, row.factor, row.role, read_sequences(path), training_peaks, seed
        )
        parts.append(part)
    return pd.concat(parts, ignore_index=True)


def gather(paths: Sequence[Pathlike]) -> pd.DataFrame:
    """Put tables (TSV) with the same columns one after the other."""
    return pd.concat([read_tsv(path) for path in paths], ignore_index=True)


def repeated_sequences(windows: Codes, others: Codes) -> NDArray[np.bool_]:
    """Say which windows, uint8 (N, L), occur as they are among others, (M, L), on either strand."""
    known = {row.tobytes() for row in np.ascontiguousarray(others)}
    known |= {row.tobytes() for row in np.ascontiguousarray(reverse_complement(others))}
    found = [row.tobytes() in known for row in np.ascontiguousarray(windows)]
    return np.array(found, dtype=np.bool_)


def composition(codes: Codes) -> NDArray[np.float64]:
    """Return what a motif-blind detector sees of windows (N, L): float64 (N, 11).

    The GC share, and the share of each of the ten dinucleotides that differ once the strands are
    taken together.
    """
    counts = dinucleotide_counts(codes)[:, :4, :4].reshape(len(codes), 16).astype(np.float64)
    partner = [(3 - second) * 4 + (3 - first) for first in range(4) for second in range(4)]
    both = counts + counts[:, partner]
    both[:, [index for index in range(16) if index == partner[index]]] /= 2
    distinct = [index for index in range(16) if index <= partner[index]]
    shares = both[:, distinct] / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return np.column_stack([gc_content(codes) / codes.shape[1], shares])


def detector_auroc(
    positives: SequenceSet, negatives: SequenceSet, rng: np.random.Generator
) -> float:
    """Return the AUROC, cross-validated, of a logistic regression on the composition alone.

    Near one half, positives and negatives cannot be told apart by composition. A shuffle is in the
    fold of its parent: its composition is the same, and it would be taken for its parent.

    Parameters
    ----------
    positives, negatives
        The sequences to tell apart.
    rng
        Deals sequences to folds.

    Returns
    -------
    float
        NaN if there are fewer than ten of a label.
    """
    from scipy.stats import rankdata
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if min(len(positives), len(negatives)) < _LEAST:
        return float("nan")
    features = composition(np.concatenate([positives.windows, negatives.windows]))
    labels = np.repeat([1, 0], [len(positives), len(negatives)])
    names = pd.concat([positives.table["name"], negatives.table["name"]], ignore_index=True)
    parents = pd.concat([positives.table["parent"], negatives.table["parent"]], ignore_index=True)
    groups = pd.factorize(parents.fillna(names))[0]
    fold = rng.permutation(int(groups.max()) + 1)[groups] % FOLDS
    aurocs = []
    for held_out in range(FOLDS):
        model = make_pipeline(StandardScaler(), LogisticRegression(class_weight="balanced"))
        model.fit(features[fold != held_out], labels[fold != held_out])
        scores = np.round(model.decision_function(features[fold == held_out]), 9)
        truth = labels[fold == held_out] == 1
        n_pos, n_neg = int(truth.sum()), int((~truth).sum())
        if n_pos and n_neg:
            ranks = rankdata(scores)[truth].sum()
            aurocs.append((ranks - n_pos * (n_pos + 1) / 2) / (n_pos * n_neg))
    return float(np.mean(aurocs)) if aurocs else float("nan")
