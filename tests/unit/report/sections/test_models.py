"""The section on the models: pooled networks and the mixture in words."""

from typing import Any

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.recipes import own_recipe
from tfmoe.report.sections.models import describe_mixture, describe_pooled


def read(mixture: dict[str, Any], **sections: Any) -> dict[str, Any]:
    written = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "mixture": mixture,
        **sections,
    }
    return validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")


def described(mixture: dict[str, Any], **sections: Any) -> str:
    config = read(mixture, **sections)
    return describe_mixture(own_recipe(config, ["GATA3", "CTCF"]), config["evaluation"]["recipes"])


def test_the_mixture_names_its_experts_and_splits():
    text = described({})
    for fact in ("2 frozen experts", "fitted on split gate", "calibrated on split validation"):
        assert fact in text
    assert "fine-tuned" not in text


def test_the_mixture_names_generalists_fine_tuning_and_other_recipes():
    mixture = {
        "backbones": ["convnet", "legnet"],
        "generalists": 2,
        "fine_tune": {"epochs": 3},
        "fit_splits": ["train", "gate"],
        "calibrate": False,
    }
    recipes = {"plain": {}, "free": {}}
    text = described(mixture, recipes=recipes, evaluation={"recipes": ["plain", "free"]})
    for fact in (
        "4 frozen experts and 2 pooled networks",
        "fine-tuned",
        "splits train and gate",
        "recipes plain and free",
    ):
        assert fact in text
    assert "calibrated" not in text


def pooled(mixture: dict[str, Any], ensemble: bool) -> str:
    return describe_pooled(own_recipe(read(mixture), ["GATA3", "CTCF"]), ensemble)


def test_pooled_networks_are_counted():
    alone = pooled({}, ensemble=False)
    assert "The pooled network is trained" in alone
    assert pooled({"experts": ["CTCF"]}, ensemble=True) == alone
    several = pooled({"generalists": 1}, ensemble=True)
    assert several.startswith(alone) and "2 more pooled networks" in several


def test_pooled_networks_of_several_backbones_name_them():
    text = pooled({"backbones": ["convnet", "legnet"]}, ensemble=True)
    for fact in ("on backbone convnet", "3 more pooled networks", "convnet and legnet in turn"):
        assert fact in text
