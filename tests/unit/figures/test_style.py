"""Shared style of the figures."""

import matplotlib as mpl

from tfmoe.core.vocabulary import OWN_EXPERT
from tfmoe.figures.style import (
    drawing_order,
    figure_style,
    is_mixture,
    label,
    look,
    looks,
    network_label,
    stratum_label,
)


def test_each_model_has_its_own_colour() -> None:
    models = ["moe", OWN_EXPERT, "best_expert", "mean_of_experts", "pooled", "pwm", "expert_X"]
    colours = [look(model).colour for model in models]
    assert len(set(colours)) == len(models)
    assert look("expert_A") == look("expert_B")


def test_an_unknown_model_has_a_look_and_a_label() -> None:
    assert look("moe_wide").marker == "*"
    assert label("new_kind") == "new kind"


def test_pooled_networks_of_the_pool_have_words_and_experts_their_names() -> None:
    labels = ["pooled network", "pooled network 2", "pooled_network", "YY1_HepG2"]
    assert list(map(network_label, ["pooled", "pooled_2", "pooled_network", "YY1_HepG2"])) == labels


def test_models_of_another_recipe_have_their_own_look_and_label() -> None:
    models = ["moe_as_published", "as_published_mean_of_experts", "as_published_mean_of_pool"]
    named = [
        "mixture, as published",
        "mean of experts, as published",
        "mean of experts and pooled, as published",
    ]
    assert [label(model) for model in models] == named
    found = looks([*models, "moe", "mean_of_experts", "mean_of_pool"]).values()
    assert len({one.colour for one in found}) == len({one.marker for one in found}) == 6


def test_several_recipes_have_distinct_looks() -> None:
    recipes = [*(f"recipe_{number}" for number in range(9)), "as_published"]
    models = [
        name
        for recipe in recipes
        for name in (f"moe_{recipe}", f"{recipe}_mean_of_experts", f"{recipe}_mean_of_pool")
    ]
    found = looks([*models, "moe", "mean_of_experts", "mean_of_pool", "pooled"])
    assert len({(one.colour, one.marker) for one in found.values()}) == 34
    two = [found[name] for name in models if "recipe_0" in name or "as_published" in name]
    assert len({one.colour for one in two}) == 6
    assert len({one.marker for one in two}) == 5
    assert found["moe_as_published"] == look("moe_as_published")
    assert looks(reversed(models))["moe_recipe_3"] == found["moe_recipe_3"]


def test_mixtures_of_other_recipes_are_mixtures() -> None:
    assert is_mixture("moe")
    assert is_mixture("moe_as_published")
    assert not is_mixture("mean_of_experts")


def test_labels() -> None:
    assert label("expert_Reb1") == "expert Reb1"
    assert label("pwm") == "JASPAR matrix"
    assert stratum_label("cross_family") == "OOD, motif family not seen"
    assert stratum_label("new_kind") == "OOD, new kind"


def test_the_mixture_comes_first_and_the_own_expert_next() -> None:
    models = ["pwm", "pooled", OWN_EXPERT, "best_expert", "moe"]
    assert sorted(models, key=drawing_order) == ["moe", OWN_EXPERT, "best_expert", "pooled", "pwm"]


def test_settings_hold_inside_only() -> None:
    before = mpl.rcParams["svg.fonttype"]
    with figure_style():
        assert mpl.rcParams["svg.fonttype"] == "none"
    assert mpl.rcParams["svg.fonttype"] == before


def test_mixtures_that_are_told_something_are_no_recipes():
    assert label("moe_conditioned") == "conditioned mixture"
    assert label("moe_adapted_10") == "adapted mixture, 10 peaks"
    assert label("fine_tuned_all") == "fine-tuned pooled network, all peaks"
    assert label("gkm_from_scratch_") == "gapped k-mers from scratch"
    # a recipe's look does not depend on the conditioned mixture
    alone = looks(["moe", "moe_plain"])["moe_plain"]
    found = looks(["moe", "moe_conditioned", "moe_adapted_10", "moe_plain"])
    assert found["moe_plain"] == alone
    assert len(set(found.values())) == 4
    ordered = ["moe", "moe_conditioned", "own_expert", "gkm", "gkm_from_scratch_30"]
    assert sorted([*reversed(ordered)], key=drawing_order) == ordered
