"""One prepared genome on disk for all runs on it, so that only the first run prepares it.

The prepared genome of the first run gets a second name, a hard link, in a shared folder. Later runs
on the same source and sequences give the file a further name in their own results. The links take
no room, and each run has a whole file, which remains when the shared folder or other runs are
removed. Where a file system has no hard links, or the shared folder cannot be written, each run
prepares its own genome.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

from tfmoe.core.errors import InputError, ResourceError
from tfmoe.core.field_types import make_record
from tfmoe.core.files import Pathlike, atomic_path, read_json, write_json
from tfmoe.data.reading.genome import prepare_genome
from tfmoe.data.reading.sources import file_checksum

logger = logging.getLogger(__name__)

FOLDER = Path("results/.shared/genomes")
"""The shared folder, relative to Snakemake's working directory: on the file system of the results,
as hard links need."""
GENOME = "genome.fa"
CHROMOSOMES = "chromosomes.tsv"
RECORD = "genome.json"
_DIGITS = 16


@dataclass(frozen=True)
class SharedGenome:
    """Record of a prepared genome in the shared folder.

    Attributes
    ----------
    name
        Name of the source file, for whoever looks into the folder.
    source
        The sha256 of the source file.
    chromosomes
        The sequences asked for, sorted; `None` for all.
    code
        Fingerprint of the code that prepared it.
    warning
        The warning that `prepare_genome` returned.
    checksums
        The sha256 of each file, by name.
    """

    name: str
    source: str
    chromosomes: list[str] | None
    code: str
    warning: str
    checksums: dict[str, str]


def share_genome(
    source: Pathlike,
    names: Sequence[str] | None,
    fasta: Pathlike,
    table: Pathlike,
    code: str,
    folder: Path = FOLDER,
) -> None:
    """Call `prepare_genome`, or link the genome that an earlier run prepared by the same code.

    A linked genome is verified by its checksum first. Of runs that start at the same time, one
    prepares the genome and the others wait for it.

    Parameters
    ----------
    source, names, fasta, table
        As for `prepare_genome`. The FASTA may be a link to the file of other runs: it can be
        replaced, but must never be written into.
    code
        Fingerprint of the code; a genome prepared by other code is not used, but replaced.
    folder
        The shared folder.

    Raises
    ------
    InputError, ConfigError
        As for `prepare_genome`.
    """
    checksum = file_checksum(source)
    chromosomes = None if names is None else sorted(set(names))
    key = sha256(json.dumps([checksum, chromosomes]).encode()).hexdigest()[:_DIGITS]
    entry = folder / key
    outputs = {GENOME: Path(fasta), f"{GENOME}.fai": Path(f"{fasta}.fai"), CHROMOSOMES: Path(table)}
    with _locked(folder / f"{key}.lock"):
        known = _read(entry, (checksum, chromosomes, code))
        if known is not None and _link_outputs(entry, known, outputs):
            logger.info("%s: linked to %s, which an earlier run prepared", fasta, entry / GENOME)
            if known.warning:
                logger.warning("%s: %s", source, known.warning)
            return
        warning = prepare_genome(source, names, fasta, table)
        checksums = {name: file_checksum(path) for name, path in outputs.items()}
        name = Path(source).name
        _keep(entry, SharedGenome(name, checksum, chromosomes, code, warning, checksums), outputs)


def _read(entry: Path, wanted: tuple[str, list[str] | None, str]) -> SharedGenome | None:
    """Read the record of a shared genome; `None` unless it has this source, sequences and code."""
    path = entry / RECORD
    try:
        known = make_record(SharedGenome, read_json(path), f"{path}", "remove it")
    except InputError:
        return None
    return known if (known.source, known.chromosomes, known.code) == wanted else None


def _link_outputs(entry: Path, known: SharedGenome, outputs: Mapping[str, Path]) -> bool:
    """Put the files of a shared genome in place; return `False` if they cannot be used."""
    try:
        for name, path in outputs.items():
            with atomic_path(path) as temporary:
                # Snakemake sets the time of outputs, and the small files of a run need their own
                if name != GENOME or not _link(entry / name, temporary):
                    shutil.copyfile(entry / name, temporary)
                found = file_checksum(temporary)
                if found != known.checksums.get(name):
                    _warn_of_damage(entry / name, found, known)
                    return False
    except OSError as error:
        logger.info("%s: the shared genome cannot be used (%s)", entry, error)
        return False
    return True


def _link(path: Path, link: Path) -> bool:
    """Give a file a further name; return `False` where its file system or owner forbids it."""
    try:
        os.link(path, link)
    except OSError:
        return False
    return True


def _keep(entry: Path, record: SharedGenome, outputs: Mapping[str, Path]) -> None:
    """Link the files of a prepared genome into the shared folder, the record last."""
    try:
        entry.mkdir(parents=True, exist_ok=True)
        for name in (RECORD, *outputs):
            (entry / name).unlink(missing_ok=True)
        for name, path in outputs.items():
            os.link(path, entry / name)
        write_json(asdict(record), entry / RECORD)
    except (OSError, ResourceError) as error:
        logger.info("%s: other runs cannot share this genome (%s)", outputs[GENOME], error)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock during the block; without a usable lock, runs may do the same work twice."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("ab")
    except OSError as error:
        logger.info("%s: without a lock (%s)", path, error)
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: waiting for another run that prepares the same genome", path)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError as error:
            logger.info("%s: without a lock (%s)", path, error)
        yield


def _warn_of_damage(path: Path, found: str, known: SharedGenome) -> None:
    logger.warning(
        "%s: found sha256 %s, expected %s; the file is damaged and is prepared again. Runs that "
        "were linked to it have the same fault: remove the folder `genome` of their results, and "
        "run them again",
        path, found, known.checksums.get(path.name),
    )  # fmt: skip
