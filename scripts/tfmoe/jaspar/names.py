"""Names of factors as people write them: synonyms, epitope tags, species and punctuation.

`factor_synonyms.tsv` (synonym, symbol, organism, source) lists other names of the factors
that JASPAR or `resources/factors.tsv` has. A name with several symbols is ambiguous, and none of
them is used.
"""

from __future__ import annotations

import csv
import difflib
import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TypeVar

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

SYNONYM_COLUMNS = ("synonym", "symbol", "organism", "source")
SYNONYMS = Path(__file__).with_name("factor_synonyms.tsv")
TAX_GROUPS = {
    "Homo sapiens": "vertebrates",
    "Mus musculus": "vertebrates",
    "Saccharomyces cerevisiae": "fungi",
}
"""JASPAR's taxonomic group of each organism with curated factors or synonyms."""
T = TypeVar("T")
REMOVED = "tag or species removed"
_SIMILAR = 0.7  # least similarity of a name that is offered

_TAG = (
    r"(?:\d{0,2}x?(?:flag|ha|myc|his|v5|ty1|t7|avi|tap|gst|strep(?:-?ii)?|bio|biotin)"
    r"|(?:[ems]|em)?(?:gfp|yfp|cfp|rfp|bfp)|mcherry|mneongreen|halo|snap|clip)(?:-?tag)?"
)
_PREFIX = re.compile(rf"^(?:{_TAG}|anti|endogenous)[-_.](?=.)", re.IGNORECASE)
_SUFFIX = re.compile(rf"(?<=.)[-_.]{_TAG}$", re.IGNORECASE)
# CIS-BP: (GATA3)_(Homo_sapiens)_(DBD_1.00)
_BRACKETED = re.compile(r"^\(([^()]+)\)_\([A-Za-z]+[_ .][A-Za-z_ .]+\)")
_SPECIES = re.compile(
    r"(?:[-_. ]+\(?|\()(?:human|mouse|rat|yeast|drome|arath|caeel|danre|chick|xenla"
    r"|[a-z]+[_ ](?:sapiens|musculus|norvegicus|cerevisiae|melanogaster|thaliana|elegans|rerio))"
    r"\)?$",
    re.IGNORECASE,
)
# hGATA3, mGata3, dMyc: one lower-case letter before a capital
_SPECIES_LETTER = re.compile(r"^[hmrd](?=[A-Z])")
_YEAST_PROTEIN = re.compile(r"^[A-Za-z]{3}\d+p$")
_GREEK = {"ALPHA": "A", "BETA": "B", "GAMMA": "G", "DELTA": "D", "EPSILON": "E"}


@dataclass(frozen=True)
class Synonym:
    """One row of `factor_synonyms.tsv`."""

    synonym: str
    symbol: str
    organism: str
    source: str


@dataclass(frozen=True)
class ResolvedName:
    """The factor of a name.

    Attributes
    ----------
    given
        The name in the experiment table.
    symbol
        The factor's name in JASPAR or in the curated table; the name as given if it is unknown.
    reason
        Kind of the name, such as ``HGNC alias symbol``; empty if it is the symbol itself.
    candidates
        Symbols of an ambiguous name, none of which is used.
    others
        Further factors that are also called by this name, which is the symbol of the first.
    """

    given: str
    symbol: str
    reason: str = ""
    candidates: tuple[str, ...] = ()
    others: tuple[Synonym, ...] = ()


def factor_key(name: str) -> str:
    """Return a comparable name: upper case, with the partners of a heterodimer sorted."""
    return "::".join(sorted(name.upper().split("::")))


def without_species(name: str) -> str:
    """Remove a species, as in ``(GATA3)_(Homo_sapiens)`` and ``GATA3_HUMAN``."""
    bracketed = _BRACKETED.match(name)
    return bracketed[1] if bracketed else _SPECIES.sub("", name) or name


