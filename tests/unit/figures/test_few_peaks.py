"""Figure of the AUROC against the number of peaks of a new factor."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.evaluation.few_peaks import few_peaks_table
from tfmoe.figures.few_peaks import NOTHING, draw_few_peaks, draw_few_peaks_file

LEARNED = {"moe_adapted": 0.80, "gkm_from_scratch": 0.60, "fine_tuned": 0.70}


def make_metrics(factors: int = 4, without_matrix: int = 0) -> pd.DataFrame:
    """Return AUROCs of `factors` factors; the last one has no 100 peaks."""
    rows = []
    for number in range(factors):
        own = {"moe_conditioned": 0.78, "gkm": 0.65}
        own |= {f"{name}_10": value for name, value in LEARNED.items()}
        own |= {} if number < without_matrix else {"pwm": 0.55}
        if number < factors - 1:
            own |= {f"{name}_100": value + 0.1 for name, value in LEARNED.items()}
        for subset in ("all", "no_overlap"):
            for model, value in own.items():
                seed = None if model in ("gkm", "pwm") else 0
                auroc = value + 0.01 * number - 0.1 * (subset == "no_overlap")
                rows.append((model, f"F{number}", f"F{number}", subset, seed, auroc))
    columns = ["model", "factor", "experiment", "subset", "seed", "auroc"]
    table = pd.DataFrame(rows, columns=columns)
    return table.assign(role="adapted", negatives="genomic", n_pos=50, n_neg=250)


def test_panels_are_subsets_and_ticks_have_the_number_of_factors():
    figure = draw_few_peaks(few_peaks_table(make_metrics())).figure
    assert [axes.get_title("left") for axes in figure.axes] == [
        "all test sequences",
        "without overlaps",
    ]
    ticks = [label.get_text() for label in figure.axes[0].get_xticklabels()]
    assert ticks == ["0\nn = 4", "10\nn = 4", "100\nn = 3"]


def test_factors_without_a_matrix_have_panels_of_their_own():
    figure = draw_few_peaks(few_peaks_table(make_metrics(without_matrix=1))).figure
    titles = [axes.get_title("left") for axes in figure.axes]
    assert titles[1:3] == [
        "without overlaps, factors with a matrix",
        "all test sequences, all factors",
    ]
    ticks = [[label.get_text() for label in axes.get_xticklabels()] for axes in figure.axes]
    assert ticks[0] == ["0\nn = 3", "10\nn = 3", "100\nn = 2"]
    assert ticks[2] == ["0\nn = 4", "10\nn = 4", "100\nn = 3"]


def test_the_curve_of_the_mixture_begins_without_peaks():
    axes = draw_few_peaks(few_peaks_table(make_metrics())).figure.axes[0]
    curves = [np.asarray(line.get_ydata()) for line in axes.lines if len(line.get_xdata()) == 3]
    assert len(curves) == 1
    assert curves[0] == pytest.approx([0.795, 0.815, 0.91])


def test_references_step_where_factors_drop_out():
    axes = draw_few_peaks(few_peaks_table(make_metrics())).figure.axes[0]
    steps = [patch.get_data()[0] for patch in axes.patches]
    assert len(steps) == 3
    assert steps[0] == pytest.approx([0.795, 0.795, 0.79])
    assert steps[2] == pytest.approx([0.565, 0.565, 0.56])


def test_the_legend_has_the_models_that_are_drawn():
    metrics = make_metrics(without_matrix=4)
    metrics = metrics[~metrics["model"].str.startswith("fine_tuned")]
    figure = draw_few_peaks(few_peaks_table(metrics)).figure
    assert [text.get_text() for text in figure.legends[0].get_texts()] == [
        "adapted mixture",
        "conditioned mixture, no peaks",
        "gapped k-mers from scratch",
        "gapped k-mers of training factors",
    ]


def test_two_factors_are_drawn_without_intervals():
    figure = draw_few_peaks(few_peaks_table(make_metrics(factors=2))).figure
    low, high = figure.axes[0].get_ylim()
    assert (low, high) == pytest.approx((0.45 - 0.012, 0.90 + 0.012))


def test_the_files_are_written_with_their_table(tmp_path: Path):
    write_tsv(make_metrics(), tmp_path / "metrics.tsv")
    draw_few_peaks_file(tmp_path / "metrics.tsv", tmp_path)
    assert {path.name for path in tmp_path.glob("few_peaks.*")} == {
        f"few_peaks.{suffix}" for suffix in ("svg", "pdf", "png", "tsv")
    }
    assert set(read_tsv(tmp_path / "few_peaks.tsv")["peaks"].astype(str)) == {"0", "10", "100"}


def test_without_adapted_models_the_figure_has_the_reason():
    drawing = draw_few_peaks(few_peaks_table(make_metrics().assign(role="ood")))
    assert drawing.figure.texts[0].get_text() == NOTHING
