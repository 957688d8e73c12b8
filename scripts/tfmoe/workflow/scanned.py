"""Chromosomes that a scan of the genome is scattered over, and the time that each takes."""

from __future__ import annotations

import csv
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.errors import InputError
from tfmoe.core.messages import shorten

# The name is a wildcard. Snakemake writes it into a command for a shell, where a job runs on a
# cluster, and quotes it in a way that `$`, backquotes, quotes and commas break.
NAME = r"[A-Za-z0-9_.:|*+@-]{1,200}"
"""Names of chromosomes that can be scanned in parts."""
# measured by benchmarks/scan.py: seconds of one core per million windows and network
_SECONDS_PER_NETWORK = {"convnet": 1, "danq": 48, "explainn": 52, "deepsea": 178, "legnet": 249}
_SLOWEST = max(_SECONDS_PER_NETWORK.values())
# the same of k-mers and matrices, measured on a million random bases with the demo's model
_SECONDS_OF_MOTIFS = 65
# jobs on a busy core take twice as long
_MARGIN = 2
# work that windows share makes a window at a stride of 10 up to twice as expensive
_SHARED = 2
_SHORTEST = 60


def scanned_chromosomes(table: str) -> list[str]:
    """Return the names in the table of the checkpoint ``list_scanned``.

    The Snakefile has no pandas, which reads the tables of the stages.
    """
    with Path(table).open(encoding="utf-8", newline="") as lines:
        return [row["name"] for row in csv.DictReader(lines, delimiter="\t")]


@dataclass(frozen=True)
class ScanTime:
    """Time that a job of the scan requests.

    Attributes
    ----------
    backbones
        Backbone of each network that scores a window; an unknown one counts as the slowest.
    stride
        Bases between windows.
    gpu
        Whether the networks run on a GPU, where their time hardly counts.
    """

    backbones: Sequence[str]
    stride: int
    gpu: bool

    def minutes(self, table: str, chrom: str) -> int:
        """Return the minutes for a chromosome; at least an hour.

        Parameters
        ----------
        table
            Table of the checkpoint ``list_scanned``, with the lengths in bases.
        chrom
            Name of the chromosome.
        """
        with Path(table).open(encoding="utf-8", newline="") as lines:
            rows = csv.DictReader(lines, delimiter="\t")
            length = next(int(row["length"]) for row in rows if row["name"] == chrom)
        networks = 0 if self.gpu else sum(_seconds(name) for name in self.backbones)
        windows = length / self.stride * (1 if self.stride == 1 else _SHARED)
        seconds = _MARGIN * windows / 1e6 * (networks + _SECONDS_OF_MOTIFS)
        return max(_SHORTEST, math.ceil(seconds / 60))


def _seconds(backbone: str) -> int:
    return _SECONDS_PER_NETWORK.get(backbone, _SLOWEST)


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
