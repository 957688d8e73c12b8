import dataclasses
from typing import Any

import pytest

from tfmoe.core.config import SCHEMAS, validate_config
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import Experiment
from tfmoe.core.recipes import Network
from tfmoe.workflow.plan import plan_run


def config(**changes: Any) -> dict[str, Any]:
    written: dict[str, Any] = {
        "run": "test",
        "experiments": "experiments.tsv",
        "genome": {"assembly": "toy", "fasta": "genome.fa"},
        "splits": {"test": ["chr1"], "validation": ["chr2"], "gate": ["chr3"]},
        "training": {"seeds": 2},
        "negatives": {"evaluation": {"genomic": 5, "dinucleotide": 0}},
        "attribution": {"methods": ["gradient"]},
        "motifs": {"method": "gradient"},
    }
    for key, change in changes.items():
        section = written.get(key)
        merged = section | change if isinstance(section, dict) and change is not None else change
        written[key] = merged
    return validate_config(written, SCHEMAS / "config.schema.yaml", "config.yaml")


def experiments() -> dict[str, Experiment]:
    rows = [("G1", "GATA3", "train"), ("G2", "GATA3", "train"), ("C1", "CTCF", "ood")]
    return {
        name: Experiment(name, factor, "x", role, "-", "-", "x.bed", "-")
        for name, factor, role in rows
    }


def test_one_expert_an_experiment():
    plan = plan_run(config(), experiments())
    assert plan.experts == {"G1": ["G1"], "G2": ["G2"]}
    assert (plan.training, plan.ood, plan.seeds) == (["G1", "G2"], ["C1"], [0, 1])


def test_one_expert_a_factor():
    plan = plan_run(config(training={"expert_per": "factor"}), experiments())
    assert plan.experts == {"GATA3": ["G1", "G2"]}
    assert plan.attributed == [
        ("G1", "expert_GATA3"),
        ("G2", "expert_GATA3"),
        ("G1", "moe"),
        ("G2", "moe"),
    ]


def test_a_pooled_ensemble_has_as_many_networks_as_the_pool_has_members():
    first, second = Network("pooled", "convnet", 0), Network("pooled", "convnet", 100)
    alone = plan_run(config(), experiments())
    assert alone.pooled == [first]
    assert alone.compared == [
        *("moe", "moe_conditioned", "experts", "mean_of_experts", "pooled", "gkm", "pwm"),
        *("equal_weight_sum", "kmers_and_matrix", "ensemble_kmers_matrix"),
    ]
    asked = plan_run(config(training={"pooled_ensemble": True}), experiments())
    assert asked.pooled == [first, second]
    assert asked.compared[:5] == [
        *("moe", "moe_conditioned", "experts", "mean_of_experts", "pooled_ensemble"),
    ]
    one = config(training={"pooled_ensemble": True, "expert_per": "factor"})
    assert plan_run(one, experiments()).pooled == [first], "one expert, one network"
    family = ["moe", "mean_of_pool", "pooled", "pooled_ensemble"]
    generalist = config(mixture={"generalists": 2}, evaluation={"family": family})
    generalist = plan_run(generalist, experiments())
    assert generalist.pooled == [first, second], "a generalist is trained in any case"
    assert generalist.compared == ["moe", "mean_of_pool", "pooled"]
    default = plan_run(config(mixture={"generalists": 2}), experiments()).compared
    assert "mean_of_pool" in default, "without an ensemble, the mean of the pool replaces it"
    assert not {"pooled", "pooled_ensemble"} & set(default)


def test_baselines_that_a_run_does_not_have_are_not_compared():
    family = ["moe", "gkm", "pooled"]
    assert plan_run(config(evaluation={"family": family}), experiments()).compared == family
    without = config(evaluation={"family": family}, gkm={"fit": False})
    assert plan_run(without, experiments()).compared == ["moe", "pooled"]
    blind = plan_run(config(conditioned={"fit": False}), experiments()).compared
    assert blind == ["moe", "experts", "mean_of_experts", "pooled", "gkm", "pwm"]


def test_a_model_that_the_run_does_not_have_can_not_be_compared():
    found = config(
        evaluation={"family": ["moe", "pooled_ensembl", "expert_C1"]}, gkm={"fit": False}
    )
    with pytest.raises(ConfigError) as error:
        plan_run(found, experiments())
    assert str(error.value) == (
        "evaluation.family: found pooled_ensembl, expert_C1, expected models of this run: moe, "
        "experts, best_expert, pooled, pwm, moe_conditioned, equal_weight_sum, kmers_and_matrix, "
        "ensemble_kmers_matrix, mean_of_experts, expert_G1, expert_G2"
    )


def test_models_of_a_further_recipe_can_be_compared():
    family = ["moe", "moe_plain", "plain_mean_of_experts", "plain_expert_G1", "best_expert", "pwm"]
    recipes = {"plain": {"training": {"optimiser": "sgd"}}}
    further = config(recipes=recipes, evaluation={"recipes": ["plain"], "family": family})
    assert plan_run(further, experiments()).compared == family
    alone = config(recipes=recipes, evaluation={"family": family})
    with pytest.raises(ConfigError, match="found moe_plain, plain_mean_of_experts, plain_expert_"):
        plan_run(alone, experiments())


