"""Durations in words."""

from __future__ import annotations


def roughly(seconds: float) -> str:
    """Return a duration with one unit, such as ``25 min``; at least a minute."""
    minutes = max(1, round(seconds / 60))
    if minutes < 100:
        return f"{minutes if minutes < 10 else 5 * round(minutes / 5)} min"
    hours = round(minutes / 60)
    return f"{hours} h" if hours < 48 else f"{round(hours / 24)} d"


def duration(seconds: float) -> str:
    """Return a duration in the two largest of its units, such as ``2 h 5 min``."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s" if whole < 600 else f"{round(seconds / 60)} min"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"
