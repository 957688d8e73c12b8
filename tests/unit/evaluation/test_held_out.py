from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.held_out import COLUMNS, held_out_aurocs


def table(peaks: str, logits: list[float], labels: list[int]) -> pd.DataFrame:
    names = [f"{peaks}:{index}" for index in range(len(logits))]
    keys = {"experiment": "A", "draw": 0, "peaks": peaks}
    return pd.DataFrame({"name": names, "label": labels, "logit": logits}).assign(**keys)


def test_each_set_has_its_auroc_with_an_interval(tmp_path: Path) -> None:
    first = table("5", [3, 2, 0, 1, -1, -2], [1, 1, 1, 0, 0, 0])
    perfect = table("all", [3, 2, 1, 0], [1, 1, 0, 0])
    write_tsv(pd.concat([first, perfect]), tmp_path / "a.tsv")
    found = held_out_aurocs([tmp_path / "a.tsv"], 0.05)
    assert list(found) == list(COLUMNS)
    assert found[["peaks", "n_pos", "n_neg"]].to_numpy().tolist() == [["5", 3, 3], ["all", 2, 2]]
    # of nine pairs, one is in the wrong order
    assert found["auroc"].tolist() == pytest.approx([8 / 9, 1])
    low, high = found.loc[0, ["low", "high"]]
    assert 0 < low < 8 / 9 < high < 1
    assert np.isnan(found.loc[1, ["low", "high"]].to_numpy(float)).all()


def test_an_experiment_without_sets_has_no_rows(tmp_path: Path) -> None:
    columns = ["experiment", "draw", "peaks", "name", "label", "logit"]
    write_tsv(pd.DataFrame(columns=columns), tmp_path / "a.tsv")
    assert held_out_aurocs([tmp_path / "a.tsv"], 0.05).empty
    (tmp_path / "b.tsv").write_text("experiment\tdraw\n")
    with pytest.raises(InputError, match=r"b\.tsv"):
        held_out_aurocs([tmp_path / "b.tsv"], 0.05)