def test_further_recipes():
    recipes = {"plain": {"training": {"optimiser": "sgd"}}, "free": {}}
    changed = config(recipes=recipes, evaluation={"recipes": ["plain"]})
    plan = plan_run(changed, experiments())
    assert list(plan.recipes) == ["tfmoe", "plain", "free"]
    assert [recipe.name for recipe in plan.scored] == ["tfmoe", "plain"]
    with pytest.raises(ConfigError, match=r"evaluation\.recipes: found other, expected names"):
        plan_run(config(recipes=recipes, evaluation={"recipes": ["other"]}), experiments())


@pytest.mark.parametrize("name", ["tfmoe", "default", "plain"])
def test_recipes_of_one_name_are_refused(name):
    changed = config(recipes={name: {}}, ablations={"plain": {}})
    with pytest.raises(ConfigError, match=f"found two of the name {name}"):
        plan_run(changed, experiments())


@pytest.mark.parametrize("name", ["expert", "expert_two", "plain_expert"])
def test_recipes_whose_models_would_read_as_experts_are_refused(name):
    with pytest.raises(ConfigError, match=f"found the name {name}, but .expert. marks"):
        plan_run(config(recipes={name: {}}), experiments())
    assert "experts_2" in plan_run(config(ablations={"experts_2": {}}), experiments()).ablations


def test_the_background_network_needs_negatives_to_learn_from_and_shuffles_to_be_scored_on():
    assert not plan_run(config(), experiments()).background
    both = {"training": {"genomic": 1}, "evaluation": {"dinucleotide": 1}}
    plan = plan_run(config(negatives=both), experiments())
    assert plan.background
    assert plan.compared[-1] == "background_vs_shuffle"
    refused = config(negatives=both, training={"background_vs_shuffle": False})
    assert not plan_run(refused, experiments()).background
    shuffles = both | {"training": {"genomic": 0, "dinucleotide": 1}}
    assert not plan_run(config(negatives=shuffles), experiments()).background


def test_on_ready_sequences_the_background_network_needs_a_genome_of_its_own():
    ready = {
        "genome": None,
        "splits": {"by": "rank", "test": None, "validation": None, "gate": None},
        "negatives": {
            "training": {"genomic": 0},
            "evaluation": {"genomic": 0, "dinucleotide": 0, "file": 1},
        },
        "motifs": {"confirmation_negatives": "file"},
    }
    assert not plan_run(config(**ready), experiments()).background
    assert plan_run(config(**ready, background={"fasta": "x.fa"}), experiments()).background
    with pytest.raises(ConfigError, match=r"background.fasta: found a genome, but"):
        plan_run(config(background={"fasta": "x.fa"}), experiments())
    gate = {"judge_splits": ["gate"]}
    plan_run(config(**ready, training=gate), experiments())
    asked = {**ready, "background": {"fasta": "x.fa"}}
    with pytest.raises(ConfigError, match=r"judge_splits: found gate, expected validation among"):
        plan_run(config(**asked, training=gate), experiments())
    fitted = {"fit_splits": ["gate"], "judge_splits": ["validation"]}
    with pytest.raises(ConfigError, match=r"fit_splits: found gate, expected train among them: "):
        plan_run(config(**asked, training=fitted), experiments())
    without = gate | {"background_vs_shuffle": False}
    assert not plan_run(config(**asked, training=without), experiments()).background


def test_ood_experiments_are_attributed_on_request():
    assert ("C1", "moe") not in plan_run(config(), experiments()).attributed
    assert ("C1", "moe") in plan_run(config(attribution={"ood": True}), experiments()).attributed


def test_a_chromosome_in_two_splits():
    splits = {"test": ["chr1"], "validation": ["chr1"], "gate": ["chr3"]}
    with pytest.raises(ConfigError, match="chromosome chr1 is in test and in validation"):
        plan_run(config(splits=splits), experiments())


def test_spellings_of_a_factor_share_an_expert():
    rows = experiments()
    rows["G2"] = dataclasses.replace(rows["G2"], factor="Gata3")
    plan = plan_run(config(training={"expert_per": "factor"}), rows)
    assert plan.experts == {"GATA3": ["G1", "G2"]}


def test_a_factor_named_like_a_model_can_be_no_expert():
    rows = experiments()
    rows["G1"] = dataclasses.replace(rows["G1"], factor="pooled")
    with pytest.raises(ConfigError, match="an expert would have the reserved name pooled"):
        plan_run(config(training={"expert_per": "factor"}), rows)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"training": {"max_shift": 30}}, "training.max_shift: found 30, expected at most"),
        ({"motifs": {"window": 110}}, "motifs.window: found 110, expected at most windows.length"),
        ({"motifs": {"method": "ism"}}, "motifs.method: found ism, expected one of attribution"),
        (
            {"motifs": {"confirmation_negatives": "dinucleotide"}},
            "motifs.confirmation_negatives: found dinucleotide, but negatives.evaluation",
        ),
        ({"negatives": {"evaluation": {"genomic": 0, "dinucleotide": 0}}}, "found no negatives"),
        ({"evaluation": {"family": ["experts", "pooled"]}}, "evaluation.family: found no `moe`"),
    ],
)
def test_settings_that_do_not_fit_one_another_are_told_before_anything_runs(changes, expected):
    with pytest.raises(ConfigError) as error:
        plan_run(config(**changes), experiments())
    assert expected in str(error.value)


