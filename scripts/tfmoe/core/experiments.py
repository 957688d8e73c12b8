"""The experiment table: one row a ChIP-seq (or ChIP-exo) experiment."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tfmoe.core.config import SCHEMAS, load_schema, validation_messages
from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.files import Pathlike

NONE = "-"
# separates the files, and the checksums, of one experiment
SEPARATOR = ";"
# names of models, and of files and columns that stand beside those named after experiments
RESERVED = (
    "pooled", "background", "background_vs_shuffle", "moe", "training_peaks", "any", "name",
    "split", "seed",
)  # fmt: skip


@dataclass(frozen=True)
class Experiment:
    """One row of the experiment table; its schema says what each column holds."""

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


def is_url(location: str) -> bool:
    """Say whether a file's location is a URL that would be downloaded."""
    return location.startswith(("http://", "https://", "ftp://"))


def split_files(places: str, sha256: str, md5: str) -> list[tuple[str, str | None]]:
    """Part the files of one experiment, and give each its checksum.

    Parameters
    ----------
    places
        The files, separated by ``;``.
    sha256, md5
        Their checksums in the same order, separated by ``;``, or ``-`` for none. Where both are
        given, the sha256 counts.

    Returns
    -------
    list of (str, str or None)
        Each file with its checksum: 64 hexadecimal digits (sha256), 32 (md5), or None.

    Raises
    ------
    ConfigError
        If a file is empty or named twice, or if there are more or fewer checksums than files.
    """
    files = [place.strip() for place in places.split(SEPARATOR)]
    if not all(files):
        raise ConfigError(f"{places}: found nothing on one side of a `;`, which separates files")
    twice = sorted({file for file in files if files.count(file) > 1})
    if twice:
        raise ConfigError(f"{', '.join(twice)}: the file is named twice for one experiment")
    checksums: list[str | None] = [None] * len(files)
    for name, given in (("md5", md5), ("sha256", sha256)):
        if given == NONE:
            continue
        found = given.split(SEPARATOR)
        if len(found) != len(files):
            raise ConfigError(
                f"{places}: found {len(files)} file{'s' * (len(files) > 1)} and {len(found)} "
                f"{name}; give one for each file, separated by `;` (no path or URL can contain `;`)"
            )
        checksums = [*found]
    return list(zip(files, checksums, strict=True))


def read_experiments(path: Pathlike) -> dict[str, Experiment]:
    """Read and check the experiment table.

    Parameters
    ----------
    path
        A TSV with a header; a byte-order mark, Windows line ends, empty lines and lines that start
        with ``#`` are accepted.

    Returns
    -------
    dict
        Experiment by name, in the order of the table.

    Raises
    ------
    InputError
        Naming the file, the line and the column of each fault.
    """
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(
            f"{path}: the experiment table does not exist; set `experiments` in the config"
        ) from None
    except OSError as error:
        raise InputError(f"{path}: this cannot be read as the experiment table ({error})") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: this is no UTF-8 text ({error})") from None
    lines = [
        (number, line)
        for number, line in enumerate(text.splitlines(), start=1)
        if line.strip() and not line.startswith("#")
    ]
    if not lines:
        raise InputError(f"{path}: the experiment table is empty, a header line was expected")
    header = lines[0][1].split("\t")
    _check_header(f"{path}, line {lines[0][0]}", header)
    experiments = _parse_rows(path, header, lines[1:])
    _check_roles(path, experiments)
    return experiments


def _check_header(place: str, header: list[str]) -> None:
    schema = load_schema(SCHEMAS / "experiments.schema.yaml")
    needed, known = schema["required"], list(schema["properties"])
    if set(needed) <= set(header) <= set(known) and len(set(header)) == len(header):
        return
    optional = ", ".join(column for column in known if column not in needed)
    raise InputError(
        f"{place}: the columns are {', '.join(header)}; expected, separated by tabs, each once: "
        f"{', '.join(needed)}; and, as you need them, {optional}"
    )


