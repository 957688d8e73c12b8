"""Chromosomes that a scan of the genome is scattered over."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.messages import shorten

# The name is a wildcard. Snakemake writes it into a command for a shell, where a job runs on a
# cluster, and quotes it in a way that `$`, backquotes, quotes and commas break.
NAME = r"[A-Za-z0-9_.:|*+@-]{1,200}"
"""Names of chromosomes that can be scanned in parts."""


def scanned_chromosomes(table: str) -> list[str]:
    """Return the names in the table of the checkpoint ``list_scanned``.

    The Snakefile has no pandas, which reads the tables of the stages.
    """
    with Path(table).open(encoding="utf-8", newline="") as lines:
        return [row["name"] for row in csv.DictReader(lines, delimiter="\t")]


def require_file_names(names: Iterable[str]) -> None:
    """Check that each chromosome can be part of a file's name, as in the parts of a scan.

    Raises
    ------
    InputError
        Naming the first that cannot.
    """
    for name in names:
        if not re.fullmatch(NAME, name):
            raise InputError(
                f"the genome has a sequence called {shorten(name)}, expected a name of at most 200 "
                "letters, digits and the characters _ . : | * + @ -, because files of a scan are "
                "named after it; leave it out by `genome.chromosomes`, or rename it in the FASTA"
            )
