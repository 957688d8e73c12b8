from typing import Any

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.recipes import own_recipe
from tfmoe.report.sections.evaluation import describe_mixture, describe_pooled


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


def test_what_is_mixed_and_on_what_it_is_fitted():
    assert described({}) == (
        "The mixture is fitted over 2 frozen experts on split gate, starting from a uniform gate, "
        "and is calibrated on split validation."
    )


def test_generalists_fine_tuning_and_recipes_beside_are_told():
    mixture = {
        "backbones": ["convnet", "legnet"],
        "generalists": 2,
        "fine_tune": {"epochs": 3},
        "fit_splits": ["train", "gate"],
        "calibrate": False,
    }
    recipes = {"plain": {}, "free": {}}
    beside = {"recipes": ["plain", "free"]}
    assert described(mixture, recipes=recipes, evaluation=beside) == (
        "The mixture is fitted over 4 frozen experts and 2 pooled networks, then fine-tuned with "
        "all of them, on splits train, gate, starting from a uniform gate. Beside it: recipes "
        "plain, free."
    )


def pooled(mixture: dict[str, Any], ensemble: bool) -> str:
    return describe_pooled(own_recipe(read(mixture), ["GATA3", "CTCF"]), ensemble)


def test_pooled_networks_are_counted():
    alone = "The pooled network is trained on all their sequences at once"
    assert pooled({}, ensemble=False) == f"{alone}. "
    assert pooled({"experts": ["CTCF"]}, ensemble=True) == f"{alone}. "
    assert pooled({"generalists": 1}, ensemble=True) == (
        f"{alone}; with 2 further ones a seed like it there are as many pooled networks as are "
        "mixed. "
    )


def test_pooled_networks_of_several_backbones_are_not_all_alike():
    assert pooled({"backbones": ["convnet", "legnet"]}, ensemble=True) == (
        "The pooled network, on backbone convnet, is trained on all their sequences at once; with "
        "3 further ones a seed, on the backbones convnet, legnet in turn, there are as many pooled "
        "networks as are mixed. "
    )
