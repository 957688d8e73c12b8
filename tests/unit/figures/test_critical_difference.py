"""Figure of the average ranks."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv, write_tsv
from tfmoe.figures.critical_difference import (
    NOTHING,
    draw_critical_difference,
    draw_critical_difference_files,
    rank_table,
)

HEAD = {"role": "ood", "negatives": "genomic", "subset": "all", "stratum": "all"}
HEAD["peaks"] = "-"
# Demsar (2006), figure 1a: four algorithms on fourteen sets, a critical difference of 1.25
RANKS = {"moe": 1.964, "pooled": 2.000, "expert_A": 2.893, "expert_B": 3.143}


@pytest.fixture
def tables():
    rows = [
        HEAD | {"sets": 14, "model": model, "average_rank": rank} for model, rank in RANKS.items()
    ]
    return pd.DataFrame(rows), pd.DataFrame([HEAD | {"p": 0.03, "critical_difference": 1.25}])


def test_only_the_primary_sets_as_a_whole(tables):
    ranks, friedman = tables
    others = [{"stratum": "cross_family"}, {"subset": "no_overlap"}, {"negatives": "neighbour"}]
    others.append({"role": "adapted", "peaks": "10"})
    more = [pd.concat([table, *(table.assign(**other) for other in others)]) for table in tables]
    pd.testing.assert_frame_equal(rank_table(*more), rank_table(ranks, friedman))
    assert rank_table(ranks, friedman)["critical_difference"].tolist() == [1.25] * 4


def test_sets_with_a_matrix_come_first(tables):
    more = [pd.concat([table, table.assign(stratum="with_matrix")]) for table in tables]
    more[0] = more[0].assign(sets=[14] * 4 + [12] * 4)
    more[1] = more[1].assign(critical_difference=1.0)
    table = rank_table(*more)
    assert table["sets"].tolist() == [12] * 4
    drawing = draw_critical_difference(table)
    title = drawing.figure.axes[0].get_title(loc="left")
    assert title.startswith("OOD, 12 sets with a matrix: critical difference 1.00")


def bars(axes):
    """Return the ends of the thick horizontal lines."""
    lines = [line for line in axes.lines if line.get_linewidth() > 2]
    return sorted((min(line.get_xdata()), max(line.get_xdata())) for line in lines)


def test_bars_join_what_differs_by_less(tables):
    ranks, friedman = tables
    drawing = draw_critical_difference(rank_table(ranks, friedman.assign(critical_difference=1.0)))
    (axes,) = drawing.figure.axes
    # 1.964 and 2 differ from 3.143 by more than 1, and 2.893 differs from none
    assert bars(axes) == [(1.964, 2.893), (2.893, 3.143)]
    assert "14 sets: critical difference 1.00 ranks" in axes.get_title(loc="left")


def test_ranks_that_differ_by_less_than_the_critical_difference_are_a_sentence(tables):
    # all four are within 1.25 of each other, as in Demsar's figure
    drawing = draw_critical_difference(rank_table(*tables))
    assert not drawing.figure.axes
    sentence = drawing.figure.texts[0].get_text()
    assert "On 14 sets, the average ranks of 4 models differ by at most 1.2." in sentence
    assert "Only a difference of 1.2 ranks" in sentence
    assert len(drawing.table) == 4


def test_the_lines_of_equal_ranks_are_apart(tables):
    ranks, friedman = tables
    ranks["average_rank"] = [1.0, 2.0, 4.0, 4.0]
    table = rank_table(ranks, friedman.assign(critical_difference=1.5))
    (axes,) = draw_critical_difference(table).figure.axes
    lines = [line.get_xydata() for line in axes.lines if line.get_linewidth() == 0.8]
    # vertical parts; 0.012 of the range of 3 ranks is between the two lines of rank 4
    assert sorted(points[-1][0] for points in lines) == pytest.approx([1, 2, 3.982, 4.018])
    assert all(points[-1][0] == points[-2][0] for points in lines)
    # the deeper line of two on the right is on the left, so that they do not cross
    depths = {points[0][1]: points[-1][0] for points in lines if points[-1][0] > 3}
    assert depths[min(depths)] < depths[max(depths)]


def test_a_role_in_which_no_two_models_differ_is_named(tables):
    ranks, friedman = tables
    both = [
        pd.concat([ranks, ranks.assign(role="in_distribution")]),
        pd.concat(
            [friedman.assign(critical_difference=1.0), friedman.assign(role="in_distribution")]
        ),
    ]
    figure = draw_critical_difference(rank_table(*both)).figure
    assert len(figure.axes) == 1
    assert "no two models differ significantly in rank: in-distribution" in (
        figure.texts[-1].get_text()
    )


def test_nothing_to_draw(tables):
    ranks, friedman = tables
    table = rank_table(ranks, friedman.assign(critical_difference=np.nan))
    drawing = draw_critical_difference(table)
    assert drawing.table.empty
    assert drawing.figure.texts[0].get_text() == NOTHING


def test_files(tables, tmp_path):
    paths = tmp_path / "ranks.tsv", tmp_path / "friedman.tsv"
    for table, path in zip(tables, paths, strict=True):
        write_tsv(table, path)
    draw_critical_difference_files(*paths, tmp_path)
    written = read_tsv(tmp_path / "critical_difference.tsv")
    assert written["average_rank"].tolist() == list(RANKS.values())
    assert (tmp_path / "critical_difference.svg").stat().st_size > 1000
    with pytest.raises(InputError, match="critical_difference"):
        draw_critical_difference_files(paths[0], paths[0], tmp_path)


def test_the_points_of_a_bar_do_not_come_in_the_order_of_a_set(tables):
    ranks, friedman = tables
    table = rank_table(ranks, friedman.assign(critical_difference=1.0))
    (axes,) = draw_critical_difference(table).figure.axes
    drawn = [list(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 2.2]
    assert drawn
    assert all(points == sorted(points) for points in drawn)
