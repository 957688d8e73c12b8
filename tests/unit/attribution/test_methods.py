from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tfmoe.attribution.gradients import gradient_batch
from tfmoe.attribution.integrated import NOISE
from tfmoe.attribution.methods import attribute, attribute_all, attribute_and_check
from tfmoe.attribution.shiftsmooth import extend, shift_weights
from tfmoe.core.dna import Codes, encode, one_hot, reverse_complement
from tfmoe.core.errors import ConfigError
from tfmoe.core.seeds import generator
from tfmoe.models.expert import StrandAveraged
from tolerance import close

CPU = torch.device("cpu")
FLANK = 5


class Linear(nn.Module):
    """The logit is a weighted sum over the input, so its gradient is the weights."""

    def __init__(self, length: int) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(3)
        self.weight = nn.Parameter(torch.randn(4, length, generator=generator))

    def forward(self, inputs: Tensor) -> Tensor:
        return (inputs * self.weight).sum(dim=(1, 2))


class Network(nn.Module):
    """A small nonlinear network with position-specific weights and dropout."""

    def __init__(self, length: int) -> None:
        super().__init__()
        with torch.random.fork_rng():
            torch.manual_seed(5)
            self.convolution = nn.Conv1d(4, 6, 7, padding=3)
            self.dense = nn.Linear(6 * length, 1)
        self.dropout = nn.Dropout(0.5)

    def forward(self, inputs: Tensor) -> Tensor:
        hidden = torch.nn.functional.softplus(4 * self.convolution(inputs)).flatten(1)
        output: Tensor = self.dense(self.dropout(hidden)).squeeze(1)
        return output**2


class Scanner(nn.Module):
    """One convolution without padding, stride 1, ReLU and global maximum."""

    def __init__(self, pattern: str, bias: float) -> None:
        super().__init__()
        self.convolution = nn.Conv1d(4, 1, len(pattern))
        weight = torch.from_numpy(one_hot(encode([pattern]))) - 0.25
        with torch.no_grad():
            self.convolution.weight.copy_(weight)
            self.convolution.bias.fill_(bias)  # type: ignore[union-attr]

    def forward(self, inputs: Tensor) -> Tensor:
        activity: Tensor = torch.relu(self.convolution(inputs)).amax(dim=2).squeeze(1)
        return activity


def random_codes(rows: int, length: int, flank: int = FLANK, unknown: bool = False) -> Codes:
    rng = np.random.default_rng(2)
    return rng.integers(0, 5 if unknown else 4, (rows, length + 2 * flank)).astype(np.uint8)


def gradient_of(model: nn.Module, codes: Codes) -> np.ndarray:
    """Compute the gradient at one window directly."""
    inputs = torch.from_numpy(one_hot(codes[None])).requires_grad_(True)
    model(inputs).backward()
    assert inputs.grad is not None
    return inputs.grad[0].numpy()


def slow_shiftsmooth(model: nn.Module, codes: Codes, flank: int, shifts: int) -> np.ndarray:
    """Compute ShiftSmooth position by position, one shift at a time."""
    length = codes.shape[1] - 2 * flank
    maps = np.zeros((len(codes), 4, length))
    for row, sequence in enumerate(codes):
        values: list[list[np.ndarray]] = [[] for _ in range(length)]
        for shift in range(-shifts, shifts + 1):
            gradient = gradient_of(model, sequence[flank + shift : flank + shift + length])
            for position in range(length):
                if 0 <= position - shift < length:
                    values[position].append(gradient[:, position - shift])
        for position in range(length):
            maps[row, :, position] = np.mean(values[position], axis=0)
    return maps


def slow_mutagenesis(model: nn.Module, windows: Codes) -> np.ndarray:
    """Compute in-silico mutagenesis one substitution at a time."""
    maps = np.zeros((len(windows), 4, windows.shape[1]))
    for row, window in enumerate(windows):
        for position in range(windows.shape[1]):
            for base in range(4):
                mutated = window.copy()
                mutated[position] = base
                logit = model(torch.from_numpy(one_hot(mutated[None])))
                maps[row, base, position] = logit.detach().item()
    return maps - maps.mean(axis=1, keepdims=True)


