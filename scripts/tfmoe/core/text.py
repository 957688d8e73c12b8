"""Numbers and lists as text, for reports, model cards and the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"
SMALLEST_P = "< 1e-300"
"""Text of a p value that is too small for a float."""
_FINEST = 4


def decimals(value: Any, digits: int = 3) -> str:
    """Return a number with a fixed number of decimals and a true minus sign.

    A smaller number has as many decimals as its first digit needs, up to `_FINEST`. Zero and
    numbers that are smaller still are ``0``, without a sign.
    """
    return MISSING if _missing(value) else _fixed(value, digits, "")


def signed(value: Any, digits: int = 3) -> str:
    """Return a difference with its sign, with as many decimals as in `decimals`."""
    return MISSING if _missing(value) else _fixed(value, digits, "+")


def whole(value: Any) -> str:
    """Return a whole number with commas between thousands."""
    return MISSING if _missing(value) else f"{round(value):,}"


def percent(share: Any, digits: int = 1) -> str:
    """Return a share of 0 to 1 in per cent."""
    return MISSING if _missing(share) else f"{decimals(100 * share, digits)} %"


def probability(value: Any) -> str:
    """Return a p or q value with two significant digits."""
    if _missing(value):
        return MISSING
    return SMALLEST_P if value == 0 else f"{value:.2g}"


def p_value(value: Any) -> str:
    """Return a p value with its symbol: ``p = 0.03``."""
    return _with_symbol("p", value)


def q_value(value: Any) -> str:
    """Return a q value with its symbol: ``q = 0.03``."""
    return _with_symbol("q", value)


def _with_symbol(symbol: str, value: Any) -> str:
    shown = probability(value)
    return f"{symbol} {shown}" if shown == SMALLEST_P else f"{symbol} = {shown}"


def interval(value: Any, low: Any, high: Any, digits: int = 3, *, sign: bool = False) -> str:
    """Return an estimate with its interval in brackets; without a bound, the estimate alone."""
    write = signed if sign else decimals
    if _missing(value) or _missing(low) or _missing(high):
        return write(value, digits)
    return f"{write(value, digits)} ({write(low, digits)} to {write(high, digits)})"


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """Return a count with its noun: ``1 set``, ``2 sets``."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"


def list_words(words: Sequence[str], last: str = "and") -> str:
    """Join words with commas, and the last one with a conjunction."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def capitalise(sentence: str) -> str:
    """Return a sentence with a capital first letter; the other letters are kept."""
    return sentence[:1].upper() + sentence[1:]


def _fixed(value: Any, digits: int, sign: str) -> str:
    for shown in range(digits, max(digits, _FINEST) + 1):
        text = f"{value:{sign}.{shown}f}"
        if float(text):
            return text.replace("-", MINUS)
    return "0"


def _missing(value: Any) -> bool:
    """Return whether a value is no number: NaN, `None` or pandas' NA."""
    try:
        return math.isnan(value)
    except TypeError:
        return True
