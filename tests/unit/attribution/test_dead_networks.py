"""Networks with a constant output, because all ReLUs are dead."""

import numpy as np
import pandas as pd
import pytest
import torch

from tfmoe.attribution.attribute import (
    AttributionSettings,
    ExperimentAttributions,
    attribute_experiment,
)
from tfmoe.attribution.localisation import localise
from tfmoe.data.datasets import COLUMNS, SequenceSet
from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.expert import Expert

FLANK, LENGTH = 5, 30
METHODS = [
    "gradient",
    "gradient_corrected",
    "gradient_x_input",
    "smoothgrad_n3",
    "shiftsmooth_n5",
    "integrated_gradients_n4_shuffles2",
    "deeplift_shuffles2",
    "ism",
]


@pytest.fixture(scope="module")
def found() -> ExperimentAttributions:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        expert = Expert(ConvNet(LENGTH, 4, 8, "max"), 8, 0.0)
    with torch.no_grad():
        expert.backbone.convolution.bias.fill_(-1000)  # type: ignore[union-attr, operator]
    codes = np.random.default_rng(1).integers(0, 4, (6, LENGTH + 2 * FLANK)).astype(np.uint8)
    table = pd.DataFrame({"name": [f"G:{row}" for row in range(6)], "chrom": "I"})
    sequences = SequenceSet(table.assign(**dict.fromkeys(COLUMNS[2:], 0)), codes, FLANK)
    settings = AttributionSettings(METHODS, 32, None, 4, 50)
    labels = {"experiment": "G", "model": "expert_G"}
    return attribute_experiment(
        [expert, expert], sequences, settings, labels, 1, torch.device("cpu")
    )


@pytest.mark.parametrize("method", METHODS)
def test_a_dead_network_has_maps_of_zeros_by_every_method(
    found: ExperimentAttributions, method: str
) -> None:
    maps = found.maps[method].attributions
    assert maps.shape == (6, 4, LENGTH)
    assert not maps.any()


def test_sequences_are_counted_as_constant(
    found: ExperimentAttributions,
) -> None:
    table = found.faithfulness
    assert table["method"].tolist() == METHODS[:-1]
    assert table["n_sequences"].tolist() == [0] * 7
    assert table["n_constant"].tolist() == [4] * 7
    assert table["spearman"].isna().all()


def test_curves_are_missing_and_stability_is_zero(
    found: ExperimentAttributions,
) -> None:
    table = found.quality
    curves = table[table["measure"].isin(["deletion", "insertion"])]
    assert curves["n_sequences"].tolist() == [0] * 16
    assert curves["value"].isna().all()
    stability = table[table["measure"].isin(["stability_shifts", "stability_seeds"])]
    assert stability["n_sequences"].tolist() == [4] * 16
    assert stability["value"].tolist() == [0] * 16


def test_a_map_of_zeros_localises_like_a_random_map() -> None:
    labels = np.zeros((3, LENGTH), dtype=np.int8)
    labels[:, 10:16] = 1
    found = localise(np.zeros((3, LENGTH), dtype=np.float32), labels, 5)
    np.testing.assert_allclose(found.auprc, 6 / LENGTH)
    np.testing.assert_allclose(found.hit_rate, 6 / LENGTH)
