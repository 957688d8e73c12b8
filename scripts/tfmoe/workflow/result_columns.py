"""Columns of result files of any kind, so that two runs can be compared number by number."""

from __future__ import annotations

import gzip
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load_file

Columns = Mapping[str, np.ndarray]


def read_columns(path: Path) -> Columns | None:
    """Return the columns or arrays of a file by name; `None` if its kind holds no numbers.

    Text that is no table has the columns ``line``. Numbers are those of the file: strings, counts
    and measured values keep their types.

    Raises
    ------
    ValueError, OSError
        If the file is damaged.
    """
    reader = _READERS.get(path.suffix)
    try:
        return None if reader is None else reader(path)
    except (SafetensorError, zipfile.BadZipFile, zlib.error, EOFError, KeyError) as error:
        raise ValueError(f"{path}: {error}") from error


def _read_tsv(path: Path) -> Columns:
    return _columns(pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""]))


def _read_parquet(path: Path) -> Columns:
    return _columns(pd.read_parquet(path))


def _columns(frame: pd.DataFrame) -> Columns:
    return {str(name): frame[name].to_numpy() for name in frame.columns}


def _read_npz(path: Path) -> Columns:
    with np.load(path, allow_pickle=False) as content:
        return {name: content[name] for name in content.files}


def _read_h5(path: Path) -> Columns:
    found: dict[str, np.ndarray] = {}

    def add(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            found[name] = np.asarray(item[()])

    with h5py.File(path) as file:
        file.visititems(add)
    return found


def _read_json(path: Path) -> Columns:
    content = json.loads(path.read_text(encoding="utf-8"))
    return {key: np.asarray([value]) for key, value in _leaves("", content)}


def _leaves(key: str, content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        items = [(f"{key}.{name}" if key else name, value) for name, value in content.items()]
    elif isinstance(content, list):
        items = [(f"{key}[{index}]", value) for index, value in enumerate(content)]
    else:
        yield key, content
        return
    for name, value in items:
        yield from _leaves(name, value)


def _read_fields(path: Path) -> Columns:
    """Return the fields of a text without a header, such as MEME or BED, in the order of lines."""
    content = path.read_bytes()
    if path.suffix == ".gz":
        content = gzip.decompress(content)
    fields = content.decode("utf-8").split()
    numbers = pd.to_numeric(pd.Series(fields, dtype="str"), errors="coerce").to_numpy(float)
    texts = [
        "" if is_number else text
        for text, is_number in zip(fields, ~np.isnan(numbers), strict=True)
    ]
    return {"numbers": numbers, "words": np.asarray(texts, dtype=object)}


_READERS: Mapping[str, Callable[[Path], Columns]] = {
    ".tsv": _read_tsv,
    ".parquet": _read_parquet,
    ".npz": _read_npz,
    ".safetensors": lambda path: load_file(path),
    ".h5": _read_h5,
    ".json": _read_json,
    ".meme": _read_fields,
    ".gz": _read_fields,
    ".bed": _read_fields,
    ".narrowPeak": _read_fields,
}
