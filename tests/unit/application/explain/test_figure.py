from collections.abc import Iterator

import numpy as np
import pytest
from matplotlib.figure import Figure
from tests.fixtures.small_model import WINDOW, WORD, SmallModel

from tfmoe.application.explain.figure import draw_explanation
from tfmoe.application.explain.motif_hits import JASPAR, OWN, MotifHit
from tfmoe.application.explain.run import explain
from tfmoe.application.reading.stretches import Stretch, sequence_stretch
from tfmoe.figures.style import figure_style
from tolerance import close

SEQUENCE = "CCTAGGCCTAGG" + WORD + "AAGTCAAGTCA"


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    with figure_style():
        yield


def on_chromosome(first: int, strand: str) -> Stretch:
    given = sequence_stretch(SEQUENCE, WINDOW, 0, strand)
    return Stretch("chr2", given.codes, 0, first, 10_000_000, strand, True)


def hit(start: int, end: int, source: str, forward: bool = True) -> MotifHit:
    return MotifHit("MA0001.1", "Alpha", start, end, forward, 13.6, 6.1e-5, 4.0, source)


def drawn(model: SmallModel, strand: str = "+", factor: str | None = "Alpha") -> Figure:
    found = explain(model, model.query(factor), on_chromosome(1_234_560, strand))
    return draw_explanation(found, [hit(12, 19, OWN), hit(12, 22, JASPAR, False)], "Alpha")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_the_axis_has_positions_on_the_genome(small_model: SmallModel, strand: str) -> None:
    logo, _, strips, *_ = drawn(small_model, strand).axes
    labels = [text.get_text() for text in strips.get_xticklabels()]
    places = strips.get_xticks().tolist()
    # the first base of the window is 1,234,561 on the forward strand
    if strand == "+":
        assert labels[:2] == ["1,234,565", "1,234,570"]
        assert places[:2] == [4, 9]
    else:
        assert labels[:2] == ["1,234,590", "1,234,585"]
        assert places[:2] == [0, 5]
    sign = {"+": "+", "-": "\u2212"}[strand]
    assert f"chr2:1,234,561\u20131,234,590 ({sign})" in logo.get_title(loc="left")
    assert f"position on chr2 (bp), {sign} strand" in strips.get_xlabel()
    assert logo.get_xlim() == strips.get_xlim() == (-0.6, WINDOW - 0.4)


def test_bars_are_the_contributions_of_the_members(small_model: SmallModel) -> None:
    figure = drawn(small_model)
    found = explain(small_model, small_model.query("Alpha"), on_chromosome(0, "+"))
    logo, marks, strips, members, gates = figure.axes
    widths = [bar.get_width() for bar in members.patches]
    close(widths, found.members["contribution"])
    labels = [text.get_text() for text in members.get_yticklabels()]
    assert labels[0] == "networks (weight 0.17)"
    assert labels[-2:] == ["constant", "logit"]
    close([bar.get_width() for bar in gates.patches], found.gates["weight"])
    assert [text.get_text() for text in strips.get_yticklabels()] == [
        "networks", "gapped k-mers", "matrix"
    ]  # fmt: skip
    (mesh,) = strips.collections
    values = np.asarray(mesh.get_array())
    close(values[0], found.observed(next(iter(found.maps.values()))))
    assert "logit" in logo.get_title(loc="left")
    assert [text.get_text() for text in marks.get_yticklabels()] == ["own matrix (p)", "JASPAR (p)"]


def test_arrows_show_the_strand_of_hits(small_model: SmallModel) -> None:
    marks = drawn(small_model).axes[1]
    texts = [text.get_text() for text in marks.texts if text.get_text()]
    assert texts == ["\u2192 Alpha 6e-05", "\u2190 Alpha 6e-05"]
    arrows = [text for text in marks.texts if not text.get_text()]
    assert [(arrow.xyann[0], arrow.xy[0]) for arrow in arrows] == [(11.5, 18.5), (21.5, 11.5)]


def test_hits_and_names_that_would_overlap_have_lanes_of_their_own(
    small_model: SmallModel,
) -> None:
    found = explain(small_model, small_model.query("Alpha"), on_chromosome(0, "+"))
    hits = [hit(0, 2, JASPAR), hit(2, 4, JASPAR), hit(20, 22, JASPAR)]
    marks = draw_explanation(found, hits, "Alpha").axes[1]
    assert marks.get_ylim() == (2, 0)
    assert draw_explanation(found, [], "Alpha").axes[1].texts[0].get_text().startswith("no motif")


def test_without_a_factor_there_are_no_panels_of_kinds(small_model: SmallModel) -> None:
    figure = drawn(small_model, factor=None)
    assert len(figure.axes) == 4
    assert figure.axes[3].get_title(loc="left") == "gate weights of the networks"
