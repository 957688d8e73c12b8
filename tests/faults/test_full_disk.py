"""Each kind of writing that the system stops halfway ends with one message and leaves no file.

A limit on the size of files stands for a full disk: it needs no file system of its own.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from safetensors.torch import save_file
from torch import ones

from tfmoe.application.scan.track import Stretch, write_track
from tfmoe.core.errors import ResourceError
from tfmoe.core.files import atomic_path, write_json, write_parquet, write_tsv
from tfmoe.data.intervals import write_bed
from tfmoe.data.reading import sources
from tfmoe.data.reading.sources import fetch_file
from tfmoe.figures.save import save_figure

FITS = 600  # bytes
VALUES = np.random.default_rng(0).random(2000)
TABLE = pd.DataFrame({"chrom": "chr1", "start": range(2000), "end": range(1, 2001), "x": VALUES})


@contextmanager
def small_files() -> Iterator[None]:
    """Let no file grow above `FITS` bytes in a ``with`` block."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (FITS, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def npz(path: Path) -> None:
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez(file, x=VALUES)


def weights(path: Path) -> None:
    with atomic_path(path) as temporary:
        save_file({"x": ones(2000)}, temporary)


def figure(path: Path) -> None:
    drawn = Figure()
    drawn.subplots().plot(VALUES)
    save_figure(drawn, path)


def track(path: Path) -> None:
    with write_track(path, {"chr1": 2000}, size=8 * 2000) as file:
        file.add(Stretch("chr1", 0, 2000, 1, VALUES))


WRITERS: dict[str, Callable[[Path], object]] = {
    "x.tsv": lambda path: write_tsv(TABLE, path),
    "x.json": lambda path: write_json(VALUES.tolist(), path),
    "x.parquet": lambda path: write_parquet(TABLE, path),
    "x.bed.gz": lambda path: write_bed(TABLE, path),
    "x.npz": npz,
    "x.safetensors": weights,
    "x.png": figure,
    "x.svg": figure,
    "x.bw": track,
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_cannot_be_written_to_its_end(name: str, tmp_path: Path):
    path = tmp_path / name
    # first without the limit, which would also damage the compiled files of modules imported here
    WRITERS[name](path)
    assert path.stat().st_size > FITS
    for written in tmp_path.iterdir():
        written.unlink()
    with pytest.raises(ResourceError) as error, small_files():
        WRITERS[name](path)
    message = str(error.value)
    assert message.startswith(f"{path}: ")
    assert message.endswith("run the same command again; complete files are kept")
    assert "\n" not in message
    assert list(tmp_path.iterdir()) == []


def test_a_track_that_ends_early_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # pyBigWig itself reports no failed write
    monkeypatch.setattr("tfmoe.application.scan.track._MAGIC", b"none")
    with pytest.raises(ResourceError, match=r"x\.bw: the bigWig file could not be written to its"):
        track(tmp_path / "x.bw")
    assert list(tmp_path.iterdir()) == []


def test_a_download_that_does_not_fit_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    partial = tmp_path / "partial"
    tried = []

    def download(url: str, path: Path) -> None:
        tried.append(url)
        path.write_bytes(bytes(5 * FITS))

    monkeypatch.setattr(sources, "_download_once", download)
    with pytest.raises(ResourceError) as error, small_files():
        fetch_file("https://a.org/x", "0" * 64, tmp_path / "x", partial, wait=900)
    assert str(error.value).startswith(f"{partial}: a limit on the size of a file (`ulimit -f`)")
    assert tried == ["https://a.org/x"]
