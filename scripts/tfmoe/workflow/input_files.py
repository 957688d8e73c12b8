"""Input files of a run: peaks or ready sequences, genome, blacklist, negatives and matrices."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tfmoe.core.experiments import NONE, Experiment
from tfmoe.core.faults import Faults
from tfmoe.workflow.contradictions import has_background
from tfmoe.workflow.locations import Location, locate, locate_all, path_fault, require_files

if TYPE_CHECKING:  # it needs Snakemake, and `tfmoe check` does not
    from tfmoe.workflow.input_digests import Sources

PROJECT = "<project>"
"""Stands for the project's folder in the names of its tables."""
_CHECKSUMS = {"fasta": ("sha256", "md5"), "blacklist": ("blacklist_sha256",)}


@dataclass(frozen=True)
class Tables:
    """Tables that come with the project, in the folder ``resources``.

    Attributes
    ----------
    folder
        The folder, relative to Snakemake's working directory where possible.
    """

    folder: Path

    @classmethod
    def of_project(cls, project: str) -> Tables:
        """Return the tables of the project in a folder."""
        return cls(Path(os.path.relpath(project)) / "resources")

    @property
    def sources(self) -> str:
        """Pinned sources of files that can be named in a config."""
        return str(self.folder / "sources.tsv")

    @property
    def factors(self) -> str:
        """Factors with their JASPAR matrices."""
        return str(self.folder / "factors.tsv")

    @property
    def families(self) -> str:
        """Families of DNA-binding domains."""
        return str(self.folder / "families.tsv")

    @property
    def published(self) -> str:
        """AUROCs that the paper reports."""
        return str(self.folder / "published.tsv")

    def checksums(self, sources: Sources) -> dict[str, str]:
        """Return the sha256 of the tables that results depend on, by path within the project."""
        tables = [Path(self.factors), Path(self.families)]
        return {f"{PROJECT}/resources/{path.name}": sources.checksum(str(path)) for path in tables}


@dataclass(frozen=True)
class InputFiles:
    """Input files of a run.

    Attributes
    ----------
    peaks
        For each experiment its peak files, or its files of ready sequences.
    negatives
        For each experiment the user's own negatives: one file or none.
    genome, blacklist, matrices
        One file each, or none. ``matrices`` is a MEME file used in place of a JASPAR release.
    background_genome, background_peaks
        The genome that ``background_vs_shuffle`` learns from in a run on ready sequences, and the
        peaks that its windows avoid.
    aliases
        A file of chromosome names, or none.
    """

    peaks: dict[str, list[Location]]
    negatives: dict[str, list[Location]]
    genome: list[Location]
    blacklist: list[Location]
    matrices: list[Location]
    background_genome: list[Location]
    background_peaks: list[Location]
    aliases: list[Location] = field(default_factory=list)

    @property
    def by_use(self) -> dict[str, list[Location]]:
        """Files by their use, named for messages."""
        return {
            **{f"peaks of {name}": files for name, files in self.peaks.items()},
            **{f"negatives of {name}": files for name, files in self.negatives.items()},
            "genome": self.genome,
            "blacklist": self.blacklist,
            "background.fasta": self.background_genome,
            "background.peaks": self.background_peaks,
            "jaspar.file": self.matrices,
            "genome.aliases": self.aliases,
        }

    @property
    def origins(self) -> dict[str, list[tuple[str, str | None]]]:
        """Path and URL of each file by its use; the URL of a local file is `None`."""
        return {use: [(file.path, file.url) for file in own] for use, own in self.by_use.items()}

    @cached_property
    def remote(self) -> dict[str, str]:
        """URLs of the files that are downloaded, by checksum."""
        files = [file for found in self.by_use.values() for file in found]
        return {str(file.checksum): file.url for file in files if file.url}

    def checksums(self, sources: Sources) -> dict[str, str]:
        """Return the sha256 of each file by path; of a download the pinned checksum."""
        files = [file for found in self.by_use.values() for file in found]
        return {
            file.path: str(file.checksum) if file.url else sources.checksum(file.path)
            for file in files
            if file.url or sources.is_source(file.path)
        }


