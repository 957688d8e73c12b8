"""Training curves."""

from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.figures.training import History, draw_training, training_table

HEADER = "epoch\ttrain_loss\tvalidation_loss\tvalidation_auroc\tlearning_rate\n"


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.tsv"
    path.write_text(
        HEADER + "1\t0.7\t0.6\t0.7\t0.1\n2\t0.5\t0.5\t0.9\t0.1\n3\t0.4\t0.6\t0.8\t0.1\n"
    )
    return path


def test_histories_are_gathered_with_model_and_seed(history: Path) -> None:
    table = training_table([History("expert_Reb1", 0, history), History("moe", 1, history)])
    assert list(table.columns[:3]) == ["model", "seed", "epoch"]
    assert list(table["model"].unique()) == ["expert_Reb1", "moe"]
    assert len(table) == 6


def test_the_dot_is_on_the_best_epoch(history: Path) -> None:
    figure = draw_training(training_table([History("moe", 0, history)])).figure
    loss, auroc = figure.axes
    assert loss.get_title("left") == "mixture"
    dot = next(line for line in auroc.lines if line.get_marker() == ".")
    assert np.asarray(dot.get_xdata()).tolist() == [2]


def test_networks_fill_rows_of_five(history: Path) -> None:
    histories = [History(f"expert_{index}", 0, history) for index in range(7)]
    figure = draw_training(training_table(histories)).figure
    assert sum(axes.get_visible() for axes in figure.axes) == 14
    assert len(figure.axes) == 20


def test_a_history_without_a_column_is_named(tmp_path: Path) -> None:
    path = tmp_path / "history.tsv"
    path.write_text("epoch\ttrain_loss\n1\t0.5\n")
    with pytest.raises(InputError, match="validation_loss, validation_auroc is missing"):
        training_table([History("moe", 0, path)])
