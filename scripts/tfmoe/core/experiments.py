"""The experiment table: one row per ChIP-seq or ChIP-exo experiment."""

from __future__ import annotations

import csv
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema, validation_messages
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike
from tfmoe.core.messages import odd_character, shorten
from tfmoe.core.regular_file import file_fault, read_limited_text
from tfmoe.core.urls import is_url, url_fault
from tfmoe.core.vocabulary import BACKGROUND, MIXTURE, POOLED, Role, Stratum

NONE = "-"
_MAX_BYTES = 20_000_000
_LONGEST_LINE = 100_000
# names the files of a simulated run
_SIMULATED = "simulated"
# columns with a value for each peak file, or one for all
_READING = ("format", "coordinates", "strength")
PEAK_FORMATS = (
    "table", "bed", "bed_thick", "narrowPeak", "broadPeak", "gappedPeak", "seacr", "sicer", "saf",
    "gff",
)  # fmt: skip
# separates the files of one experiment, and their checksums
SEPARATOR = ";"
# names of models, and of files and columns that share a folder or a table with experiments
RESERVED = (
    POOLED, "background", BACKGROUND, MIXTURE, "training_peaks", "any", "name", "split", "seed",
)  # fmt: skip
# ends of the names of an experiment's other tables in `predictions`
_TABLES = (".gates", ".members", ".adapted")


@dataclass(frozen=True)
class Experiment:
    """One row of the experiment table; its schema describes the columns."""

    experiment: str
    factor: str
    biosample: str
    role: str
    stratum: str
    family: str
    peaks: str
    sha256: str
    md5: str = NONE
    negatives: str = NONE
    negatives_sha256: str = NONE
    format: str = NONE
    coordinates: str = NONE
    strength: str = NONE

    def reading(self, count: int) -> list[dict[str, str]]:
        """Return format, coordinates and strength as given for each of `count` peak files."""
        columns = {key: _for_each(getattr(self, key), count) for key in _READING}
        return [{key: columns[key][number] for key in _READING} for number in range(count)]


def split_files(locations: str, sha256: str, md5: str) -> list[tuple[str, str | None]]:
    """Split the files of one experiment and assign each its checksum.

    Parameters
    ----------
    locations
        Paths or URLs of the files, separated by ``;``.
    sha256, md5
        Checksums in the same order, separated by ``;``, or ``-`` for none. The sha256 takes
        precedence if both are given.

    Returns
    -------
    list of (str, str or None)
        Each file with its checksum: 64 hexadecimal digits (sha256), 32 (md5), or None.

    Raises
    ------
    ConfigError
        If a file name is empty or repeated, or if the numbers of checksums and files differ.
    """
    files = [location.strip() for location in locations.split(SEPARATOR)]
    if not all(files):
        raise ConfigError(f"{locations}: found nothing on one side of a `;`, which separates files")
    identities = [_identity(file) for file in files]
    repeated = sorted(
        {
            file
            for file, identity in zip(files, identities, strict=True)
            if identities.count(identity) > 1
        }
    )
    if repeated:
        raise ConfigError(f"{', '.join(repeated)}: one experiment names this file twice")
    checksums: list[str | None] = [None] * len(files)
    for name, given in (("md5", md5), ("sha256", sha256)):
        if given == NONE:
            continue
        found = given.split(SEPARATOR)
        if len(found) != len(files):
            raise ConfigError(
                f"{locations}: found {len(files)} file{'s' * (len(files) > 1)} and {len(found)} "
                f"{name}; give one for each file, separated by `;` (no path or URL may contain `;`)"
            )
        checksums = [*found]
    return list(zip(files, checksums, strict=True))


def read_experiments(path: Pathlike) -> dict[str, Experiment]:
    """Read and check the experiment table.

    Parameters
    ----------
    path
        A TSV with a header. A byte-order mark, Windows line ends, empty lines and lines that start
        with ``#`` are accepted.

    Returns
    -------
    dict
        Experiments by name, in the order of the table.

    Raises
    ------
    InputError
        Naming the file, line and column of each fault.
    """
    experiments, faults = check_experiments(path)
    if faults:
        raise InputError("\n".join(faults))
    return experiments


