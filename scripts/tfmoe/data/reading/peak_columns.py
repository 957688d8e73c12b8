"""Formats of peak files without a header, inferred from the values of their columns.

A format is recognised by rules that its columns fulfil, not by their number alone: a summit lies
within its peak, a width is end - start + 1, a second file's intervals overlap those of the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from tfmoe.data.reading.peak_layout import BED_BASE, UNKNOWN_BASE, PeakFormat, Place
from tfmoe.data.reading.peak_sample import Flags, Sample, is_whole, most, nearly_all

_FIRST_BIN, _BIN_BITS = 585, 17
_STEP, _FEW = 10, 3


def by_columns(sample: Sample) -> PeakFormat:
    """Infer the format of a file without a header."""
    for find in _KINDS:
        found = find(sample)
        if found is not None:
            return found
    return _bed(sample)


def narrow_summits(sample: Sample, column: int, start: int = 1, end: int = 2) -> Flags:
    """Return which values of a column are narrowPeak's `peak`: offsets from 0, or -1 for none."""
    offsets = sample.numbers(column)
    sizes = sample.numbers(end) - sample.numbers(start)
    found: Flags = is_whole(offsets) & (offsets >= -1) & (offsets <= sizes)
    return found


def within(sample: Sample, column: int, start: int = 1, end: int = 2) -> Flags:
    """Return which values of a column are positions within their peak."""
    values = sample.numbers(column)
    inside = (sample.numbers(start) <= values) & (values <= sample.numbers(end))
    found: Flags = is_whole(values) & inside
    return found


def end_included(sample: Sample, start: int = 1, end: int = 2) -> bool:
    """Return whether ends are last bases although starts count from 0, as SICER writes windows."""
    starts, ends = sample.numbers(start), sample.numbers(end)
    return bool(np.all(starts % _STEP == 0) and np.all((ends + 1) % _STEP == 0))


def middle_or_ignored(sample: Sample, found: PeakFormat) -> PeakFormat:
    """Describe a column of positions within the peaks that a format without summit does not use."""
    if found.summit is not None or found.ignored_summit or len(sample.rows) < _FEW:
        return found
    bounds = {found.chrom, found.start, found.end, found.score, found.signal}
    sizes = sample.numbers(found.end) - sample.numbers(found.start)
    for column in sample.free_numbers([*bounds]):
        values = sample.numbers(column)
        inside = within(sample, column, found.start, found.end)
        differs = (values != sample.numbers(found.start)) & (values != sample.numbers(found.end))
        differs &= values != sample.numbers(found.start) + sizes // 2
        if nearly_all(inside) and most(differs) and most(sizes > 1):
            return replace(
                found,
                ignored_summit=f"{found.column(column)} holds a position within each peak",
            )
    return found


def _joined(sample: Sample) -> PeakFormat | None:
    """Recognise the lines of two files side by side, as by `bedtools intersect -wa -wb`."""
    for column in range(3, sample.width - 2):
        if not sample.whole(1, 2) or not _second_file(sample, column):
            continue
        first, second = by_columns(sample.part(0, column)), by_columns(sample.part(column))
        ignored = first.ignored_summit
        if first.place == Place.MIDDLE and second.place != Place.MIDDLE:
            ignored = (
                f"the peaks from column {column + 1} on have a summit (column "
                f"{column + (second.summit or 0) + 1})"
            )
        name = f"{first.name} joined with other intervals (bedtools intersect)"
        return replace(first, name=name, ignored_summit=ignored)
    return None


def _second_file(sample: Sample, column: int) -> bool:
    """Return whether the columns from here on are intervals on the same chromosomes."""
    starts, ends = sample.numbers(column + 1), sample.numbers(column + 2)
    named = np.array([row[column] == row[0] for row in sample.rows])
    missing = np.array([row[column] == "." for row in sample.rows]) & (starts == -1)
    whole = is_whole(starts) & is_whole(ends)
    # intervals of `bedtools closest` do not overlap
    return nearly_all((named & whole & (ends > starts)) | missing)


