"""Chromosomes that a scan of the genome is scattered over."""

from __future__ import annotations

import csv
from pathlib import Path


def scanned_chromosomes(table: str) -> list[str]:
    """Return the names in the table of the checkpoint ``list_scanned``.

    The Snakefile has no pandas, which reads the tables of the stages.
    """
    with Path(table).open(encoding="utf-8", newline="") as lines:
        return [row["name"] for row in csv.DictReader(lines, delimiter="\t")]
