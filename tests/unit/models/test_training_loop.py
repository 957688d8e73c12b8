import math
from io import StringIO

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from tfmoe.core.errors import TrainingError
from tfmoe.models.augmentation import EpochSampler, EpochSettings, Examples
from tfmoe.models.optimiser import Optimiser, OptimiserSettings
from tfmoe.models.robust import RobustSettings
from tfmoe.models.training_loop import Fit, auroc, cross_entropy, fit_network
from tfmoe.models.training_state import TrainingState
from tolerance import close

CPU = torch.device("cpu")
SETTINGS = {
    "epochs": 6,
    "batch_size": 8,
    "optimiser": "adamw",
    "learning_rate": 0.05,
    "warm_up": 0.25,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "gradient_clip": 1.0,
    "weight_average": 0.0,
    "balance": False,
    "patience": 6,
    "bfloat16": ["cuda"],
    "robust": RobustSettings(substitutions=0, replays=4, share=1.0),
}


def settings(**changes: object) -> OptimiserSettings:
    return OptimiserSettings(**{**SETTINGS, **changes})  # type: ignore[arg-type]


class Linear(nn.Module):
    """A logit that is linear in the share of each base; it starts by ranking against the truth."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(4, 1)
        with torch.no_grad():
            self.layer.weight.copy_(torch.tensor([[-0.2, 0.0, 0.0, 0.0]]))
            self.layer.bias.zero_()

    def forward(self, sequences: Tensor) -> Tensor:
        logits: Tensor = self.layer(sequences.mean(2)).squeeze(1)
        return logits


def data() -> tuple[list[EpochSampler], Examples]:
    """Positives are rich in A."""
    rng = np.random.default_rng(0)
    positives = rng.choice(4, (20, 30), p=[0.55, 0.15, 0.15, 0.15]).astype(np.uint8)
    negatives = rng.integers(0, 4, (40, 30), dtype=np.uint8)
    epoch = EpochSettings(1, 2, 0, "dinucleotide", 0, False)
    validation = Examples(
        np.concatenate([positives[:10], negatives[:10]]),
        np.repeat(np.array([1, 0], dtype=np.float32), 10),
    )
    return [EpochSampler(positives, negatives, 0, epoch)], validation


def fit(
    network: nn.Module,
    validation: Examples | None = None,
    name: str = "x",
    state: TrainingState | None = None,
    **changes: object,
) -> Fit:
    samplers, usual = data()
    return fit_network(
        network,
        samplers,
        validation or usual,
        settings(**changes),
        False,
        np.random.default_rng(1),
        CPU,
        name,
        state or TrainingState(None, {}, name),
    )


@pytest.mark.parametrize(
    ("scores", "labels", "expected"),
    [
        ([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1], 0.75),
        ([1, 1, 1, 1], [0, 1, 0, 1], 0.5),
        ([3, 2, 2, 1], [1, 1, 0, 0], 0.875),
        ([0, 1], [1, 0], 0.0),
    ],
)
def test_auroc_with_ties(scores: list[float], labels: list[float], expected: float) -> None:
    assert auroc(np.array(scores), np.array(labels)) == pytest.approx(expected)


def test_cross_entropy_of_extreme_logits_is_finite() -> None:
    loss = cross_entropy(np.array([0.0, 1000.0, 1000.0]), np.array([1.0, 1.0, 0.0]))
    assert loss == pytest.approx((math.log(2) + 0 + 1000) / 3)


def test_history_and_best_epoch() -> None:
    network = Linear()
    result = fit(network)
    assert list(result.history.columns) == [
        "epoch",
        "train_loss",
        "validation_loss",
        "validation_auroc",
        "learning_rate",
    ]
    assert result.history["epoch"].tolist() == [1, 2, 3, 4, 5, 6]
    assert result.history["validation_auroc"].iloc[-1] > 0.9
    assert result.best_epoch == result.history["validation_auroc"].idxmax() + 1
    assert result.history["learning_rate"].is_monotonic_decreasing is False
    assert result.history["learning_rate"].iloc[-1] < 1e-4
    assert not network.training


def test_weights_are_those_of_the_best_epoch_and_patience_ends_training() -> None:
    _, validation = data()
    # with labels turned round each step makes validation worse, so that the first epoch is best
    turned = Examples(validation.codes, 1 - validation.labels)
    network = Linear()
    result = fit(network, turned, epochs=30, patience=3)
    assert len(result.history) == result.best_epoch + 3 < 30
    with torch.no_grad():
        scores = network(nn.functional.one_hot(torch.from_numpy(turned.codes).long(), 4).mT.float())
    best = result.history["validation_auroc"].iloc[result.best_epoch - 1]
    assert auroc(scores.numpy(), turned.labels) == pytest.approx(best)


@pytest.mark.parametrize("decay", [0.0, 0.6])
def test_the_kept_weights_are_a_moving_average(decay: float) -> None:
    samplers, _ = data()
    network = Linear()
    optimiser = Optimiser(network, settings(weight_average=decay, batch_size=60), 1)
    visited = []
    for _ in range(3):
        optimiser.run_epoch(samplers[0].draw(np.random.default_rng(0)), CPU)
        visited.append(network.layer.weight.detach().clone())
    expected = visited[0]
    for weights, now in zip(visited[1:], (min(decay, 1 / 2), min(decay, 2 / 3)), strict=True):
        expected = now * expected + (1 - now) * weights
    close(optimiser.averaged_network.layer.weight.detach(), expected, terms=3)  # type: ignore[union-attr]


def test_balanced_classes_pull_equally() -> None:
    examples = Examples(
        np.array([[0, 0], [1, 1], [1, 1], [1, 1]], dtype=np.uint8),
        np.array([1, 0, 0, 0], dtype=np.float32),
    )
    losses = []
    for balance in (False, True):
        network = Linear()
        with torch.no_grad():
            network.layer.weight.copy_(torch.tensor([[-2.0, -1.0, 0.0, 0.0]]))
        optimiser = Optimiser(network, settings(balance=balance), 1)
        losses.append(optimiser.run_epoch(examples, CPU))
    positive, negative = math.log1p(math.exp(2)), math.log1p(math.exp(-1))
    close(
        losses,
        [(positive + 3 * negative) / 4, (positive + negative) / 2],
        terms=4,
        dtype=torch.float32,
    )


def test_divergence_names_the_network_and_the_remedy() -> None:
    class Exploding(Linear):
        def forward(self, sequences: Tensor) -> Tensor:
            return super().forward(sequences) * math.inf

    with pytest.raises(TrainingError, match=r"expert Reb1, seed 2, epoch 1: .*learning_rate"):
        fit(Exploding(), name="expert Reb1, seed 2")


@pytest.mark.parametrize("terminal", [False, True])
def test_one_log_line_per_epoch(
    terminal: bool, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = StringIO()
    monkeypatch.setattr(shown, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr("sys.stderr", shown)
    with caplog.at_level("INFO"):
        history = fit(Linear(), name="expert Reb1, seed 2", epochs=2).history
    first = history.iloc[0]
    assert caplog.messages[0] == (
        f"expert Reb1, seed 2: epoch 1 of 2: training loss {first['train_loss']:.4f}, validation "
        f"AUROC {first['validation_auroc']:.4f}"
    )
    assert len(caplog.messages) == 3
    assert shown.getvalue() == "", "no bar"


def test_long_epochs_log_their_steps(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tfmoe.models.progress.SECONDS_BETWEEN_LINES", 0.0)
    with caplog.at_level("INFO"):
        fit(Linear(), name="expert Reb1, seed 2", epochs=2)
    assert caplog.messages[0] == "expert Reb1, seed 2: epoch 1 of 2: step 1 of 8"
    assert "expert Reb1, seed 2: epoch 2 of 2: step 8 of 8" in caplog.messages
