"""Factor and biosample in the names of peak files, such as ``HepG2_CTCF_rep1.narrowPeak``."""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tfmoe.core.files import Pathlike
from tfmoe.jaspar.names import KnownNames

UNKNOWN = "unknown"
"""Biosample of a file whose name has none."""
BIOSAMPLES = Path(__file__).with_name("biosamples.tsv")
_LONGEST = 4  # parts of a name such as MDA-MB-231 or H1-hESC
_PACKED = (".gz", ".bgz", ".bz2", ".xz")
# parts that are no factor: assay, peak caller, file type, replicate, accession, assembly
_TECHNICAL = re.compile(
    r"(chip|chip-?(seq|exo|nexus)|seq|exo|nexus|cut(and|n|&)?(run|tag)?|run|dap|ampdap|peaks?|all"
    r"|(narrow|broad|gapped)(peaks?)?|peakfile|bed\d*|summits?|idr|conservative|optimal|thresholded"
    r"|train|valid(ation)?|final|filtered|sorted|merged|pooled|pool|union|rmdup|stringent|relaxed"
    r"|rep(licate|s)?\d*|(bio|tech|br|r|pr)\d+|self|pseudo(rep\w*)?|macs\d*|spp|homer|gem"
    r"|genrich|sicer\d?|seacr|epic2?|lanceotron|chexmix|cx|hg\d+|hs\d+|grch\d+|grcm\d+|mm\d+"
    r"|rn\d|dm\d|ce\d+|saccer\d|danrer\d+|tair\d+|r64|hs1|t2t|gs[em]\d{3,}|[sde]r[rxp]\d{4,}"
    r"|enc(ff|sr)\w{6}|chr\w{1,2}|q\d+|fdr\w*|\d+bp|ip|input|control|ctrl|treat(ed|ment)?|vs|wt"
    r"|human|mouse|yeast|homo|sapiens|mus|musculus|saccharomyces|cerevisiae|tfs?|antibody|txt|tsv"
    r"|csv|xls|remap\d*|noblacklist|blacklisted|untreated|day\d+|\d+h|\d+|[a-z]|[a-oq-z]\d)\Z",
    re.IGNORECASE,
)
_GENE = re.compile(r"[A-Za-z][A-Za-z0-9]*(-[A-Za-z0-9]+)*\Z")
_TOKEN = re.compile(r"[^\s._()\[\]+,=@~-]+")


@dataclass(frozen=True)
class NameParts:
    """Factor and biosample that a file name shows.

    Attributes
    ----------
    factor
        The factor, as JASPAR or `resources/factors.tsv` spell it, or a single part of the name that
        may be an unknown factor; `None` if there is none, or several.
    known
        Whether the factor is known.
    biosample
        The biosample, or `UNKNOWN`.
    candidates
        Several factors that the name may mean.
    """

    factor: str | None
    known: bool
    biosample: str = UNKNOWN
    candidates: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Span:
    """Consecutive parts of a name: their numbers, and the text with the punctuation between."""

    first: int
    last: int
    text: str
    joints: str


def read_file_name(path: Pathlike, names: KnownNames) -> NameParts:
    """Read factor and biosample from the name of a peak file.

    A part of the name is a biosample if `biosamples.tsv` lists it, and a factor if it is the name
    of one in the organisms of `names`. Synonyms count only if no part is a factor's own name.
    Without a known factor, the only part that is neither technical (``rep1``, ``peaks``,
    ``GSM123``) nor the biosample is taken as an unknown factor.

    Parameters
    ----------
    path
        The file; only its name counts.
    names
        All names of factors.
    """
    stem = _stem(Path(path).name)
    parts = list(_TOKEN.finditer(stem))
    spans = list(_spans(stem, parts))
    used: set[int] = set()
    biosample = UNKNOWN
    for span in spans:
        known = None if names.is_known(span.text) else biosamples().get(_plain(span.text))
        # the first biosample counts; in `H1_HeLa`, the other is no factor either
        if known and used.isdisjoint(range(span.first, span.last)):
            biosample = known if biosample == UNKNOWN else biosample
            used |= set(range(span.first, span.last))
    symbols, synonyms = _factors(spans, used, names)
    found = symbols or synonyms
    if len(found) == 1:
        return NameParts(found[0], True, biosample)
    if found:
        return NameParts(None, False, biosample, tuple(found))
    rest = _rest(stem, parts, used)
    return NameParts(rest[0] if len(rest) == 1 else None, False, biosample)


@cache
def biosamples(path: Path = BIOSAMPLES) -> dict[str, str]:
    """Return the biosamples by their names in lower case, without punctuation."""
    with path.open(encoding="utf-8") as lines:
        rows = csv.DictReader((line for line in lines if line[0] != "#"), delimiter="\t")
        return {
            _plain(name): row["biosample"]
            for row in rows
            for name in (row["biosample"], *row["other_names"].split(";"))
            if _plain(name)
        }


def _stem(name: str) -> str:
    """Return a file name without its suffixes of packing and format."""
    for suffix in _PACKED:
        name = name.removesuffix(suffix)
    stem, point, suffix = name.rpartition(".")
    return stem if point and len(suffix) > 1 and not suffix.isdecimal() else name


def _spans(stem: str, parts: Sequence[re.Match[str]]) -> Iterator[_Span]:
    """Yield all runs of parts, the longest first."""
    for length in range(min(_LONGEST, len(parts)), 0, -1):
        for first in range(len(parts) - length + 1):
            run = parts[first : first + length]
            pairs = itertools.pairwise(run)
            joints = "".join(stem[left.end() : right.start()] for left, right in pairs)
            text = stem[run[0].start() : run[-1].end()]
            yield _Span(first, first + length, text, joints)


def _factors(
    spans: Sequence[_Span], used: set[int], names: KnownNames
) -> tuple[list[str], list[str]]:
    """Return the factors by their own names and those by synonyms; each part counts once."""
    symbols: list[str] = []
    synonyms: list[str] = []
    taken = set(used)
    for span in spans:
        run = set(range(span.first, span.last))
        if run & taken or _TECHNICAL.match(span.text) or not re.search("[A-Za-z]", span.text):
            continue
        found = names.resolve(span.text)
        if not names.is_known(found.symbol) or not _is_one_name(span, found.reason):
            continue
        taken |= run
        kind = symbols if found.symbol.upper() in span.text.upper() else synonyms
        if found.symbol not in kind:
            kind.append(found.symbol)
    return symbols, synonyms


def _is_one_name(span: _Span, reason: str) -> bool:
    """Return whether parts belong together: `NKX2-5` and `PU.1`, and not `TBX2_1` or `MAX-MYC`."""
    if not span.joints:
        return True
    respelled = "punctuation" in reason and (span.joints != "-" or span.text[-1].isdecimal())
    return not (respelled or "heterodimer" in reason or set(span.joints) & set("_ "))


def _rest(stem: str, parts: Sequence[re.Match[str]], used: set[int]) -> list[str]:
    """Return the parts that are neither technical nor the biosample; hyphens join parts."""
    groups: list[list[re.Match[str]]] = []
    for number, part in enumerate(parts):
        if number in used or _TECHNICAL.match(part[0]):
            continue
        if groups and stem[groups[-1][-1].end() : part.start()] == "-":
            groups[-1].append(part)
        else:
            groups.append([part])
    texts = [stem[group[0].start() : group[-1].end()] for group in groups]
    return list(dict.fromkeys(text for text in texts if _GENE.match(text)))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
