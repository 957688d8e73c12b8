"""Factor and biosample of each peak file of a new run: from its name, options, or the user."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError
from tfmoe.core.faults import Faults
from tfmoe.core.regular_file import file_fault
from tfmoe.jaspar.factors import Factors, names_of, read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.names import KnownNames
from tfmoe.jaspar.release import JasparSettings, read_release
from tfmoe.workflow.file_names import UNKNOWN, NameParts, read_file_name
from tfmoe.workflow.input_files import Tables

Ask = Callable[[str, NameParts], str]
"""Asks for the factor of a file, given the parts of its name."""


@dataclass(frozen=True)
class Labelled:
    """A peak file with its factor and biosample."""

    path: str
    factor: str
    biosample: str = UNKNOWN


@dataclass(frozen=True)
class Knowledge:
    """Matrices and curated tables from which names and families of factors come."""

    matrices: Sequence[Matrix]
    factors: Factors

    @property
    def names(self) -> KnownNames:
        """All names of factors."""
        return names_of(self.matrices, self.factors)


def read_knowledge(project: Path, tax_group: str) -> Knowledge:
    """Return the default JASPAR matrices of a taxonomic group, and the curated tables."""
    settings = JasparSettings(**schema_defaults("jaspar") | {"tax_groups": [tax_group]})
    tables = Tables.of_project(str(project))
    return Knowledge(read_release(settings), read_factors(tables.factors, tables.families))


def label_files(
    paths: Sequence[Path],
    factors: Mapping[str, str],
    biosamples: Mapping[str, str],
    names: KnownNames,
    ask: Ask | None,
) -> list[Labelled]:
    """Find factor and biosample of each file.

    Parameters
    ----------
    paths
        The peak files.
    factors, biosamples
        Factors and biosamples that the user gave, by path or by file name.
    names
        All names of factors. A known factor is written as there.
    ask
        Called for a file whose name shows no factor, or an unknown one; `None` if nobody can be
        asked, in which case an unknown factor is kept.

    Raises
    ------
    InputError
        With one line per file that does not exist or has no factor, and per given file that is not
        among `paths`.
    """
    faults = Faults()
    for option, given in (("--factor", factors), ("--biosample", biosamples)):
        known = {str(path) for path in paths} | {path.name for path in paths}
        faults.add(
            *(
                f"{option}: {file} is not one of the peak files"
                for file in given
                if file not in known
            )
        )
    faults.add(*(f"{path}: the file {fault}" for path in paths if (fault := file_fault(path))))
    found, unnamed = [], []
    for path in paths:
        parts = read_file_name(path, names)
        factor = _given(factors, path) or parts.factor
        if ask and not faults.messages and not (_given(factors, path) or parts.known):
            factor = ask(str(path), parts)
        if not factor:
            unnamed.append((path, parts))
            continue
        resolved = names.resolve(factor)
        symbol = resolved.symbol if names.is_known(resolved.symbol) else factor
        found.append(Labelled(str(path), symbol, _given(biosamples, path) or parts.biosample))
    faults.add(*(_unnamed(path, parts) for path, parts in unnamed))
    if unnamed:
        faults.add(f"(give each of them: --factor {unnamed[0][0].name}=NAME)")
    if faults.messages:
        raise InputError("\n".join(faults.messages))
    return found


def _given(values: Mapping[str, str], path: Path) -> str | None:
    return values.get(str(path)) or values.get(path.name)


def _unnamed(path: Path, parts: NameParts) -> str:
    if parts.candidates:
        return f"{path}: its name has several factors: {', '.join(parts.candidates)}"
    return f"{path}: its name has no known factor"
