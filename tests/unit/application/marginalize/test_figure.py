from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fixtures.small_model import WORD, SmallModel

from tfmoe.application.marginalize.figure import draw_marginalization, output_paths
from tfmoe.application.marginalize.run import marginalize, model_background, read_motif
from tfmoe.figures.style import figure_style
from tolerance import close


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with figure_style():
        yield


def test_the_curves_are_the_effects_by_position(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    found = marginalize(small_model, query, read_motif(WORD), model_background(small_model, 5), 10)
    effects, kinds = draw_marginalization(found, "Alpha").axes
    labelled = {line.get_label(): line for line in (*effects.lines, *kinds.lines)}
    for label, strand, column in (
        ("as given", "+", "effect"),
        ("reverse complement", "-", "effect"),
        ("matrix", "+", "matrix"),
    ):
        rows = found.table[found.table["strand"] == strand]
        close(labelled[label].get_xdata(), rows["position"])
        close(labelled[label].get_ydata(), rows[column])
    assert {"networks", "gapped k-mers"} <= set(labelled)


def test_one_kind_has_one_panel(small_model: SmallModel) -> None:
    motif, background = read_motif(WORD), model_background(small_model, 5)
    found = marginalize(small_model, small_model.query(), motif, background, 10)
    figure = draw_marginalization(found, "mixture without a factor")
    assert len(figure.axes) == 1
    assert "GATTACA in 5 background sequences" in figure.get_suptitle()


def test_the_paths_begin_with_the_prefix() -> None:
    assert [path.name for path in output_paths(Path("a/b"))] == ["b.tsv", "b.svg", "b.png"]
