import inspect
from importlib import import_module
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError
from tfmoe.models import first_layer
from tfmoe.models.backbones.danq import DanQ
from tfmoe.models.backbones.explainn import ExplaiNN, UnitLinear
from tfmoe.models.backbones.legnet import LegNet
from tfmoe.models.checkpoints import ExpertConfig, build_expert, load_expert, save_expert, versions
from tfmoe.models.encoding import one_hot, reverse_complement
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.first_layer import pool_one_hot
from tfmoe.models.layers import StandardisedFilters
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead
from tfmoe.models.registry import available, build_backbone
from tolerance import close

DEFAULTS = schema_defaults("training")["backbones"]
NAMES = sorted(DEFAULTS)
SHORTEST = {"danq": 39, "deepsea": 32, "explainn": 26, "legnet": 15}
TERMS = 4 * 101  # of the longest sum in these networks


def sequences(number: int, length: int) -> Tensor:
    generator = torch.Generator().manual_seed(0)
    return one_hot(torch.randint(0, 4, (number, length), dtype=torch.uint8, generator=generator))


def make_backbone(name: str, length: int) -> nn.Module:
    torch.manual_seed(0)
    return build_backbone(name, length, DEFAULTS[name])


def make_expert(name: str, length: int, seed: int = 0) -> Expert:
    torch.manual_seed(seed)
    return Expert(build_backbone(name, length, DEFAULTS[name]), embedding=32, dropout=0.2)


def test_each_backbone_has_its_section_in_the_schema_and_takes_its_keys() -> None:
    assert available() == NAMES == ["convnet", "danq", "deepsea", "explainn", "legnet"]
    for name in NAMES:
        build = import_module(f"tfmoe.models.backbones.{name}").build
        assert list(inspect.signature(build).parameters) == ["length", *DEFAULTS[name]]


@pytest.mark.parametrize("length", [41, 101, 201, 1001])
@pytest.mark.parametrize("name", NAMES)
def test_features_have_the_stated_shape(name: str, length: int) -> None:
    backbone = build_backbone(name, length, DEFAULTS[name])
    found = backbone(sequences(2, length))
    assert found.shape == (2, backbone.features)
    assert bool(torch.isfinite(found).all())


@pytest.mark.parametrize("name", NAMES)
def test_gradients_reach_every_parameter(name: str) -> None:
    expert = make_expert(name, 101)
    expert(sequences(32, 101)).square().sum().backward()
    without = [key for key, value in expert.named_parameters() if not value.grad.any()]  # type: ignore[union-attr]
    assert without == []


@pytest.mark.parametrize("name", NAMES)
def test_each_module_runs_once_in_a_pass_and_no_pool_is_adaptive(name: str) -> None:
    expert = StrandAveraged(make_expert(name, 101)).eval()
    leaves = {key: part for key, part in expert.named_modules() if not list(part.children())}
    calls: list[str] = []
    for key, module in leaves.items():
        module.register_forward_hook(lambda *_, key=key: calls.append(key))
        assert "Adaptive" not in type(module).__name__
    expert(sequences(3, 101))
    assert sorted(calls) == sorted(leaves)


@pytest.mark.parametrize("name", NAMES)
def test_a_window_does_not_depend_on_its_batch(name: str) -> None:
    """Without batch statistics, a batch may be one window, and averaged weights are complete."""
    torch.manual_seed(0)
    without = {key: 0.0 for key in DEFAULTS[name] if key == "dropout"}
    network = build_backbone(name, 101, {**DEFAULTS[name], **without})
    assert list(network.buffers()) == []
    windows = sequences(5, 101)
    together = network(windows)
    close(network(windows[3:4]), together[3:4], terms=TERMS)
    close(network.eval()(windows), together, terms=TERMS)


