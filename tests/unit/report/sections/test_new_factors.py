"""New factors in the report: the figure of few peaks, and the AUROC to expect."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.core.text import MINUS
from tfmoe.evaluation.control_summary import Control
from tfmoe.figures.few_peaks import draw_few_peaks_file
from tfmoe.report.blocks import Paragraph, Picture, Table
from tfmoe.report.run_tables import read_tables
from tfmoe.report.sections.new_factors import (
    CONTROL_LABELS,
    control_blocks,
    expectation_blocks,
    few_peaks_blocks,
)

if TYPE_CHECKING:
    from conftest import FakeRun


@pytest.fixture
def adapted() -> pd.DataFrame:
    """Return metrics of two factors; the rival is better with 10 peaks."""
    aurocs = {"moe_conditioned": 0.7, "moe_adapted_10": 0.72, "gkm_from_scratch_10": 0.73}
    rows = [(factor, model, auroc) for factor in "AB" for model, auroc in aurocs.items()]
    table = pd.DataFrame(rows, columns=["factor", "model", "auroc"])
    table["experiment"] = table["factor"]
    keys: dict[str, Any] = {"role": "adapted", "negatives": "genomic", "subset": "all", "seed": 0}
    return table.assign(**keys, n_pos=50, n_neg=250)


def test_the_caption_has_the_crossover(adapted: pd.DataFrame, tmp_path: Path) -> None:
    write_tsv(adapted, tmp_path / "metrics.tsv")
    draw_few_peaks_file(tmp_path / "metrics.tsv", tmp_path)
    (block,) = few_peaks_blocks(adapted, tmp_path)
    assert isinstance(block, Picture)
    assert block.name == "few_peaks"
    assert "against genomic negatives" in block.caption
    assert "With 10 peaks, a gapped k-mer model trained from scratch first reaches" in block.caption


def test_a_missing_figure_is_named(adapted: pd.DataFrame, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"few_peaks\.svg: the figure does not exist"):
        few_peaks_blocks(adapted, tmp_path)


def test_a_run_without_adapted_models_has_no_figure(simulated_run: FakeRun) -> None:
    tables = read_tables(simulated_run.files)
    assert few_peaks_blocks(tables.adapted, simulated_run.files.figures) == []


def test_the_expected_auroc_is_optional() -> None:
    assert expectation_blocks(None) == []
    note = "only 3 training factors could be left out; at least 5 are needed"
    expected = pd.DataFrame([{"low": None, "note": note}])
    (block,) = expectation_blocks(expected)
    assert isinstance(block, Paragraph)
    assert block.text == f"No AUROC is predicted for a factor without peaks: {note}."


def test_controls_are_a_table_with_sentences() -> None:
    columns = ["control", "subset", "factors", "auroc", "reference", "difference", "low", "high"]
    rows = [
        ("without_kmers", "no_overlap", 5, 0.78, 0.80, -0.02, -0.07, 0.03),
        ("without_bound_negatives", "all", 7, 0.84, 0.83, 0.01, 0.002, 0.018),
    ]
    table, text = control_blocks(pd.DataFrame(rows, columns=columns))
    assert isinstance(table, Table)
    assert [cell.text.replace(MINUS, "-") for cell in table.rows[0]] == [
        *("without k-mers", "without overlap", "5", "0.780", "0.800"),
        "-0.020 (-0.070 to 0.030)",
    ]
    assert isinstance(text, Paragraph)
    assert text.text.startswith("Without negatives that are peaks of other factors")


def test_a_table_without_sentences_has_no_paragraph() -> None:
    row = {"control": "background_vs_shuffle", "subset": "all", "factors": 1, "auroc": 0.4}
    blocks = control_blocks(
        pd.DataFrame([row | dict.fromkeys(("reference", "difference", "low", "high"), 0.1)])
    )
    assert [type(block) for block in blocks] == [Table]


def test_controls_are_optional() -> None:
    assert control_blocks(None) == []
    assert control_blocks(pd.DataFrame()) == []


def test_every_control_has_a_label() -> None:
    assert list(CONTROL_LABELS) == list(Control)
