"""Standard input and standard output as names of files."""

from __future__ import annotations

from tfmoe.core.files import Pathlike

STANDARD = "-"
"""Name that means standard input or standard output."""


def is_standard(path: Pathlike) -> bool:
    """Return whether a name means standard input or standard output."""
    return str(path) == STANDARD
