"""Reading and writing of tables and text; a file is there whole, or not at all."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfmoe.core.errors import InputError

if TYPE_CHECKING:  # pandas is imported where it is used: the Snakefile reads configs without it
    import pandas as pd

FLOAT_FORMAT = "%.9g"
Pathlike = str | os.PathLike[str]
# columns that hold names, which stay text even where all look like numbers
_NAMES = (
    "name",
    "chrom",
    "experiment",
    "factor",
    "model",
    "other",
    "expert",
    "family",
    "matrix_id",
)


@contextmanager
def atomic_path(path: Pathlike) -> Iterator[Path]:
    """Give a temporary path beside `path` that takes its name once the block ends without error."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        yield temporary
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Pathlike) -> None:
    """Write UTF-8 text with Unix line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(content: Any, path: Pathlike) -> None:
    """Write JSON with sorted keys, so that equal content is equal bytes."""
    write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", path)


def read_json(path: Pathlike, remedy: str | None = None) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    remedy
        What to do so that the file is made anew, for the message, where removing it is not enough:
        no rule runs for an output that no other rule reads.

    Raises
    ------
    InputError
        If the file is missing or is no JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        again = f"; {remedy} and run again" if remedy else ""
        raise InputError(f"{path}: the file does not exist{again}") from None
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        again = f"{remedy or 'remove it'} and run again"
        raise InputError(f"{path}: this is no JSON ({error}); {again}") from None


def write_tsv(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as TSV with a header, without its index; a missing value is an empty field."""
    with atomic_path(path) as temporary:
        frame.to_csv(
            temporary, sep="\t", index=False, float_format=FLOAT_FORMAT, lineterminator="\n"
        )


def read_tsv(path: Pathlike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a TSV with a header; only an empty field is missing (a factor may be called ``NA``).

    Parameters
    ----------
    path
        The file.
    columns
        Columns that must be there; others are read too.

    Raises
    ------
    InputError
        If the file is missing or empty, or lacks one of `columns`.
    """
    import pandas as pd

    names = dict.fromkeys(_NAMES, "str")
    try:
        frame = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=names)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty, a header line was expected") from None
    _require_columns(frame, path, columns)
    return frame


def write_parquet(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as Parquet without its index; equal tables give equal bytes."""
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")


def read_parquet(path: Pathlike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or only `columns` of it.

    Raises
    ------
    InputError
        If the file is missing or damaged, or lacks one of `columns`.
    """
    import pandas as pd
    import pyarrow as pa

    try:
        frame = pd.read_parquet(path)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError(
            f"{path}: this is no complete Parquet file ({error}); remove it and run again"
        ) from None
    _require_columns(frame, path, columns)
    return frame if columns is None else frame[list(columns)]


@contextmanager
def open_npz(path: Pathlike, what: str) -> Iterator[Mapping[str, Any]]:
    """Open an .npz, of which nothing is unpickled; use it in a ``with`` block.

    Parameters
    ----------
    path
        The file.
    what
        What it should be, for messages, such as ``file of attribution maps``.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if its arrays turn out in the block to be others.
    """
    import numpy as np

    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as content:
            yield content
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: this is no {what} ({error}); remove it and run again") from None


def _require_columns(frame: pd.DataFrame, path: Pathlike, columns: Sequence[str] | None) -> None:
    missing = [name for name in columns or () if name not in frame.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(frame.columns)}"
        )