def _parse_rows(
    path: Pathlike, header: list[str], lines: list[tuple[int, str]]
) -> dict[str, Experiment]:
    schema = load_schema(SCHEMAS / "experiments.schema.yaml")
    defaults = _defaults(schema)
    faults: list[str] = []
    experiments: dict[str, Experiment] = {}
    for number, line in lines:
        fields = next(csv.reader([line], delimiter="\t"))
        place = f"{path}, line {number}"
        if len(fields) != len(header):
            faults.append(f"{place}: {len(fields)} fields, expected {len(header)}")
            continue
        given = dict(zip(header, (field.strip() for field in fields), strict=True))
        # a cell left empty in a column that may be left out is one that is left out
        row = defaults | {
            key: value for key, value in given.items() if value or key not in defaults
        }
        found = [f"{place}: column {message}" for message in validation_messages(row, schema)]
        found += [f"{place}: {message}" for message in _row_faults(row, experiments)]
        faults += found
        if not found:
            experiments[row["experiment"]] = Experiment(**row)
    if faults:
        raise InputError("\n".join(faults))
    return experiments


def _defaults(schema: dict[str, Any]) -> dict[str, str]:
    return {key: part["default"] for key, part in schema["properties"].items() if "default" in part}


def _row_faults(row: dict[str, str], earlier: dict[str, Experiment]) -> list[str]:
    name = row["experiment"]
    faults = []
    if name in earlier:
        faults.append(f"experiment {name} stands in the table twice; names have to be unique")
    elif name.lower() in {other.lower() for other in earlier}:
        faults.append(
            f"experiment {name} differs from one above it by upper and lower case alone, which "
            "some file systems do not tell apart; choose another name"
        )
    if name in RESERVED or name.endswith(".gates"):
        faults.append(f"experiment {name}: this name is kept for another use; choose another")
    if (row["role"] == "ood") == (row["stratum"] == NONE):
        faults.append(
            f"experiment {name} has role {row['role']} and stratum {row['stratum']}; a stratum is "
            "given for role ood, and `-` for role train"
        )
    return faults + [f"experiment {name}: {message}" for message in _file_faults(row)]


def _file_faults(row: dict[str, str]) -> Iterator[str]:
    try:
        files = split_files(row["peaks"], row["sha256"], row["md5"])
    except ConfigError as error:
        yield str(error)
    else:
        if any(is_url(file) and checksum is None for file, checksum in files):
            yield "a file that is downloaded needs its sha256 or md5"
    if SEPARATOR in row["negatives"]:
        yield (
            f"column negatives: found {row['negatives']}, expected one file, in whose path no `;` "
            "stands; put your negatives into one file"
        )
    if is_url(row["negatives"]) and row["negatives_sha256"] == NONE:
        yield "column negatives: a file that is downloaded needs its negatives_sha256"


def _check_roles(path: Pathlike, experiments: dict[str, Experiment]) -> None:
    roles: dict[str, set[str]] = defaultdict(set)
    for experiment in experiments.values():
        roles[experiment.factor.upper()].add(experiment.role)
    both = sorted(factor for factor, found in roles.items() if len(found) > 1)
    if both:
        raise InputError(
            f"{path}: factor {', '.join(both)} is in role train and in role ood; a factor that an "
            "expert was trained on is not out of distribution, in whatever cells"
        )
    files: dict[str, dict[str, str]] = defaultdict(dict)
    for name, experiment in experiments.items():
        for file in experiment.peaks.split(SEPARATOR):
            files[file.strip()].setdefault(experiment.role, name)
    shared = {
        file: found for file, found in files.items() if len(found) > 1 and file != "simulated"
    }
    if shared:
        raise InputError(
            "\n".join(
                f"{path}: {file} is a file of {found['train']}, which has role train, and of "
                f"{found['ood']}, which has role ood; name its own file for each"
                for file, found in shared.items()
            )
        )
    if not any(experiment.role == "train" for experiment in experiments.values()):
        raise InputError(f"{path}: no experiment has role train, at least one is needed")
