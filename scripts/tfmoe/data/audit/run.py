"""Audits: what composition alone gives away, and what leaks between sets and splits."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, reverse_complement
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.seeds import generator
from tfmoe.data.audit.detectors import FEATURES, detector_auroc, draw, shuffle_share
from tfmoe.data.audit.homology import compare_splits, limit_tested
from tfmoe.data.audit.set_overlaps import TrainingSets, overlap_rows, read_training_sets
from tfmoe.data.datasets import SequenceSet, read_sequences
from tfmoe.data.negatives.composition import (
    BACKGROUND,
    Background,
    gc_shares,
    histogram,
    mean_of_known,
)
from tfmoe.data.negatives.composition import COLUMNS as COMPOSITION_COLUMNS
from tfmoe.data.negatives.sampling import ks_distance

logger = logging.getLogger(__name__)

POSITIVES = "positives"
"""What positives are called in the tables of detectability and composition."""
AUDIT_COLUMNS = (
    "experiment", "factor", "role", "negatives", "n_pos", "n_neg", "gc_pos", "gc_neg", "ks_gc",
    "repeat_pos", "repeat_neg", "ks_repeat", "shuffle_share", "detector_auroc",
    "detector_4mer_auroc", "overlap_share", "identical_share",
)  # fmt: skip
DETECTABILITY_COLUMNS = (
    "experiment", "first", "second", "features", "auroc", "n_first", "n_second",
)  # fmt: skip

_POSITIVE_KIND = "peak"
# what stands for all experiments in the table of composition
_WHOLE_RUN = "-"


@dataclass(frozen=True)
class AuditTables:
    """The audit of a run, or of one experiment.

    Attributes
    ----------
    audit
        One row an experiment and kind of negatives, with `AUDIT_COLUMNS`. Over the splits in which
        there are such negatives: n_pos, n_neg; gc_pos, gc_neg (mean GC shares), ks_gc; repeat_pos,
        repeat_neg (mean shares of soft-masked bases), ks_repeat; shuffle_share (see
        `tfmoe.data.audit.detectors.shuffle_share`); detector_auroc and detector_4mer_auroc. Over
        the test positives: overlap_share, the share that overlaps a training experiment of another
        factor, and identical_share, the share whose very sequence, on either strand, is a positive
        of another split too.
    overlaps
        See `tfmoe.data.audit.set_overlaps.overlap_rows`.
    homology
        See `tfmoe.data.audit.homology.compare_splits`.
    detectability
        One row a pair of kinds of sequences and features, with `DETECTABILITY_COLUMNS`: the AUROC
        of a detector that knows no motif, and how many sequences it was made with.
    composition
        See `tfmoe.data.negatives.composition.histogram`.
    """

    audit: pd.DataFrame
    overlaps: pd.DataFrame
    homology: pd.DataFrame
    detectability: pd.DataFrame
    composition: pd.DataFrame


def audit_run(
    experiments: Mapping[str, Experiment],
    sequences: Sequence[Pathlike],
    reference: Pathlike,
    background: Background | None,
    seed: int,
) -> AuditTables:
    """Audit all experiments of a run, reading the sequences of one at a time.

    Parameters
    ----------
    experiments
        The experiment table.
    sequences
        The files of sequences, in its order.
    reference
        The merged training peaks, or the index of the training positives' 31-mers.
    background
        Windows drawn anywhere in the genome; `None` in a run without one.
    seed
        The run's.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    trained = read_training_sets(reference, experiments)
    paths = dict(zip(experiments, sequences, strict=True))
    masked = background is None or background.soft_masked
    parts = []
    tested: dict[str, Codes] = {}
    negatives: dict[str, Codes] = {}
    for name, experiment in experiments.items():
        found = read_sequences(paths[name])
        parts.append(audit_experiment(name, experiment, found, trained, masked, seed))
        rng = generator(seed, "audit", name, "homology")
        for group, test in (
            (tested, _positives(found, test=True)),
            (negatives, _real_test_negatives(found)),
        ):
            group[name] = limit_tested(test.windows.copy(), len(experiments), rng)
        logger.info("%s: %d sequences audited", name, len(found))
    training = {name: paths[name] for name, row in experiments.items() if row.role == "train"}
    return AuditTables(
        _stack([part.audit for part in parts]),
        _stack([part.overlaps for part in parts]),
        compare_splits(tested, negatives, _other_splits(training), experiments),
        _stack([part.detectability for part in parts]),
        _stack([*(part.composition for part in parts), _composition_of(background)]),
    )


