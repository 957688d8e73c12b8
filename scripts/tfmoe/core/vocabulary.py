"""Names shared by every stage: roles, splits, kinds, strata, verdicts and models.

The values are written to tables and take part in derived seeds, so they never change. Labels are
for figures and the report.
"""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """Use of an experiment, as the experiment table states it."""

    TRAIN = "train"
    OOD = "ood"


class EvaluationRole(StrEnum):
    """Relation of an evaluated experiment to the training factors.

    ``same_factor`` is a training factor in other cells. It is no unseen factor, so it has a role of
    its own, and no table or test of the role ``ood`` contains it.
    """

    IN_DISTRIBUTION = "in_distribution"
    SAME_FACTOR = "same_factor"
    OOD = "ood"


class Split(StrEnum):
    """Splits of the sequences, in the order in which they are used."""

    TRAIN = "train"
    GATE = "gate"
    VALIDATION = "validation"
    TEST = "test"


class Kind(StrEnum):
    """Kinds of sequences: positives, then negatives in the order in which they are reported."""

    PEAK = "peak"
    GENOMIC = "genomic"
    DINUCLEOTIDE = "dinucleotide"
    NEIGHBOUR = "neighbour"
    OTHER_FACTOR = "other_factor"
    FILE = "file"


class Stratum(StrEnum):
    """Relation of an OOD factor to the training factors; training sets are ``in_distribution``."""

    IN_DISTRIBUTION = "in_distribution"
    SAME_FACTOR = "same_factor"
    WITHIN_FAMILY = "within_family"
    CROSS_FAMILY = "cross_family"
    GENERAL_FACTOR = "general_factor"
    NO_OWN_MOTIF = "no_own_motif"


class Subset(StrEnum):
    """Test sequences that are scored: all, or those that overlap no training peak."""

    ALL = "all"
    NO_OVERLAP = "no_overlap"


class Verdict(StrEnum):
    """Outcome of a comparison of the mixture with another model."""

    BETTER = "better"
    EQUIVALENT = "equivalent"
    NOT_WORSE = "not_worse"
    WORSE = "worse"
    UNDECIDED = "not_distinguishable"
    UNTESTED = "not_tested"


OWN_RECIPE = "tfmoe"
"""The run's own recipe, in paths and tables; other recipes are named in the config."""
OWN_MIXTURE = "default"
"""The mixture of the run's own recipe, in paths; those of other recipes are named after them."""

MIXTURE = "moe"
BEST_EXPERT = "best_expert"
MEAN_OF_EXPERTS = "mean_of_experts"
MEAN_OF_POOL = "mean_of_pool"
POOLED = "pooled"
POOLED_ENSEMBLE = "pooled_ensemble"
GKM = "gkm"
PWM = "pwm"
BACKGROUND = "background_vs_shuffle"
EXPERT = "expert_"
"""Prefix of the single experts of the run's own recipe."""
OWN_EXPERT = "own_expert"
"""In figures and the report: the expert of the set's own factor, on the main backbone."""
OTHER_EXPERTS = "other experts"
"""In figures: experts of other factors and, on further backbones, of the set's own factor."""

KINDS = {
    Kind.GENOMIC: "genomic negatives",
    Kind.DINUCLEOTIDE: "dinucleotide shuffles",
    Kind.NEIGHBOUR: "neighbouring windows",
    Kind.OTHER_FACTOR: "peaks of other factors",
    Kind.FILE: "the negatives supplied",
}
"""Labels of the kinds of negatives; the first kind that a run has is its primary one."""
STRATA = {
    Stratum.IN_DISTRIBUTION: "in-distribution",
    Stratum.SAME_FACTOR: "training factors, other cells",
    Stratum.WITHIN_FAMILY: "OOD, motif family seen in training",
    Stratum.CROSS_FAMILY: "OOD, motif family not seen",
    Stratum.GENERAL_FACTOR: "OOD, general factor",
    Stratum.NO_OWN_MOTIF: "OOD, no motif of its own",
}
"""Labels of the strata, in the order in which they are reported."""
MODELS = {
    MIXTURE: "mixture",
    OWN_EXPERT: "own factor's expert",
    BEST_EXPERT: "best expert",
    MEAN_OF_EXPERTS: "mean of experts",
    MEAN_OF_POOL: "mean of experts and pooled",
    POOLED: "pooled network",
    POOLED_ENSEMBLE: "pooled networks, mean",
    PWM: "JASPAR matrix",
    GKM: "gapped k-mers",
    BACKGROUND: "background vs. shuffle",
}
"""Short labels of the models."""
_ORDER = {
    MIXTURE: 0,
    BEST_EXPERT: 1,
    MEAN_OF_EXPERTS: 3,
    MEAN_OF_POOL: 3,
    POOLED: 4,
    POOLED_ENSEMBLE: 5,
    GKM: 6,
    PWM: 7,
    BACKGROUND: 8,
}


def is_expert(model: str) -> bool:
    """Return whether a model is a single expert of the run's own recipe."""
    return model.startswith(EXPERT)


def is_other_expert(model: str) -> bool:
    """Return whether a model is a single expert of another recipe, ``<recipe>_expert_<name>``."""
    return f"_{EXPERT}" in model and not is_expert(model)


def model_order(model: str) -> tuple[int, str]:
    """Sort key of models: mixture, single experts, means and pooled networks, other baselines."""
    return (2 if is_expert(model) else _ORDER.get(model, 6), model)


def kind_order(kind: str) -> tuple[int, str]:
    """Sort key of the kinds of negatives: genomic first."""
    return (list(KINDS).index(Kind(kind)) if kind in KINDS else len(KINDS), kind)
