"""Audit of a run: detectability of the negatives, and leakage between sets and splits."""

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
from tfmoe.core.vocabulary import Kind, Role, Split
from tfmoe.data.audit.detectors import FEATURES, detector_auroc, shuffle_share, subsample
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
"""Name of positives in the tables of detectability and composition."""
AUDIT_COLUMNS = (
    "experiment", "factor", "role", "negatives", "n_pos", "n_neg", "gc_pos", "gc_neg", "ks_gc",
    "repeat_pos", "repeat_neg", "ks_repeat", "shuffle_share", "detector_auroc",
    "detector_4mer_auroc", "overlap_share", "identical_share",
)  # fmt: skip
DETECTABILITY_COLUMNS = (
    "experiment", "first", "second", "features", "auroc", "n_first", "n_second",
)  # fmt: skip

# name of all experiments together in the table of composition
_WHOLE_RUN = "-"


@dataclass(frozen=True)
class AuditTables:
    """The audit of a run, or of one experiment.

    Attributes
    ----------
    audit
        One row per experiment and kind of negatives, with `AUDIT_COLUMNS`. Over the splits with
        such negatives: n_pos, n_neg; gc_pos, gc_neg (mean GC shares), ks_gc; repeat_pos, repeat_neg
        (mean shares of soft-masked bases), ks_repeat; shuffle_share (see
        `tfmoe.data.audit.detectors.shuffle_share`); detector_auroc and detector_4mer_auroc. Over
        the test positives: overlap_share, the share that overlaps a training experiment of another
        factor, and identical_share, the share whose sequence, on either strand, is also a positive
        of another split.
    overlaps
        See `tfmoe.data.audit.set_overlaps.overlap_rows`.
    homology
        See `tfmoe.data.audit.homology.compare_splits`.
    detectability
        One row per pair of kinds of sequences and features, with `DETECTABILITY_COLUMNS`: the AUROC
        of a detector without motifs, and the numbers of sequences behind it.
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
        The files of sequences, in the order of the table.
    reference
        The merged training peaks, or the index of the training positives' 31-mers.
    background
        Windows drawn anywhere in the genome; `None` in a run without a genome.
    seed
        Seed of the run.

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
        sequences_of_one = read_sequences(paths[name])
        parts.append(audit_experiment(name, experiment, sequences_of_one, trained, masked, seed))
        rng = generator(seed, "audit", name, "homology")
        for group, test in (
            (tested, _positives(sequences_of_one, test=True)),
            (negatives, _real_test_negatives(sequences_of_one)),
        ):
            group[name] = limit_tested(test.windows.copy(), len(experiments), rng)
        logger.info("%s: %d sequences audited", name, len(sequences_of_one))
    training = {name: paths[name] for name, row in experiments.items() if row.role == Role.TRAIN}
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
    """Audit one experiment; the table of homology, which needs all experiments, is empty.

    Parameters
    ----------
    name, experiment
        Name and row of the experiment table.
    sequences
        The experiment's sequences.
    trained
        The training sets.
    masked
        Whether lower case marks repeats in the genome.
    seed
        Seed of the run.
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
    """Read tables (TSV) with the same columns and concatenate them."""
    return pd.concat([read_tsv(path) for path in paths], ignore_index=True)


def repeated_sequences(windows: Codes, others: Codes) -> NDArray[np.bool_]:
    """Return which windows, uint8 (N, L), occur among others, (M, L), on either strand."""
    known = {row.tobytes() for row in np.ascontiguousarray(others)}
    known |= {row.tobytes() for row in np.ascontiguousarray(reverse_complement(others))}
    found = [row.tobytes() in known for row in np.ascontiguousarray(windows)]
    return np.array(found, dtype=np.bool_)


def _kinds(sequences: SequenceSet) -> list[str]:
    """List the kinds of negatives of a set, in the order of its rows."""
    return [str(kind) for kind in sequences.table["kind"].unique() if kind != Kind.PEAK]


