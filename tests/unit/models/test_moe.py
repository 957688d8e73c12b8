import math

import pytest
import torch
from torch import Tensor, nn

from tfmoe.core.errors import ConfigError
from tfmoe.models.backbones.convnet import ConvNet
from tfmoe.models.encoding import reverse_complement
from tfmoe.models.expert import Expert
from tfmoe.models.moe import ExpertOutputs, HeadOptions, Mixture, MixtureHead
from tolerance import close

TERMS = 4 * 6  # of the longest sum in these networks: a filter's


def options(**changes: object) -> HeadOptions:
    plain = {"combines": "embeddings", "gate_reads": "embeddings", "normalise": False}
    plain |= {"temperature": 1.0, "top_k": None}
    return HeadOptions(**{**plain, **changes})  # type: ignore[arg-type]


def build(averages_strands: bool, norm: float = 1.0, **changes: object) -> Mixture:
    torch.manual_seed(0)
    experts = {name: Expert(ConvNet(20, 4, 6, "max"), 8, 0.3) for name in ("b", "a", "c")}
    head = MixtureHead(3, 8, options(**changes))
    head.start_from(
        torch.cat([expert.head.weight for expert in experts.values()]),
        torch.cat([expert.head.bias for expert in experts.values()]),
        torch.full((3,), norm),
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
@pytest.mark.parametrize("combines", ["embeddings", "logits"])
@pytest.mark.parametrize("gate_reads", ["embeddings", "logits", "both"])
@pytest.mark.parametrize("top_k", [None, 2])
def test_the_start_is_the_mean_of_the_experts(
    averages_strands: bool, combines: str, gate_reads: str, top_k: int | None
) -> None:
    mixture = build(
        averages_strands, combines=combines, gate_reads=gate_reads, top_k=top_k, temperature=0.2
    )
    sequences = random_sequences(6)
    experts = mixture.reduce(mixture.run_experts(sequences).logits)
    assert experts.shape == (6, 3)
    close(mixture(sequences), experts.mean(1), terms=TERMS)
    close(mixture.gate(sequences), torch.full((6, 3), 1 / 3))


def test_normalised_embeddings_start_with_the_logits_of_the_typical_norm() -> None:
    head = MixtureHead(2, 2, options(normalise=True))
    weights, biases = torch.tensor([[1.0, 0.0], [2.0, 1.0]]), torch.tensor([0.5, -1.0])
    head.start_from(weights, biases, torch.tensor([5.0, 10.0]))
    # norms 5 and 5: expert 1 unchanged, 3 + 0.5; expert 2 twice as far, 2 * (2 * 4 + 3) - 1
    embeddings = torch.tensor([[[3.0, 4.0], [4.0, 3.0]]])
    found = head(ExpertOutputs(embeddings, torch.zeros(1, 2)))
    close(found, torch.tensor([(3.5 + 21) / 2]), terms=4)
    # LayerNorm without scale and shift makes embeddings of norm sqrt(E): the mean of the experts
    mixture = build(True, norm=math.sqrt(8), normalise=True)
    sequences = random_sequences(6)
    outputs = mixture.run_experts(sequences)
    # not rounding: LayerNorm adds 1e-5 to the variance
    torch.testing.assert_close(
        mixture(sequences), mixture.reduce(outputs.logits).mean(1), rtol=1e-3, atol=1e-4
    )


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
    close(mixture(sequences), head.classifier(mixed)[:, 0], terms=TERMS)
    close(mixture.gate(sequences), gate, terms=TERMS)


def head_of_known_gate(scores: list[float], **changes: object) -> MixtureHead:
    """Return a head that mixes logits, with a gate that is the softmax of these numbers."""
    head = MixtureHead(len(scores), 2, options(combines="logits", **changes))
    with torch.no_grad():
        head.gate.weight.zero_()
        head.gate.bias.copy_(torch.tensor(scores))
    return head


def one_output(logits: list[float]) -> ExpertOutputs:
    return ExpertOutputs(torch.ones(1, len(logits), 2), torch.tensor([logits]))


WEIGHTS = [math.log(weight) for weight in (0.5, 0.3, 0.2)]


def test_logits_are_weighed_scaled_and_offset() -> None:
    head = head_of_known_gate(WEIGHTS)
    with torch.no_grad():
        head.scales.copy_(torch.tensor([1.0, 2.0, 1.0]))
        head.offsets.copy_(torch.tensor([0.0, 1.0, -5.0]))
    # 0.5 * 2 + 0.3 * (2 * 4 + 1) + 0.2 * (10 - 5)
    close(head(one_output([2.0, 4.0, 10.0])).item(), 4.7, terms=3, dtype=torch.float32)
    head.calibration_scale.fill_(2)
    head.calibration_offset.fill_(-1)
    close(head(one_output([2.0, 4.0, 10.0])).item(), 8.4, terms=3, dtype=torch.float32)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [0.5, 0.3, 0.2]),
        ({"temperature": 0.5}, [0.25 / 0.38, 0.09 / 0.38, 0.04 / 0.38]),
        ({"temperature": 1e6}, [1 / 3, 1 / 3, 1 / 3]),
        ({"top_k": 1}, [1.0, 0.0, 0.0]),
        ({"top_k": 2}, [0.625, 0.375, 0]),
        ({"top_k": 3}, [0.5, 0.3, 0.2]),
    ],
)
def test_weights_of_a_known_gate(changes: dict[str, object], expected: list[float]) -> None:
    found = head_of_known_gate(WEIGHTS, **changes).weigh(one_output([0.0, 0.0, 0.0]))
    close(found, torch.tensor([expected]), terms=3)


