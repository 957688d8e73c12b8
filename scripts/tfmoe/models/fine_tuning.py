"""Fine-tuning of a mixture: its experts and head are fitted together after the head alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from tfmoe.models.encoding import one_hot
from tfmoe.models.head_fitting import (
    History,
    Judgement,
    MixtureLoss,
    Schedule,
    draw_batches,
    draw_masks,
    fit_module,
)
from tfmoe.models.mixture_data import MixtureExamples
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.moe import Mixture


def fine_tune(
    mixture: Mixture,
    examples: MixtureExamples,
    loss: MixtureLoss,
    history: History,
    judge: Callable[[], Judgement],
    settings: MixtureSettings,
    rng: np.random.Generator,
    label: str,
) -> None:
    """Fit all weights of a mixture with AdamW, and restore those of the best epoch.

    The best epoch may be the one before fine-tuning. If strands are averaged, the logit of an
    example is the mean over both, as in use. Dropout stays off, and batch norms keep their
    statistics (see `Mixture.train`). The memory is bounded by the batch.

    Parameters
    ----------
    mixture
        A mixture with its fitted head, at the best epoch of the history. Its experts are frozen
        again afterwards.
    examples
        Examples to fit on.
    loss, history, judge, label
        As for `tfmoe.models.head_fitting.fit_module`. `judge` must run the experts again.
    settings
        Settings of the fit.
    rng
        Orders the examples, and draws the examples whose own experts are left out.

    Raises
    ------
    TrainingError
        If a loss is not finite.
    """
    device = examples.labels.device
    mixture.requires_grad_(True)
    mixture.fine_tuned = True
    rate = settings.fine_tune.learning_rate
    adam = torch.optim.AdamW(mixture.parameters(), lr=rate, fused=True)

    def run_epoch() -> float:
        mixture.train()
        masked = draw_masks(examples.own, settings.leave_own_out, rng)
        total = 0.0
        for rows in draw_batches(len(examples), settings.batch_size, rng, device):
            codes = torch.from_numpy(examples.windows[rows.cpu().numpy()]).to(device)
            outputs = mixture.run_experts(one_hot(codes))
            own = None if masked is None else masked[rows].repeat(mixture.strands, 1)
            weights = mixture.head.weigh(outputs, own)
            logits = mixture.reduce(mixture.head.combine(outputs, weights))
            value = loss(logits, examples.labels[rows], weights)
            adam.zero_grad()
            value.backward()  # type: ignore[no-untyped-call]
            adam.step()
            total += float(value.detach()) * len(rows)
        mixture.eval()
        return total / len(examples)

    epochs, patience = settings.fine_tune.epochs, settings.patience
    schedule = Schedule(epochs, patience, rate, "mixture.fine_tune.learning_rate")
    fit_module(mixture, history, schedule, run_epoch, judge, label)
    mixture.experts.requires_grad_(False)
