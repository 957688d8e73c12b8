"""Files of a figure."""

from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from tfmoe.figures.save import FORMATS, Drawing, save_drawing


def drawing() -> Drawing:
    figure = Figure(figsize=(2, 1))
    figure.subplots().plot([0, 1], [0, 1])
    figure.text(0.5, 0.5, "a label")
    return Drawing(figure, pd.DataFrame({"x": [0.5], "y": [None]}))


def test_all_formats_and_the_table_are_written(tmp_path: Path) -> None:
    save_drawing(drawing(), tmp_path, "line")
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["line.pdf", "line.png", "line.svg", "line.tsv"]
    assert (tmp_path / "line.tsv").read_text() == "x\ty\n0.5\t\n"


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    for folder in ("a", "b"):
        save_drawing(drawing(), tmp_path / folder, "line")
    for suffix in FORMATS:
        first, second = (tmp_path / folder / f"line.{suffix}" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes(), suffix


def test_the_last_digits_of_a_layout_do_not_change_the_bytes(tmp_path: Path) -> None:
    for folder, left in (("a", 0.1), ("b", 0.1 + 1e-13)):
        figure = Figure(figsize=(2, 1))
        figure.add_axes((left, 0.1, 0.8, 0.8)).bar([0, 1], [1, 2])
        save_drawing(Drawing(figure, pd.DataFrame({"x": [1]})), tmp_path / folder, "bars")
    for suffix in FORMATS:
        first, second = (tmp_path / folder / f"bars.{suffix}" for folder in ("a", "b"))
        assert first.read_bytes() == second.read_bytes(), suffix


def test_text_stays_text_in_svg(tmp_path: Path) -> None:
    save_drawing(drawing(), tmp_path, "line")
    svg = (tmp_path / "line.svg").read_text()
    assert ">a label</text>" in svg
    assert "<dc:date>" not in svg
