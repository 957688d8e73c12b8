import gzip
import io
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from tfmoe.application.predict import table_output
from tfmoe.application.predict.table_output import check_suffix, write_parts
from tfmoe.core.errors import InputError

PARTS = [
    pd.DataFrame(
        {
            "name": ["a", '"b"'],
            "start": pd.array([1, None], dtype="Int64"),
            "logit": np.array([0.1, np.nan], dtype=np.float32),
            "tiles": [1, 0],
        }
    ),
    pd.DataFrame(
        {
            "name": ["c"],
            "start": pd.array([-3], dtype="Int64"),
            "logit": np.array([-1e-9], dtype=np.float32),
            "tiles": [12],
        }
    ),
]
TEXT = 'name\tstart\tlogit\ttiles\na\t1\t0.1\t1\n"b"\t\t\t0\nc\t-3\t-1e-9\t12\n'


def write(path: Path | str) -> None:
    with write_parts(path) as write_part:
        for part in PARTS:
            write_part(part)


def test_tsv(tmp_path: Path) -> None:
    write(tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_text() == TEXT
    found = pd.read_csv(tmp_path / "t.tsv", sep="\t", dtype={"logit": np.float32}, quoting=3)
    assert found["logit"][2] == PARTS[1]["logit"][0]


def test_packed_tsv_has_no_time(tmp_path: Path) -> None:
    write(tmp_path / "t.tsv.gz")
    packed = (tmp_path / "t.tsv.gz").read_bytes()
    assert gzip.decompress(packed).decode() == TEXT
    assert packed[3:8] == bytes(5)


@pytest.mark.parametrize("row_group", [1, 100])
def test_parquet(tmp_path: Path, row_group: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table_output, "_ROW_GROUP", row_group)
    write(tmp_path / "t.parquet")
    pd.testing.assert_frame_equal(
        pd.read_parquet(tmp_path / "t.parquet"), pd.concat(PARTS, ignore_index=True)
    )
    groups = pq.ParquetFile(tmp_path / "t.parquet").metadata.num_row_groups
    assert groups == (2 if row_group == 1 else 1)


def test_standard_output_gets_each_part_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    monkeypatch.setattr("sys.stdout", SimpleNamespace(buffer=buffer, flush=lambda: None))
    with write_parts("-") as write_part:
        write_part(PARTS[0])
        assert buffer.getvalue().decode() == "".join(TEXT.splitlines(keepends=True)[:3])
        write_part(PARTS[1])
    assert buffer.getvalue().decode() == TEXT


@pytest.mark.parametrize("name", ["t.tsv", "t.tsv.gz", "t.parquet"])
@pytest.mark.parametrize("error", [InputError, KeyboardInterrupt])
def test_a_failed_write_leaves_the_old_file_and_no_other(
    tmp_path: Path, name: str, error: type[BaseException]
) -> None:
    path = tmp_path / name
    path.write_text("old")
    with pytest.raises(error), write_parts(path) as write_part:
        write_part(PARTS[0])
        raise error
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == [name]


def test_other_suffixes() -> None:
    check_suffix("-")
    with pytest.raises(InputError) as error:
        check_suffix("x.csv")
    assert str(error.value) == (
        "x.csv: expected an output whose name ends in .tsv, .txt, .tsv.gz, .txt.gz, .parquet, or "
        "- for standard output"
    )
