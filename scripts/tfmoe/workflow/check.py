"""All faults of a run before it starts, also those that its first jobs would find in its files."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.core.config_file import read_config_file
from tfmoe.core.experiments import Experiment
from tfmoe.core.faults import Faults
from tfmoe.data.factor_check import check_factors
from tfmoe.data.preflight import check_experts, check_inputs
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.genome_lengths import genome_lengths
from tfmoe.data.reading.peak_layout import choices
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.reading.sources import InputFile, check_checksum
from tfmoe.data.ready.sequences import check_sequences
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings, split_regions
from tfmoe.jaspar.factors import read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.release import JasparSettings, read_release
from tfmoe.jaspar.user_matrices import read_user_matrices
from tfmoe.workflow.checked_run import CheckedRun, check_run
from tfmoe.workflow.costs import Estimate, estimate
from tfmoe.workflow.input_files import InputFiles, Tables
from tfmoe.workflow.locations import Location
from tfmoe.workflow.measured_costs import mean_positives

ABSENT = "missing or not downloaded yet"
INSTALL = "pip install --editable '.[workflow]'"


@dataclass
class Check:
    """The result of a check.

    Attributes
    ----------
    faults
        One line per fault; a run with a fault does not start, or ends in one of its first jobs.
    warnings
        Doubtful things that do not stop a run, such as a factor without a matrix.
    unchecked
        Parts that were not checked, each with the reason.
    table
        One row per experiment that was read, as described in `tfmoe.data.preflight.check_inputs`.
    estimate
        Jobs and hours; `None` if there are faults, or if Snakemake is not installed.
    """

    faults: list[str]
    warnings: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    table: pd.DataFrame | None = None
    estimate: Estimate | None = None


def check_config(path: Path, project: Path, *, contents: bool = True, plan: bool = True) -> Check:
    """Check a config, its experiment table, plan and input files, and estimate the run.

    Parameters
    ----------
    path
        The config file. Paths in it are relative to the present folder.
    project
        Folder of the project.
    contents
        Whether to read the input files: checksums, peaks on the genome, factors.
    plan
        Whether to estimate jobs and hours by a dry-run of Snakemake.
    """
    faults = Faults()
    config = faults.result(read_config_file, path)
    if config is None:
        return Check(faults.messages)
    run = check_run(config, str(path), project)
    faults.add(*run.faults)
    check = Check(faults.messages)
    if contents:
        with _collected(check.warnings):
            _check_contents(run, project, check, faults)
    if faults.messages or run.config is None:
        check.unchecked.append("jobs and hours: there are faults")
    elif not plan:
        check.unchecked.append("jobs and hours: not requested")
    elif find_spec("snakemake") is None:
        check.unchecked.append(f"jobs and hours: Snakemake is not installed: {INSTALL}")
    else:
        checked = [] if check.table is None else check.table.to_dict("records")
        positives = mean_positives(checked, run.config["windows"]["max_peaks"])
        check.estimate = faults.result(estimate, path, positives)
    return check


@contextmanager
def _collected(messages: list[str]) -> Iterator[None]:
    """Collect the package's warnings, instead of printing them."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            messages.append(record.getMessage())

    logger, handler = logging.getLogger("tfmoe"), Collector(logging.WARNING)
    propagated, logger.propagate = logger.propagate, False
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = propagated


def _check_contents(run: CheckedRun, project: Path, check: Check, faults: Faults) -> None:
    """Check what can be read of the files of a run."""
    config, files, experiments = run.config, run.files, run.experiments
    if config is None or files is None:
        check.unchecked.append("content of the files: the config has faults")
        return
    _check_factors(config, files, experiments, project, faults)
    if config["simulation"] is not None:
        return
    present = {
        name: row
        for name, row in experiments.items()
        if files.peaks[name] and _are_here((*files.peaks[name], *files.negatives[name]))
    }
    absent = [name for name in experiments if name not in present]
    if absent:
        check.unchecked.append(f"peaks of {', '.join(absent)}: their files are {ABSENT}")
    if config["genome"] is None:
        check.table = _check_ready(config, files, present, faults)
    else:
        check.table = _check_peaks(config, files, present, check, faults)
    if check.table is not None and run.plan is not None and not absent:
        minimum = config["training"]["minimum_positives"]
        faults.result(check_experts, check.table, run.plan.experts, minimum)


