"""`tfmoe init`: a config and an experiment table for a folder of peak files."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tfmoe.cli.options import Force
from tfmoe.cli.shell import check_outputs, note, table

if TYPE_CHECKING:
    from tfmoe.jaspar.names import KnownNames
    from tfmoe.workflow.file_names import NameParts
    from tfmoe.workflow.labels import Ask


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to write into.")],
    peaks: Annotated[
        list[Path], typer.Argument(metavar="PEAKS...", help="Peak files; replicates are merged.")
    ],
    genome: Annotated[
        Path, typer.Option("--genome", "-g", help="Genome of the peaks, FASTA or 2bit.")
    ],
    factor: Annotated[
        list[str] | None,
        typer.Option(metavar="FILE=NAME", help="Factor of a file whose name does not show it."),
    ] = None,
    biosample: Annotated[
        list[str] | None, typer.Option(metavar="FILE=NAME", help="Biosample of a file.")
    ] = None,
    ood: Annotated[
        str | None,
        typer.Option(metavar="FACTOR,...", help="Factors to keep unseen; by default all train."),
    ] = None,
    species: Annotated[
        str | None,
        typer.Option(help="Species, or JASPAR's taxonomic group; else read from the genome."),
    ] = None,
    assembly: Annotated[
        str | None, typer.Option(help="Name of the assembly; else read from the genome.")
    ] = None,
    blacklist: Annotated[
        str | None, typer.Option(help="Regions to leave out: a file, or `hg38-blacklist.v2`.")
    ] = None,
    run: Annotated[str | None, typer.Option(help="Name of the run; else that of DIR.")] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="A first look: fewer peaks, one seed, fewer repeats.")
    ] = False,
    force: Force = False,
) -> None:
    """Write the config and the experiment table of a new run.

    Factor and biosample are read from the file names where they can be
    (`HepG2_CTCF_rep1.narrowPeak`, `GSM123_K562_GATA1_peaks.bed.gz`, `YBR049C.bed`), and asked for
    on a terminal where not. Run it in the folder in which Snakemake will run: the paths in the
    files are relative to it.

    For example:

        tfmoe init config/mine --genome hg38.fa peaks/*.narrowPeak

        tfmoe init config/mine -g hg38.fa --ood CTCF,REST --factor a.bed=GATA1 peaks/*.bed
    """
    from tfmoe.workflow.assemblies import choose_genome
    from tfmoe.workflow.labels import label_files, read_knowledge
    from tfmoe.workflow.new_run import design_run, run_name, write_run
    from tfmoe.workflow.project import find_project

    project = find_project()
    written = (folder / name for name in ("config.yaml", "experiments.tsv"))
    # the folder is created with the files
    check_outputs([path for path in written if path.exists()], force)
    given = _by_file("--factor", factor), _by_file("--biosample", biosample)
    choice = choose_genome(genome, assembly, species, blacklist)
    known = read_knowledge(project, choice.tax_group)
    ask = _ask_factor(known.names) if sys.stdin.isatty() and sys.stderr.isatty() else None
    files = label_files(peaks, *given, known.names, ask)
    held_out = [name.strip() for name in (ood or "").split(",") if name.strip()]
    designed = design_run(files, held_out, choice, known)
    name = run or run_name(folder)
    config, experiments = write_run(folder, name, designed, choice, project, quick=quick)
    columns = ("experiment", "factor", "biosample", "role", "stratum", "family", "peaks")
    rows = [
        [*(getattr(row, key) for key in columns[:-1]), str(designed.peaks[row.experiment])]
        for row in designed.rows
    ]
    table("experiments", columns, rows)
    splits = ", ".join(f"{key} {value}" for key, value in designed.splits.items())
    typer.echo(f"genome: {choice.assembly}, {choice.tax_group}; splits: {splits}")
    for message in designed.notes:
        note(message)
    typer.echo(f"written: {config}, {experiments}")
    options = ["--snakefile", f"{project}/Snakefile", "--configfile", f"{config}", "--cores", "4"]
    typer.echo(f"next: {shlex.join(['tfmoe', 'check', str(config)])}")
    typer.echo(f"then: {shlex.join(['snakemake', *options])}")


def _by_file(option: str, given: Sequence[str] | None) -> dict[str, str]:
    """Return the values of an option by file."""
    values = {}
    for text in given or ():
        file, equals, name = text.rpartition("=")
        if not (file and equals and name):
            raise typer.BadParameter(f"found {text}, expected FILE=NAME", param_hint=option)
        values[file] = name
    return values


def _ask_factor(names: KnownNames) -> Ask:
    """Return a function that asks for the factor of a file.

    An unknown name is asked for again, with the nearest known one; the same answer confirms it.
    """

    def ask(path: str, parts: NameParts) -> str:
        guess, candidates = parts.factor, parts.candidates
        while True:
            if guess:
                nearest = names.nearest(guess)
                hint = f" ({guess} is not known{f'; nearest: {nearest}' if nearest else ''})"
            else:
                hint = f" ({' or '.join(candidates)})" if candidates else ""
            answer: str = typer.prompt(f"{path}: factor{hint}", default=guess, err=True)
            if answer == guess or names.is_known(names.resolve(answer).symbol):
                return answer
            guess = answer

    return ask
