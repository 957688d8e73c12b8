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
    its own, and no table or test of the role ``ood`` contains it. Neither does one contain models
    that learned from peaks of an unseen factor: they and their rivals have the role ``adapted``, on
    the same test sequences as in the role ``ood``.
    """

    IN_DISTRIBUTION = "in_distribution"
    SAME_FACTOR = "same_factor"
    OOD = "ood"
    ADAPTED = "adapted"


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


class Family(StrEnum):
    """Rank of a family of tests: Holm's adjustment covers the tests within one family only."""

    PRIMARY = "primary"
    SECONDARY = "secondary"


PRIMARY_SETS = (EvaluationRole.OOD, EvaluationRole.IN_DISTRIBUTION)
"""Roles whose sets the primary family of tests uses: the first that the run has.

It compares the conditioned mixture, or else the mixture, with each other model on all sets of that
role, with all test sequences, against the primary negatives. Every other family is secondary.
"""
OWN_RECIPE = "tfmoe"
"""The run's own recipe, in paths and tables; other recipes are named in the config."""
OWN_MIXTURE = "default"
"""The mixture of the run's own recipe, in paths; those of other recipes are named after them."""

MIXTURE = "moe"
CONDITIONED = "moe_conditioned"
"""The mixture that knows which factor it is asked about."""
ADAPTED = "moe_adapted_"
"""Prefix of the conditioned mixture fitted to peaks of a new factor; their number follows."""
ADAPTED_MIXTURE = "moe_adapted"
"""The mixture of a model folder that was adapted to a factor, from however many peaks."""
SCRATCH = "gkm_from_scratch_"
"""Prefix of gapped k-mer models that are trained on these peaks only; their number follows."""
FINE_TUNED = "fine_tuned_"
"""Prefix of pooled networks that are trained on with these peaks; their number follows."""
EQUAL_SUM = "equal_weight_sum"
KMERS_MATRIX = "kmers_and_matrix"
ENSEMBLE_SUM = "ensemble_kmers_matrix"
SUMS = (EQUAL_SUM, KMERS_MATRIX, ENSEMBLE_SUM)
"""Sums of standardised scores with equal weights; they are no logits."""
ALL_PEAKS = "all"
"""Takes the place of the number in names of models fitted to all peaks of the other splits."""
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
    CONDITIONED: "conditioned mixture",
    MIXTURE: "mixture",
    OWN_EXPERT: "own factor's expert",
    BEST_EXPERT: "best expert",
    MEAN_OF_EXPERTS: "mean of experts",
    MEAN_OF_POOL: "mean of experts and pooled",
    POOLED: "pooled network",
    POOLED_ENSEMBLE: "pooled networks, mean",
    PWM: "JASPAR matrix",
    GKM: "gapped k-mers",
    EQUAL_SUM: "networks + k-mers + matrix",
    KMERS_MATRIX: "k-mers + matrix",
    ENSEMBLE_SUM: "ensemble + k-mers + matrix",
    BACKGROUND: "background vs. shuffle",
}
"""Short labels of the models."""
PEAK_MODELS = {
    ADAPTED: "adapted mixture",
    FINE_TUNED: "fine-tuned pooled network",
    SCRATCH: "gapped k-mers from scratch",
}
"""Labels of the models that learn from peaks of a new factor, by the prefix of their names."""
_ORDER = {
    MIXTURE: 0,
    CONDITIONED: 0,
    BEST_EXPERT: 1,
    MEAN_OF_EXPERTS: 3,
    MEAN_OF_POOL: 3,
    POOLED: 4,
    POOLED_ENSEMBLE: 5,
    GKM: 6,
    PWM: 7,
    EQUAL_SUM: 8,
    KMERS_MATRIX: 8,
    ENSEMBLE_SUM: 8,
    BACKGROUND: 9,
}
_PEAK_ORDER = {ADAPTED: 0, FINE_TUNED: 5, SCRATCH: 6}


def is_expert(model: str) -> bool:
    """Return whether a model is a single expert of the run's own recipe."""
    return model.startswith(EXPERT)


def is_other_expert(model: str) -> bool:
    """Return whether a model is a single expert of another recipe, ``<recipe>_expert_<name>``."""
    return f"_{EXPERT}" in model and not is_expert(model)


def learned_from(model: str) -> tuple[str, str] | None:
    """Return prefix and number of peaks of a model that learned from peaks of a new factor.

    The number is a string of digits, or `ALL_PEAKS`. Other models give `None`.
    """
    for prefix in PEAK_MODELS:
        number = model.removeprefix(prefix)
        if number != model and (number.isdigit() or number == ALL_PEAKS):
            return prefix, number
    return None


def peaks_order(number: str) -> float:
    """Sort key of the numbers of peaks of `learned_from`."""
    return float("inf") if number == ALL_PEAKS else float(number)


def model_order(model: str) -> tuple[int, str]:
    """Sort key of models: mixtures, single experts, means and pooled networks, other baselines.

    Models that learn from peaks of a new factor are sorted by the number of peaks.
    """
    if learned := learned_from(model):
        prefix, number = learned
        return (_PEAK_ORDER[prefix], f"{prefix}{peaks_order(number):012.0f}")
    return (2 if is_expert(model) else _ORDER.get(model, 6), model)


def kind_order(kind: str) -> tuple[int, str]:
    """Sort key of the kinds of negatives: genomic first."""
    return (list(KINDS).index(Kind(kind)) if kind in KINDS else len(KINDS), kind)
