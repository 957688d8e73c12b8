"""Panels of attribution: which sequences, which stretch, in which order."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import write_parquet
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.studies.paper import attribution
from tfmoe.studies.paper.attribution import draw_attribution, method_label, read_top_positives

Paths = dict[str, Path]
NAMES = np.array(["p0", "p1", "p2", "v0"])


@pytest.fixture
def scored(tmp_path: Path) -> Path:
    """Write predictions: p1 and p2 score highest on the mean of two seeds; v0 is no test row."""
    rows = [
        ("p0", 1, "test", 1.0, 1.0, 9.0),
        ("p1", 1, "test", 0.0, 5.0, 0.0),
        ("p2", 1, "test", 4.0, 2.0, 0.0),
        ("v0", 1, "validation", 9.0, 9.0, 9.0),
        ("n0", 0, "test", 9.0, 9.0, 9.0),
    ]
    columns = ["name", "label", "split", "moe_seed0", "moe_seed1", "moe_as_published_seed0"]
    write_parquet(pd.DataFrame(rows, columns=columns), tmp_path / "scored.parquet")
    return tmp_path / "scored.parquet"


@pytest.fixture
def maps(tmp_path: Path) -> Paths:
    """Write maps of two methods; all bases of GATTACA, from place 40 of 101, contribute."""
    paths = {}
    for method, scale in (("shiftsmooth_n5", 1.0), ("gradient", 9.0)):
        values = np.zeros((4, 4, 101), dtype=np.float32)
        values[:, :, 40:47] = scale
        codes = encode(["C" * 40 + "GATTACA" + "C" * 54] * 4)
        paths[method] = tmp_path / f"{method}.npz"
        write_maps(AttributionMaps(values, codes, NAMES), paths[method])
    return paths


def test_the_highest_test_positives_are_shown(
    maps: Paths, scored: Path, sets: list[EvaluationSet]
) -> None:
    panels = read_top_positives(maps, scored, sets[0])
    assert [(panel.name, panel.score) for panel in panels] == [("p2", 3.0), ("p1", 2.5)]


def test_methods_show_the_same_stretch_plain_ones_first(
    maps: Paths, scored: Path, sets: list[EvaluationSet]
) -> None:
    panel = read_top_positives(maps, scored, sets[0])[0]
    assert list(panel.logos) == ["gradient", "shiftsmooth_n5"]
    first = {logo.first for logo in panel.logos.values()}
    assert len(first) == 1
    column = 40 - 50 - first.pop()
    heights = panel.logos["gradient"].heights
    assert heights.shape == (4, 41)
    letters = ["ACGT"[heights[:, place].argmax()] for place in range(column, column + 7)]
    assert letters == list("GATTACA")


def test_maps_of_other_sequences_are_refused(
    maps: Paths, scored: Path, sets: list[EvaluationSet]
) -> None:
    values, codes = np.zeros((1, 4, 7), dtype=np.float32), encode(["GATTACA"])
    write_maps(AttributionMaps(values, codes, np.array(["p0"])), maps["gradient"])
    with pytest.raises(InputError, match="attribution/Reb1/moe: the maps contain different"):
        read_top_positives(maps, scored, sets[0])


def test_one_row_per_method_and_one_column_per_sequence(
    maps: Paths, scored: Path, sets: list[EvaluationSet]
) -> None:
    drawing = draw_attribution(read_top_positives(maps, scored, sets[0]))
    titles = [text.get_text() for axes in drawing.figure.axes for text in axes.texts]
    assert titles == ["Reb1: p2 (logit 3.0)", "Reb1: p1 (logit 2.5)"]
    labels = [axes.get_ylabel() for axes in drawing.figure.axes if axes.get_ylabel()]
    assert labels == ["gradient", "ShiftSmooth, n = 5"]
    assert len(drawing.table) == 2 * 2 * 41


def test_with_many_sets_the_first_are_drawn(
    maps: Paths, scored: Path, sets: list[EvaluationSet], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attribution, "MOST_SETS", 1)
    panels = [panel for found in sets for panel in read_top_positives(maps, scored, found)]
    drawing = draw_attribution(panels)
    assert set(drawing.table["experiment"]) == {"Reb1", "Tbf1"}
    titles = [text.get_text() for axes in drawing.figure.axes for text in axes.texts]
    assert all(title.startswith("Reb1") for title in titles)
    assert drawing.figure.texts[-1].get_text().endswith("the first 1 sets")


def test_without_attributed_positives_the_figure_says_so() -> None:
    assert "no test positive" in draw_attribution([]).figure.texts[0].get_text()


def test_method_labels() -> None:
    assert method_label("gradient_corrected") == "gradient,\ncorrected"
    assert method_label("shiftsmooth_n10") == "ShiftSmooth, n = 10"
    assert method_label("ism") == "in-silico\nmutagenesis"
