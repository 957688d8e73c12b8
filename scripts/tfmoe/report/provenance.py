"""Section on provenance: code, inputs, config, versions, and the number of looks at test sets."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

from tfmoe import __version__
from tfmoe.core.environment import KERNELS
from tfmoe.core.files import Pathlike, write_text
from tfmoe.core.text import MISSING, plural
from tfmoe.report.blocks import Block, Code, Paragraph, Section, Table, text_cell
from tfmoe.report.run_tables import Run


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


def provenance_section(
    run: Run, record: Mapping[str, Any], trained_with: Mapping[str, str], looks: int
) -> Section:
    """Return the section.

    Parameters
    ----------
    run
        The run.
    record
        Content of ``run.json``, as `tfmoe.core.run_record.read_record` returns it.
    trained_with
        Versions from the networks' configs.
    looks
        See `count_looks`.
    """
    jaspar = run.config["jaspar"]
    versions = {**record.get("versions", {}), **trained_with}
    environments = record.get("environments", [])
    items = {
        "run": run.name,
        "code": _code(record),
        "seed": run.config["seed"],
        "training seeds": run.config["training"]["seeds"],
        "genome": _genome(run.config),
        "JASPAR": ", ".join([jaspar["release"], jaspar["collection"], *jaspar["tax_groups"]]),
        "versions": ", ".join(f"{name} {found}" for name, found in versions.items()),
        "system": "; ".join(dict.fromkeys(found["system"] for found in environments)),
        "processor": "; ".join(dict.fromkeys(map(_processor, environments))),
        "threads per job": run.config["compute"]["threads"],
        "results seen on the test sets": looks,
    }
    rows = [[text_cell(item), text_cell(value)] for item, value in items.items() if value != ""]
    warning = (
        f"This folder has reported {plural(looks, 'different result')} on the test sets so far. A "
        "choice that is made after looking at a test set can no longer be tested on it."
    )
    config = yaml.safe_dump(dict(run.config), sort_keys=False, allow_unicode=True)
    blocks: list[Block] = [Table("", ["item", "value"], rows), Paragraph(warning)]
    blocks.append(_input_table(record["inputs"]))
    blocks.append(Code("Complete config, including defaults", config))
    return Section("provenance", "Provenance", blocks)


def _code(record: Mapping[str, Any]) -> str:
    """Return the version of the code, and its commit if it comes from a git repository."""
    version = f"tfmoe {__version__}"
    commit = record.get("commit")
    if not commit:
        return version
    state = "without changes" if commit["clean"] else "with uncommitted changes"
    return f"{version}, commit {commit['commit']} {state}"


def _processor(environment: Mapping[str, Any]) -> str:
    cpu = environment["cpu"]
    variables = [f"{name}={environment['variables'].get(name)}" for name in KERNELS]
    selected = [setting for setting in variables if not setting.endswith("=None")]
    return ", ".join(filter(None, [cpu["model"], " ".join(cpu["features"]), *selected]))


def _input_table(inputs: Mapping[str, str]) -> Table:
    """Return the input files and their checksums; simulated files have none."""
    rows = [
        [text_cell(path.removeprefix("<results>/")), text_cell(checksum or MISSING)]
        for path, checksum in inputs.items()
    ]
    return Table("Input files and their SHA-256 (or MD5)", ["file", "checksum"], rows, folded=True)


def _genome(config: Mapping[str, Any]) -> str:
    if config["simulation"] is not None:
        return f"simulated, seed {config['simulation']['seed']}"
    genome = config["genome"]
    if genome is None:
        return "none: ready sequences"
    return f"{genome['assembly']} ({genome['fasta']})"
