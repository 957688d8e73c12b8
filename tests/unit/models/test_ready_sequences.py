"""Models on sequences without coordinates."""

from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.dna import reverse_complement
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.data.kmers import index_kmers, write_index
from tfmoe.models.training_data import drop_bound_negatives


def test_negatives_that_share_a_31_mer_with_a_positive_are_dropped(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    bound = rng.integers(0, 4, (1, 40), dtype=np.uint8)
    free = rng.integers(0, 4, (2, 40), dtype=np.uint8)
    write_index(index_kmers({"b": bound}, {"b": "CTCF"}), tmp_path / "training_kmers.npz")
    kinds = ["peak", "file", "file", "other_factor", "dinucleotide"]
    codes = np.concatenate([bound, reverse_complement(bound), free, bound])
    table = pd.DataFrame(
        {
            **dict.fromkeys(COLUMNS, "."),
            "name": [f"a:{kind}:{row}" for row, kind in enumerate(kinds)],
            "label": [1, 0, 0, 0, 0],
            "kind": kinds,
            "parent": [None, None, None, None, "a:peak:0"],
        }
    )
    data = SequenceSet(table, codes, 0)
    kept = drop_bound_negatives(data, tmp_path / "training_kmers.npz")
    assert kept.table["name"].tolist() == ["a:peak:0", "a:file:2", "a:dinucleotide:4"]
