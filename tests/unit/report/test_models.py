from typing import Any

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.recipes import own_recipe
from tfmoe.report.evaluation import describe_mixture


def described(mixture: dict[str, Any], **sections: Any) -> str:
    written = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "mixture": mixture,
        **sections,
    }
    config = validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")
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