@pytest.mark.parametrize("length", [8, 9])
def test_a_linear_model_gives_its_weights(length: int) -> None:
    model = Linear(length)
    codes = random_codes(3, length, unknown=True)
    weights = model.weight.detach().numpy()
    maps = attribute(model, codes, FLANK, "gradient", 2, CPU)
    assert maps.shape == (3, 4, length)
    assert maps.dtype == np.float32
    np.testing.assert_array_equal(maps, np.repeat(weights[None], 3, axis=0))
    corrected = attribute(model, codes, FLANK, "gradient_corrected", 2, CPU)
    centred = weights - weights.mean(axis=0)
    close(corrected, np.repeat(centred[None], 3, axis=0), terms=4)


def test_of_a_linear_model_shiftsmooth_averages_the_weights_that_cover_a_position() -> None:
    model = Linear(4)
    weight = model.weight.detach().numpy()
    found = attribute(model, random_codes(1, 4), FLANK, "shiftsmooth_n1", 8, CPU)[0]
    close(found[:, 0], (weight[:, 0] + weight[:, 1]) / 2, terms=3)
    close(found[:, 1], weight[:, 0:3].mean(axis=1), terms=3)
    close(found[:, 3], (weight[:, 2] + weight[:, 3]) / 2, terms=3)


def test_of_a_linear_model_mutagenesis_is_the_corrected_gradient() -> None:
    model = Linear(9)
    codes = random_codes(3, 9, unknown=True)
    mutagenesis = attribute(model, codes, FLANK, "ism", 16, CPU)
    gradient = attribute(model, codes, FLANK, "gradient_corrected", 16, CPU)
    close(mutagenesis, gradient, terms=4 * 9)


@pytest.mark.parametrize("length", [12, 13])
@pytest.mark.parametrize("batch_size", [1, 3, 7, 1000])
def test_shiftsmooth_agrees_with_the_slow_reference(length: int, batch_size: int) -> None:
    model = Network(length).eval()
    codes = random_codes(5, length, unknown=True)
    expected = slow_shiftsmooth(model, codes, FLANK, 3)
    found = attribute(model, codes, FLANK, "shiftsmooth_n3", batch_size, CPU)
    assert np.abs(expected).max() > 0.1
    close(found, expected, terms=6 * length)


