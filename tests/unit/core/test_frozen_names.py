"""Names that seeds, tables and paths are made of; a change would alter the results of every run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import yaml

from tfmoe.core import vocabulary
from tfmoe.core.seeds import derive_seed

ROOT = Path(__file__).resolve().parents[3]
SEEDING = ("derive_seed", "generator")
PURPOSES = [
    ("adaptation",),
    ("adaptation", "fine_tune"),
    ("adaptation", "folds"),
    ("adaptation", "folds"),
    ("adaptation", "from_scratch"),
    ("adaptation", "negatives"),
    ("adaptation", "negatives"),
    ("attribution",),
    ("attribution",),
    ("audit", "background"),
    ("audit", "folds"),
    ("audit", "homology"),
    ("audit",),
    ("background",),
    ("blocks",),
    ("bootstrap",),
    ("bootstrap",),
    ("bootstrap",),
    ("bootstrap",),
    ("calibration",),
    ("conditioned", "background"),
    ("curves",),
    ("decoys",),
    ("dropout trials",),
    ("examples of the mixtures",),
    ("examples",),
    ("faithfulness",),
    ("filters",),
    ("gkm",),
    ("ground",),
    ("instances",),
    ("marginalize", "background"),
    ("marginalize", "words"),
    ("mixture",),
    ("motifs", "null control"),
    ("motifs",),
    ("negatives",),
    ("negatives",),
    ("null_simulation",),
    ("null_simulation",),
    ("peaks",),
    ("quality",),
    ("quality",),
    ("search",),
    ("shifts",),
    ("shuffles of the mixtures",),
    ("signal",),
    ("splits",),
    ("splits",),
    ("study",),
    ("swapped_identity",),
    ("trials",),
    ("validation shuffles",),
    ("variants", "background"),
    ("weights",),
]


def seed_purposes(source: str) -> Iterator[tuple[str, ...]]:
    """Yield the literal strings among the arguments of each call that derives a seed."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call):
            function = node.func
            name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
            literals = tuple(
                argument.value
                for argument in node.args
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
            )
            if name in SEEDING and literals:
                yield literals


def test_the_purposes_that_seeds_are_derived_from_never_change():
    files = sorted((ROOT / "scripts").rglob("*.py"))
    found = sorted(purpose for file in files for purpose in seed_purposes(file.read_text("utf-8")))

    assert found == sorted(PURPOSES)


def test_literal_seeds():
    assert derive_seed(1, "weights", "CTCF", 0) == 8049239112866336802
    assert derive_seed(7, "negatives", "CTCF_K562", "genomic", "train") == 4980009107367256705
    assert derive_seed(1) == 8898586205396736955


def test_models():
    names = {
        name: getattr(vocabulary, name)
        for name in vars(vocabulary)
        if name.isupper() and isinstance(getattr(vocabulary, name), str)
    }

    assert names == {
        "OWN_RECIPE": "tfmoe",
        "OWN_MIXTURE": "default",
        "MIXTURE": "moe",
        "CONDITIONED": "moe_conditioned",
        "ADAPTED": "moe_adapted_",
        "ADAPTED_MIXTURE": "moe_adapted",
        "SCRATCH": "gkm_from_scratch_",
        "FINE_TUNED": "fine_tuned_",
        "EQUAL_SUM": "equal_weight_sum",
        "KMERS_MATRIX": "kmers_and_matrix",
        "ENSEMBLE_SUM": "ensemble_kmers_matrix",
        "ALL_PEAKS": "all",
        "BEST_EXPERT": "best_expert",
        "MEAN_OF_EXPERTS": "mean_of_experts",
        "MEAN_OF_POOL": "mean_of_pool",
        "POOLED": "pooled",
        "POOLED_ENSEMBLE": "pooled_ensemble",
        "GKM": "gkm",
        "PWM": "pwm",
        "BACKGROUND": "background_vs_shuffle",
        "EXPERT": "expert_",
        "OWN_EXPERT": "own_expert",
        "OTHER_EXPERTS": "other experts",
    }


def test_roles_splits_kinds_strata_subsets_and_verdicts():
    assert list(vocabulary.Role) == ["train", "ood"]
    assert list(vocabulary.EvaluationRole) == ["in_distribution", "same_factor", "ood", "adapted"]
    assert list(vocabulary.Split) == ["train", "gate", "validation", "test"]
    assert list(vocabulary.Kind) == [
        "peak", "genomic", "dinucleotide", "neighbour", "other_factor", "file",
    ]  # fmt: skip
    assert list(vocabulary.Stratum) == [
        "in_distribution", "same_factor", "within_family", "cross_family", "general_factor",
        "no_own_motif",
    ]  # fmt: skip
    assert list(vocabulary.Subset) == ["all", "no_overlap"]
    assert list(vocabulary.Verdict) == [
        "better", "equivalent", "not_worse", "worse", "not_distinguishable", "not_tested",
    ]  # fmt: skip


def test_recipes():
    paper = yaml.safe_load((ROOT / "config" / "paper" / "config.yaml").read_text("utf-8"))

    assert (vocabulary.OWN_RECIPE, vocabulary.OWN_MIXTURE) == ("tfmoe", "default")
    assert next(iter(paper["recipes"])) == "as_published"
