"""Parts of messages about values that users wrote."""

from __future__ import annotations

import logging
import math
import unicodedata
from typing import Any

from tfmoe.core.errors import printable

# control characters, halves of surrogate pairs, separators of lines and of paragraphs
_UNUSABLE = ("Cc", "Cs", "Zl", "Zp")


class PlainFormatter(logging.Formatter):
    """Formatter of log lines without control characters, which names of files may have."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line of a record."""
        return printable(super().format(record))


def odd_character(text: str) -> str | None:
    """Return the name of the first control character of a text, with the remedy."""
    odd = next((letter for letter in text if unicodedata.category(letter) in _UNUSABLE), None)
    if odd is None:
        return None
    return f"the character U+{ord(odd):04X}; remove line breaks and control characters"


def shorten(value: Any, length: int = 80) -> str:
    """Return a value as Python writes it, shortened for a message."""
    if isinstance(value, int) and value.bit_length() > 4 * length:
        return f"an integer of {int(value.bit_length() * math.log10(2)) + 1} digits"
    text = repr(value[: 2 * length] if isinstance(value, str) else value)
    if len(text) <= length:
        return text
    size = f" ({len(value):,} characters)" if isinstance(value, str) else ""
    return f"{text[:length]}...{size}"
