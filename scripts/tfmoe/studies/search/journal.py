"""Journal of the networks that a search has trained, so that an interrupted search can resume."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_json, write_json

FILE = "search.json"

logger = logging.getLogger(__name__)


@dataclass
class Curve:
    """Validation curve of one network of a trial, which may have ended early.

    Attributes
    ----------
    aurocs
        Validation AUROC by epoch.
    diverged
        Whether the training diverged.
    seconds
        Duration of the training.
    """

    aurocs: list[float] = field(default_factory=list)
    diverged: bool = False
    seconds: float = 0.0


class Journal:
    """Curves of the networks that a search has trained.

    A search always starts with its first trial and takes the curves of networks that were already
    trained from the journal. A search that was interrupted or extended therefore draws the same
    settings as an uninterrupted one.

    Parameters
    ----------
    folder
        Folder of the journal; it need not exist.
    fingerprint
        Everything that the curves depend on, by name. A journal with another fingerprint is
        discarded, and the log names the difference.
    """

    def __init__(self, folder: Pathlike, fingerprint: Mapping[str, str]) -> None:
        self._path = Path(folder) / FILE
        self._fingerprint = dict(fingerprint)
        self._curves: dict[str, Curve] = {}
        if self._path.exists():
            self._read()

    def find(self, trial: int, expert: str) -> Curve | None:
        """Return the curve of an expert in a trial; None if it was not trained yet."""
        return self._curves.get(f"{trial} {expert}")

    def add(self, trial: int, expert: str, curve: Curve) -> None:
        """Add a curve and write the journal."""
        self._curves[f"{trial} {expert}"] = curve
        curves = {name: asdict(kept) for name, kept in self._curves.items()}
        write_json({"fingerprint": self._fingerprint, "curves": curves}, self._path)

    def _read(self) -> None:
        try:
            kept: dict[str, Any] = read_json(self._path)
            found = dict(kept["fingerprint"])
            curves = {name: Curve(**curve) for name, curve in kept["curves"].items()}
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
            logger.info("search: %s is damaged (%s); starting a new search", self._path, error)
            return
        changed = [key for key, value in self._fingerprint.items() if found.get(key) != value]
        if changed:
            reason = ", ".join(changed)
            logger.info("search: %s has different %s; starting a new search", self._path, reason)
            return
        self._curves = curves
        logger.info("search: resuming after %d trained networks", len(curves))
