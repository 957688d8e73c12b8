"""Files of chromosome names: NCBI's assembly report, UCSC's chromAlias, or a table of synonyms."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.text_columns import DataLines, read_lines

_REPORT = ("Sequence-Name", "GenBank-Accn", "RefSeq-Accn", "UCSC-style-name")
_LENGTH = "Sequence-Length"
_NONE = frozenset({"", "na", "n/a", "-", "."})
# columns of UCSC's chromAlias that have no name of a sequence
_SOURCES = ("source", "database")


@dataclass(frozen=True)
class AliasFile:
    """Names of sequences that are synonyms.

    Attributes
    ----------
    path
        The file.
    names
        For each name in the file, the name of the same sequence that is used for comparisons. Names
        of two sequences are left out.
    lengths
        Length of the sequence in bases by name, where the file has lengths.
    """

    path: Pathlike
    names: dict[str, str]
    lengths: dict[str, int]

    def check(self, genome: Collection[str]) -> None:
        """Check the file against the names, and if they are known the lengths, of the genome.

        Raises
        ------
        ConfigError
            If no sequence of the genome is in the file, or if one has another length there.
        """
        known = [name for name in genome if name in self.names]
        if not known:
            raise ConfigError(
                f"genome.aliases: {self.path}: none of its names is a sequence of the genome; it "
                f"has {_some(self.names)}; the genome has {_some(genome)}; use the file of the "
                "genome's own assembly"
            )
        lengths = genome if isinstance(genome, Mapping) else {}
        for name in known:
            found, expected = self.lengths.get(name), lengths.get(name)
            if found is not None and expected is not None and found != expected:
                raise ConfigError(
                    f"genome.aliases: {self.path}: {name} has {found} bases, but {expected} in the "
                    "genome; the file is of another assembly than the genome"
                )


def read_alias_file(path: Pathlike) -> AliasFile:
    """Read a file of chromosome names.

    Parameters
    ----------
    path
        NCBI's assembly report (``*_assembly_report.txt``), UCSC's ``chromAlias.txt``, or a table
        separated by tabs whose lines have the names of one sequence.

    Raises
    ------
    InputError
        If the file cannot be read, or a line has fewer than two names.
    """
    lines = read_lines(path)
    if not lines.lines:
        raise InputError(f"{path}: the file has no names of chromosomes; correct `genome.aliases`")
    rows = [[field.strip() for field in line.split("\t")] for line in lines.lines]
    # a header is a comment or, without its mark, the first line
    header = [field.strip() for field in lines.comment.split("\t")]
    header = header if len(header) == len(rows[0]) else rows[0] if _REPORT[0] in rows[0] else []
    columns = _columns(header, len(rows[0]))
    at_length = header.index(_LENGTH) if _LENGTH in header else None
    names: dict[str, set[str]] = {}
    lengths: dict[str, int] = {}
    for row, fields in enumerate(rows):
        synonyms = _synonyms(lines, row, fields, columns) if fields != header else []
        for name in synonyms:
            names.setdefault(name, set()).add(synonyms[0])
            length = fields[at_length] if at_length is not None and at_length < len(fields) else ""
            if re.fullmatch("[0-9]{1,15}", length):
                lengths[name] = int(length)
    unique = {name: found.pop() for name, found in names.items() if len(found) == 1}
    return AliasFile(path, unique, lengths)


def _columns(header: Sequence[str], width: int) -> list[int]:
    """Return the columns of names."""
    if _REPORT[0] in header:
        return [header.index(name) for name in _REPORT if name in header]
    return [
        column
        for column in range(width)
        if not header or not any(word in header[column].lower() for word in _SOURCES)
    ]


def _synonyms(
    lines: DataLines, row: int, fields: Sequence[str], columns: Sequence[int]
) -> list[str]:
    """Return the names of one sequence, of which an assembly may have only one."""
    if len(columns) < 2 or len(fields) <= max(columns):
        raise InputError(
            f"{lines.where(row)}: found {len(fields)} fields, expected names of one sequence, "
            "separated by tabs; `genome.aliases` takes NCBI's assembly report, UCSC's "
            "chromAlias.txt, or a table with a line for each sequence"
        )
    return [fields[at] for at in columns if fields[at].lower() not in _NONE]


def _some(names: Collection[str]) -> str:
    listed = [*names][:5]
    return ", ".join(listed) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
