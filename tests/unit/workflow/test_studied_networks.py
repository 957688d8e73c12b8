from typing import Any

import pytest

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.errors import ConfigError
from tfmoe.core.recipes import own_recipe, read_recipes
from tfmoe.workflow.studied_networks import studied_networks

RECIPES = {"as_published": {"training": {"backbone": "convnet", "dropout": 0}}, "sharp": {}}


def networks(**study: Any) -> list[tuple[str, str]]:
    written = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "training": {"backbone": "legnet"},
        "recipes": RECIPES,
        "attribution": {"study": study},
    }
    config = validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")
    own = own_recipe(config, ["G1"])
    return studied_networks(config, own, {own.name: own, **read_recipes(config, "recipes", ["G1"])})


def test_the_runs_own_backbone_and_configured_networks_are_studied() -> None:
    assert networks() == [("tfmoe", "legnet")]
    assert networks(backbones=["convnet", "danq"]) == [("tfmoe", "convnet"), ("tfmoe", "danq")]
    found = networks(recipes=["as_published", "sharp"])
    assert found == [("tfmoe", "legnet"), ("as_published", "convnet")], "sharp has no own networks"


def test_a_recipe_that_does_not_exist_is_named() -> None:
    with pytest.raises(ConfigError, match=r"attribution\.study\.recipes: found other, expected"):
        networks(recipes=["other"])
