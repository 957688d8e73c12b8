"""What a search has trained so far, kept in a file."""

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
    """The training of one network of a trial, whether or not it came to its end.

    Attributes
    ----------
    aurocs
        Validation AUROC by epoch, from the first.
    diverged
        Whether it ended because it diverged.
    seconds
        How long it took.
    """

    aurocs: list[float] = field(default_factory=list)
    diverged: bool = False
    seconds: float = 0.0


class Journal:
    """The curves of the networks that a search has trained.

    A search always starts with its first trial, and reads from here what was trained already. So
    one that was killed, or is asked for more trials, draws what it would have drawn at once.

    Parameters
    ----------
    folder
        Where the file lies; it need not exist.
    fingerprint
        What the trials depend on, a line each: those with another fingerprint are not used. The log
        says why.
    """

    def __init__(self, folder: Pathlike, fingerprint: Mapping[str, str]) -> None:
        self._path = Path(folder) / FILE
        self._fingerprint = dict(fingerprint)
        self._curves: dict[str, Curve] = {}
        if self._path.exists():
            self._read()

    def find(self, trial: int, expert: str) -> Curve | None:
        """Return the curve of an expert in a trial, if it was trained."""
        return self._curves.get(f"{trial} {expert}")

    def add(self, trial: int, expert: str, curve: Curve) -> None:
        """Keep a curve."""
        self._curves[f"{trial} {expert}"] = curve
        curves = {name: asdict(kept) for name, kept in self._curves.items()}
        write_json({"fingerprint": self._fingerprint, "curves": curves}, self._path)

    def _read(self) -> None:
        try:
            kept: dict[str, Any] = read_json(self._path)
            found = dict(kept["fingerprint"])
            curves = {name: Curve(**curve) for name, curve in kept["curves"].items()}
        except (InputError, KeyError, TypeError, ValueError, AttributeError) as error:
            logger.info("search: %s is damaged (%s); the search starts anew", self._path, error)
            return
        changed = [key for key, value in self._fingerprint.items() if found.get(key) != value]
        if changed:
            others = ", ".join(changed)
            logger.info("search: %s is of other %s; the search starts anew", self._path, others)
            return
        self._curves = curves
        logger.info("search: going on after %d trained networks", len(curves))