def _positives(sequences: SequenceSet, test: bool) -> SequenceSet:
    table = sequences.table
    return sequences.select((table["label"] == 1) & ((table["split"] == Split.TEST) == test))


def _real_test_negatives(sequences: SequenceSet) -> SequenceSet:
    table = sequences.table
    real = (table["label"] == 0) & (table["kind"] != Kind.DINUCLEOTIDE)
    return sequences.select(real & (table["split"] == Split.TEST))


def _pair(sequences: SequenceSet, first: str, second: str) -> tuple[SequenceSet, SequenceSet]:
    """Return the sequences of two kinds in the splits that have both."""
    kinds, splits = sequences.table["kind"], sequences.table["split"]
    common = set(splits[kinds == first]) & set(splits[kinds == second])
    chosen = [(kinds == kind) & splits.isin(common) for kind in (first, second)]
    return sequences.select(chosen[0]), sequences.select(chosen[1])


def _compare(sequences: SequenceSet, kind: str, masked: bool) -> dict[str, object]:
    """Compare positives and one kind of negatives in number, GC, repeats and dinucleotides."""
    positives, negatives = _pair(sequences, Kind.PEAK, kind)
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
    """Return the share of soft-masked bases; NaN if it is unknown."""
    known = sequences.table["repeat_share"].to_numpy(dtype=np.float64)
    return known if masked else np.full(len(known), np.nan)


def _detectability(name: str, sequences: SequenceSet, seed: int) -> pd.DataFrame:
    """Measure how well composition separates each two kinds of sequences."""
    rows = []
    for first, second in combinations([Kind.PEAK.value, *_kinds(sequences)], 2):
        pair = _pair(sequences, first, second)
        rng = generator(seed, "audit", name, first, second)
        drawn = [subsample(part.windows, rng) for part in pair]
        label = POSITIVES if first == Kind.PEAK else first
        for features, compute in FEATURES.items():
            folds = generator(seed, "audit", name, first, second, "folds")
            auroc = detector_auroc(drawn[0], drawn[1], compute, folds)
            rows.append((name, label, second, features, auroc, len(drawn[0]), len(drawn[1])))
    return pd.DataFrame(rows, columns=list(DETECTABILITY_COLUMNS))


def _aurocs(detectability: pd.DataFrame, kind: str) -> dict[str, object]:
    """Pick the AUROCs of positives against one kind of negatives."""
    rows = detectability[detectability["first"] == POSITIVES]
    found = rows[rows["second"] == kind].set_index("features")["auroc"]
    return {"detector_auroc": found["composition"], "detector_4mer_auroc": found["4-mers"]}


def _composition(name: str, sequences: SequenceSet, masked: bool) -> pd.DataFrame:
    """Return histograms of GC and repeats per kind, for positives in the splits with negatives."""
    table = sequences.table
    splits = table.loc[table["label"] == 0, "split"].unique()
    compared = sequences.select(table["split"].isin(splits))
    parts = []
    for kind in [Kind.PEAK.value, *_kinds(sequences)]:
        of_kind = compared.select(compared.table["kind"] == kind)
        label = POSITIVES if kind == Kind.PEAK else kind
        parts.append(histogram(name, label, "gc", gc_shares(of_kind.windows)))
        parts.append(histogram(name, label, "repeats", _repeats(of_kind, masked)))
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
    """Concatenate tables; empty ones are skipped, because they would change the column types."""
    filled = [part for part in parts if len(part)] or list(parts[:1])
    return pd.concat(filled, ignore_index=True)


def _other_splits(paths: Mapping[str, Pathlike]) -> Iterator[tuple[str, Codes]]:
    """Yield each training experiment and its positives outside the test split."""
    for name, path in paths.items():
        yield name, _positives(read_sequences(path, kinds=[Kind.PEAK]), test=False).windows