@pytest.mark.parametrize("batch_size", [2, 1000])
def test_several_n_share_the_gradients_of_the_largest(
    batch_size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = Network(12).eval()
    codes = random_codes(5, 12, unknown=True)
    rows: list[int] = []

    def counted(network: nn.Module, windows: Tensor) -> Tensor:
        rows.append(len(windows))
        return gradient_batch(network, windows)

    monkeypatch.setattr("tfmoe.attribution.shiftsmooth.gradient_batch", counted)
    names = ["shiftsmooth_n1_corrected", "shiftsmooth_n3", "shiftsmooth_n0", "shiftsmooth_n1"]
    found = attribute_all(model, codes, FLANK, names, batch_size, CPU)
    assert sum(rows) == 5 * 7
    for size in (0, 1, 3):
        expected = slow_shiftsmooth(model, codes, FLANK, size)
        if f"shiftsmooth_n{size}" in found:
            close(found[f"shiftsmooth_n{size}"], expected, terms=6 * 12)
    triangular = ["shiftsmooth_n2_triangular", "shiftsmooth_n1_triangular"]
    together = attribute_all(model, codes, FLANK, [*triangular, "shiftsmooth_n2"], 7, CPU)
    for name, maps in together.items():
        alone = attribute(model, codes, FLANK, name, 7, CPU)
        close(maps, alone, terms=6 * 12)


def test_a_network_that_averages_strands_needs_no_pass_for_the_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = StrandAveraged(Network(12)).eval()
    codes = random_codes(4, 12)
    for name in ("gradient", "shiftsmooth_n2", "ism"):
        turned = np.ascontiguousarray(reverse_complement(codes))
        own, other = (attribute(model, given, FLANK, name, 9, CPU) for given in (codes, turned))
        close(other[:, ::-1, ::-1], own, terms=6 * 12)
        both = attribute(model, codes, FLANK, f"{name}_both_strands", 9, CPU)
        np.testing.assert_array_equal(both, own)


def test_shifts_longer_than_the_window_are_ignored_where_nothing_overlaps() -> None:
    model = Network(3).eval()
    codes = random_codes(2, 3)
    expected = slow_shiftsmooth(model, codes, FLANK, 5)
    found = attribute(model, codes, FLANK, "shiftsmooth_n5", 4, CPU)
    close(found, expected, terms=4 * 7)


@pytest.mark.parametrize("batch_size", [1, 10, 1000])
def test_mutagenesis_agrees_with_the_slow_reference(batch_size: int) -> None:
    model = Network(11).eval()
    codes = random_codes(70 if batch_size == 1000 else 3, 11, unknown=True)
    expected = slow_mutagenesis(model, codes[:, FLANK:-FLANK])
    found = attribute(model, codes, FLANK, "ism", batch_size, CPU)
    close(found, expected, terms=6 * 11)
    close(found.sum(axis=1), 0, terms=6 * 11, size=found)


def test_a_shift_brings_in_the_real_flank_and_never_the_other_end() -> None:
    # the pattern lies half in the right flank: a shift by 2 sees all of it, the window itself does
    # not, and rolling would join the two ends instead
    model = Scanner("GATACA", bias=-4.4)
    codes = encode(["CCCCC" + "TTTTTTTTGATA" + "CACCC"])
    plain = attribute(model, codes, FLANK, "gradient", 64, CPU)
    assert not plain.any()
    smooth = attribute(model, codes, FLANK, "shiftsmooth_n2", 64, CPU)[0]
    weight = model.convolution.weight.detach().numpy()[0]
    # only the shift by 2 sees it; positions 8 and 9 are in all five copies, 10 is not in that
    # shifted by -2, and 11 in neither of those shifted to the left
    copies = np.array([5, 5, 4, 3])
    close(smooth[:, 8:12], weight[:, :4] / copies, terms=5)
    assert not smooth[:, :8].any()

    rolled = encode(["CCCCC" + "CATTTTTTGATA" + "CCCCC"])
    assert not attribute(model, rolled, FLANK, "shiftsmooth_n5", 64, CPU).any()


def test_beyond_the_flank_a_shift_brings_in_neutral_columns() -> None:
    seen: list[Tensor] = []

    class Spy(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            seen.append(inputs.detach().clone())
            return inputs.sum(dim=(1, 2))

    attribute(Spy(), encode(["NACGTN"]), 1, "shiftsmooth_n1", 8, CPU)
    (inputs,) = seen
    np.testing.assert_array_equal(inputs[0, :, 0], [0.25] * 4)
    np.testing.assert_array_equal(inputs[0, :, 1:].numpy(), one_hot(encode(["ACG"]))[0])
    np.testing.assert_array_equal(inputs[1].numpy(), one_hot(encode(["ACGT"]))[0])
    np.testing.assert_array_equal(inputs[2, :, 3], [0.25] * 4)


def test_in_the_interior_of_a_stride_1_network_shiftsmooth_is_the_gradient() -> None:
    model = Scanner("GATACAGT", bias=-4.0)
    inside = "TTTTTTTTTTTGATACAGTTTTTTTTTTTT"
    codes = encode(["TTTTT" + inside + "TTTTT"])
    gradient = attribute(model, codes, FLANK, "gradient", 64, CPU)
    smooth = attribute(model, codes, FLANK, "shiftsmooth_n5", 64, CPU)
    assert (gradient != 0).sum() == 32
    close(smooth, gradient, terms=11)


def test_a_planted_filter_is_found_by_mutagenesis() -> None:
    model = Scanner("GATA", bias=-2.0)
    codes = encode(["TTTTT" + "TTTTGATATTTT" + "TTTTT"])
    maps = attribute(model, codes, FLANK, "ism", 64, CPU)[0]
    # the logit is 4 * 0.75 - 2 = 1 with GATA, and 3 * 0.75 - 0.25 - 2 = 0 with one base changed
    expected = np.zeros((4, 12), dtype=np.float32)
    for position, base in zip(range(4, 8), encode(["GATA"])[0], strict=True):
        expected[:, position] = -0.25
        expected[base, position] = 0.75
    close(maps, expected, terms=4 * 4)


EVERY = [
    "gradient",
    "gradient_x_input",
    "smoothgrad_n3",
    "shiftsmooth_n2_corrected",
    "shiftsmooth_n2_rolled_triangular_both_strands",
    "integrated_gradients_n3_uniform",
    "integrated_gradients_n3_shuffles2",
    "ism",
]


@pytest.mark.parametrize("method", EVERY)
def test_dead_units_give_zeros(method: str) -> None:
    maps = attribute(Scanner("GATA", bias=-9.0), random_codes(4, 20), FLANK, method, 16, CPU)
    assert maps.shape == (4, 4, 20)
    assert not maps.any()


@pytest.mark.parametrize("method", EVERY)
@pytest.mark.parametrize(
    "constant",
    [
        lambda inputs: torch.ones(len(inputs)),
        lambda inputs: torch.ones(len(inputs), requires_grad=True) * 2,
    ],
)
def test_a_constant_model_gives_zeros(constant: Callable[[Tensor], Tensor], method: str) -> None:
    class Constant(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return constant(inputs)

    assert not attribute(Constant(), random_codes(3, 9), FLANK, method, 2, CPU).any()


def test_several_methods_at_once_are_each_on_its_own() -> None:
    model, codes = Network(10), random_codes(4, 10)
    names = ["shiftsmooth_n2_corrected", "ism", "gradient", "gradient_corrected"]
    found = attribute_all(model, codes, FLANK, names, 8, CPU)
    assert list(found) == names
    for name in names:
        np.testing.assert_array_equal(
            found[name], attribute(model, codes, FLANK, name, 8, CPU), err_msg=name
        )
    assert not np.allclose(found["gradient"], found["gradient_corrected"])


def test_a_map_and_its_corrected_form_cost_one_pass() -> None:
    passes: list[int] = []

    class Counter(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            passes.append(len(inputs))
            return inputs.square().sum(dim=(1, 2))

    names = ["gradient", "gradient_corrected", "shiftsmooth_n2", "shiftsmooth_n2_corrected"]
    attribute_all(Counter(), random_codes(6, 10), FLANK, names, 10, CPU)
    assert passes == [6, 10, 10, 10]  # three times two sequences with five shifts each


def test_the_model_is_left_as_it_was() -> None:
    model = Network(10)
    model.train()
    model.convolution.eval()
    model.dense.weight.requires_grad_(False)
    attribute_all(model, random_codes(2, 10), FLANK, ["gradient", "ism"], 8, CPU)
    assert model.training
    assert model.dropout.training
    assert not model.convolution.training
    flags = {name: weight.requires_grad for name, weight in model.named_parameters()}
    assert flags == {
        "convolution.weight": True,
        "convolution.bias": True,
        "dense.weight": False,
        "dense.bias": True,
    }
    assert all(weight.grad is None for weight in model.parameters())


def test_rows_are_independent_of_each_other_and_dropout_is_off() -> None:
    model, codes = Network(10).train(), random_codes(5, 10)
    together = attribute(model, codes, FLANK, "shiftsmooth_n2", 100, CPU)
    for row in range(5):
        alone = attribute(model, codes[row : row + 1], FLANK, "shiftsmooth_n2", 100, CPU)
        close(together[row], alone[0], terms=6 * 10)


def test_no_sequences_give_no_maps() -> None:
    for method in [*EVERY, "ism_both_strands"]:
        maps = attribute(Network(10), random_codes(0, 10), FLANK, method, 8, CPU)
        assert maps.shape == (0, 4, 10)


def test_methods_without_shifts_need_no_flank() -> None:
    codes = random_codes(2, 10, flank=0)
    for method in ("gradient", "shiftsmooth_n0", "ism"):
        assert attribute(Network(10), codes, 0, method, 8, CPU).shape == (2, 4, 10)


def test_bad_input_is_named() -> None:
    model, codes = Linear(10), random_codes(2, 10)
    with pytest.raises(ConfigError, match=r"set windows\.flank to at least 6"):
        attribute(model, codes, FLANK, "shiftsmooth_n6", 8, CPU)
    with pytest.raises(ConfigError, match="no method `saliency`"):
        attribute(model, codes, FLANK, "saliency", 8, CPU)
    with pytest.raises(ValueError, match="expected uint8"):
        attribute(model, codes.astype(np.int64), FLANK, "gradient", 8, CPU)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="leave no window"):
        attribute(model, codes, 10, "gradient", 8, CPU)

    class Two(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return inputs.sum(dim=2)

    for method in ("gradient", "ism"):
        with pytest.raises(ValueError, match=r"returned shape \(2, 4\), expected \(2,\)"):
            attribute(Two(), codes, FLANK, method, 2, CPU)


@pytest.mark.parametrize(
    ("fill", "extended"),
    [
        ("flank", [[3, 0, 1, 2, 2], [2, 2, 4, 1, 0]]),
        ("padded", [[4, 0, 1, 2, 4], [4, 2, 4, 1, 4]]),
        ("rolled", [[2, 0, 1, 2, 0], [1, 2, 4, 1, 2]]),
    ],
)
def test_bases_that_a_shift_brings_in(fill: str, extended: list[list[int]]) -> None:
    codes = torch.tensor([[1, 3, 0, 1, 2, 2, 0], [0, 2, 2, 4, 1, 0, 3]], dtype=torch.uint8)
    assert extend(codes, 2, 1, fill).tolist() == extended


def test_rolling_goes_around_as_often_as_it_must() -> None:
    codes = torch.tensor([[0, 1, 2]], dtype=torch.uint8)
    assert extend(codes, 0, 4, "rolled").tolist() == [[2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]]


def test_the_kernels() -> None:
    assert shift_weights(2, triangular=False) == [1, 1, 1, 1, 1]
    assert shift_weights(2, triangular=True) == [1, 2, 3, 2, 1]
    assert shift_weights(0, triangular=True) == [1]


# of a linear model the gradient at position j is w_j wherever the window lies, so that ShiftSmooth
# is a mean of weights: with shifts -1, 0, 1, the second position has w_2, w_1, w_0
@pytest.mark.parametrize(
    ("method", "first", "second"),
    [
        ("shiftsmooth_n1", [1 / 2, 1 / 2, 0, 0], [1 / 3, 1 / 3, 1 / 3, 0]),
        ("shiftsmooth_n1_padded", [1 / 2, 1 / 2, 0, 0], [1 / 3, 1 / 3, 1 / 3, 0]),
        ("shiftsmooth_n1_rolled", [1 / 3, 1 / 3, 0, 1 / 3], [1 / 3, 1 / 3, 1 / 3, 0]),
        ("shiftsmooth_n1_triangular", [2 / 3, 1 / 3, 0, 0], [1 / 4, 1 / 2, 1 / 4, 0]),
        ("shiftsmooth_n1_padded_triangular", [2 / 3, 1 / 3, 0, 0], [1 / 4, 1 / 2, 1 / 4, 0]),
        ("shiftsmooth_n1_rolled_triangular", [1 / 2, 1 / 4, 0, 1 / 4], [1 / 4, 1 / 2, 1 / 4, 0]),
    ],
)
@pytest.mark.parametrize("batch_size", [1, 2, 64])
def test_every_fill_and_kernel_of_a_linear_model(
    method: str, first: list[float], second: list[float], batch_size: int
) -> None:
    model = Linear(4)
    weight = model.weight.detach().numpy()
    for row in attribute(model, random_codes(3, 4), FLANK, method, batch_size, CPU):
        close(row[:, 0], weight @ np.array(first), terms=4)
        close(row[:, 1], weight @ np.array(second), terms=4)


def test_rolling_joins_the_two_ends_as_in_the_paper_and_padding_does_not() -> None:
    model = Scanner("GATACA", bias=-4.4)
    rolled = encode(["CCCCC" + "CATTTTTTGATA" + "CCCCC"])
    found = attribute(model, rolled, FLANK, "shiftsmooth_n2_rolled", 64, CPU)[0]
    # shifts by 2 alone bring CATTTTTTGATA to TTTTTTGATACA, where the pattern is whole
    expected = np.zeros((4, 12), dtype=np.float32)
    weight = model.convolution.weight.detach().numpy()[0]
    expected[:, 8:12], expected[:, 0:2] = weight[:, :4] / 5, weight[:, 4:] / 5
    close(found, expected, terms=5)
    codes = encode(["CCCCC" + "TTTTTTTTGATA" + "CACCC"])
    assert attribute(model, codes, FLANK, "shiftsmooth_n2", 64, CPU).any()
    assert not attribute(model, codes, FLANK, "shiftsmooth_n2_padded", 64, CPU).any()


def test_padding_and_rolling_need_no_flank() -> None:
    codes = random_codes(2, 10, flank=0)
    for method in ("shiftsmooth_n3_padded", "shiftsmooth_n3_rolled"):
        assert attribute(Network(10), codes, 0, method, 8, CPU).shape == (2, 4, 10)


def test_passes_are_full_however_many_shifts_there_are() -> None:
    passes: list[int] = []

    class Counter(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            passes.append(len(inputs))
            return inputs.square().sum(dim=(1, 2))

    attribute(Counter(), random_codes(3, 10), FLANK, "shiftsmooth_n5", 8, CPU)
    assert passes == [8, 8, 8, 8, 1]


def test_both_strands_are_the_mean_of_two_maps() -> None:
    model, codes = Network(10).eval(), random_codes(3, 10, unknown=True)
    for method in ("gradient", "shiftsmooth_n2", "ism", "shiftsmooth_n2_rolled_triangular"):
        own = attribute(model, codes, FLANK, method, 16, CPU)
        other = attribute(model, reverse_complement(codes), FLANK, method, 16, CPU)
        found = attribute(model, codes, FLANK, f"{method}_both_strands", 16, CPU)
        close(found, (own + other[:, ::-1, ::-1]) / 2, terms=6 * 10)
        turned = attribute(
            model, reverse_complement(codes), FLANK, f"{method}_both_strands", 16, CPU
        )
        close(turned, found[:, ::-1, ::-1], terms=6 * 10)


def test_gradient_x_input_is_the_gradient_at_the_observed_base() -> None:
    model, codes = Network(10).eval(), random_codes(3, 10)
    for correction in ("", "_corrected"):
        gradient = attribute(model, codes, FLANK, f"gradient{correction}", 16, CPU)
        found = attribute(model, codes, FLANK, f"gradient_x_input{correction}", 16, CPU)
        np.testing.assert_array_equal(found, gradient * one_hot(codes[:, FLANK:-FLANK]))


def test_smoothgrad_averages_gradients_of_noisy_inputs_for_every_batch_size() -> None:
    model, codes = Network(10).eval(), random_codes(3, 10)
    found = [attribute(model, codes, FLANK, "smoothgrad_n7", size, CPU, seed=1) for size in (4, 99)]
    close(found[0], found[1], terms=6 * 10)
    rng = generator(1, "attribution", "smoothgrad")
    noise = rng.standard_normal((3, 7, 4, 10), dtype=np.float32)
    noisy = one_hot(codes[:, FLANK:-FLANK])[:, None] + NOISE * noise
    inputs = torch.from_numpy(noisy.reshape(-1, 4, 10)).requires_grad_(True)
    model(inputs).sum().backward()
    assert inputs.grad is not None
    expected = inputs.grad.numpy().reshape(3, 7, 4, 10).mean(axis=1)
    close(found[1], expected, terms=6 * 10)
    np.testing.assert_allclose(noise.std(), 1, atol=0.05)
    other = attribute(model, codes, FLANK, "smoothgrad_n7", 99, CPU, seed=2)
    assert np.abs(other - found[1]).max() > 1e-3


def test_integrated_gradients_of_a_square_have_literal_values() -> None:
    class Square(nn.Module):
        def forward(self, inputs: Tensor) -> Tensor:
            return inputs.square().sum(dim=(1, 2))

    # on the way from 1/4 to 1 the mean of 2 x is 5/4, and from 1/4 to 0 it is 1/4
    maps = attribute(Square(), encode(["ACN"]), 0, "integrated_gradients_n1_uniform", 8, CPU)[0]
    close(maps[:, 0], [0.75, -0.25, -0.25, -0.25], terms=4)
    close(maps[:, 1], [-0.25, 0.75, -0.25, -0.25], terms=4)
    close(maps[:, 2], 0, terms=4, size=1)
    # the only shuffle of this sequence is the sequence itself
    same = attribute(Square(), encode(["AAA"]), 0, "integrated_gradients_n3_shuffles2", 8, CPU)[0]
    close(same, [3 * [0]] + 3 * [3 * [-2]], terms=4)


def test_points_are_doubled_until_integrated_gradients_are_complete() -> None:
    class Kink(nn.Module):
        """Its slope begins at nine tenths of the way from the reference to an A."""

        gradients = 0

        def forward(self, inputs: Tensor) -> Tensor:
            self.gradients += len(inputs) if torch.is_grad_enabled() else 0
            return (inputs[:, 0] - 0.925).relu().sum(1)

    model = Kink()
    found = attribute_and_check(
        model, encode(["CCC", "ACC"]), 0, ["integrated_gradients_n2_uniform", "gradient"], 8, CPU
    )
    # from 0.25 to 1, the logit rises by 0.075; up to 0.001 of it may be missing
    maps = found.maps["integrated_gradients_n2_uniform"]
    assert not maps[0].any()
    assert abs(maps[1, 0, 0] - 0.075) <= 0.001
    assert found.errors["integrated_gradients_n2_uniform"] <= 0.001 / 0.075
    assert np.isnan(found.errors["gradient"])
    # 2 points for both windows, then more for the second only, and the plain gradient of both
    doubled = model.gradients - 2 * 2 - 2
    assert doubled in [sum(2 << step for step in range(1, last)) for last in range(2, 7)]


def test_integrated_gradients_do_not_depend_on_the_batch() -> None:
    model, codes = Network(10).eval(), random_codes(3, 10)
    name = "integrated_gradients_n20_shuffles3"
    found = [attribute(model, codes, FLANK, name, size, CPU, seed=1) for size in (7, 1000)]
    close(found[0], found[1], terms=6 * 10)
