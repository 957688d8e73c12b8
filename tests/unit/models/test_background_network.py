from collections.abc import Callable

import numpy as np

from tfmoe.data.datasets import SequenceSet, concatenate
from tfmoe.models.background_network import background_sequences

Make = Callable[..., SequenceSet]


def test_windows_are_positives_and_their_shuffles_negatives(sequences: Make) -> None:
    data = sequences("Alpha", "TGACTCA", {"train": 3, "validation": 2})
    genomic = data.select((data.table["label"] == 0).to_numpy())
    # a window that was drawn for two factors counts once
    found = background_sequences(
        concatenate([genomic, genomic]), ["validation"], np.random.default_rng(0)
    )
    counts = found.table.groupby(["split", "kind", "label"]).size().to_dict()
    assert counts == {
        ("train", "genomic", 1): 6,
        ("validation", "genomic", 1): 4,
        ("validation", "dinucleotide", 0): 4,
    }
    shuffles = found.select((found.table["label"] == 0).to_numpy())
    parents = found.table.set_index("name")["start"]
    assert (shuffles.table["parent"].map(parents) == shuffles.table["start"]).all()
    for shuffle, parent in zip(shuffles.windows, genomic.windows[-4:], strict=True):
        assert not np.array_equal(shuffle, parent)
        assert pairs(shuffle) == pairs(parent)
    assert genomic.labels.max() == 0, "the input is not changed"


def pairs(codes: np.ndarray) -> list[int]:
    return sorted((4 * codes[:-1].astype(int) + codes[1:]).tolist())


def test_without_a_window_there_is_nothing(sequences: Make) -> None:
    data = sequences("Alpha", "TGACTCA", {"train": 3})
    found = background_sequences(
        data.select(np.zeros(len(data), bool)), ["validation"], np.random.default_rng(0)
    )
    assert len(found) == 0
