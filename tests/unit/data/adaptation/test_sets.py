from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.unit.data.adaptation.conftest import LENGTH, REGIONS, SETTINGS, intervals, windows

from tfmoe.core.errors import InputError
from tfmoe.core.files import read_parquet, write_parquet
from tfmoe.data.adaptation.negatives import AdaptationSources
from tfmoe.data.adaptation.sets import DrawnSets, draw_sets
from tfmoe.data.adaptation.settings import AdaptationSettings
from tfmoe.data.adaptation.stored_sets import SET_COLUMNS, AdaptationSet, read_sets
from tfmoe.data.datasets import COLUMNS, read_sequences, write_sequences
from tfmoe.data.windows.select import WindowSettings

WINDOWS = WindowSettings(length=LENGTH, flank=6, max_n_share=0.1, max_peaks=None)
SETS = AdaptationSettings(peaks=[10, 30], draws=2, negatives=2, all_peaks=True, max_peaks=None)


def draw(
    sources: AdaptationSources,
    table: pd.DataFrame | None = None,
    settings: AdaptationSettings = SETS,
    seed: int = 7,
    experiment: str = "x",
) -> DrawnSets:
    table = windows() if table is None else table
    return draw_sets(experiment, table, sources, settings, SETTINGS, WINDOWS, seed)


def sets(drawn: DrawnSets, folder: Path) -> dict[tuple[int, int, bool], AdaptationSet]:
    write_sequences(drawn.sequences, folder / "sets.parquet")
    found = read_sets(folder / "sets.parquet")
    return {(one.draw, one.peaks, one.all_peaks): one for one in found}


def places(one: AdaptationSet, label: int) -> set[tuple[str, int]]:
    table = one.sequences.table[one.sequences.table["label"] == label]
    return set(zip(table["chrom"], table["start"], strict=True))


def of_all(drawn: DrawnSets) -> pd.Series:
    """Return the summary of the set of all peaks."""
    return drawn.summary[drawn.summary["all_peaks"]].iloc[0]


def test_sets_and_their_numbers(sources, tmp_path) -> None:
    drawn = draw(sources)
    found = sets(drawn, tmp_path)
    assert list(found) == [
        (0, 10, False), (0, 30, False), (0, 60, True), (1, 10, False), (1, 30, False),
    ]  # fmt: skip
    for (_, peaks, _), one in found.items():
        assert one.sequences.labels.tolist() == [1] * peaks + [0] * (2 * peaks)
    summary = drawn.summary[["draw", "peaks", "all_peaks", "available", "positives", "negatives"]]
    assert summary.to_numpy().tolist() == [
        [0, 10, False, 60, 10, 20],
        [0, 30, False, 60, 30, 60],
        [0, 60, True, 60, 60, 120],
        [1, 10, False, 60, 10, 20],
        [1, 30, False, 60, 30, 60],
    ]
    assert set(drawn.summary["experiment"]) == {"x"}
    assert set(drawn.summary["note"]) == {"-"}
    assert np.allclose(drawn.summary["gc_positives"], drawn.summary["gc_negatives"], atol=0.01)


def test_smaller_sets_are_part_of_the_larger_ones_and_draws_differ(sources, tmp_path) -> None:
    found = sets(draw(sources), tmp_path)
    for number in (0, 1):
        small, large = found[number, 10, False], found[number, 30, False]
        assert places(small, 1) < places(large, 1) < places(found[0, 60, True], 1)
    assert places(found[0, 10, False], 1) != places(found[1, 10, False], 1)
    assert places(found[0, 10, False], 0) != places(found[1, 10, False], 0)


def test_positives_are_no_test_windows_and_sequences_are_named_uniquely(sources) -> None:
    table = draw(sources).sequences.table
    assert set(table["split"]) == {"train", "gate", "validation"}
    assert table["name"].is_unique
    row = table.iloc[0]
    assert row["name"] == f"x:adapt:d0:k10:{row['chrom']}:{row['start']}"
    assert table["name"].str.startswith("x:adapt:d0:all:").sum() == 60 + 120


def test_columns_of_the_file(sources, tmp_path) -> None:
    sets(draw(sources), tmp_path)
    table = read_parquet(tmp_path / "sets.parquet")
    added = table[["draw", "peaks", "all_peaks"]]
    assert [str(kind) for kind in added.dtypes] == ["int64", "int64", "bool"]
    assert [*COLUMNS] == [name for name in table if name in COLUMNS]
    assert len(read_sequences(tmp_path / "sets.parquet")) == len(table) == 3 * (2 * 40 + 60)


