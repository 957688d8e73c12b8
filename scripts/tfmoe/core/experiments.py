"""The experiment table: one row a ChIP-seq (or ChIP-exo) experiment."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.config import SCHEMAS, load_schema, validation_messages
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike

# names of models, and of files and columns that stand beside those named after experiments
RESERVED = ("pooled", "moe", "training_peaks", "name", "split", "seed")


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


def is_url(location: str) -> bool:
    """Say whether a file's location is a URL that would be downloaded."""
    return location.startswith(("http://", "https://", "ftp://"))


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
    columns = load_schema(SCHEMAS / "experiments.schema.yaml")["required"]
    if sorted(header) != sorted(columns):
        raise InputError(
            f"{path}, line {lines[0][0]}: the columns are {', '.join(header)}; expected, separated "
            f"by tabs, {', '.join(columns)}"
        )
    experiments = _parse_rows(path, header, lines[1:])
    _check_roles(path, experiments)
    return experiments


def _parse_rows(
    path: Pathlike, header: list[str], lines: list[tuple[int, str]]
) -> dict[str, Experiment]:
    schema = load_schema(SCHEMAS / "experiments.schema.yaml")
    faults: list[str] = []
    experiments: dict[str, Experiment] = {}
    for number, line in lines:
        fields = next(csv.reader([line], delimiter="\t"))
        place = f"{path}, line {number}"
        if len(fields) != len(header):
            faults.append(f"{place}: {len(fields)} fields, expected {len(header)}")
            continue
        row = dict(zip(header, (field.strip() for field in fields), strict=True))
        found = [f"{place}: column {message}" for message in validation_messages(row, schema)]
        found += [f"{place}: {message}" for message in _row_faults(row, experiments)]
        faults += found
        if not found:
            experiments[row["experiment"]] = Experiment(**row)
    if faults:
        raise InputError("\n".join(faults))
    return experiments


def _row_faults(row: dict[str, str], earlier: dict[str, Experiment]) -> list[str]:
    name = row["experiment"]
    faults = []
    if name in earlier:
        faults.append(f"experiment {name} stands in the table twice; names have to be unique")
    if name in RESERVED or name.endswith(".gates"):
        faults.append(f"experiment {name}: this name is kept for another use; choose another")
    if (row["role"] == "ood") == (row["stratum"] == "-"):
        faults.append(
            f"experiment {name} has role {row['role']} and stratum {row['stratum']}; a stratum is "
            "given for role ood, and `-` for role train"
        )
    if is_url(row["peaks"]) and row["sha256"] == "-":
        faults.append(f"experiment {name}: a file that is downloaded needs its sha256")
    return faults


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
    if not any(experiment.role == "train" for experiment in experiments.values()):
        raise InputError(f"{path}: no experiment has role train, at least one is needed")
