"""Writing of scored variants: VCF, bgzipped and indexed or plain, and a table of alleles.

Records keep their order, except in a bgzipped file, which is sorted because its index requires it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import pysam
from numpy.typing import NDArray

from tfmoe.application.reading.standard import is_standard
from tfmoe.application.variants.checking import Skipped
from tfmoe.application.variants.reading import MISSING, Record, Survey
from tfmoe.core.errors import InputError
from tfmoe.core.files import atomic_path
from tfmoe.core.shortage import htslib_writes

PREFIX = "TFMOE_"
FIELDS = {
    "EFFECT": "logit of the alternative minus logit of the reference allele in windows centred on "
    "them, mean over seeds",
    "SD": "standard deviation of the effect over training seeds",
    "REF": "logit of the reference allele, mean over seeds",
    "ALT": "logit of the alternative allele, mean over seeds",
    "P": "share of background variants of the same kind, with similar GC content and logit of the "
    "reference allele, whose absolute effect is at least as large",
    "MAX": "largest absolute effect over the offsets of the windows, with its sign",
    "MEAN": "mean effect over the offsets of the windows",
}
"""Values of each allele, by the part of the name of the INFO field that follows `PREFIX`."""
TABLE = ("chrom", "pos", "id", "ref", "alt", "kind", "effect", "sd", "ref_logit", "alt_logit", "p",
         "max_effect", "mean_effect", "skipped")  # fmt: skip
"""Columns of the table; `pos` counts from 1."""
SKIPPED_TABLE = ("chrom", "pos", "id", "ref", "alt", "reason", "genome")
_COLUMNS = ("EFFECT", "SD", "REF", "ALT", "P", "MAX", "MEAN")
# the largest position that a tabix index can hold
_LARGEST_POSITION = 2**29 - 1
_OWN = re.compile(rf"(?:^|;){PREFIX}[^;]*")

# for each allele of a record, its values by field and its kind, or `None` if it is not scored
Values = Mapping[str, float]


@dataclass(frozen=True)
class ScoredRecord:
    """A record and the values of its alleles.

    Attributes
    ----------
    record
        The record.
    kinds
        Kind of each scored allele, by its number in the record.
    values
        Values of each scored allele by field, by its number in the record.
    skipped
        Reason by number of each allele that is not scored.
    """

    record: Record
    kinds: Mapping[int, str]
    values: Mapping[int, Values]
    skipped: Mapping[int, str]


class Writer(Protocol):
    """A destination of scored records."""

    def write(self, records: Sequence[ScoredRecord]) -> None:
        """Write records."""


def check_name(path: Path) -> None:
    """Check that the name of an output has a known ending.

    Raises
    ------
    InputError
        If it is none of ``-``, ``.vcf``, ``.vcf.gz``, ``.vcf.bgz`` and ``.tsv``.
    """
    if not is_standard(path) and not path.name.endswith((".vcf", ".vcf.gz", ".vcf.bgz", ".tsv")):
        raise InputError(f"{path}: expected a name that ends in .vcf.gz, .vcf or .tsv, or -")


@contextmanager
def open_writer(path: Path, survey: Survey, source: str, fields: Sequence[str]) -> Iterator[Writer]:
    """Open an output, which gets its name once the block ends without error.

    Parameters
    ----------
    path
        Name of the output; it decides about the format.
    survey
        The input.
    source
        Description of the model and of the question, for the header.
    fields
        Names in `FIELDS` that are written.
    """
    with ExitStack() as stack:
        if is_standard(path):
            yield VcfWriter(sys.stdout, header(survey.header, source, fields), fields)
            return
        temporary = stack.enter_context(atomic_path(path))
        if path.name.endswith((".vcf.gz", ".vcf.bgz")):
            yield stack.enter_context(_indexed_vcf(path, temporary, survey, source, fields))
            return
        out = stack.enter_context(temporary.open("w", encoding="utf-8", newline="\n"))
        if path.name.endswith(".tsv"):
            yield TableWriter(out, fields)
        else:
            yield VcfWriter(out, header(survey.header, source, fields), fields)


def header(text: str, source: str, fields: Sequence[str]) -> str:
    """Return the header of a VCF with our fields declared; those of an earlier run are replaced."""
    lines = [
        line
        for line in text.splitlines()
        if not line.startswith((f"##INFO=<ID={PREFIX}", "##tfmoe="))
    ]
    own = [
        f'##INFO=<ID={PREFIX}{name},Number=A,Type=Float,Description="{FIELDS[name]}">'
        for name in fields
    ]
    return "\n".join([*lines[:-1], f"##tfmoe={source}", *own, lines[-1]]) + "\n"


def vcf_line(scored: ScoredRecord, fields: Sequence[str]) -> str:
    """Return a record with our INFO fields, without its line end."""
    columns = scored.record.line.split("\t")
    info = _OWN.sub("", columns[7]).strip(";")
    parts = [] if info in ("", MISSING) else [info]
    if scored.values:
        numbers = range(len(scored.record.alts))
        for name in fields:
            each = (_text(scored.values[n].get(name, np.nan)) if n in scored.values else MISSING
                    for n in numbers)  # fmt: skip
            parts.append(f"{PREFIX}{name}={','.join(each)}")
    columns[7] = ";".join(parts) or MISSING
    return "\t".join(columns)


class VcfWriter:
    """A VCF, written as text in the order of the records."""

    def __init__(self, out: IO[str], head: str, fields: Sequence[str]) -> None:
        self._out, self._fields = out, fields
        out.write(head)

    def write(self, records: Sequence[ScoredRecord]) -> None:
        """Write records."""
        self._out.writelines(f"{vcf_line(one, self._fields)}\n" for one in records)


class TableWriter:
    """A table with one row per allele, also of those that are not scored."""

    def __init__(self, out: IO[str], fields: Sequence[str]) -> None:
        self._out = out
        self._names = [name for name in _COLUMNS if name in fields]
        labels = dict(zip(_COLUMNS, TABLE[6:-1], strict=True))
        shown = [labels[name] for name in self._names]
        out.write("\t".join([*TABLE[:6], *shown, TABLE[-1]]) + "\n")

    def write(self, records: Sequence[ScoredRecord]) -> None:
        """Write the alleles of records."""
        for one in records:
            record = one.record
            for number, alt in enumerate(record.alts or (MISSING,)):
                values = one.values.get(number, {})
                numbers = [values.get(name, np.nan) for name in self._names]
                fields = [record.chrom, str(record.start + 1), record.name, record.ref, alt,
                          one.kinds.get(number, ""),
                          *("" if np.isnan(value) else f"{value:.9g}" for value in numbers),
                          one.skipped.get(number, "")]  # fmt: skip
                self._out.write("\t".join(fields) + "\n")


@contextmanager
def _indexed_vcf(
    path: Path, temporary: Path, survey: Survey, source: str, fields: Sequence[str]
) -> Iterator[Writer]:
    """Write a bgzipped VCF and its index; an unsorted one is collected and sorted at the end."""
    head = header(survey.header, source, fields)
    packed = temporary.with_name(f"{temporary.name}.gz")
    unsorted = temporary.with_name(f"{temporary.name}.unsorted")
    indexes = [packed.with_name(packed.name + suffix) for suffix in (".tbi", ".csi")]
    try:
        largest = 0
        with htslib_writes(path), _Bgzipped(packed, head, fields) as out:
            if survey.is_sorted:
                yield out
                largest = out.largest
            else:
                with unsorted.open("w+b") as collected:
                    writer = _SortedLater(collected, survey.chromosomes, fields)
                    yield writer
                    largest = writer.largest
                    for line in writer.sorted_lines():
                        out.write_line(line)
        csi = largest > _LARGEST_POSITION
        with htslib_writes(f"{path}.{'csi' if csi else 'tbi'}"):
            pysam.tabix_index(str(packed), preset="vcf", force=True, csi=csi)
        for suffix in (".tbi", ".csi"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        packed.replace(temporary)
        index = indexes[csi]
        index.replace(path.with_name(path.name + index.suffix))
    finally:
        for leftover in (packed, unsorted, *indexes):
            leftover.unlink(missing_ok=True)


class _Bgzipped:
    """A bgzipped VCF of sorted records."""

    def __init__(self, path: Path, head: str, fields: Sequence[str]) -> None:
        self._out, self._fields = pysam.BGZFile(str(path), "wb", None), fields
        self._out.write(head.encode())
        self.largest = 0

    def __enter__(self) -> _Bgzipped:
        return self

    def __exit__(self, *_: object) -> None:
        self._out.close()

    def write(self, records: Sequence[ScoredRecord]) -> None:
        """Write records."""
        for one in records:
            self.largest = max(self.largest, one.record.start + len(one.record.ref))
            self.write_line(f"{vcf_line(one, self._fields)}\n".encode())

    def write_line(self, line: bytes) -> None:
        """Write a line with its end."""
        self._out.write(line)


class _SortedLater:
    """Records in a temporary file, with the position of each line to read them in order."""

    def __init__(self, file: IO[bytes], chromosomes: Sequence[str], fields: Sequence[str]) -> None:
        self._file, self._fields = file, fields
        self._rank = {chrom: rank for rank, chrom in enumerate(chromosomes)}
        self._keys: list[NDArray[np.int64]] = []
        self.largest = 0

    def write(self, records: Sequence[ScoredRecord]) -> None:
        """Write records."""
        keys = np.empty((len(records), 3), dtype=np.int64)
        for row, one in enumerate(records):
            keys[row] = self._rank[one.record.chrom], one.record.start, self._file.tell()
            self.largest = max(self.largest, one.record.start + len(one.record.ref))
            self._file.write(f"{vcf_line(one, self._fields)}\n".encode())
        self._keys.append(keys)

    def sorted_lines(self) -> Iterator[bytes]:
        """Yield the lines by chromosome and position; those of one position keep their order."""
        keys = np.concatenate([np.empty((0, 3), dtype=np.int64), *self._keys])
        for place in keys[np.lexsort((keys[:, 1], keys[:, 0])), 2].tolist():
            self._file.seek(place)
            yield self._file.readline()


class SkippedWriter:
    """A table of the alleles that are not scored."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out
        out.write("\t".join(SKIPPED_TABLE) + "\n")

    def write(self, skipped: Sequence[Skipped]) -> None:
        """Write alleles."""
        for one in skipped:
            record = one.record
            fields = (record.chrom, str(record.start + 1), record.name, record.ref, one.alt,
                      one.reason.value, one.found)  # fmt: skip
            self._out.write("\t".join(fields) + "\n")


def _text(value: float) -> str:
    """Return a value of an INFO field; a missing one is a point."""
    return MISSING if np.isnan(value) else f"{value:.6g}"