def _name_first(sample: Sample) -> PeakFormat | None:
    """Recognise lines whose second column is the chromosome: SAF, HOMER, R's row names, UCSC."""
    if sample.width < 4 or sample.numeric(1) or not sample.whole(2, 3):
        return None
    starts, ends = sample.numbers(2), sample.numbers(3)
    inner = sample.part(1)
    bins = _FIRST_BIN + starts // 2**_BIN_BITS
    same_bin = starts // 2**_BIN_BITS == (ends - 1) // 2**_BIN_BITS
    if sample.whole(0) and nearly_all((sample.numbers(0) == bins) | ~same_bin):
        return _shifted(by_columns(inner), "UCSC table with bin")
    if _grange(inner) is not None:
        return _shifted(by_columns(inner), "table of R with row names")
    if sample.strands(4) or _homer_strands(sample):
        strength = 5 if sample.width > 5 and sample.numeric(5) else None
        return PeakFormat(
            "SAF or HOMER", 1, 2, 3, strand=4, signal=strength, first_base=1,
            base_reason="SAF and HOMER count from 1",
            candidates=sample.free_numbers([0, 1, 2, 3, 4]),
        )  # fmt: skip
    return replace(
        _shifted(by_columns(inner), "BED with a column before the chromosome"), base_assumed=True,
        base_reason=UNKNOWN_BASE,
    )  # fmt: skip


def _homer_strands(sample: Sample) -> bool:
    """Return whether column 5 is a strand as HOMER may write it: 0 or 1."""
    return sample.width > 4 and all(text in ("0", "1") for text in sample.texts(4))


def _shifted(found: PeakFormat, name: str) -> PeakFormat:
    """Return a format whose columns start one column later."""
    columns = ("chrom", "start", "end", "score", "strand", "signal", "summit", "summit_end")
    moved: dict[str, Any] = {
        key: None if getattr(found, key) is None else getattr(found, key) + 1
        for key in (*columns, "length")
    }
    candidates = tuple(column + 1 for column in found.candidates)
    return replace(found, **moved, name=f"{name} ({found.name})", candidates=candidates)


def _gff(sample: Sample) -> PeakFormat | None:
    """Recognise GFF and GTF, which count from 1."""
    if sample.width not in (8, 9) or not sample.whole(3, 4) or not sample.strands(6):
        return None
    if sample.whole(1) or sample.whole(2):
        return None
    score = 5 if sample.numeric(5) else None
    return PeakFormat(
        "GFF", 0, 3, 4, score, 6, score, first_base=1, base_reason="GFF counts from 1"
    )


def _grange(sample: Sample) -> PeakFormat | None:
    """Recognise a table of R's GRanges: the fourth column is the width, the fifth the strand."""
    if sample.width < 4 or not sample.whole(1, 2, 3):
        return None
    sizes = sample.numbers(2) - sample.numbers(1)
    widths = sample.numbers(3)
    if nearly_all(widths == sizes + 1):
        base: dict[str, Any] = {"first_base": 1, "base_reason": "column 4 is end - start + 1"}
    elif nearly_all(widths == sizes) and len(sample.rows) >= _FEW:
        base = {"first_base": 0, "base_reason": "column 4 is end - start"}
    else:
        return None
    if sample.strands(4):
        found = replace(_grange_columns(sample), strand=4, length=3, **base)
    elif base["first_base"] == 1:
        found = replace(_macs_columns(sample), length=3, **base)
    else:
        return None
    return middle_or_ignored(sample, found)


def _grange_columns(sample: Sample) -> PeakFormat:
    """Return the columns after the strand, which R takes over from narrowPeak, broadPeak or BED."""
    name, free = "table of R (GRanges)", sample.free_numbers([1, 2, 3])
    at = 7 + int(sample.strands(7))  # ChIPseeker keeps the strand of the file as a further column
    if sample.numeric(at, at + 1, at + 2):
        if most(narrow_summits(sample, at + 3)):
            return PeakFormat(
                f"narrowPeak in a {name}", score=6, signal=at, summit=at + 3, place=Place.OFFSET
            )
        if sample.width == at + 3:
            return PeakFormat(f"broadPeak in a {name}", score=6, signal=at)
    if sample.width in (7, 8) and sample.numeric(6) and not sample.numeric(5):
        return PeakFormat(f"BED in a {name}", score=6, signal=6)
    return PeakFormat(name, candidates=free)


def _macs_columns(sample: Sample) -> PeakFormat:
    """Return the columns after the width, as in MACS's .xls without its header."""
    free = sample.free_numbers([1, 2, 3])
    if sample.numeric(4, 5, 6, 7):
        offsets = sample.numbers(4)
        if nearly_all(within(sample, 4)):
            return PeakFormat(
                "MACS .xls without a header", signal=7, summit=4, place=Place.POSITION,
                summit_base=1,
            )  # fmt: skip
        inside = is_whole(offsets) & (offsets >= 1) & (offsets <= sample.numbers(3))
        if nearly_all(inside) and (sample.width == 8 or sample.numeric(8)):
            return PeakFormat(
                "MACS 1.4 .xls without a header", signal=7, summit=4, place=Place.OFFSET,
                summit_base=1,
            )  # fmt: skip
    if sample.width == 9 and sample.numeric(4, 5, 6, 7) and not sample.numeric(8):
        return PeakFormat("broad MACS .xls without a header", signal=6)
    return PeakFormat("table with a column of widths", candidates=free)