NAMED = {"test": None, "validation": None, "gate": None}
READY = {
    "genome": None,
    "splits": {"by": "rank", **NAMED},
    "negatives": {
        "training": {"genomic": 0},
        "evaluation": {"genomic": 0, "dinucleotide": 1},
    },
    "motifs": {"confirmation_negatives": "dinucleotide"},
}


def test_splits_of_every_kind_can_be_planned():
    for splits in ({"by": "blocks", **NAMED}, {"folds": 5, "fold": 3, **NAMED}):
        plan_run(config(splits=splits), experiments())
    plan_run(config(**READY), experiments())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"splits": {"gate": None}}, r"splits.gate: found no chromosomes; name some, assign all"),
        ({"splits": {"folds": 5}}, r"splits.test: found chromosomes and splits.folds = 5"),
        ({"splits": {"by": "blocks"}}, r"splits.test: found chromosomes, but the splits are by bl"),
        ({"splits": {"folds": 5, "fold": 6, **NAMED}}, r"splits.fold: found 6, expected at most"),
        ({"splits": {"by": "blocks", "gap": 100, **NAMED}}, r"splits.gap: found 100, expected at"),
        (
            {"splits": {"by": "blocks", "shares": {"test": 0.9}, **NAMED}},
            r"splits.shares: found a sum of 1.1",
        ),
        (
            {"splits": {"strongest_shares": {"validation": 0.8, "gate": 0.2}, **NAMED}},
            r"splits.strongest_shares: found a sum of 1, expected less",
        ),
        ({"splits": {"by": "rank", **NAMED}}, r"splits.by: found rank in a run with a genome"),
        ({"genome": None}, r"splits.by: found chromosome in a run with no genome"),
        (READY | {"negatives": {"match_repeats": True}}, r"negatives.match_repeats: found true"),
        (READY | {"negatives": {}}, r"negatives.training.genomic: found 5 in a run on ready"),
        (
            {"negatives": {"evaluation": {"genomic": 5, "file": 1}}},
            r"negatives.evaluation.file: found 1, but the column `negatives`",
        ),
        (
            {"negatives": {"neighbour_distance": 300, "training": {"neighbour": 1}}},
            "negatives.neighbour_distance: found 300, expected at least windows.length",
        ),
        ({"negatives": {"training": dict.fromkeys(("genomic", "dinucleotide"), 0)}}, "no negative"),
    ],
)
def test_what_this_run_cannot_do_is_told_before_anything_runs(changes, message):
    with pytest.raises(ConfigError, match=message):
        plan_run(config(**changes), experiments())


def test_the_mixture_is_adapted_to_each_ood_experiment_on_a_genome():
    assert plan_run(config(), experiments()).adapted == ["C1"]
    assert plan_run(config(adaptation={"fit": False}), experiments()).adapted == []
    none = {"genomic": 0, "dinucleotide": 1}
    ready = config(
        genome=None,
        splits={"by": "rank", "test": None, "validation": None, "gate": None},
        negatives={"training": none, "evaluation": none},
        motifs={"confirmation_negatives": "dinucleotide"},
    )
    assert plan_run(ready, experiments()).adapted == []


def test_numbers_of_peaks_ascend():
    with pytest.raises(ConfigError) as error:
        plan_run(config(adaptation={"peaks": [30, 10, 100]}), experiments())
    assert str(error.value) == (
        "adaptation.peaks: found 30, 10, 100, expected ascending numbers: 10, 30, 100"
    )


@pytest.mark.parametrize(
    "section",
    [{"peaks": []}, {"peaks": [4]}, {"peaks": [5, 5]}, {"draws": 0}, {"negatives": 0}],
)
def test_settings_of_the_adaptation_have_bounds(section: dict[str, Any]):
    with pytest.raises(ConfigError, match=f"adaptation.{next(iter(section))}"):
        config(adaptation=section)


def test_other_cells_have_the_expert_of_the_factor_and_unseen_factors_have_none():
    rows = experiments()
    other = dataclasses.replace(rows["G1"], experiment="G3", role="ood", stratum="same_factor")
    plan = plan_run(config(), rows | {"G3": other})
    assert plan.own_experts == {"G1": "G1", "G2": "G2", "G3": "G1"}
    assert (plan.training, plan.ood) == (["G1", "G2"], ["C1", "G3"])
    assert plan.adapted == ["C1"], "a factor that trains is not a new one"
    assert plan.experts == {"G1": ["G1"], "G2": ["G2"]}