@pytest.mark.parametrize("name", NAMES)
def test_torchs_seed_decides_the_weights(name: str) -> None:
    first, again, other = (
        torch.cat([value.flatten() for value in make_expert(name, 101, seed).parameters()])
        for seed in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("name", NAMES)
def test_checkpoint_and_strands(name: str, tmp_path: Path) -> None:
    config = ExpertConfig(
        name="x",
        experiments=["x"],
        factors=["x"],
        seed=0,
        recipe="tfmoe",
        backbone=name,
        hyperparameters=DEFAULTS[name],
        embedding=32,
        dropout=0.2,
        window=101,
        averages_strands=True,
        training={},
        versions=versions(),
    )
    torch.manual_seed(3)
    expert = build_expert(config).eval()
    save_expert(expert, config, tmp_path)
    loaded = load_expert(tmp_path)
    windows = sequences(4, 101)
    with torch.no_grad():
        assert torch.equal(loaded(windows), StrandAveraged(expert)(windows))
        close(loaded(windows), loaded(reverse_complement(windows)), terms=TERMS)
        assert not torch.allclose(expert(windows), expert(reverse_complement(windows)))


@pytest.mark.parametrize("name", NAMES)
def test_a_hyperparameter_that_the_backbone_does_not_take(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"training\.backbones\.{name}: .*'kernels'"):
        build_backbone(name, 101, {**DEFAULTS[name], "kernels": 3})


@pytest.mark.parametrize(("name", "shortest"), SHORTEST.items())
def test_the_shortest_window(name: str, shortest: int) -> None:
    backbone = build_backbone(name, shortest, DEFAULTS[name])
    assert backbone(sequences(2, shortest)).shape == (2, backbone.features)
    message = (
        rf"training\.backbones\.{name}: .*windows of {shortest - 1} bases are too short, "
        rf"expected at least {shortest} "
    )
    with pytest.raises(ConfigError, match=message):
        build_backbone(name, shortest - 1, DEFAULTS[name])


def test_experts_of_several_backbones_are_one_mixture() -> None:
    experts = {name: make_expert(name, 101) for name in NAMES}
    head = MixtureHead(5, 32, HeadOptions("embeddings", "embeddings", False, 1.0, None))
    mixture = Mixture(experts, head, averages_strands=True).eval()
    windows = sequences(3, 101)
    assert mixture.run_experts(windows).embeddings.shape == (6, 5, 32)
    assert mixture.gate(windows).shape == (3, 5)
    assert mixture(windows).shape == (3,)


def test_standardised_filters_score_zero_on_average_with_their_scale_as_spread() -> None:
    torch.manual_seed(0)
    filters = StandardisedFilters(3, 2)
    with torch.no_grad():
        filters.scale.copy_(torch.tensor([1.0, 2.0, 1.0]))
        filters.bias.copy_(torch.tensor([0.0, 0.0, 5.0]))
        scores = filters(one_hot(torch.cartesian_prod(*[torch.arange(4, dtype=torch.uint8)] * 2)))
        padding = filters(torch.full((1, 4, 2), 0.25)).flatten()
    assert scores.shape == (16, 3, 1)
    close(scores.mean(0).flatten(), torch.tensor([0.0, 0.0, 5.0]), terms=16, size=scores)
    spread = scores.std(0, correction=0).flatten()
    close(spread, torch.tensor([1.0, 2.0, 1.0]), terms=16)
    close(padding, torch.tensor([0.0, 0.0, 5.0]), terms=8)


def test_unit_linear_is_a_grouped_convolution() -> None:
    torch.manual_seed(0)
    layer = UnitLinear(units=3, inputs=5, outputs=2)
    grouped = nn.Conv1d(15, 6, 1, groups=3)
    with torch.no_grad():
        grouped.weight.copy_(layer.weight.transpose(1, 2).reshape(6, 5, 1))
        grouped.bias.copy_(layer.bias.flatten())  # type: ignore[union-attr]
    values = torch.randn(4, 3, 5)
    expected = grouped(values.reshape(4, 15, 1)).view(4, 3, 2)
    close(layer(values), expected, terms=5)


def test_units_of_explainn_are_independent() -> None:
    network = make_backbone("explainn", 101).eval()
    assert isinstance(network, ExplaiNN)
    windows = sequences(6, 101)
    before = network(windows)
    with torch.no_grad():
        network.motifs[1].weight[7].neg_()  # type: ignore[index, union-attr, operator]
    changed = (network(windows) != before).any(0)
    assert changed.nonzero().flatten().tolist() == [7]


def test_attribution_of_an_lstm_disables_cudnn() -> None:
    """CuDNN has gradients of an LSTM only in training mode; attribution uses evaluation mode."""
    network = make_backbone("danq", 101)
    assert isinstance(network, DanQ)
    used: list[bool] = []
    network.recurrence.register_forward_hook(
        lambda *_: used.append(bool(torch.backends.cudnn.enabled))
    )
    windows = sequences(2, 101)
    asked = windows.clone().requires_grad_(True)
    network.train()(windows)
    network.eval().requires_grad_(False)(windows)
    network(asked).sum().backward()
    assert used == [True, True, False]
    assert asked.grad is not None
    assert bool(asked.grad.any())
    assert torch.backends.cudnn.enabled


@pytest.mark.parametrize("length", [41, 42, 43, 44, 50, 53])
@pytest.mark.parametrize("name", NAMES)
def test_every_base_counts(name: str, length: int) -> None:
    """No pool drops the last bases of a window, whatever its length."""
    network = make_backbone(name, length).eval()
    windows = sequences(64, length).requires_grad_(True)
    network(windows).square().sum().backward()
    assert windows.grad is not None
    assert windows.grad.abs().sum((0, 1)).min() > 0


PARAMETERS = {
    "convnet": 2193,
    "danq": 52417,
    "deepsea": 248353,
    "explainn": 72029,
    "legnet": 114305,
}


@pytest.mark.parametrize(("name", "expected"), PARAMETERS.items())
def test_number_of_parameters_of_the_default_expert(name: str, expected: int) -> None:
    assert sum(value.numel() for value in make_expert(name, 101).parameters()) == expected


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"kernel_width": 18}, "kernel_width is 18, expected an odd"),
        ({"block_kernel_width": 6}, "block_kernel_width is 6"),
    ],
)
def test_legnets_widths_are_odd(changes: dict[str, int], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        build_backbone("legnet", 101, {**DEFAULTS["legnet"], **changes})


def test_squeeze_and_excitation_looks_at_the_whole_window() -> None:
    """Without it the blocks are convolutions, whose output does not change far away."""
    windows = sequences(1, 401)
    changed = windows.clone()
    changed[:, :, :4] = changed[:, [1, 2, 3, 0], :4]
    for chosen in (False, True):
        torch.manual_seed(0)
        settings = {**DEFAULTS["legnet"], "squeeze_excitation": chosen}
        network = build_backbone("legnet", 401, settings).eval()
        assert isinstance(network, LegNet)
        before, after = (network.blocks(network.stem(part)) for part in (windows, changed))
        assert torch.equal(before[:, :, 50:], after[:, :, 50:]) is not chosen


HOOKS = {
    "register_forward_pre_hook": lambda *_: None,
    "register_forward_hook": lambda *_: None,
    "register_full_backward_pre_hook": lambda *_: None,
    "register_full_backward_hook": lambda *_: None,
}


def refuse(*_: object) -> None:
    raise AssertionError("filters and pool were one function")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("length", [41, 101])
def test_a_backbone_computes_what_its_modules_do(name: str, length: int) -> None:
    """A hook forces calls of each module, without changing features or gradients."""
    network = make_backbone(name, length).eval()
    windows = sequences(20, length)
    weights = torch.randn(20, int(network.features), generator=torch.Generator().manual_seed(1))  # type: ignore[arg-type]
    found = []
    for watched in (False, True):
        if watched:
            for module in network.modules():
                module.register_forward_hook(lambda *_: None)
        network.zero_grad()
        given = windows.clone().requires_grad_(True)
        features = network(given)
        (features * weights).sum().backward()
        gradients = [value.grad for value in network.parameters()]
        found.append([features.detach(), given.grad, *gradients])
    for fused, of_modules in zip(*found, strict=True):
        close(fused, of_modules, terms=20 * TERMS)


@pytest.mark.parametrize("kind", HOOKS)
@pytest.mark.parametrize("part", ["", "0", "1", "2"])
def test_modules_are_called_while_one_has_a_hook(
    part: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = make_backbone("legnet", 41)
    monkeypatch.setattr(first_layer, "best_columns", refuse)
    hook = getattr(network.get_submodule(f"stem.{part}".rstrip(".")), kind)(HOOKS[kind])
    network(sequences(2, 41))
    hook.remove()
    with pytest.raises(AssertionError, match="one function"):
        network(sequences(2, 41))


def test_modules_are_called_off_the_cpu_for_averages_and_other_sequences(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = make_backbone("convnet", 41)
    monkeypatch.setattr(first_layer, "best_columns", refuse)
    network(sequences(2, 41) * 0.5)
    network(sequences(2, 41)[:0])
    network.double()(sequences(2, 41).double())
    network.float()
    build_backbone("convnet", 41, {**DEFAULTS["convnet"], "pool": "max_average"})(sequences(2, 41))
    replaced = make_backbone("explainn", 41)
    replaced.motifs[2] = nn.MaxPool1d(7, ceil_mode=True)  # type: ignore[index, operator]
    replaced(sequences(2, 41))
    assert network.to("meta")(sequences(2, 41).to("meta")).shape == (2, 16)


def test_in_bfloat16_the_first_layer_stays_float32() -> None:
    network = make_backbone("legnet", 101)
    assert isinstance(network, LegNet)
    pooled = pool_one_hot(network, network.stem.modules(), sequences(2, 101))
    with torch.autocast("cpu", torch.bfloat16):
        found = pool_one_hot(network, network.stem.modules(), sequences(2, 101))
    assert pooled is not None
    assert found is not None
    assert torch.equal(pooled.maxima, found.maxima)


@pytest.mark.parametrize("name", NAMES)
def test_a_backbone_gives_the_same_gradients_again(name: str) -> None:
    network = make_backbone(name, 101).eval()
    drawn = []
    for _ in range(2):
        windows = sequences(64, 101).requires_grad_(True)
        network.zero_grad()
        network(windows).sum().backward()
        drawn.append([windows.grad, *(value.grad for value in network.parameters())])
    for first, again in zip(*drawn, strict=True):
        assert torch.equal(first, again)
