"""Models that learn from few peaks of a new factor, which the adapted mixture is compared with.

One is trained from scratch: a logistic regression on gapped k-mers. The other is a pooled network
that is trained on with the peaks.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from torch import nn

from tfmoe.core.dna import Codes
from tfmoe.core.errors import DivergenceError, InputError
from tfmoe.core.files import Pathlike
from tfmoe.data.adaptation.settings import MIN_PEAKS
from tfmoe.models.augmentation import EpochSampler, EpochSettings, draw_epoch
from tfmoe.models.checkpoints import read_expert
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.expert import StrandAveraged
from tfmoe.models.gkm import fit_regression
from tfmoe.models.gkm_features import count_gapped_kmers, score_gapped_kmers
from tfmoe.models.optimiser import Optimiser, OptimiserSettings
from tfmoe.models.prediction import Scores
from tfmoe.models.training_loop import auroc
from tfmoe.models.training_settings import TrainingSettings

_FOLDS = 5
_FEWEST_TO_VALIDATE = 10
"""Positives below which folds have too few to choose a strength by."""
_MOST_TO_FOLD = 300
"""Positives above which one fold of five is enough to choose a strength by."""
_SHOWN = 100
"""Minimum number of positives that an epoch of fine-tuning shows; fewer are repeated."""

Labels = NDArray[np.float32]


@dataclass(frozen=True)
class GkmFromScratch:
    """A logistic regression on gapped k-mers.

    Attributes
    ----------
    length, informative
        As for `tfmoe.models.gkm_features`.
    weights
        float32 (1, features).
    intercept
        Added to each logit.
    strength
        The chosen inverse strength of the L2 penalty.
    """

    length: int
    informative: int
    weights: NDArray[np.float32]
    intercept: np.float32
    strength: float

    def score(self, codes: Codes) -> Scores:
        """Return the logits, float32 (N,), of sequences, uint8 (N, L); both strands count."""
        found = score_gapped_kmers(codes, self.length, self.informative, self.weights)[:, 0]
        logits: Scores = found + self.intercept
        return logits


@dataclass(frozen=True)
class FineTuneSettings:
    """The config's section ``adaptation.fine_tune``.

    Attributes
    ----------
    epochs
        Number of epochs.
    learning_rate
        Peak of the one-cycle learning rate, or the constant rate of ``sgd``.
    """

    epochs: int
    learning_rate: float


def fit_gkm_from_scratch(
    codes: Codes,
    labels: Labels,
    length: int,
    informative: int,
    strengths: Sequence[float],
    rng: np.random.Generator,
) -> GkmFromScratch:
    """Fit a logistic regression on gapped k-mers to the given sequences only.

    Both classes have the same total weight. The strength of the penalty is the one with the highest
    mean AUROC in five-fold cross-validation, or in one fold if there are many positives. With fewer
    than 10 positives it is the middle candidate.

    Parameters
    ----------
    codes
        uint8 (N, L), without flanks.
    labels
        float32 (N,): 1 for positives, 0 for negatives.
    length, informative
        As for `tfmoe.models.gkm_features`.
    strengths
        Candidate inverse strengths of the L2 penalty.
    rng
        Draws the folds.

    Raises
    ------
    InputError
        If there are fewer than `MIN_PEAKS` positives, or no negatives.
    """
    check_examples(labels)
    counts = count_gapped_kmers(codes, length, informative)
    strength = _choose_strength(counts, labels, sorted(strengths), rng)
    fitted = fit_regression(counts, labels, strength, balance=True)
    weights = fitted.coef_.astype(np.float32)
    intercept = np.float32(fitted.intercept_[0])
    return GkmFromScratch(length, informative, weights, intercept, strength)


def fine_tune_pooled(
    folder: Pathlike,
    codes: Codes,
    labels: Labels,
    settings: FineTuneSettings,
    seed: int,
    compute: Compute,
    flank: int = 0,
) -> nn.Module:
    """Train a pooled network on with the given sequences.

    All weights are trained, as the network was (loss, optimiser, shifts, strands), but for the
    learning rate and a fixed number of epochs, since no data are left to validate on. An epoch
    shows each sequence once, or more often if there are few.

    Parameters
    ----------
    folder
        Checkpoint of the network, which stays as it is.
    codes
        uint8 (N, F + L + F): windows of the network's length between their flanks.
    labels
        float32 (N,): 1 for positives, 0 for negatives.
    settings
        Number of epochs, and learning rate.
    seed
        Seed of the examples and of dropout.
    compute
        Device and threads.
    flank
        F; windows are shifted by at most this number of bases.

    Returns
    -------
    nn.Module
        In evaluation mode, for `tfmoe.models.prediction.predict`. It averages logits over both
        strands if the network does.

    Raises
    ------
    InputError
        If there are fewer than `MIN_PEAKS` positives, no negatives, or windows of another length
        than the network's, or if the checkpoint is damaged.
    DivergenceError
        If the loss is not finite.
    """
    check_examples(labels)
    expert, config = read_expert(folder)
    window = codes.shape[1] - 2 * flank
    if window != config.window:
        raise InputError(f"{folder}: found windows of {window} bases, expected {config.window}")
    section = {key: value for key, value in config.training.items() if key != "best_epoch"}
    training = TrainingSettings.from_section({**section, "backbones": {}})
    sampler = _build_sampler(codes, labels, flank, training)
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    steps = math.ceil(sampler.size / training.optimiser.batch_size)
    changed = _change_optimiser(training.optimiser, settings, steps)
    optimiser = Optimiser(expert.to(device), changed, steps)
    for epoch in range(changed.epochs_of_equal_cost(changed.epochs)):
        loss = optimiser.run_epoch(draw_epoch([sampler], rng), device)
        if not math.isfinite(loss):
            raise DivergenceError(
                f"{folder}: fine-tuning diverged in epoch {epoch + 1} (loss {loss}); lower "
                "adaptation.fine_tune.learning_rate"
            )
    network = optimiser.averaged_network
    return (StrandAveraged(network) if config.averages_strands else network).eval()


def check_examples(labels: Labels) -> None:
    """Check that there are enough positives to learn from, and negatives.

    Raises
    ------
    InputError
        If there are fewer than `MIN_PEAKS` positives, or no negatives.
    """
    positives = int((labels > 0.5).sum())
    negatives = len(labels) - positives
    if positives < MIN_PEAKS or negatives == 0:
        raise InputError(
            f"found {positives} peaks and {negatives} negatives to learn from, expected at least "
            f"{MIN_PEAKS} peaks and one negative"
        )


def _choose_strength(
    counts: csr_matrix, labels: Labels, strengths: Sequence[float], rng: np.random.Generator
) -> float:
    """Return the strength with the highest mean AUROC on folds; of equal ones, the lowest."""
    positives = int((labels > 0.5).sum())
    folds = min(_FOLDS, len(labels) - positives)
    if len(strengths) == 1 or positives < _FEWEST_TO_VALIDATE or folds < 2:
        return strengths[len(strengths) // 2]
    fold = _deal_folds(labels, folds, rng)
    tested = range(1 if positives > _MOST_TO_FOLD else folds)
    found = np.zeros((len(strengths), len(tested)))
    for number in tested:
        fitted, left = np.flatnonzero(fold != number), np.flatnonzero(fold == number)
        for row, strength in enumerate(strengths):
            model = fit_regression(counts[fitted], labels[fitted], strength, balance=True)
            found[row, number] = auroc(model.decision_function(counts[left]), labels[left])
    return strengths[int(found.mean(axis=1).argmax())]


def _deal_folds(labels: Labels, folds: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Deal the sequences of each class to folds of equal size, to within one: int64 (N,)."""
    fold = np.empty(len(labels), dtype=np.int64)
    for positive in (True, False):
        rows = rng.permutation(np.flatnonzero((labels > 0.5) == positive))
        fold[rows] = np.arange(len(rows)) % folds
    return fold


def _change_optimiser(
    settings: OptimiserSettings, changes: FineTuneSettings, steps: int
) -> OptimiserSettings:
    """Change the optimiser of a training to that of fine-tuning, with so many steps per epoch."""
    epochs, rate = changes.epochs, changes.learning_rate
    changed = replace(settings, epochs=epochs, learning_rate=rate)
    total = changed.epochs_of_equal_cost(epochs) * steps * changed.robust.passes_per_batch
    # torch divides by the length of the warm-up, which is 0 here
    whole = math.isclose(changed.warm_up * (total + 1), 1)
    return replace(changed, warm_up=0.0) if whole else changed


def _build_sampler(
    codes: Codes, labels: Labels, flank: int, training: TrainingSettings
) -> EpochSampler:
    """Build the sampler of epochs in which both classes have their shares of the sequences."""
    positive = labels > 0.5
    epoch = EpochSettings(
        positives_per_epoch=_SHOWN,
        stored=float((~positive).sum() / positive.sum()),
        dinucleotide=0.0,
        shuffle=training.shuffle,
        max_shift=min(training.max_shift, flank),
        reverse_complement=training.reverse_complement,
    )
    return EpochSampler(codes[positive], codes[~positive], flank, epoch)
