"""Damaged sequence tables, checkpoints and folders of results give one message."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from safetensors.torch import load_file, save_file

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.core.files import read_json, read_parquet, read_tsv, write_json
from tfmoe.data.datasets import read_sequences
from tfmoe.data.reading.same_content import same_content_faults
from tfmoe.data.reading.sources import InputFile, fetch_file, file_checksum
from tfmoe.models.checkpoints import CONFIG, WEIGHTS, ExpertConfig, build_expert, save_expert
from tfmoe.models.checkpoints import load_expert as load
from tfmoe.workflow import writable
from tfmoe.workflow.snakefile import check_config_files

ROWS: dict[str, list[Any]] = {
    "name": ["x:peak:I:10", "x:genomic:I:50"],
    "chrom": ["I", "I"],
    "start": [10, 50],
    "end": [13, 53],
    "strand": ["+", "."],
    "label": [1, 0],
    "kind": ["peak", "genomic"],
    "parent": [None, None],
    "split": ["train", "test"],
    "repeat_share": [0.5, np.nan],
    "rank": [1, -1],
    "sequence": ["CGT", "TTT"],
    "left_flank": ["A", "T"],
    "right_flank": ["N", "T"],
}


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        ("label", [1, 7], "column label: found 7, expected only 0, 1"),
        ("label", [1.0, np.nan], "column label: found nan, expected only 0, 1"),
        ("label", ["1", "0"], "column label: found 1, 0, expected only 0, 1"),
        ("split", ["train", "holdout"], "column split: found holdout, expected only train, gate"),
        ("split", ["train", None], "column split: found nan, expected only train, gate"),
        ("kind", ["peak", "random"], "column kind: found random, expected only peak, genomic"),
        ("start", [10, np.nan], "column start has empty cells"),
        ("name", ["x", None], "column name has empty cells"),
        ("sequence", ["CGT", None], "column sequence has empty cells"),
        ("sequence", [3, 4], "column sequence is not text"),
        ("sequence", ["CGT", "TT"], "x.parquet: "),
    ],
)
def test_a_table_of_sequences(column: str, values: list[Any], message: str, tmp_path: Path):
    path = tmp_path / "x.parquet"
    pd.DataFrame(ROWS).to_parquet(path)
    assert len(read_sequences(path, need_rows=True)) == 2
    pd.DataFrame(ROWS | {column: values}).to_parquet(path)
    with pytest.raises(InputError) as error:
        read_sequences(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)


def test_a_table_without_rows(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pd.DataFrame(ROWS).head(0).to_parquet(path)
    with pytest.raises(InputError, match=r"x\.parquet: the file has no sequences; remove it"):
        read_sequences(path, need_rows=True)


@pytest.mark.parametrize(
    ("read", "content", "message"),
    [
        (read_json, b"{", "not valid JSON"),
        (read_json, b'{"a": ' + b"8" * 5000 + b"}", "not valid JSON"),
        (read_json, b"[" * 100_000, "not valid JSON"),
        (read_json, b"\xff\xfe{}", "not valid JSON"),
        (read_tsv, b"", "the file is empty"),
        (read_tsv, b"a\tb\n1\t2\t3\n1\t2\n4\t5\t6\t7\n", "the table cannot be read"),
        (read_tsv, b"a\tb\nM\xfcller\t2\n", "the table cannot be read"),
        (read_parquet, b"PAR1PAR1", "incomplete or damaged"),
        (read_parquet, b"name\tx\n", "incomplete or damaged"),
    ],
)
def test_other_damaged_files(
    read: Callable[[Path], object], content: bytes, message: str, tmp_path: Path
):
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert message in str(error.value)
    with pytest.raises(InputError):
        read(tmp_path)


@pytest.fixture
def expert(tmp_path: Path) -> Path:
    """Write a small expert and return its folder."""
    config = ExpertConfig(
        name="x", experiments=["x"], factors=["F"], seed=0, recipe="tfmoe", backbone="convnet",
        hyperparameters={"filters": 2, "kernel_width": 4, "pool": "max"}, embedding=3, dropout=0.1,
        window=12, averages_strands=True, training={}, versions={"torch": "2"},
    )  # fmt: skip
    save_expert(build_expert(config), config, tmp_path / "expert")
    return tmp_path / "expert"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"window": "12"}, "window: found '12', expected int"),
        ({"window": 12.5}, "window: found 12.5, expected int"),
        ({"window": -4}, "window: found -4, expected at least 1"),
        ({"embedding": None}, "embedding: found None, expected int"),
        ({"dropout": float("nan")}, "dropout: found nan, expected float"),
        ({"dropout": 7}, "no network can be built from it"),
        ({"averages_strands": 1}, "averages_strands: found 1, expected bool"),
        ({"hyperparameters": []}, "hyperparameters: found []"),
        ({"hyperparameters": {"filters": "many"}}, "no network can be built from it"),
        ({"backbone": "absent"}, "'absent' is not a backbone"),
        ({"experiments": "x"}, "experiments: found 'x', expected list[str]"),
        ({"seed": 10**30}, "seed: found 1000"),
    ],
)
def test_the_config_of_a_checkpoint(change: dict[str, Any], message: str, expert: Path):
    write_json(read_json(expert / CONFIG) | change, expert / CONFIG)
    with pytest.raises(InputError) as error:
        load(expert)
    assert str(error.value).startswith(f"{expert / CONFIG}: ")
    assert message in str(error.value)
    assert "remove its folder and run again" in str(error.value)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_finite(value: float, expert: Path):
    weights = load_file(expert / WEIGHTS)
    name = next(name for name, tensor in weights.items() if tensor.is_floating_point())
    weights[name] = torch.full_like(weights[name], value)
    save_file(weights, expert / WEIGHTS)
    with pytest.raises(InputError, match=f"found weights in {name} that are not finite"):
        load(expert)


@pytest.mark.parametrize(
    ("name", "stored"),
    [("a[1].bed", "a[1].bed"), ("a*?.bed", "a*?.bed"), ("a%7Bx%7D.bed", "a{x}.bed")],
)
def test_a_file_of_the_mirror_whose_name_looks_like_a_pattern(
    name: str, stored: str, tmp_path: Path
):
    (tmp_path / "mirror/deep").mkdir(parents=True)
    found = tmp_path / "mirror/deep" / stored
    found.write_text("chr1\t1\t2\n")
    got = tmp_path / "got" / name
    url = f"https://127.0.0.1:9/{name.replace('?', '%3F')}"
    fetch_file(url, file_checksum(found), got, tmp_path / "partial", tmp_path / "mirror", 1)
    assert got.read_text() == "chr1\t1\t2\n"


def test_equal_peak_files_of_two_factors(tmp_path: Path):
    for name, text in (("a", "chr1\t1\t2\n"), ("b", "chr1\t1\t2\n"), ("c", "chr1\t1\t3\n")):
        (tmp_path / name).write_text(text)
    rows = {
        name: Experiment(name, factor, "x", "train", "-", "-", name, "-")
        for name, factor in (("A", "GATA3"), ("B", "FOS"), ("C", "JUN"), ("D", "gata3"))
    }
    paths = {"A": "a", "B": "b", "C": "c", "D": "a"}
    files = {name: [InputFile(str(tmp_path / path), None)] for name, path in paths.items()}
    assert same_content_faults(rows, {name: files[name] for name in "ACD"}) == []
    (fault,) = same_content_faults(rows, {name: files[name] for name in "ABC"})
    assert fault.startswith(f"experiments A and B: {tmp_path}/a and {tmp_path}/b have the same")


def test_folders_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    results = tmp_path / "results/test"
    writable.check_writable([results])
    (results / "regions").mkdir(parents=True)
    writable.check_writable([results])
    for locked in (results, results / "regions"):
        monkeypatch.setattr(writable, "_is_open", lambda folder, locked=locked: folder != locked)
        with pytest.raises(InputError) as error:
            writable.check_writable([results])
        assert str(error.value).startswith(f"{locked}: the folder cannot be written")
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="file: found a file or a broken link, expected a folder"):
        writable.check_writable([tmp_path / "file/test"])


def test_a_broken_config_file_ends_with_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    path = tmp_path / "config.yaml"
    path.write_text("run: a\n\tb: 1\n")
    with pytest.raises(SystemExit) as end:
        check_config_files([path])
    assert end.value.code == 1
    expected = "line 2: found a tab in the indentation; replace it by spaces"
    assert capsys.readouterr().err == f"tfmoe: {path}, {expected}\n"
    check_config_files(None)
