"""Figure of the tests' false-positive rates."""

from pathlib import Path

import pandas as pd
import pytest
from matplotlib.lines import Line2D

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.evaluation.null import DELONG, PUBLISHED
from tfmoe.evaluation.rejections import MARGIN_TESTS
from tfmoe.evaluation.rejections import TESTS as OVER_SETS
from tfmoe.figures.null_simulation import TESTS, draw_null, draw_null_file
from tfmoe.figures.save import save_figure
from tfmoe.figures.style import figure_style

COLUMNS = ["role", "test", "models_vary", "alpha", "repeats", "false_positive_rate"]


def rates() -> pd.DataFrame:
    """Return rates of two roles and both variations, with a missing and a never rejecting test."""
    rows = [
        (role, test, vary, 0.05, 2000, rate)
        for role in ("in_distribution", "ood")
        for vary in ("alike", "as_found")
        for test, rate in (("f_test", 0.05), ("wilcoxon", None), ("f_test_lower_bound", 0.0))
    ]
    rows += [("all", "anova_as_published", None, 0.05, 2000, 0.9)]
    return pd.DataFrame(rows, columns=COLUMNS)


def drawn(lines: list[Line2D]) -> list[tuple[float, float]]:
    points = [point for line in lines if line.get_marker() == "o" for point in line.get_xydata()]
    return [(float(x), float(y)) for x, y in points]


def test_every_test_has_a_name() -> None:
    assert set(TESTS) == {PUBLISHED, DELONG, *OVER_SETS, *MARGIN_TESTS}


def test_rates_are_in_the_rows_of_their_tests() -> None:
    with figure_style():
        axes = draw_null(rates()).figure.axes[0]
    names = [text.get_text() for text in axes.get_yticklabels()]
    assert names == [TESTS[name] for name in ("anova_as_published", "f_test", "f_test_lower_bound")]
    points = drawn(list(axes.get_lines()))
    assert len(points) == 2 * 2 * 2 + 1
    assert (0.9, 0.0) in points
    assert sorted(y for x, y in points if x == 0.05) == pytest.approx([0.83, 0.83, 1.17, 1.17])
    # the logarithmic axis has no 0
    assert {x for x, _ in points} == {0.9, 0.05, 0.002}
    assert axes.get_xscale() == "log"


def test_runs_that_vary_as_found_have_open_markers() -> None:
    with figure_style():
        lines = draw_null(rates()).figure.axes[0].get_lines()
    faces = {line.get_markerfacecolor() for line in lines if line.get_marker() == "o"}
    assert "white" in faces
    assert len(faces) == 4


def test_without_rates_the_figure_has_the_reason(tmp_path: Path) -> None:
    with figure_style():
        drawing = draw_null(rates().assign(false_positive_rate=None))
        save_figure(drawing.figure, tmp_path / "x.svg")
    assert "nothing could be simulated" in (tmp_path / "x.svg").read_text()


def test_files_are_written(tmp_path: Path) -> None:
    write_tsv(rates(), tmp_path / "rates.tsv")
    draw_null_file(tmp_path / "rates.tsv", tmp_path)
    for suffix in ("svg", "pdf", "png", "tsv"):
        assert (tmp_path / f"null_simulation.{suffix}").stat().st_size > 0
    pd.testing.assert_frame_equal(
        read_tsv(tmp_path / "null_simulation.tsv"), read_tsv(tmp_path / "rates.tsv")
    )
    write_tsv(rates().drop(columns="models_vary"), tmp_path / "rates.tsv")
    with pytest.raises(InputError, match="models_vary"):
        draw_null_file(tmp_path / "rates.tsv", tmp_path)
