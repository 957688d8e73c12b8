"""A small genome with one positive, for tests of single kinds of negatives."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import pandas as pd
import pytest

from tfmoe.core.vocabulary import KINDS
from tfmoe.data.negatives.context import DrawingContext, NegativeSources
from tfmoe.data.negatives.parts import NegativeSettings
from tfmoe.data.reading.genome import Genome, prepare_genome
from tfmoe.data.windows.fetch import fetch_sequences
from tfmoe.data.windows.select import WindowSettings

MakeContext = Callable[..., DrawingContext]


@pytest.fixture
def make_context(tmp_path: Path) -> Iterator[MakeContext]:
    """Return a function that makes the context of an experiment with one positive in split test.

    Windows have 20 bases, of which 2 may be unknown. The positive is a:500-520, which is also the
    only peak, and neighbours lie 100 bases from it.
    """
    opened = ExitStack()

    def make(
        kind: str, ratio: float, others: Sequence[pd.DataFrame] = (), unknown: Sequence[int] = ()
    ) -> DrawingContext:
        letters = ["ACGT"[place % 4] for place in range(1000)]
        for place in unknown:
            letters[place] = "N"
        (tmp_path / "source.fa").write_text(f">a\n{''.join(letters)}\n")
        prepare_genome(
            tmp_path / "source.fa", None, tmp_path / "genome.fa", tmp_path / "chromosomes.tsv"
        )
        genome = opened.enter_context(Genome(tmp_path / "genome.fa"))
        peaks = pd.DataFrame({"chrom": ["a"], "start": [500], "end": [520], "summit": [510]})
        own = peaks.assign(
            name="x:peak:a:500", strand=".", label=1, kind="peak", parent=None, split="test"
        )
        return DrawingContext(
            experiment="x",
            positives={"test": fetch_sequences(genome, own, 0)},
            sources=NegativeSources(
                genome,
                regions=pd.DataFrame(
                    {"chrom": ["a"], "start": [0], "end": [1000], "split": ["test"]}
                ),
                peaks=peaks,
                blacklist=pd.DataFrame({"chrom": [], "start": [], "end": []}),
                others=others,
            ),
            settings=NegativeSettings(
                margin=0,
                neighbour_distance=100,
                gc_tolerance=0.1,
                match_repeats=False,
                min_share=0,
                ratios=dict.fromkeys(KINDS, 0.0) | {kind: ratio},
            ),
            windows=WindowSettings(length=20, flank=0, max_n_share=0.1, max_peaks=None),
            seed=1,
        )

    with opened:
        yield make
