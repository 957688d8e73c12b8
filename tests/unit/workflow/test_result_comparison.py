"""Two runs, file by file; `write_run` writes all kinds of files of a run."""

import gzip
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import save_file

from tfmoe.core.files import write_json, write_parquet, write_text, write_tsv
from tfmoe.workflow.result_comparison import (
    Agreement,
    ComparedFile,
    compare_results,
    counts,
)

SHA = "0" * 64


def write_run(folder: Path, shift: float = 0.0, checksum: str = SHA, note: str = "a") -> Path:
    values = np.asarray([1.0, 2.0 + shift, np.nan, -np.inf])
    frame = pd.DataFrame({"name": ["x", "NA", "y", "z"], "value": values, "n": [1, 2, 3, 4]})
    write_tsv(frame.assign(note=note), folder / "table.tsv")
    write_parquet(frame, folder / "scores/a.parquet")
    write_json({"experts": {"a": checksum}, "temperature": [1.0 + shift]}, folder / "config.json")
    write_text(f"MOTIF a\n 0.5 {0.5 + shift}\n", folder / "a.meme")
    write_text(f"<p>{shift}</p>", folder / "report.html")
    write_text("same", folder / "summary.txt")
    write_text(str(shift), folder / "logs/a.log")
    write_text(str(shift), folder / "run.json")
    write_text(str(shift), folder / "model/.snakemake_timestamp")
    (folder / "regions").mkdir()
    with gzip.GzipFile(folder / "regions/a.bed.gz", "wb", mtime=0) as file:
        file.write(f"chr1\t1\t2\t{10 + shift}\n".encode())
    np.savez(folder / "maps.npz", values=np.asarray([2.0, 4 + shift], dtype=np.float32))
    save_file({"weight": np.asarray([[1 + shift]], np.float32)}, folder / "model.safetensors")
    with h5py.File(folder / "modisco.h5", "w", track_order=False) as file:
        file.create_dataset("patterns/0", data=[1.0 + shift])
    return folder


def compared(first: Path, second: Path, tolerance: float = 1e-3) -> dict[str, ComparedFile]:
    return {file.path: file for file in compare_results(first, second, tolerance)}


def test_equal_runs_are_equal_byte_for_byte(tmp_path: Path) -> None:
    found = compared(write_run(tmp_path / "a"), write_run(tmp_path / "b"), 0)
    assert {file.agreement for file in found.values()} == {Agreement.EQUAL}
    assert sorted(found) == [
        "a.meme",
        "config.json",
        "maps.npz",
        "model.safetensors",
        "modisco.h5",
        "regions/a.bed.gz",
        "report.html",
        "scores/a.parquet",
        "summary.txt",
        "table.tsv",
    ]


def test_small_differences_of_numbers_are_within_the_tolerance(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b", 1e-4, "1" * 64)
    found = compared(first, second)
    numbers = {name for name, file in found.items() if file.agreement == Agreement.CLOSE}
    assert numbers == set(found) - {"report.html", "summary.txt"}
    assert found["report.html"].agreement == Agreement.FOLLOWS
    assert found["summary.txt"].agreement == Agreement.EQUAL
    (row,) = found["table.tsv"].differences
    assert row.column == "value"
    assert row.absolute == pytest.approx(1e-4)
    assert row.largest == pytest.approx(0.5e-4)
    exact = compare_results(first, second, 1e-6)
    assert counts(exact)[Agreement.DIFFERENT] == 8


def test_a_derived_file_that_differs_alone_is_different(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b")
    write_text("other", second / "report.html")
    assert compared(first, second)["report.html"].agreement == Agreement.DIFFERENT


def test_other_bytes_of_equal_numbers_are_different(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b")
    with gzip.GzipFile(second / "regions/a.bed.gz", "wb", mtime=5) as file:
        file.write(b"chr1\t1\t2\t10.0\n")
    assert compared(first, second)["regions/a.bed.gz"].agreement == Agreement.DIFFERENT


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"name": ["x"], "n": [2], "value": [1.0]}),
        pd.DataFrame({"name": ["y"], "n": [1], "value": [1.0]}),
        pd.DataFrame({"name": ["x"], "n": [1], "value": [np.nan]}),
        pd.DataFrame({"name": ["x"], "n": [1], "value": [np.inf]}),
        pd.DataFrame({"name": ["x"], "n": [1]}),
        pd.DataFrame({"name": ["x", "x"], "n": [1, 1], "value": [1.0, 1.0]}),
    ],
)
def test_other_texts_counts_rows_and_missing_values_are_different(
    frame: pd.DataFrame, tmp_path: Path
) -> None:
    write_tsv(pd.DataFrame({"name": ["x"], "n": [1], "value": [1.0]}), tmp_path / "a/t.tsv")
    write_tsv(frame, tmp_path / "b/t.tsv")
    (found,) = compare_results(tmp_path / "a", tmp_path / "b", tolerance=10.0)
    assert found.agreement == Agreement.DIFFERENT
    assert np.isinf(found.differences[0].largest)


def test_files_of_one_run_only(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b")
    (first / "table.tsv").unlink()
    (second / "config.json").unlink()
    found = compared(first, second)
    assert found["table.tsv"].agreement == Agreement.ONLY_SECOND
    assert found["config.json"].agreement == Agreement.ONLY_FIRST


def test_a_damaged_file_is_different(tmp_path: Path) -> None:
    first, second = write_run(tmp_path / "a"), write_run(tmp_path / "b")
    for name in ("maps.npz", "modisco.h5", "model.safetensors", "scores/a.parquet", "config.json"):
        (second / name).write_bytes(b"damaged")
        assert compared(first, second)[name].agreement == Agreement.DIFFERENT, name
