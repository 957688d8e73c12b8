from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.studies.development.tables import (
    SCORE_COLUMNS,
    SUMMARY_COLUMNS,
    change_table,
    read_scores,
    score_table,
    summarise,
)


@dataclass
class Part:
    left_out: str
    seed: int
    experiment: str
    label: np.ndarray
    kind: np.ndarray
    logits: dict


def part(**changes):
    values = {
        "left_out": "A",
        "seed": 1,
        "experiment": "A",
        "label": np.array([1, 1, 0, 0, 0]),
        "kind": np.array(["peak", "peak", "dinucleotide", "genomic", "genomic"], dtype=object),
        "logits": {
            "moe": np.array([3.0, 1.0, 2.0, 0.0, 0.5], dtype=np.float32),
            "pooled": np.array([0.0, 1.0, 0.0, 0.5, -1.0], dtype=np.float32),
        },
    }
    return Part(**(values | changes))


def test_each_kind_of_negatives_has_its_auroc():
    table = score_table([part()], "tfmoe", {"A": "GATA3"})
    assert list(table.columns) == list(SCORE_COLUMNS)
    assert table.to_numpy().tolist() == [
        ["tfmoe", "A", "A", "GATA3", "genomic", "moe", 1, 2, 2, 1.0],
        ["tfmoe", "A", "A", "GATA3", "genomic", "pooled", 1, 2, 2, 0.75],
        ["tfmoe", "A", "A", "GATA3", "dinucleotide", "moe", 1, 2, 1, 0.5],
        ["tfmoe", "A", "A", "GATA3", "dinucleotide", "pooled", 1, 2, 1, 0.75],
    ]


def test_splits_and_logits_that_cannot_be_scored():
    with pytest.raises(InputError, match="A: the validation split has no positives"):
        score_table([part(label=np.zeros(5, dtype=int))], "tfmoe", {"A": "A"})
    with pytest.raises(InputError, match="A: the validation split has no negatives"):
        score_table([part(label=np.ones(5, dtype=int))], "tfmoe", {"A": "A"})
    broken = {"moe": np.array([np.nan, 1, 2, 3, 4], dtype=np.float32)}
    with pytest.raises(InputError, match="moe, seed 1, left-out factor A, on A: 1 of 5"):
        score_table([part(logits=broken)], "tfmoe", {"A": "A"})


@pytest.fixture
def scores():
    """Two recipes, two seeds: sets A and B, known (`-`) and left out."""
    values = {
        ("tfmoe", "-", "moe"): [(0.9, 0.8), (0.7, 0.6)],
        ("tfmoe", "-", "own_expert"): [(0.9, 0.9), (0.9, 0.9)],
        ("tfmoe", "left", "moe"): [(0.6, 0.5), (0.6, 0.7)],
        ("small", "-", "moe"): [(0.8, 0.8), (0.6, 0.6)],
        ("small", "left", "moe"): [(0.7, 0.7), (0.7, 0.7)],
    }
    rows = []
    for (recipe, left_out, model), seeds in values.items():
        for seed, aurocs in enumerate(seeds):
            for name, value in zip("AB", aurocs, strict=True):
                factor = name if left_out == "left" else "-"
                rows.append((recipe, factor, name, name, "genomic", model, seed, 10, 20, value))
    return pd.DataFrame(rows, columns=list(SCORE_COLUMNS))


def test_one_row_per_recipe_and_model(scores, tmp_path):
    for name, found in scores.groupby("recipe"):
        write_tsv(found, tmp_path / f"{name}.tsv")
    read = read_scores([tmp_path / "tfmoe.tsv", tmp_path / "small.tsv"])
    table = summarise(read, "tfmoe")
    assert tuple(table.columns) == SUMMARY_COLUMNS
    keys = table[["recipe", "model", "seeds"]].to_numpy().tolist()
    assert keys == [["tfmoe", "moe", 2], ["tfmoe", "own_expert", 2], ["small", "moe", 2]]
    assert table["in_distribution"].tolist() == pytest.approx([0.75, 0.9, 0.7])
    # over the means of the seeds: .85 and .65; .9 twice; .8 and .6
    spread = [0.2 / 2**0.5, 0.0, 0.2 / 2**0.5]
    assert table["in_distribution_sd"].tolist() == pytest.approx(spread)
    assert table["in_distribution_change"].tolist() == pytest.approx([0, 0, -0.05])
    assert table["left_out_sets"].isna().tolist() == [False, True, False]
    assert table["left_out_change"].tolist() == pytest.approx([0, np.nan, 0.1], nan_ok=True)


def test_changes_are_over_the_sets_that_both_recipes_have(scores):
    own = scores[(scores["recipe"] == "tfmoe") & (scores["model"] == "own_expert")]
    fewer = own[own["experiment"] == "A"].assign(recipe="small", auroc=0.85)
    higher = own.assign(auroc=own["auroc"] + 0.08 * (own["experiment"] == "B"))
    table = summarise(pd.concat([higher, fewer, scores[scores["left_out"] != "-"]]), "tfmoe")
    row = table[(table["recipe"] == "small") & (table["model"] == "own_expert")].iloc[0]
    assert row["in_distribution_sets"] == 1
    assert row["in_distribution_change"] == pytest.approx(-0.05), "that of A, not of A and B"


def test_one_seed_has_no_spread(scores):
    table = summarise(scores[scores["seed"] == 0], "tfmoe")
    assert table["in_distribution_sd"].isna().all()
    assert table["in_distribution"].tolist() == pytest.approx([0.85, 0.9, 0.8])


def test_changes_are_those_of_the_mixture_on_the_primary_negatives(scores):
    other = scores.assign(negatives="dinucleotide", auroc=0.5)
    table = change_table(pd.concat([other, scores]), "tfmoe")
    assert table[["recipe", "part", "experiment", "negatives"]].to_numpy().tolist() == [
        ["small", "in_distribution", "A", "genomic"],
        ["small", "in_distribution", "B", "genomic"],
        ["small", "left_out", "A", "genomic"],
        ["small", "left_out", "B", "genomic"],
    ]
    assert table["change"].tolist() == pytest.approx([-0.1, 0.0, 0.1, 0.1])
