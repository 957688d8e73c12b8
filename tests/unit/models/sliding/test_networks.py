from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tfmoe.core.dna import UNKNOWN, Codes
from tfmoe.core.sliding import SlidingWindows
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.prediction import predict, predict_mixture
from tfmoe.models.registry import available, build_backbone
from tfmoe.models.sliding import networks

CPU = torch.device("cpu")
WINDOW = 41
SIZES: dict[str, dict[str, Any]] = {
    "convnet": {"filters": 5, "kernel_width": 9, "pool": "max"},
    "danq": {"filters": 5, "kernel_width": 8, "pool_width": 5, "units": 3, "dropout": 0.2},
    "deepsea": {"filters": 18, "kernel_width": 6, "pool_width": 3, "dropout": 0.2},
    "explainn": {"units": 20, "kernel_width": 9, "pool_width": 7, "hidden": 4, "dropout": 0.2},
    "legnet": {
        "filters": 8, "kernel_width": 9, "pool_width": 4, "blocks": 1, "block_kernel_width": 3,
        "expansion": 1, "squeeze_excitation": True, "dropout": 0.2,
    },
}  # fmt: skip


def expert(backbone: str, window: int = WINDOW, **changes: Any) -> Expert:
    torch.manual_seed(3)
    network = Expert(build_backbone(backbone, window, SIZES[backbone] | changes), 6, 0.2).eval()
    with torch.no_grad():
        for weights in network.parameters():
            # biases of either sign, so that each activation passes some scores and stops others
            weights.add_(0.3 * torch.randn_like(weights))
    return network


def sequence(length: int) -> Codes:
    """Return random bases with runs of unknown ones: at both ends, alone, and a whole window."""
    codes = np.random.default_rng(5).integers(0, 4, length).astype(np.uint8)
    codes[:3] = codes[-2:] = UNKNOWN
    codes[length // 3] = UNKNOWN
    codes[length // 2 : length // 2 + WINDOW + 4] = UNKNOWN
    return codes


def check(network: nn.Module, windows: SlidingWindows) -> None:
    found = predict(network, windows, 16, CPU)
    expected = predict(network, windows.rows(), 16, CPU)
    assert found.shape == (len(windows),)
    assert len(windows) < 2 or expected.std() > 0.01
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_every_backbone_is_tested() -> None:
    assert available() == sorted(SIZES)


@pytest.mark.parametrize("stride", [1, 10])
@pytest.mark.parametrize("backbone", SIZES)
def test_windows_have_the_logits_that_they_have_alone(
    backbone: str, stride: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # several chunks, the last one shorter
    monkeypatch.setattr(networks, "_MOST_WINDOWS", 50)
    network = expert(backbone)
    windows = SlidingWindows(sequence(263), WINDOW, stride)
    check(network, windows)
    check(StrandAveraged(network), windows)


@pytest.mark.parametrize(
    ("backbone", "window", "changes"),
    [
        ("convnet", WINDOW, {"pool": "max_average"}),
        ("convnet", WINDOW, {"filters": 33}),
        # windows as wide as the filters, and not much wider: no or few placements inside
        ("convnet", 9, {"pool": "max_average"}),
        ("convnet", 10, {}),
        ("convnet", 7, {}),
        ("explainn", 16, {}),
        ("danq", 13, {}),
        ("legnet", 9, {}),
        # without pooling each placement is a column of its own
        ("legnet", WINDOW, {"pool_width": 1}),
        ("deepsea", WINDOW, {"kernel_width": 5, "pool_width": 8}),
        ("convnet", WINDOW, {"kernel_width": 1}),
    ],
)
def test_other_shapes(backbone: str, window: int, changes: dict[str, Any]) -> None:
    check(
        StrandAveraged(expert(backbone, window, **changes)), SlidingWindows(sequence(150), window)
    )


@pytest.mark.parametrize("length", [0, WINDOW - 1, WINDOW, WINDOW + 1])
def test_short_sequences(length: int) -> None:
    codes = np.random.default_rng(1).integers(0, 4, length).astype(np.uint8)
    windows = SlidingWindows(codes, WINDOW)
    assert len(windows) == max(length - WINDOW + 1, 0)
    check(StrandAveraged(expert("convnet")), windows)


def test_filters_of_a_trained_scale_do_not_lose_digits() -> None:
    network = expert("convnet")
    with torch.no_grad():
        network.backbone.convolution.weight.mul_(30)  # type: ignore[union-attr]
    check(network, SlidingWindows(sequence(200), WINDOW))


def test_other_modules_read_one_window_after_the_other() -> None:
    class Content(nn.Module):
        def forward(self, sequences: Tensor) -> Tensor:
            return sequences[:, 1].mean(1)

    check(Content(), SlidingWindows(sequence(100), WINDOW, 3))
    network = Expert(_Rows(), 6, 0.2).eval()
    check(StrandAveraged(network), SlidingWindows(sequence(100), WINDOW, 3))


class _Rows(nn.Module):
    """A backbone without a first layer that windows could share."""

    features = 4

    def forward(self, sequences: Tensor) -> Tensor:
        return sequences[:, :, :9].mean(2)


@pytest.mark.parametrize("averages", [True, False])
@pytest.mark.parametrize("combines", ["embeddings", "logits"])
def test_a_mixture_of_several_backbones(
    averages: bool, combines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(networks, "_MOST_WINDOWS", 60)
    experts = {name: expert(name) for name in ("convnet", "explainn", "legnet")}
    head = MixtureHead(3, 6, HeadOptions(combines, "both", True, 0.7, 2))
    with torch.no_grad():
        for weights in head.parameters():
            weights.add_(torch.randn_like(weights))
    mixture = Mixture(experts, head, averages)
    windows = SlidingWindows(sequence(200), WINDOW, 2)
    found = predict_mixture(mixture, windows, 16, CPU)
    expected = predict_mixture(mixture, windows.rows(), 16, CPU)
    for name in ("mixture", "experts", "gate"):
        values = getattr(expected, name)
        assert values.std() > 0.01
        np.testing.assert_allclose(getattr(found, name), values, atol=1e-5)
    assert found.gate.shape == (80, 3)


def test_a_mixture_with_a_member_that_is_no_expert_is_refused() -> None:
    experts = {name: expert(name) for name in ("convnet", "explainn")}
    head = MixtureHead(2, 6, HeadOptions("logits", "both", True, 0.7, 2))
    mixture = Mixture(experts, head, False)
    mixture.experts[1] = StrandAveraged(experts["explainn"])
    windows = SlidingWindows(sequence(60), WINDOW)
    for given in (windows, windows.rows()):
        with pytest.raises(TypeError, match="of the types Expert, StrandAveraged, expected expert"):
            predict_mixture(mixture, given, 16, CPU)
