"""Reader of MEME files: motifs of DNA as matrices of probabilities."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.packed_files import read_text

MAX_WIDTH = 300
"""Maximum number of positions of a motif, as in the program MEME."""
_MAX_MOTIFS = 100_000
_CORE = re.compile(r"(\S)(?:\s+\"[^\"]*\")?(?:\s+[0-9A-Fa-f]{6})?")
_ROW = re.compile(r"[-+.\d]")
# formats of matrices that people take for MEME: first line, name, conversion
_OTHERS = (
    (re.compile(r">\s*[ACGTURYSWKMBDHVN]+\s+\S+\s+-?\d"), "HOMER", "convert it, for example with "
     "write_meme of the R package universalmotif"),
    (re.compile(r">\s*\S+"), "JASPAR", "convert it with: jaspar2meme -bundle"),
    (re.compile(r"(?:AC|ID|VV|XX)\b"), "TRANSFAC", "convert it with: transfac2meme"),
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Motif:
    """A motif of a MEME file.

    Attributes
    ----------
    motif_id, name
        Its id, and its alternative name, which may be empty.
    probabilities
        Float64 of shape (4, W): rows A, C, G, T; each column sums to one.
    """

    motif_id: str
    name: str
    probabilities: NDArray[np.float64]


@dataclass
class _Block:
    """The lines of a motif that were read so far; the width is `None` until its matrix begins."""

    where: str
    motif_id: str
    name: str
    rows: list[list[float]]
    width: int | None = None
    started: bool = False

    @property
    def is_open(self) -> bool:
        """Whether another row of the matrix may follow."""
        return self.started and (self.width is None or len(self.rows) < self.width)


def read_meme(path: Pathlike) -> dict[str, NDArray[np.float64]]:
    """Read the motifs of a MEME file as float64 probabilities (4, W) by motif id.

    Raises
    ------
    InputError
        As for `read_motifs`.
    """
    return {motif.motif_id: motif.probabilities for motif in read_motifs(path)}


def read_motifs(path: Pathlike) -> list[Motif]:
    """Read the motifs of a MEME file (version 4 or later, DNA), plain or packed.

    Returns
    -------
    list of Motif
        In the order of the file.

    Raises
    ------
    InputError
        If the file is missing or contains no motif, or, naming the line, if the alphabet is not
        DNA, a motif has no rows, fewer than announced or more than `MAX_WIDTH`, a row is not four
        probabilities that sum to one, or an id occurs twice.
    """
    lines = [line.strip() for line in read_text(path).splitlines()]
    numbered = enumerate(lines, start=1)
    motifs: dict[str, Motif] = {}
    block: _Block | None = None
    for number, line in numbered:
        where = f"{path}, line {number}"
        if block and block.is_open and (line or block.width is not None or not block.rows):
            if _take_row(block, where, line):
                continue
        elif block and block.is_open:
            block.width = len(block.rows)
        if re.match(r"ALPHABET\b", line):
            _check_alphabet(where, line, (text for _, text in numbered))
        elif line.startswith("MOTIF"):
            _finish(where, block, motifs)
            block = _begin(where, line, motifs)
        elif line.startswith("letter-probability matrix") and block:
            block.width, block.started = _width(where, line), True
    _finish(f"{path}, line {len(lines)}", block, motifs)
    if not motifs:
        raise InputError(f"{path}: {_no_motif(lines)}")
    return list(motifs.values())


def _take_row(block: _Block, where: str, line: str) -> bool:
    """Add a row to an open matrix; return False if the matrix ends before this line."""
    if not line:
        return True
    if line.startswith("MOTIF"):
        return False
    if block.width is None and not _ROW.match(line):
        block.width = len(block.rows)
        return False
    block.rows.append(_probabilities(where, block.motif_id, line))
    if len(block.rows) > MAX_WIDTH:
        raise InputError(_too_wide(where, f"more than {MAX_WIDTH}"))
    return True


def _too_wide(where: str, found: str) -> str:
    return (
        f"{where}: the motif has {found} positions, expected at most {MAX_WIDTH}; remove the "
        "motif from the file"
    )


def _check_alphabet(where: str, line: str, following: Iterator[str]) -> None:
    """Check that the alphabet is DNA; a definition of symbols reaches to ``END ALPHABET``."""
    given = line.removeprefix("ALPHABET").strip()
    if given.lstrip("= ") == "ACGT":
        return
    expected = "expected the DNA alphabet `ALPHABET= ACGT`"
    if given.startswith("=") or not re.fullmatch(r"(\"[^\"]*\")?\s*([A-Z]+-LIKE)?", given):
        raise InputError(f"{where}: found {line[:60]!r}, {expected}")
    symbols: list[str] = []
    for text in following:
        if text.replace(" ", "") == "ENDALPHABET":
            break
        # a symbol with = is a code for several others, such as N
        if text and not re.match(r"\S\s*(\"[^\"]*\")?\s*([0-9A-Fa-f]{6})?\s*=", text):
            symbols += [
                found[1] for part in _complements(text) if (found := _CORE.match(part.strip()))
            ]
    else:
        raise InputError(f"{where}: the alphabet has no end; add the line END ALPHABET")
    if sorted(symbols) != sorted("ACGT"):
        raise InputError(
            f"{where}: the alphabet has the symbols {' '.join(symbols)[:60] or '(none)'}, "
            f"{expected}, or a definition of A, C, G and T"
        )


def _complements(text: str) -> Sequence[str]:
    """Split the definition of a symbol and of its complement at ~, outside quotation marks."""
    return re.split(r"~(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", text)


def _begin(where: str, line: str, motifs: dict[str, Motif]) -> _Block:
    fields = line.split()
    if len(fields) < 2:
        raise InputError(f"{where}: found a MOTIF line without an id")
    if fields[1] in motifs:
        raise InputError(f"{where}: motif {fields[1]} occurs twice in the file")
    if len(motifs) >= _MAX_MOTIFS:
        raise InputError(f"{where}: found more than {_MAX_MOTIFS:,} motifs, expected fewer")
    return _Block(where, fields[1], fields[2] if len(fields) > 2 else "", [])


def _finish(where: str, block: _Block | None, motifs: dict[str, Motif]) -> None:
    """Add a motif whose rows are complete."""
    if block is None:
        return
    width = len(block.rows) if block.width is None else block.width
    if not block.rows or len(block.rows) < width:
        raise InputError(
            f"{where}: motif {block.motif_id} has {len(block.rows)} rows of probabilities, "
            f"expected {block.width or 'at least 1'}; the file may be truncated"
        )
    probabilities = np.array(block.rows).T
    motifs[block.motif_id] = Motif(
        block.motif_id,
        block.name,
        np.ascontiguousarray(probabilities / probabilities.sum(axis=0)),
    )


def _width(where: str, line: str) -> int | None:
    """Return the announced width; without one, the rows are counted."""
    fields = line.replace("=", " ").split()
    if "alength" in fields[:-1] and fields[fields.index("alength") + 1] != "4":
        raise InputError(f"{where}: found {line[:60]!r}, expected DNA, which has `alength= 4`")
    if "w" not in fields:
        return None
    width = fields[fields.index("w") + 1] if "w" in fields[:-1] else ""
    if not re.fullmatch("[0-9]{1,9}", width) or int(width) == 0:
        raise InputError(f"{where}: found {line[:60]!r}, expected a positive width such as `w= 12`")
    if int(width) > MAX_WIDTH:
        raise InputError(_too_wide(where, width))
    return int(width)


def _probabilities(where: str, motif_id: str, line: str) -> list[float]:
    try:
        values = [float(field) for field in line.split()]
    except ValueError:
        values = []
    if len(values) != 4 or min(values) < 0 or not abs(sum(values) - 1) < 0.01:
        raise InputError(
            f"{where}: motif {motif_id} has the row {line[:60]!r}; expected four probabilities "
            "(A, C, G, T) that sum to 1"
        )
    return values


def _no_motif(lines: Sequence[str]) -> str:
    """Describe a file without motifs, with the format that it seems to have."""
    first = next((line for line in lines if line), "")
    for begin, name, remedy in _OTHERS:
        if begin.match(first):
            return f"the file has matrices in {name}'s format, expected MEME's; {remedy}"
    return "this MEME file contains no motif (no line starts with MOTIF)"
