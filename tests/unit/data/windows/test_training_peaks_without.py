from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.data.intervals import read_training_peaks, write_bed
from tfmoe.data.kmers import index_kmers, read_index, write_index
from tfmoe.data.windows.training_peaks_without import leave_out_factor


def test_peaks_of_one_factor_are_left_out(tmp_path: Path) -> None:
    rows = [
        ("chr1", 10, 90, "GATA3", "G1"),
        ("chr1", 50, 150, "CTCF", "C1"),
        ("chr1", 60, 160, "Gata3", "G2"),
    ]
    table = pd.DataFrame(rows, columns=["chrom", "start", "end", "factor", "experiment"])
    write_bed(table, tmp_path / "all.bed.gz")
    leave_out_factor(tmp_path / "all.bed.gz", "gata3", tmp_path / "some.bed.gz")
    found = read_training_peaks(tmp_path / "some.bed.gz")
    assert found.to_numpy().tolist() == [["chr1", 50, 150, "CTCF", "C1"]]
    assert (tmp_path / "some.bed.gz.tbi").is_file()


def test_kmers_of_one_factor_are_left_out(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    windows = {name: rng.integers(0, 4, (2, 41), dtype=np.uint8) for name in ("a", "b", "c")}
    index = index_kmers(windows, {"a": "GATA3", "b": "CTCF", "c": "Gata3"})
    write_index(index, tmp_path / "all.npz")
    leave_out_factor(tmp_path / "all.npz", "GATA3", tmp_path / "some.npz")
    found = read_index(tmp_path / "some.npz")
    assert found.factors == {"b": "CTCF"}
    assert found.k == 31
    assert found.kmers["b"].tolist() == index.kmers["b"].tolist()
