"""Figures of the audit: content, limits, and empty tables."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.sets import EvaluationSet, most_extreme
from tfmoe.figures.audit import composition, homology, overlaps
from tfmoe.figures.audit.composition import distance, draw_composition
from tfmoe.figures.audit.detectability import draw_detectability
from tfmoe.figures.audit.draw import FIGURES, draw_audit
from tfmoe.figures.audit.homology import draw_homology
from tfmoe.figures.audit.overlaps import draw_overlaps

Sets = list[EvaluationSet]


def frame(columns: list[str], *rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture
def overlap() -> pd.DataFrame:
    return frame(
        overlaps.COLUMNS,
        ("Reb1", "any", 10, 0, 0.0, "coordinates"),
        ("Tbf1", "Reb1", 10, 4, 0.4, "coordinates"),
        ("Tbf1", "any", 10, 4, 0.4, "coordinates"),
    )


@pytest.fixture
def shared() -> pd.DataFrame:
    return frame(
        homology.COLUMNS,
        ("Reb1", "Reb1", 20, 0.05, 0.0),
        ("Reb1", "any", 20, 0.1, 0.02),
        ("Tbf1", "any", 1000, 0.2, 0.15),
    )


@pytest.fixture
def detectability() -> pd.DataFrame:
    columns = ["experiment", "first", "second", "features", "auroc", "n_first", "n_second"]
    return frame(
        columns,
        ("Reb1", "genomic", "dinucleotide", "4-mers", 0.7, 50, 50),
        ("Reb1", "positives", "dinucleotide", "composition", 0.5, 50, 50),
        ("Reb1", "positives", "genomic", "composition", 0.6, 50, 50),
        ("Tbf1", "positives", "genomic", "composition", 0.8, 50, 50),
        ("Tbf1", "positives", "neighbour", "composition", None, 5, 5),
    )


def histograms(*measures: str) -> pd.DataFrame:
    rows = []
    for name, what, number, shares in (
        ("Reb1", "positives", 1200, [0.5, 0.5]),
        ("Reb1", "genomic", 6000, [0.75, 0.25]),
        ("Tbf1", "positives", 40, [0.0, 1.0]),
        ("Tbf1", "genomic", 200, [0.0, 1.0]),
        ("-", "unmatched genome", 20000, [1.0, 0.0]),
    ):
        for measure in measures:
            keys = name, what, measure, number
            rows += [(*keys, place / 2, share) for place, share in enumerate(shares)]
    return frame(composition.COLUMNS, *rows)


def words(found: Figure | Axes) -> str:
    texts = [text.get_text() for text in found.texts]
    return "\n".join(texts)


def test_overlaps_are_written_into_the_map(overlap: pd.DataFrame, sets: Sets) -> None:
    figure = draw_overlaps(overlap, sets).figure
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["any of them", "Reb1"]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == ["Reb1 (n = 10)", "Tbf1 (n = 10)"]
    # a set is not compared with its own factor, so that one of four fields is empty
    assert sorted(words(axes).splitlines())[:3] == [".00", ".40", ".40"]
    assert words(figure) == "Grey: the set's own training set, which is not compared."
    unseen = draw_overlaps(overlap[overlap["experiment"] == "Tbf1"], sets).figure
    assert words(unseen) == ""


def test_too_many_sets_are_left_out_with_a_note(
    overlap: pd.DataFrame, shared: pd.DataFrame, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlaps, "MOST_ROWS", 1)
    monkeypatch.setattr(homology, "MOST_ROWS", 1)
    for drawing in (draw_overlaps(overlap, sets), draw_homology(shared, sets)):
        assert "1 of 2 sets" in words(drawing.figure)
        labels = [label.get_text() for label in drawing.figure.axes[0].get_yticklabels()]
        assert [name.removesuffix(" (n = 10)") for name in labels] == ["Tbf1"]
        assert drawing.table["experiment"].nunique() == 2


def test_too_many_training_sets(
    overlap: pd.DataFrame, sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overlaps, "MOST_COLUMNS", 0)
    figure = draw_overlaps(overlap, sets).figure
    assert "0 of 1 training sets" in words(figure)
    assert [label.get_text() for label in figure.axes[0].get_xticklabels()] == ["any of them"]


def test_bars_are_shares_of_any_training_set(shared: pd.DataFrame, sets: Sets) -> None:
    first, second = draw_homology(shared, sets).figure.axes
    widths = [patch.get_width() for patch in first.patches]  # type: ignore[attr-defined]
    assert widths == pytest.approx([0.1, 0.02])
    assert [line.get_xdata()[0] for line in first.lines] == [0.05]  # type: ignore[index]
    assert not second.lines
    assert words(second) == "test\npositives\n1,000"
    assert second.get_xlim() == (0, pytest.approx(0.22))


def test_pairs_are_ordered_and_the_farthest_set_has_its_name(
    detectability: pd.DataFrame, sets: Sets
) -> None:
    positives, kinds = draw_detectability(detectability, sets).figure.axes
    assert [label.get_text() for label in positives.get_yticklabels()] == [
        "genomic negatives\nn = 2 sets",
        "dinucleotide shuffles\nn = 1 sets",
    ]
    assert [label.get_text() for label in kinds.get_yticklabels()] == [
        "genomic negatives\nagainst dinucleotide shuffles\nn = 1 sets"
    ]
    assert words(positives) == "Tbf1"
    medians = [line.get_xdata() for line in positives.lines if line.get_marker() == "o"]
    assert [float(values[0]) for values in medians] == pytest.approx([0.7, 0.5])  # type: ignore[index]


@pytest.mark.parametrize(("auroc", "fits"), [(0.9, True), (0.97, False)])
def test_a_name_at_the_end_of_the_axis_is_above_its_dot(
    detectability: pd.DataFrame, sets: Sets, auroc: float, fits: bool
) -> None:
    farthest = detectability["experiment"] == "Tbf1"
    table = detectability.assign(auroc=detectability["auroc"].mask(farthest, auroc))
    figure = draw_detectability(table[table["second"] == "genomic"], sets).figure
    figure.draw_without_rendering()
    axes = figure.axes[0]
    (name,) = axes.texts
    assert name.get_horizontalalignment() == ("left" if fits else "right")
    box = name.get_window_extent()
    assert box.x1 < axes.get_window_extent().x1
    dots = axes.transData.transform((auroc, -0.2))
    assert box.y0 > dots[1] + 2 or box.x0 > dots[0] + 2


def test_distributions_are_drawn_over_those_of_the_genome(sets: Sets) -> None:
    figure = draw_composition(histograms("gc", "repeats"), sets).figure
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Reb1", "", "Tbf1", ""]
    assert len(figure.axes[0].patches) == 3
    assert "its own scale" in words(figure)
    assert [words(axes) for axes in figure.axes] == ["n = 1,200 / 6,000", "", "n = 40 / 200", ""]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == [
        "positives",
        "genomic negatives",
        "windows anywhere in the genome (n = 20,000)",
    ]


def test_a_set_without_a_kind_of_negatives_has_no_number_of_them(sets: Sets) -> None:
    more = [("Reb1", "neighbour", "gc", 300, place / 2, 0.5) for place in range(2)]
    table = pd.concat([histograms("gc"), frame(composition.COLUMNS, *more)])
    figure = draw_composition(table, sets).figure
    assert [words(axes) for axes in figure.axes] == [
        "n = 1,200 / 6,000 / 300",
        "n = 40 / 200 / \u2013",
    ]


def test_without_lower_case_the_figure_has_a_note(
    sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(composition, "MOST_SETS", 1)
    figure = draw_composition(histograms("gc"), sets).figure
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Reb1"]
    *_, first, second = words(figure).splitlines()
    assert "1 of 2 sets" in first and "distances" in first
    assert "repeats" in second


def test_shuffles_which_are_not_drawn_choose_no_set(
    sets: Sets, monkeypatch: pytest.MonkeyPatch
) -> None:
    # shuffles of the train split are not stored, so all positives differ from the stored ones
    shuffles = [("Tbf1", "dinucleotide", "gc", 40, place / 2, 1.0 - place) for place in range(2)]
    table = pd.concat([histograms("gc"), frame(composition.COLUMNS, *shuffles)])
    monkeypatch.setattr(composition, "MOST_SETS", 1)
    figure = draw_composition(table, sets).figure
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["Reb1"]


def test_distance_of_histograms() -> None:
    first, second = pd.Series([0.5, 0.5, 0.0]), pd.Series([0.25, 0.25, 0.5])
    assert distance(first, second) == pytest.approx(0.5)


@pytest.mark.parametrize("name", list(FIGURES))
def test_an_empty_table_has_a_figure_with_the_reason(name: str, sets: Sets) -> None:
    draw, columns = FIGURES[name]
    drawing = draw(frame(list(columns)), sets)
    assert words(drawing.figure).startswith("no set has")


def test_the_most_extreme_keep_their_order(sets: Sets) -> None:
    values = pd.Series({"Reb1": 0.1, "Tbf1": 0.9})
    assert most_extreme(sets, values, 2) == (sets, "")
    kept, note = most_extreme(sets, values, 1)
    assert [found.experiment for found in kept] == ["Tbf1"]
    assert "1 of 2 sets" in note


def test_all_figures_of_a_run(
    overlap: pd.DataFrame,
    shared: pd.DataFrame,
    detectability: pd.DataFrame,
    sets: Sets,
    tmp_path: Path,
) -> None:
    tables = {
        "overlaps": overlap,
        "homology": shared,
        "detectability": detectability,
        "composition": histograms("gc", "repeats"),
    }
    paths = {name: tmp_path / f"{name}.tsv" for name in tables}
    for name, table in tables.items():
        write_tsv(table, paths[name])
    draw_audit(paths, sets, tmp_path / "figures")
    for name in tables:
        for suffix in ("svg", "pdf", "png", "tsv"):
            assert (tmp_path / "figures" / f"audit_{name}.{suffix}").stat().st_size > 0
    write_tsv(shared.drop(columns="near_identical"), paths["homology"])
    with pytest.raises(InputError, match=r"homology\.tsv: column near_identical is missing"):
        draw_audit(paths, sets, tmp_path / "figures")