def find_inputs(
    config: Mapping[str, Any], experiments: Mapping[str, Experiment], tables: Tables, faults: Faults
) -> InputFiles:
    """Find the input files of a run.

    Faults are local files that do not exist, downloads without a checksum, and paths that Snakemake
    would misread.

    Parameters
    ----------
    config
        The validated config.
    experiments
        The experiment table; empty if it cannot be read.
    tables
        The project's tables.

    faults
        Gets one message per fault.

    Returns
    -------
    InputFiles
        Without the files whose location is at fault.
    """
    pinned = tables.sources
    fault = path_fault(str(tables.folder))
    if fault:
        faults.add(f"the folder of tfmoe, {tables.folder.parent}, {fault}")

    def found(search: Callable[..., list[Location]], *arguments: Any) -> list[Location]:
        return faults.result(search, *arguments) or []

    matrices = found(_named, config, "jaspar", "file", ("sha256",), pinned)
    uses = {"jaspar.file": matrices}
    if experiments:
        uses["experiments"] = [Location(config["experiments"], None, None)]
    other_genome = config["genome"] is None and has_background(config)
    if config["simulation"] is not None:
        files = _simulated(experiments, matrices, pinned)
    else:
        files = InputFiles(
            peaks={
                name: found(locate_all, row.peaks, row.sha256, row.md5, pinned)
                for name, row in experiments.items()
            },
            negatives={name: found(_negatives, row, pinned) for name, row in experiments.items()},
            genome=found(_named, config, "genome", "fasta", _CHECKSUMS["fasta"], pinned),
            blacklist=found(_named, config, "genome", "blacklist", _CHECKSUMS["blacklist"], pinned),
            matrices=matrices,
            background_genome=found(
                _named, config, "background", "fasta", _CHECKSUMS["fasta"], pinned
            )
            if other_genome
            else [],
            background_peaks=found(_background_peaks, config, pinned) if other_genome else [],
            aliases=_alias_file(config),
        )
        uses |= files.by_use
    faults.result(require_files, uses)
    return files


def unchecked(files: Sequence[Location]) -> list[str | None]:
    """Return the checksums that local files must have; downloads are checked when fetched."""
    return [file.checksum if file.url is None else None for file in files]


def _simulated(
    experiments: Mapping[str, Experiment], matrices: list[Location], pinned: str
) -> InputFiles:
    folder = "<results>/simulation"
    peaks = {
        name: [locate(f"{folder}/peaks/{name}.narrowPeak", None, pinned)] for name in experiments
    }
    negatives: dict[str, list[Location]] = {name: [] for name in experiments}
    genome = [locate(f"{folder}/genome.fa", None, pinned)]
    return InputFiles(peaks, negatives, genome, [], matrices, [], [])


def _negatives(row: Experiment, pinned: str) -> list[Location]:
    given = row.negatives != NONE
    return [locate(row.negatives, row.negatives_sha256, pinned)] if given else []


def _named(
    config: Mapping[str, Any], section: str, key: str, checksums: Sequence[str], pinned: str
) -> list[Location]:
    """Return the file that a key of the config names, with the first checksum given, or nothing."""
    settings = config[section]
    if settings is None or not settings[key]:
        return []
    checksum = next((settings[name] for name in checksums if settings[name]), None)
    needed = " or ".join(f"{section}.{name}" for name in checksums)
    return [locate(settings[key], checksum, pinned, needed)]


def _alias_file(config: Mapping[str, Any]) -> list[Location]:
    aliases = (config["genome"] or {}).get("aliases")
    return [Location(aliases, None, None)] if isinstance(aliases, str) else []


def _background_peaks(config: Mapping[str, Any], pinned: str) -> list[Location]:
    return [
        locate(peaks["file"], peaks.get("sha256") or peaks.get("md5"), pinned, "its sha256 or md5")
        for peaks in config["background"]["peaks"]
    ]