def test_top_k_keeps_ties_and_passes_gradient_to_the_kept_weights() -> None:
    head = head_of_known_gate([0.0, 1.0, 1.0, -1.0], top_k=1)
    outputs = one_output([1.0, 2.0, 3.0, 4.0])
    weights = head.weigh(outputs)
    close(weights, torch.tensor([[0.0, 0.5, 0.5, 0.0]]))
    head.combine(outputs, weights).sum().backward()  # type: ignore[no-untyped-call]
    # d/ds of the mean of 2 and 3 under a softmax of two: -+ 1/4
    assert head.gate.bias.grad is not None
    close(head.gate.bias.grad, torch.tensor([0.0, -0.25, 0.25, 0.0]))


def test_masked_experts_have_no_weight_and_the_rest_is_scaled_up() -> None:
    head = head_of_known_gate(WEIGHTS)
    outputs = ExpertOutputs(torch.ones(3, 3, 2), torch.zeros(3, 3))
    masked = torch.tensor([[True, False, False], [True, True, True], [False, False, False]])
    expected = torch.tensor([[0.0, 0.6, 0.4], [0.5, 0.3, 0.2], [0.5, 0.3, 0.2]])
    close(head.weigh(outputs, masked), expected, terms=3)
    sharp = head_of_known_gate(WEIGHTS, top_k=1)
    expected = torch.tensor([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    close(sharp.weigh(outputs, masked), expected, terms=3)


@pytest.mark.parametrize(
    ("gate_reads", "expected"),
    [("embeddings", [1.0, 2, 3, 4]), ("logits", [9, 8]), ("both", [1, 2, 3, 4, 9, 8])],
)
def test_the_input_of_the_gate(gate_reads: str, expected: list[float]) -> None:
    head = MixtureHead(2, 2, options(gate_reads=gate_reads))
    read: list[Tensor] = []
    head.gate.register_forward_hook(lambda module, inputs, output: read.append(inputs[0]))
    embeddings = torch.tensor([[[1.0, 2.0], [3.0, 4.0]]])
    head.weigh(ExpertOutputs(embeddings, torch.tensor([[9.0, 8.0]])))
    assert read[0].tolist() == [expected]


def test_the_gate_reads_normalised_embeddings() -> None:
    head = MixtureHead(2, 2, options(normalise=True))
    read: list[Tensor] = []
    head.gate.register_forward_hook(lambda module, inputs, output: read.append(inputs[0]))
    embeddings = torch.tensor([[[3.0, 4.0], [0.0, -2.0]]])
    head.weigh(ExpertOutputs(embeddings, torch.zeros(1, 2)))
    close(read[0], torch.tensor([[0.6, 0.8, 0.0, -1.0]]), terms=4)


def test_more_weights_to_keep_than_experts() -> None:
    with pytest.raises(ConfigError, match=r"mixture\.top_k: found 4, expected at most 3"):
        build(True, top_k=4)


def test_a_mixture_of_one_expert() -> None:
    head = MixtureHead(1, 8, options())
    mixture = Mixture({"a": Expert(ConvNet(20, 4, 6, "max"), 8, 0.3)}, head, False)
    assert mixture.embedding == 8
    assert mixture.gate(random_sequences(2)).tolist() == [[1], [1]]


def test_names_follow_the_gates_columns() -> None:
    assert build(averages_strands=True).expert_names == ("b", "a", "c")


@pytest.mark.parametrize("combines", ["embeddings", "logits"])
def test_strand_average_holds_for_logits_and_gate(combines: str) -> None:
    mixture = build(averages_strands=True, combines=combines, gate_reads="both", top_k=2)
    disturb(mixture)
    sequences = random_sequences(4)
    other = reverse_complement(sequences)
    close(mixture(sequences), mixture(other), terms=TERMS)
    close(mixture.gate(sequences), mixture.gate(other), terms=TERMS)
    close(mixture.gate(sequences).sum(1), torch.ones(4), terms=3)


@pytest.mark.parametrize(
    ("combines", "expected"),
    [
        ("embeddings", ["projections", "biases", "gate.weight", "gate.bias"]),
        ("logits", ["scales", "offsets", "gate.weight", "gate.bias"]),
    ],
)
def test_only_the_head_is_trainable(combines: str, expected: list[str]) -> None:
    mixture = build(averages_strands=False, combines=combines)
    trainable = [name for name, value in mixture.named_parameters() if value.requires_grad]
    if combines == "embeddings":
        expected = [*expected, "classifier.weight", "classifier.bias"]
    assert trainable == [f"head.{name}" for name in expected]


def test_frozen_experts_never_train() -> None:
    mixture = build(averages_strands=False)
    sequences = random_sequences(4)
    before = mixture.run_experts(sequences)
    assert mixture.train() is mixture
    assert mixture.training
    assert mixture.head.training
    assert not any(module.training for module in mixture.experts.modules())
    assert torch.equal(mixture.run_experts(sequences).logits, before.logits)
    assert not mixture.eval().head.training
