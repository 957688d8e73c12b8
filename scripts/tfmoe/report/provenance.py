"""Section on provenance: config and versions, and the number of looks at the test sets."""

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
from tfmoe.core.text import plural
from tfmoe.report.blocks import Block, Code, Paragraph, Section, Table, text_cell
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
    """Count the different results on the test sets that a run's folder has reported so far.

    The ledger holds the SHA-256 of each ``evaluation/metrics.tsv`` that a report was written from.
    Equal numbers count once; a result with another setting, seed or model is a further look.

    Parameters
    ----------
    metrics
        ``evaluation/metrics.tsv``.
    ledger
        A TSV that is not among the run's outputs; it is created if it is missing.

    Returns
    -------
    int
        Number of looks, including this one.
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
    """Return the versions of the packages that are installed in this environment."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # each rule may have its own environment
            continue
    return found


def provenance_section(run: Run, trained_with: Mapping[str, str], looks: int) -> Section:
    """Return the section.

    Parameters
    ----------
    run
        The run.
    trained_with
        Versions from the networks' configs.
    looks
        See `count_looks`.
    """
    jaspar = run.config["jaspar"]
    versions = {"tfmoe": __version__, "Python": platform.python_version()}
    versions |= {**installed(), **trained_with}
    items = {
        "run": run.name,
        "seed": run.config["seed"],
        "training seeds": run.config["training"]["seeds"],
        "genome": _genome(run.config),
        "JASPAR": ", ".join([jaspar["release"], jaspar["collection"], *jaspar["tax_groups"]]),
        "versions": ", ".join(f"{name} {found}" for name, found in versions.items()),
        "results seen on the test sets": looks,
    }
    rows = [[text_cell(item), text_cell(value)] for item, value in items.items()]
    warning = (
        f"This folder has reported {plural(looks, 'different result')} on the test sets so far. A "
        "choice that is made after looking at a test set can no longer be tested on it."
    )
    config = yaml.safe_dump(dict(run.config), sort_keys=False, allow_unicode=True)
    blocks: list[Block] = [Table("", ["item", "value"], rows), Paragraph(warning)]
    blocks.append(Code("Complete config, including defaults", config))
    return Section("provenance", "Provenance", blocks)


def _genome(config: Mapping[str, Any]) -> str:
    if config["simulation"] is not None:
        return f"simulated, seed {config['simulation']['seed']}"
    genome = config["genome"]
    if genome is None:
        return "none: ready sequences"
    return f"{genome['assembly']} ({genome['fasta']})"
