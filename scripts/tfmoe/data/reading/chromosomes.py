"""Matching of chromosome names in user files to the sequence names of the genome.

A name that the genome has is used unchanged. Any other name is looked up in the user's aliases, and
then matched automatically if only one sequence is possible: without ``chr`` and ignoring case, by
an accession number of the assembly, by a file of synonyms, as a name of the mitochondrion, or as a
number (``chr4``, ``4``, ``04``, ``IV``). A file that has both ``chr4`` and ``4`` means the same
chromosome by them.
"""

from __future__ import annotations

import csv
import logging
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.reading.alias_files import read_alias_file

logger = logging.getLogger(__name__)

ACCESSIONS = Path(__file__).with_name("chromosome_aliases.tsv")
# aliases in the config, or the path of a file of synonyms
Aliases = Mapping[str, str] | str
# the patch of an assembly, as in GRCh38.p14; its chromosomes are those of GRCh38
_PATCH = re.compile(r"(?<=\d)[ ._-]?p(?:atch)?[ ._-]?\d+$")
_PREFIX = re.compile(r"^(?:chromosome|chrom|chr)[ _-]?(?=.)", re.IGNORECASE)
_ROMAN = re.compile(r"^(?=[IVXLC])(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})$")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_MITOCHONDRION = frozenset({"m", "mt", "mito", "mtdna", "mitochondrion", "mitochondria"})


@dataclass(frozen=True)
class Naming:
    """Translation of the chromosome names of one file to the genome's.

    Attributes
    ----------
    names
        For each matched name of the file, the genome's name.
    rules
        For each matched name, how it was matched: ``exact``, ``alias``, ``accession``, ``prefix``,
        ``mitochondrion`` or ``number``.
    unmatched
        Names that match no sequence of the genome.
    ambiguous
        Names that match several sequences and are not used.
    respelled
        Names of sequences that the file also spells differently (``chr1`` and ``1``).
    """

    names: dict[str, str]
    rules: dict[str, str]
    unmatched: tuple[str, ...]
    ambiguous: tuple[str, ...]
    respelled: tuple[str, ...] = ()

    def describe(self) -> str:
        """Summarise how names were matched, such as ``16 by number (chr1 is I)``."""
        parts = []
        for rule, count in sorted(Counter(self.rules.values()).items()):
            example = next(name for name in self.names if self.rules[name] == rule)
            note = "" if rule == "exact" else f" ({example} is {self.names[example]})"
            by = "" if rule in ("exact", "mitochondrion") else "by "
            parts.append(f"{count} {by}{rule}{note}")
        if self.unmatched:
            parts.append(f"{len(self.unmatched)} not in the genome ({_some(self.unmatched)})")
        if self.ambiguous:
            parts.append(f"{len(self.ambiguous)} ambiguous ({_some(self.ambiguous)})")
        return ", ".join(parts)


def match_names(
    found: Iterable[str],
    genome: Collection[str],
    aliases: Aliases | None = None,
    assembly: str = "",
) -> Naming:
    """Match the chromosome names of a file to those of the genome.

    Parameters
    ----------
    found
        Names in the file.
    genome
        Names of all sequences of the genome, possibly with their lengths.
    aliases
        The user's aliases: for a name in files, the genome's name; or the path of a file for
        `tfmoe.data.reading.alias_files.read_alias_file`.
    assembly
        The assembly whose accession numbers are recognised.

    Raises
    ------
    ConfigError
        If an alias refers to a name that the genome does not have, if the genome has a sequence of
        the alias's name, or if a file of synonyms does not fit the genome.
    """
    own, synonyms = _own_aliases(aliases or {}, genome)
    wanted = sorted(set(found))
    keys = _Keys(wanted, genome, read_accessions(assembly), synonyms)
    names: dict[str, str] = {}
    rules: dict[str, str] = {}
    ambiguous: set[str] = set()
    for name in wanted:
        if name in genome:
            names[name], rules[name] = name, "exact"
        elif name in own:
            names[name], rules[name] = own[name], "alias"
        else:
            rule, candidates = keys.candidates(name)
            if len(candidates) == 1:
                names[name], rules[name] = candidates[0], rule
            elif candidates:
                ambiguous.add(name)
    respelled, unclear = _sort_doubles(names, rules, keys)
    for name in unclear:
        del names[name], rules[name]
    ambiguous.update(unclear)
    unmatched = tuple(n for n in wanted if n not in names and n not in ambiguous)
    return Naming(names, rules, unmatched, tuple(sorted(ambiguous)), tuple(respelled))


