import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel

from tfmoe.models import optimiser
from tfmoe.models.augmentation import Examples
from tfmoe.models.averaging import MovingAverage
from tfmoe.models.optimiser import Optimiser, OptimiserSettings
from tfmoe.models.robust import RobustSettings
from tolerance import close

CPU = torch.device("cpu")


def settings(**changes: object) -> OptimiserSettings:
    values = {
        "epochs": 3,
        "batch_size": 8,
        "optimiser": "adamw",
        "learning_rate": 0.05,
        "warm_up": 0.25,
        "momentum": 0.9,
        "weight_decay": 0.1,
        "gradient_clip": 1.0,
        "weight_average": 0.9,
        "balance": False,
        "patience": 6,
        "bfloat16": ["cuda"],
        "robust": RobustSettings(substitutions=0, replays=4, share=1.0),
    }
    return OptimiserSettings(**{**values, **changes})  # type: ignore[arg-type]


class Network(nn.Module):
    """A normalised linear map, dropout and a logit, with a counter among its buffers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 6)
        self.norm = nn.BatchNorm1d(6)
        self.dropout = nn.Dropout(0.5)
        self.head = nn.Linear(6, 1)
        self.seen: list[torch.dtype] = []

    def forward(self, sequences: Tensor) -> Tensor:
        hidden = self.dropout(self.norm(self.layer(sequences.mean(2))))
        logits: Tensor = self.head(hidden).squeeze(1)
        self.seen.append(logits.dtype)
        return logits


def network(seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return Network()


def examples(number: int = 40) -> Examples:
    rng = np.random.default_rng(0)
    labels = (np.arange(number) % 2).astype(np.float32)
    return Examples(rng.integers(0, 4, (number, 12), dtype=np.uint8), labels)


def test_sgd_follows_the_papers_rule() -> None:
    """Nesterov: v = m v + g; w = w - rate (g + m v), at a constant rate (Sutskever et al. 2013)."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.constant_(model.weight, 2.0)
    wanted = settings(
        optimiser="sgd", weight_decay=0.0, gradient_clip=None, learning_rate=0.1, momentum=0.9
    )
    optimiser = Optimiser(model, wanted, 10)
    weight, velocity = 2.0, 0.0
    for _ in range(4):
        optimiser._step((model.weight**2).sum())
        gradient = 2 * weight
        velocity = 0.9 * velocity + gradient
        weight -= 0.1 * (gradient + 0.9 * velocity)
        close(model.weight.item(), weight, terms=4, dtype=torch.float32)
        assert optimiser.learning_rate == 0.1


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_biases_and_norms_do_not_decay(name: str) -> None:
    model = network()
    before = {key: value.clone() for key, value in model.named_parameters()}
    optimiser = Optimiser(model, settings(optimiser=name, warm_up=0.5), 10)
    optimiser._step(sum(value.sum() for value in model.parameters()) * 0.0)  # type: ignore[arg-type]
    moved = {key for key, value in model.named_parameters() if not torch.equal(value, before[key])}
    assert moved == {"layer.weight", "head.weight"}


def test_the_gradient_is_clipped_only_if_requested() -> None:
    moved = []
    for clip in (0.5, None):
        model = nn.Linear(1, 1, bias=False)
        nn.init.constant_(model.weight, 3.0)
        wanted = settings(
            optimiser="sgd", learning_rate=1.0, gradient_clip=clip, weight_decay=0.0, momentum=1e-9
        )
        Optimiser(model, wanted, 1)._step(4 * model.weight.sum())
        moved.append(3.0 - model.weight.item())
    close(moved, [0.5, 4.0], dtype=torch.float32)


def test_the_gradient_is_clipped_by_its_norm_over_all_weights() -> None:
    """With a maximum norm of 2, (3, 0, 4, 0) is scaled by 2 / 5; a second step adds nothing."""
    model = nn.Linear(3, 1)
    before = [value.detach().clone() for value in model.parameters()]
    wanted = settings(
        optimiser="sgd", learning_rate=1.0, gradient_clip=2.0, weight_decay=0.0, momentum=1e-9
    )
    optimiser = Optimiser(model, wanted, 1)
    for times in (1, 2):
        optimiser._step(3 * model.weight[0, 0] + 4 * model.bias[0])
        moved = [
            (old - new).flatten().tolist()
            for old, new in zip(before, model.parameters(), strict=True)
        ]
        close(moved[0], [1.2 * times, 0, 0], terms=2, dtype=torch.float32)
        close(moved[1], [1.6 * times], terms=2, dtype=torch.float32)


def test_the_average_is_torchs_but_quicker() -> None:
    def average(old: Tensor, value: Tensor, step: Tensor | int) -> Tensor:
        kept = min(0.7, int(step) / (int(step) + 1))
        return kept * old + (1 - kept) * value

    model = network()
    ours, torchs = MovingAverage(model, 0.7), AveragedModel(model, avg_fn=average)
    for _ in range(6):
        with torch.no_grad():
            for value in model.parameters():
                value += torch.randn_like(value)
        model.norm.num_batches_tracked += 3
        ours.update()
        torchs.update_parameters(model)
    for name, value in torchs.module.named_parameters():
        close(ours.network.get_parameter(name), value, terms=6)
    assert ours.network.get_buffer("norm.num_batches_tracked") == 18
    assert not any(value.requires_grad for value in ours.network.parameters())


