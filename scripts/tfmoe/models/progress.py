"""Progress of a training in its log: a line per epoch, and per minute within long epochs."""

from __future__ import annotations

import logging
import time

SECONDS_BETWEEN_LINES = 60.0

logger = logging.getLogger(__name__)


class Progress:
    """Logs the progress of a training.

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
        self._name, self._epochs, self._steps = name, epochs, steps
        self._epoch, self._step = done + 1, 0
        self._last_line = time.monotonic()

    def step(self) -> None:
        """Report a completed step; only a line a minute is written."""
        self._step += 1
        if time.monotonic() - self._last_line >= SECONDS_BETWEEN_LINES:
            self._last_line = time.monotonic()
            place = (self._epoch, self._epochs, self._step, self._steps)
            logger.info("%s: epoch %d of %d: step %d of %d", self._name, *place)

    def epoch(self, train_loss: float, validation_auroc: float) -> None:
        """Report a completed epoch."""
        place = (self._epoch, self._epochs)
        text = "%s: epoch %d of %d: training loss %.4f, validation AUROC %.4f"
        logger.info(text, self._name, *place, train_loss, validation_auroc)
        self._epoch, self._step = self._epoch + 1, 0
        self._last_line = time.monotonic()