class KnownNames:
    """Names of factors and their synonyms, to look up names as people write them.

    Parameters
    ----------
    names
        Names in JASPAR, or in a user's MEME file, and in the curated table.
    synonyms
        The synonyms in the organisms of the run.
    """

    def __init__(self, names: Iterable[str], synonyms: Iterable[Synonym]) -> None:
        self._names: dict[str, str] = {}
        for name in names:
            self._names.setdefault(factor_key(without_species(name)), without_species(name))
        self._rows: dict[str, list[Synonym]] = defaultdict(list)
        self._of_symbol: dict[str, list[Synonym]] = defaultdict(list)
        for row in synonyms:
            self._rows[row.synonym.upper()].append(row)
            self._of_symbol[row.symbol.upper()].append(row)

    def resolve(self, name: str) -> ResolvedName:
        """Find the factor of a name.

        The exact name comes first, whatever the case, then the partners of a heterodimer, the
        synonyms, and the name without punctuation; then the same without tags and species.
        """
        forms = _forms(name)
        for form in forms:
            found = self._resolve(form)
            if found is None:
                continue
            decorated = "" if form == name else REMOVED
            reason = "; ".join(part for part in (decorated, found.reason) if part)
            return ResolvedName(name, found.symbol, reason, found.candidates, found.others)
        bare = min(forms, key=len)
        return ResolvedName(name, bare, "" if bare == name else REMOVED)

    def similar(self) -> dict[str, str]:
        """Return all names and unambiguous synonyms, in upper case, each with its symbol."""
        rows = {
            key: found[0].symbol
            for key, found in self._rows.items()
            if len({row.symbol.upper() for row in found}) == 1
            and found[0].symbol.upper() in self._names
        }
        return rows | self._names

    def is_known(self, symbol: str) -> bool:
        """Return whether a symbol, as `resolve` returns it, is that of a known factor."""
        return factor_key(symbol) in self._names

    def nearest(self, name: str) -> str | None:
        """Return the symbol of the known factor whose name, or synonym, is most similar."""
        similar = self.similar()
        close = difflib.get_close_matches(name.upper(), similar, n=1, cutoff=_SIMILAR)
        return similar[close[0]] if close else None

    def _resolve(self, name: str) -> ResolvedName | None:
        key = factor_key(name)
        if key in self._names:
            return ResolvedName(name, self._names[key], others=tuple(self._other_factors(key)))
        dimer = factor_key("::".join(re.split(r"[-_/+:]+", name)))
        if "::" in dimer and dimer in self._names:
            return ResolvedName(name, self._names[dimer], "partners of a heterodimer")
        return (
            self._by_synonym(name, self._rows.get(name.upper(), []))
            or self._by_other_name(name)
            or self._without_punctuation(name)
        )

    def _other_factors(self, key: str) -> list[Synonym]:
        return [row for row in self._rows.get(key, []) if row.symbol.upper() != key]

    def _by_synonym(self, name: str, rows: list[Synonym]) -> ResolvedName | None:
        """Resolve by rows of the table; a name that is itself a symbol means that symbol."""
        if not rows:
            return None
        own = [row for row in rows if row.symbol.upper() == name.upper()]
        if own:
            others = tuple(row for row in rows if row not in own)
            return ResolvedName(name, own[0].symbol, own[0].source, others=others)
        # the organisms come in order: a synonym in man is not compared with those in mouse
        rows = [row for row in rows if row.organism == rows[0].organism]
        symbols = {row.symbol.upper(): row.symbol for row in rows}
        if len(symbols) > 1:
            return ResolvedName(name, name, candidates=tuple(sorted(symbols.values())))
        symbol = self._names.get(rows[0].symbol.upper(), rows[0].symbol)
        return ResolvedName(name, symbol, rows[0].source)

    def _by_other_name(self, name: str) -> ResolvedName | None:
        """Find a factor that the matrices list under a synonym of `name`, as older files do."""
        found = {
            row.synonym.upper(): row.source
            for row in self._of_symbol.get(name.upper(), [])
            if row.synonym.upper() in self._names and not self._is_ambiguous(row)
        }
        if len(found) != 1:
            return None
        (key, source), = found.items()  # fmt: skip
        return ResolvedName(name, self._names[key], f"{source} {self._names[key]}")

    def _is_ambiguous(self, row: Synonym) -> bool:
        return len({other.symbol.upper() for other in self._rows[row.synonym.upper()]}) > 1

    def _without_punctuation(self, name: str) -> ResolvedName | None:
        plain = _plain(name)
        names = self._plain_names.get(plain, [])
        if len(names) == 1:
            return ResolvedName(name, names[0], "other punctuation")
        if names:
            return ResolvedName(name, name, candidates=tuple(sorted(names)))
        return self._by_synonym(name, self._plain_rows.get(plain, []))

    @cached_property
    def _plain_names(self) -> dict[str, list[str]]:
        return _grouped((_plain(key), name) for key, name in self._names.items())

    @cached_property
    def _plain_rows(self) -> dict[str, list[Synonym]]:
        rows = [row for found in self._rows.values() for row in found]
        return _grouped((_plain(row.synonym), row) for row in rows)


def known_names(names: Iterable[str], tax_groups: Collection[str]) -> KnownNames:
    """Return the names with the synonyms in the organisms of JASPAR's taxonomic groups.

    Parameters
    ----------
    names
        As for `KnownNames`.
    tax_groups
        The groups whose organisms count; empty for all of them, as for a user's MEME file.
    """
    rows = [
        row
        for row in read_synonyms()
        if not tax_groups or TAX_GROUPS.get(row.organism) in tax_groups
    ]
    return KnownNames(names, rows)


@cache
def read_synonyms(path: Pathlike = SYNONYMS) -> tuple[Synonym, ...]:
    """Read the table of synonyms.

    Raises
    ------
    InputError
        If the table has other columns, or a field is empty.
    """
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    header, *rows = [line for line in lines if not line.startswith("#")] or [""]
    if tuple(header.split("\t")) != SYNONYM_COLUMNS:
        raise InputError(f"{path}: found the header {header}; expected {SYNONYM_COLUMNS}")
    found = list(csv.reader(rows, delimiter="\t", quoting=csv.QUOTE_NONE))
    for fields in found:
        if len(fields) != len(SYNONYM_COLUMNS) or not all(fields):
            raise InputError(f"{path}: found the row {fields}; expected four fields, none empty")
    return tuple(Synonym(*fields) for fields in found)


def _forms(name: str) -> list[str]:
    """Return a name as given and, one removal after the other, without tags and species.

    Names of one letter are not returned, so that ``c-Myc`` is no factor ``c`` with a tag.
    """
    forms = [name]
    for form in forms:  # grows while it is read
        less = (without_species(form), _PREFIX.sub("", form), _SUFFIX.sub("", form))
        forms += [each for each in dict.fromkeys(less) if each not in forms and len(each) > 1]
    bare = forms[-1]
    if _SPECIES_LETTER.match(bare) and len(bare) > 2:
        forms.append(bare[1:])
    if _YEAST_PROTEIN.match(bare):
        forms.append(bare[:-1])
    return forms


def _grouped(pairs: Iterable[tuple[str, T]]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def _plain(name: str) -> str:
    """Return a name as capital letters and digits, with Greek letters as Latin ones."""
    text = name.upper()
    for word, letter in _GREEK.items():
        text = re.sub(rf"(?<=.){word}$", letter, text)
    return re.sub(r"[^A-Z0-9:]", "", text)
