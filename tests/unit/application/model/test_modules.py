from pathlib import Path

import numpy as np
import pytest
import torch
from tests.fixtures.conditioned import Run

from tfmoe.application.model.model import load
from tfmoe.application.model.modules import decode_one_hot
from tfmoe.core.dna import encode_text, one_hot
from tfmoe.core.errors import InputError
from tfmoe.data.datasets import read_sequences
from tolerance import close


@pytest.fixture
def windows(run: Run) -> np.ndarray:
    return np.ascontiguousarray(read_sequences(run.sequences("Delta"), splits=["test"]).windows[:9])


@pytest.mark.parametrize("name", ["moe", "expert_Beta", "Beta"])
def test_a_network_has_its_scores_and_gradients(
    model_folder: Path, windows: np.ndarray, name: str
) -> None:
    model = load(model_folder)
    column = "moe_seed0" if name == "moe" else "expert_Beta_seed0"
    sequences = torch.from_numpy(one_hot(windows)).requires_grad_()
    logits = model.module(name)(sequences)
    assert logits.shape == (9, 1)
    close(logits.detach().numpy()[:, 0], model.score(windows, model.query()).columns[column])
    logits.sum().backward()
    assert sequences.grad is not None
    assert sequences.grad.abs().sum() > 0


def test_the_pooled_network_outside_of_the_pool(model_folder: Path, windows: np.ndarray) -> None:
    model = load(model_folder)
    assert "pooled" not in model.checkpoints(0).recipes[0].pool
    logits = model.module("pooled")(torch.from_numpy(one_hot(windows)))
    # the fixture takes the expert of Gamma for it
    close(
        logits.detach().numpy()[:, 0],
        model.score(windows, model.query()).columns["expert_Gamma_seed0"],
    )


def test_pools_are_torchs_own(model_folder: Path) -> None:
    pools = [
        one for one in load(model_folder).module("moe").modules() if "Pool" in type(one).__name__
    ]
    assert {type(pool) for pool in pools} == {torch.nn.MaxPool1d}


def test_the_answer_to_a_query_is_the_mean_over_seeds(
    model_folder: Path, windows: np.ndarray
) -> None:
    model = load(model_folder)
    query = model.query("Delta")
    logits = model.module(query)(torch.from_numpy(one_hot(windows)))
    assert logits.shape == (9, 1)
    close(logits.numpy()[:, 0], model.score(windows, query).logits.mean(axis=1))


def test_an_unknown_network_is_refused(model_folder: Path) -> None:
    with pytest.raises(
        InputError, match="found no network Delta, expected one of moe, Alpha, Beta, Gamma, poo"
    ):
        load(model_folder).module("Delta")


def test_one_hot_sequences_become_codes() -> None:
    codes = encode_text("ACGTN")[None]
    np.testing.assert_array_equal(decode_one_hot(torch.from_numpy(one_hot(codes))), codes)