def _check_factors(
    config: dict[str, Any],
    files: InputFiles,
    experiments: dict[str, Experiment],
    project: Path,
    faults: Faults,
) -> None:
    matrices = faults.result(_read_matrices, config, files)
    tables = Tables.of_project(str(project))
    factors = faults.result(read_factors, tables.factors, tables.families)
    if matrices is not None and factors is not None:
        found = check_factors(config["experiments"], experiments, matrices, factors)
        faults.add(*found.faults)


def _read_matrices(config: dict[str, Any], files: InputFiles) -> list[Matrix] | None:
    """Return the matrices of a run; `None` if their file is not here."""
    if not files.matrices:
        return read_release(JasparSettings(**config["jaspar"]))
    if not _are_here(files.matrices):
        return None
    file = _input(files.matrices[0])
    check_checksum(file.path, file.checksum)
    return read_user_matrices(file.path)


def _check_ready(
    config: dict[str, Any], files: InputFiles, present: dict[str, Experiment], faults: Faults
) -> pd.DataFrame | None:
    return faults.result(
        check_sequences,
        present,
        {name: [*map(_input, files.peaks[name])] for name in present},
        {name: [*map(_input, files.negatives[name])] for name in present},
        WindowSettings(**config["windows"]),
        SplitSettings(**config["splits"]),
        config["seed"],
    )


def _check_peaks(
    config: dict[str, Any],
    files: InputFiles,
    present: dict[str, Experiment],
    check: Check,
    faults: Faults,
) -> pd.DataFrame | None:
    """Check genome, blacklist, splits and peaks; return the table of `check_inputs`."""
    if not files.genome or not _are_here(files.genome):
        check.unchecked.append(f"genome, splits and peaks: the genome is {ABSENT}")
        return None
    contradicting = [fault for fault in faults.messages if "splits" in fault]
    genome, windows, fasta = config["genome"], config["windows"], _input(files.genome[0])
    faults.result(check_checksum, fasta.path, fasta.checksum)
    chromosomes = faults.result(genome_lengths, fasta.path, genome["chromosomes"])
    if chromosomes is None:
        return None
    regions = None
    if not contradicting:
        settings = SplitSettings(**config["splits"])
        span = windows["length"] + 2 * windows["flank"]
        lengths = chromosomes.used_lengths
        regions = faults.result(split_regions, lengths, settings, span, config["seed"])
    if regions is None:
        _check_formats(genome, files, present, chromosomes, faults)
        return None
    if not present:
        return None
    checked = faults.result(
        check_inputs,
        present,
        {name: [*map(_input, files.peaks[name])] for name in present},
        chromosomes,
        _blacklist(files, check),
        genome,
        regions,
        windows["length"],
        windows["max_peaks"],
    )
    return None if checked is None else checked.table


def _check_formats(
    genome: dict[str, Any],
    files: InputFiles,
    present: dict[str, Experiment],
    chromosomes: Chromosomes,
    faults: Faults,
) -> None:
    """Check that the peak files can be read, where the splits of their peaks are not known."""
    for name, row in present.items():
        paths = [file.path for file in files.peaks[name]]
        reading = choices(row.reading(len(paths)))
        own = Faults()
        own.result(place_all, paths, chromosomes, genome["aliases"], genome["assembly"], reading)
        faults.add(*(f"experiment {name}: {message}" for message in own.messages))


def _blacklist(files: InputFiles, check: Check) -> InputFile | None:
    if not files.blacklist:
        return None
    if not _are_here(files.blacklist):
        check.unchecked.append(f"the blacklist: its file is {ABSENT}")
        return None
    if shutil.which("bedtools") is None:
        check.unchecked.append("the blacklist: bedtools is not installed")
        return None
    return _input(files.blacklist[0])


def _are_here(files: Sequence[Location]) -> bool:
    return all(Path(file.path).is_file() for file in files)


def _input(file: Location) -> InputFile:
    """Return a file with the checksum to verify; downloads are verified when fetched."""
    return InputFile(file.path, file.checksum if file.url is None else None)