def check_experiments(path: Pathlike) -> tuple[dict[str, Experiment], list[str]]:
    """Read the experiment table as far as it has no faults.

    Returns
    -------
    dict
        The experiments without a fault in their own line, by name.
    list of str
        One message per fault, with file, line and column.

    Raises
    ------
    InputError
        If the table cannot be read at all, or has other columns.
    """
    lines = _numbered_lines(path)
    if not lines:
        raise InputError(f"{path}: the experiment table is empty, expected a header line")
    header = lines[0][1].split("\t")
    _check_header(f"{path}, line {lines[0][0]}", header)
    experiments, faults = _parse_rows(path, header, lines[1:])
    # a faulty row may be the one that trains
    faults += [f"{path}: {fault}" for fault in _role_faults(experiments, complete=not faults)]
    return experiments, faults


def _numbered_lines(path: Pathlike) -> list[tuple[int, str]]:
    """Return the lines of a table with their numbers, without empty lines and comments."""
    if file_fault(path) == "does not exist":
        raise InputError(
            f"{path}: the experiment table does not exist; set `experiments` in the config"
        )
    text = read_limited_text(path, _MAX_BYTES, "the experiment table")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        (number, line)
        for number, line in enumerate(lines, start=1)
        if line.strip() and not line.startswith("#")
    ]


def _check_header(where: str, header: list[str]) -> None:
    schema = load_schema(SCHEMAS / "experiments.schema.yaml")
    needed, known = schema["required"], list(schema["properties"])
    if set(needed) <= set(header) <= set(known) and len(set(header)) == len(header):
        return
    optional = ", ".join(column for column in known if column not in needed)
    found = shorten(", ".join(header), 500)[1:-1]
    raise InputError(
        f"{where}: found the columns {found}; expected, separated by tabs, each once: "
        f"{', '.join(needed)}; and optionally {optional}"
    )


def _parse_rows(
    path: Pathlike, header: list[str], lines: list[tuple[int, str]]
) -> tuple[dict[str, Experiment], list[str]]:
    """Return the rows without faults, and the faults of the others."""
    schema = load_schema(SCHEMAS / "experiments.schema.yaml")
    defaults = _defaults(schema)
    faults: list[str] = []
    experiments: dict[str, Experiment] = {}
    for number, line in lines:
        where = f"{path}, line {number}"
        if len(line) > _LONGEST_LINE:
            faults.append(f"{where}: found {len(line):,} characters, expected at most 100,000")
            continue
        fields = next(csv.reader([line], delimiter="\t"))
        if len(fields) != len(header):
            faults.append(f"{where}: found {len(fields)} fields, expected {len(header)}")
            continue
        given = dict(zip(header, (field.strip() for field in fields), strict=True))
        # an empty cell in an optional column is the same as leaving the column out
        row = defaults | {
            key: value for key, value in given.items() if value or key not in defaults
        }
        found = [f"{where}: column {message}" for message in validation_messages(row, schema)]
        found += [
            f"{where}: column {key}: found {odd}"
            for key, value in row.items()
            if (odd := odd_character(value))
        ]
        found += [f"{where}: {message}" for message in _row_faults(row, experiments)]
        faults += found
        if not found:
            experiments[row["experiment"]] = Experiment(**row)
    return experiments, faults


def _defaults(schema: dict[str, Any]) -> dict[str, str]:
    return {key: part["default"] for key, part in schema["properties"].items() if "default" in part}


def _row_faults(row: dict[str, str], earlier: dict[str, Experiment]) -> list[str]:
    name = row["experiment"]
    faults = []
    if name in earlier:
        faults.append(f"experiment {name} occurs twice in the table; names must be unique")
    elif name.lower() in {other.lower() for other in earlier}:
        faults.append(
            f"experiment {name} differs from an earlier one only in case, which some file systems "
            "do not distinguish; choose another name"
        )
    if name in RESERVED or name.endswith(_TABLES):
        faults.append(f"experiment {name}: this name is reserved; choose another")
    if (row["role"] == Role.OOD) == (row["stratum"] == NONE):
        faults.append(
            f"experiment {name} has role {row['role']} and stratum {row['stratum']}; expected a "
            "stratum for role ood, and `-` for role train"
        )
    return faults + [f"experiment {name}: {message}" for message in _file_faults(row)]


def _file_faults(row: dict[str, str]) -> Iterator[str]:
    try:
        files = split_files(row["peaks"], row["sha256"], row["md5"])
    except ConfigError as error:
        yield str(error)
    else:
        if any(is_url(file) and checksum is None for file, checksum in files):
            yield "a downloaded file needs its sha256 or md5"
        yield from (fault for file, _ in files if (fault := url_fault(file)))
        yield from _reading_faults(row, len(files))
    fault = url_fault(row["negatives"])
    if fault:
        yield f"column negatives: {fault}"
    if SEPARATOR in row["negatives"]:
        yield (
            f"column negatives: found {row['negatives']}, expected one file, whose path "
            "contains no `;`; put your negatives into one file"
        )
    if is_url(row["negatives"]) and row["negatives_sha256"] == NONE:
        yield "column negatives: a downloaded file needs its negatives_sha256"