def _own_aliases(
    aliases: Aliases, genome: Collection[str]
) -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the checked aliases of the config, or else the synonyms of a file."""
    if isinstance(aliases, str):
        file = read_alias_file(aliases)
        file.check(genome)
        return {}, file.names
    for alias, name in aliases.items():
        if name not in genome:
            raise ConfigError(
                f"genome.aliases.{alias}: the genome has no sequence {name}; it has {_some(genome)}"
            )
        if alias in genome and alias != name:
            raise ConfigError(
                f"genome.aliases.{alias}: the genome has a sequence {alias}, so this alias has no "
                "effect; remove it, or rename the chromosome in the peak files"
            )
    return aliases, {}


def merge_namings(namings: Sequence[Naming]) -> Naming:
    """Combine the namings of several files into one."""
    if len(namings) == 1:
        return namings[0]

    def combined(key: str) -> tuple[str, ...]:
        return tuple(sorted({name for naming in namings for name in getattr(naming, key)}))

    names = {name: target for naming in namings for name, target in naming.names.items()}
    rules = {name: rule for naming in namings for name, rule in naming.rules.items()}
    return Naming(names, rules, *(combined(key) for key in ("unmatched", "ambiguous", "respelled")))


def require_match(naming: Naming, path: Pathlike, genome: Collection[str]) -> None:
    """Raise an `InputError` that lists both sets of names if no name was matched."""
    if naming.names:
        return
    found_names = [*naming.unmatched, *naming.ambiguous]
    found = _some(found_names, 8)
    raise InputError(
        f"{path}: none of its chromosome names is in the genome; the file has {found}; the genome "
        f"has {_some(genome, 8)}; if the assembly is the same, map the file's names to the "
        "genome's in `genome.aliases` of the config" + _hint(found_names, genome)
    )


def is_mitochondrion(name: str) -> bool:
    """Return whether a sequence is called like the mitochondrion, as in ``chrM`` and ``Mito``."""
    return _PREFIX.sub("", name).lower() in _MITOCHONDRION


def _hint(found: Sequence[str], genome: Collection[str]) -> str:
    """Name the assembly whose accession numbers the file or the genome has, if it is known."""
    with ACCESSIONS.open(encoding="utf-8", newline="") as table:
        known = {row["alias"]: row for row in csv.DictReader(table, delimiter="\t")}
    for names, owner in ((found, "the file"), (genome, "the genome")):
        name = next((name for name in names if name in known), None)
        if name is not None:
            row = known[name]
            assembly = row["assembly"].split(",")[0]
            return (
                f"; {name} in {owner} is chromosome {row['name']} of {assembly}: if this is the "
                f"assembly, write `genome: {{assembly: {assembly}}}`"
            )
    return ""


def read_accessions(assembly: str, path: Path = ACCESSIONS) -> dict[str, str]:
    """Read the plain name (such as ``1`` or ``XVI``) of each accession number of an assembly."""
    wanted = _PATCH.sub("", assembly.strip().lower())
    with path.open(encoding="utf-8", newline="") as table:
        return {
            row["alias"]: row["name"]
            for row in csv.DictReader(table, delimiter="\t")
            if wanted in row["assembly"].lower().split(",")
        }


def _sort_doubles(
    names: Mapping[str, str], rules: Mapping[str, str], keys: _Keys
) -> tuple[list[str], list[str]]:
    """Split the names that share a sequence into spellings of one name, and ambiguous names.

    Names matched as ``exact`` or ``alias`` are certain and are in neither list.
    """
    sharing: dict[str, list[str]] = {}
    for name, target in names.items():
        sharing.setdefault(target, []).append(name)
    respelled: list[str] = []
    unclear: list[str] = []
    for together in sharing.values():
        one_name = len({keys.plain(name) for name in together}) == 1
        for name in together if len(together) > 1 else []:
            if rules[name] not in ("exact", "alias"):
                (respelled if one_name or rules[name] == "prefix" else unclear).append(name)
    return respelled, unclear


class _Keys:
    """Lookup of the genome's sequences by the names of a file."""

    def __init__(
        self,
        found: Collection[str],
        genome: Collection[str],
        accessions: Mapping[str, str],
        synonyms: Mapping[str, str],
    ) -> None:
        self._accessions = accessions
        self._synonyms = synonyms
        plain = {name: self.plain(name) for name in genome}
        numerals = _roman_numbers(plain.values())
        self._by_name: dict[str, list[str]] = {}
        self._by_number: dict[int, list[str]] = {}
        for name, text in plain.items():
            self._by_name.setdefault(text.lower(), []).append(name)
            number = _number(text) if text.isdecimal() else numerals.get(text)
            if number is not None:
                self._by_number.setdefault(number, []).append(name)
        self._mitochondrion = [n for n, text in plain.items() if text.lower() in _MITOCHONDRION]
        # `X` alone may be a sex chromosome; numerals are Roman if others, such as `IV`, occur too
        plain_found = [self.plain(name) for name in found]
        several = [text for text in plain_found if len(text) > 1 and _roman(text) is not None]
        self._roman_file = bool(several)

    def plain(self, name: str) -> str:
        """Return a name without its prefix; of an accession or synonym, the plain name."""
        known = self._synonyms.get(name) or self._accessions.get(name, name)
        return _PREFIX.sub("", self._accessions.get(known, known))

    def candidates(self, name: str) -> tuple[str, list[str]]:
        """Return the rule that applies to a name, and the sequences that it may refer to."""
        text = self.plain(name)
        if text.lower() in self._by_name:
            return self._rule(name, "prefix"), self._by_name[text.lower()]
        if text.lower() in _MITOCHONDRION:
            return "mitochondrion", self._mitochondrion
        number = _number(text) if text.isdecimal() else _roman(text) if self._roman_file else None
        found = self._by_number.get(number, []) if number is not None else []
        return self._rule(name, "number"), found

    def _rule(self, name: str, otherwise: str) -> str:
        if name in self._synonyms:
            return "alias"
        return "accession" if name in self._accessions else otherwise


def _number(text: str) -> int | None:
    """Return the value of decimal digits; no chromosome has a number of many digits."""
    return int(text) if len(text) < 10 else None


def _roman(text: str) -> int | None:
    """Return the value of a Roman numeral, or `None` if the text is not one."""
    if not _ROMAN.match(text):
        return None
    values = [_ROMAN_VALUES[letter] for letter in text]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


def _roman_numbers(texts: Iterable[str]) -> dict[str, int]:
    """Return the values of the Roman numerals among names: a gapless series from I to III or more.

    The X of worm, after V, is a sex chromosome and not number 10; so is the X of human.
    """
    values = {text: value for text in texts if (value := _roman(text)) is not None}
    last = 0
    while last + 1 in values.values():
        last += 1
    return {text: value for text, value in values.items() if value <= last and last >= 3}


def _some(names: Iterable[str], number: int = 5) -> str:
    """List the first names, and the number of the others."""
    listed = list(names)
    more = f" and {len(listed) - number} more" if len(listed) > number else ""
    return ", ".join(listed[:number]) + more
