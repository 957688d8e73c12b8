"""Atomic reading and writing of tables, JSON and text: a file is complete or absent."""

from __future__ import annotations

import json
import logging
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfmoe.core.errors import InputError, ResourceError
from tfmoe.core.shortage import disk_fault

if TYPE_CHECKING:  # imported where it is used, because the Snakefile does not need pandas
    import pandas as pd

FLOAT_FORMAT = "%.9g"
Pathlike = str | os.PathLike[str]
logger = logging.getLogger(__name__)
# columns of names, read as text even if every value looks like a number
_TEXT_COLUMNS = (
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
    """Yield a temporary path next to `path` that replaces it once the block ends without error.

    Raises
    ------
    ResourceError
        If the disk is full or fails, or a quota is used up, naming the file.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.partial")
    # in a shared folder, a link that another user put there would be written through
    temporary.unlink(missing_ok=True)
    try:
        yield temporary
        temporary.replace(target)
    except Exception as error:
        fault = disk_fault(error)
        if fault is None or isinstance(error, ResourceError):
            raise
        raise ResourceError(f"{target}: {fault}") from error
    finally:
        temporary.unlink(missing_ok=True)


def write_text(text: str, path: Pathlike) -> None:
    """Write UTF-8 text with Unix line ends."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8", newline="\n")


def write_json(content: Any, path: Pathlike) -> None:
    """Write JSON with sorted keys, so that equal content yields equal bytes."""
    write_text(json.dumps(content, indent=2, sort_keys=True) + "\n", path)


def read_json(path: Pathlike, remedy: str | None = None) -> Any:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    remedy
        Instruction for the error message where removing the file is not enough to have it written
        again: no rule runs for an output that no other rule reads.

    Raises
    ------
    InputError
        If the file is missing or not valid JSON.
    """
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        again = f"; {remedy} and run again" if remedy else ""
        raise InputError(f"{path}: the file does not exist{again}") from None
    except (ValueError, RecursionError, OSError) as error:
        again = f"{remedy or 'remove it'} and run again"
        raise InputError(f"{path}: the file is not valid JSON ({error}); {again}") from None


def write_tsv(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as TSV with a header and without its index; missing values are empty fields."""
    with atomic_path(path) as temporary:
        frame.to_csv(
            temporary, sep="\t", index=False, float_format=FLOAT_FORMAT, lineterminator="\n"
        )
    _log_shape("wrote", path, frame)


def read_tsv(path: Pathlike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a TSV with a header. Only an empty field is missing: a factor may be called ``NA``.

    Parameters
    ----------
    path
        The file.
    columns
        Required columns; others are read too.

    Raises
    ------
    InputError
        If the file is missing, empty or damaged, or lacks one of `columns`.
    """
    import pandas as pd

    names = dict.fromkeys(_TEXT_COLUMNS, "str")
    try:
        frame = pd.read_csv(path, sep="\t", keep_default_na=False, na_values=[""], dtype=names)
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except pd.errors.EmptyDataError:
        raise InputError(f"{path}: the file is empty, expected a header line") from None
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: the table cannot be read ({error}); correct it") from None
    _require_columns(frame, path, columns)
    _log_shape("read", path, frame)
    return frame


def write_parquet(frame: pd.DataFrame, path: Pathlike) -> None:
    """Write a table as Parquet without its index; equal tables yield equal bytes."""
    with atomic_path(path) as temporary:
        frame.to_parquet(temporary, index=False, compression="zstd")
    _log_shape("wrote", path, frame)


def read_parquet(path: Pathlike, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Read a Parquet table, or only the given columns of it.

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
    except (pa.ArrowException, ValueError, OSError) as error:
        raise InputError(
            f"{path}: the Parquet file is incomplete or damaged ({error}); remove it and run again"
        ) from None
    _require_columns(frame, path, columns)
    _log_shape("read", path, frame)
    return frame if columns is None else frame[list(columns)]


@contextmanager
def open_npz(path: Pathlike, kind: str) -> Iterator[Mapping[str, Any]]:
    """Open an .npz file in a ``with`` block, without unpickling anything.

    Parameters
    ----------
    path
        The file.
    kind
        Kind of file for messages, such as ``file of attribution maps``.

    Raises
    ------
    InputError
        If the file is missing or damaged, or if its arrays are not those that the block expects.
    """
    import numpy as np

    try:
        with Path(path).open("rb") as file, np.load(file, allow_pickle=False) as content:
            yield content
    except FileNotFoundError:
        raise InputError(f"{path}: the file does not exist") from None
    except (zipfile.BadZipFile, KeyError, TypeError, ValueError, EOFError, OSError) as error:
        raise InputError(f"{path}: not a valid {kind} ({error}); remove it and run again") from None


def _log_shape(done: str, path: Pathlike, frame: pd.DataFrame) -> None:
    logger.debug("%s %s: %d rows, %d columns", done, path, *frame.shape)


def _require_columns(frame: pd.DataFrame, path: Pathlike, columns: Sequence[str] | None) -> None:
    missing = [name for name in columns or () if name not in frame.columns]
    if missing:
        raise InputError(
            f"{path}: column {', '.join(missing)} is missing; found {', '.join(frame.columns)}"
        )
