from typing import Any

import pytest

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.errors import ConfigError
from tfmoe.core.recipes import Network, own_recipe, read_recipes

EXPERTS = ["GATA3", "CTCF"]


def config(**changes: Any) -> dict[str, Any]:
    written: dict[str, Any] = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        **changes,
    }
    return validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")


def test_the_runs_own_recipe_mixes_its_experts():
    own = own_recipe(config(), EXPERTS)
    assert (own.name, own.networks, own.own) == ("tfmoe", "tfmoe", True)
    assert own.pool == {
        "GATA3": Network("GATA3", "convnet", 0),
        "CTCF": Network("CTCF", "convnet", 0),
    }
    assert own.models() == {
        "mixture": "moe",
        "members": ["GATA3", "CTCF"],
        "experts": {"GATA3": "expert_GATA3", "CTCF": "expert_CTCF"},
        "mean_of_experts": "mean_of_experts",
        "mean_of_pool": None,
    }
    assert "seeds" not in own.training, "a different number of seeds retrains nothing"


def test_a_pool_holds_each_expert_of_each_backbone_and_then_generalists():
    mixture = {"backbones": ["legnet", "explainn"], "generalists": 3}
    own = own_recipe(config(mixture=mixture), EXPERTS)
    assert own.pool == {
        "GATA3": Network("GATA3", "legnet", 0),
        "CTCF": Network("CTCF", "legnet", 0),
        "GATA3_explainn": Network("GATA3", "explainn", 0),
        "CTCF_explainn": Network("CTCF", "explainn", 0),
        "pooled": Network("pooled", "legnet", 0),
        "pooled_2": Network("pooled", "explainn", 0),
        "pooled_3": Network("pooled", "legnet", 100),
    }
    assert own.pooled(4)[:3] == own.generalists, "the ensemble includes them"
    assert own.pooled(4)[3] == Network("pooled", "explainn", 100)
    assert list(own.experts) == ["GATA3", "CTCF", "GATA3_explainn", "CTCF_explainn"]
    assert own.models()["mean_of_pool"] == "mean_of_pool"


def test_a_pool_of_some_experts():
    own = own_recipe(config(mixture={"experts": ["CTCF"]}), EXPERTS)
    assert list(own.pool) == ["CTCF"]


def test_a_recipe_that_changes_training_has_networks_of_its_own():
    changes = {"training": {"optimiser": "sgd", "backbones": {"convnet": {"filters": 8}}}}
    recipe = read_recipes(config(recipes={"plain": changes}), "recipes", EXPERTS)["plain"]
    assert (recipe.networks, recipe.own, recipe.mixture["name"]) == ("plain", False, "plain")
    assert recipe.training["optimiser"] == "sgd"
    assert recipe.training["recipe"] == "plain"
    assert recipe.training["backbones"]["convnet"] == {
        "filters": 8,
        "kernel_width": 24,
        "pool": "max",
    }, "changes go into the mappings"
    assert recipe.models()["mixture"] == "moe_plain"
    assert recipe.models()["experts"]["CTCF"] == "plain_expert_CTCF"
    assert recipe.models()["mean_of_experts"] == "plain_mean_of_experts"


def test_a_recipe_that_changes_the_mixture_alone_mixes_the_runs_networks():
    changes = {"mixture": {"uniform_penalty": 0.0}}
    recipe = read_recipes(config(ablations={"free_gate": changes}), "ablations", EXPERTS)
    assert recipe["free_gate"].networks == "tfmoe"
    assert recipe["free_gate"].training["recipe"] == "tfmoe"
    assert recipe["free_gate"].mixture["name"] == "free_gate"


def test_a_recipe_may_leave_negatives_out():
    changes = {"negatives": {"genomic": 0}}
    recipe = read_recipes(config(recipes={"shuffles": changes}), "recipes", EXPERTS)["shuffles"]
    assert recipe.networks == "shuffles"
    assert {kind for kind, share in recipe.negatives.items() if share} == {"dinucleotide"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"training": {"epoch": 5}},
            "recipes.r.training.epoch: unknown key; did you mean `epochs`",
        ),
        ({"training": {"dropout": 2}}, "recipes.r.training.dropout: found 2, expected less than 1"),
        ({"training": {"seeds": 5}}, "recipes.r.training.seeds: this key belongs to the run"),
        ({"mixture": {"name": "x"}}, "recipes.r.mixture.name: "),
        (
            {"mixture": {"experts": ["MAX"]}},
            "recipes.r.mixture.experts: found MAX, expected experts",
        ),
        (
            {"training": {"judge_splits": ["gate"], "fit_splits": ["train", "gate"]}},
            "recipes.r.training.judge_splits: found gate, which is also in training.fit_splits",
        ),
        (
            {"mixture": {"fit_splits": ["train", "gate"], "judge_splits": ["gate"]}},
            "recipes.r.mixture.judge_splits: found gate, which is also in mixture.fit_splits",
        ),
        (
            {"training": {"epochs": 1, "robust": {"substitutions": 1}}},
            "recipes.r.training.robust.replays: found 2, expected at most training.epochs = 1",
        ),
        (
            {"training": {"max_shift": 26}},
            "recipes.r.training.max_shift: found 26, expected at most windows.flank = 25",
        ),
        (
            {"mixture": {"calibration_strongest": 100}},
            "recipes.r.mixture.calibration_strongest: found 100, but only ready sequences",
        ),
        (
            {"negatives": {"neighbour": 1}},
            "recipes.r.negatives.neighbour: found 1, but the run draws no",
        ),
        (
            {"negatives": {"genomic": 0, "dinucleotide": 0}},
            "recipes.r.negatives: found no negatives",
        ),
    ],
)
def test_changes_that_a_recipe_cannot_make_are_named(changes, message):
    with pytest.raises(ConfigError, match=message.replace("`", ".")):
        read_recipes(config(recipes={"r": changes}), "recipes", EXPERTS)


def test_only_a_run_on_ready_sequences_can_calibrate_on_the_strongest():
    asked = {"calibration_strongest": 100}
    with pytest.raises(ConfigError, match=r"^mixture\.calibration_strongest: found 100, but only"):
        own_recipe(config(mixture=asked), EXPERTS)
    ready = config(mixture=asked, genome=None)
    assert own_recipe(ready, EXPERTS).mixture["calibration_strongest"] == 100


def test_a_changed_backbone_that_no_network_would_have_is_refused():
    changed = {"training": {"backbone": "legnet"}}
    pool = {"backbones": ["danq", "explainn"]}
    with pytest.raises(
        ConfigError,
        match=r"recipes\.r\.training\.backbone: found legnet, but .* mixture\.backbones, danq, exp",
    ):
        read_recipes(config(mixture=pool, recipes={"r": changed}), "recipes", EXPERTS)
    alone = changed | {"mixture": {"backbones": None}}
    recipe = read_recipes(config(mixture=pool, recipes={"r": alone}), "recipes", EXPERTS)["r"]
    assert recipe.backbones == ["legnet"]


def test_an_unknown_section_of_a_recipe_is_named():
    with pytest.raises(
        ConfigError, match=r"recipes\.r\.trainin: unknown key; did you mean .training"
    ):
        config(recipes={"r": {"trainin": {}}})


def test_two_networks_of_one_name_are_refused():
    experts = ["GATA3", "GATA3_explainn"]
    with pytest.raises(ConfigError, match="two networks would be called GATA3_explainn"):
        own_recipe(config(mixture={"backbones": ["legnet", "explainn"]}), experts)
