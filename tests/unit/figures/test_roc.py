"""ROC curves: counting, averaging and drawing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures import roc
from tfmoe.figures.roc import GRID, curve_on_grid, draw_roc, roc_table

Sets = list[EvaluationSet]
Paths = dict[str, Path]
AUROCS = pd.DataFrame(
    {
        "experiment": ["Reb1", "Reb1"],
        "model": ["moe", "moe"],
        "seed": [0, 1],
        "auroc": [0.80, 0.90],
        "auroc_low": [0.70, 0.80],
        "auroc_high": [0.90, 0.96],
    }
)


def at(table: pd.DataFrame, experiment: str, model: str, rate: float) -> float:
    curve = table[(table["experiment"] == experiment) & (table["model"] == model)]
    index = np.abs(curve["false_positive_rate"] - rate).argmin()
    return float(curve["true_positive_rate"].iloc[index])


def test_a_curve_takes_the_top_of_each_step() -> None:
    curve = curve_on_grid(np.array([True, True, False, False]), np.array([3.0, 1.0, 2.0, 0.0]))
    values = dict(zip(GRID.round(3), curve, strict=True))
    assert values[0.0] == 0.5
    assert values[0.25] == 0.5
    assert values[0.5] == 1.0
    assert values[1.0] == 1.0


def test_the_curve_of_tied_scores_is_the_diagonal() -> None:
    curve = curve_on_grid(np.array([True, False, False]), np.zeros(3))
    assert curve == pytest.approx(GRID)


def test_only_test_rows_of_the_kind_count_and_seeds_are_averaged(
    predictions: Paths, sets: Sets
) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    moe = table[(table["experiment"] == "Reb1") & (table["model"] == "moe")]
    assert set(moe["n_pos"]) == {2}
    assert set(moe["n_neg"]) == {2}
    assert set(moe["n_seeds"]) == {2}
    # seed 0 has .5 here, seed 1 (all scores tied) .25
    assert at(table, "Reb1", "moe", 0.25) == pytest.approx(0.375)


def test_the_lowest_and_highest_seed_are_in_the_table(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    moe = table[(table["experiment"] == "Reb1") & (table["model"] == "moe")]
    row = moe[moe["false_positive_rate"] == 0.25].iloc[0]
    assert (row["lowest"], row["highest"]) == pytest.approx((0.25, 0.5))


def test_only_the_mixture_has_a_band(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    _, panel, *_ = draw_roc(table, sets, "genomic").figure.axes
    assert set(table["model"]) == {"moe", "expert_Reb1"}
    assert len(panel.collections) == 1


def test_the_number_of_panels_per_row_can_be_set(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    both = [sets[0], replace(sets[1], role="in_distribution")]
    for number, rows in ((1, 3), (2, 2)):  # with one heading
        figure = draw_roc(table, both, "genomic", panels_a_row=number).figure
        assert figure.axes[0].get_gridspec().get_geometry() == (rows, number)


def test_columns_stored_by_seed_become_one_curve_per_model(
    predictions: Paths, sets: Sets, tmp_path: Path
) -> None:
    frame = pd.read_parquet(predictions["Reb1"])
    scores = [name for name in frame.columns if "_seed" in name]
    by_seed = sorted(scores, key=lambda name: (name.rsplit("_seed")[1], name))
    assert by_seed != scores, "the order has to differ"
    described = [name for name in frame.columns if name not in scores]
    frame[[*described, *by_seed]].to_parquet(tmp_path / "Reb1.parquet")
    expected = roc_table(predictions, sets[:1], "genomic", AUROCS)
    found = roc_table({"Reb1": tmp_path / "Reb1.parquet"}, sets[:1], "genomic", AUROCS)
    order = ["model", "false_positive_rate"]
    pd.testing.assert_frame_equal(
        found.sort_values(order, ignore_index=True), expected.sort_values(order, ignore_index=True)
    )


def test_scores_that_are_not_finite_are_not_drawn(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    assert set(table["model"]) == {"moe", "expert_Reb1"}


def test_a_set_without_negatives_is_left_out(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "neighbour", AUROCS)
    assert len(table) == 0
    assert (
        "no set has positives and negatives"
        in draw_roc(table, sets, "x").figure.texts[0].get_text()
    )


def test_missing_predictions_are_named(predictions: Paths, sets: Sets) -> None:
    with pytest.raises(InputError, match="no predictions of Tbf1"):
        roc_table({"Reb1": predictions["Reb1"]}, sets, "genomic", AUROCS)
    predictions["Tbf1"].unlink()
    with pytest.raises(InputError, match=r"Tbf1\.parquet: the file does not exist"):
        roc_table(predictions, sets, "genomic", AUROCS)


def test_one_panel_per_set(predictions: Paths, sets: Sets) -> None:
    drawing = draw_roc(roc_table(predictions, sets, "genomic", AUROCS), sets, "genomic")
    seen, reb1, unseen, tbf1 = drawing.figure.axes
    assert [reb1.get_title("left"), tbf1.get_title("left")] == ["Reb1", "Tbf1"]
    assert "in-distribution" in seen.texts[0].get_text()
    assert "OOD" in unseen.texts[0].get_text()
    # the AUROC of a model without metrics is not written
    assert [text.get_text() for text in reb1.texts] == [
        "n = 2 / 2",
        "mixture 0.85 (0.75\u20130.93)",
    ]
    assert [text.get_text() for text in tbf1.texts] == ["n = 2 / 2"]
    # both are the lowest panel of their column
    assert all(axes.get_xlabel() == "false positive rate" for axes in (reb1, tbf1))
    legend = [text.get_text() for text in drawing.figure.legends[0].get_texts()]
    assert legend == ["mixture", "own factor's expert", "other experts"]


def test_the_mixtures_of_two_recipes_look_different(predictions: Paths, sets: Sets) -> None:
    table = roc_table(predictions, sets, "genomic", AUROCS)
    mixture = table[table["model"] == "moe"]
    both = pd.concat([mixture.assign(model=f"moe_{recipe}") for recipe in ("plain", "free")])
    figure = draw_roc(both, sets, "genomic").figure
    colours = {line.get_color() for line in figure.legends[0].get_lines()}
    assert len(colours) == 2
    assert colours < {line.get_color() for line in figure.axes[1].lines}


def test_many_sets_have_one_panel_per_stratum(
    predictions: Paths, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(roc, "MOST_PANELS", 1)
    drawing = draw_roc(roc_table(predictions, sets, "genomic", AUROCS), sets, "genomic")
    titles = [axes.get_title("left").replace("\n", " ") for axes in drawing.figure.axes]
    assert titles == [
        "in-distribution (mean of 1 sets)",
        "OOD, motif family seen in training (mean of 1 sets)",
    ]
