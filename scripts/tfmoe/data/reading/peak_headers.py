"""Formats of peak tables whose columns are named by a header.

HOMER, MACS, MAnorm, SAF and tables of R count bases from 1; names of UCSC's columns mean that they
count from 0. A column of lengths decides against all of these.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tfmoe.data.reading.peak_columns import end_included, narrow_summits, thick_part, within
from tfmoe.data.reading.peak_layout import UNKNOWN_BASE, PeakFormat, Place
from tfmoe.data.reading.peak_sample import Sample, most, nearly_all

# known column names, in lower case, letters and digits only; the first that is found counts
_NAMES = {
    "chrom": ("chrom", "chr", "chromosome", "seqnames", "seqname", "seqid", "chrid", "space"),
    "start": ("start", "chromstart", "peakstart", "startposition"),
    "end": ("end", "chromend", "stop", "peakstop", "peakend", "endposition"),
    "score": ("score",),
    "strand": ("strand",),
}
_LENGTHS = ("width", "length", "peaksize")
_STRENGTHS = (
    "signalvalue", "foldenrichment", "signal", "enrichment", "normalizedtagcount",
    "overallpeakscore", "peakscore", "maxsignal",
)  # fmt: skip
_SUMMITS = (
    "abssummit", "summit", "summits", "summitposition", "summitpos", "peaksummit", "summitcoord",
    "summitcoordinate", "absolutesummit", "apex", "peakposition", "peakpos", "maxposition",
)  # fmt: skip
_NARROW, _R_NARROW = ("signalvalue", "peak"), ("v7", "v8", "v9", "v10")


@dataclass(frozen=True)
class _Header:
    """The names of the columns in plain letters, and the first lines."""

    names: list[str]
    sample: Sample

    def has(self, *names: str) -> bool:
        """Return whether all these columns exist."""
        return all(name in self.names for name in names)

    def find(self, *known: str) -> int | None:
        """Return the column with the first of the known names that exists, or `None`."""
        return next((self.names.index(name) for name in known if name in self.names), None)

    def start_with(self, start: str) -> bool:
        """Return whether the name of any column starts like this."""
        return any(name.startswith(start) for name in self.names)


def by_names(names: Sequence[str], sample: Sample) -> PeakFormat | None:
    """Return the format of a header with at least chromosome, start and end, or else `None`."""
    header = _Header([re.sub("[^a-z0-9]", "", name.lower()) for name in names], sample)
    found = {key: header.find(*known) for key, known in _NAMES.items()}
    chrom, start, end = (found[key] for key in ("chrom", "start", "end"))
    if chrom is None or start is None or end is None:
        return None
    score, strand = found["score"], found["strand"]
    if score is not None and not sample.numeric(score):
        score = None
    plain = PeakFormat(
        _kind(header), chrom, start, end, score, strand, names=tuple(names), reason="header"
    )  # fmt: skip
    return _with_strength(header, _with_summit(header, _with_base(header, plain)))


def _kind(header: _Header) -> str:
    """Return the name of a table's format."""
    kinds = {
        "HOMER": header.start_with("peakid") or any("cmd" in name for name in header.names[:1]),
        "MAnorm": header.has("mvalue", "avalue"),
        "DiffBind": header.has("conc", "fold"),
        "narrowPeak in a table of R": header.has("width", *_NARROW) or header.has(*_R_NARROW),
        "narrowPeak with a header": header.has(*_NARROW),
        "MACS": header.has("abssummit") or header.has("foldenrichment", "length"),
        "SAF": header.has("geneid", "chr", "start", "end"),
        "epic": header.has("chipcount") or header.has("chip", "input", "log2fc"),
        "LanceOtron": header.has("overallpeakscore"),
        "table of R": header.has("seqnames") or header.has("width", "strand"),
    }
    return next((name for name, found in kinds.items() if found), "table with a header")


def _with_base(header: _Header, found: PeakFormat) -> PeakFormat:
    """Find the number of a chromosome's first base."""
    sample = header.sample
    starts, ends = sample.numbers(found.start), sample.numbers(found.end)
    for name in _LENGTHS:
        column = header.find(name)
        if column is None:
            continue
        lengths = sample.numbers(column)
        for base, words in ((1, "end - start + 1"), (0, "end - start")):
            if most(lengths == ends - starts + base):
                reason = f"{found.column(column)} is {words}"
                return replace(found, length=column, first_base=base, base_reason=reason)
    first_base, reason = _named_base(header, found)
    if first_base is None:
        return _base_of_positions(header, found)
    included = found.name == "epic" and end_included(sample, found.start, found.end)
    return replace(found, first_base=first_base, base_reason=reason, last_included=included)


