"""A config and an experiment table for a folder of peak files."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd
import yaml

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.core.experiments import NONE, SEPARATOR, Experiment
from tfmoe.core.faults import Faults
from tfmoe.core.files import write_text
from tfmoe.core.vocabulary import Role, Split, Stratum
from tfmoe.data.reading.peaks import place_all
from tfmoe.data.reading.same_content import same_content_faults
from tfmoe.data.reading.sources import InputFile, file_checksum
from tfmoe.data.windows.select import window_starts
from tfmoe.data.windows.splits import SplitSettings, split_of_windows, split_regions
from tfmoe.jaspar.factors import family_of, own_matrix
from tfmoe.workflow.assemblies import GenomeChoice, main_chromosomes, split_choices
from tfmoe.workflow.checked_run import check_run
from tfmoe.workflow.file_names import UNKNOWN
from tfmoe.workflow.labels import Knowledge, Labelled

COLUMNS = ("experiment", "factor", "biosample", "role", "stratum", "family", "peaks", "sha256")
FEWEST_TRAINING = 3
"""Training factors below which a note is printed."""


@dataclass
class NewRun:
    """A run to write.

    Attributes
    ----------
    rows
        The experiment table.
    splits
        The config's section `splits`.
    used
        The sequences to use, or `None` for the default.
    peaks
        Number of peaks of each experiment on the sequences in use.
    notes
        Doubtful choices, one line each.
    """

    rows: list[Experiment]
    splits: dict[str, Any] = field(default_factory=dict)
    used: list[str] | None = None
    peaks: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def design_run(
    files: Sequence[Labelled], ood: Sequence[str], genome: GenomeChoice, known: Knowledge
) -> NewRun:
    """Choose experiments, roles, families, sequences and splits for peak files.

    Files of one factor in one biosample are replicates of one experiment. Factors that are not
    named in `ood` train. Of the possible splits, the first counts that leaves no experiment without
    peaks in a split.

    Parameters
    ----------
    files
        The peak files.
    ood
        Factors, in any spelling, that no expert is trained on.
    genome
        The genome.
    known
        Names and families of factors.

    Raises
    ------
    ConfigError
        With one line per peak file that cannot be read, factor of `ood` without a file, file that
        is named twice, and pair of equal files of two factors.
    """
    faults = Faults()
    run = NewRun([])
    held_out = _held_out(files, ood, known, faults)
    faults.add(*(f"{path}: the file is named twice" for path in _repeated(files)))
    groups: dict[tuple[str, str], list[Labelled]] = {}
    for file in files:
        groups.setdefault((file.factor.upper(), file.biosample.lower()), []).append(file)
    trained = {
        family_of(file.factor, known.matrices, known.factors)
        for file in files
        if file.factor.upper() not in held_out
    }
    for group in groups.values():
        role = Role.OOD if group[0].factor.upper() in held_out else Role.TRAIN
        run.rows.append(_row(group, role, trained - {NONE}, known, run.rows))
    tables = {}
    for row in run.rows:
        paths = [file.path for file in _files(row)]
        placed = faults.result(place_all, paths, genome.chromosomes, {}, genome.assembly)
        if placed is not None:
            tables[row.experiment] = placed.table
    copies = {row.experiment: _files(row) for row in run.rows}
    faults.add(*same_content_faults({row.experiment: row for row in run.rows}, copies))
    faults.raise_any()
    _choose_splits(run, tables, genome)
    _add_notes(run, known)
    return run


def write_run(
    folder: Path,
    name: str,
    run: NewRun,
    genome: GenomeChoice,
    project: Path,
    *,
    quick: bool = False,
) -> tuple[Path, Path]:
    """Write config and experiment table into a folder; return their paths.

    The paths in them are relative to the present folder, as Snakemake reads them. `quick` is the
    config's key of that name.

    Raises
    ------
    ConfigError
        With one line per fault that the run would have; then nothing is written.
    """
    config, table = folder / "config.yaml", folder / "experiments.tsv"
    lines = ["\t".join(COLUMNS)]
    lines += ["\t".join(astuple(row)[: len(COLUMNS)]) for row in run.rows]
    text = _config_text(name, str(table), run, genome, quick)
    with TemporaryDirectory() as temporary:
        trial = Path(temporary) / table.name
        write_text("\n".join(lines) + "\n", trial)
        content = yaml.safe_load(text) | {"experiments": str(trial)}
        faults = check_run(content, str(config), project).faults
    if faults:
        raise ConfigError("\n".join(fault.replace(str(trial), str(table)) for fault in faults))
    write_text("\n".join(lines) + "\n", table)
    write_text(text, config)
    return config, table


def run_name(folder: Path) -> str:
    """Return a name of a run for a folder."""
    return re.sub(r"[^A-Za-z0-9._-]+", "_", folder.absolute().name).lstrip("._-") or "run"


def _held_out(
    files: Sequence[Labelled], ood: Sequence[str], known: Knowledge, faults: Faults
) -> set[str]:
    """Return the factors of role ood, in upper case."""
    present = {file.factor.upper() for file in files}
    held_out = set()
    for name in ood:
        symbol = known.names.resolve(name).symbol.upper()
        if symbol in present:
            held_out.add(symbol)
        else:
            listed = ", ".join(dict.fromkeys(file.factor for file in files))
            faults.add(f"--ood: found {name}, expected factors of the peak files: {listed}")
    if held_out and held_out == present:
        faults.add("--ood: found all factors, but at least one has to train")
    return held_out


def _repeated(files: Sequence[Labelled]) -> list[str]:
    paths = [str(Path(file.path).resolve()) for file in files]
    return [
        file.path
        for number, (file, path) in enumerate(zip(files, paths, strict=True))
        if path in paths[:number]
    ]


def _row(
    group: Sequence[Labelled],
    role: Role,
    trained: set[str],
    known: Knowledge,
    earlier: Sequence[Experiment],
) -> Experiment:
    """Return the experiment of some files of one factor in one biosample."""
    factor, biosample = group[0].factor, group[0].biosample
    family = family_of(factor, known.matrices, known.factors)
    stratum = NONE
    if role == Role.OOD:
        informative = family in trained and known.factors.is_informative(family)
        stratum = Stratum.WITHIN_FAMILY if informative else Stratum.CROSS_FAMILY
        if own_matrix(factor, known.matrices, known.factors) is None:
            stratum = Stratum.NO_OWN_MOTIF
    stem = factor if biosample == UNKNOWN else f"{factor}_{biosample}"
    stem = re.sub(r"[^A-Za-z0-9_.-]+", "-", stem).lstrip("_.-")
    taken = {row.experiment.lower() for row in earlier}
    name, number = stem, 1
    while name.lower() in taken:
        number += 1
        name = f"{stem}_{number}"
    return Experiment(
        experiment=name,
        factor=factor,
        biosample=biosample,
        role=str(role),
        stratum=str(stratum),
        family=family,
        peaks=SEPARATOR.join(file.path for file in group),
        sha256=SEPARATOR.join(file_checksum(file.path) for file in group),
    )


def _files(row: Experiment) -> list[InputFile]:
    return [InputFile(path, None) for path in row.peaks.split(SEPARATOR)]


def _choose_splits(run: NewRun, tables: Mapping[str, pd.DataFrame], genome: GenomeChoice) -> None:
    """Choose the sequences to use, and splits in which every experiment has peaks."""
    lengths = genome.chromosomes.used_lengths
    with_peaks = {name for table in tables.values() for name in table["chrom"].unique()}
    used = main_chromosomes(lengths, with_peaks) or list(lengths)
    if len(used) < len(genome.chromosomes.used):
        run.used = used
    chosen = {name: lengths[name] for name in used}
    run.peaks = {name: int(table["chrom"].isin(used).sum()) for name, table in tables.items()}
    choices = split_choices(chosen)
    complete = (choice for choice in choices if _is_complete(choice, chosen, run.rows, tables))
    run.splits = next(complete, choices[-1])


def _is_complete(
    choice: Mapping[str, Any],
    lengths: Mapping[str, int],
    rows: Sequence[Experiment],
    tables: Mapping[str, pd.DataFrame],
) -> bool:
    """Return whether every experiment has peaks in each split that needs them."""
    windows = schema_defaults("windows")
    length, span = windows["length"], windows["length"] + 2 * windows["flank"]
    settings = SplitSettings(**schema_defaults("splits") | choice)
    regions = Faults().result(split_regions, lengths, settings, span, schema_defaults("seed"))
    if regions is None:
        return False
    for row in rows:
        start = window_starts(tables[row.experiment]["summit"], length)
        placed = tables[row.experiment].assign(start=start, end=start + length)
        needed = set(Split) if row.role == Role.TRAIN else {Split.TEST}
        if needed - set(split_of_windows(placed, regions)):
            return False
    return True


def _add_notes(run: NewRun, known: Knowledge) -> None:
    """Note factors without a known name or family, and too few factors that train."""
    for row in run.rows:
        if not known.names.is_known(row.factor):
            nearest = known.names.nearest(row.factor)
            hint = f"the nearest name is {nearest}" if nearest else "no name is similar"
            run.notes.append(
                f"factor {row.factor} ({row.peaks}) is not known, so it has no matrix and no "
                f"family; {hint}: correct it in the table, or by --factor"
            )
        elif row.family == NONE:
            run.notes.append(f"factor {row.factor}: its family is not known")
    training = {row.factor.upper() for row in run.rows if row.role == Role.TRAIN}
    if len(training) < FEWEST_TRAINING:
        run.notes.append(
            f"only {len(training)} factor{'s' * (len(training) > 1)} train; a mixture of fewer "
            f"than {FEWEST_TRAINING} has few experts to choose from"
        )
    if all(row.role == Role.TRAIN for row in run.rows):
        run.notes.append(
            "all factors train; --ood FACTOR keeps factors unseen, to measure the prediction of "
            "factors without peaks"
        )


def _config_text(name: str, table: str, run: NewRun, genome: GenomeChoice, quick: bool) -> str:
    """Return the config as YAML with comments."""
    several = len({row.factor.upper() for row in run.rows}) < len(run.rows)
    lines = [
        "# Written by `tfmoe init`. config/README.md of tfmoe lists all keys with their defaults.",
        f"run: {_text(name)}  # outputs are written to results/{name}/",
        f"experiments: {_text(table)}",
        "",
        "# `true` for a first look in a fraction of the time: fewer peaks, one seed, fewer repeats",
        f"quick: {json.dumps(quick)}",
        "",
        "genome:",
        f"  assembly: {_text(genome.assembly)}",
        f"  fasta: {_text(genome.fasta)}",
        f"  sha256: {_text(file_checksum(genome.fasta))}",
    ]
    if genome.blacklist is not None:
        lines.append(f"  blacklist: {_text(genome.blacklist)}")
    if run.used is not None:
        lines.append("  # the chromosomes with peaks, without mitochondrion and short scaffolds")
        lines.append(f"  chromosomes: [{', '.join(map(_text, run.used))}]")
    lines += ["", "splits:"]
    if "folds" in run.splits:
        lines.append("  # chromosomes in groups of similar length: one each for test, validation")
        lines.append("  # and gate; the others train")
    else:
        lines.append("  # blocks of chromosomes, with gaps between splits")
    lines += [f"  {key}: {value}" for key, value in run.splits.items()]
    if several:
        lines += ["", "training:", "  # one expert for all experiments of a factor"]
        lines.append("  expert_per: factor")
    lines += ["", "jaspar:", f"  tax_groups: [{genome.tax_group}]", ""]
    return "\n".join(lines)


def _text(value: str) -> str:
    """Return a text as YAML, in quotes where another value could be read."""
    plain = re.fullmatch(r"(\.{0,2}/)?[A-Za-z][A-Za-z0-9_/.-]*", value)
    return value if plain and not _is_word(value) else json.dumps(value)


def _is_word(value: str) -> bool:
    """Return whether YAML 1.1 reads a word as a truth value or as nothing."""
    return value.lower() in ("y", "n", "yes", "no", "on", "off", "true", "false", "null")
