import pytest
import torch
from torch import Tensor, nn

from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import reverse_complement
from tfmoe.models.expert import Expert
from tfmoe.models.moe import Mixture, MixtureHead


def build(averages_strands: bool) -> Mixture:
    torch.manual_seed(0)
    experts = {name: Expert(ConvNet(20, 4, 6, "max"), 8, 0.3) for name in ("b", "a", "c")}
    head = MixtureHead(3, 8)
    head.start_from(
        torch.cat([expert.head.weight for expert in experts.values()]),
        torch.cat([expert.head.bias for expert in experts.values()]),
    )
    return Mixture(experts, head, averages_strands).eval()


def random_sequences(number: int) -> Tensor:
    bases = torch.randint(0, 4, (number, 20), generator=torch.Generator().manual_seed(0))
    return nn.functional.one_hot(bases, 4).transpose(1, 2).float()


def disturb(mixture: Mixture) -> None:
    with torch.no_grad():
        for parameter in mixture.head.parameters():
            parameter += 0.3 * torch.randn_like(parameter)


@pytest.mark.parametrize("averages_strands", [False, True])
def test_the_start_is_the_mean_of_the_experts(averages_strands: bool) -> None:
    mixture = build(averages_strands)
    sequences = random_sequences(6)
    experts = mixture.expert_logits(mixture.embed(sequences))
    assert experts.shape == (6, 3)
    torch.testing.assert_close(mixture(sequences), experts.mean(1))
    torch.testing.assert_close(mixture.gate(sequences), torch.full((6, 3), 1 / 3))


def test_the_head_is_the_papers_formula() -> None:
    mixture = build(averages_strands=False)
    disturb(mixture)
    head = mixture.head
    sequences = random_sequences(4)
    embeddings = [expert.embed(sequences) for expert in mixture.experts]  # type: ignore[operator]
    gate = torch.softmax(head.gate(torch.cat(embeddings, dim=1)), dim=1)
    mixed = torch.zeros(4, 8)
    for index, embedding in enumerate(embeddings):
        projected = embedding @ head.projections[index].T + head.biases[index]
        mixed = mixed + gate[:, index : index + 1] * projected
    torch.testing.assert_close(mixture(sequences), head.classifier(mixed)[:, 0])
    torch.testing.assert_close(mixture.gate(sequences), gate)


def test_names_follow_the_gates_columns() -> None:
    assert build(averages_strands=True).expert_names == ("b", "a", "c")


def test_strand_average_holds_for_logits_and_gate() -> None:
    mixture = build(averages_strands=True)
    disturb(mixture)
    sequences = random_sequences(4)
    other = reverse_complement(sequences)
    torch.testing.assert_close(mixture(sequences), mixture(other))
    torch.testing.assert_close(mixture.gate(sequences), mixture.gate(other))
    torch.testing.assert_close(mixture.gate(sequences).sum(1), torch.ones(4))


def test_only_the_head_is_trainable() -> None:
    mixture = build(averages_strands=False)
    trainable = [name for name, value in mixture.named_parameters() if value.requires_grad]
    assert trainable == [
        "head.projections",
        "head.biases",
        "head.gate.weight",
        "head.gate.bias",
        "head.classifier.weight",
        "head.classifier.bias",
    ]


def test_frozen_experts_never_train() -> None:
    mixture = build(averages_strands=False)
    sequences = random_sequences(4)
    embeddings = mixture.embed(sequences)
    before = mixture.expert_logits(embeddings)
    assert mixture.train() is mixture
    assert mixture.training
    assert mixture.head.training
    assert not any(module.training for module in mixture.experts.modules())
    assert torch.equal(mixture.expert_logits(mixture.embed(sequences)), before)
    assert not mixture.eval().head.training