def test_the_same_seed_gives_the_same_sets(sources) -> None:
    first, second = draw(sources).sequences, draw(sources).sequences
    assert first.table.equals(second.table)
    assert (first.codes == second.codes).all()
    names = set(first.table["name"])
    assert names != set(draw(sources, seed=8).sequences.table["name"])
    other = draw(sources, experiment="y").sequences.table["name"]
    assert {name.replace("x:", "y:") for name in names} != set(other)


def test_a_set_does_not_depend_on_the_other_sets_asked_for(sources) -> None:
    alone = replace(SETS, peaks=[30], draws=1, all_peaks=False)
    one = draw(sources, settings=alone).sequences.table
    table = draw(sources).sequences.table
    same = table[(table["draw"] == 0) & (table["peaks"] == 30)].reset_index(drop=True)
    assert one.equals(same)


def test_a_set_of_more_peaks_than_there_are_is_left_out_with_a_reason(sources, tmp_path) -> None:
    drawn = draw(sources, windows(6))
    assert list(sets(drawn, tmp_path)) == [(0, 10, False), (0, 18, True), (1, 10, False)]
    assert drawn.summary["positives"].tolist() == [10, 0, 18, 10, 0]
    row = drawn.summary.iloc[1]
    assert (row["peaks"], row["available"]) == (30, 18)
    assert row["note"] == "only 18 peaks lie outside the split test"
    assert np.isnan(row["gc_positives"])


def test_exactly_as_many_peaks_as_asked_for_are_enough(sources, tmp_path) -> None:
    assert (0, 30, False) in sets(draw(sources, windows(10)), tmp_path)


@pytest.mark.parametrize(
    ("table", "available", "found"),
    [
        (windows(4, "a"), 4, "found 4 usable peaks"),
        (windows(9, "d"), 0, "all 9 usable peaks lie in the split test"),
        (pd.concat([windows(4, "b"), windows(9, "d")]), 4, "only 4 of 13 usable peaks"),
    ],
)
def test_an_experiment_with_too_few_peaks_has_no_set(
    sources, tmp_path, caplog, table: pd.DataFrame, available: int, found: str
) -> None:
    drawn = draw(sources, table)
    assert sets(drawn, tmp_path) == {}
    written = read_parquet(tmp_path / "sets.parquet").dtypes
    assert [str(written[name]) for name in SET_COLUMNS] == ["int64", "int64", "bool"]
    assert len(drawn.summary) == 5
    assert set(drawn.summary["available"]) == {available}
    assert drawn.summary["negatives"].sum() == 0
    assert drawn.summary["note"].str.startswith(f"experiment x: {found}").all()
    assert f"experiment x: {found}" in caplog.text


def test_all_peaks_on_request_and_up_to_a_maximum(sources, tmp_path) -> None:
    assert not draw(sources, settings=replace(SETS, all_peaks=False)).summary["all_peaks"].any()
    found = sets(draw(sources, settings=replace(SETS, max_peaks=40)), tmp_path)
    assert places(found[0, 30, False], 1) < places(found[0, 40, True], 1)
    assert (0, 60, True) in sets(draw(sources, settings=replace(SETS, max_peaks=500)), tmp_path)
    # a set of k and a set of all of the same size are two sets
    both = sets(draw(sources, settings=replace(SETS, max_peaks=30)), tmp_path)
    assert places(both[0, 30, False], 1) == places(both[0, 30, True], 1)


def test_positives_that_share_a_31mer_with_a_test_window_are_counted(sources) -> None:
    # windows 0 and 1 of chromosome a are copies of windows 3 and 4 of d, on either strand
    assert of_all(draw(sources))["shared_31mers"] == 2
    fewer = pd.concat([windows(20, "abc"), windows(4, "d")])
    assert of_all(draw(sources, fewer))["shared_31mers"] == 1
    assert of_all(draw(sources, windows(20, "abc")))["shared_31mers"] == 0


def test_positives_that_overlap_training_peaks_are_counted(genome, caplog) -> None:
    some = AdaptationSources(genome, REGIONS, intervals(("b", 240, 1_101)), intervals())
    assert of_all(draw(some))["overlapping_training"] == 2
    assert caplog.text == ""
    own = windows(20, "abc")
    every = AdaptationSources(genome, REGIONS, own, intervals())
    summary = draw(every, own).summary
    assert (summary["overlapping_training"] == summary["positives"]).all()
    assert summary["note"].str.contains("overlap peaks of training experiments").all()
    assert "draw 1, k30: all 30 peaks overlap" in caplog.text


def test_a_file_without_the_columns_of_sets_is_an_error(sources, tmp_path) -> None:
    sets(draw(sources), tmp_path)
    table = read_parquet(tmp_path / "sets.parquet")
    write_parquet(table.drop(columns="draw"), tmp_path / "others.parquet")
    with pytest.raises(InputError, match="draw"):
        read_sets(tmp_path / "others.parquet")
