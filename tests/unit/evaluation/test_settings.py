import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.core.vocabulary import kind_order, model_order
from tfmoe.evaluation.settings import EvaluationSettings


def scoring() -> dict[str, object]:
    """Return the section of the config without the recipes, which are not a setting here."""
    return {key: value for key, value in schema_defaults("evaluation").items() if key != "recipes"}


def test_defaults_of_the_schema():
    settings = EvaluationSettings(**scoring())
    assert settings.family == schema_defaults("evaluation")["family"]
    assert settings.family[:3] == ["moe", "moe_conditioned", "experts"]
    assert (settings.trials, settings.alpha, settings.calibration_bins) == (30, 0.05, 10)
    assert settings.margin == 0.01


def test_family_without_the_mixture():
    values = scoring() | {"family": ["experts", "pooled"]}
    with pytest.raises(ConfigError, match=r"evaluation\.family: found experts, pooled; add `moe`"):
        EvaluationSettings(**values)


def test_orders():
    models = ["pwm", "pooled", "expert_B", "gkm", "mean_of_experts", "expert_A", "moe"]
    assert sorted(models, key=model_order) == [
        "moe",
        "expert_A",
        "expert_B",
        "mean_of_experts",
        "pooled",
        "gkm",
        "pwm",
    ]
    kinds = ["other_factor", "dinucleotide", "genomic", "mine"]
    assert sorted(kinds, key=kind_order) == ["genomic", "dinucleotide", "other_factor", "mine"]