@pytest.mark.parametrize("name", ["adamw", "sgd"])
def test_an_optimiser_restored_from_its_snapshot_goes_on_bit_for_bit(name: str) -> None:
    model = network()
    first = Optimiser(model, settings(optimiser=name), 5)
    first.run_epoch(examples(), CPU)
    snapshot = first.snapshot()
    kept = {key: value.clone() for key, value in snapshot.tensors.items()}
    other = network(seed=1)
    second = Optimiser(other, settings(optimiser=name), 5)
    second.restore(type(snapshot)(kept, snapshot.numbers))
    assert second.learning_rate == first.learning_rate
    losses = []
    for found in (first, second):
        torch.manual_seed(7)
        losses.append([found.run_epoch(examples(), CPU) for _ in range(2)])
    assert losses[0] == losses[1]
    assert second.learning_rate == first.learning_rate
    assert second.snapshot().numbers == first.snapshot().numbers == {"steps": 15}
    ended = second.snapshot().tensors
    for key, value in first.snapshot().tensors.items():
        assert torch.equal(ended[key], value), key
    assert {key.split("/")[0] for key in ended} == {"network", "average", "optimiser"}


class Watched(nn.Module):
    """A linear logit that records its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(48, 1)
        self.shown: list[Tensor] = []
        self.asked: list[bool] = []

    def forward(self, sequences: Tensor) -> Tensor:
        self.shown.append(sequences.detach().clone())
        self.asked.append(sequences.requires_grad)
        logits: Tensor = self.layer(sequences.flatten(1)).squeeze(1)
        return logits


def robust_run(**changes: float) -> tuple[Watched, Optimiser]:
    """Train robustly at the cost of 6 plain epochs, on 40 examples in batches of 8."""
    torch.manual_seed(0)
    model = Watched()
    robust = RobustSettings(**{"substitutions": 2, "replays": 3, "share": 1.0, **changes})  # type: ignore[arg-type]
    wanted = settings(epochs=6, robust=robust)
    optimiser = Optimiser(model, wanted, 5)
    for _ in range(wanted.epochs_of_equal_cost(wanted.epochs)):
        optimiser.run_epoch(examples(), CPU)
    return model, optimiser


def test_robust_training_takes_the_passes_of_plain_training() -> None:
    plain, of_plain = robust_run(substitutions=0)
    robust, of_robust = robust_run()
    assert len(plain.shown) == len(robust.shown) == 30
    assert of_plain.snapshot().numbers == of_robust.snapshot().numbers == {"steps": 30}
    # the cycle is at its end
    assert of_robust.learning_rate == of_plain.learning_rate == pytest.approx(0.05 / 25 / 1e4)
    assert plain.asked == [False] * 30
    assert robust.asked == [True, True, False] * 10


def test_without_substitutions_it_is_plain_training_bit_for_bit() -> None:
    first, second = (robust_run(substitutions=0, replays=n, share=n / 9)[0] for n in (3, 7))
    assert torch.equal(first.layer.weight, second.layer.weight)
    assert not torch.equal(first.layer.weight, robust_run()[0].layer.weight)


def test_a_batch_is_shown_as_it_is_and_then_substituted() -> None:
    model, _ = robust_run(share=0.5)
    first, second, third, another = model.shown[:4]
    for again in (second, third):
        changed = (again != first).any(1).sum(1)
        assert changed[:4].tolist() == [2] * 4
        assert changed[4:].tolist() == [0] * 4
    assert (another != first).any(1).sum(1).min() > 2


def test_a_remainder_of_epochs_is_dropped() -> None:
    wanted = settings(robust=RobustSettings(1, 4, 1.0))
    assert [wanted.epochs_of_equal_cost(epochs) for epochs in (1, 4, 7, 8, 25)] == [1, 1, 1, 2, 6]


def test_bfloat16_is_for_the_devices_named() -> None:
    model = network()
    Optimiser(model, settings(bfloat16=["cuda"]), 5).run_epoch(examples(), CPU)
    assert set(model.seen) == {torch.float32}


def test_bfloat16_leaves_weights_and_loss_in_float32() -> None:
    model = network()
    optimiser = Optimiser(model, settings(bfloat16=["cpu"]), 5)
    loss = optimiser.run_epoch(examples(), CPU)
    assert set(model.seen) == {torch.bfloat16}
    assert 0.3 < loss < 1.5
    assert {value.dtype for value in model.parameters()} == {torch.float32}
    assert {value.dtype for value in optimiser.averaged_network.parameters()} == {torch.float32}


def test_autocast_is_asked_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setattr(torch, "autocast", lambda *of: asked.append(of))
    optimiser._precision(["cuda"], torch.device("cuda"))
    optimiser._precision([], torch.device("cuda"))
    optimiser._precision(["cuda"], CPU)
    assert asked == [("cuda", torch.bfloat16)]
