from __future__ import annotations

from typing import Any

import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.studies.search.space import Setting, read_space, with_settings

PAPER = schema_defaults("search")["space"]


def recipe(**changes: object) -> dict[str, Any]:
    return schema_defaults("training") | changes


def test_the_default_has_the_ranges_of_the_paper() -> None:
    assert read_space(PAPER, recipe(optimiser="sgd")) == [
        Setting("learning_rate", low=0.0005, high=0.05, log=True),
        Setting("momentum", low=0.95, high=0.99),
        Setting("weight_std", low=1e-7, high=1e-3, log=True),
        Setting("dropout", choices=[0, 0.25, 0.5]),
        Setting("backbones.convnet.pool", choices=["max", "max_average"]),
    ]


def test_keys_without_effect_on_the_recipe_are_left_out() -> None:
    left = read_space(PAPER, recipe(optimiser="adamw", backbone="danq"))
    assert [setting.key for setting in left] == ["learning_rate", "weight_std", "dropout"]
    both = PAPER | {"optimiser": {"choices": ["sgd", "adamw"], "log": False}}
    assert "momentum" in [setting.key for setting in read_space(both, recipe(optimiser="adamw"))]
    momentum = {"momentum": PAPER["momentum"]}
    with pytest.raises(
        ConfigError, match=r"search.space: found momentum, expected a key that affects"
    ):
        read_space(momentum, recipe(optimiser="adamw"))


def test_integers_and_the_hyper_parameters_of_a_custom_backbone() -> None:
    space = {
        "embedding": {"low": 8, "high": 64, "log": True},
        "backbones.mine.width": {"low": 1, "high": 3, "log": False},
        "backbones.mine.scale": {"low": 1, "high": 3.5, "log": False},
    }
    found = {setting.key: setting.whole for setting in read_space(space, recipe(backbone="mine"))}
    assert found == {
        "embedding": True,
        "backbones.mine.width": True,
        "backbones.mine.scale": False,
    }


@pytest.mark.parametrize(
    ("key", "drawn", "message"),
    [
        ("learning_rat", {}, r"learning_rat: `learning_rat` is not a key .*`learning_rate`\?"),
        (
            "backbones.convnet.pol",
            {},
            r"`pol` is not a key of the section `training`; did .*`pool`\?",
        ),
        ("backbones.convnet", {}, "this is a section; name a key in it, such as `backbones.convn"),
        ("seeds", {"low": 1, "high": 2}, "seeds: this key .* cannot be searched"),
        ("momentum", {"low": 0.9}, "momentum: found low, expected `low` and `high`, or `choices`"),
        ("momentum", {}, "momentum: found neither, expected `low` and `high`, or `choices`"),
        ("dropout", {"choices": [0], "low": 0}, "dropout: found choices, low, expected"),
        ("dropout", {"choices": [0, 1]}, r"dropout.choices.1: found 1, expected less than 1"),
        ("momentum", {"low": 0.9, "high": 1.5}, "momentum.high: found 1.5, expected less than 1"),
        ("embedding", {"low": 2.5, "high": 8}, "embedding.low: found 2.5, expected integer"),
        ("dropout", {"low": 0.5, "high": 0.5}, "found low 0.5 and high 0.5, expected low below"),
        ("dropout", {"low": 0, "high": 0.5, "log": True}, "dropout.log: found true, expected fal"),
    ],
)
def test_faults_name_the_key(key: str, drawn: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        read_space({key: {"log": False, **drawn}}, recipe())


def test_a_value_is_put_at_its_place_and_nothing_else_changes() -> None:
    training = {"dropout": 0.2, "backbones": {"convnet": {"filters": 16, "pool": "max"}}}
    drawn = {"dropout": 0.5, "backbones.convnet.pool": "max_average", "backbones.mine.width": 3}
    assert with_settings(training, drawn) == {
        "dropout": 0.5,
        "backbones": {"convnet": {"filters": 16, "pool": "max_average"}, "mine": {"width": 3}},
    }
    assert training == {"dropout": 0.2, "backbones": {"convnet": {"filters": 16, "pool": "max"}}}
