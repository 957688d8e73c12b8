"""The section on provenance: what made this run, and how often its test sets were looked at."""

from __future__ import annotations

import csv
import platform
from collections.abc import Mapping
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import yaml

from tfmoe import __version__
from tfmoe.core.files import Pathlike, write_text
from tfmoe.report.blocks import Block, Cell, Code, Paragraph, Section, Table, plural, text
from tfmoe.report.run_tables import Run

PACKAGES = (
    "snakemake",
    "torch",
    "numpy",
    "pandas",
    "scipy",
    "scikit-learn",
    "statsmodels",
    "modisco-lite",
    "memelite",
    "pyjaspar",
    "matplotlib",
    "logomaker",
)


def count_looks(metrics: Pathlike, ledger: Pathlike) -> int:
    """Count how many different results the test sets of a run's folder have given so far.

    The ledger holds the SHA-256 of every ``evaluation/metrics.tsv`` that a report was written from.
    The same numbers again are no further look; another setting, seed or model is one.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    ledger
        A TSV that outlives the run's outputs; made if it is not there.

    Returns
    -------
    int
        The number of looks, this one included.
    """
    digest = sha256(Path(metrics).read_bytes()).hexdigest()
    path = Path(ledger)
    known: list[str] = []
    if path.is_file():
        with path.open(encoding="utf-8", newline="") as lines:
            known = [row["metrics_sha256"] for row in csv.DictReader(lines, delimiter="\t")]
    if digest not in known:
        known.append(digest)
        rows = "".join(f"{look}\t{value}\n" for look, value in enumerate(known, start=1))
        write_text(f"look\tmetrics_sha256\n{rows}", path)
    return len(known)


def installed(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return the versions of those packages that are installed where the report is written."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # each rule may have an environment of its own
            continue
    return found


def provenance_section(run: Run, trained_with: Mapping[str, str], looks: int) -> Section:
    """Return the section.

    Parameters
    ----------
    run
        The run.
    trained_with
        Versions that the networks' own configs name.
    looks
        See `count_looks`.
    """
    jaspar = run.config["jaspar"]
    versions = {"tfmoe": __version__, "Python": platform.python_version()}
    versions |= {**installed(), **trained_with}
    rows: list[list[Cell]] = [
        [text("run"), text(run.name)],
        [text("seed"), text(run.config["seed"])],
        [text("training seeds"), text(run.config["training"]["seeds"])],
        [text("genome"), text(_genome(run.config))],
        [
            text("JASPAR"),
            text(f"{jaspar['release']}, {jaspar['collection']}, {', '.join(jaspar['tax_groups'])}"),
        ],
        [text("versions"), text(", ".join(f"{name} {found}" for name, found in versions.items()))],
        [text("results seen on the test sets"), text(looks)],
    ]
    again = (
        "Reports of this folder were written from "
        f"{plural(looks, 'different result')} on the test sets so far. What is chosen after "
        "looking at them is no longer tested by them."
    )
    config = yaml.safe_dump(dict(run.config), sort_keys=False, allow_unicode=True)
    blocks: list[Block] = [Table("", ["what", "value"], rows), Paragraph(again)]
    blocks.append(Code("The whole config, defaults filled in", config))
    return Section("provenance", "Provenance", blocks)


def _genome(config: Mapping[str, Any]) -> str:
    if config["simulation"] is not None:
        return f"simulated, seed {config['simulation']['seed']}"
    genome = config["genome"]
    if genome is None:
        return "none: ready sequences"
    return f"{genome['assembly']} ({genome['fasta']})"