def _named_base(header: _Header, found: PeakFormat) -> tuple[int | None, str]:
    """Return the base that the names of columns imply."""
    if found.name in ("HOMER", "MAnorm", "SAF", "MACS"):
        return 1, f"{found.name} counts from 1"
    if header.has("chromstart") or header.has("chromend"):
        return 0, "UCSC's names of columns"
    if bool(np.any(header.sample.numbers(found.start) == 0)):
        return 0, "a start is 0"
    if header.find("seqnames", "seqname", "seqid") is not None:
        return 1, "R's names of columns"
    if found.name in ("epic", "LanceOtron", "narrowPeak with a header"):
        return 0, f"{found.name.split()[0]} counts from 0"
    return None, ""


def _base_of_positions(header: _Header, found: PeakFormat) -> PeakFormat:
    """Infer the base from starts, ends and summits, or else assume it."""
    sample, bounds = header.sample, (found.start, found.end)
    starts, ends = sample.numbers(found.start), sample.numbers(found.end)
    if bool(np.any(starts == ends)):
        return replace(found, first_base=1, base_reason="a start is its peak's end")
    column = header.find(*_SUMMITS)
    at_end = column is not None and bool(np.any(sample.numbers(column) == ends))
    if column is not None and at_end and nearly_all(within(sample, column, *bounds)):
        return replace(found, first_base=1, base_reason="a summit is its peak's end")
    if found.strand is not None and "*" in sample.texts(found.strand):
        return replace(found, first_base=1, base_reason="R writes * as strand", base_assumed=True)
    return replace(found, base_assumed=True, base_reason=UNKNOWN_BASE)


def _with_summit(header: _Header, found: PeakFormat) -> PeakFormat:
    """Find the column of the summit."""
    sample, bounds = header.sample, (found.start, found.end)
    for names, peak in ((_NARROW, "peak"), (_R_NARROW, "v10"), (("peak", "qvalue"), "peak")):
        column = header.find(peak)
        if header.has(*names) and column is not None:
            if most(narrow_summits(sample, column, *bounds)):
                return replace(found, summit=column, place=Place.OFFSET)
            if nearly_all(within(sample, column, *bounds)):
                base = found.first_base
                return replace(found, summit=column, place=Place.POSITION, summit_base=base)
    column = header.find(*_SUMMITS)
    if column is not None and sample.numeric(column):
        place, base = _summit_kind(header, found, column)
        return replace(found, summit=column, place=place, summit_base=base)
    thick = header.find("thickstart"), header.find("thickend")
    one_base = header.find("thickwidth")  # as rtracklayer reads BED
    if thick[0] is not None and one_base is not None and most(sample.numbers(one_base) == 1):
        base = found.first_base
        return replace(found, summit=thick[0], place=Place.POSITION, summit_base=base)
    if thick[0] is not None and thick[1] is not None and sample.whole(thick[0], thick[1]):
        if header.has("blockcount", "signalvalue"):
            return replace(found, summit=thick[0], summit_end=thick[1], place=Place.PART)
        return thick_part(sample, found, thick[0], thick[1])
    for column, name in enumerate(header.names):
        if "max" in name and sample.regions(column, *bounds):
            return replace(found, summit=column, place=Place.REGION)
    return _ignored(header, found)


def _summit_kind(header: _Header, found: PeakFormat, column: int) -> tuple[Place, int]:
    """Return the kind of a column with a known name, and the base from which it counts."""
    name = header.names[column]
    if found.name == "MACS" and name == "summit":  # MACS 1.4
        return Place.OFFSET, 1
    if name == "abssummit":
        return Place.POSITION, 1
    return Place.INFERRED, found.first_base


def _ignored(header: _Header, found: PeakFormat) -> PeakFormat:
    """Describe a column that seems to hold the summit."""
    for column, name in enumerate(header.names):
        inside = within(header.sample, column, found.start, found.end)
        if column not in (found.start, found.end) and nearly_all(inside):
            if "summit" in name or "peak" in name or "max" in name or "pos" in name:
                text = f"{found.column(column)} holds a position within each peak"
                return replace(found, ignored_summit=text)
        elif "summit" in name and header.sample.whole(column):
            return replace(found, ignored_summit=f"{found.column(column)} may hold the summit")
    return found


def _with_strength(header: _Header, found: PeakFormat) -> PeakFormat:
    """Find the column of the strength."""
    known = [*_STRENGTHS]
    if header.has(*_R_NARROW) and found.place == Place.OFFSET:
        known.insert(0, "v7")
    if found.name == "DiffBind":
        known.append("conc")
    for name in known:
        column = header.find(name)
        if column is not None and header.sample.numeric(column):
            return replace(found, signal=column)
    if found.score is not None:
        return replace(found, signal=found.score)
    used = [
        found.chrom, found.start, found.end, found.length, found.summit, found.summit_end,
        found.strand,
    ]  # fmt: skip
    return replace(found, candidates=header.sample.free_numbers(used))
