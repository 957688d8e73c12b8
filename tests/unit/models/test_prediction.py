import numpy as np
import pytest
import torch
from torch import nn

from tfmoe.core.dna import encode
from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import one_hot
from tfmoe.models.expert import Expert
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.prediction import predict, predict_mixture
from tolerance import close

CPU = torch.device("cpu")
TERMS = 4 * 6  # of the longest sum in these networks: a filter's


class CountAdenines(nn.Module):
    def forward(self, sequences: torch.Tensor) -> torch.Tensor:
        return sequences[:, 0].sum(1)


@pytest.mark.parametrize("batch_size", [1, 2, 100])
def test_predictions_are_in_order_whatever_the_batch(batch_size: int) -> None:
    codes = encode(["AAAA", "ACGT", "CCCC", "NNNA", "GGAA"])
    scores = predict(CountAdenines(), codes, batch_size, CPU)
    assert scores.dtype == np.float32
    assert scores.tolist() == [4, 1, 0, 1.75, 2]


def test_no_sequences_give_no_predictions() -> None:
    assert predict(CountAdenines(), encode([]), 10, CPU).shape == (0,)


def test_dropout_is_off() -> None:
    network = nn.Sequential(nn.Dropout(0.9), CountAdenines()).train()
    assert predict(network, encode(["AAAA"]), 1, CPU).tolist() == [4]


@pytest.mark.parametrize("averages_strands", [False, True])
def test_one_pass_gives_what_each_model_gives(averages_strands: bool) -> None:
    torch.manual_seed(0)
    experts = {name: Expert(ConvNet(12, 3, 5, "max"), 6, 0.5) for name in "ab"}
    head = MixtureHead(2, 6, HeadOptions("embeddings", "both", True, 0.5, None))
    head.calibration_scale.fill_(2)
    for parameter in head.parameters():
        nn.init.normal_(parameter)
    mixture = Mixture(experts, head, averages_strands)
    codes = np.random.default_rng(0).integers(0, 5, (7, 12), dtype=np.uint8)
    found = predict_mixture(mixture, codes, 3, CPU)
    sequences = one_hot(torch.from_numpy(codes))
    with torch.no_grad():
        close(found.mixture, mixture(sequences), terms=TERMS)
        close(found.gate, mixture.gate(sequences), terms=TERMS)
        logits = mixture.reduce(mixture.run_experts(sequences).logits)
    close(found.experts, logits, terms=TERMS)
    close(found.gate.sum(axis=1), 1, terms=2)
