"""How far a training is: a bar on a terminal, one log line an epoch elsewhere."""

from __future__ import annotations

import logging
from types import TracebackType
from typing import Self

from tqdm import tqdm

logger = logging.getLogger(__name__)


class Progress:
    """Shows how far a training is, on standard error.

    Parameters
    ----------
    name
        What is trained.
    epochs
        The most epochs that there will be.
    steps
        Steps of an epoch.
    done
        Epochs that an earlier, interrupted training did.
    """

    def __init__(self, name: str, epochs: int, steps: int, done: int) -> None:
        self._name = name
        self._epochs = epochs
        # with `None` there is a bar only where standard error is a terminal
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
        """Tell that a step was taken."""
        self._bar.update()

    def epoch(self, epoch: int, train_loss: float, validation_auroc: float) -> None:
        """Tell how an epoch, counted from 1, ended."""
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
