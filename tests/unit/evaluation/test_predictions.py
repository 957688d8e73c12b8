import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_parquet
from tfmoe.evaluation.predictions import Column, parse_column, read_predictions


@pytest.fixture
def table():
    return pd.DataFrame(
        {
            "name": ["a", "b"],
            "label": [1, 0],
            "kind": ["peak", "genomic"],
            "split": ["test", "test"],
            "overlaps_training_peak": [True, False],
            "moe_seed0": np.array([0.5, -1], dtype=np.float32),
            "expert_CTCF_seed_1_seed12": [1.0, 2.0],
            "pwm": [7.0, np.nan],
        }
    )


def test_columns():
    assert parse_column("moe_seed10") == Column("moe", 10)
    assert parse_column("expert_a_seed1_seed2") == Column("expert_a_seed1", 2)
    assert parse_column("pwm") == Column("pwm", None)


def test_read(table, tmp_path):
    write_parquet(table, tmp_path / "x.parquet")
    read = read_predictions(tmp_path / "x.parquet")
    assert read.columns == [
        Column("moe", 0),
        Column("expert_CTCF_seed_1", 12),
        Column("pwm", None),
    ]
    assert read.scores.tolist()[:2] == [[0.5, -1.0], [1.0, 2.0]]
    assert np.isnan(read.scores[2, 1])
    assert read.positive.tolist() == [True, False]
    assert read.overlaps.tolist() == [True, False]


def test_unknown_overlap(table, tmp_path):
    write_parquet(table.drop(columns="overlaps_training_peak"), tmp_path / "x.parquet")
    assert read_predictions(tmp_path / "x.parquet").overlaps is None


def test_coordinates(table, tmp_path):
    located = table.assign(chrom=["chr1", None], start=[100, pd.NA])
    write_parquet(located.astype({"start": "Int64"}), tmp_path / "x.parquet")
    read = read_predictions(tmp_path / "x.parquet")
    assert read.chrom.tolist() == ["chr1", "."]
    assert read.start.tolist() == [100, -1]


def test_unknown_coordinates(table, tmp_path):
    write_parquet(table, tmp_path / "x.parquet")
    read = read_predictions(tmp_path / "x.parquet")
    assert (read.chrom.tolist(), read.start.tolist()) == ([".", "."], [-1, -1])


def test_missing_column(table, tmp_path):
    write_parquet(table.drop(columns="split"), tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x\.parquet: column split is missing; found name, label"):
        read_predictions(tmp_path / "x.parquet")


def test_column_of_text(table, tmp_path):
    write_parquet(table.assign(remark="good"), tmp_path / "x.parquet")
    with pytest.raises(InputError, match=r"x\.parquet: column remark is not numeric"):
        read_predictions(tmp_path / "x.parquet")


def test_invalid_label(table, tmp_path):
    write_parquet(table.assign(label=[1, 2]), tmp_path / "x.parquet")
    with pytest.raises(InputError, match="column label contains 2, expected 0 or 1"):
        read_predictions(tmp_path / "x.parquet")


def test_missing_and_damaged_file(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_predictions(tmp_path / "x.parquet")
    (tmp_path / "x.parquet").write_bytes(b"PAR1 cut off")
    with pytest.raises(InputError, match="Parquet file is incomplete"):
        read_predictions(tmp_path / "x.parquet")