def _seacr(sample: Sample) -> PeakFormat | None:
    """Recognise SEACR: total signal, maximum, and the region of the maximum (``chr1:5-9``)."""
    if sample.width < 6 or not sample.numeric(3, 4) or not sample.regions(5, 1, 2):
        return None
    return PeakFormat("SEACR", score=4, signal=4, summit=5, place=Place.REGION)


def _thick(sample: Sample) -> PeakFormat | None:
    """Recognise gappedPeak and BED8 to BED12, whose columns 7 and 8 hold a part of the peak."""
    if sample.width < 8 or not sample.whole(6, 7) or not sample.strands(5):
        return None
    start, end = sample.numbers(1), sample.numbers(2)
    first, last = sample.numbers(6), sample.numbers(7)
    parts = (start <= first) & (first <= last) & (last <= end)
    unset = (first == last) & ((first == 0) | (first == -1))
    confirmed = most(_blocks(sample)) if sample.width > 11 else sample.width == 8
    if not nearly_all(parts | unset) or not (confirmed or most(_colours(sample))):
        return None
    if not confirmed and sample.width != 9 and most(unset):  # narrowPeak without any strength
        return None
    score = 4 if sample.numeric(4) else None
    if sample.width == 15 and most(_blocks(sample)) and sample.numeric(12):
        return PeakFormat(
            "gappedPeak", score=score, strand=5, signal=12, summit=6, summit_end=7,
            place=Place.PART,
        )  # fmt: skip
    found = PeakFormat(f"BED{sample.width}", score=score, strand=5, signal=score)
    found = replace(found, candidates=() if score else sample.free_numbers([1, 2, 6, 7]))
    return thick_part(sample, found, 6, 7)


def thick_part(sample: Sample, found: PeakFormat, first: int, last: int) -> PeakFormat:
    """Take a part of the peaks as summit if it has one base, or else describe it."""
    sizes = sample.numbers(last) - sample.numbers(first)
    inside = (sample.numbers(found.start) - 1 <= sample.numbers(first)) & (
        sample.numbers(last) <= sample.numbers(found.end)
    )
    if most((sizes == 1) & inside):
        return replace(found, summit=first, summit_end=last, place=Place.ONE_BASE)
    narrower = (sizes > 0) & (sizes < sample.numbers(found.end) - sample.numbers(found.start))
    points = (sizes == 0) & (sample.numbers(first) > sample.numbers(found.start))
    if most((narrower | points) & inside):
        ignored = f"columns {first + 1} and {last + 1} hold a part of each peak"
        return replace(found, ignored_summit=ignored)
    return found


def _colours(sample: Sample) -> Flags:
    """Return which values of column 9 are colours of BED: 0, ``.``, or three numbers."""
    if not 9 <= sample.width < 12:
        return np.zeros(len(sample.rows), dtype=np.bool_)
    return np.array([text in ("0", ".") or text.count(",") == 2 for text in sample.texts(8)])


def _blocks(sample: Sample) -> Flags:
    """Return which lines have as many sizes and starts of blocks as BED12's count."""
    if sample.width < 12:
        return np.zeros(len(sample.rows), dtype=np.bool_)
    return np.array(
        [
            all(str(len(row[at].rstrip(",").split(","))) == row[9] for at in (10, 11))
            for row in sample.rows
        ]
    )


def _idr_of_bed(sample: Sample) -> PeakFormat | None:
    """Recognise IDR's output for BED: two IDRs, then interval and signal of each replicate."""
    if sample.width != 14 or not sample.numeric(4, 6, 7, 10, 13):
        return None
    if not (_overlap(sample, 8) and _overlap(sample, 11)):
        return None
    # the score grows with the global IDR in column 8, but ends at 1000
    return PeakFormat("IDR of BED", score=4, strand=5, signal=7)


def _idr_of_broad(sample: Sample) -> PeakFormat | None:
    """Recognise IDR's output for broadPeak, which has no summits."""
    if sample.width != 17 or not sample.numeric(6, 7, 8, 9, 10):
        return None
    if not (_overlap(sample, 11) and _overlap(sample, 14)):
        return None
    return PeakFormat("IDR of broadPeak", score=4, strand=5, signal=6)


def _overlap(sample: Sample, column: int) -> bool:
    """Return whether two columns from `column` on are intervals that overlap the peaks."""
    starts, ends = sample.numbers(column), sample.numbers(column + 1)
    whole = is_whole(starts) & is_whole(ends)
    return nearly_all(whole & (starts < sample.numbers(2)) & (ends > sample.numbers(1)))