def _for_each(given: str, count: int) -> list[str]:
    """Split the values of a column, one for each file; a single value counts for all files."""
    values = [value.strip() or NONE for value in given.split(SEPARATOR)]
    return values * count if len(values) == 1 else values


def _reading_faults(row: dict[str, str], count: int) -> Iterator[str]:
    """Yield the faults of the columns that describe how the peak files are read."""
    for key in _READING:
        values = _for_each(row[key], count)
        if len(values) != count:
            yield (
                f"column {key}: found {len(values)} values for {count} "
                f"file{'s' * (count > 1)}, expected one for each file, separated by `;`, or one "
                "for all"
            )
    for value in _for_each(row["format"], count):
        if value not in (*PEAK_FORMATS, NONE):
            yield (
                f"column format: found {shorten(value, 100)}, expected one of "
                f"{', '.join(PEAK_FORMATS)}, or - to detect it"
            )


def _role_faults(experiments: Mapping[str, Experiment], complete: bool) -> Iterator[str]:
    """Yield contradictions between rows; of an incomplete table, those that more rows keep."""
    trained: dict[str, list[Experiment]] = defaultdict(list)
    for row in experiments.values():
        if row.role == Role.TRAIN:
            trained[row.factor.upper()].append(row)
    tested = [row for row in experiments.values() if row.role != Role.TRAIN]
    both = {
        row.factor.upper()
        for row in tested
        if row.factor.upper() in trained and row.stratum != Stratum.SAME_FACTOR
    }
    if both:
        yield (
            f"factor {', '.join(sorted(both))} has experiments in role train and in role "
            "ood; a factor that an expert was trained on is not out of distribution, whatever the "
            "cells: to test its expert on other cells, write `same_factor` in the column `stratum`"
        )
    for row in tested if complete else ():
        if row.stratum == Stratum.SAME_FACTOR:
            yield from _same_factor_faults(row, trained[row.factor.upper()])
    yield from _shared_files(experiments)
    if complete and len(tested) == len(experiments):
        yield "no experiment has role train, expected at least one"


def _same_factor_faults(row: Experiment, trained: Sequence[Experiment]) -> Iterator[str]:
    """Yield why a row of stratum ``same_factor`` is no training factor in other cells."""
    stratum = f"experiment {row.experiment} has stratum {row.stratum}"
    if not trained:
        yield (
            f"{stratum}, but no experiment of factor {row.factor} has role train; name the factor "
            "as in the row that trains, or choose another stratum"
        )
    for other in trained:
        if other.biosample.upper() == row.biosample.upper():
            yield (
                f"{stratum} and biosample {row.biosample}, but {other.experiment} trains on the "
                "same factor and biosample; expected other cells: correct the biosample, or give "
                "the experiment role train and stratum `-`"
            )


def _shared_files(experiments: Mapping[str, Experiment]) -> Iterator[str]:
    """Yield one message per peak file of two factors or of both roles, in whatever spelling."""
    owners: dict[str, tuple[str, Experiment]] = {}
    for experiment in experiments.values():
        for file in (part.strip() for part in experiment.peaks.split(SEPARATOR)):
            if file == _SIMULATED:
                continue
            other, owner = owners.setdefault(_identity(file), (file, experiment))
            names = file if file == other else f"{file} and {other} are the same file: it"
            if owner.role != experiment.role:
                first, second = sorted((owner, experiment), key=lambda row: row.role, reverse=True)
                yield (
                    f"{names} is a file of {first.experiment}, which has role train, and of "
                    f"{second.experiment}, which has role ood; name a different file for each"
                )
            elif owner.factor.upper() != experiment.factor.upper():
                yield (
                    f"{names} is a file of {owner.experiment}, whose factor is {owner.factor}, and "
                    f"of {experiment.experiment}, whose factor is {experiment.factor}; name a "
                    "different file for each factor"
                )


def _identity(file: str) -> str:
    """Return the same text for all spellings of a file, with links followed."""
    return file if is_url(file) or "\0" in file else os.path.realpath(file)
