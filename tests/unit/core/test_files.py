import gzip
import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core import files
from tfmoe.core.errors import InputError


def test_a_link_at_the_temporary_path_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "victim").write_text("precious")
    (tmp_path / f".x.tsv.{os.getpid()}.partial").symlink_to(tmp_path / "victim")
    with files.atomic_path(tmp_path / "x.tsv") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "victim").read_text() == "precious"
    assert (tmp_path / "x.tsv").read_text() == "new"
    assert not (tmp_path / "x.tsv").is_symlink()


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path):
    path = tmp_path / "table.tsv"
    files.write_text("old", path)
    with pytest.raises(RuntimeError), files.atomic_path(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["table.tsv"]


def test_tsv_keeps_numbers_and_a_factor_called_na(tmp_path: Path):
    frame = pd.DataFrame({"factor": ["NA", "CTCF"], "auroc": [0.123456789, np.nan]})
    files.write_tsv(frame, tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == "factor\tauroc\nNA\t0.123456789\nCTCF\t\n"
    pd.testing.assert_frame_equal(files.read_tsv(tmp_path / "t.tsv"), frame)


def test_names_that_look_like_numbers_stay_text(tmp_path: Path):
    (tmp_path / "t.tsv").write_text("experiment\tchrom\tn_pos\n007\t01\t3\n101\t2\t4\n")
    frame = files.read_tsv(tmp_path / "t.tsv")
    assert frame.experiment.tolist() == ["007", "101"]
    assert frame.chrom.tolist() == ["01", "2"]
    assert frame.n_pos.tolist() == [3, 4]


def test_parquet_is_the_same_bytes_twice(tmp_path: Path):
    frame = pd.DataFrame({"name": ["a", "b"], "score": np.float32([0.5, 1.5])})
    for name in ("one", "two"):
        files.write_parquet(frame, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    pd.testing.assert_frame_equal(files.read_parquet(tmp_path / "one"), frame)


@pytest.mark.parametrize("read", [files.read_tsv, files.read_parquet, files.read_json])
def test_a_missing_file_is_named(tmp_path: Path, read):
    with pytest.raises(InputError, match=r"absent.*does not exist"):
        read(tmp_path / "absent")


@pytest.mark.parametrize(
    ("read", "expected"),
    [(files.read_parquet, "incomplete or damaged"), (files.read_json, "not valid JSON")],
)
def test_a_damaged_file_is_named(tmp_path: Path, read, expected):
    (tmp_path / "damaged").write_bytes(gzip.compress(b"PAR1"))
    with pytest.raises(InputError, match=f"damaged: .*{expected}"):
        read(tmp_path / "damaged")


def test_an_empty_table_is_named(tmp_path: Path):
    (tmp_path / "empty.tsv").write_text("")
    with pytest.raises(InputError, match=r"empty\.tsv: the file is empty"):
        files.read_tsv(tmp_path / "empty.tsv")


def test_a_missing_column_is_named(tmp_path: Path):
    files.write_tsv(pd.DataFrame({"name": ["a"]}), tmp_path / "t.tsv")
    with pytest.raises(InputError, match=r"t\.tsv: column score is missing; found name"):
        files.read_tsv(tmp_path / "t.tsv", columns=["name", "score"])


def test_json_has_sorted_keys(tmp_path: Path):
    files.write_json({"b": 1, "a": [2]}, tmp_path / "c.json")
    assert (tmp_path / "c.json").read_text().index('"a"') < 10
    assert files.read_json(tmp_path / "c.json") == {"a": [2], "b": 1}


def test_an_npz_that_is_missing_or_another(tmp_path: Path):
    path = tmp_path / "x.npz"
    with pytest.raises(InputError, match="the file does not exist"), files.open_npz(path, "thing"):
        pass
    np.savez(path, a=np.arange(3))
    with files.open_npz(path, "thing") as content:
        assert content["a"].tolist() == [0, 1, 2]
    with (
        pytest.raises(InputError, match="not a valid thing"),
        files.open_npz(path, "thing") as content,
    ):
        content["b"]
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(InputError, match="not a valid thing"), files.open_npz(path, "thing"):
        pass