def audit_experiment(
    name: str,
    experiment: Experiment,
    sequences: SequenceSet,
    trained: TrainingSets,
    masked: bool,
    seed: int,
) -> AuditTables:
    """Audit one experiment; its table of homology, which takes the others too, is empty.

    Parameters
    ----------
    name, experiment
        From the experiment table.
    sequences
        Its sequences.
    trained
        The training sets.
    masked
        Whether lower case tells repeats in the genome.
    seed
        The run's.
    """
    overlaps = overlap_rows(name, experiment, sequences, trained)
    detectability = _detectability(name, sequences, seed)
    test, rest = _positives(sequences, test=True), _positives(sequences, test=False)
    identical = repeated_sequences(test.windows, rest.windows)
    rows = []
    for kind in _kinds(sequences):
        rows.append(
            {"experiment": name, "factor": experiment.factor, "role": experiment.role}
            | _compare(sequences, kind, masked)
            | _aurocs(detectability, kind)
            | {
                "overlap_share": overlaps["share"].iloc[-1],
                "identical_share": identical.mean() if len(identical) else np.nan,
            }
        )
    audit = pd.DataFrame(rows, columns=list(AUDIT_COLUMNS))
    composition = _composition(name, sequences, masked)
    return AuditTables(audit, overlaps, pd.DataFrame(), detectability, composition)


def gather(paths: Sequence[Pathlike]) -> pd.DataFrame:
    """Put tables (TSV) with the same columns one after the other."""
    return pd.concat([read_tsv(path) for path in paths], ignore_index=True)


def repeated_sequences(windows: Codes, others: Codes) -> NDArray[np.bool_]:
    """Say which windows, uint8 (N, L), occur as they are among others, (M, L), on either strand."""
    known = {row.tobytes() for row in np.ascontiguousarray(others)}
    known |= {row.tobytes() for row in np.ascontiguousarray(reverse_complement(others))}
    found = [row.tobytes() in known for row in np.ascontiguousarray(windows)]
    return np.array(found, dtype=np.bool_)


def _kinds(sequences: SequenceSet) -> list[str]:
    """List the kinds of negatives of a set, in its order."""
    return [kind for kind in sequences.table["kind"].unique() if kind != _POSITIVE_KIND]


def _positives(sequences: SequenceSet, test: bool) -> SequenceSet:
    table = sequences.table
    return sequences.select((table["label"] == 1) & ((table["split"] == "test") == test))


def _real_test_negatives(sequences: SequenceSet) -> SequenceSet:
    table = sequences.table
    real = (table["label"] == 0) & (table["kind"] != "dinucleotide")
    return sequences.select(real & (table["split"] == "test"))


def _pair(sequences: SequenceSet, first: str, second: str) -> tuple[SequenceSet, SequenceSet]:
    """Return the sequences of two kinds, in the splits in which there are both."""
    kinds, splits = sequences.table["kind"], sequences.table["split"]
    common = set(splits[kinds == first]) & set(splits[kinds == second])
    chosen = [(kinds == kind) & splits.isin(common) for kind in (first, second)]
    return sequences.select(chosen[0]), sequences.select(chosen[1])