def _narrow(sample: Sample) -> PeakFormat | None:
    """Recognise narrowPeak, also with further columns such as those of IDR."""
    if sample.width < 10 or not sample.strands(5) or not most(_any_number(sample)):
        return None
    further = sample.width > 11
    if further and not sample.numeric(6, 7, 8):
        return None
    name = "narrowPeak" if sample.width == 10 else "narrowPeak with further columns"
    if sample.width == 20 and _overlap(sample, 12) and _overlap(sample, 16):
        name = "IDR of narrowPeak"
    found = PeakFormat(name, score=4, strand=5, signal=6, summit=9, place=Place.OFFSET)
    if most(sample.numbers(9) == -1):
        without = middle_or_ignored(sample, replace(found, summit=None, place=Place.MIDDLE))
        return replace(found, ignored_summit=without.ignored_summit)
    if most(narrow_summits(sample, 9)):
        return found
    if nearly_all(within(sample, 9)):
        return replace(found, name=f"{name} with positions as summits", place=Place.POSITION)
    # offsets beyond the peaks are a fault, which is reported with its line
    return found if sample.width == 10 and sample.numeric(6, 7, 8) and sample.whole(9) else None


def _any_number(sample: Sample) -> Flags:
    """Return which lines have a number in any of the columns 7 to 9."""
    columns = [~np.isnan(sample.numbers(column)) for column in (6, 7, 8)]
    found: Flags = np.logical_or.reduce(columns)
    return found


def _broad(sample: Sample) -> PeakFormat | None:
    """Recognise broadPeak."""
    if sample.width != 9 or not sample.strands(5) or not sample.numeric(6, 7, 8):
        return None
    return PeakFormat("broadPeak", score=4, strand=5, signal=6)


def _sicer(sample: Sample) -> PeakFormat | None:
    """Recognise SICER's islands: reads, reads of the control, p, fold change and FDR."""
    if sample.width != 8 or not sample.numeric(3, 4, 5, 6, 7) or not sample.whole(1, 2):
        return None
    reads = np.minimum(sample.numbers(3), sample.numbers(4))
    p, rate = sample.numbers(5), sample.numbers(7)
    shares = (p >= 0) & (p <= 1) & (rate >= 0) & (rate <= 1)
    if not nearly_all((reads >= 0) & shares & (sample.numbers(6) >= 0)):
        return None
    return PeakFormat(
        "SICER islands", signal=6, last_included=end_included(sample), candidates=(3, 6)
    )


def _epic(sample: Sample) -> PeakFormat | None:
    """Recognise epic2 without its header: p, score, strand, reads, control, FDR, fold change."""
    if sample.width != 10 or not sample.strands(5) or not sample.numeric(3, 4, 6, 7, 8, 9):
        return None
    p, rate = sample.numbers(3), sample.numbers(8)
    if not nearly_all((p >= 0) & (p <= 1) & (rate >= 0) & (rate <= 1)) or not sample.whole(6, 7):
        return None
    return PeakFormat("epic2", score=4, strand=5, signal=4, last_included=end_included(sample))


def _bed(sample: Sample) -> PeakFormat:
    """Return BED with at least three columns."""
    width, free = sample.width, sample.free_numbers([1, 2])
    strand = 5 if sample.strands(5) else None
    scored = width > 4 and sample.numeric(4) and (strand is not None or _labels(sample))
    score = 4 if scored or strand is not None else None
    name = f"BED{min(width, 6) if strand else min(width, 5)}"
    if width > (6 if strand else 5):
        name += " with further columns"
    assumed = strand is not None and most(np.array([text == "*" for text in sample.texts(5)]))
    reason = BED_BASE + (", but R writes * as strand" if assumed else "")
    found = PeakFormat(
        name, score=score, strand=strand, signal=4 if scored else None, candidates=free,
        base_assumed=assumed, base_reason=reason,
    )  # fmt: skip
    return middle_or_ignored(sample, found)


def _labels(sample: Sample) -> bool:
    """Return whether column 4 holds names: text, or numbers that count the lines."""
    if not sample.numeric(3):
        return True
    if nearly_all(within(sample, 3)):
        return False
    numbers = sample.numbers(3)
    return bool(sample.whole(3) and len(np.unique(numbers)) == len(numbers) and _rising(sample))


def _rising(sample: Sample) -> bool:
    """Return whether column 4 counts the lines: each number is greater than the one before."""
    return bool(np.all(np.diff(sample.numbers(3)) > 0))


_KINDS: tuple[Callable[[Sample], PeakFormat | None], ...] = (
    _joined, _gff, _name_first, _grange, _seacr, _thick, _idr_of_bed, _idr_of_broad, _epic,
    _narrow, _broad, _sicer,
)  # fmt: skip
