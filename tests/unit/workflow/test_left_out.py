from typing import Any

import pytest

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.recipes import Network, Recipe, own_recipe
from tfmoe.workflow.left_out import ALL, LeftOut, development_cases, find_left_out

EXPERTS = {"G1": ["G1"], "G2": ["G2"], "C1": ["C1"]}


def recipe(**changes: Any) -> Recipe:
    written: dict[str, Any] = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        **changes,
    }
    config = validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")
    return own_recipe(config, list(EXPERTS))


@pytest.fixture
def left_out() -> dict[str, LeftOut]:
    factors = {"G1": "GATA3", "G2": "Gata3", "C1": "CTCF"}
    rows = {
        name: Experiment(name, factor, "x", "train", "-", "-", "x.bed", "-")
        for name, factor in factors.items()
    }
    return find_left_out(EXPERTS, rows)


def test_each_factor_is_left_out_once_with_all_its_experts(left_out):
    assert left_out == {
        "GATA3": LeftOut("GATA3", ["G1", "G2"], ["G1", "G2"]),
        "CTCF": LeftOut("CTCF", ["C1"], ["C1"]),
    }
    assert left_out["CTCF"].pooled == "pooled_without_CTCF"


def test_nothing_in_a_pool_knows_the_factor_that_is_left_out(left_out):
    mixture = {"backbones": ["convnet", "legnet"], "generalists": 1}
    cases = development_cases(recipe(mixture=mixture), left_out, EXPERTS)
    assert [case.left_out for case in cases] == [ALL, "GATA3", "CTCF"]
    without = cases[1]
    assert without.pool == {
        "C1": Network("C1", "convnet", 0),
        "C1_legnet": Network("C1", "legnet", 0),
        "pooled": Network("pooled_without_GATA3", "convnet", 0),
    }
    assert without.pooled == without.pool["pooled"], "the generalist is trained once"
    assert without.experiments == ["G1", "G2"]
    assert without.own == {}


def test_the_whole_pool_is_scored_on_all_training_experiments(left_out):
    mixture = {"backbones": ["convnet", "legnet"], "experts": ["G1", "C1"]}
    whole = development_cases(recipe(mixture=mixture), left_out, EXPERTS)[0]
    assert list(whole.pool) == ["G1", "C1", "G1_legnet", "C1_legnet"]
    assert whole.pooled == Network("pooled", "convnet", 0)
    assert whole.experiments == ["G1", "G2", "C1"]
    assert whole.own == {"G1": "G1", "C1": "C1"}, "G2 has no expert here"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"negatives": {"training": {"other_factor": 1}}},
            r"recipe tfmoe: found negatives.training.other_factor = 1; each expert",
        ),
        (
            {"mixture": {"experts": ["G1", "G2"]}},
            r"without GATA3 0 networks are left in its pool, .* change mixture.experts",
        ),
        (
            {"mixture": {"fit_splits": ["validation"], "judge_splits": ["gate"]}},
            r"recipe tfmoe: found validation in mixture.fit_splits, but the split validation",
        ),
        (
            {"mixture": {"top_k": 2}},
            r"without GATA3 1 networks are left .* at least 2; change mixture.top_k",
        ),
    ],
)
def test_what_cannot_be_left_out(changes, message, left_out):
    with pytest.raises(ConfigError, match=message):
        development_cases(recipe(**changes), left_out, EXPERTS)


def test_one_factor_alone_cannot_be_left_out(left_out):
    del left_out["CTCF"]
    with pytest.raises(ConfigError, match="found one training factor, GATA3; a factor can be left"):
        development_cases(recipe(), left_out, EXPERTS)
