"""The command `tfmoe reproduce`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from tfmoe.cli.shell import FAILED, note, table
from tfmoe.core.errors import InputError

if TYPE_CHECKING:
    from tfmoe.workflow.result_comparison import ComparedFile

_COLUMNS = 3


def reproduce(
    results: Annotated[
        Path, typer.Argument(metavar="RESULTS", help="Results of a run, such as results/yeast.")
    ],
    options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- OPTIONS]", help="Options and targets for Snakemake."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="New folder of the run [default: RESULTS.reproduced]."),
    ] = None,
    given: Annotated[
        list[str] | None,
        typer.Option("--input", metavar="PATH=FILE", help="Where an input file is now."),
    ] = None,
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", help="Folder with the downloads [default: those of the run]."),
    ] = None,
    cores: Annotated[
        int | None, typer.Option("--cores", "-c", min=1, help="Cores [default: all].")
    ] = None,
    any_code: Annotated[
        bool, typer.Option("--any-code", help="Run also if the code differs from the run's.")
    ] = False,
    compare_only: Annotated[
        Path | None,
        typer.Option("--compare-only", metavar="OTHER", help="Results to compare; nothing runs."),
    ] = None,
    tolerance: Annotated[
        float | None,
        typer.Option("--tolerance", min=0.0, help="Accepted difference of numbers; 0: none."),
    ] = None,
) -> None:
    """Run again from `run.json` alone, in a new folder, and compare all results.

    Config, experiments, inputs and code are those recorded. Inputs are verified by their checksums
    before anything runs; paths are relative to the folder that contains `results`. Results agree if
    their bytes are equal, or their numbers within the tolerance, which other CPUs need. The exit
    code is 0 if all agree, otherwise 1.

    For example:

        tfmoe reproduce results/yeast

        tfmoe reproduce results/mine --input peaks/a.bed=/new/a.bed --output again -- --use-conda

        tfmoe reproduce results/yeast --compare-only other/results/yeast
    """
    from tfmoe.workflow.reproduce import read_finished
    from tfmoe.workflow.result_comparison import TOLERANCE, compare_results

    recorded = read_finished(results)
    if compare_only is None:
        moved = _moved_files(given or [])
        folder = output or results.absolute().with_name(f"{results.absolute().name}.reproduced")
        _run(recorded, results, folder, moved, mirror, cores, any_code, options or [])
        compare_only = folder / "results" / str(recorded["config"]["run"])
    accepted = TOLERANCE if tolerance is None else tolerance
    _print_environments(recorded, read_finished(compare_only))
    print_comparison(compare_results(results, compare_only, accepted), accepted)


def _run(
    recorded: dict[str, Any],
    results: Path,
    folder: Path,
    moved: dict[str, Path],
    mirror: Path | None,
    cores: int | None,
    any_code: bool,
    options: list[str],
) -> None:
    """Verify code and inputs, and run."""
    from tfmoe.workflow.locations import DOWNLOADS
    from tfmoe.workflow.project import find_project
    from tfmoe.workflow.reproduce import find_inputs, other_code, run_again, write_project

    project = find_project()
    difference = other_code(recorded, project)
    if difference and not any_code:
        raise InputError(f"{difference}; or add --any-code to use the present code")
    if difference:
        note(f"warning: {difference}")
    if recorded.get("earlier"):
        note("warning: parts of the results may come from an earlier config or earlier code")
    base = results.absolute().parents[1]
    inputs = find_inputs(recorded, base, moved, folder)
    downloads = base / DOWNLOADS
    mirror = mirror or (downloads if downloads.is_dir() else None)
    write_project(recorded, inputs, mirror, folder)
    note(f"{len(inputs.links) + len(inputs.moved)} local input files verified; running in {folder}")
    run_again(project, folder, cores or os.cpu_count() or 1, options)


def _moved_files(given: list[str]) -> dict[str, Path]:
    """Return new places of input files by their recorded path."""
    found = {}
    for text in given:
        path, separator, place = text.partition("=")
        if not separator or not path or not place:
            raise InputError(f"--input {text}: expected PATH=FILE, such as peaks/a.bed=/new/a.bed")
        found[path] = Path(place)
    return found


def _print_environments(first: dict[str, Any], second: dict[str, Any]) -> None:
    """Print versions, CPUs and variables that differ between two runs."""
    from tfmoe.core.run_record import COMPARED, differences

    rows = [
        row
        for key in (*COMPARED, "commit", "versions")
        for row in differences(key, first.get(key), second.get(key))
    ]
    sides = [run.get("environments", []) for run in (first, second)]
    for fact in ("system", "cpu", "variables"):
        one, two = ([environment[fact] for environment in side] for side in sides)
        rows += differences(fact, one, two) if one != two else ()
    if rows:
        cells = [[row.key, str(row.first), str(row.second)] for row in rows]
        table(
            "Config, inputs, code and environments that differ", ["key", "first", "second"], cells
        )
        sys.stdout.write("\n")


def print_comparison(files: list[ComparedFile], tolerance: float) -> None:
    """Print the files whose bytes differ; end with exit code 1 if any do not agree."""
    from tfmoe.workflow.result_comparison import DISAGREEING, Agreement, counts

    rows = [
        [file.path, file.agreement.value, *_largest(file)]
        for file in files
        if file.agreement != Agreement.EQUAL
    ]
    if rows:
        columns = ["file", "agreement", "largest difference", "columns"]
        table("Files whose bytes differ", columns, rows)
        sys.stdout.write("\n")
    found = counts(files)
    for agreement, number in found.items():
        limit = f" of {tolerance:g}" if agreement == Agreement.CLOSE else ""
        sys.stdout.write(f"{number} files {agreement.value}{limit}\n")
    if not files:
        raise InputError("neither folder has results")
    if any(agreement in found for agreement in DISAGREEING):
        raise typer.Exit(FAILED)


def _largest(file: ComparedFile) -> tuple[str, str]:
    """Return the largest difference of a file, and its columns with the largest ones."""
    if not file.differences:
        return "-", "-"
    shown = [f"{row.column} {row.largest:.1e}" for row in file.differences[:_COLUMNS]]
    more = len(file.differences) - _COLUMNS
    text = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    return f"{file.differences[0].largest:.1e}", text
