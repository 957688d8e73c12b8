"""The methods on experts of every backbone, and on mixtures of them."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tfmoe.attribution.deeplift import FixedGate
from tfmoe.attribution.methods import attribute, attribute_all, attribute_experts
from tfmoe.core.config import schema_defaults
from tfmoe.core.dna import Codes, one_hot
from tfmoe.core.errors import ConfigError, TrainingError
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.registry import available, build_backbone
from tolerance import close

Values = np.ndarray[tuple[Any, ...], np.dtype[Any]]

CPU = torch.device("cpu")
LENGTH, FLANK = 41, 3
TERMS = 4 * LENGTH  # of the longest sum in these networks
SMALL: dict[str, dict[str, Any]] = {
    "convnet": {"filters": 6, "kernel_width": 9},
    "danq": {"filters": 6, "kernel_width": 9, "units": 4},
    "deepsea": {"filters": 6},
    "explainn": {"units": 6, "kernel_width": 9, "hidden": 4},
    "legnet": {"filters": 8, "kernel_width": 9, "blocks": 1},
}
WITH_RULES = [
    ("convnet", {}),
    ("convnet", {"pool": "max_average"}),
    ("deepsea", {}),
    ("explainn", {}),
    ("legnet", {}),
    ("legnet", {"squeeze_excitation": True}),
]
OPTIONS = HeadOptions("embeddings", "embeddings", normalise=False, temperature=1.0, top_k=None)


def expert(name: str, changes: dict[str, Any], seed: int = 3) -> Expert:
    """Return an expert with weights so large that no part of it is almost linear."""
    settings = schema_defaults("training")["backbones"][name] | SMALL[name] | changes
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        found = Expert(build_backbone(name, LENGTH, settings), 8, 0.25)
        for weight in found.parameters():
            weight.data.add_(0.2 * torch.randn_like(weight))
    return found.eval()


def mixture(experts: Sequence[Expert], options: HeadOptions, averages_strands: bool) -> Mixture:
    with torch.random.fork_rng():
        torch.manual_seed(4)
        head = MixtureHead(len(experts), 8, options)
        for weight in head.parameters():
            weight.data.add_(0.5 * torch.randn_like(weight))
    names = [f"x{number}" for number in range(len(experts))]
    return Mixture(dict(zip(names, experts, strict=True)), head, averages_strands).eval()


def random_codes(rows: int) -> Codes:
    codes = np.random.default_rng(2).integers(0, 4, (rows, LENGTH + 2 * FLANK)).astype(np.uint8)
    codes[0, FLANK + 7] = 4
    return codes


def windows_of(codes: Codes) -> Codes:
    return codes[:, FLANK:-FLANK]


def logits(model: nn.Module, inputs: Values) -> Values:
    with torch.no_grad():
        found: Values = model(torch.from_numpy(inputs.astype(np.float32))).numpy()
    return found


def sums(maps: Values, codes: Codes) -> Values:
    """Return the sums of the contributions of the observed bases."""
    total: Values = (maps * one_hot(windows_of(codes))).sum(axis=(1, 2))
    return total


def slow_mutagenesis(model: nn.Module, windows: Codes) -> Values:
    maps = np.zeros((len(windows), 4, windows.shape[1]))
    for position in range(windows.shape[1]):
        for base in range(4):
            mutated = windows.copy()
            mutated[:, position] = base
            maps[:, base, position] = logits(model, one_hot(mutated))
    centred: Values = maps - maps.mean(axis=1, keepdims=True)
    return centred


def slow_shiftsmooth(model: nn.Module, codes: Codes, shifts: int) -> Values:
    total = np.zeros((len(codes), 4, LENGTH + 2 * shifts))
    covering = np.zeros(LENGTH + 2 * shifts)
    for begin in range(2 * shifts + 1):
        first = FLANK - shifts + begin
        inputs = torch.from_numpy(one_hot(codes[:, first : first + LENGTH])).requires_grad_(True)
        model(inputs).sum().backward()
        total[:, :, begin : begin + LENGTH] += inputs.grad.numpy()  # type: ignore[union-attr]
        covering[begin : begin + LENGTH] += 1
    return (total / covering)[:, :, shifts : shifts + LENGTH]


@pytest.mark.parametrize("name", available())
@pytest.mark.parametrize("strands", [1, 2])
def test_mutagenesis_and_shiftsmooth_agree_with_slow_references(name: str, strands: int) -> None:
    network = expert(name, {})
    model = network if strands == 1 else StrandAveraged(network).eval()
    codes = random_codes(2)
    expected = slow_mutagenesis(model, windows_of(codes))
    assert np.abs(expected).max() > 1e-2
    close(attribute(model, codes, FLANK, "ism", 64, CPU), expected, terms=TERMS)
    expected = slow_shiftsmooth(model, codes, 2)
    found = attribute(model, codes, FLANK, "shiftsmooth_n2", 4, CPU)
    close(found, expected, terms=TERMS)


@pytest.mark.parametrize("pool", ["max", "max_average"])
@pytest.mark.parametrize("averages_strands", [False, True])
def test_quick_mutagenesis_of_a_mixture_agrees_with_the_slow_one(
    pool: str, averages_strands: bool
) -> None:
    experts = [expert("convnet", {"pool": pool}, seed) for seed in range(3)]
    model = mixture(experts, OPTIONS, averages_strands)
    codes = random_codes(5)
    expected = slow_mutagenesis(model, windows_of(codes))
    for batch_size in (1, 48, 1000):
        found = attribute(model, codes, FLANK, "ism", batch_size, CPU)
        close(found, expected, terms=TERMS)


def test_quick_mutagenesis_of_a_window_shorter_than_the_filters() -> None:
    settings = schema_defaults("training")["backbones"]["convnet"]
    model = Expert(build_backbone("convnet", 5, settings), 8, 0.25).eval()
    windows = random_codes(3)[:, :5]
    expected = slow_mutagenesis(model, windows)
    close(attribute(model, windows, 0, "ism", 64, CPU), expected, terms=TERMS)


@pytest.mark.parametrize(("name", "changes"), WITH_RULES)
def test_deeplift_is_complete(name: str, changes: dict[str, Any]) -> None:
    model, codes = expert(name, changes), random_codes(6)
    maps = attribute(model, codes, FLANK, "deeplift_uniform", 4, CPU)
    uniform = np.full((1, 4, LENGTH), 0.25)
    expected = logits(model, one_hot(windows_of(codes))) - logits(model, uniform)
    assert np.abs(expected).max() > 1e-2
    close(sums(maps, codes), expected, terms=TERMS)
    close(maps.sum(axis=1), 0, terms=TERMS, size=maps)


@pytest.mark.parametrize(("name", "changes"), WITH_RULES)
def test_deeplift_from_shuffles_is_complete_for_every_batch_size(
    name: str, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    # that contributions of all references miss the differences by 1 % would be an error
    model, codes = StrandAveraged(expert(name, changes)).eval(), random_codes(6)
    found = [
        attribute(model, codes, FLANK, "deeplift_shuffles3", size, CPU, seed=1) for size in (1, 64)
    ]
    close(found[0], found[1], terms=TERMS)
    other = attribute(model, codes, FLANK, "deeplift_shuffles3", 64, CPU, seed=2)
    assert np.abs(other - found[1]).max() > 1e-3
    assert not caplog.records


def test_deeplift_of_a_linear_network_is_its_weights() -> None:
    linear = nn.Linear(4 * LENGTH, 1)
    model = nn.Sequential(nn.Flatten(), linear, nn.Flatten(0))
    codes = random_codes(2)
    weights = linear.weight.detach().numpy().reshape(1, 4, LENGTH)
    maps = attribute(model, codes, FLANK, "deeplift_uniform", 16, CPU)
    centred = weights - weights.mean(axis=1, keepdims=True)
    close(maps, np.repeat(centred, 2, axis=0), terms=4)


def test_rescale_and_maximum_have_literal_values() -> None:
    # sequence A C, reference 0.25; the filter is 4 at A and 0 elsewhere, its bias -2: scores 2 and
    # -2 against -1, after ReLU 2 and 0 against 0; the maximum has its 2 from the first position
    convolution = nn.Conv1d(4, 1, 1)
    model = nn.Sequential(convolution, nn.ReLU(), nn.MaxPool1d(2), nn.Flatten(0))
    with torch.no_grad():
        convolution.weight.copy_(torch.tensor([4.0, 0, 0, 0]).view(1, 4, 1))
        convolution.bias.fill_(-2)  # type: ignore[union-attr]
    maps = attribute(model, np.array([[0, 1]], np.uint8), 0, "deeplift_uniform", 2, CPU)[0]
    # the slope of the secant is (2 - 0) / (2 - -1) = 2 / 3, times the weight 4
    multiplier = 8 / 3
    expected = [[multiplier * 0.75, 0]] + 3 * [[-multiplier * 0.25, 0]]
    close(maps, expected, terms=4)


@pytest.mark.parametrize("averages_strands", [False, True])
def test_deeplift_of_a_mixture_fixes_the_gate(averages_strands: bool) -> None:
    experts = [expert("legnet", {}, 1), expert("convnet", {}, 2)]
    model, codes = mixture(experts, OPTIONS, averages_strands), random_codes(4)
    maps = attribute(model, codes, FLANK, "deeplift_uniform", 16, CPU)
    inputs = torch.from_numpy(one_hot(windows_of(codes)))
    pairs = torch.stack([inputs, torch.full_like(inputs, 0.25)], 1).flatten(0, 1)
    with torch.no_grad():
        held = FixedGate(model)(pairs).numpy()
    close(held[0::2], logits(model, inputs.numpy()), terms=TERMS)
    close(sums(maps, codes), held[0::2] - held[1::2], terms=TERMS)
    assert np.abs(held[1::2] - logits(model, pairs[1::2].numpy())).max() > 1e-3  # gates differ


@pytest.mark.parametrize("name", available())
def test_integrated_gradients_are_complete(name: str, caplog: pytest.LogCaptureFixture) -> None:
    model, codes = expert(name, {}), random_codes(3)
    method = "integrated_gradients_n200_uniform"
    maps = attribute(model, codes, FLANK, method, 64, CPU)
    uniform = np.full((1, 4, LENGTH), 0.25)
    expected = logits(model, one_hot(windows_of(codes))) - logits(model, uniform)
    scale = np.abs(expected).max()
    assert scale > 1e-2
    np.testing.assert_allclose(sums(maps, codes), expected, atol=0.03 * scale)
    assert not caplog.records


def test_a_warning_about_a_coarse_path_names_the_model(caplog: pytest.LogCaptureFixture) -> None:
    model, codes = expert("convnet", {}), random_codes(3)
    method = "integrated_gradients_n1_shuffles2"
    attribute(model, codes, FLANK, method, 64, CPU, name="expert_Reb1")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "expert_Reb1: the contributions of integrated_gradients" in record.message
    assert "1 points" in record.message


def test_gate_scaling_is_the_sum_of_the_experts() -> None:
    experts = [expert("legnet", {}, 1), expert("convnet", {}, 2)]
    codes = random_codes(4)
    for averages_strands in (False, True):
        model = mixture(experts, OPTIONS, averages_strands)
        each = attribute_experts(model, codes, FLANK, "shiftsmooth_n1_corrected", 16, CPU)
        with torch.no_grad():
            gate = model.gate(torch.from_numpy(one_hot(windows_of(codes)))).numpy()
        assert list(each) == ["x0", "x1"]
        for column, network in enumerate(experts):
            single = StrandAveraged(network) if averages_strands else network
            own = attribute(single.eval(), codes, FLANK, "shiftsmooth_n1_corrected", 16, CPU)
            expected = own * gate[:, column, None, None]
            close(each[f"x{column}"], expected, terms=TERMS)
        total = attribute(model, codes, FLANK, "shiftsmooth_n1_gated_corrected", 16, CPU)
        close(total, each["x0"] + each["x1"], terms=TERMS)


def test_over_logits_the_gated_gradient_is_that_of_the_fixed_gate() -> None:
    options = replace(OPTIONS, combines="logits")
    experts = [expert("convnet", {}, 1), expert("convnet", {}, 2)]
    model, codes = mixture(experts, options, averages_strands=False), random_codes(3)
    with torch.no_grad():
        model.head.scales.fill_(1)
    inputs = torch.from_numpy(one_hot(windows_of(codes))).requires_grad_(True)
    outputs = model.run_experts(inputs)
    held = model.head.combine(outputs, model.head.weigh(outputs).detach())
    (gradient,) = torch.autograd.grad(held.sum(), inputs)
    found = attribute(model, codes, FLANK, "gradient_gated", 16, CPU)
    close(found, gradient.numpy(), terms=TERMS)
    through = attribute(model, codes, FLANK, "gradient", 16, CPU)
    assert np.abs(through - found).max() > 1e-3


def test_the_gate_does_not_change_the_map_of_a_single_network() -> None:
    model, codes = expert("convnet", {}), random_codes(3)
    found = attribute_all(model, codes, FLANK, ["gradient", "gradient_gated"], 16, CPU)
    np.testing.assert_array_equal(found["gradient"], found["gradient_gated"])
    lone: Any = model
    with pytest.raises(TypeError, match="expert_Reb1 is not a mixture"):
        attribute_experts(lone, codes, FLANK, "gradient", 16, CPU, name="expert_Reb1")


def test_layers_without_a_deeplift_rule_are_named() -> None:
    codes = random_codes(2)
    with pytest.raises(ConfigError, match=r"no rule for LSTM \(backbone\.recurrence\)"):
        attribute(expert("danq", {}), codes, FLANK, "deeplift_uniform", 8, CPU)
    normalised = mixture([expert("convnet", {})], replace(OPTIONS, normalise=True), False)
    with pytest.raises(ConfigError, match=r"normalised embeddings of a mixture"):
        attribute(normalised, codes, FLANK, "deeplift_uniform", 8, CPU)

    class Hidden(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = nn.Conv1d(4, 1, 1)

        def forward(self, inputs: Tensor) -> Tensor:
            activity: Tensor = self.convolution(inputs).squeeze(1)
            return (4 * activity).sigmoid().prod(dim=1).log()

    with pytest.raises(TrainingError, match="expert_Reb1: the contributions of deeplift"):
        attribute(Hidden(), codes, FLANK, "deeplift_shuffles2", 8, CPU, name="expert_Reb1")


def test_hooks_are_gone_afterwards() -> None:
    model, codes = expert("convnet", {}), random_codes(2)
    before = attribute(model, codes, FLANK, "gradient", 8, CPU)
    attribute(model, codes, FLANK, "deeplift_uniform", 8, CPU)
    assert not any(module._forward_hooks for module in model.modules())
    np.testing.assert_array_equal(attribute(model, codes, FLANK, "gradient", 8, CPU), before)


def test_in_the_interior_shiftsmooth_of_the_convnet_is_nearly_the_gradient() -> None:
    # all filters see each shifted window, so that the maxima only move, unless one comes in at an
    # end or goes out there: that is the difference, and it grows with the shifts
    model = expert("convnet", {"filters": 16})
    codes = np.random.default_rng(5).integers(0, 4, (60, LENGTH + 2 * FLANK)).astype(np.uint8)
    names = ["gradient_corrected", "shiftsmooth_n1_corrected", "shiftsmooth_n3_corrected"]
    maps = attribute_all(model, codes, FLANK, names, 64, CPU)
    inside = slice(FLANK, LENGTH - FLANK)
    flat = [found[:, :, inside].reshape(60, -1) for found in maps.values()]
    near, far = (
        np.median([np.corrcoef(*pair)[0, 1] for pair in zip(flat[0], other, strict=True)])
        for other in flat[1:]
    )
    assert near > 0.9
    assert near > far > 0.7
    strided = expert("deepsea", {})
    maps = attribute_all(strided, codes, FLANK, names, 64, CPU)
    flat = [found[:, :, inside].reshape(60, -1) for found in maps.values()]
    pooled = np.median([np.corrcoef(*pair)[0, 1] for pair in zip(flat[0], flat[2], strict=True)])
    assert pooled < far
