"""Collect the faults of several checks, so that a user sees all of them at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from tfmoe.core.errors import ConfigError, TfmoeError

P = ParamSpec("P")
T = TypeVar("T")


class Faults:
    """Messages of checks that failed, in order and each once.

    Attributes
    ----------
    messages
        One line per fault.
    """

    def __init__(self) -> None:
        self.messages: list[str] = []

    def add(self, *messages: str) -> None:
        """Add messages; a message of several lines is as many faults."""
        lines = [line for message in messages for line in message.split("\n")]
        self.messages += [line for line in dict.fromkeys(lines) if line not in self.messages]

    def result(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return the result of a check; if it fails, add its messages and return `None`."""
        try:
            return check(*args, **kwargs)
        except TfmoeError as error:
            self.add(str(error))
            return None

    def raise_any(self) -> None:
        """Raise a `ConfigError` with all messages, if there are some."""
        if self.messages:
            raise ConfigError("\n".join(self.messages))
