"""Durations in words."""

import pytest

from tfmoe.workflow.durations import duration, roughly


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.4, "0 s"), (59.7, "1 min 0 s"), (75, "1 min 15 s"), (599.6, "10 min"), (3599, "60 min"),
        (3600, "1 h 0 min"), (7500, "2 h 5 min"), (200_000, "2 d 7 h"),
    ],
)  # fmt: skip
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1 min"), (95, "2 min"), (569, "9 min"), (570, "10 min"), (1380, "25 min"),
        (5900, "100 min"), (6000, "2 h"), (170_000, "47 h"), (172_800, "2 d"),
    ],
)  # fmt: skip
def test_rough_durations(seconds: float, text: str) -> None:
    assert roughly(seconds) == text
