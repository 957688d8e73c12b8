"""Progress of a training: a bar on a terminal, otherwise one log line per epoch."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from tqdm import tqdm

logger = logging.getLogger(__name__)


class Progress:
    """Shows the progress of a training on standard error.

    Parameters
    ----------
    name
        Name of the network in training.
    epochs
        Maximum number of epochs.
    steps
        Steps per epoch.
    done
        Epochs completed before an interruption.
    """

    def __init__(self, name: str, epochs: int, steps: int, done: int) -> None:
        self._name = name
        self._epochs = epochs
        # `None` shows a bar only if standard error is a terminal
        self._bar = tqdm(
            desc=name, total=epochs * steps, initial=done * steps, unit="step", disable=None
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.close()

    def step(self) -> None:
        """Report a completed step."""
        self._bar.update()

    def epoch(self, epoch: int, train_loss: float, validation_auroc: float) -> None:
        """Report a completed epoch, counted from 1."""
        if self._bar.disable:
            logger.info(
                "%s: epoch %d of %d: training loss %.4f, validation AUROC %.4f",
                self._name,
                epoch,
                self._epochs,
                train_loss,
                validation_auroc,
            )
        else:
            self._bar.set_postfix(epoch=epoch, auroc=f"{validation_auroc:.4f}", refresh=False)
