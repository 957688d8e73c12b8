"""Tables of AUROCs and matrices."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from tfmoe.report.headline import score_run
from tfmoe.report.run_tables import read_tables
from tfmoe.report.sections.evaluation import matrices_table, per_set_table

if TYPE_CHECKING:
    from conftest import FakeRun


def test_other_experts_are_of_this_recipe_and_of_any_backbone(simulated_run: FakeRun) -> None:
    tables = read_tables(simulated_run.files)
    rows, name = tables.metrics, simulated_run.run.sets[0].experiment
    own = rows[(rows["experiment"] == name) & (rows["model"] == f"expert_{name}")]
    further = own.assign(model=f"expert_{name}_legnet", auroc=0.999)
    beside = own.assign(model=f"as_published_expert_{name}", auroc=0.001)
    metrics = pd.concat([rows, further, beside], ignore_index=True)
    scores = score_run(replace(tables, metrics=metrics), simulated_run.run)
    table = per_set_table(scores, simulated_run.run)
    assert table.header[-1] == "other experts"
    cells = next(row for row in table.rows if row[0].text.startswith(name))
    lowest, _, highest = cells[-1].text.partition(" to ")
    assert float(lowest) > 0.5
    assert highest == "0.999"


def test_a_matrix_of_unstated_data_is_of_no_known_kind(simulated_run: FakeRun) -> None:
    matrices, run = read_tables(simulated_run.files).matrices, simulated_run.run
    name = run.sets[0].experiment
    unknown = matrices["experiment"] == name
    matrices = matrices.assign(
        data_type=matrices["data_type"].mask(unknown, "not stated"),
        independent=matrices["independent"].mask(unknown, False),
    )
    table = matrices_table(matrices, run)
    cells = next(row for row in table.rows if row[0].text.startswith(name))
    assert [cell.text for cell in cells[2:4]] == ["not stated", "not stated"]
