"""Readers of ready sequences: DeepBind's ``.seq`` (FoldID, EventID, seq, Bound) and FASTA."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.text_columns import DataLines, read_lines

DEEPBIND = ("FoldID", "EventID", "seq", "Bound")
COLUMNS = ("name", "rank", "label", "sequence", "soft_masked", "line")

# upper or lower case, with IUPAC codes of ambiguous bases
_BASES = re.compile("[ACGTRYSWKMBDHVN]+", re.IGNORECASE)
# such as seq_00002_peak
_NUMBERED = re.compile(r"[^_0-9]+_([0-9]+)(?:_[^_0-9]+)?")
_MAX_DIGITS = 18


def read_experiment(paths: Sequence[Pathlike], negatives: Pathlike | None) -> pd.DataFrame:
    """Read all ready sequences of one experiment.

    Parameters
    ----------
    paths
        DeepBind files, which may contain negatives too, or FASTA files of positives; plain, or
        packed by gzip, bgzip, bzip2 or xz.
    negatives
        A file of negatives only, or `None`.

    Returns
    -------
    DataFrame
        One row per sequence, in the order of the files: name, rank (int64, from 1), label (1 or 0),
        sequence (text of any length), soft_masked (whether lower case marks repeats in its file)
        and line (file and line number). The rank is the number in DeepBind's EventID; in a file
        where some sequences lack a number, it is the position among the experiment's positives or
        negatives.

    Raises
    ------
    InputError
        Naming the file and the faulty line; also if two positives or two negatives share a name.
    """
    parts = [read_sequence_file(path) for path in paths]
    if negatives is not None:
        parts.append(_only_negatives(read_sequence_file(negatives, label=0), negatives))
    whole = pd.concat(parts, ignore_index=True)
    if not (whole["label"] == 1).any():
        raise InputError(f"{', '.join(map(str, paths))}: found no positive sequences (Bound 1)")
    _check_names(whole)
    position = whole.groupby("label").cumcount() + 1
    return whole.assign(rank=whole["rank"].where(whole["rank"] > 0, position).astype("int64"))


def read_sequence_file(path: Pathlike, label: int = 1) -> pd.DataFrame:
    """Read one file of ready sequences, whose format is detected by its first line.

    Parameters
    ----------
    path
        The file.
    label
        Label of the sequences if the file is a FASTA.

    Returns
    -------
    DataFrame
        `COLUMNS`, as in `read_experiment`, except that ranks are 0 if some names of the file lack a
        number.

    Raises
    ------
    InputError
        Naming the file and the faulty line.
    """
    lines = read_lines(path)
    if not lines.lines:
        raise InputError(f"{path}: the file is empty, expected sequences")
    if lines.lines[0].startswith(">"):
        rows = _read_fasta(lines, label)
    elif [field.strip() for field in lines.lines[0].split("\t")] == list(DEEPBIND):
        rows = _read_deepbind(lines)
    else:
        raise InputError(
            f"{lines.where(0)}: found {lines.lines[0][:60]!r}, expected DeepBind's header "
            f"({', '.join(DEEPBIND)}, separated by tabs), or FASTA, whose first line starts with "
            ">; for peaks, set the section `genome` of the config"
        )
    if not rows:
        raise InputError(f"{path}: the file has a header but no sequences")
    table = pd.DataFrame(rows, columns=["name", "label", "sequence", "row"])
    text = "".join(table["sequence"])
    numbers = table["name"].str.extract(f"^{_NUMBERED.pattern}$", expand=False)
    ranked = lines.lines[0].startswith(DEEPBIND[0]) and bool(numbers.notna().all())
    if ranked:
        _check_digits(numbers, lines, table["row"])
    return table.assign(
        rank=numbers.astype("int64") if ranked else np.int64(0),
        # in a file with one case only, case does not mark repeats
        soft_masked=not text.isupper() and not text.islower(),
        line=[lines.where(row) for row in table["row"]],
    )[list(COLUMNS)]


def _check_digits(numbers: pd.Series, lines: DataLines, rows: pd.Series) -> None:
    """Raise if the number in a name does not fit into 64 bits."""
    long = (numbers.str.len() > _MAX_DIGITS).to_numpy(dtype=np.bool_)
    if long.any():
        at = int(long.argmax())
        raise InputError(
            f"{lines.where(int(rows.iloc[at]))}: the number in EventID has "
            f"{len(numbers.iloc[at])} digits, expected a rank of at most {_MAX_DIGITS} digits"
        )


def _read_deepbind(lines: DataLines) -> list[tuple[str, int, str, int]]:
    """Read name, label, sequence and row number of each line after the header."""
    rows = []
    for row, line in enumerate(lines.lines[1:], start=1):
        fields = [field.strip() for field in line.split("\t")]
        if len(fields) != len(DEEPBIND):
            raise InputError(
                f"{lines.where(row)}: {len(fields)} fields, expected {len(DEEPBIND)} "
                f"({', '.join(DEEPBIND)}, separated by tabs)"
            )
        _, name, sequence, bound = fields
        if bound not in ("0", "1"):
            raise InputError(
                f"{lines.where(row)}: Bound is {bound!r}, expected 1 for a positive or 0 for a "
                "negative"
            )
        _check_name(name, lines.where(row))
        _check_bases(sequence, lines.where(row))
        rows.append((name, int(bound), sequence, row))
    return rows


def _read_fasta(lines: DataLines, label: int) -> list[tuple[str, int, str, int]]:
    """Read name, label, sequence and first row number of each record."""
    starts = [row for row, line in enumerate(lines.lines) if line.startswith(">")]
    rows = []
    for start, end in zip(starts, [*starts[1:], len(lines.lines)], strict=True):
        name = (lines.lines[start][1:].split() or [""])[0]
        _check_name(name, lines.where(start))
        pieces = [line.strip() for line in lines.lines[start + 1 : end]]
        if not pieces:
            raise InputError(f"{lines.where(start)}: record {name} has no sequence")
        for row, piece in enumerate(pieces, start=start + 1):
            _check_bases(piece, lines.where(row))
        rows.append((name, label, "".join(pieces), start))
    return rows


def _check_name(name: str, where: str) -> None:
    if not name:
        raise InputError(f"{where}: the sequence has no name; every sequence needs a unique name")


def _check_bases(sequence: str, where: str) -> None:
    if _BASES.fullmatch(sequence):
        return
    if not sequence:
        raise InputError(f"{where}: the sequence is empty")
    known = _BASES.match(sequence)
    position = known.end() if known else 0
    raise InputError(
        f"{where}: found {sequence[position]!r} as base {position + 1} of the sequence, expected "
        "A, C, G, T, or an IUPAC code such as N, in upper or lower case"
    )


def _only_negatives(table: pd.DataFrame, path: Pathlike) -> pd.DataFrame:
    positives = table[table["label"] == 1]
    if len(positives):
        raise InputError(
            f"{positives['line'].iloc[0]}: Bound is 1 in a file of negatives (column `negatives` "
            f"of the experiment table); list {path} in the column `peaks` instead, which takes both"
        )
    return table


def _check_names(table: pd.DataFrame) -> None:
    repeated = table.duplicated(["label", "name"]).to_numpy(dtype=np.bool_)
    if not repeated.any():
        return
    second = table[repeated].iloc[0]
    same = (table["name"] == second["name"]) & (table["label"] == second["label"])
    raise InputError(
        f"{second['line']}: the name {second['name']} is already used in "
        f"{table[same]['line'].iloc[0]}; names must be unique within an experiment"
    )
