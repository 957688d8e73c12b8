import pytest
import torch
from torch import Tensor, nn

from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import reverse_complement
from tfmoe.models.expert import Expert, StrandAveraged
from tolerance import close

TERMS = 4 * 6  # of the longest sum in these networks: a filter's


def random_sequences(number: int, length: int) -> Tensor:
    bases = torch.randint(0, 4, (number, length), generator=torch.Generator().manual_seed(0))
    return nn.functional.one_hot(bases, 4).transpose(1, 2).float()


def test_the_papers_network_has_its_shapes() -> None:
    network = ConvNet(101, filters=16, kernel_width=24, pool="max")
    padded = network.padding(torch.zeros(2, 4, 101))
    assert padded.shape == (2, 4, 147)
    assert padded[:, :, :23].unique().tolist() == [0.25]
    assert padded[:, :, 23:124].unique().tolist() == [0]
    assert padded[:, :, 124:].unique().tolist() == [0.25]
    expert = Expert(network, embedding=32, dropout=0.2)
    sizes = {name: tuple(value.shape) for name, value in expert.named_parameters()}
    assert sizes == {
        "backbone.convolution.weight": (16, 4, 24),
        "backbone.convolution.bias": (16,),
        "projection.weight": (32, 16),
        "projection.bias": (32,),
        "norm.weight": (32,),
        "norm.bias": (32,),
        "head.weight": (1, 32),
        "head.bias": (1,),
    }


def test_max_pool_finds_a_motif_wherever_it_lies_and_at_the_edge() -> None:
    network = ConvNet(6, filters=1, kernel_width=3, pool="max")
    with torch.no_grad():
        network.convolution.bias.fill_(-0.5)
        network.convolution.weight.zero_()
        network.convolution.weight[0, 0] = 1  # counts A
    sequences = torch.zeros(3, 4, 6)
    sequences[:, 1] = 1  # CCCCCC
    sequences[1, :, 2:5] = torch.tensor([[1.0], [0], [0], [0]])  # CCAAAC
    sequences[2, :, :2] = torch.tensor([[1.0], [0], [0], [0]])  # AACCCC
    # an overhanging filter meets padding of 0.25: 2 x 0.25 - 0.5, 3 - 0.5, 2 + 0.25 - 0.5
    assert network(sequences).tolist() == [[0], [2.5], [1.75]]


def test_max_average_pool_joins_both() -> None:
    network = ConvNet(2, filters=1, kernel_width=2, pool="max_average")
    with torch.no_grad():
        network.convolution.bias.zero_()
        network.convolution.weight.zero_()
        network.convolution.weight[0, 0] = 1
    sequence = torch.tensor([[[1.0, 0], [0, 1], [0, 0], [0, 0]]])  # AC
    assert network.features == 2
    assert network(sequence).tolist() == [[1.25, pytest.approx(2.5 / 3)]]


def test_each_module_runs_once_in_a_pass() -> None:
    expert = StrandAveraged(Expert(ConvNet(20, 4, 6, "max_average"), 8, 0.1)).eval()
    calls: list[str] = []
    for name, module in expert.named_modules():
        if not list(module.children()):
            module.register_forward_hook(lambda *_, name=name: calls.append(name))
    expert(random_sequences(3, 20))
    assert len(calls) == len(set(calls)) == 9


def test_logits_are_the_head_of_the_embedding() -> None:
    expert = Expert(ConvNet(20, 4, 6, "max"), embedding=8, dropout=0.5).eval()
    sequences = random_sequences(5, 20)
    embeddings = expert.embed(sequences)
    assert embeddings.shape == (5, 8)
    close(expert(sequences), expert.head(embeddings)[:, 0], terms=TERMS)


def test_strand_average_does_not_depend_on_the_strand() -> None:
    torch.manual_seed(1)
    expert = Expert(ConvNet(20, 4, 6, "max"), 8, 0.5).eval()
    averaged = StrandAveraged(expert)
    sequences = random_sequences(5, 20)
    other = reverse_complement(sequences)
    close(averaged(sequences), averaged(other), terms=TERMS)
    close(averaged(sequences), (expert(sequences) + expert(other)) / 2, terms=TERMS)
    assert not torch.allclose(expert(sequences), expert(other))
