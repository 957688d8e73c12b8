"""Fine-tuning of a mixture: experts and head are fitted together, after the head."""

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
    fit_epochs,
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
    place: str,
) -> None:
    """Fit all of a mixture with AdamW; leave it with the weights of its best epoch.

    That may be the one it came with. Where strands are averaged, the logit of an example is the
    mean over both, as in use. Dropout stays off, and norms over a batch keep their statistics (see
    `Mixture.train`). The memory is bounded by the batch.

    Parameters
    ----------
    mixture
        With its fitted head, the best epoch of the history. Its experts are frozen again at the
        end.
    examples
        What to fit on.
    loss, history, judge, place
        As in `tfmoe.models.head_fitting.fit_epochs`; the judge has to run the experts anew.
    settings
        How to fit.
    rng
        Orders the examples, and draws whose own experts are left out.

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
    fit_epochs(mixture, history, schedule, run_epoch, judge, place)
    mixture.experts.requires_grad_(False)
