import pytest

from tfmoe.evaluation.references import comparable, main_reference, reference_models


@pytest.mark.parametrize(
    ("models", "role", "expected"),
    [
        (["pooled", "moe"], "ood", ["moe"]),
        (["moe_conditioned", "pooled", "moe"], "ood", ["moe", "moe_conditioned"]),
        (["moe_conditioned", "pwm"], "in_distribution", ["moe_conditioned"]),
        (["pwm"], "ood", ["moe"]),
        (
            ["moe_adapted_all", "moe_adapted_100", "moe_adapted_30", "moe_conditioned", "pwm"],
            "adapted",
            ["moe_adapted_30", "moe_adapted_100", "moe_adapted_all"],
        ),
        (["gkm_from_scratch_10", "moe_conditioned"], "adapted", ["moe"]),
    ],
)
def test_references(models, role, expected):
    assert reference_models(models, role) == expected


def test_main_reference():
    assert main_reference(["moe", "moe_conditioned"]) == "moe_conditioned"
    assert main_reference(["moe", "pwm"]) == "moe"


def test_comparable():
    assert comparable("moe_adapted_10", "gkm_from_scratch_10")
    assert comparable("moe_adapted_10", "pwm")
    assert comparable("moe", "pwm")
    assert not comparable("moe_adapted_10", "moe_adapted_30")
    assert not comparable("moe_adapted_all", "fine_tuned_30")