def _compare(sequences: SequenceSet, kind: str, masked: bool) -> dict[str, object]:
    """Compare positives and one kind of negatives in number, GC, repeats and dinucleotides."""
    positives, negatives = _pair(sequences, _POSITIVE_KIND, kind)
    gc = gc_shares(positives.windows), gc_shares(negatives.windows)
    repeats = _repeats(positives, masked), _repeats(negatives, masked)
    return {
        "negatives": kind,
        "n_pos": len(positives),
        "n_neg": len(negatives),
        "gc_pos": mean_of_known(gc[0]),
        "gc_neg": mean_of_known(gc[1]),
        "ks_gc": ks_distance(*gc),
        "repeat_pos": mean_of_known(repeats[0]),
        "repeat_neg": mean_of_known(repeats[1]),
        "ks_repeat": ks_distance(*repeats),
        "shuffle_share": shuffle_share(negatives.windows, positives.windows),
    }


def _repeats(sequences: SequenceSet, masked: bool) -> NDArray[np.float64]:
    """Return the share of soft-masked bases, NaN where it is not known."""
    known = sequences.table["repeat_share"].to_numpy(dtype=np.float64)
    return known if masked else np.full(len(known), np.nan)


def _detectability(name: str, sequences: SequenceSet, seed: int) -> pd.DataFrame:
    """Tell positives from each kind of negatives, and each kind from each other one."""
    rows = []
    for first, second in combinations([_POSITIVE_KIND, *_kinds(sequences)], 2):
        pair = _pair(sequences, first, second)
        rng = generator(seed, "audit", name, first, second)
        drawn = [draw(part.windows, rng) for part in pair]
        shown = POSITIVES if first == _POSITIVE_KIND else first
        for features, see in FEATURES.items():
            folds = generator(seed, "audit", name, first, second, "folds")
            auroc = detector_auroc(drawn[0], drawn[1], see, folds)
            rows.append((name, shown, second, features, auroc, len(drawn[0]), len(drawn[1])))
    return pd.DataFrame(rows, columns=list(DETECTABILITY_COLUMNS))


def _aurocs(detectability: pd.DataFrame, kind: str) -> dict[str, object]:
    """Pick the AUROCs of positives against one kind of negatives."""
    rows = detectability[detectability["first"] == POSITIVES]
    found = rows[rows["second"] == kind].set_index("features")["auroc"]
    return {"detector_auroc": found["composition"], "detector_4mer_auroc": found["4-mers"]}


def _composition(name: str, sequences: SequenceSet, masked: bool) -> pd.DataFrame:
    """Count GC and repeats of each kind; positives in the splits in which there are negatives."""
    table = sequences.table
    splits = table.loc[table["label"] == 0, "split"].unique()
    compared = sequences.select(table["split"].isin(splits))
    parts = []
    for kind in [_POSITIVE_KIND, *_kinds(sequences)]:
        own = compared.select(compared.table["kind"] == kind)
        what = POSITIVES if kind == _POSITIVE_KIND else kind
        parts.append(histogram(name, what, "gc", gc_shares(own.windows)))
        parts.append(histogram(name, what, "repeats", _repeats(own, masked)))
    return _stack(parts)


def _composition_of(background: Background | None) -> pd.DataFrame:
    if background is None:
        return pd.DataFrame(columns=list(COMPOSITION_COLUMNS))
    return _stack(
        [
            histogram(_WHOLE_RUN, BACKGROUND, "gc", background.gc),
            histogram(_WHOLE_RUN, BACKGROUND, "repeats", background.repeats),
        ]
    )


def _stack(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put tables one after the other; those without rows do not change the types of the others."""
    filled = [part for part in parts if len(part)] or list(parts[:1])
    return pd.concat(filled, ignore_index=True)


def _other_splits(paths: Mapping[str, Pathlike]) -> Iterator[tuple[str, Codes]]:
    """Read the positives of all splits but the test of one training experiment after the other."""
    for name, path in paths.items():
        yield name, _positives(read_sequences(path, kinds=[_POSITIVE_KIND]), test=False).windows
